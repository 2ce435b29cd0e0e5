import { MICRO } from '../domain/advance.ts';
import { bookedDay } from '../domain/booked.ts';
import { isWorkingDay } from '../domain/calendar.ts';
import type { Day } from '../domain/day-model.ts';
import type { Estate } from '../domain/estate.ts';
import type { Lack, Numerator } from '../domain/indicator.ts';
import type { Policy } from '../domain/policy.ts';
import { countsAsEnergy, isEnergy } from '../domain/scheme.ts';
import { DAY_MS, type Zone } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { type Conversion, conversionOf, kgCo2Rate, kgceRate } from './conversion.ts';
import { purchasedOf } from './indicators.ts';
import type { Months } from './months.ts';
import { amountsPer } from './parts.ts';
import { coverage, figureOf, type Series, weight } from './series.ts';

/** A day is learned from where so much of it was measured. */
const LEARNABLE = 0.8;

export interface DayGround {
  estate: Estate;
  policy: Policy;
  months: Pick<Months, 'series'>;
  timeseries: TimeSeries;
}

/** The series that a numerator is the sum of, and what one unit of each is in its unit at an instant. */
export interface NumeratorSeries {
  series: Series;
  /** Null: the scheme has none. */
  rateAt: (at: number) => number | null;
}

export interface DayHistory {
  /** Every day of the span, in order. */
  days: Day[];
  /** All meters behind it, those of the temperature among them. */
  meters: ReadonlySet<number>;
  lacks: Lack[];
}

/** @param scheme id; without it that of the settings. @throws RangeError where there is no such scheme */
export function seriesOfNumerator(
  { estate, policy, months }: Pick<DayGround, 'estate' | 'policy' | 'months'>,
  node: string,
  numerator: Numerator,
  scheme?: string,
): NumeratorSeries[] {
  const all = months.series(node).filter((s) => !s.gauge);
  if (numerator !== 'energy' && numerator !== 'co2') {
    return all.filter((s) => s.carrier === numerator).map((series) => ({ series, rateAt: () => 1 }));
  }
  const conversion = conversionOf(estate, policy, node, scheme);
  if (numerator === 'energy') {
    const list = all.filter((s) => countsAsEnergy(conversion.scheme, s.carrier));
    return list.map((series) => ({ series, rateAt: rates(estate.zone, conversion, series, kgceRate) }));
  }
  const purchased = purchasedOf(estate, node);
  return all
    .filter((s) => isEnergy(s.carrier) && s.carrier !== 'pv')
    .map((s) => (s.carrier === 'electricity' && purchased ? purchased : s))
    .map((series) => ({ series, rateAt: rates(estate.zone, conversion, series, kgCo2Rate) }));
}

/** Coefficients change with a month at most, so each is looked for once a month. */
function rates(
  zone: Zone,
  conversion: Conversion,
  { carrier, unit }: Series,
  find: typeof kgceRate,
): (at: number) => number | null {
  const known = new Map<number, number | null>();
  return (at) => {
    const month = zone.startOf('month', at);
    const found = known.get(month);
    if (found !== undefined) return found;
    const rate = find(conversion, zone, carrier, unit, month);
    const per = 'reason' in rate ? null : rate.per;
    known.set(month, per);
    return per;
  };
}

/**
 * The days of what a node used, as the sum of series, in [from, to), both first instants of days.
 * @param what is told where there is no series
 */
export async function dayHistory(
  ground: DayGround,
  node: string,
  terms: readonly NumeratorSeries[],
  what: string,
  from: number,
  to: number,
): Promise<DayHistory> {
  const { estate, timeseries } = ground;
  const { zone } = estate;
  const air = temperatureSeries(ground, node);
  // Each alone, so that the engine adds its meters up.
  const [temperatures, ...amounts] = await Promise.all(
    [...(air ? [air] : [NO_SERIES]), ...terms.map((t) => t.series)].map(async (series) =>
      weight(series) > 0 ? (await amountsPer(timeseries, zone, [series], 'day', from, to))[0] : undefined,
    ),
  );
  const days: Day[] = [];
  for (let start = from; start < to; ) {
    const end = zone.next('day', start);
    let quantity: number | null = null;
    let learnable = terms.length > 0;
    terms.forEach(({ series, rateAt }, i) => {
      const booked = series.booked.reduce((sum, b) => sum + bookedDay(b, start, end), 0);
      if (booked !== 0) quantity = (quantity ?? 0) + (booked / MICRO) * (rateAt(start) ?? 0);
      // Nothing measures it, so that its days tell nothing about which of them can be learned from.
      if (weight(series) === 0) return;
      const amount = amounts[i]?.get(start);
      const rate = amount ? rateAt(start) : null;
      if (!amount || rate === null) {
        learnable = false;
        return;
      }
      quantity = (quantity ?? 0) + ((amount.measured + amount.recovered + amount.estimated) / MICRO) * rate;
      if (coverage(amount.coveredMs, end - start, weight(series)) < LEARNABLE) learnable = false;
    });
    const temperature = air ? figureOf(air, temperatures?.get(start), end - start).quantity : null;
    days.push({ ...dayAt(zone, start), temperature, quantity, learnable });
    start = end;
  }
  const lacks: Lack[] = [];
  if (terms.length === 0) lacks.push({ reason: 'no_meter', what });
  if (!air) lacks.push({ reason: 'no_weather', what: 'outdoor_temperature' });
  const meters = new Set<number>();
  for (const series of [...terms.map((t) => t.series), ...(air ? [air] : [])]) {
    for (const { no } of series.meters) meters.add(no);
    for (const part of series.parts) for (const { meter } of part) meters.add(meter.no);
  }
  return { days, meters, lacks };
}

/** What the calendar says of a day, nothing measured. */
export function dayAt(zone: Zone, start: number): Day {
  const { year, weekday } = zone.wall(start);
  const index = Math.floor((start + zone.offset(start)) / DAY_MS);
  return {
    index,
    ofYear: index - Math.floor(Date.UTC(year, 0, 1) / DAY_MS),
    weekday,
    working: isWorkingDay(zone, start),
    temperature: null,
    quantity: null,
    learnable: false,
  };
}

/** The outdoor temperature at the node, or at the nearest node above that has one. */
function temperatureSeries({ estate, months }: DayGround, node: string): Series | null {
  for (const { id } of estate.path(node).reverse()) {
    const [found] = months.series(id, 'outdoor_temperature');
    if (found) return found;
  }
  return null;
}

const NO_SERIES: Series = {
  id: '',
  carrier: 'other',
  unit: '',
  gauge: false,
  meters: [],
  parts: [],
  booked: [],
};
