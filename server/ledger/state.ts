import { hoursOf, intervalStart, reopensFrom } from '../domain/consumption.ts';
import { JUDGEMENT_MARGIN, STANDING_MS } from '../domain/judgement.ts';
import type { Meter } from '../domain/meter.ts';
import type { Point } from '../domain/register.ts';
import { type Amount, hourAmount, NOTHING, type PeriodAmount, plus, rollUp } from '../domain/rollup.ts';
import { agree, MOST_CONTRADICTED, SETTLED_AFTER, settledAt, stands } from '../domain/settled.ts';
import { HOUR_MS, type Zone } from '../domain/time.ts';
import type { RollupWrite } from '../timeseries/port.ts';

/** Points kept of a meter that contradicts itself without end. */
const MOST_POINTS = 8192;

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
  /** Readings to come until the last contradiction is settled. */
  #trouble = 0;
  /** The last reading before the contradictions that are not settled yet. */
  #troubledFrom: number | null = null;
  /** Readings since then, but for standing zeros. */
  #contradicted = 0;
  /** Since when the register has been at 0. */
  #zeroSince: number | null = null;
  /** The earliest of those of the batch at hand, settled meanwhile or not. */
  #judgedSince: number | null = null;
  #reopened: number | null = null;

  /** @param points as `loader.ts` reads them */
  constructor(meter: Meter, points: readonly Point[], base: Base | null, zone: Zone) {
    this.points = [];
    this.base = base;
    for (const point of points) this.add(meter, point, zone);
    this.#settled = this.points.length;
    this.#judgedSince = this.#troubledFrom;
    this.#reopened = null;
  }

  /**
   * From when on readings contradict each other, or null. Then what they amount to follows from all of them
   * together, and not from the last two.
   */
  get troubledFrom(): number | null {
    return this.#judgedSince;
  }

  /** From when on points added since the last call change what two of them alone do not tell, or null. */
  get reopenedFrom(): number | null {
    return this.#reopened;
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

  add(meter: Meter, point: Point, zone: Zone): void {
    const { last } = this;
    this.points.push(point);
    const from = reopensFrom(meter, last, point, zone);
    if (from !== null) this.#reopened = Math.min(from, this.#reopened ?? from);
    if (meter.register !== 'cumulative') return;
    if (point.value !== 0) this.#zeroSince = null;
    else this.#zeroSince ??= point.time;
    if (!last) return;
    const standing = stands(last, point);
    if (!agree(meter, last, point)) this.#contradict(last.time);
    else if (this.#trouble > 0 && !standing) this.#trouble--;
    if (this.#trouble > 0 && !standing) this.#contradicted++;
    // A zero that stands for so long is what the register shows.
    if (this.#zeroSince !== null && point.time - this.#zeroSince > STANDING_MS) this.#trouble = 0;
    // One that contradicts itself without end is broken; what was judged so far stays.
    if (this.#contradicted > MOST_CONTRADICTED) {
      this.#troubledFrom = last.time;
      this.#contradicted = 0;
    }
    if (this.#trouble === 0) {
      this.#troubledFrom = null;
      this.#contradicted = 0;
    }
  }

  #contradict(since: number): void {
    this.#trouble = JUDGEMENT_MARGIN;
    this.#troubledFrom = Math.min(since, this.#troubledFrom ?? since);
    this.#judgedSince = Math.min(this.#troubledFrom, this.#judgedSince ?? since);
  }

  /** Puts a late point in its place; the rollups then need a recomputation. */
  insert(meter: Meter, index: number, point: Point): void {
    const before = this.points[index - 1];
    const after = this.points[index];
    this.points.splice(index, 0, point);
    this.base = null;
    if (meter.register !== 'cumulative') return;
    if ((!before || agree(meter, before, point)) && (!after || agree(meter, point, after))) return;
    this.#contradict(before?.time ?? point.time);
  }

  /** Rollups of a month were computed again: what stands closed before the open hour has to be read again if it lies there. */
  recomputed(meter: Meter, month: number, zone: Zone): void {
    const { last } = this;
    if (!last || month >= zone.startOf('month', openHour(meter, last, zone))) this.base = null;
  }

  /** The instant from which on readings are judged together with one at an instant. */
  judgedFrom(meter: Meter, time: number): number {
    const at = settledAt(meter, this.points, Math.min(this.find(time), this.points.length - 1), -1);
    return Math.min(time, this.points[at ?? 0]?.time ?? time);
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
    // Readings that agree need no more of their past than one neighbour, or one interval.
    const back = from - (meter.register === 'interval' ? meter.intervalS * 1000 : 0);
    const near = this.points.slice(Math.max(0, this.find(back) - 1));
    const hours = hoursOf(meter, near, zone, from, to).map(hourAmount);
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
    const old = last ? this.find(recentFrom(meter, last, zone)) - 1 : 0;
    const judged = this.#troubledFrom === null ? this.points.length : this.find(this.#troubledFrom);
    const keep = Math.min(old, judged - SETTLED_AFTER - 1);
    if (keep > 16) this.points.splice(0, keep);
    else if (this.points.length > MOST_POINTS) this.points.splice(0, this.points.length - MOST_POINTS / 2);
    this.#settled = this.points.length;
    this.#judgedSince = this.#troubledFrom;
    this.#reopened = null;
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
