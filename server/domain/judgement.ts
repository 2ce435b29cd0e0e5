import { advanceMicro } from './advance.ts';
import type { Epoch } from './meter.ts';

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

/** Whether the second reading can follow the first on the same register. */
export function follows(epoch: Epoch, a: Registered, b: Registered): boolean {
  return advanceMicro(epoch, a.value, b.value, b.time - a.time) !== null;
}

/**
 * Judges readings of one epoch in order of time.
 * @returns a verdict for each reading
 */
export function judge(epoch: Epoch, points: readonly Registered[]): Verdict[] {
  const out = new Array<Verdict>(points.length).fill('accepted');
  let clean = 0;
  for (let i = 1; i < points.length; i++) {
    if (follows(epoch, points[i - 1] as Registered, points[i] as Registered)) continue;
    // Only the neighbourhood of a contradiction is weighed; up to it and after it all is plain.
    const from = Math.max(clean, i - JUDGEMENT_MARGIN);
    let to = i;
    for (let run = 0; to < points.length - 1 && run < JUDGEMENT_MARGIN; to++) {
      const a = points[to] as Registered;
      const b = points[to + 1] as Registered;
      if (!follows(epoch, a, b)) run = 0;
      // A zero that stands says nothing about the register: what comes after it does.
      else if (a.value !== 0 || b.value !== 0) run++;
    }
    weigh(epoch, points, from, to, out);
    clean = to;
    i = to;
  }
  return out;
}

/** A reading, or a zero that stands still, as one step of the search. */
interface Step {
  first: number;
  last: number;
  /** What it costs to set it aside. */
  cost: number;
}

/** Chooses the cheapest explanation of the readings from..to, both included, and writes its verdicts. */
function weigh(epoch: Epoch, points: readonly Registered[], from: number, to: number, out: Verdict[]): void {
  const steps = stepsOf(points, from, to);
  const best = new Array<number>(steps.length).fill(Number.POSITIVE_INFINITY);
  const came = new Array<number>(steps.length).fill(-1);
  for (let k = 0; k < steps.length; k++) {
    // Everything before may be set aside, if this is where the believable part begins.
    best[k] = k <= LOOK_BACK ? aside(steps, 0, k) : Number.POSITIVE_INFINITY;
    for (let i = Math.max(0, k - LOOK_BACK - 1); i < k; i++) {
      const a = points[(steps[i] as Step).last] as Registered;
      const b = points[(steps[k] as Step).first] as Registered;
      const cost = (best[i] as number) + aside(steps, i + 1, k) + (follows(epoch, a, b) ? 0 : BREAK_COST);
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
  let believed: Registered | null = null;
  for (let k = 0; k < steps.length; k++) {
    const { first, last } = steps[k] as Step;
    for (let i = first; i <= last; i++) {
      const point = points[i] as Registered;
      if (!kept.has(k)) out[i] = setAside(point, believed ?? next(points, steps, kept, k));
      else if (i === first && believed && !follows(epoch, believed, point)) out[i] = 'break';
      else out[i] = 'accepted';
    }
    if (kept.has(k)) believed = points[last] as Registered;
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
): Registered | null {
  for (let i = k + 1; i < steps.length; i++)
    if (kept.has(i)) return points[(steps[i] as Step).first] as Registered;
  return null;
}

function setAside(point: Registered, neighbour: Registered | null): Verdict {
  if (point.value === 0 && neighbour !== null && neighbour.value > 0) return 'false_zero';
  return neighbour !== null && point.value < neighbour.value ? 'step_back' : 'spike';
}
