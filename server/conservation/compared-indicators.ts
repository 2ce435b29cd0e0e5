import type { IndicatorId, Lack } from '../domain/indicator.ts';
import type { Zone } from '../domain/time.ts';
import type { Conversion } from './conversion.ts';
import { type IndicatorGround, type IndicatorValue, valuesOf } from './indicators.ts';
import type { Span } from './spans.ts';

/** A period, the like part of the one before (环比) and of a year ago (同比). */
export interface LikeSpans {
  /** Up to the last full hour where the period still runs. */
  current: Span;
  previous: Span;
  lastYear: Span;
}

export interface ComparedIndicator {
  value: IndicatorValue;
  previous: IndicatorValue;
  changePrevious: number | null;
  lastYear: IndicatorValue;
  changeLastYear: number | null;
}

export interface ComparedNode {
  node: string;
  conversion: Conversion;
  indicators: ComparedIndicator[];
}

/**
 * The like periods: whole months are compared with as many months before, whole days with as many days. A
 * period that still runs is held against the same days and hours of the others, up to the last full hour.
 */
export function likeSpans(zone: Zone, span: Span, now: number): LikeSpans {
  const { from, to } = span;
  const until = Math.max(from, Math.min(to, zone.startOf('hour', now)));
  const [unit, count] = lengthOf(zone, span);
  const like = (of: 'hour' | 'day' | 'month' | 'year', n: number): Span => {
    const shifted = (at: number): number => {
      return of === 'hour' ? at - n * 3_600_000 : zone.startOf('hour', zone.shift(at, of, -n));
    };
    const start = shifted(from);
    // The 31st of a month is no day of the one before: its end is.
    return { from: start, to: Math.max(start, Math.min(shifted(until), shifted(to))) };
  };
  return { current: { from, to: until }, previous: like(unit, count), lastYear: like('year', 1) };
}

function lengthOf(zone: Zone, { from, to }: Span): ['hour' | 'day' | 'month', number] {
  for (const unit of ['month', 'day'] as const) {
    if (zone.startOf(unit, from) !== from || zone.startOf(unit, to) !== to) continue;
    return [unit, zone.periods(unit, from, to).length];
  }
  return ['hour', (to - from) / 3_600_000];
}

/** Indicators of nodes over a period, against the like parts of the one before and of a year ago. */
export async function comparedOf(
  ground: IndicatorGround,
  nodes: readonly string[],
  indicators: readonly IndicatorId[],
  spans: LikeSpans,
  scheme?: string,
): Promise<ComparedNode[]> {
  const found = await valuesOf(
    ground,
    nodes,
    indicators,
    [spans.current, spans.previous, spans.lastYear],
    scheme,
  );
  return found.map(({ node, conversion, values }) => ({
    node,
    conversion,
    indicators: values.map(([value, previous, lastYear]) => {
      const [v, p, l] = [value, previous, lastYear] as [IndicatorValue, IndicatorValue, IndicatorValue];
      return {
        value: v,
        previous: withDifference(v, p),
        changePrevious: change(v.value, p.value),
        lastYear: withDifference(v, l),
        changeLastYear: change(v.value, l.value),
      };
    }),
  }));
}

function change(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : now / then - 1;
}

/** Says of which carriers the other period has another coefficient or factor. */
function withDifference(value: IndicatorValue, other: IndicatorValue): IndicatorValue {
  const lacks: Lack[] = [];
  for (const term of other.numerator.terms) {
    const here = value.numerator.terms.find((t) => t.carrier === term.carrier);
    if (!here || here.quantity === null || term.quantity === null) continue;
    if (here.coefficient !== term.coefficient)
      lacks.push({ reason: 'other_coefficient', what: term.carrier });
  }
  return lacks.length === 0 ? other : { ...other, lacks: [...other.lacks, ...lacks] };
}
