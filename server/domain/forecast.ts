import { DayFits, type Fit } from './day-fit.ts';
import { type Day, type DayModel, type DegreeDay, degreesOf, inHeatingSeason, predict } from './day-model.ts';

/** Where a year will end, from an institution's own days, and how wrong such forecasts have been. */

export const FORECAST_KINDS = ['model', 'straight_line'] as const;
export type ForecastKind = (typeof FORECAST_KINDS)[number];

/** Quantity that is to come on a day. */
export interface ComingDay {
  index: number;
  quantity: number;
}

export interface Backtested {
  /** Day indexes at which a forecast was made with what was known before them. */
  cuts: number[];
  horizonDays: number;
  /** Mean error of a year's total, as a share of it: of the model and of the two plain ways. */
  mape: number;
  mapeLastYear: number;
  mapeStraightLine: number;
  /** Root of the mean squared error of what was to come, of all and of 30 days, as shares of these. */
  error: number;
  errorMonth: number;
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
/** At most so many forecasts are made again. */
const CUTS = 12;
/** Shorter ones say nothing about a year's end. */
const SHORTEST_HORIZON = 28;
/** Of 100 errors that scatter normally 80 are within. */
const EIGHTY = 1.2816;
/** Days before and after that a day of the year's weather is the mean over. */
const WINDOW = 7;

/**
 * What is to come on each of the days after the last known one.
 * @param history in order of time, each day once, without holes: a day of which nothing is known has null
 * @param coming the days after it, whose weather is not known yet
 * @returns null where nothing at all is known
 */
export function forecastOf(history: readonly Day[], coming: readonly Day[]): Forecast | null {
  const fits = new DayFits(history);
  const backtest = backtestOf(history, coming.length, fits);
  const model = fits.model(history.length);
  if (!model) return straightLine(history, coming);
  const days = comingOf(model, history, coming);
  const rest = sum(days);
  const known = backtest !== null && backtest.cuts.length >= 3;
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

function comingOf(model: Fit, history: readonly Day[], coming: readonly Day[]): ComingDay[] {
  const usual = usualDegrees(model, history);
  return coming.map((day) => ({ index: day.index, quantity: predict(model, day, usual(day.ofYear)) }));
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

/**
 * Makes the forecast again at past days, with what was known before each, and holds it against what came. A
 * "year" is the one that ends with the days forecast. Beside it the two ways that need no model: the days to
 * come are those of 52 weeks before, weekday for weekday; they go on as the mean of the year so far.
 * @returns null where the past is too short to try: no 12 months before 4 weeks
 */
export function backtestOf(
  history: readonly Day[],
  wantedDays: number,
  fits = new DayFits(history),
): Backtested | null {
  const found = history.findIndex((d) => d.quantity !== null);
  const start = found < 0 ? history.length : found;
  // A day of which only some meters are known is none that a forecast could be held against.
  const days = history.slice(start).map((d) => (d.learnable ? d : { ...d, quantity: null }));
  const spare = days.length - YEAR - 1;
  const horizon = Math.min(Math.max(wantedDays, SHORTEST_HORIZON), YEAR - SHORTEST_HORIZON, spare);
  if (horizon < SHORTEST_HORIZON) return null;
  const last = days.length - horizon;
  const from = YEAR + 1;
  // A long horizon leaves little to try: better a shorter one at several days than one day.
  const room = last - from;
  if (room < 30 && horizon > 2 * SHORTEST_HORIZON) {
    const shorter = Math.max(SHORTEST_HORIZON, Math.min(horizon - 30, Math.floor(horizon * 0.7)));
    return backtestOf(history, shorter, fits);
  }
  const count = Math.max(1, Math.min(CUTS, Math.floor(room / 14) + 1));
  const errors: number[] = [];
  const lastYear: number[] = [];
  const line: number[] = [];
  const rests: number[] = [];
  const months: number[] = [];
  const cuts: number[] = [];
  for (let i = 0; i < count; i++) {
    const cut = count === 1 ? last : Math.round(from + (room * i) / (count - 1));
    const before = days.slice(0, cut);
    const after = days.slice(cut, cut + horizon);
    const model = fits.fit(start + cut);
    if (!model) continue;
    const said = comingOf(model, before, after);
    const year = days.slice(cut + horizon - YEAR, cut);
    const soFar = known(year);
    const came = known(after);
    const total = soFar.sum + came.sum;
    if (came.days < 0.8 * horizon || soFar.days < 0.8 * year.length || !(total > 0)) continue;
    // Only days that are known can be held against each other.
    const forecast = said.reduce((a, d, k) => (after[k]?.quantity === null ? a : a + d.quantity), 0);
    let naive = 0;
    let cameAlike = 0;
    after.forEach(({ quantity }, k) => {
      const then = days[cut + k - YEAR + 1]?.quantity ?? days[cut + k - YEAR]?.quantity ?? null;
      if (quantity === null || then === null) return;
      naive += then;
      cameAlike += quantity;
    });
    cuts.push((days[cut] as Day).index);
    errors.push((forecast - came.sum) / total);
    if (came.sum > 0) rests.push((forecast - came.sum) / came.sum);
    lastYear.push((naive - cameAlike) / total);
    line.push(((soFar.sum / soFar.days) * came.days - came.sum) / total);
    for (let k = 0; k + 30 <= horizon; k += 30) {
      const block = known(after.slice(k, k + 30));
      const of = said
        .slice(k, k + 30)
        .reduce((a, d, j) => (after[k + j]?.quantity === null ? a : a + d.quantity), 0);
      if (block.sum > 0) months.push((of - block.sum) / block.sum);
    }
  }
  if (cuts.length === 0) return null;
  return {
    cuts,
    horizonDays: horizon,
    mape: meanSize(errors),
    mapeLastYear: meanSize(lastYear),
    mapeStraightLine: meanSize(line),
    error: rootMean(rests.length > 0 ? rests : errors),
    errorMonth: rootMean(months.length > 0 ? months : rests),
  };
}

function known(days: readonly Day[]): { sum: number; days: number } {
  let total = 0;
  let count = 0;
  for (const { quantity } of days) {
    if (quantity === null) continue;
    total += quantity;
    count++;
  }
  return { sum: total, days: count };
}

function sum(days: readonly ComingDay[]): number {
  return days.reduce((total, d) => total + d.quantity, 0);
}

function meanSize(list: readonly number[]): number {
  return list.reduce((a, b) => a + Math.abs(b), 0) / list.length;
}

/** With few tries the spread is underrated: one more is reckoned in. */
function rootMean(list: readonly number[]): number {
  const square = list.reduce((a, b) => a + b * b, 0) / list.length;
  return Math.sqrt(square) * (1 + 1 / list.length);
}
