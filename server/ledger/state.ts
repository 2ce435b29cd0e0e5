import { hoursOf, intervalStart, type Point } from '../domain/consumption.ts';
import type { Meter } from '../domain/meter.ts';
import { type Amount, hourAmount, NOTHING, type PeriodAmount, plus, rollUp } from '../domain/rollup.ts';
import { HOUR_MS, type Zone } from '../domain/time.ts';
import type { RollupWrite } from '../timeseries/port.ts';

/** What is already summed up before the open hour, and how far the stored rollups reach. */
export interface Base {
  /** Sum of the open day's hours before the open hour. */
  day: Amount;
  /** Sum of the open month's days before the open day. */
  month: Amount;
  /** Newest period of each level that the store has; what starts later is new. */
  lastHour: number;
  lastDay: number;
  lastMonth: number;
}

export interface Rollups {
  hours: RollupWrite[];
  days: RollupWrite[];
  months: RollupWrite[];
}

/**
 * The recent end of one meter's history, so that a reading in order of time needs no look into the store:
 * every reading from `points[0]` on.
 */
export class MeterState {
  readonly points: Point[];
  /** Null after a recomputation; then it is read from the store again. */
  base: Base | null;
  /** Points that were in the store before the batch at hand. */
  #settled: number;

  constructor(points: Point[], base: Base | null) {
    this.points = points;
    this.base = base;
    this.#settled = points.length;
  }

  get last(): Point | null {
    return this.points[this.points.length - 1] ?? null;
  }

  /** Index of the first point at or after an instant. */
  find(time: number): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.points[middle] as Point).time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(point: Point): void {
    this.points.push(point);
  }

  /** Puts a late point in its place; the rollups then need a recomputation. */
  insert(index: number, point: Point): void {
    this.points.splice(index, 0, point);
    this.base = null;
  }

  /** Rollups that the points added since the last call change; null when the base is missing. */
  advance(meter: Meter, zone: Zone): Rollups | null {
    const base = this.base;
    if (!base) return null;
    const before = this.#settled > 0 ? (this.points[this.#settled - 1] as Point) : null;
    const first = this.points[this.#settled];
    const last = this.last;
    if (!first || !last) return { hours: [], days: [], months: [] };
    const from = openHour(meter, before ?? first, zone);
    const reach =
      meter.register === 'interval' ? intervalStart(meter, last) + meter.intervalS * 1000 : last.time;
    const to = zone.next('hour', reach);
    const hours = hoursOf(meter, this.points, zone, from, to).map(hourAmount);
    hours.sort((a, b) => a.start - b.start);
    const open = { day: zone.startOf('day', from), month: zone.startOf('month', from) };
    const firstHour = hours[0]?.start ?? Number.POSITIVE_INFINITY;
    const inOpenDay = firstHour < zone.next('day', open.day);
    const days = rollUp(hours, 'day', zone, inOpenDay ? base.day : NOTHING);
    // An open day that gets nothing more is closed as it stands.
    const daysClosed = inOpenDay ? base.month : plus(base.month, base.day);
    const inOpenMonth = firstHour < zone.next('month', open.month);
    const months = rollUp(days, 'month', zone, inOpenMonth ? daysClosed : NOTHING);
    const out: Rollups = {
      hours: writes(meter.no, hours, base.lastHour),
      days: writes(meter.no, days, base.lastDay),
      months: writes(meter.no, months, base.lastMonth),
    };

    const next = openHour(meter, last, zone);
    const day = zone.startOf('day', next);
    const month = zone.startOf('month', next);
    const monthBefore = day === open.day ? base.month : daysClosed;
    this.base = {
      day: total(hours, day, next, day === open.day ? base.day : NOTHING),
      month: total(days, month, day, month === open.month ? monthBefore : NOTHING),
      lastHour: Math.max(base.lastHour, hours[hours.length - 1]?.start ?? base.lastHour),
      lastDay: Math.max(base.lastDay, days[days.length - 1]?.start ?? base.lastDay),
      lastMonth: Math.max(base.lastMonth, months[months.length - 1]?.start ?? base.lastMonth),
    };
    this.settle(meter, zone);
    return out;
  }

  /**
   * After the points were written, with or without `advance`: forgets what in-order readings cannot touch any
   * more, but for one point before it.
   */
  settle(meter: Meter, zone: Zone): void {
    const { last } = this;
    const keep = last ? this.find(recentFrom(meter, last, zone)) - 1 : 0;
    if (keep > 16) this.points.splice(0, keep);
    this.#settled = this.points.length;
  }
}

/** The instant from which on readings can have a part in what the next one in order of time changes. */
export function recentFrom(meter: Meter, last: Point, zone: Zone): number {
  // An interval reaches into the open hour from as far back as it is long.
  const reach = meter.register === 'interval' ? meter.intervalS * 1000 : 0;
  return zone.startOf('hour', last.time) - HOUR_MS - reach;
}

/** The hour from which on the next reading in order of time can change anything. */
export function openHour(meter: Meter, point: Point, zone: Zone): number {
  return zone.startOf('hour', meter.register === 'interval' ? intervalStart(meter, point) : point.time);
}

function writes(meter: number, amounts: readonly PeriodAmount[], last: number): RollupWrite[] {
  return amounts.map((a) => ({ meter, ...a, isNew: a.start > last }));
}

/** What stood closed before, and the parts with from ≤ start < to. */
function total(parts: readonly PeriodAmount[], from: number, to: number, before: Readonly<Amount>): Amount {
  let sum: Amount = { ...before };
  for (const p of parts) if (p.start >= from && p.start < to) sum = plus(sum, p);
  return {
    measured: sum.measured,
    recovered: sum.recovered,
    estimated: sum.estimated,
    coveredMs: sum.coveredMs,
  };
}
