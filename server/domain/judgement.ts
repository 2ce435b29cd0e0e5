import { advanceMicro, MICRO, type Register, stepMicro } from './advance.ts';
import { type Bound, exceeds } from './bound.ts';
import { DAY_MS, HOUR_MS } from './time.ts';

/**
 * Which readings of a counting register to believe. A single look at two neighbours cannot tell a false zero
 * from an exchanged meter; what comes after can. So the readings are taken together, and the explanation that
 * needs the fewest accidents is chosen: a reading that is set aside costs one, a break of the register (an
 * exchange nobody wrote down) costs as much as several.
 *
 * It is a function of the readings alone, so it revises itself when later ones arrive, and gives the same
 * answer whenever it is asked again.
 */

export const VERDICTS = [
  'accepted',
  'false_zero',
  'spike',
  'step_back',
  'beyond_ceiling',
  'suspected_exchange',
  'out_of_epoch',
] as const;
/**
 * accepted: continues the register. false_zero, spike, step_back: set aside, its neighbours agree without it.
 * beyond_ceiling, suspected_exchange: believed, but the register did not come here from the one before, by a
 * step up that no load can make, or by a fall: nothing is counted across. out_of_epoch: no device was there.
 */
export type Verdict = (typeof VERDICTS)[number];

export interface Registered {
  time: number;
  value: number;
}

/** What an undeclared exchange costs, in readings set aside. */
export const BREAK_COST = 4;
/** Readings that can be set aside together; a zero that stands still counts as one. */
export const LOOK_BACK = 16;
/** What setting aside a standing zero costs, however long it stands. */
const ZERO_COST = 2;
/** After so long a zero is what the register shows, whatever it showed before. */
export const STANDING_MS = 31 * DAY_MS;
/** Where no ceiling is known, an advance at so many times the usual rate around it costs nearly a break. */
const ODD_FACTOR = 1000;
/** So much earlier does one through the end of the register, and a rise from 0. */
const RETURN_SHARE = 10;
const FROM_ZERO_SHARE = 3;
const ODD_COST = 3;
/** So many steps of its resolution a register may go at once, whatever is usual. */
const FEW_STEPS = 10;
/** From fewer nobody knows what is usual. */
const LEAST_RATES = 4;
/**
 * Readings on each side of a stretch that must be judged together with it, so that the answer inside does not
 * depend on where the stretch was cut. More than any explanation sets aside at once.
 */
export const JUDGEMENT_MARGIN = 2 * LOOK_BACK;

/** Neighbouring steps on each side that can speak for one beyond a learned ceiling, and how many must. */
const WITNESSES_WITHIN = 4;
const WITNESSES = 2;
/** How many times faster than them it may be. */
const WITNESS_SHARE = 10;
/** Rates over less say little. */
const LEAST_SPAN_MS = 60_000;

/** Whether the second reading can follow the first on the same register. */
export function follows(register: Register, a: Registered, b: Registered): boolean {
  return advanceMicro(register, a.value, b.value, b.time - a.time) !== null;
}

/** Whether the second reading follows the first by no more than is usual for the meter. */
export function followsPlainly(
  register: Register,
  bound: Bound | null,
  a: Registered,
  b: Registered,
): boolean {
  const micro = advanceMicro(register, a.value, b.value, b.time - a.time);
  if (micro === null || (bound && exceeds(bound, register, a, b, micro))) return false;
  return !isDoubtful(register, bound, a, b);
}

/**
 * A gateway that does not reach its meter shows 0. Where no ceiling says how far a register can go, a first
 * rise from there is looked at more closely, and a return to there as well.
 */
function isDoubtful(register: Register, bound: Bound | null, a: Registered, b: Registered): boolean {
  if (register.maxRate !== null || bound !== null) return false;
  return b.value < a.value || (a.value === 0 && b.value > 0);
}

/**
 * Judges readings of one register in order of time.
 * @param bound a learned ceiling. A step beyond it is a contradiction only while it stands alone: where two
 *   of the steps beside it go beyond it as well, the load is what has changed
 * @returns a verdict for each reading
 */
export function judge(
  register: Register,
  points: readonly Registered[],
  bound: Bound | null = null,
): Verdict[] {
  return new Judge(register, points, bound).verdicts();
}

/** A reading, or a zero that stands still, as one step of the search. */
interface Step {
  first: number;
  last: number;
  /** What it costs to set it aside. */
  cost: number;
}

class Judge {
  readonly #register: Register;
  readonly #points: readonly Registered[];
  readonly #bound: Bound | null;

  constructor(register: Register, points: readonly Registered[], bound: Bound | null) {
    this.#register = register;
    this.#points = points;
    // What a person wrote down is better than what was learned.
    this.#bound = register.maxRate === null ? bound : null;
  }

