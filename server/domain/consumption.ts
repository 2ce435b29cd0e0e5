import { type Epoch, epochAt, type Meter } from './meter.ts';
import { HOUR_MS, type Zone } from './time.ts';

/**
 * Registers become consumption. Everything here is a pure function of (readings, meter): run again over
 * the same readings, in whatever order they once arrived, it gives the same hours.
 *
 * Quantities are whole millionths of the meter's unit ("micro"). A register advance is cut at hour
 * boundaries by rounding the cumulative advance, not the parts, so the parts always add up to the whole.
 */
export const MICRO = 1_000_000;

export interface Point {
  time: number;
  value: number;
}

/** What is known of one hour. An hour without an entry is unknown, not 0. */
export interface HourPart {
  start: number;
  measured: number;
  recovered: number;
  coveredMs: number;
}

/** A pause longer than this is a gap: one and a half times the expected interval allows for jitter only. */
export function gapLimitMs(meter: Meter): number {
  return meter.intervalS * 1500;
}

/** The unit of a meter's consumption: power becomes energy, a gauge keeps its own. */
export function quantityUnit(meter: Pick<Meter, 'register' | 'unit'>): string {
  if (meter.register !== 'power') return meter.unit;
  return meter.unit.endsWith('h') ? meter.unit : `${meter.unit}h`;
}

/**
 * No single reading moves a meter by more than this, 9 × 10⁹ units: beyond it numbers are no longer whole,
 * and what a device shows there is noise.
 */
const PLAUSIBLE_MICRO = Number.MAX_SAFE_INTEGER;

export function toMicro(quantity: number): number {
  return Math.round(quantity * MICRO);
}

/**
 * The hours of [from, to) as far as the readings determine them.
 * @param points all readings of the meter inside [from, to) and one on each side where there is one, in
 *   order of time, no two at the same instant
 * @param from start of an hour; `to` end of an hour
 */
export function hoursOf(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): HourPart[] {
  const hours = new Hours(zone, from, to);
  if (meter.register === 'interval') intervals(meter, points, hours);
  else if (meter.register === 'cumulative') advances(meter, points, hours);
  else integrals(meter, points, hours);
  return hours.parts;
}

/** The instants between which a reading can change what is known, given its neighbours in time. */
export function touchedBy(
  meter: Meter,
  previous: Point | null,
  point: Point,
  next: Point | null,
): [number, number] {
  if (meter.register === 'interval') {
    const start = intervalStart(meter, point);
    return [start, start + meter.intervalS * 1000];
  }
  return [previous?.time ?? point.time, next?.time ?? point.time];
}

export function intervalStart(meter: Meter, point: Point): number {
  return meter.intervalLabel === 'end' ? point.time - meter.intervalS * 1000 : point.time;
}

/** Collects parts per hour, in order of time. */
class Hours {
  readonly parts: HourPart[] = [];
  readonly #byStart = new Map<number, HourPart>();
  readonly #zone: Zone;
  readonly #from: number;
  readonly #to: number;

  constructor(zone: Zone, from: number, to: number) {
    this.#zone = zone;
    this.#from = from;
    this.#to = to;
  }

