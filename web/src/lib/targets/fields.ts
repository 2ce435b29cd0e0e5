/** The fields of a target as they are typed, what is wrong with them, and what is sent. */
import { INDICATORS, type IndicatorId } from '../../../../server/domain/indicator.ts';
import { indicatorOf, type PATHS, targetValues } from '../../../../server/domain/target.ts';
import { typedNumber } from '../forms/numbers.ts';
import type { Target, TargetBody, TargetPath, TargetView } from './types.ts';

export type PathKind = (typeof PATHS)[number];

export interface TargetFields {
  indicator: IndicatorId;
  scheme: string;
  baseYear: string;
  baseKind: 'measured' | 'entered';
  baseValue: string;
  baseSource: string;
  endYear: string;
  path: PathKind;
  /** Per cent. */
  reduction: string;
  /** By year, YYYY. */
  values: Record<string, string>;
  note: string;
  who: string;
}

export type FieldFault =
  | 'needed'
  | 'notNumber'
  | 'notPositive'
  | 'notYear'
  | 'tooMuch'
  | 'endBefore'
  | 'tooLong'
  | 'noValues';

/** Fields by name; a value per year as values.2026. */
export type Faults = Record<string, FieldFault>;

const LONGEST = 50;

export function firstFields(
  target: TargetView | null,
  scheme: string,
  year: number,
  who: string,
): TargetFields {
  if (!target) {
    return {
      indicator: INDICATORS[0].id,
      scheme,
      baseYear: String(year - 1),
      baseKind: 'measured',
      baseValue: '',
      baseSource: '',
      endYear: String(year + 4),
      path: 'linear',
      reduction: '',
      values: {},
      note: '',
      who,
    };
  }
  const { path, base } = target;
  const entered = base.kind === 'entered';
  return {
    indicator: target.indicator,
    scheme: target.scheme ?? scheme,
    baseYear: String(target.base_year),
    baseKind: base.kind,
    baseValue: entered && base.value !== null ? String(base.value) : '',
    baseSource: entered ? (base.source ?? '') : '',
    endYear: String(target.end_year),
    path: path.kind,
    reduction: path.kind === 'values' ? '' : String(Number((path.reduction * 100).toPrecision(12))),
    values:
      path.kind === 'values'
        ? Object.fromEntries(path.values.map((v) => [String(v.year), String(v.value)]))
        : {},
    note: target.note ?? '',
    who,
  };
}

/** Energy is told in a scheme, nothing else is. */
export function needsScheme(indicator: IndicatorId): boolean {
  return indicatorOf(indicator).numerator === 'energy';
}

function yearOf(text: string): number | null {
  const year = Number(text);
  return /^\d{4}$/.test(text.trim()) && year >= 1970 && year <= 2100 ? year : null;
}

/** Years between base and end that a value is asked for; none while they cannot be told. */
export function yearsOf(fields: Pick<TargetFields, 'baseYear' | 'endYear'>): number[] {
  const [base, end] = [yearOf(fields.baseYear), yearOf(fields.endYear)];
  if (base === null || end === null || end <= base || end - base > LONGEST) return [];
  return Array.from({ length: end - base }, (_, i) => base + 1 + i);
}

export function faultsOf(fields: TargetFields): Faults {
  const faults: Faults = {};
  const base = yearOf(fields.baseYear);
  const end = yearOf(fields.endYear);
  if (base === null) faults.baseYear = fields.baseYear.trim() === '' ? 'needed' : 'notYear';
  if (end === null) faults.endYear = fields.endYear.trim() === '' ? 'needed' : 'notYear';
  else if (base !== null && end <= base) faults.endYear = 'endBefore';
  else if (base !== null && end - base > LONGEST) faults.endYear = 'tooLong';
  if (needsScheme(fields.indicator) && fields.scheme === '') faults.scheme = 'needed';
  if (fields.baseKind === 'entered') {
    if (fields.baseValue.trim() === '') faults.baseValue = 'needed';
    else if (!((typedNumber(fields.baseValue) ?? 0) > 0)) faults.baseValue = 'notPositive';
    if (fields.baseSource.trim() === '') faults.baseSource = 'needed';
  }
  if (fields.path === 'values') {
    const years = yearsOf(fields);
    const given = years.filter((y) => (fields.values[y] ?? '').trim() !== '');
    for (const year of given) {
      const value = typedNumber(fields.values[year] ?? '');
      if (value === null || value < 0) faults[`values.${year}`] = 'notNumber';
    }
    const [first] = years;
    if (given.length === 0 && first !== undefined) faults[`values.${first}`] = 'noValues';
  } else if (fields.reduction.trim() === '') {
    faults.reduction = 'needed';
  } else {
    const share = typedNumber(fields.reduction);
    if (share === null || share < -100) faults.reduction = 'notNumber';
    else if (share >= 100) faults.reduction = 'tooMuch';
  }
  if (fields.who.trim() === '') faults.who = 'needed';
  return faults;
}

