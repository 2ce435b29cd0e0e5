import { lookBack } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import { type GroundPiece, type JudgedReading, judgedReadings, piecesOf } from '../domain/ground.ts';
import type { Meter } from '../domain/meter.ts';
import type { Point } from '../domain/register.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { Zone } from '../domain/time.ts';
import type { Rollup, TimeSeries } from '../timeseries/port.ts';
import { monthsKnown } from './dirty.ts';
import { pointsAround } from './points.ts';
import { computeMonth } from './recompute.ts';
import { same } from './revisions.ts';

/** Looks into the ledger's work without changing anything. */

/** The readings that say what is known of [from, to), those that say what is typical included. */
async function pointsFor(
  timeseries: TimeSeries,
  meter: Meter,
  zone: Zone,
  from: number,
  to: number,
): Promise<Point[]> {
  const near = (await pointsAround(timeseries, [meter], from, to)).get(meter.no) ?? [];
  const back = lookBack(meter, near, zone, from, to);
  if (back === null) return near;
  return (await pointsAround(timeseries, [meter], Math.min(back, from), to)).get(meter.no) ?? [];
}

export interface MeterGround {
  pieces: GroundPiece[];
  /** Readings of the period that are not plainly accepted. */
  setAside: JudgedReading[];
}

/** What the meter's quantity of [from, to), both on the hour, is made of. */
export async function groundOf(
  timeseries: TimeSeries,
  zone: Zone,
  meter: Meter,
  from: number,
  to: number,
): Promise<MeterGround> {
  const points = await pointsFor(timeseries, meter, zone, from, to);
  return {
    pieces: piecesOf(meter, points, zone, from, to),
    setAside: judgedReadings(meter, points, from, to).filter((r) => r.verdict !== 'accepted'),
  };
}

/** What is made of each reading with from ≤ time < to. */
export async function judgedOf(
  timeseries: TimeSeries,
  meter: Meter,
  from: number,
  to: number,
): Promise<JudgedReading[]> {
  const points = (await pointsAround(timeseries, [meter], from, to)).get(meter.no) ?? [];
  return judgedReadings(meter, points, from, to);
}

export interface Moved {
  start: number;
  before: Amount | null;
  after: Amount | null;
}

export interface EffectOf {
  before: Amount | null;
  after: Amount | null;
  /** Only those that change. */
  months: Moved[];
  /** Every hour of the span asked for. */
  hours: Moved[];
}

/**
 * What another description of a meter would make of its consumption.
 * @param before the meter as it stands; what is stored was computed from it
 * @param after the same meter described differently
 */
export async function effectOf(
  timeseries: TimeSeries,
  estate: Estate,
  before: Meter,
  after: Meter,
  around: { from: number; to: number },
): Promise<EffectOf> {
  const { zone } = estate;
  const known = await monthsKnown(timeseries, [before, after], estate);
  const months: Moved[] = [];
  const hours = new Map<number, Moved>();
  for (const { start, end } of zone.periods('hour', around.from, around.to)) {
    if (end > start) hours.set(start, { start, before: null, after: null });
  }
  let sumBefore: Amount | null = null;
  let sumAfter: Amount | null = null;
  for (const month of [...new Set(known.map(([, m]) => m))].sort((a, b) => a - b)) {
    const end = zone.next('month', month);
    const [was] = await timeseries.rollups('month', [before.no], month, end);
    const computed = await computeMonth(timeseries, estate, [after], month);
    const [is] = computed.months;
    if (was) sumBefore = plus(sumBefore ?? NOTHING, was);
    if (is) sumAfter = plus(sumAfter ?? NOTHING, is);
    if (!same(was, is)) months.push({ start: month, before: was ?? null, after: is ?? null });
    if (end <= around.from || month >= around.to) continue;
    for (const h of computed.hours) put(hours, h, 'after');
    for (const h of await timeseries.rollups('hour', [before.no], month, end)) put(hours, h, 'before');
  }
  return { before: sumBefore, after: sumAfter, months, hours: [...hours.values()] };
}

function put(hours: ReadonlyMap<number, Moved>, rollup: Rollup, side: 'before' | 'after'): void {
  const hour = hours.get(rollup.start);
  if (hour) hour[side] = rollup;
}
