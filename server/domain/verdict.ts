/**
 * What is to be said of a target in the year that runs. passed: more was used already than the year may come
 * to. on_track: even the upper end of the forecast keeps it. likely, unlikely: the forecast is below or above
 * it, within its error. off_track: even the lower end is above. unknown: there is nothing to judge by.
 */
export const TARGET_VERDICTS = ['on_track', 'likely', 'unlikely', 'off_track', 'passed', 'unknown'] as const;
export type TargetVerdict = (typeof TARGET_VERDICTS)[number];

/** @param forecast of the year's end; low and high are null where its error is not known */
export function verdictOf(
  budget: number | null,
  actual: number | null,
  forecast: { total: number; low: number | null; high: number | null } | null,
): TargetVerdict {
  if (budget === null) return 'unknown';
  if (actual !== null && actual > budget) return 'passed';
  if (!forecast) return 'unknown';
  if (forecast.total <= budget) {
    return forecast.high !== null && forecast.high <= budget ? 'on_track' : 'likely';
  }
  return forecast.low !== null && forecast.low > budget ? 'off_track' : 'unlikely';
}
