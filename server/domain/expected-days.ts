import type { Fit } from './day-fit.ts';
import { type Day, type DayModel, type DegreeDay, degreesOf, inHeatingSeason, predict } from './day-model.ts';

/** What is to be expected of a day whose weather nobody knows yet: by the model, and as a year before. */

/** Days before and after that a day of the year's weather is the mean over. */
const WINDOW = 7;

/** By the model, with the usual weather of the days of the year. */
export function byModel(fit: Fit, history: readonly Day[], coming: readonly Day[]): number[] {
  const usual = usualDegrees(fit, history);
  return coming.map((day) => predict(fit, day, usual(day.ofYear)));
}

/**
 * As 52 weeks before, weekday for weekday, or 365 days before where that one is not known; null: neither is.
 * @param at of the day to come, in the history that it comes after
 */
export function asLastYear(history: readonly Day[], at: number): number | null {
  for (const back of [364, 365]) {
    const then = history[at - back];
    if (then?.learnable && then.quantity !== null) return then.quantity;
  }
  return null;
}

/**
 * The two together.
 * @param share of the model, 0–1; where nothing is known of a year before it is all of it
 */
export function together(model: number, lastYear: number | null, share: number): number {
  return lastYear === null ? model : share * model + (1 - share) * lastYear;
}

/** Mean degree-days of a day of the year and the week before and after it, in all past years. */
export function usualDegrees(
  { bases }: Pick<DayModel, 'bases'>,
  history: readonly Day[],
): (ofYear: number) => DegreeDay {
  const heating = new Float64Array(366);
  const cooling = new Float64Array(366);
  const counts = new Float64Array(366);
  const always = { ...bases, heatingSeason: false };
  for (const day of history) {
    if (day.temperature === null) continue;
    const at = day.ofYear;
    const degrees = degreesOf(day, always);
    heating[at] = (heating[at] as number) + degrees.heating;
    cooling[at] = (cooling[at] as number) + degrees.cooling;
    counts[at] = (counts[at] as number) + 1;
  }
  const around = (of: Float64Array, ofYear: number): number => {
    let sum = 0;
    for (let shift = -WINDOW; shift <= WINDOW; shift++) sum += of[(ofYear + shift + 366) % 366] as number;
    return sum;
  };
  return (ofYear) => {
    const n = around(counts, ofYear);
    if (n === 0) return { heating: 0, cooling: 0 };
    const heats = !bases.heatingSeason || inHeatingSeason(ofYear);
    return { heating: heats ? around(heating, ofYear) / n : 0, cooling: around(cooling, ofYear) / n };
  };
}
