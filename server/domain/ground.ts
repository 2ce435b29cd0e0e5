import { MICRO } from './advance.ts';
import { type Advance, advancesIn, hoursOf, insideOf, intervalStart } from './consumption.ts';
import { isBelieved, isBreak, type Verdict } from './judgement.ts';
import { type Epoch, type Estimate, epochAt, type Meter } from './meter.ts';
import { gapLimitMs, type Point, readRegister, type StepKind, type Told } from './register.ts';
import { HOUR_MS, type Zone } from './time.ts';

/**
 * Where a quantity comes from: the same readings as in `consumption.ts`, not cut into hours but told as what
 * they are, from which reading to which.
 */

export type PieceKind = StepKind | 'unknown' | 'break';

export interface GroundPiece {
  kind: PieceKind;
  from: number;
  to: number;
  /** The readings that it is the difference of. */
  first: Point | null;
  last: Point | null;
  /** From the first to the last, both included. */
  readings: number;
  epoch: Epoch | null;
  /** The part inside the period asked for, and all of it, in the unit; null where nothing is counted. */
  inside: number | null;
  whole: number | null;
  apportioned: 'typical' | 'flat' | null;
  /** The widest boundary inside it; null: none, or no matter because it was measured. */
  crosses: 'day' | 'month' | 'year' | null;
  reason: string | null;
  recordedBy: string | null;
}

/** A reading with what is made of it, and the believed ones beside it. */
export interface JudgedReading {
  time: number;
  value: number;
  verdict: Verdict;
  /** A person's, not the device's. */
  manual: boolean;
  previous: Point | null;
  next: Point | null;
}

const BARE = {
  first: null,
  last: null,
  readings: 0,
  epoch: null,
  inside: null,
  whole: null,
  apportioned: null,
  crosses: null,
  reason: null,
  recordedBy: null,
} as const;

/**
 * What the meter's quantity in [from, to) is made of, in order of time; the insides add up to the hours of
 * `hoursOf` over the same readings.
 * @param points as for `hoursOf`
 * @param from start of an hour; `to` end of an hour
 */
export function piecesOf(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): GroundPiece[] {
  const known =
    meter.register === 'cumulative'
      ? registerPieces(meter, points, zone, from, to)
      : meter.register === 'interval'
        ? intervalPieces(meter, points, zone, from, to)
        : powerPieces(meter, points, zone, from, to);
  const estimates = meter.estimates
    .filter((e) => e.to > from && e.from < to)
    .map((e) => estimatePiece(meter, e, points, zone, from, to));
  const all = [...known, ...estimates].sort((a, b) => a.from - b.from || a.to - b.to);
  const out: GroundPiece[] = [];
  let at = from;
  for (const piece of all) {
    if (piece.from > at) out.push({ ...BARE, kind: 'unknown', from: at, to: Math.min(piece.from, to) });
    out.push(piece);
    at = Math.max(at, piece.to);
  }
  if (at < to) out.push({ ...BARE, kind: 'unknown', from: at, to });
  return out;
}

function registerPieces(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): GroundPiece[] {
  const out: GroundPiece[] = [];
  let run: Advance[] = [];
  const close = (): void => {
    const [first] = run;
    const last = run[run.length - 1];
    if (first && last) out.push(runPiece(zone, run, first, last, from, to));
    run = [];
  };
  for (const advance of advancesIn(meter, points, zone, from, to)) {
    const last = run[run.length - 1]?.step;
    const { step } = advance;
    const goesOn =
      last?.kind === 'measured' &&
      step.kind === 'measured' &&
      last.last === step.first &&
      last.epoch === step.epoch;
    if (!goesOn) close();
    run.push(advance);
  }
  close();
  const told = ({ mark, verdict, previous, epoch }: Told): void => {
    if (!isBreak(verdict) || !previous || mark.time <= from || previous.time >= to) return;
    const span = { from: previous.time, to: mark.time, first: previous, last: mark };
    out.push({ ...BARE, ...span, kind: 'break', readings: 2, epoch });
  };
  readRegister(meter, points, { told }, from);
  return out;
}

/** Measured steps one after the other, or one gap. */
function runPiece(
  zone: Zone,
  run: readonly Advance[],
  { step: { first, kind, epoch }, weights }: Advance,
  { step: { last } }: Advance,
  from: number,
  to: number,
): GroundPiece {
  const gap = kind !== 'measured';
  const person = first.statement ?? last.statement;
  return {
    kind,
    from: first.time,
    to: last.time,
    first,
    last,
    readings: run.length + 1,
    epoch,
    inside: run.reduce((sum, a) => sum + insideOf(a, zone, from, to), 0) / MICRO,
    whole: run.reduce((sum, a) => sum + a.step.micro, 0) / MICRO,
    apportioned: gap ? (weights ? 'typical' : 'flat') : null,
    crosses: gap ? crossed(zone, first.time, last.time) : null,
    reason: person?.reason ?? null,
    recordedBy: person?.recordedBy ?? null,
  };
}

