import { advanceMicro, MICRO, type Register, stepMicro } from './advance.ts';
import { type Bound, exceeds } from './bound.ts';
import { HOUR_MS } from './time.ts';

export interface Registered {
  time: number;
  value: number;
}

/** Where no ceiling is known, an advance at so many times the usual rate around it is odd. */
const ODD_FACTOR = 1000;
/** So much earlier does one through the end of the register, and a rise from 0. */
const RETURN_SHARE = 10;
const FROM_ZERO_SHARE = 3;
/** So many steps of its resolution a register may go at once, whatever is usual. */
const FEW_STEPS = 10;
/** From fewer nobody knows what is usual. */
const LEAST_RATES = 4;

/** Neighbouring steps on each side that can speak for one beyond a learned ceiling, and how many must. */
const WITNESSES_WITHIN = 4;
const WITNESSES = 2;
/** How many times faster than them it may be. */
const WITNESS_SHARE = 10;
/** Rates over less say little. */
const LEAST_SPAN_MS = 60_000;

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

/** What the readings of one register say about each other. */
export class Evidence {
  readonly #register: Register;
  readonly #points: readonly Registered[];
  readonly #bound: Bound | null;

  constructor(register: Register, points: readonly Registered[], bound: Bound | null) {
    this.#register = register;
    this.#points = points;
    // What a person wrote down is better than what was learned.
    this.#bound = register.maxRate === null ? bound : null;
  }

  /** Whether a reading goes on from the one before it, and does not have to be looked at more closely. */
  plain(i: number): boolean {
    return (
      this.follows(i - 1, i) && !isDoubtful(this.#register, this.#bound, this.point(i - 1), this.point(i))
    );
  }

  /** A zero that stands says nothing about the register: what is before and after it does. */
  stands(i: number): boolean {
    return this.value(i - 1) === 0 && this.value(i) === 0;
  }

  point(index: number): Registered {
    return this.#points[index] as Registered;
  }

  value(index: number): number {
    return (this.#points[index] as Registered).value;
  }

  /** Whether one reading can follow another: up to its ceiling, or to what was learned unless that lasts. */
  follows(i: number, k: number): boolean {
    const micro = this.micro(i, k);
    const bound = this.#bound;
    if (micro === null || !bound) return micro !== null;
    return !exceeds(bound, this.#register, this.point(i), this.point(k), micro) || this.#lasts(i, k, bound);
  }

  /** What the register advanced from one reading to a later one; null where it did not. */
  micro(i: number, k: number): number | null {
    const [a, b] = [this.point(i), this.point(k)];
    return advanceMicro(this.#register, a.value, b.value, b.time - a.time);
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
      // Those that belong to the same way up; a bad reading is followed by a step up as well, and a return from it
      // could be one through the end of the register.
      const goesOn = at > k ? this.value(at - 1) >= this.value(k) : this.value(at) <= this.value(i);
      if (!goesOn || this.value(at) < this.value(at - 1)) continue;
      const beside = this.#rate(at - 1, at, bound.floorMs);
      if (beside > bound.rate && beside >= least && ++witnesses >= WITNESSES) return true;
    }
    return false;
  }

  /** Quantity per hour from one reading to a later one; −1 where the register does not advance. */
  #rate(i: number, k: number, floorMs: number): number {
    const [a, b] = [this.point(i), this.point(k)];
    const micro = this.micro(i, k);
    return micro === null ? -1 : (micro / MICRO) * (HOUR_MS / Math.max(b.time - a.time, floorMs));
  }

  /**
   * The rate beyond which an advance among the readings from..to is odd. Where too little tells what is usual,
   * none is, unless they contradict each other.
   */
  oddRate(from: number, to: number): number {
    const rates: number[] = [];
    let contradicted = false;
    for (let i = from + 1; i <= to; i++) {
      contradicted ||= !this.follows(i - 1, i);
      // A rise from 0 is what is in doubt.
      const rate = this.value(i - 1) === 0 ? 0 : this.#rate(i - 1, i, LEAST_SPAN_MS);
      if (rate > 0) rates.push(rate);
    }
    if (rates.length < LEAST_RATES) return contradicted ? 0 : Number.POSITIVE_INFINITY;
    rates.sort((a, b) => a - b);
    return ODD_FACTOR * (rates[(rates.length - 1) >> 1] as number);
  }

  /** Whether one reading follows another, with no ceiling known, by much more than is usual around them. */
  isOdd(i: number, k: number, odd: number): boolean {
    if (this.#register.maxRate !== null || this.#bound) return false;
    const [a, b] = [this.point(i), this.point(k)];
    if ((this.micro(i, k) ?? 0) <= FEW_STEPS * stepMicro(this.#register, a.value, b.value)) return false;
    if (odd === 0) return a.value === 0;
    const share = a.value === 0 ? FROM_ZERO_SHARE : b.value < a.value ? RETURN_SHARE : 1;
    return this.#rate(i, k, LEAST_SPAN_MS) > odd / share;
  }
}
