/** The sentences of the public page, made from its figures. */
import type { Publicity } from '../../../../server/http/schemas/comparison.ts';
import { figure, percent } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { ENOUGH_BASIS } from '../state/finding.ts';
import { amountParts } from '../terms/amounts.ts';
import { changeWords } from './sentences.ts';
import { valueNames, verdictText } from './standing.ts';
import type { QuotaWords } from './words.zh.ts';

/** An amount with its unit in words, without the year, which the page names. */
function told(value: number | null, unit: string, w: QuotaWords, m: Catalogue): string {
  const parts = amountParts(
    value,
    unit
      .replace('·a', '')
      .replace('/(p)', '/p')
      .replace(/\/\((.+)\)$/, '/$1'),
    w,
    m,
  );
  if (parts === null) return m.number.unknown;
  const said = parts.unit
    .split(/(?<=[\s/])|(?=\/)/)
    .map((part) => w.notice.units[part] ?? part)
    .join('')
    // Units of large numbers and units in words are one word in Chinese.
    .replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/u, '');
  return `${parts.figure} ${said}`.trim();
}

export interface NoticeLine {
  kind: 'energy' | 'electricity' | 'water' | 'co2';
  /** Makes the large figure; with its unit. */
  head: string;
  /** Against last year, per square metre and per person. */
  rest: string;
  change: number | null;
  completeness: number;
}

const HEADS = ['energy', 'electricity', 'water', 'co2'] as const;

/** One line for each of the great figures that has a value. */
export function noticeLines(data: Publicity, w: QuotaWords, m: Catalogue): NoticeLine[] {
  const find = (id: Publicity['figures'][number]['indicator']) =>
    data.figures.find((f) => f.indicator === id && f.value !== null);
  return HEADS.flatMap((kind): NoticeLine[] => {
    const all = find(kind);
    if (!all) return [];
    const m2 = kind === 'water' ? undefined : find(`${kind}_per_m2`);
    const person = kind === 'energy' || kind === 'water' ? find(`${kind}_per_person`) : undefined;
    const parts = [
      changeWords(all.last_year_completeness < ENOUGH_BASIS ? null : all.change, w),
      ...(m2 ? [w.notice.perM2(told(m2.value, m2.unit.replace('/m²', ''), w, m))] : []),
      ...(person ? [w.notice.perPerson(told(person.value, person.unit.replace('/p', ''), w, m))] : []),
    ];
    return [
      {
        kind,
        head: w.notice[kind](told(all.value, all.unit, w, m)),
        rest: parts.join(w.notice.comma) + w.notice.stop,
        change: all.change,
        completeness: all.completeness,
      },
    ];
  });
}

export function targetLines(
  data: Publicity,
  w: QuotaWords,
  m: Catalogue,
): { text: string; met: boolean | null }[] {
  return data.targets.flatMap((t): { text: string; met: boolean | null }[] => {
    if (t.target === null) return [];
    const name = w.indicators[t.indicator];
    const goal = told(t.target, t.unit, w, m);
    if (t.value !== null) {
      const met = t.value <= t.target;
      const say = met ? w.notice.targetMet : w.notice.targetMissed;
      return [{ text: say(name, told(t.value, t.unit, w, m), goal), met }];
    }
    const down = t.base === null || t.base <= 0 ? null : 1 - t.target / t.base;
    const text =
      down !== null && down > 0
        ? w.notice.target(name, goal, String(t.base_year), percent(down))
        : w.notice.targetUp(name, goal);
    const now = data.figures.find((f) => f.indicator === t.indicator && f.scheme === t.scheme)?.value ?? null;
    const used = now === null || t.target <= 0 ? '' : w.notice.used(percent(now / t.target));
    return [{ text: text + used, met: null }];
  });
}

export function quotaLines(data: Publicity, w: QuotaWords, m: Catalogue): { text: string; kept: boolean }[] {
  return data.quotas.flatMap((q) => {
    if (q.verdict === null) return [];
    const names = valueNames(q.metric, w);
    const limit =
      q.values.constraint === null ? '' : w.notice.quotaLimit(names.constraint, figure(q.values.constraint));
    const text =
      w.notice.quota(w.metrics[q.metric], told(q.value, q.unit, w, m), verdictText(q.metric, q.verdict, w)) +
      limit +
      w.notice.stop;
    return [{ text, kept: q.verdict !== 'above_constraint' }];
  });
}

/** The smallest completeness of what is shown. */
export function noticeCompleteness(lines: readonly NoticeLine[]): number {
  return Math.min(1, ...lines.map((l) => l.completeness));
}