function intervalPieces(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): GroundPiece[] {
  const length = meter.intervalS * 1000;
  const near = points.filter((p) => intervalStart(meter, p) + length > from && intervalStart(meter, p) < to);
  return runs(meter, near, (a, b) => b.time - a.time <= length).map((run) => {
    const first = run[0] as Point;
    const last = run[run.length - 1] as Point;
    const sum = (of: number, until: number): number =>
      hoursOf(bare(meter), run, zone, of, until).reduce((n, h) => n + h.measured, 0) / MICRO;
    const start = intervalStart(meter, first);
    const end = intervalStart(meter, last) + length;
    return {
      ...BARE,
      kind: 'measured',
      from: start,
      to: end,
      first,
      last,
      readings: run.length,
      epoch: epochAt(meter, first.time),
      inside: sum(from, to),
      whole: sum(zone.startOf('hour', start), zone.next('hour', zone.startOf('hour', end))),
    };
  });
}

function powerPieces(
  meter: Meter,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): GroundPiece[] {
  const limit = gapLimitMs(meter);
  return runs(meter, points, (a, b) => b.time - a.time <= limit)
    .filter((run) => run.length > 1)
    .flatMap((run): GroundPiece[] => {
      const first = run[0] as Point;
      const last = run[run.length - 1] as Point;
      if (last.time <= from || first.time >= to) return [];
      const sum = (of: number, until: number): number => {
        const hours = hoursOf(bare(meter), run, zone, of, until);
        const total = hours.reduce((n, h) => n + h.measured, 0) / MICRO;
        // Of a gauge the mean over the time that is covered.
        const covered = hours.reduce((n, h) => n + h.coveredMs, 0) / HOUR_MS;
        return meter.register === 'gauge' ? (covered > 0 ? total / covered : 0) : total;
      };
      const end = zone.next('hour', zone.startOf('hour', last.time));
      const span = { from: first.time, to: last.time, first, last, readings: run.length };
      const epoch = epochAt(meter, first.time);
      const whole = sum(zone.startOf('hour', first.time), end);
      return [{ ...BARE, ...span, kind: 'measured', epoch, inside: sum(from, to), whole }];
    });
}

/** Readings that go on from one to the next, in one epoch. */
function runs(meter: Meter, points: readonly Point[], goesOn: (a: Point, b: Point) => boolean): Point[][] {
  const out: Point[][] = [];
  for (const point of points) {
    const epoch = epochAt(meter, point.time);
    if (!epoch) continue;
    const run = out[out.length - 1];
    const last = run?.[run.length - 1];
    if (run && last && epochAt(meter, last.time) === epoch && goesOn(last, point)) run.push(point);
    else out.push([point]);
  }
  return out;
}

function estimatePiece(
  meter: Meter,
  estimate: Estimate,
  points: readonly Point[],
  zone: Zone,
  from: number,
  to: number,
): GroundPiece {
  const sum = (of: Meter): number => hoursOf(of, points, zone, from, to).reduce((n, h) => n + h.estimated, 0);
  return {
    ...BARE,
    kind: 'estimated',
    from: estimate.from,
    to: estimate.to,
    inside: (sum({ ...meter, estimates: [estimate] }) - sum(bare(meter))) / MICRO,
    whole: estimate.quantity,
    apportioned: 'flat',
    crosses: crossed(zone, estimate.from, estimate.to),
    reason: estimate.reason,
    recordedBy: estimate.recordedBy,
  };
}

function bare(meter: Meter): Meter {
  return meter.estimates.length === 0 ? meter : { ...meter, estimates: [] };
}

function crossed(zone: Zone, from: number, to: number): GroundPiece['crosses'] {
  for (const level of ['year', 'month', 'day'] as const) {
    if (zone.next(level, zone.startOf(level, from)) < to) return level;
  }
  return null;
}

/**
 * What is made of each reading.
 * @param points as for `hoursOf`; those with from ≤ time < to are told
 */
export function judgedReadings(
  meter: Meter,
  points: readonly Point[],
  from: number,
  to: number,
): JudgedReading[] {
  const out: JudgedReading[] = [];
  if (meter.register !== 'cumulative') {
    for (const { time, value } of points) {
      if (time < from || time >= to) continue;
      const verdict = epochAt(meter, time) ? 'accepted' : 'out_of_epoch';
      out.push({ time, value, verdict, manual: false, previous: null, next: null });
    }
    return out;
  }
  /** Those that wait for the believed reading after them. */
  let open: JudgedReading[] = [];
  let epochNow: Epoch | null = null;
  const tell = ({ mark, verdict, previous, epoch }: Told): void => {
    if (epoch !== epochNow) open = [];
    epochNow = epoch;
    const point = { time: mark.time, value: mark.value };
    if (isBelieved(verdict)) {
      for (const waiting of open) waiting.next = point;
      open = [];
    }
    if (mark.source && mark.source !== 'person') return;
    const told: JudgedReading = {
      ...point,
      verdict,
      manual: mark.source === 'person',
      previous: verdict !== 'accepted' && previous ? { time: previous.time, value: previous.value } : null,
      next: null,
    };
    if (verdict !== 'accepted') open.push(told);
    if (mark.time >= from && mark.time < to) out.push(told);
  };
  readRegister(meter, points, { told: tell }, from);
  return out;
}
