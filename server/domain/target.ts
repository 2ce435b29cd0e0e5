import { INDICATORS, type Indicator, type IndicatorId } from './indicator.ts';

/**
 * What a node is to reach (节能目标): an indicator, from a base year to an end year. The value of each year
 * between is laid down too, since the regulation asks for a target per year (条例 art. 10–13).
 */
export interface Target {
  id: string;
  node: string;
  indicator: IndicatorId;
  /** Coefficient scheme that energy is told in; null for indicators that need none. */
  scheme: string | null;
  baseYear: number;
  /** Value of the base year where no meter tells it; null: it is computed from what was measured. */
  base: { value: number; source: string } | null;
  endYear: number;
  path: TargetPath;
  /** The target that it is a part of; null: it was set here. */
  from: string | null;
  /** How it was made of that one. */
  split: SplitMethod | null;
  note: string | null;
}

export const PATHS = ['linear', 'compound', 'values'] as const;

export type TargetPath =
  /** The same step each year: base × (1 − r × k / n). */
  | { kind: 'linear'; reduction: number }
  /** The same share of the year before: base × (1 − r)^(k / n). */
  | { kind: 'compound'; reduction: number }
  /** In order of the years. A year without a value has the last one before it. */
  | { kind: 'values'; values: readonly { year: number; value: number }[] };

/** How the parts of a target are measured out. */
export const SPLIT_METHODS = ['equal', 'base', 'area', 'people', 'reduction', 'hand'] as const;
export type SplitMethod = (typeof SPLIT_METHODS)[number];

/** What a node means to do in a year (年度节能实施方案), and that it was filed (备案). */
export interface Plan {
  /** `<node>:<year>` */
  id: string;
  node: string;
  year: number;
  measures: readonly Measure[];
  /** Null: not filed yet. */
  filed: { date: string; number: string } | null;
  note: string | null;
}

export interface Measure {
  name: string;
  /** What it is to save in the year; null: not reckoned. It stays planned until a meter has shown it. */
  saving: { quantity: number; unit: string } | null;
  /** YYYY-MM-DD by when it is to be done; null: not said. */
  due: string | null;
  state: (typeof MEASURE_STATES)[number];
}

export const MEASURE_STATES = ['planned', 'running', 'done', 'dropped'] as const;

export function planId(node: string, year: number): string {
  return `${node}:${year}`;
}

/** @throws RangeError when there is no such indicator */
export function indicatorOf(id: IndicatorId): Indicator {
  const found = INDICATORS.find((i) => i.id === id);
  if (!found) throw new RangeError(`no indicator ${JSON.stringify(id)}`);
  return found;
}

/** Whether the parts of a target add up to the whole: amounts do, amounts per m² or person do not. */
export function isExtensive(id: IndicatorId): boolean {
  return indicatorOf(id).denominator === null;
}

/**
 * The value that a year is to reach, in the unit of the indicator; null where the path needs a base and there
 * is none, and outside the years of the target.
 * @param base value of the base year
 */
export function targetValue(
  target: Pick<Target, 'baseYear' | 'endYear' | 'path'>,
  base: number | null,
  year: number,
): number | null {
  const { baseYear, endYear, path } = target;
  if (year <= baseYear || year > endYear) return null;
  if (path.kind === 'values') return path.values.findLast((v) => v.year <= year)?.value ?? null;
  if (base === null) return null;
  const [k, n] = [year - baseYear, endYear - baseYear];
  return path.kind === 'linear'
    ? base * (1 - (path.reduction * k) / n)
    : base * (1 - path.reduction) ** (k / n);
}

/** The value of each year after the base year, in order. */
export function targetValues(
  target: Pick<Target, 'baseYear' | 'endYear' | 'path'>,
  base: number | null,
): { year: number; value: number | null }[] {
  const out: { year: number; value: number | null }[] = [];
  for (let year = target.baseYear + 1; year <= target.endYear; year++) {
    out.push({ year, value: targetValue(target, base, year) });
  }
  return out;
}

/** The share by which a value is below the base; null where that has no meaning. */
export function reductionOf(base: number | null, value: number | null): number | null {
  return base === null || value === null || base <= 0 ? null : (base - value) / base;
}
