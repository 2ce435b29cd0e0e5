import { advanceMicro, MICRO, type Register } from './advance.ts';
import type { Registered } from './evidence.ts';
import { isBelieved, isBreak, judge, type Verdict } from './judgement.ts';
import type { LearnedCeiling } from './meter.ts';
import { DAY_MS, HOUR_MS } from './time.ts';

/**
 * Where nobody wrote down how much a meter can count per hour, its own history says what it usually does.
 * What is learned so is weaker than a ceiling that is known: it stops a step that stands alone, never a load
 * that lasts, however high (see `judgement.ts`).
 */

/** A step is suspicious at this many times the highest that is usual. */
const FACTOR = 10;
/** The highest steps that are left out: a hundredth of them, but at least so many. */
const LEFT_OUT = 5;
const LEFT_OUT_SHARE = 0.01;
/** With less nothing is learned. */
export const LEAST_STEPS = 200;
export const LEAST_SPAN_MS = 14 * DAY_MS;
/** Readings further back say little about what the meter does now. */
export const LEARN_FROM_MS = 60 * DAY_MS;
/** A register that stands still most of the time says nothing about how fast it can go. */
const LEAST_MOVING_SHARE = 0.1;
/** A ceiling is learned again only when it rises by more than this. */
const RISE = 1.2;

/**
 * Learns a ceiling from readings of one register in order of time: ten times the highest hourly rate, after
 * the highest hundredth of the steps is left out.
 * @param floorMs as in `Bound`
 * @param known what was learned before; it never falls
 * @returns null when there is too little to learn from, or nothing new
 */
export function learnCeiling(
  register: Register,
  points: readonly Registered[],
  floorMs: number,
  known: LearnedCeiling | null,
  now: number,
): LearnedCeiling | null {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last || last.time - first.time < LEAST_SPAN_MS) return null;
  const rates = ratesOf(register, points, floorMs);
  if (rates.length < LEAST_STEPS) return null;
  if (rates.filter((r) => r > 0).length < rates.length * LEAST_MOVING_SHARE) return null;
  rates.sort((a, b) => a - b);
  const out = Math.max(LEFT_OUT, Math.ceil(rates.length * LEFT_OUT_SHARE));
  const usual = rates[rates.length - 1 - out] as number;
  if (usual <= 0) return null;
  // Six digits are more than such a figure deserves, and it is shown to people.
  const rate = Number((usual * FACTOR).toPrecision(6));
  if (known && rate <= known.rate * RISE) return null;
  return { rate, learnedAt: now, from: first.time, to: last.time, steps: rates.length };
}

/** Hourly rates between readings that are believed: what goes wrong with a meter is not what it usually does. */
function ratesOf(register: Register, points: readonly Registered[], floorMs: number): number[] {
  const verdicts = judge(register, points);
  const rates: number[] = [];
  let a: Registered | null = null;
  for (const [i, b] of points.entries()) {
    const verdict = verdicts[i] as Verdict;
    if (!isBelieved(verdict)) continue;
    if (a && !isBreak(verdict)) {
      const micro = advanceMicro(register, a.value, b.value, b.time - a.time);
      if (micro !== null) rates.push((micro / MICRO) * (HOUR_MS / Math.max(b.time - a.time, floorMs)));
    }
    a = b;
  }
  return rates;
}
