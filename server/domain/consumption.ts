import { PLAUSIBLE_MICRO, toMicro } from './advance.ts';
import { type HourPart, Hours } from './hours.ts';
import { epochAt, type Meter } from './meter.ts';
import { gapLimitMs, type Point, type RegisterVisitor, readRegister, type Step } from './register.ts';
import { SETTLED_AFTER } from './settled.ts';
import { HOUR_MS, type Zone } from './time.ts';
import { isShaped, Typical, typicalFrom, type Weights } from './typical.ts';

/**
 * Readings become consumption. Everything here is a pure function of (readings, meter): run again over the
 * same readings, in whatever order they once arrived, it gives the same hours.
 *
 * A quantity is cut at hour boundaries by rounding the cumulative quantity, not the parts, so the parts
 * always add up to the whole.
 */

/** The unit of a meter's consumption: power becomes energy, a gauge keeps its own. */
export function quantityUnit(meter: Pick<Meter, 'register' | 'unit'>): string {
  if (meter.register !== 'power') return meter.unit;
  return meter.unit.endsWith('h') ? meter.unit : `${meter.unit}h`;
}

/**
 * The hours of [from, to) as far as the readings determine them.
 * @param points all readings of the meter inside [from − reach, to + reach) with `reachMs`, one more on each
 *   side where there is one, and those that `lookBack` asks for, in order of time, no two at the same instant
 * @param from start of an hour; `to` end of an hour
 * @param visit told of a counting register's judgement on the way
 */
export function hoursOf(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
  visit: AdvanceVisitor = {},
): HourPart[] {
  const hours = new Hours(zone, from, to, meter.estimates.length > 0);
  if (meter.register === 'interval') intervals(meter, points, hours);
  else if (meter.register === 'cumulative') advances(meter, points, zone, hours, visit);
  else integrals(meter, points, hours);
  for (const e of meter.estimates) hours.estimate(e.from, e.to, toMicro(e.quantity));
  return hours.parts;
}

/**
 * How far from a stretch of time readings still matter for what is known inside it, ms: an interval reading
 * reaches as far as its interval; a register is judged together with its neighbours.
 */
export function reachMs(meter: Meter): number {
  if (meter.register === 'interval') return meter.intervalS * 1000;
  return meter.register === 'cumulative' ? SETTLED_AFTER * meter.intervalS * 1000 : 0;
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

/**
 * From when on a reading in order of time changes hours that its predecessor does not tell, so that they have
 * to be computed from the store; null where the two of them are enough.
 */
export function reopensFrom(meter: Meter, previous: Point | null, point: Point, zone: Zone): number | null {
  let from: number | null = null;
  const reopen = (at: number): void => {
    from = from === null ? at : Math.min(from, at);
  };
  const known = previous?.time ?? Number.NEGATIVE_INFINITY;
  for (const e of meter.estimates) if (e.to > known) reopen(Math.max(e.from, known));
  if (meter.register !== 'cumulative') return from;
  const last = meter.manual.at(-1);
  if (last && last.time > known) reopen(Math.max(meter.manual[0]?.time ?? known, known));
  if (previous) {
    const gap = point.time - previous.time > gapLimitMs(meter) || goesOn(meter, previous, point);
    if (gap && isShaped(zone, previous.time, point.time)) reopen(previous.time);
  } else {
    // What a new device counted before its first reading.
    for (const e of meter.epochs) {
      if (e.from !== null && e.initial !== null && e.from < point.time) reopen(e.from);
    }
  }
  return from;
}

/** Whether the register went on with another multiplier in between, so that what it showed then is reckoned. */
function goesOn(meter: Meter, previous: Point, point: Point): boolean {
  return meter.epochs.some(
    (e) => e.continues && e.from !== null && e.from > previous.time && e.from < point.time,
  );
}

export function intervalStart(meter: Meter, point: Point): number {
  return meter.intervalLabel === 'end' ? point.time - meter.intervalS * 1000 : point.time;
}

/** interval registers: each reading is the quantity of its own interval. */
function intervals(meter: Meter, points: readonly Point[], hours: Hours): void {
  for (const point of points) {
    const epoch = epochAt(meter, point.time);
    if (!epoch) continue;
    const micro = toMicro(point.value * epoch.multiplier);
    if (Math.abs(micro) > PLAUSIBLE_MICRO) continue;
    const start = intervalStart(meter, point);
    hours.spread(start, start + meter.intervalS * 1000, micro, 'measured');
  }
}

/** cumulative registers: what the register advanced between two readings that are believed. */
function advances(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  hours: Hours,
  visit: AdvanceVisitor,
): void {
  for (const { step, weights } of advancesIn(meter, points, zone, hours.from, hours.to, visit)) {
    hours.spread(step.first.time, step.last.time, step.micro, step.kind, weights);
  }
}

/** A step of a register, and how it is spread over its hours; null: evenly. */
export interface Advance {
  step: Step;
  weights: Weights | null;
}

export interface AdvanceVisitor extends Pick<RegisterVisitor, 'told'> {
  /**
   * A gap that touches [from, to) is spread by what was typical before it: from when on readings are needed.
   * Where the points do not reach as far back, the result is not yet what it has to be.
   */
  needed?: (since: number) => void;
}

/** The steps that have a part in [from, to), in order of time. */
export function advancesIn(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
  visit: AdvanceVisitor = {},
): Advance[] {
  const steps: Step[] = [];
  const { told } = visit;
  readRegister(meter, points, { step: (step) => steps.push(step), ...(told && { told }) }, from);
  const near = steps.filter(({ first, last }) => last.time > from && first.time < to);
  const isGap = ({ kind, first, last }: Step): boolean =>
    kind !== 'measured' && isShaped(zone, first.time, last.time);
  const typical = new Typical(zone);
  const gap = near.find(isGap);
  // Most months have none.
  if (gap) {
    visit.needed?.(typicalFrom(zone, gap.first.time));
    for (const step of steps) if (step.kind === 'measured') typical.add(step);
  }
  return near.map((step) => ({
    step,
    weights: isGap(step) ? typical.weights(step.first.time, step.last.time) : null,
  }));
}

/**
 * How far back readings are needed beyond the reach, because a gap that touches [from, to) is spread by what
 * was typical before it; null where it has none.
 */
export function lookBack(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): number | null {
  let back: number | null = null;
  const needed = (since: number): void => {
    back = since;
  };
  if (meter.register === 'cumulative') advancesIn(meter, points, zone, from, to, { needed });
  return back;
}

/** The part of an advance, in micro, that falls into [from, to), both on the hour. */
export function insideOf({ step, weights }: Advance, zone: Zone, from: number, to: number): number {
  const { first, last, micro, kind } = step;
  if (first.time >= from && last.time <= to) return micro;
  const hours = new Hours(zone, from, to, false);
  hours.spread(first.time, last.time, micro, kind, weights);
  return hours.parts.reduce((sum, part) => sum + part[kind], 0);
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
