import { type Backtested, backtestOf } from './backtest.ts';
import { DayFits } from './day-fit.ts';
import type { Day, DayModel } from './day-model.ts';
import { asLastYear, byModel, together } from './expected-days.ts';

/** Where a year will end, from an institution's own days, and how wrong such forecasts have been. */

export const FORECAST_KINDS = ['model', 'straight_line'] as const;
export type ForecastKind = (typeof FORECAST_KINDS)[number];

/** Quantity that is to come on a day. */
export interface ComingDay {
  index: number;
  quantity: number;
}

export interface Forecast {
  kind: ForecastKind;
  coming: ComingDay[];
  /** Their sum. */
  rest: number;
  /** Half of the width of the interval of the rest that 80 of 100 end in; null: no error is known. */
  margin: number | null;
  /** Half of the width for a part of the coming days, such as a month, as a share of it; null likewise. */
  marginMonth: number | null;
  model: DayModel | null;
  backtest: Backtested | null;
}

const YEAR = 365;
/** Of 100 errors that scatter normally 80 are within. */
const EIGHTY = 1.2816;
/** Tries that an interval is told from. */
const TRIES = 3;

/**
 * What is to come on each of the days after the last known one: the model, mixed with "as last year" by the share
 * that would have been right in the past.
 * @param history in order of time, each day once, without holes: a day of which nothing is known has null
 * @param coming the days after it, whose weather is not known yet
 * @returns null where nothing at all is known
 */
export function forecastOf(history: readonly Day[], coming: readonly Day[]): Forecast | null {
  const fits = new DayFits(history);
  const backtest = backtestOf(history, coming.length, fits);
  const model = fits.model(history.length);
  if (!model) return straightLine(history, coming);
  const share = backtest?.modelShare ?? 1;
  const days = byModel(model, history, coming).map((quantity, k): ComingDay => {
    const lastYear = asLastYear(history, history.length + k);
    return { index: (coming[k] as Day).index, quantity: together(quantity, lastYear, share) };
  });
  const rest = sum(days);
  const known = backtest !== null && backtest.cuts.length >= TRIES;
  const margin = known ? EIGHTY * backtest.error * rest : null;
  const marginMonth = known ? EIGHTY * backtest.errorMonth : null;
  return { kind: 'model', coming: days, rest, margin, marginMonth, model, backtest };
}

/**
 * The mean of the last year's days, or of those there are, for each day to come. Where a meter was added a day
 * without it is less than a day, so those that were measured well go before all others.
 */
function straightLine(history: readonly Day[], coming: readonly Day[]): Forecast | null {
  const year = history.slice(-YEAR);
  const well = year.flatMap((d) => (d.learnable ? (d.quantity ?? []) : []));
  const known = well.length > 0 ? well : year.flatMap((d) => d.quantity ?? []);
  if (known.length === 0) return null;
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const days = coming.map(({ index }) => ({ index, quantity: mean }));
  return {
    kind: 'straight_line',
    coming: days,
    rest: sum(days),
    margin: null,
    marginMonth: null,
    model: null,
    backtest: null,
  };
}

function sum(days: readonly ComingDay[]): number {
  return days.reduce((total, d) => total + d.quantity, 0);
}
