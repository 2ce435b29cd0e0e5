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
 */
export function verdictOf(
  budget: number | null,
  actual: number | null,
  forecast: { total: number; low: number | null; high: number | null } | null,
  completeness = 1,
): TargetVerdict {
  if (budget === null) return 'unknown';
  if (actual !== null && actual > budget) return 'passed';
  if (!forecast) return 'unknown';
  if (forecast.low !== null && forecast.low > budget) return 'off_track';
  if (completeness < ENOUGH_TO_JUDGE) return 'unknown';
  if (forecast.total <= budget) {
    return forecast.high !== null && forecast.high <= budget ? 'on_track' : 'likely';
  }
  return 'unlikely';
}
