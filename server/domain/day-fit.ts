import {
  type Bases,
  COLUMNS,
  type Day,
  type DayModel,
  degreesOf,
  dot,
  inHeatingSeason,
  rowOf,
  WIDTH,
  YEAR_DAYS,
} from './day-model.ts';
import { equationsOf, type NormalEquations, ProductSums, scatterOf, solve } from './least-squares.ts';

/** Fits the model of `day-model.ts` to an institution's own days. */

/** Where a building begins to heat and cool is its own; the one that explains its days best is taken. */
const HEATING_BASES = [18, 16, 14, 12, 10];
const COOLING_BASES = [26, 24, 22, 20, 18];
/** Share of the days that must have a temperature. */
const TEMPERATURES = 0.9;
/** A trend is held to be 0 ± 5 % a year until the years that overlap show another. */
const TREND_SPREAD = 0.05;
/** Days in a row that scatter alike, about. */
const ALIKE = 7;
const FREE = new Array<number>(WIDTH).fill(0);
const NO_BASES: Bases = { heating: null, cooling: null, heatingSeason: false };

/**
 * A row that holds the columns of every choice of bases: those that have nothing to do with temperature, the
 * quantity, and then for each base its degree-days and those of days off.
 */
const PLAIN = [0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 14];
const QUANTITY = PLAIN.length;
const FIRST_BASE = QUANTITY + 1;
const HEATED = HEATING_BASES.flatMap((heating): Bases[] =>
  [false, true].map((heatingSeason) => ({ heating, cooling: null, heatingSeason })),
);
const FIRST_COOLING = FIRST_BASE + 2 * HEATED.length;
const WIDE = FIRST_COOLING + 2 * COOLING_BASES.length;

/** A model without how well it fits. */
export type Fit = Omit<DayModel, 'cvDay' | 'cvMonth' | 'bias'>;

/**
 * Fits the model to the days that can be learned from.
 * @returns null where they are too few to tell a year's course: less than 330 of them, or less than a year
 */
export function fitDays(days: readonly Day[]): DayModel | null {
  return new DayFits(days).model(days.length);
}

/** The days that a fit is made of, added up. */
class Added {
  readonly products: ProductSums;
  count = 0;
  first = 0;
  last = 0;

  constructor(width: number) {
    this.products = new ProductSums(width);
  }

  add(row: Float64Array, index: number): void {
    this.products.add(row);
    if (this.count++ === 0) this.first = index;
    this.last = index;
  }
}

/**
 * Fits to the first days of one history, to more and more of them. A day is looked at once, however many fits
 * are made, for what a fit needs are sums over its days.
 */
export class DayFits {
  readonly #days: readonly Day[];
  /** The day that trends are told from while days are added up. */
  readonly #origin: number;
  #next = 0;
  readonly #known = new Added(FIRST_BASE);
  readonly #warm = new Added(WIDE);

  constructor(days: readonly Day[]) {
    this.#days = days;
    this.#origin = days[days.length - 1]?.index ?? 0;
  }

  /**
   * The fit to the first `count` days; null: see `fitDays`.
   * @param count not less than the time before
   */
  fit(count: number): Fit | null {
    const row = new Float64Array(WIDE);
    for (; this.#next < count; this.#next++) {
      const day = this.#days[this.#next] as Day;
      if (!canLearn(day)) continue;
      wideRow(row, day, this.#origin);
      this.#known.add(row, day.index);
      if (day.temperature !== null) this.#warm.add(row, day.index);
    }
    const known = this.#known;
    if (known.count < 330 || known.last - known.first < 364) return null;
    if (!this.#tellsWeather()) return this.#regress(NO_BASES);
    // One after the other: heating and cooling have little to do with each other.
    const cooling = COOLING_BASES[2] as number;
    const heated = this.#best(
      [false, true].flatMap((heatingSeason) =>
        HEATING_BASES.map((heating): Bases => ({ heating, cooling, heatingSeason })),
      ),
    );
    const cooled = heated && this.#best(COOLING_BASES.map((base): Bases => ({ ...heated, cooling: base })));
    return cooled && this.#plausible(cooled);
  }

  /** The same with how well it fits. */
  model(count: number): DayModel | null {
    const fit = this.fit(count);
    if (!fit) return null;
    const warm = this.#tellsWeather();
    const days = this.#days.slice(0, count).filter((d) => canLearn(d) && (!warm || d.temperature !== null));
    return { ...fit, ...qualityOf(fit, days) };
  }

  #tellsWeather(): boolean {
    return this.#warm.count >= TEMPERATURES * this.#known.count;
  }

