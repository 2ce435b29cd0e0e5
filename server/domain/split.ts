/**
 * A quantity divided among several by weights. The parts are whole multiples of a resolution and add up to
 * the quantity exactly, by the method of largest remainders (Hamilton): each gets the whole steps of its
 * share, and the steps that are left go to those whose share was cut by most.
 */

/** A part; null where it has no weight. */
export interface Divided {
  parts: (number | null)[];
  /** What nobody has: the quantity − the sum of the parts, below a step of the resolution unless nobody has a weight. */
  remainder: number;
}

/** Steps that a quantity is counted in, at most: their sums stay whole numbers. */
const STEPS = 2 ** 52;

/**
 * @param weights null: unknown, gets no part; 0 gets 0
 * @throws RangeError where a number is below 0 or the resolution is too fine
 */
export function divide(quantity: number, weights: readonly (number | null)[], resolution: number): Divided {
  if (!(quantity >= 0) || !(resolution > 0) || weights.some((w) => w !== null && !(w >= 0))) {
    throw new RangeError('what is divided, and by what, must not be below 0');
  }
  const steps = Math.floor(toSteps(quantity, resolution));
  if (steps > STEPS) throw new RangeError(`resolution: ${resolution} is too fine for ${quantity}`);
  const sum = weights.reduce<number>((total, w) => total + (w ?? 0), 0);
  if (sum === 0) return { parts: weights.map(() => null), remainder: quantity };
  const shares = weights.map((w) => (w === null ? 0 : (steps * w) / sum));
  const whole = shares.map(Math.floor);
  const left = steps - whole.reduce((total, n) => total + n, 0);
  const order = shares
    .map((share, i) => ({ i, cut: share - (whole[i] as number) }))
    .filter(({ i }) => (weights[i] ?? 0) > 0)
    .sort((a, b) => b.cut - a.cut || a.i - b.i);
  for (let n = 0; n < left; n++) {
    const next = order[n % order.length] as { i: number };
    whole[next.i] = (whole[next.i] as number) + 1;
  }
  const parts = weights.map((w, i) => (w === null ? null : fromSteps(whole[i] as number, resolution)));
  return { parts, remainder: restOf(quantity, parts) };
}

/** What is left of a quantity after parts that somebody chose; below 0: they are more than there is. */
export function restOf(quantity: number, parts: readonly (number | null)[]): number {
  const rest = parts.reduce<number>((left, part) => left - (part ?? 0), quantity);
  // The last digits are the noise of adding.
  return Math.abs(rest) < Math.abs(quantity) * 1e-12 ? 0 : rest;
}

/** 0.3 / 0.1 is 2.9999999999999996 of floating point and 3 steps. */
function toSteps(quantity: number, resolution: number): number {
  return Number((quantity / resolution).toPrecision(15));
}

/** Multiplied with a resolution such as 0.01 a number of steps gets digits that mean nothing. */
function fromSteps(steps: number, resolution: number): number {
  const per = Math.round(1 / resolution);
  return resolution < 1 && Math.abs(per * resolution - 1) < 1e-9 ? steps / per : steps * resolution;
}
