import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import { DAY_MS, HOUR_MS, type Level, type Period, type Zone } from '../domain/time.ts';
import type { RollupLevel, TimeSeries } from '../timeseries/port.ts';
import { type Figure, figureOf, type Series } from './series.ts';

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
  const singles = Math.max(1, Math.floor(CHUNK / perSeries));
  for (let i = 0; i < series.length; ) {
    // Single meters share a query; a sum over meters has one of its own.
    let end = i + 1;
    if (isSingle(series[i] as Series)) {
      while (end < series.length && end - i < singles && isSingle(series[end] as Series)) end++;
    }
    const group = series.slice(i, end);
    i = end;
    for (const periods of chunks(zone, level, from, to)) {
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
  return series.meters.length === 1;
}

function* chunks(zone: Zone, level: Level, from: number, to: number): Generator<Period[]> {
  let periods: Period[] = [];
  for (let start = zone.startOf(level, from); start < to; ) {
    const end = zone.next(level, start);
    periods.push({ start, end });
    if (periods.length === CHUNK) {
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
): Promise<Map<number, Amount>[]> {
  const from = (periods[0] as Period).start;
  const to = (periods[periods.length - 1] as Period).end;
  // A year is the sum of its months.
  const kept: RollupLevel = level === 'year' ? 'month' : level;
  const startOf = level === 'year' ? (at: number) => zone.startOf('year', at) : (at: number) => at;
  const out = group.map(() => new Map<number, Amount>());
  const add = (index: number, row: Amount & { start: number }): void => {
    const amounts = out[index] as Map<number, Amount>;
    const start = startOf(row.start);
    amounts.set(start, plus(amounts.get(start) ?? NOTHING, row));
  };
  if (group.every(isSingle)) {
    const index = new Map(group.map((s, i) => [s.meters[0]?.no, i]));
    const rows = await timeseries.rollups(kept, [...index.keys()] as number[], from, to);
    for (const row of rows) add(index.get(row.meter) as number, row);
    return out;
  }
  for (const [i, series] of group.entries()) {
    const meters = series.meters.map((m) => m.no);
    for (const row of await timeseries.sums(kept, meters, from, to)) add(i, row);
  }
  return out;
}
