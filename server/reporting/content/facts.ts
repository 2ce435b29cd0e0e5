import { type ComparedIndicator, comparedOf } from '../../conservation/compared-indicators.ts';
import { type Conversion, conversionOf } from '../../conservation/conversion.ts';
import { valuesOf } from '../../conservation/indicators.ts';
import type { Months } from '../../conservation/months.ts';
import { bookedAmount, type Figure, figureOf, type Series, weight } from '../../conservation/series.ts';
import type { Span } from '../../conservation/spans.ts';
import type { TargetGround } from '../../conservation/targets.ts';
import { MICRO } from '../../domain/advance.ts';
import { COMPLETENESS_LIMIT } from '../../domain/comparison.ts';
import { INDICATORS, type IndicatorId } from '../../domain/indicator.ts';
import type { Carrier, Node } from '../../domain/meter.ts';
import type { Journal } from '../../journal/journal.ts';
import type { ReportPeriod } from './period.ts';

/** What reports are computed from. */
export interface ReportSources extends Omit<TargetGround, 'now' | 'months'> {
  months: Months;
  journal: Pick<Journal, 'suspects' | 'revisions'>;
}

/** The same with the instant that a report speaks of as its `now`. */
export interface ReportGround extends ReportSources {
  now: number;
}

/** What was used of one carrier in the five spans of a report. */
export interface CarrierFact {
  carrier: Carrier;
  unit: string;
  /** Whether any meter counts it; if none does, all of it is entered in the book. */
  metered: boolean;
  month: CarrierAmount;
  previous: CarrierAmount;
  lastYear: CarrierAmount;
  year: CarrierAmount;
  yearBefore: CarrierAmount;
}

export interface CarrierAmount extends Figure {
  /** The part of what is measured that people entered, as no meter counts it; null: none. */
  booked: number | null;
  /** Null: not known, or the carrier is no energy. */
  kgce: number | null;
}

/** A month of the year with the same one a year before, kgce; null: nothing known. */
export interface MonthFact {
  /** 1–12 */
  month: number;
  energy: number | null;
  lastYear: number | null;
}

/** What a node used in a month and in the year up to it. */
export interface Use {
  node: Node;
  conversion: Conversion;
  period: ReportPeriod;
  /** In the order of the carriers; none where nothing is metered. */
  carriers: CarrierFact[];
  /** By indicator, in the order of `INDICATORS`. */
  month: ReadonlyMap<IndicatorId, ComparedIndicator>;
  year: ReadonlyMap<IndicatorId, ComparedIndicator>;
  months: MonthFact[];
}

const ALL: readonly IndicatorId[] = INDICATORS.map((i) => i.id);

/** @throws RangeError where its scheme is gone */
export async function useOf(ground: ReportGround, node: Node, period: ReportPeriod): Promise<Use> {
  const { estate, months, policy } = ground;
  const { id } = node;
  const { inMonth, inYear } = period;
  const [ofMonth] = await comparedOf(ground, [id], ALL, inMonth);
  const [ofYear] = await comparedOf(ground, [id], ALL, inYear);
  const inMonths = byId(ofMonth?.indicators ?? []);
  const inYears = byId(ofYear?.indicators ?? []);
  const spans = [inMonth.current, inMonth.previous, inMonth.lastYear, inYear.current, inYear.lastYear];
  const list = months.series(id).filter((s) => !s.gauge);
  const sums = await months.sums(list, spans);
  const energy = [
    inMonths.get('energy')?.value,
    inMonths.get('energy')?.previous,
    inMonths.get('energy')?.lastYear,
    inYears.get('energy')?.value,
    inYears.get('energy')?.lastYear,
  ];
  const amountOf = (series: Series, row: number, i: number): CarrierAmount => {
    const span = spans[i] as Span;
    const { carrier, unit } = series;
    const term = energy[i]?.numerator.terms.find((t) => t.carrier === carrier && t.unit === unit);
    const booked = span.from < span.to ? bookedAmount(series, span.from, span.to) : undefined;
    return {
      ...figureOf(series, sums[row]?.[i], span.to - span.from),
      booked: booked === undefined ? null : booked.measured / MICRO,
      kgce: term?.converted ?? null,
    };
  };
  return {
    node,
    conversion: ofMonth?.conversion ?? conversionOf(estate, policy, id),
    period,
    carriers: list.map(
      (series, row): CarrierFact => ({
        carrier: series.carrier,
        unit: series.unit,
        metered: weight(series) > 0,
        month: amountOf(series, row, 0),
        previous: amountOf(series, row, 1),
        lastYear: amountOf(series, row, 2),
        year: amountOf(series, row, 3),
        yearBefore: amountOf(series, row, 4),
      }),
    ),
    month: inMonths,
    year: inYears,
    months: await monthsOf(ground, id, period),
  };
}

function byId(list: readonly ComparedIndicator[]): ReadonlyMap<IndicatorId, ComparedIndicator> {
  return new Map(list.map((of) => [of.value.id, of]));
}

/** The months of the year so far, the last one as far as it is over, and those of the year before. */
async function monthsOf(ground: ReportGround, node: string, period: ReportPeriod): Promise<MonthFact[]> {
  const { zone } = ground.estate;
  const { from, to } = period.inYear.current;
  const now = zone.periods('month', from, to).map((p) => ({ from: p.start, to: Math.min(to, p.end) }));
  const before = now.map((s) => ({ from: zone.shift(s.from, 'year', -1), to: zone.shift(s.to, 'year', -1) }));
  const [found] = await valuesOf(ground, [node], ['energy'], [...now, ...before]);
  const values = found?.values[0] ?? [];
  return now.map((_, i) => ({
    month: i + 1,
    energy: values[i]?.value ?? null,
    lastYear: values[now.length + i]?.value ?? null,
  }));
}

/** Whether two amounts can be held against each other: both are known, and of nearly all of their time. */
export function isComparable(
  now: Pick<Figure, 'quantity' | 'completeness'>,
  then: Pick<Figure, 'quantity' | 'completeness'>,
): boolean {
  return now.quantity !== null && then.quantity !== null && isComplete(now) && isComplete(then);
}

export function isComplete({ completeness }: Pick<Figure, 'completeness'>): boolean {
  return completeness >= COMPLETENESS_LIMIT;
}