  /** The bases that leave the least unexplained. */
  #best(candidates: readonly Bases[]): Bases | null {
    let best: Bases | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const bases of candidates) {
      const equations = this.#equations(bases, this.#warm);
      const found = solve(equations, FREE);
      const scatter = found ? scatterOf(equations, found) : Number.POSITIVE_INFINITY;
      if (scatter < least) {
        least = scatter;
        best = bases;
      }
    }
    return best;
  }

  /** Nobody uses less the colder it is outside because of heating: what says so is the season under another name. */
  #plausible(bases: Bases): Fit | null {
    const fit = this.#regress(bases);
    if (!fit) return null;
    const c = fit.coefficients;
    const heats = (c[COLUMNS.heating] as number) > 0;
    const cools = (c[COLUMNS.cooling] as number) > 0;
    const heating = heats ? bases.heating : null;
    const cooling = cools ? bases.cooling : null;
    if (heating === bases.heating && cooling === bases.cooling) return fit;
    return this.#plausible({ ...bases, heating, cooling });
  }

  #regress(bases: Bases): Fit | null {
    const days = this.#tellsWeather() ? this.#warm : this.#known;
    const equations = this.#equations(bases, days);
    const free = solve(equations, FREE);
    if (!free) return null;
    const mean = (equations.xy[COLUMNS.level] as number) / days.count;
    // How much a trend is believed depends on what the days scatter; neighbouring days scatter alike.
    const scatter = scatterOf(equations, free) / days.count;
    const penalties = [...FREE];
    if (mean > 0) penalties[COLUMNS.trend] = (ALIKE * scatter) / (TREND_SPREAD * mean) ** 2;
    const coefficients = solve(equations, penalties);
    if (!coefficients) return null;
    return { bases, days: days.count, first: days.first, last: days.last, mean, coefficients };
  }

  #equations(bases: Bases, days: Added): NormalEquations {
    const equations = equationsOf(days.products, placesOf(bases), QUANTITY);
    toldFrom(equations, (this.#origin - days.last) / YEAR_DAYS);
    return equations;
  }
}

function canLearn(day: Day): boolean {
  return day.learnable && day.quantity !== null;
}

function wideRow(row: Float64Array, day: Day, origin: number): void {
  const plain = rowOf(day, { heating: 0, cooling: 0 }, origin);
  PLAIN.forEach((column, i) => {
    row[i] = plain[column] as number;
  });
  row[QUANTITY] = day.quantity as number;
  const { temperature } = day;
  const off = day.working ? 0 : 1;
  const season = inHeatingSeason(day.ofYear);
  HEATED.forEach(({ heating, heatingSeason }, i) => {
    const cold =
      temperature === null || (heatingSeason && !season) ? 0 : Math.max(0, (heating ?? 0) - temperature);
    row[FIRST_BASE + 2 * i] = cold;
    row[FIRST_BASE + 2 * i + 1] = cold * off;
  });
  COOLING_BASES.forEach((cooling, i) => {
    const hot = temperature === null ? 0 : Math.max(0, temperature - cooling);
    row[FIRST_COOLING + 2 * i] = hot;
    row[FIRST_COOLING + 2 * i + 1] = hot * off;
  });
}

/** Where the columns of the model with these bases are in a wide row; null: nowhere, they are 0. */
function placesOf({ heating, cooling, heatingSeason }: Bases): (number | null)[] {
  const places = new Array<number | null>(WIDTH).fill(null);
  PLAIN.forEach((column, i) => {
    places[column] = i;
  });
  const heats = HEATED.findIndex((b) => b.heating === heating && b.heatingSeason === heatingSeason);
  if (heats >= 0) {
    places[COLUMNS.heating] = FIRST_BASE + 2 * heats;
    places[COLUMNS.heatingOff] = FIRST_BASE + 2 * heats + 1;
  }
  const cools = cooling === null ? -1 : COOLING_BASES.indexOf(cooling);
  if (cools >= 0) {
    places[COLUMNS.cooling] = FIRST_COOLING + 2 * cools;
    places[COLUMNS.coolingOff] = FIRST_COOLING + 2 * cools + 1;
  }
  return places;
}

/** Tells the trend from a day that is `years` before the one it was told from: adds so much of the level to it. */
function toldFrom({ xx, xy }: NormalEquations, years: number): void {
  const { level, trend } = COLUMNS;
  const at = (i: number, j: number): number => Math.max(i, j) * WIDTH + Math.min(i, j);
  const of = (i: number): number => xx[at(level, i)] as number;
  const own = xx[at(trend, trend)] as number;
  xx[at(trend, trend)] = own + 2 * years * of(trend) + years * years * of(level);
  for (let i = 0; i < WIDTH; i++) {
    if (i !== trend) xx[at(trend, i)] = (xx[at(trend, i)] as number) + years * of(i);
  }
  xy[trend] = (xy[trend] as number) + years * (xy[level] as number);
}

function qualityOf(fit: Fit, days: readonly Day[]): Pick<DayModel, 'cvDay' | 'cvMonth' | 'bias'> {
  const residuals = days.map(
    (d) => (d.quantity as number) - dot(rowOf(d, degreesOf(d, fit.bases), fit.last), fit.coefficients),
  );
  const months: number[] = [];
  let begun = fit.first;
  let sum = 0;
  let count = 0;
  days.forEach((d, i) => {
    if (d.index - begun >= 30) {
      if (count >= 20) months.push(sum / count);
      begun = d.index;
      sum = count = 0;
    }
    sum += residuals[i] as number;
    count++;
  });
  if (count >= 20) months.push(sum / count);
  const root = (of: readonly number[]): number =>
    Math.sqrt(of.reduce((a, b) => a + b * b, 0) / Math.max(1, of.length));
  const per = Math.abs(fit.mean) > 0 ? Math.abs(fit.mean) : 1;
  return {
    cvDay: root(residuals) / per,
    cvMonth: root(months) / per,
    bias: months.reduce((a, b) => a + b, 0) / Math.max(1, months.length) / per,
  };
}
