import { advanceMicro, PLAUSIBLE_MICRO, toMicro, whole } from './advance.ts';
import { JUDGEMENT_MARGIN, judge } from './judgement.ts';
import { type Epoch, epochAt, type Meter } from './meter.ts';
import { HOUR_MS, type Zone } from './time.ts';

/**
 * Registers become consumption. Everything here is a pure function of (readings, meter): run again over
 * the same readings, in whatever order they once arrived, it gives the same hours.
 *
 * A register advance is cut at hour boundaries by rounding the cumulative advance, not the parts, so the
 * parts always add up to the whole.
 */
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
 * The hours of [from, to) as far as the readings determine them.
 * @param points all readings of the meter inside [from − reach, to + reach) with `reachMs`, and one more on
 *   each side where there is one, in order of time, no two at the same instant
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

/**
 * How far from a stretch of time readings still matter for what is known inside it, ms: an interval reading
 * reaches as far as its interval; a register is judged together with its neighbours.
 */
export function reachMs(meter: Meter): number {
  if (meter.register === 'interval') return meter.intervalS * 1000;
  return meter.register === 'cumulative' ? JUDGEMENT_MARGIN * meter.intervalS * 1000 : 0;
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
  const reach = reachMs(meter);
  return [(previous?.time ?? point.time) - reach, (next?.time ?? point.time) + reach];
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
      part.measured = whole(part.measured + micro);
      part.coveredMs = Math.min(part.coveredMs + ms, this.#zone.next('hour', hour) - hour);
    } else {
      part.recovered = whole(part.recovered + micro);
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

/** cumulative registers: what the register advanced between two readings that are believed. */
function advances(meter: Meter, points: readonly Point[], hours: Hours): void {
  const limit = gapLimitMs(meter);
  let at = 0;
  for (const epoch of meter.epochs) {
    while (at < points.length && epoch.from !== null && (points[at] as Point).time < epoch.from) at++;
    const own: Point[] = [];
    // What was written down at an exchange is a reading like any other, where the readings on its other side
    // are here too; where they are not, nobody knows what lies between.
    if (at > 0 && epoch.from !== null && epoch.initial !== null && points[at]?.time !== epoch.from) {
      own.push({ time: epoch.from, value: epoch.initial });
    }
    for (; at < points.length && (epoch.to === null || (points[at] as Point).time < epoch.to); at++) {
      own.push(points[at] as Point);
    }
    if (at < points.length && epoch.to !== null && epoch.final !== null) {
      own.push({ time: epoch.to, value: epoch.final });
    }
    believed(epoch, own, limit, hours);
  }
}

/** Counts the advances of one register; what is set aside, and a break, count nothing. */
function believed(epoch: Epoch, points: readonly Point[], limit: number, hours: Hours): void {
  const verdicts = judge(epoch, points);
  let last: Point | null = null;
  for (let i = 0; i < points.length; i++) {
    const verdict = verdicts[i];
    if (verdict !== 'accepted' && verdict !== 'break') continue;
    const point = points[i] as Point;
    if (last && verdict === 'accepted') {
      const micro = advanceMicro(epoch, last.value, point.value, point.time - last.time);
      if (micro !== null) hours.spread(last.time, point.time, micro, point.time - last.time <= limit);
    }
    last = point;
  }
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
