import { whole } from '../domain/advance.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { Zone } from '../domain/time.ts';
import type { RollupLevel, TimeSeries } from '../timeseries/port.ts';
import { bookedAmount, type Part, type Series } from './series.ts';
import { together } from './together.ts';

/** Amounts in micro by the start of their period; what is not there is unknown. */
export type Amounts = Map<number, Amount>;

/**
 * What each series used in the periods of [from, to), both bounds of such. A series alone is added up by the
 * engine; several share a query, so that a list of meters costs one.
 */
export async function amountsPer(
  timeseries: TimeSeries,
  zone: Zone,
  list: readonly Series[],
  level: RollupLevel,
  from: number,
  to: number,
): Promise<Amounts[]> {
  const out = list.map((): Amounts => new Map());
  const [alone] = list;
  if (list.length === 1 && alone) {
    const nos = alone.meters.map((m) => m.no);
    if (nos.length > 0) {
      for (const row of await timeseries.sums(level, nos, from, to)) add(out[0], row.start, row);
    }
  } else {
    const byMeter = new Map<number, Amounts[]>();
    list.forEach((series, i) => {
      for (const { no } of series.meters) {
        const own = byMeter.get(no);
        if (own) own.push(out[i] as Amounts);
        else byMeter.set(no, [out[i] as Amounts]);
      }
    });
    const rows = byMeter.size > 0 ? await timeseries.rollups(level, [...byMeter.keys()], from, to) : [];
    for (const row of rows) for (const own of byMeter.get(row.meter) ?? []) add(own, row.start, row);
  }
  const parts = list.flatMap((series, i) => series.parts.map((part) => ({ part, of: out[i] as Amounts })));
  const isDifference = ({ part }: { part: Part }): boolean => part.some((t) => t.factor < 0);
  const sums = parts.filter((p) => !isDifference(p));
  await addSums(timeseries, sums, level, from, to);
  await addDifferences(timeseries, zone, parts.filter(isDifference), level, from, to);
  // A bill says nothing of single days.
  if (level !== 'month') return out;
  for (const [i, series] of list.entries()) addBooked(out[i], zone, series, from, to);
  return out;
}

/** Rollups that a series brings per period, at most, when it is asked for alone or with single ones. */
export function width(series: Series): number {
  return series.parts.reduce((sum, part) => sum + part.length, Math.min(1, series.meters.length));
}

interface PartOf {
  part: Part;
  of: Amounts;
}

function add(amounts: Amounts | undefined, start: number, row: Readonly<Amount>): void {
  amounts?.set(start, plus(amounts.get(start) ?? NOTHING, row));
}

function addBooked(amounts: Amounts | undefined, zone: Zone, series: Series, from: number, to: number): void {
  if (series.booked.length === 0) return;
  for (const { start, end } of zone.periods('month', from, to)) {
    const amount = bookedAmount(series, start, end);
    if (amount) add(amounts, start, amount);
  }
}

/**
 * A sum of meters is what is known of them, as a node is, but only as complete as its least complete meter.
 */
async function addSums(
  timeseries: TimeSeries,
  parts: readonly PartOf[],
  level: RollupLevel,
  from: number,
  to: number,
): Promise<void> {
  const meters = [...new Set(parts.flatMap(({ part }) => part.map((t) => t.meter.no)))];
  if (meters.length === 0) return;
  const rows = Map.groupBy(await timeseries.rollups(level, meters, from, to), (r) => r.start);
  for (const [start, here] of rows) {
    const known = new Map(here.map((r) => [r.meter, r]));
    for (const { part, of } of parts) {
      let sum: Amount | undefined;
      let covered = Number.POSITIVE_INFINITY;
      for (const { meter, factor } of part) {
        const row = known.get(meter.no);
        covered = Math.min(covered, row?.coveredMs ?? 0);
        if (row) sum = plus(sum ?? NOTHING, times(row, factor));
      }
      if (sum) add(of, start, { ...sum, coveredMs: covered });
    }
  }
}

function times(amount: Readonly<Amount>, factor: number): Amount {
  const { measured, recovered, estimated } = amount;
  return {
    measured: whole(measured * factor),
    recovered: whole(recovered * factor),
    estimated: whole(estimated * factor),
    coveredMs: 0,
  };
}

/** A difference is known where all of its meters are, see `together.ts`. */
async function addDifferences(
  timeseries: TimeSeries,
  zone: Zone,
  parts: readonly PartOf[],
  level: RollupLevel,
  from: number,
  to: number,
): Promise<void> {
  const groups = parts.map(({ part }) => part.map((t) => t.meter.no));
  await together(timeseries, zone, groups, level, from, to, (g, start, rows) => {
    const { part, of } = parts[g] as PartOf;
    add(of, zone.startOf(level, start), combined(part, new Map(rows.map((r) => [r.meter, r]))));
  });
}

/**
 * What the meters of a part amount to in a stretch that all of them are known for: no better than the worst
 * of them, for what is left of 10 kWh measured when 4 recovered ones are taken off is 6 recovered, not 10
 * measured and −4 recovered. It is as complete as the least complete of them.
 * @param rows of every meter of the part, by its number
 */
export function combined(part: Part, rows: ReadonlyMap<number, Readonly<Amount>>): Amount {
  const [only] = part;
  const single = only && rows.get(only.meter.no);
  if (part.length === 1 && single) return { ...times(single, only.factor), coveredMs: single.coveredMs };
  let quantity = 0;
  let covered = Number.POSITIVE_INFINITY;
  let ground: 'measured' | 'recovered' | 'estimated' = 'measured';
  for (const { meter, factor } of part) {
    const row = rows.get(meter.no) ?? NOTHING;
    quantity = whole(quantity + factor * (row.measured + row.recovered + row.estimated));
    covered = Math.min(covered, row.coveredMs);
    if (row.estimated !== 0) ground = 'estimated';
    else if (ground === 'measured' && (row.recovered !== 0 || row.coveredMs === 0)) ground = 'recovered';
  }
  return { ...NOTHING, [ground]: quantity, coveredMs: covered };
}
