import { NOTHING, plus } from '../domain/rollup.ts';
import { DAY_MS, HOUR_MS, type Level, type Period, type Zone } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { type Amounts, amountsPer, width } from './parts.ts';
import { type Figure, figureOf, type Series, weight } from './series.ts';

/** What a series used in one period. */
export interface Consumed extends Figure {
  series: Series;
  /** epoch ms */
  start: number;
  end: number;
}

/** Rows that are computed at a time. */
const CHUNK = 20_000;
const SHORTEST_MS = { hour: HOUR_MS, day: 23 * HOUR_MS, month: 671 * HOUR_MS, year: 8759 * HOUR_MS };

/** At most so many rows, found without counting them one by one. */
export function rowLimit(series: number, level: Level, from: number, to: number): number {
  if (to <= from) return 0;
  // A range can cut a period at both ends, and a clock that is put on by half an hour cuts an hour.
  const cuts = 1 + Math.ceil((to - from) / (100 * DAY_MS));
  return series * (Math.ceil((to - from) / SHORTEST_MS[level]) + cuts);
}

/**
 * Every period that overlaps [from, to), whole, of each series: in order of series, then time. A period of
 * which nothing is known is there with nulls. They come in chunks, so that a long range needs no memory.
 */
export async function* consumptionOf(
  timeseries: TimeSeries,
  zone: Zone,
  series: readonly Series[],
  level: Level,
  from: number,
  to: number,
): AsyncGenerator<Consumed[]> {
  const perSeries = Math.max(1, rowLimit(1, level, from, to));
  for (let i = 0; i < series.length; ) {
    // Single meters share their queries; a sum over meters has one of its own.
    let end = i + 1;
    let wide = Math.max(1, width(series[i] as Series));
    if (isSingle(series[i] as Series)) {
      for (; end < series.length && isSingle(series[end] as Series); end++) {
        const more = wide + Math.max(1, width(series[end] as Series));
        if (more * perSeries > CHUNK) break;
        wide = more;
      }
    }
    const group = series.slice(i, end);
    i = end;
    for (const periods of chunks(zone, level, from, to, Math.max(1, Math.floor(CHUNK / wide)))) {
      const found = await amountsPerPeriod(timeseries, zone, group, level, periods);
      yield group.flatMap((s, n) =>
        periods.map(({ start, end }) => ({
          series: s,
          start,
          end,
          ...figureOf(s, found[n]?.get(start), end - start),
        })),
      );
    }
  }
}

function isSingle(series: Series): boolean {
  return weight(series) === 1;
}

function* chunks(zone: Zone, level: Level, from: number, to: number, length: number): Generator<Period[]> {
  let periods: Period[] = [];
  for (let start = zone.startOf(level, from); start < to; ) {
    const end = zone.next(level, start);
    periods.push({ start, end });
    if (periods.length === length) {
      yield periods;
      periods = [];
    }
    start = end;
  }
  if (periods.length > 0) yield periods;
}

/** Amounts by the start of their period, for each of the series. */
async function amountsPerPeriod(
  timeseries: TimeSeries,
  zone: Zone,
  group: readonly Series[],
  level: Level,
  periods: readonly Period[],
): Promise<Amounts[]> {
  const from = (periods[0] as Period).start;
  const to = (periods[periods.length - 1] as Period).end;
  if (level !== 'year') return amountsPer(timeseries, zone, group, level, from, to);
  // A year is the sum of its months.
  return (await amountsPer(timeseries, zone, group, 'month', from, to)).map((months) => {
    const years: Amounts = new Map();
    for (const [start, amount] of months) {
      const year = zone.startOf('year', start);
      years.set(year, plus(years.get(year) ?? NOTHING, amount));
    }
    return years;
  });
}
