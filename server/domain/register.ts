import { advanceMicro, type Register } from './advance.ts';
import type { Bound } from './bound.ts';
import { isBelieved, isBreak, JUDGEMENT_MARGIN, judge, type Verdict } from './judgement.ts';
import type { Epoch, ManualReading, Meter } from './meter.ts';

/** A register becomes steps: what it advanced from one believed reading to the next. */

export interface Point {
  time: number;
  value: number;
}

/** person: read by eye. note: written down at an exchange. between: from its neighbours. */
export type MarkSource = 'person' | 'note' | 'between';

/** A value of the register at an instant, from wherever it is known. */
export interface Mark extends Point {
  /** None: a reading of the device. */
  source?: MarkSource;
  statement?: ManualReading;
}

/** measured: two readings no gap apart. recovered: certain in total. estimated: rests on a person's word. */
export type StepKind = 'measured' | 'recovered' | 'estimated';

export interface Step {
  first: Mark;
  last: Mark;
  /** Advance × multiplier. */
  micro: number;
  kind: StepKind;
  epoch: Epoch;
}

export interface Told {
  mark: Mark;
  /** Null: no device was there at the time. */
  epoch: Epoch | null;
  verdict: Verdict;
  /** The believed mark before it, of the same epoch. */
  previous: Mark | null;
}

export interface RegisterVisitor {
  /** In order of time. */
  step?(step: Step): void;
  /** Every mark, in order of time. */
  told?(told: Told): void;
}

/** Marks on each side of a change of multiplier from which the register there is told. */
const NEIGHBOURS = JUDGEMENT_MARGIN;

/** A pause longer than this is a gap: one and a half times the expected interval allows for jitter only. */
export function gapLimitMs(meter: Pick<Meter, 'intervalS'>): number {
  return meter.intervalS * 1500;
}

/** What the meter's own history says about its highest rate; null where nothing was learned. */
export function boundOf(meter: Pick<Meter, 'learned' | 'intervalS'>): Bound | null {
  return meter.learned && { rate: meter.learned.rate, floorMs: meter.intervalS * 1000 };
}

export function registerOf(meter: Pick<Meter, 'volatile'>, epoch: Epoch): Register {
  return meter.volatile ? { ...epoch, volatile: true } : epoch;
}

/**
 * Reads a counting register: judges its readings epoch by epoch and tells each step between believed ones.
 * @param points readings of the meter in order of time, no two at one instant
 * @param from what was before is of no interest: where a reading lies before it, nothing that people wrote down
 *   before that reading has a part in it
 */
export function readRegister(
  meter: Meter,
  points: readonly Point[],
  visit: RegisterVisitor,
  from = Number.NEGATIVE_INFINITY,
): void {
  const first = points[0]?.time ?? Number.POSITIVE_INFINITY;
  const since = first < from ? first : Number.NEGATIVE_INFINITY;
  const marks = withStatements(meter, points, since);
  const limit = gapLimitMs(meter);
  const bound = boundOf(meter);
  const epochs = meter.epochs;
  let at = 0;
  let carried: Mark | null = null;
  for (let e = 0; e < epochs.length; e++) {
    const epoch = epochs[e] as Epoch;
    if (epoch.to !== null && epoch.to <= since) continue;
    for (; at < marks.length && epoch.from !== null && (marks[at] as Mark).time < epoch.from; at++) {
      visit.told?.({ mark: marks[at] as Mark, epoch: null, verdict: 'out_of_epoch', previous: null });
    }
    const own: Mark[] = [];
    const opening = carried ?? ((epoch.from ?? since) >= since ? noted(epoch.from, epoch.initial) : null);
    // A reading at the very instant is better than what was noted.
    if (opening && marks[at]?.time !== opening.time) own.push(opening);
    for (; at < marks.length && (epoch.to === null || (marks[at] as Mark).time < epoch.to); at++) {
      own.push(marks[at] as Mark);
    }
    const next = epochs[e + 1];
    carried = next ? goingOn(meter, epoch, next, own, marks.slice(at, at + NEIGHBOURS), bound) : null;
    const closing = carried ?? noted(epoch.to, epoch.final);
    // With nothing after it, nobody knows yet whether the device that was noted last is the last one.
    if (closing && own.length > 0 && at < marks.length) own.push(closing);
    readEpoch(meter, epoch, own, bound, limit, visit);
  }
  for (; at < marks.length; at++) {
    visit.told?.({ mark: marks[at] as Mark, epoch: null, verdict: 'out_of_epoch', previous: null });
  }
}

