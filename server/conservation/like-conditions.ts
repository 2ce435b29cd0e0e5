import { type Day, type DayModel, dayKindOf, degreesOf, weatherOf } from '../domain/day-model.ts';

/** ASHRAE Guideline 14: a monthly model holds where its CV(RMSE) is at most 15 % and its bias at most 5 %. */
const CV_MONTH = 0.15;
const BIAS = 0.05;
/** Share of the days of a span that must have a temperature. */
const TEMPERATURES = 0.9;

export function holds(model: DayModel): boolean {
  return model.cvMonth <= CV_MONTH && Math.abs(model.bias) <= BIAS;
}

/** What weather and the kinds of days add to a span by the model; weather null: not measured throughout. */
export interface Conditions {
  weather: number | null;
  workingDays: number;
}

export function conditionsOf(model: DayModel, days: readonly Day[]): Conditions {
  let weather = 0;
  let workingDays = 0;
  let measured = 0;
  for (const day of days) {
    workingDays += dayKindOf(model, day);
    if (day.temperature === null) continue;
    measured++;
    weather += weatherOf(model, day, degreesOf(day, model.bases));
  }
  const told = model.bases.heating !== null || model.bases.cooling !== null;
  const known = told && days.length > 0 && measured >= TEMPERATURES * days.length;
  // Days without a temperature are held to be like the others.
  return { weather: known ? (weather * days.length) / measured : null, workingDays };
}

/** The conditions of a span less those of other spans on average; null: no other span is known. */
export function unlike(
  model: DayModel,
  days: readonly Day[],
  others: readonly (readonly Day[])[],
): Conditions | null {
  const like = others.filter((o) => o.length > 0).map((o) => conditionsOf(model, o));
  if (like.length === 0) return null;
  const here = conditionsOf(model, days);
  const mean = (of: (c: Conditions) => number): number =>
    like.reduce((sum, c) => sum + of(c), 0) / like.length;
  const weather =
    here.weather === null || like.some((c) => c.weather === null)
      ? null
      : here.weather - mean((c) => c.weather ?? 0);
  return { weather, workingDays: here.workingDays - mean((c) => c.workingDays) };
}

/** The days of a history from one index to before another; empty where it does not hold all of them. */
export function daysBetween(history: readonly Day[], from: number, to: number): readonly Day[] {
  const first = history[0];
  if (!first || from < first.index || to > first.index + history.length) return [];
  return history.slice(from - first.index, to - first.index);
}
