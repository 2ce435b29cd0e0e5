import { touchedBy } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import { gapLimitMs, type Point } from '../domain/register.ts';
import type { Cause } from '../domain/revision.ts';
import { settledAt } from '../domain/settled.ts';
import { typicalUntil } from '../domain/typical.ts';
import type { DirtyMonth } from '../journal/outcome.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { pointsAround } from './points.ts';

/** Collects the months of meters that have to be computed again, and why. */
export class DirtyMonths {
  readonly #estate: Estate;
  readonly #months = new Map<string, DirtyMonth>();

  constructor(estate: Estate) {
    this.#estate = estate;
  }

  /** @param open nothing of the meter after this instant had been shown */
  mark(meter: Meter, from: number, to: number, causes: readonly Cause[], open: number): void {
    for (const { start } of this.#estate.zone.periods('month', from, to + 1)) {
      const key = `${meter.no} ${start}`;
      const known = this.#months.get(key);
      this.#months.set(key, {
        meter: meter.no,
        month: start,
        causes: known ? [...new Set([...known.causes, ...causes])] : causes,
        open: Math.min(open, known?.open ?? Number.POSITIVE_INFINITY),
        catalogue: null,
      });
    }
  }

  all(): DirtyMonth[] {
    return [...this.#months.values()];
  }
}

/** A stretch of time of one meter. */
interface Stretch {
  meter: Meter;
  from: number;
  to: number;
}

/**
 * All that readings can change which come after later ones of their meters: up to their neighbours, as far as
 * readings are judged together, and the gaps after them for which they say what is typical.
 */
export async function monthsOfLate(
  timeseries: TimeSeries,
  estate: Estate,
  readings: readonly Reading[],
): Promise<Stretch[]> {
  const out: Stretch[] = [];
  for (const [no, own] of Map.groupBy(readings, (r) => r.meter)) {
    const meter = estate.meterByNo(no);
    if (!meter) continue;
    let first = own[0] as Reading;
    let last = first;
    for (const r of own) {
      if (r.time < first.time) first = r;
      if (r.time > last.time) last = r;
    }
    if (meter.register !== 'cumulative') {
      const [before] = await timeseries.before([no], first.time);
      const [after] = await timeseries.after([no], last.time + 1);
      const [from] = touchedBy(meter, before ?? null, first, null);
      out.push({ meter, from, to: touchedBy(meter, null, last, after ?? null)[1] });
      continue;
    }
    const around = await Promise.all([
      pointsAround(timeseries, [meter], first.time, first.time),
      pointsAround(timeseries, [meter], last.time + 1, last.time + 1),
    ]);
    const before = (around[0].get(no) ?? []).filter((p) => p.time < first.time);
    const after = (around[1].get(no) ?? []).filter((p) => p.time > last.time);
    const settledBefore = settledAt(meter, before, before.length - 1, -1) ?? 0;
    const from = before[settledBefore]?.time ?? beginningOf(meter, first.time);
    const to = (after[settledAt(meter, after, 0, 1) ?? after.length - 1] ?? last).time;
    out.push({ meter, from, to }, ...(await gapsAfter(timeseries, estate, meter, first, last)));
  }
  return out;
}

/** The first of what people wrote down of the register before an instant; the instant where there is nothing. */
function beginningOf(meter: Meter, at: number): number {
  let first = Math.min(at, meter.manual[0]?.time ?? at);
  for (const e of meter.epochs) if (e.from !== null && e.initial !== null) first = Math.min(first, e.from);
  return first;
}

/** The days with gaps for which the readings have a part in what is typical. */
async function gapsAfter(
  timeseries: TimeSeries,
  estate: Estate,
  meter: Meter,
  first: Point,
  last: Point,
): Promise<Stretch[]> {
  const { zone } = estate;
  const until = typicalUntil(zone, last.time);
  const days = await timeseries.rollups('day', [meter.no], zone.startOf('day', first.time), until);
  const out = days
    // One of which all fell into other days has nothing here either, until something else is typical.
    .filter(
      (d) => d.recovered !== 0 || d.estimated !== 0 || d.coveredMs < zone.next('day', d.start) - d.start,
    )
    .map((d) => ({ meter, from: d.start, to: d.start }));
  // One that begins within that time may end long after it.
  const [start] = await timeseries.before([meter.no], until);
  const [end] = await timeseries.after([meter.no], until);
  if (start && end && end.time - start.time > gapLimitMs(meter)) {
    out.push({ meter, from: start.time, to: end.time });
  }
  return out;
}

/** Every month that the meters have readings for, or rollups: of before, when they were described differently. */
export async function monthsKnown(
  timeseries: TimeSeries,
  meters: readonly Meter[],
  estate: Estate,
): Promise<[meter: number, month: number][]> {
  const nos = meters.map((m) => m.no);
  const forever = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
  const first = new Map((await timeseries.after(nos, Number.MIN_SAFE_INTEGER)).map((r) => [r.meter, r]));
  const last = new Map((await timeseries.before(nos, Number.MAX_SAFE_INTEGER)).map((r) => [r.meter, r]));
  const rollups = Map.groupBy(await timeseries.rollups('month', nos, ...forever), (r) => r.meter);
  const out: [number, number][] = [];
  for (const meter of meters) {
    const spans: [number, number][] = (rollups.get(meter.no) ?? []).map((r) => [
      r.start,
      // A month of another time zone may reach into two of this one.
      estate.zone.next('month', r.start),
    ]);
    const a = first.get(meter.no);
    const b = last.get(meter.no);
    if (a && b) spans.push([touchedBy(meter, null, a, null)[0], touchedBy(meter, null, b, null)[1] + 1]);
    for (const e of meter.epochs) {
      // What a device counted before its first reading.
      if (a && e.from !== null && e.from < a.time) spans.push([e.from, a.time]);
    }
    const read = meter.manual.map((m) => m.time);
    if (read.length > 0) {
      const all = [...read, ...(a && b ? [a.time, b.time] : [])];
      spans.push([Math.min(...all), Math.max(...all) + 1]);
    }
    for (const e of meter.estimates) spans.push([e.from, e.to]);
    const months = spans.flatMap(([from, to]) => estate.zone.periods('month', from, to).map((p) => p.start));
    for (const month of new Set(months)) out.push([meter.no, month]);
  }
  return out;
}
