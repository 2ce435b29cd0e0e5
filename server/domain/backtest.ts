import { DayFits } from './day-fit.ts';
import type { Day } from './day-model.ts';
import { asLastYear, byModel, together } from './expected-days.ts';

/** How wrong forecasts of an institution's days would have been in its own past. */

export interface Backtested {
  /** Day indexes at which a forecast was made with what was known before them. */
  cuts: number[];
  horizonDays: number;
  /** The share of the model beside "as last year" by which the errors are the least. */
  modelShare: number;
  /** Mean error of a year's total, as a share of it: of the forecast and of the two plain ways. */
  mape: number;
  mapeLastYear: number;
  mapeStraightLine: number;
  /** Root of the mean squared error of what was to come, of all and of 30 days, as shares of these. */
  error: number;
  errorMonth: number;
}

const YEAR = 365;
/** At most so many forecasts are made again. */
const CUTS = 12;
/** Shorter ones say nothing about a year's end. */
const SHORTEST_HORIZON = 28;
/** The model is believed as if so many more tries, each of days of its own, had spoken for it alone. */
const BELIEVED = 2;

/** A forecast that was made again, day by day, and what came. */
interface Try {
  cut: number;
  model: number[];
  lastYear: (number | null)[];
  /** Null: not known, or not of all meters; nothing is held against it. */
  came: (number | null)[];
  /** Of the year that ends with the days forecast. */
  total: number;
  /** What a day of the year so far was on average. */
  soFar: number;
}

/**
 * Makes the forecast again at past days, with what was known before each, and holds it against what came. A
 * "year" is the one that ends with the days forecast. Beside it the two ways that need no model: the days to
 * come are those of 52 weeks before, weekday for weekday; they go on as the mean of the year so far. Each
 * forecast mixes model and last year by the share that the other tries give, so that none judges itself.
 * @returns null where the past is too short to try: no 12 months before 4 weeks
 */
export function backtestOf(
  history: readonly Day[],
  wantedDays: number,
  fits = new DayFits(history),
): Backtested | null {
  const found = history.findIndex((d) => d.quantity !== null);
  const start = found < 0 ? history.length : found;
  const days = history.slice(start);
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
  const tries: Try[] = [];
  for (let i = 0; i < count; i++) {
    const cut = count === 1 ? last : Math.round(from + (room * i) / (count - 1));
    const tried = tryAt(days, cut, horizon, (at) => fits.fit(start + at));
    if (tried) tries.push(tried);
  }
  // Tries whose days overlap say the same: there are only so many of days of their own.
  const own = (room + horizon) / horizon;
  return tries.length === 0 ? null : judged(tries, own, days, horizon);
}

function tryAt(
  days: readonly Day[],
  cut: number,
  horizon: number,
  fitAt: (cut: number) => ReturnType<DayFits['fit']>,
): Try | null {
  const before = days.slice(0, cut);
  const after = days.slice(cut, cut + horizon);
  const fit = fitAt(cut);
  if (!fit) return null;
  const year = days.slice(cut + horizon - YEAR, cut).map(wellKnown);
  const came = after.map(wellKnown);
  const soFar = known(year);
  const came0 = known(came);
  const total = soFar.sum + came0.sum;
  if (came0.days < 0.8 * horizon || soFar.days < 0.8 * year.length || !(total > 0)) return null;
  return {
    cut,
    model: byModel(fit, before, after),
    lastYear: after.map((_, k) => asLastYear(before, cut + k)),
    came,
    total,
    soFar: soFar.sum / soFar.days,
  };
}

function judged(tries: readonly Try[], own: number, days: readonly Day[], horizonDays: number): Backtested {
  const errors: number[] = [];
  const lastYear: number[] = [];
  const line: number[] = [];
  const rests: number[] = [];
  const months: number[] = [];
  for (const tried of tries) {
    const { came, total, soFar } = tried;
    const share = shareOf(
      tries.filter((t) => t !== tried),
      own,
    );
    const said = tried.model.map((m, k) => together(m, tried.lastYear[k] ?? null, share));
    const all = errorOf(said, came);
    errors.push(all.error / total);
    if (all.came > 0) rests.push(all.error / all.came);
    lastYear.push(errorOf(tried.lastYear, came).error / total);
    line.push(
      errorOf(
        came.map(() => soFar),
        came,
      ).error / total,
    );
    for (let k = 0; k + 30 <= horizonDays; k += 30) {
      const block = errorOf(said.slice(k, k + 30), came.slice(k, k + 30));
      if (block.came > 0) months.push(block.error / block.came);
    }
  }
  return {
    cuts: tries.map((t) => (days[t.cut] as Day).index),
    horizonDays,
    modelShare: shareOf(tries, own),
    mape: meanSize(errors),
    mapeLastYear: meanSize(lastYear),
    mapeStraightLine: meanSize(line),
    error: rootMean(rests.length > 0 ? rests : errors),
    errorMonth: rootMean(months.length > 0 ? months : rests),
  };
}

/**
 * The share w of the model that makes Σ (w·m + (1 − w)·l − c)² the least, with m the model, l last year and c what
 * came, as shares of the year, from 0 to 1. With few tries it is near 1.
 * @param own how many tries of days of their own there are, about
 */
function shareOf(tries: readonly Try[], own: number): number {
  let along = 0;
  let apart = 0;
  for (const { model, lastYear, came, total } of tries) {
    const both = came.map((c, k) => (lastYear[k] === null ? null : c));
    const m = errorOf(model, both).error / total;
    const l = errorOf(lastYear, both).error / total;
    along -= l * (m - l);
    apart += (m - l) ** 2;
  }
  if (apart === 0) return 1;
  const believed = (BELIEVED * apart) / own;
  return Math.min(1, Math.max(0, (along + believed) / (apart + believed)));
}

/** Said − came, over the days of which both are known, and what came on them. */
function errorOf(
  said: readonly (number | null)[],
  came: readonly (number | null)[],
): { error: number; came: number } {
  let error = 0;
  let sum = 0;
  came.forEach((c, k) => {
    const s = said[k] ?? null;
    if (c === null || s === null) return;
    error += s - c;
    sum += c;
  });
  return { error, came: sum };
}

/** A day of which only some meters are known is none that a forecast could be held against. */
function wellKnown({ learnable, quantity }: Day): number | null {
  return learnable ? quantity : null;
}

function known(quantities: readonly (number | null)[]): { sum: number; days: number } {
  const list = quantities.flatMap((q) => q ?? []);
  return { sum: list.reduce((a, b) => a + b, 0), days: list.length };
}

function meanSize(list: readonly number[]): number {
  return list.reduce((a, b) => a + Math.abs(b), 0) / list.length;
}

/** With few tries the spread is underrated: one more is reckoned in. */
function rootMean(list: readonly number[]): number {
  const square = list.reduce((a, b) => a + b * b, 0) / list.length;
  return Math.sqrt(square) * (1 + 1 / list.length);
}
