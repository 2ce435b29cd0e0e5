import type { Register } from './advance.ts';
import type { Bound } from './bound.ts';
import { Evidence, type Registered } from './evidence.ts';
import { DAY_MS } from './time.ts';

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

/** What an undeclared exchange costs, in readings set aside. */
export const BREAK_COST = 4;
/** Readings that can be set aside together; a zero that stands still counts as one. */
export const LOOK_BACK = 16;
/** What it costs when a register advances by much more than is usual around it, where no ceiling is known. */
const ODD_COST = 3;
/** What setting aside a standing zero costs, however long it stands. */
const ZERO_COST = 2;
/** After so long a zero is what the register shows, whatever it showed before. */
export const STANDING_MS = 31 * DAY_MS;
/**
 * Readings on each side of a stretch that must be judged together with it, so that the answer inside does not
 * depend on where the stretch was cut. More than any explanation sets aside at once.
 */
export const JUDGEMENT_MARGIN = 2 * LOOK_BACK;

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
  readonly #points: readonly Registered[];
  readonly #evidence: Evidence;

  constructor(register: Register, points: readonly Registered[], bound: Bound | null) {
    this.#points = points;
    this.#evidence = new Evidence(register, points, bound);
  }

  verdicts(): Verdict[] {
    const points = this.#points;
    const out = new Array<Verdict>(points.length).fill('accepted');
    /** Where the last contradiction was: what comes after it agrees. */
    let last = 0;
    for (let i = 1; i < points.length; i++) {
      if (this.#evidence.plain(i)) continue;
      // Only the neighbourhood of a contradiction is weighed; up to it and after it all is plain.
      let from = this.#plainBefore(i, last);
      while (from < i && !isBelieved(out[from] as Verdict)) from++;
      let to = i;
      last = i;
      for (let run = 0; to < points.length - 1 && run < JUDGEMENT_MARGIN; to++) {
        if (!this.#evidence.plain(to + 1)) {
          run = 0;
          last = to + 1;
        } else if (!this.#evidence.stands(to + 1)) {
          run++;
        }
      }
      this.#weigh(from, to, out);
      i = to;
    }
    return out;
  }

  /** The reading that lies as many before another as are judged with it, but not before `first`. */
  #plainBefore(index: number, first: number): number {
    let at = index;
    for (let run = 0; at > first && run < JUDGEMENT_MARGIN; at--) if (!this.#evidence.stands(at)) run++;
    return at;
  }

  /** Chooses the cheapest explanation of the readings from..to, both included, and writes its verdicts. */
  #weigh(from: number, to: number, out: Verdict[]): void {
    const steps = stepsOf(this.#points, from, to);
    const odd = this.#evidence.oddRate(from, to);
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
    if (!this.#evidence.follows(i, k)) return [BREAK_COST, 0];
    const micro = this.#evidence.micro(i, k) ?? 0;
    // The longer what is set aside, the more a ceiling allows: with it alone any fall could be a return to 0.
    const leaps = this.#evidence.value(k) < this.#evidence.value(i) && !this.#onlyZeros(i + 1, k);
    return [leaps || this.#evidence.isOdd(i, k, odd) ? ODD_COST : 0, micro];
  }

  #onlyZeros(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.#evidence.value(i) !== 0) return false;
    return true;
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
        } else if (i === first && believed !== null && !this.#evidence.follows(believed, i)) {
          out[i] = point.value < this.#evidence.value(believed) ? 'suspected_exchange' : 'beyond_ceiling';
        } else {
          out[i] = believed === null && isBreak(out[i] as Verdict) ? (out[i] as Verdict) : 'accepted';
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
