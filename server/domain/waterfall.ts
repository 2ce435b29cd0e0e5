/** Why a period differs from the same one a year before, in parts that add up exactly. */

/**
 * weather: heating and cooling degree-days. working_days: days off and working days. completeness: meters that
 * are known in only one of the two. denominator: people or area, of indicators that are per person or m².
 * rest: what none of these tells, the change of behaviour and equipment among it.
 */
export const WATERFALL_CAUSES = ['weather', 'working_days', 'completeness', 'denominator', 'rest'] as const;
export type WaterfallCause = (typeof WATERFALL_CAUSES)[number];

/** Quantities, this year − last year; null: cannot be told. */
export interface Causes {
  weather: number | null;
  workingDays: number | null;
  completeness: number;
}

export interface Year {
  quantity: number;
  /** 1 for an amount. */
  denominator: number;
}

/** Parts are whole millionths, so that they add up to the last digit. */
const MILLION = 1e6;

/**
 * With q the quantity and d the denominator: q₁/d₁ − q₀/d₀ = (q₀/d₁ − q₀/d₀) + (q₁ − q₀)/d₁. The first is what
 * people or area make, the second is divided by its causes.
 */
export function waterfall(
  last: Year,
  now: Year,
  causes: Causes,
): { last: number; now: number; difference: number; parts: Record<WaterfallCause, number | null> } {
  const micro = (n: number): number => Math.round(n * MILLION);
  const before = micro(last.quantity / last.denominator);
  const after = micro(now.quantity / now.denominator);
  const part = (quantity: number | null): number | null =>
    quantity === null ? null : micro(quantity / now.denominator);
  const parts = {
    weather: part(causes.weather),
    working_days: part(causes.workingDays),
    completeness: part(causes.completeness),
    denominator: micro(last.quantity / now.denominator) - before,
  };
  const told = Object.values(parts).reduce<number>((sum, p) => sum + (p ?? 0), 0);
  const difference = after - before;
  const shown = (n: number | null): number | null => (n === null ? null : n / MILLION);
  return {
    last: before / MILLION,
    now: after / MILLION,
    difference: difference / MILLION,
    parts: {
      weather: shown(parts.weather),
      working_days: shown(parts.working_days),
      completeness: shown(parts.completeness),
      denominator: shown(parts.denominator),
      rest: (difference - told) / MILLION,
    },
  };
}
