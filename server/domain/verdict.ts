/**
 * What is to be said of a target in the year that runs. passed: more was used already than the year may come
 * to. on_track: even the upper end of the forecast keeps it. likely, unlikely: the forecast is below or above
 * it, within its error. off_track: even the lower end is above. unknown: there is nothing to judge by.
 */
export const TARGET_VERDICTS = ['on_track', 'likely', 'unlikely', 'off_track', 'passed', 'unknown'] as const;
export type TargetVerdict = (typeof TARGET_VERDICTS)[number];

/** Of a year of which less was measured, nobody can say that it is kept. */
export const ENOUGH_TO_JUDGE = 0.9;

/**
 * @param forecast of the year's end; low and high are null where its error is not known
 * @param completeness of the year so far: what is missing can only add to it, so that with too little it is
 *   certain only that a target was passed, or will be
 * @param sureBase false: the base is too low, and with it the budget, so that it is certain only that it is kept
 */
export function verdictOf(
  budget: number | null,
  actual: number | null,
  forecast: { total: number; low: number | null; high: number | null } | null,
  completeness = 1,
  sureBase = true,
): TargetVerdict {
  if (budget === null) return 'unknown';
  if (!sureBase && (actual === null || !forecast || Math.max(actual, forecast.total) > budget)) {
    return 'unknown';
  }
  if (actual !== null && actual > budget) return 'passed';
  if (!forecast) return 'unknown';
  if (forecast.low !== null && forecast.low > budget) return 'off_track';
  if (completeness < ENOUGH_TO_JUDGE) return 'unknown';
  if (forecast.total <= budget) {
    return forecast.high !== null && forecast.high <= budget ? 'on_track' : 'likely';
  }
  return 'unlikely';
}

/** Whether a year that is over reached its target; null: nobody can say, for want of a year or a base measured well. */
export function isMet(
  target: number | null,
  actual: number | null,
  completeness: number,
  sureBase: boolean,
): boolean | null {
  if (target === null || actual === null) return null;
  const sure = actual <= target ? completeness >= ENOUGH_TO_JUDGE : sureBase;
  return sure ? actual <= target : null;
}
