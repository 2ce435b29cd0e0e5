/** What a change of a target changed, field by field, in words. */
import type { IndicatorId } from '../../../../server/domain/indicator.ts';
import type { SplitMethod } from '../../../../server/domain/target.ts';
import { exact } from '../i18n/format.ts';
import type { TargetPath } from './types.ts';
import type { TargetWords } from './words.zh.ts';

export interface FieldChange {
  name: string;
  label: string;
  before: string;
  after: string;
}

type Body = Record<string, unknown>;

export function changesOf(
  before: Body | null,
  after: Body,
  w: TargetWords,
  nameOf: (node: string) => string,
): FieldChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])];
  return names
    .filter((name) => JSON.stringify(before?.[name] ?? null) !== JSON.stringify(after[name] ?? null))
    .map((name) => ({
      name,
      label: w.edit.fields[name] ?? name,
      before: valueText(name, before?.[name], w, nameOf),
      after: valueText(name, after[name], w, nameOf),
    }));
}

function valueText(name: string, value: unknown, w: TargetWords, nameOf: (node: string) => string): string {
  if (value === undefined || value === null) return w.edit.unset;
  if (name === 'indicator') return w.indicators[value as IndicatorId] ?? String(value);
  if (name === 'split') return w.split.methods[value as SplitMethod] ?? String(value);
  if (name === 'node') return nameOf(String(value));
  if (name === 'path') return pathWords(value as TargetPath, w);
  if (name === 'base') {
    const base = value as { value: number; source: string };
    return `${exact(base.value)} (${base.source})`;
  }
  return String(value);
}

function pathWords(path: TargetPath, w: TargetWords): string {
  const kind = w.edit.paths[path.kind];
  return path.kind === 'values'
    ? `${kind}: ${path.values.map((v) => `${v.year} ${exact(v.value)}`).join(', ')}`
    : `${kind} ${exact(Number((path.reduction * 100).toPrecision(12)))} %`;
}