  verdicts(): Verdict[] {
    const points = this.#points;
    const out = new Array<Verdict>(points.length).fill('accepted');
    /** Where the last contradiction was: what comes after it agrees. */
    let last = 0;
    for (let i = 1; i < points.length; i++) {
      if (this.#plain(i)) continue;
      // Only the neighbourhood of a contradiction is weighed; up to it and after it all is plain.
      let from = this.#plainBefore(i, last);
      while (from < i && !isBelieved(out[from] as Verdict)) from++;
      let to = i;
      last = i;
      for (let run = 0; to < points.length - 1 && run < JUDGEMENT_MARGIN; to++) {
        if (!this.#plain(to + 1)) {
          run = 0;
          last = to + 1;
        } else if (!this.#stands(to + 1)) {
          run++;
        }
      }
      this.#weigh(from, to, out);
      i = to;
    }
    return out;
  }

  /** Whether a reading goes on from the one before it, and does not have to be looked at more closely. */
  #plain(i: number): boolean {
    return (
      this.#follows(i - 1, i) && !isDoubtful(this.#register, this.#bound, this.#point(i - 1), this.#point(i))
    );
  }

  /** The reading that lies as many before another as are judged with it, but not before `first`. */
  #plainBefore(index: number, first: number): number {
    let at = index;
    for (let run = 0; at > first && run < JUDGEMENT_MARGIN; at--) if (!this.#stands(at)) run++;
    return at;
  }