function readEpoch(
  meter: Meter,
  epoch: Epoch,
  marks: readonly Mark[],
  bound: Bound | null,
  limit: number,
  visit: RegisterVisitor,
): void {
  const register = registerOf(meter, epoch);
  const verdicts = judge(register, marks, bound);
  const reckoned: Register = { ...register, maxRate: null };
  let previous: Mark | null = null;
  for (const [i, mark] of marks.entries()) {
    // What was reckoned from its neighbours goes with them, at a rate that nobody measured.
    const between = mark.source === 'between';
    const verdict = between ? 'accepted' : (verdicts[i] as Verdict);
    visit.told?.({ mark, epoch, verdict, previous });
    if (!isBelieved(verdict)) continue;
    if (previous && !isBreak(verdict)) {
      const by = between || previous.source === 'between' ? reckoned : register;
      const micro = advanceMicro(by, previous.value, mark.value, mark.time - previous.time);
      if (micro !== null) {
        visit.step?.({ first: previous, last: mark, micro, kind: kindOf(previous, mark, limit), epoch });
      }
    }
    previous = mark;
  }
}

function kindOf(first: Mark, last: Mark, limit: number): StepKind {
  if (first.source === 'person' || last.source === 'person') return 'estimated';
  if (first.source === 'between' || last.source === 'between') return 'recovered';
  return last.time - first.time <= limit ? 'measured' : 'recovered';
}

function noted(time: number | null, value: number | null): Mark | null {
  return time === null || value === null ? null : { time, value, source: 'note' };
}

/**
 * The register at the instant from which the same device counts with another multiplier: as it was noted, or
 * as a steady load would have brought it from one of the believed readings beside it to the other.
 * @param own marks of the epoch before; `others`: marks that follow
 */
function goingOn(
  meter: Meter,
  before: Epoch,
  after: Epoch,
  own: readonly Mark[],
  others: readonly Mark[],
  bound: Bound | null,
): Mark | null {
  const { from, to } = after;
  if (!after.continues || from === null) return null;
  const written = noted(from, before.final ?? after.initial);
  if (written) return written;
  // One register goes on, so that its readings on both sides are judged together, by the multiplier before.
  const near = [
    ...own.filter((m) => m.source !== 'note' && m.source !== 'between').slice(-NEIGHBOURS),
    ...others.filter((m) => to === null || m.time < to),
  ];
  const register = registerOf(meter, { ...before, maxRate: laxer(before, after) });
  const verdicts = judge(register, near, bound && laxerBound(bound, before, after));
  let last: Mark | null = null;
  for (const [i, mark] of near.entries()) {
    const verdict = verdicts[i] as Verdict;
    if (!isBelieved(verdict)) continue;
    if (mark.time < from) {
      last = mark;
      continue;
    }
    if (mark.time === from) return { ...mark, source: 'note' };
    if (!last || isBreak(verdict)) return null;
    const turn = mark.value < last.value ? (before.rolloverAt ?? Number.NaN) : 0;
    // At a load that stays the same a register goes the slower, the more each of its steps is worth.
    const first = (from - last.time) / before.multiplier;
    const share = first / (first + (mark.time - from) / after.multiplier);
    const value = last.value + (mark.value + turn - last.value) * share;
    if (Number.isNaN(value)) return null;
    return { time: from, value: turn > 0 && value >= turn ? value - turn : value, source: 'between' };
  }
  return null;
}

/** A ceiling, by the multiplier before, for a register that goes on with another one. */
export function laxer(before: Epoch, after: Epoch): number | null {
  if (before.maxRate === null || after.maxRate === null) return null;
  return Math.max(before.maxRate, (after.maxRate * before.multiplier) / after.multiplier);
}

export function laxerBound(bound: Bound, before: Epoch, after: Epoch): Bound {
  return { ...bound, rate: bound.rate * Math.max(1, before.multiplier / after.multiplier) };
}

/**
 * The readings of the device, and those that a person took where the device was silent. Between two readings
 * of the device that are no gap apart a person's adds nothing.
 */
function withStatements(meter: Meter, points: readonly Point[], since: number): readonly Mark[] {
  const marks: readonly Mark[] = points;
  if (meter.manual.length === 0) return marks;
  const limit = gapLimitMs(meter);
  const out: Mark[] = [];
  let m = 0;
  for (let i = 0; i <= marks.length; i++) {
    const before = marks[i - 1];
    const after = marks[i];
    for (; m < meter.manual.length; m++) {
      const statement = meter.manual[m] as ManualReading;
      if (after && statement.time >= after.time) {
        if (statement.time > after.time) break;
        continue;
      }
      if (before && after && after.time - before.time <= limit) continue;
      if (statement.time < since) continue;
      out.push({ time: statement.time, value: statement.value, source: 'person', statement });
    }
    if (after) out.push(after);
  }
  return out;
}
