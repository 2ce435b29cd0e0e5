import type { Epoch } from './meter.ts';
import { DAY_MS, HOUR_MS } from './time.ts';

/** Quantities are whole millionths of a meter's unit ("micro"), so that sums are exact in any order. */
export const MICRO = 1_000_000;

/**
 * No single reading moves a meter by more than this, 9 × 10⁹ units: beyond it numbers are no longer whole,
 * and what a device shows there is noise.
 */
export const PLAUSIBLE_MICRO = Number.MAX_SAFE_INTEGER;

/**
 * A sum of noise can pass what whole numbers hold; one broken meter must not stop all others, so it stays at
 * the end of the scale, 9 × 10⁹ units.
 */
export function whole(sum: number): number {
  return Math.max(-PLAUSIBLE_MICRO, Math.min(PLAUSIBLE_MICRO, sum));
}

export function toMicro(quantity: number): number {
  return Math.round(quantity * MICRO);
}

/** What it takes to read an advance off a register. */
export interface Register extends Pick<Epoch, 'multiplier' | 'rolloverAt' | 'maxRate'> {
  /** It starts again at 0 when its power returns. */
  volatile?: boolean;
}

/** How near to its end a register must have been, and how near to 0 it must be, for a return through it. */
const ROLLOVER_EDGE = 0.1;

/**
 * The advance from one register value to a later one of the same device, in micro; a return through
 * `rolloverAt` is an advance, a step back is none, a step beyond `maxRate` or all plausibility is none. A
 * volatile counter that shows less than before has counted at least what it shows.
 * @returns null when the two values do not show an advance
 */
export function advanceMicro(register: Register, first: number, last: number, spanMs: number): number | null {
  const m = register.multiplier;
  const end = register.rolloverAt;
  // A register cannot show its own end or more.
  if (end !== null && (first >= end || last >= end)) return null;
  let micro = toMicro(last * m) - toMicro(first * m);
  // Over days a ceiling allows so much that it tells no better than none.
  const loose = register.maxRate === null || spanMs > DAY_MS;
  if (last < first && register.volatile) {
    micro = toMicro(last * m);
  } else if (last < first) {
    if (end === null || first - last < end / 2) return null;
    // Without a ceiling only a fall from near the end to near 0 is taken for a return: any other may as well
    // be a false zero.
    if (loose && (first < end * (1 - ROLLOVER_EDGE) || last > end * ROLLOVER_EDGE)) return null;
    micro += toMicro(end * m);
    if (micro < 0) return null;
  } else if (end !== null && loose && last - first > end / 2) {
    // More than half a turn is rather the way back from a false return.
    return null;
  }
  // Also false where two values beyond all numbers leave no difference.
  if (!(micro <= PLAUSIBLE_MICRO)) return null;
  if (register.maxRate === null) return micro;
  // A register moves in steps of its resolution, so a rate means little over less than a minute.
  const most = register.maxRate * MICRO * (Math.max(spanMs, 60_000) / HOUR_MS) + 1;
  return micro > most && micro > most + stepMicro(register, first, last) ? null : micro;
}

/**
 * What one step of a register's resolution is worth, in micro: it shows that much more than was used, at most.
 * The resolution is the last decimal place that the values show.
 */
export function stepMicro({ multiplier }: Register, first: number, last: number): number {
  return toMicro(Math.abs(multiplier) * resolutionOf(first, last));
}

function resolutionOf(first: number, last: number): number {
  let resolution = 1;
  for (let places = 0; places < 6; places++) {
    if (isWhole(first / resolution) && isWhole(last / resolution)) return resolution;
    resolution /= 10;
  }
  return resolution;
}

function isWhole(n: number): boolean {
  return Math.abs(n - Math.round(n)) < 1e-6 * Math.max(1, Math.abs(n) * 1e-6);
}