  /** A zero that stands says nothing about the register: what is before and after it does. */
  #stands(i: number): boolean {
    return this.#value(i - 1) === 0 && this.#value(i) === 0;
  }

  #point(index: number): Registered {
    return this.#points[index] as Registered;
  }

  #value(index: number): number {
    return (this.#points[index] as Registered).value;
  }

  #follows(i: number, k: number): boolean {
    const a = this.#points[i] as Registered;
    const b = this.#points[k] as Registered;
    const micro = advanceMicro(this.#register, a.value, b.value, b.time - a.time);
    if (micro === null) return false;
    const bound = this.#bound;
    return !bound || !exceeds(bound, this.#register, a, b, micro) || this.#lasts(i, k, bound);
  }

  /**
   * Whether steps beside the one from i to k go beyond the learned ceiling as well, and not much less far: a
   * device that from now on shows Wh for kWh advances fast too, but its first step is another still.
   */
  #lasts(i: number, k: number, bound: Bound): boolean {
    const rate = this.#rate(i, k, bound.floorMs);
    const least = rate / WITNESS_SHARE;
    let witnesses = 0;
    const to = Math.min(this.#points.length - 1, k + WITNESSES_WITHIN);
    for (let at = Math.max(1, i + 1 - WITNESSES_WITHIN); at <= to; at++) {
      if (at > i && at <= k) continue;
      // Those that belong to the same way up; a bad reading is followed by a step up as well.
      const goesOn = at > k ? this.#value(at - 1) >= this.#value(k) : this.#value(at) <= this.#value(i);
      if (!goesOn) continue;
      const beside = this.#rate(at - 1, at, bound.floorMs);
      if (beside > bound.rate && beside >= least && ++witnesses >= WITNESSES) return true;
    }
    return false;
  }

  /** Quantity per hour from one reading to a later one; −1 where the register does not advance. */
  #rate(i: number, k: number, floorMs: number): number {
    const [a, b] = [this.#point(i), this.#point(k)];
    const micro = advanceMicro(this.#register, a.value, b.value, b.time - a.time);
    return micro === null ? -1 : (micro / MICRO) * (HOUR_MS / Math.max(b.time - a.time, floorMs));
  }

  /**
   * The rate beyond which an advance among the readings from..to is odd. Where too little tells what is usual,
   * none is, unless they contradict each other.
   */
  #oddRate(from: number, to: number): number {
    const rates: number[] = [];
    let contradicted = false;
    for (let i = from + 1; i <= to; i++) {
      contradicted ||= !this.#follows(i - 1, i);
      // A rise from 0 is what is in doubt.
      const rate = this.#value(i - 1) === 0 ? 0 : this.#rate(i - 1, i, LEAST_SPAN_MS);
      if (rate > 0) rates.push(rate);
    }
    if (rates.length < LEAST_RATES) return contradicted ? 0 : Number.POSITIVE_INFINITY;
    rates.sort((a, b) => a - b);
    return ODD_FACTOR * (rates[(rates.length - 1) >> 1] as number);
  }

  /** Chooses the cheapest explanation of the readings from..to, both included, and writes its verdicts. */
  #weigh(from: number, to: number, out: Verdict[]): void {
    const steps = stepsOf(this.#points, from, to);
    const odd = this.#oddRate(from, to);
    const best = new Array<number>(steps.length).fill(Number.POSITIVE_INFINITY);
    /** What the explanation counts, micro. */
    const counts = new Array<number>(steps.length).fill(0);
    const came = new Array<number>(steps.length).fill(-1);
    for (let k = 0; k < steps.length; k++) {
      // Everything before may be set aside, if this is where the believable part begins.
      best[k] = k <= LOOK_BACK ? aside(steps, 0, k) : Number.POSITIVE_INFINITY;
      for (let i = Math.max(0, k - LOOK_BACK - 1); i < k; i++) {
        const [price, micro] = this.#passage((steps[i] as Step).last, (steps[k] as Step).first, odd);
        const cost = (best[i] as number) + aside(steps, i + 1, k) + price;
        const count = (counts[i] as number) + micro;
        // Of two explanations of the same price the one that counts less, then the one that believes more.
        if (cost > (best[k] as number)) continue;
        if (cost === best[k] && came[k] !== -1 && count > (counts[k] as number)) continue;
        best[k] = cost;
        counts[k] = count;
        came[k] = i;
      }
    }
    let end = steps.length - 1;
    let least = Number.POSITIVE_INFINITY;
    for (let k = steps.length - 1; k >= Math.max(0, steps.length - 1 - LOOK_BACK); k--) {
      const cost = (best[k] as number) + aside(steps, k + 1, steps.length);
      if (cost < least || (cost === least && (counts[k] as number) < (counts[end] as number))) {
        least = cost;
        end = k;
      }
    }
    const kept = new Set<number>();
    for (let k = end; k >= 0; k = came[k] as number) kept.add(k);
    this.#write(steps, kept, out);
  }

  /** What it costs to believe one reading after another, and what is counted between them. */
  #passage(i: number, k: number, odd: number): [cost: number, micro: number] {
    if (!this.#follows(i, k)) return [BREAK_COST, 0];
    const [a, b] = [this.#point(i), this.#point(k)];
    const micro = advanceMicro(this.#register, a.value, b.value, b.time - a.time) ?? 0;
    // The longer what is set aside, the more a ceiling allows: with it alone any fall could be a return to 0.
    const leaps = b.value < a.value && !this.#onlyZeros(i + 1, k);
    return [leaps || this.#isOdd(i, k, micro, odd) ? ODD_COST : 0, micro];
  }

  #onlyZeros(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.#value(i) !== 0) return false;
    return true;
  }

  /** Whether one reading follows another, with no ceiling known, by much more than is usual around them. */
  #isOdd(i: number, k: number, micro: number, odd: number): boolean {
    if (this.#register.maxRate !== null || this.#bound) return false;
    const [a, b] = [this.#point(i), this.#point(k)];
    if (micro <= FEW_STEPS * stepMicro(this.#register, a.value, b.value)) return false;
    if (odd === 0) return a.value === 0;
    const share = a.value === 0 ? FROM_ZERO_SHARE : b.value < a.value ? RETURN_SHARE : 1;
    return this.#rate(i, k, LEAST_SPAN_MS) > odd / share;
  }

  #write(steps: readonly Step[], kept: ReadonlySet<number>, out: Verdict[]): void {
    const points = this.#points;
    let believed: number | null = null;
    for (let k = 0; k < steps.length; k++) {
      const { first, last } = steps[k] as Step;
      for (let i = first; i <= last; i++) {
        const point = points[i] as Registered;
        if (!kept.has(k)) {
          out[i] = setAside(point, believed === null ? next(points, steps, kept, k) : points[believed]);
        } else if (i === first && believed !== null && !this.#follows(believed, i)) {
          out[i] = point.value < this.#value(believed) ? 'suspected_exchange' : 'beyond_ceiling';
        } else {
          out[i] = 'accepted';
        }
      }
      if (kept.has(k)) believed = last;
    }
  }
}

function stepsOf(points: readonly Registered[], from: number, to: number): Step[] {
  const steps: Step[] = [];
  for (let i = from; i <= to; i++) {
    const step = steps[steps.length - 1];
    if (step && (points[i] as Registered).value === 0 && (points[step.last] as Registered).value === 0) {
      step.last = i;
      const stands = (points[i] as Registered).time - (points[step.first] as Registered).time;
      step.cost = stands > STANDING_MS ? Number.POSITIVE_INFINITY : ZERO_COST;
    } else {
      steps.push({ first: i, last: i, cost: 1 });
    }
  }
  return steps;
}

function aside(steps: readonly Step[], from: number, to: number): number {
  let cost = 0;
  for (let i = from; i < to; i++) cost += (steps[i] as Step).cost;
  return cost;
}

function next(
  points: readonly Registered[],
  steps: readonly Step[],
  kept: ReadonlySet<number>,
  k: number,
): Registered | undefined {
  for (let i = k + 1; i < steps.length; i++)
    if (kept.has(i)) return points[(steps[i] as Step).first] as Registered;
  return undefined;
}

function setAside(point: Registered, neighbour: Registered | undefined): Verdict {
  if (point.value === 0 && neighbour && neighbour.value > 0) return 'false_zero';
  return neighbour && point.value < neighbour.value ? 'step_back' : 'spike';
}

/** Whether a reading is believed: its register goes on from here, even where nothing is counted up to it. */
export function isBelieved(verdict: Verdict): boolean {
  return verdict === 'accepted' || isBreak(verdict);
}

/** Whether nothing is counted from the reading before up to this one. */
export function isBreak(verdict: Verdict): boolean {
  return verdict === 'beyond_ceiling' || verdict === 'suspected_exchange';
}
