import { advanceMicro, type Register } from './advance.ts';
import { type Bound, exceeds } from './ceiling.ts';

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
const LOOK_BACK = 16;
/** What setting aside a standing zero costs, however long it stands. */
const ZERO_COST = 2;
/**
 * Readings on each side of a stretch that must be judged together with it, so that the answer inside does not
 * depend on where the stretch was cut. More than any explanation sets aside at once.
 */
export const JUDGEMENT_MARGIN = 2 * LOOK_BACK;

/** Neighbouring steps on each side that can speak for one beyond a learned ceiling, and how many must. */
const WITNESSES_WITHIN = 4;
const WITNESSES = 2;

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
  return micro !== null && !(bound && exceeds(bound, micro, b.time - a.time));
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
    let clean = 0;
    for (let i = 1; i < points.length; i++) {
      if (this.#follows(i - 1, i)) continue;
      // Only the neighbourhood of a contradiction is weighed; up to it and after it all is plain.
      const from = Math.max(clean, i - JUDGEMENT_MARGIN);
      let to = i;
      for (let run = 0; to < points.length - 1 && run < JUDGEMENT_MARGIN; to++) {
        if (!this.#follows(to, to + 1)) run = 0;
        // A zero that stands says nothing about the register: what comes after it does.
        else if (this.#value(to) !== 0 || this.#value(to + 1) !== 0) run++;
      }
      this.#weigh(from, to, out);
      clean = to;
      i = to;
    }
    return out;
  }

  #value(index: number): number {
    return (this.#points[index] as Registered).value;
  }

  #follows(i: number, k: number): boolean {
    const a = this.#points[i] as Registered;
    const b = this.#points[k] as Registered;
    const micro = advanceMicro(this.#register, a.value, b.value, b.time - a.time);
    if (micro === null) return false;
    return !this.#bound || !exceeds(this.#bound, micro, b.time - a.time) || this.#lasts(i, k);
  }

  /** Whether steps beside the one from i to k go beyond the learned ceiling as well. */
  #lasts(i: number, k: number): boolean {
    let witnesses = 0;
    const to = Math.min(this.#points.length - 1, k + WITNESSES_WITHIN);
    for (let at = Math.max(1, i + 1 - WITNESSES_WITHIN); at <= to; at++) {
      if (at > i && at <= k) continue;
      if (this.#beyond(at) && ++witnesses >= WITNESSES) return true;
    }
    return false;
  }

  #beyond(at: number): boolean {
    const a = this.#points[at - 1] as Registered;
    const b = this.#points[at] as Registered;
    const micro = advanceMicro(this.#register, a.value, b.value, b.time - a.time);
    return micro !== null && this.#bound !== null && exceeds(this.#bound, micro, b.time - a.time);
  }

  /** Chooses the cheapest explanation of the readings from..to, both included, and writes its verdicts. */
  #weigh(from: number, to: number, out: Verdict[]): void {
    const steps = stepsOf(this.#points, from, to);
    const best = new Array<number>(steps.length).fill(Number.POSITIVE_INFINITY);
    const came = new Array<number>(steps.length).fill(-1);
    for (let k = 0; k < steps.length; k++) {
      // Everything before may be set aside, if this is where the believable part begins.
      best[k] = k <= LOOK_BACK ? aside(steps, 0, k) : Number.POSITIVE_INFINITY;
      for (let i = Math.max(0, k - LOOK_BACK - 1); i < k; i++) {
        const broken = !this.#follows((steps[i] as Step).last, (steps[k] as Step).first);
        const cost = (best[i] as number) + aside(steps, i + 1, k) + (broken ? BREAK_COST : 0);
        // Of two explanations of the same price the one that believes more.
        if (cost < (best[k] as number) || (cost === best[k] && came[k] === -1)) {
          best[k] = cost;
          came[k] = i;
        } else if (cost === best[k]) {
          came[k] = i;
        }
      }
    }
    let end = steps.length - 1;
    let least = Number.POSITIVE_INFINITY;
    for (let k = steps.length - 1; k >= Math.max(0, steps.length - 1 - LOOK_BACK); k--) {
      const cost = (best[k] as number) + aside(steps, k + 1, steps.length);
      if (cost < least) {
        least = cost;
        end = k;
      }
    }
    const kept = new Set<number>();
    for (let k = end; k >= 0; k = came[k] as number) kept.add(k);
    this.#write(steps, kept, out);
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
      step.cost = ZERO_COST;
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