  /** Spreads a whole number of micro over [start, end) in proportion to time. */
  spread(start: number, end: number, micro: number, measured: boolean): void {
    if (end <= this.#from || start >= this.#to || end <= start) return;
    const span = end - start;
    const upTo = (t: number): number => (t >= end ? micro : Math.round((micro * (t - start)) / span));
    let at = Math.max(start, this.#from);
    let before = at === start ? 0 : upTo(at);
    const last = Math.min(end, this.#to);
    while (at < last) {
      const hour = this.#zone.startOf('hour', at);
      const next = Math.min(this.#zone.next('hour', hour), last);
      const after = upTo(next);
      this.#add(hour, after - before, next - at, measured);
      before = after;
      at = next;
    }
  }

  /** Visits the pieces of [start, end) hour by hour; the callback says what each piece amounts to. */
  pieces(start: number, end: number, amount: (from: number, to: number) => number): void {
    let at = Math.max(start, this.#from);
    const last = Math.min(end, this.#to);
    while (at < last) {
      const hour = this.#zone.startOf('hour', at);
      const next = Math.min(this.#zone.next('hour', hour), last);
      this.#add(hour, amount(at, next), next - at, true);
      at = next;
    }
  }

  #add(hour: number, micro: number, ms: number, measured: boolean): void {
    let part = this.parts[this.parts.length - 1];
    if (part?.start !== hour) {
      part = this.#byStart.get(hour);
      if (!part) {
        part = { start: hour, measured: 0, recovered: 0, coveredMs: 0 };
        this.parts.push(part);
        this.#byStart.set(hour, part);
      }
    }
    if (measured) {
      part.measured += micro;
      part.coveredMs = Math.min(part.coveredMs + ms, this.#zone.next('hour', hour) - hour);
    } else {
      part.recovered += micro;
    }
  }
}

/** interval registers: each reading is the quantity of its own interval. */
function intervals(meter: Meter, points: readonly Point[], hours: Hours): void {
  for (const point of points) {
    const epoch = epochAt(meter, point.time);
    if (!epoch) continue;
    const micro = toMicro(point.value * epoch.multiplier);
    if (Math.abs(micro) > PLAUSIBLE_MICRO) continue;
    const start = intervalStart(meter, point);
    hours.spread(start, start + meter.intervalS * 1000, micro, true);
  }
}

/** cumulative registers: what the register advanced between two readings. */
function advances(meter: Meter, points: readonly Point[], hours: Hours): void {
  const limit = gapLimitMs(meter);
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const measured = b.time - a.time <= limit;
    if (meter.epochs.length === 1) {
      const epoch = meter.epochs[0] as Epoch;
      if (epoch.from === null || a.time >= epoch.from)
        advance(epoch, a.time, a.value, b.time, b.value, hours, measured);
      continue;
    }
    for (const epoch of meter.epochs) {
      const start = epoch.from === null ? a.time : Math.max(epoch.from, a.time);
      const end = epoch.to === null ? b.time : Math.min(epoch.to, b.time);
      if (end <= start) continue;
      const first = start === a.time ? a.value : epoch.initial;
      const last = end === b.time && epoch.to !== b.time ? b.value : epoch.final;
      if (first !== null && last !== null) advance(epoch, start, first, end, last, hours, measured);
    }
  }
}

/** One advance inside one epoch; what cannot be an advance of this register counts nothing. */
function advance(
  epoch: Epoch,
  start: number,
  first: number,
  end: number,
  last: number,
  hours: Hours,
  measured: boolean,
): void {
  const micro = advanceMicro(epoch, first, last, end - start);
  if (micro !== null) hours.spread(start, end, micro, measured);
}

/**
 * The advance from one register value to a later one of the same device, in micro; a return through
 * `rolloverAt` is an advance, a step back is none, a step beyond `maxRate` or all plausibility is none.
 * @returns null when the two values do not show an advance
 */
export function advanceMicro(epoch: Epoch, first: number, last: number, spanMs: number): number | null {
  const m = epoch.multiplier;
  let micro = toMicro(last * m) - toMicro(first * m);
  if (last < first) {
    // Past its end a register starts again at 0; a fall of less than half its width is a step back.
    if (epoch.rolloverAt === null || first - last < epoch.rolloverAt / 2) return null;
    micro += toMicro(epoch.rolloverAt * m);
    if (micro < 0) return null;
  }
  // Also false where two values beyond all numbers leave no difference.
  if (!(micro <= PLAUSIBLE_MICRO)) return null;
  // A register moves in steps of its resolution, so a rate means little over less than a minute.
  const span = Math.max(spanMs, 60_000);
  if (epoch.maxRate !== null && micro > toMicro(epoch.maxRate) * (span / HOUR_MS) + 1) return null;
  return micro;
}

/** power and gauges: the trapezoid between two readings that are no gap apart, per hour of time. */
function integrals(meter: Meter, points: readonly Point[], hours: Hours): void {
  const limit = gapLimitMs(meter);
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const span = b.time - a.time;
    const epoch = epochAt(meter, a.time);
    if (span > limit || !epoch || epoch !== epochAt(meter, b.time)) continue;
    const highest = Math.max(Math.abs(a.value), Math.abs(b.value)) * epoch.multiplier;
    if (toMicro(highest * (span / HOUR_MS)) > PLAUSIBLE_MICRO) continue;
    const at = (t: number): number => a.value + ((b.value - a.value) * (t - a.time)) / span;
    hours.pieces(a.time, b.time, (s, e) =>
      toMicro((((at(s) + at(e)) / 2) * epoch.multiplier * (e - s)) / HOUR_MS),
    );
  }
}