export function pathOf(fields: TargetFields): TargetPath {
  if (fields.path === 'values') {
    const values = yearsOf(fields).flatMap((year) => {
      const value = typedNumber(fields.values[year] ?? '');
      return value === null ? [] : [{ year, value }];
    });
    return { kind: 'values', values };
  }
  // 5.3 / 100 would be 0.053000000000000005.
  return {
    kind: fields.path,
    reduction: Number(((typedNumber(fields.reduction) ?? 0) / 100).toPrecision(12)),
  };
}

export function bodyOf(fields: TargetFields, node: string): TargetBody {
  return {
    node,
    indicator: fields.indicator,
    scheme: needsScheme(fields.indicator) ? fields.scheme : null,
    base_year: Number(fields.baseYear),
    base:
      fields.baseKind === 'entered'
        ? { value: typedNumber(fields.baseValue) ?? 0, source: fields.baseSource.trim() }
        : null,
    end_year: Number(fields.endYear),
    path: pathOf(fields),
    note: fields.note.trim() || null,
    recorded_by: fields.who.trim(),
  };
}

/** The value of each year as it would be saved; empty while the years or the path cannot be told. */
export function previewOf(
  fields: TargetFields,
  measured: number | null,
): { base: number | null; years: { year: number; value: number | null }[] } {
  const faults = faultsOf(fields);
  const base =
    fields.baseKind === 'measured' ? measured : faults.baseValue ? null : typedNumber(fields.baseValue);
  const isUnclear = ['baseYear', 'endYear', 'reduction'].some((name) => name in faults);
  if (isUnclear || Object.keys(faults).some((name) => name.startsWith('values.'))) return { base, years: [] };
  const target = { baseYear: Number(fields.baseYear), endYear: Number(fields.endYear), path: pathOf(fields) };
  return { base, years: targetValues(target, base) };
}

/**
 * An id that no other target has: node, indicator and end year, and a number where that is taken. Without a
 * colon: what stands before one names the target that parts were split from.
 */
export function newId(node: string, fields: TargetFields, taken: readonly Pick<Target, 'id'>[]): string {
  const plain = `${node}-${fields.indicator}-${fields.endYear}`;
  const ids = new Set(taken.map((t) => t.id));
  if (!ids.has(plain)) return plain;
  for (let n = 2; ; n++) if (!ids.has(`${plain}-${n}`)) return `${plain}-${n}`;
}

/** Where the server's name of a field stands on the form. */
const NAMES: readonly [RegExp, string][] = [
  [/^base\.value$/, 'baseValue'],
  [/^base\.source$/, 'baseSource'],
  [/^base_year$/, 'baseYear'],
  [/^end_year$/, 'endYear'],
  [/^path\.reduction$/, 'reduction'],
  [/^recorded_by$/, 'who'],
];

export function fieldOf(path: string, fields: TargetFields): string {
  const plain = path.replace(/^body\./, '');
  const index = /^path\.values\.(\d+)/.exec(plain);
  if (index) {
    const path = pathOf(fields);
    const year = path.kind === 'values' ? path.values[Number(index[1])]?.year : undefined;
    return year === undefined ? plain : `values.${year}`;
  }
  return NAMES.find(([pattern]) => pattern.test(plain))?.[1] ?? plain;
}
