import { followsPlainly } from './evidence.ts';
import { JUDGEMENT_MARGIN, LOOK_BACK, STANDING_MS } from './judgement.ts';
import { epochAt, type Meter } from './meter.ts';
import { boundOf, laxer, laxerBound, type Point, registerOf } from './register.ts';

/** How far readings that contradict each other reach: where enough of them agree, judgement starts afresh. */

/** Readings in a row that agree with each other, after which those before have no part in what comes. */
export const SETTLED_AFTER = JUDGEMENT_MARGIN + LOOK_BACK;
/** Readings looked at for them; a meter that contradicts itself for longer is broken. */
export const MOST_CONTRADICTED = 2048;

/** Whether the second reading goes on plainly from the first, or belongs to another device. */
export function agree(meter: Meter, a: Point, b: Point): boolean {
  const before = epochAt(meter, a.time);
  const after = epochAt(meter, b.time);
  if (!before || !after) return true;
  let { maxRate } = before;
  let bound = boundOf(meter);
  if (before !== after) {
    for (const epoch of meter.epochs.slice(
      meter.epochs.indexOf(before) + 1,
      meter.epochs.indexOf(after) + 1,
    )) {
      if (!epoch.continues) return true;
      maxRate = laxer({ ...before, maxRate }, epoch);
      bound &&= laxerBound(bound, before, epoch);
    }
  }
  const register = registerOf(meter, { ...before, maxRate });
  return followsPlainly(register, maxRate === null ? bound : null, a, b);
}

/** Whether a zero stands from the first reading to the second: that says nothing of the register. */
export function stands(a: Point, b: Point): boolean {
  return a.value === 0 && b.value === 0;
}

/**
 * The index up to which readings matter for how the one at an index is judged.
 * @param step −1: those before it; 1: those after it
 * @returns null when the points do not reach far enough to tell
 */
export function settledAt(
  meter: Meter,
  points: readonly Point[],
  index: number,
  step: 1 | -1,
): number | null {
  let run = 0;
  let looked = 0;
  let zero: number | null = null;
  for (let i = index; ; i += step) {
    const a = points[step < 0 ? i - 1 : i];
    const b = points[step < 0 ? i : i + 1];
    if (!a || !b) return null;
    if (!agree(meter, a, b)) run = 0;
    else if (!stands(a, b)) run++;
    if (!stands(a, b)) looked++;
    if (run === SETTLED_AFTER || looked === MOST_CONTRADICTED) return i + step;
    if (a.value !== 0 || b.value !== 0) zero = null;
    else if (zero === null) zero = step < 0 ? b.time : a.time;
    else if (Math.abs((step < 0 ? a.time : b.time) - zero) > STANDING_MS) return i + step;
  }
}
