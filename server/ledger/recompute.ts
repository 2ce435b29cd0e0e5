import { setImmediate as turn } from 'node:timers/promises';
import { hoursOf } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { HourPart } from '../domain/hours.ts';
import { isBreak } from '../domain/judgement.ts';
import type { Meter } from '../domain/meter.ts';
import type { Point, Told } from '../domain/register.ts';
import { hourAmount, rollUp } from '../domain/rollup.ts';
import type { MonthOutcome, Suspect } from '../journal/outcome.ts';
import type { Recomputed, Rollup, TimeSeries } from '../timeseries/port.ts';
import { pointsAround } from './points.ts';
import { type Reopened, revisionsOf, same } from './revisions.ts';

/** Meters whose month is recomputed with one set of questions: bounds the readings held at once. */
export const METERS_AT_ONCE = 32;
/** Meters whose month is compared and written at once: one of them costs much of what many cost. */
const METERS_WRITTEN = 128;
const LEVELS = [
  ['hour', 'hours'],
  ['day', 'days'],
  ['month', 'months'],
] as const;
/** Time for which months are computed without giving anybody else a turn: gateways wait for their acknowledgements. */
const SLICE_MS = 10;
/** Steps in a month of a meter that are worth looking into one by one; beyond them it is broken. */
const SUSPECTS = 50;

export interface ComputedMonth extends Recomputed {
  /** Steps in the month across which nothing is counted. */
  suspects: readonly Suspect[];
}

/**
 * What one month of the meters amounts to, computed from their raw readings alone.
 * @param month start of a month in the estate's zone
 * @param points the readings around it, where somebody has asked for them already
 */
export async function computeMonth(
  timeseries: TimeSeries,
  estate: Estate,
  meters: readonly Meter[],
  month: number,
  points: ReadonlyMap<number, Point[]> | null = null,
): Promise<ComputedMonth> {
  const { zone } = estate;
  const end = zone.next('month', month);
  points ??= await pointsAround(timeseries, meters, month, end);
  const hours: Rollup[] = [];
  const days: Rollup[] = [];
  const months: Rollup[] = [];
  const suspects: Suspect[] = [];
  let since = performance.now();
  for (const meter of meters) {
    if (performance.now() - since > SLICE_MS) {
      await turn();
      since = performance.now();
    }
    let near = points.get(meter.no) ?? [];
    let found: Suspect[] = [];
    let needed = month;
    const read = (): HourPart[] => {
      found = [];
      const told = (one: Told): void => suspect(found, meter, month, end, one);
      return hoursOf(meter, near, zone, month, end, {
        told,
        needed: (at) => (needed = Math.min(needed, at)),
      });
    };
    let parts = read();
    if (needed < month) {
      // Judged like all others, with their neighbours.
      near = (await pointsAround(timeseries, [meter], needed, end)).get(meter.no) ?? [];
      parts = read();
    }
    suspects.push(...found);
    const own = parts.map(hourAmount);
    own.sort((a, b) => a.start - b.start);
    const ownDays = rollUp(own, 'day', zone);
    for (const h of own) hours.push({ meter: meter.no, ...h });
    for (const d of ownDays) days.push({ meter: meter.no, ...d });
    for (const m of rollUp(ownDays, 'month', zone)) months.push({ meter: meter.no, ...m });
  }
  return { hours, days, months, suspects };
}

/** Adds the step to those found, when nothing is counted across it. */
function suspect(found: Suspect[], meter: Meter, month: number, end: number, told: Told): void {
  const { mark, verdict, previous } = told;
  if (!isBreak(verdict) || !previous || mark.time < month || mark.time >= end) return;
  if (found.length === SUSPECTS) return;
  found.push({
    meter: meter.no,
    month,
    time: mark.time,
    value: mark.value,
    previousTime: previous.time,
    previousValue: previous.value,
    verdict: verdict as Suspect['verdict'],
  });
}

/**
 * Computes one month of the meters again from their raw readings and puts it in place of what was there.
 * @param reopened why, and what had been shown, by `Meter.no`
 * @returns what was found, and what changed
 */
export async function recomputeMonth(
  timeseries: TimeSeries,
  estate: Estate,
  meters: readonly Meter[],
  month: number,
  reopened: ReadonlyMap<number, Reopened>,
  now: number,
): Promise<MonthOutcome> {
  const end = estate.zone.next('month', month);
  const outcome = { suspects: [] as Suspect[], revisions: [] as MonthOutcome['revisions'][number][] };
  for (let i = 0; i < meters.length; i += METERS_WRITTEN) {
    const written = meters.slice(i, i + METERS_WRITTEN);
    const nos = written.map((m) => m.no);
    const after = { hours: [] as Rollup[], days: [] as Rollup[], months: [] as Rollup[] };
    const group = (j: number): readonly Meter[] => written.slice(j, j + METERS_AT_ONCE);
    const ask = (j: number) => pointsAround(timeseries, group(j), month, end);
    let asked = ask(0);
    for (let j = 0; j < written.length; j += METERS_AT_ONCE) {
      const points = await asked;
      // The store looks for the next ones while these are computed.
      if (j + METERS_AT_ONCE < written.length) {
        asked = ask(j + METERS_AT_ONCE);
        // Told when its turn comes; until then a refusal is nobody's.
        asked.catch(() => {});
      }
      const computed = await computeMonth(timeseries, estate, group(j), month, points);
      outcome.suspects.push(...computed.suspects);
      for (const [, name] of LEVELS) for (const row of computed[name]) after[name].push(row);
    }
    const differing = new Set<number>();
    for (const [level, name] of LEVELS) {
      const before = await timeseries.rollups(level, nos, month, end);
      for (const no of differingMeters(before, after[name])) differing.add(no);
      if (level === 'hour') {
        outcome.revisions.push(...revisionsOf(month, before, after.hours, reopened, estate.zone, now));
      }
    }
    // What comes out as it stands needs no writing.
    if (differing.size === 0) continue;
    const changed = (rows: readonly Rollup[]): Rollup[] => rows.filter((r) => differing.has(r.meter));
    await timeseries.replace([...differing], month, end, {
      hours: changed(after.hours),
      days: changed(after.days),
      months: changed(after.months),
    });
  }
  return outcome;
}

/** The meters whose rollups, in order of time, are not the same on both sides. */
function differingMeters(before: readonly Rollup[], after: readonly Rollup[]): Set<number> {
  const out = new Set<number>();
  const was = Map.groupBy(before, (r) => r.meter);
  const is = Map.groupBy(after, (r) => r.meter);
  for (const no of new Set([...was.keys(), ...is.keys()])) {
    const a = was.get(no) ?? [];
    const b = is.get(no) ?? [];
    if (a.length !== b.length || a.some((r, i) => r.start !== b[i]?.start || !same(r, b[i]))) out.add(no);
  }
  return out;
}
