import { leastSquares } from './least-squares.ts';

/**
 * What a day uses, told by what can be explained: a level and its trend, days off, the day of the week, the
 * need of heating and cooling, and the season. Fitted by least squares to an institution's own days.
 */

/** What is known about a local day. */
export interface Day {
  /** Days since 1970-01-01 of the wall clock. */
  index: number;
  /** 0–365 */
  ofYear: number;
  /** 1 (Monday) – 7 (Sunday) */
  weekday: number;
  working: boolean;
  /** Daily mean outdoors, °C; null: not measured. */
  temperature: number | null;
  /** What was used; null: nothing is known, or it is to come. */
  quantity: number | null;
  /** Whether the quantity is known well enough to learn from. */
  learnable: boolean;
}

/** Degree-days of one day. */
export interface DegreeDay {
  heating: number;
  cooling: number;
}

/** Outdoor temperatures at which heating and cooling begin, °C; null: not told by temperature. */
export interface Bases {
  heating: number | null;
  cooling: number | null;
  /** Heating counts only from 15 November to 15 March (供暖期), as where heat comes from a public network. */
  heatingSeason: boolean;
}

/** Of Chinese building zoning: HDD18 and CDD26. */
export const STANDARD_BASES = { heating: 18, cooling: 26, heatingSeason: false } as const;

/** Where a building begins to heat and cool is its own; the one that explains its days best is taken. */
const HEATING_BASES = [18, 16, 14, 12, 10];
const COOLING_BASES = [26, 24, 22, 20, 18];
/** Share of the days that must have a temperature. */
const TEMPERATURES = 0.9;
const YEAR_DAYS = 365.2425;
/** A trend is held to be 0 ± 5 % a year until the years that overlap show another. */
const TREND_SPREAD = 0.05;
/** Days in a row that scatter alike, about. */
const ALIKE = 7;

const COLUMNS = {
  level: 0,
  trend: 1,
  off: 2,
  monday: 3,
  saturday: 4,
  heating: 5,
  heatingOff: 6,
  cooling: 7,
  coolingOff: 8,
  season: 9,
} as const;
const SEASON_WAVES = 3;
const WIDTH = COLUMNS.season + 2 * SEASON_WAVES;
const FREE = new Array<number>(WIDTH).fill(0);

/** Waves of a year, half and a third of one, by day of the year. */
const SEASON = Array.from({ length: 366 }, (_, ofYear) =>
  Float64Array.from({ length: 2 * SEASON_WAVES }, (_, i) => {
    const angle = (2 * Math.PI * (1 + (i >> 1)) * ofYear) / YEAR_DAYS;
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  }),
);

export interface DayModel {
  bases: Bases;
  /** The days that it was fitted to. */
  days: number;
  first: number;
  last: number;
  /** Mean quantity of those days. */
  mean: number;
  /** By `COLUMNS`. */
  coefficients: Float64Array;
  /** Root of the mean squared residual of a day, and of a month of days, as a share of the mean. */
  cvDay: number;
  cvMonth: number;
  /** Mean residual of months, as a share of the mean. */
  bias: number;
}

export function degreeDay(temperature: number, ofYear: number, bases: Bases): DegreeDay {
  const heats = bases.heating !== null && (!bases.heatingSeason || inHeatingSeason(ofYear));
  return {
    heating: heats ? Math.max(0, (bases.heating ?? 0) - temperature) : 0,
    cooling: bases.cooling === null ? 0 : Math.max(0, temperature - bases.cooling),
  };
}

/**
 * Fits the model to the days that can be learned from.
 * @returns null where they are too few to tell a year's course: less than 330 of them, or less than a year
 */
export function fitDays(days: readonly Day[]): DayModel | null {
  const known = days.filter((d) => d.learnable && d.quantity !== null);
  const first = known[0];
  const last = known[known.length - 1];
  if (!first || !last || known.length < 330 || last.index - first.index < 364) return null;
  const warm = known.filter((d) => d.temperature !== null);
  if (warm.length < TEMPERATURES * known.length) return regress(known, NO_BASES);
  // One after the other: heating and cooling have little to do with each other.
  const cooling = COOLING_BASES[2] as number;
  const heated = [false, true].flatMap((heatingSeason) =>
    HEATING_BASES.map((heating): Bases => ({ heating, cooling, heatingSeason })),
  );
  const found = bestOf(warm, heated);
  if (!found) return null;
  const cooled = COOLING_BASES.map((base): Bases => ({ ...found.bases, cooling: base }));
  return plausible(bestOf(warm, cooled) ?? found, warm);
}

const NO_BASES: Bases = { heating: null, cooling: null, heatingSeason: false };

/** The model of the bases that leave the least unexplained. */
function bestOf(days: readonly Day[], candidates: readonly Bases[]): DayModel | null {
  const y = days.map((d) => d.quantity as number);
  const last = (days[days.length - 1] as Day).index;
  let best: Bases | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const bases of candidates) {
    const rows = days.map((d) => rowOf(d, degreesOf(d, bases), last));
    const found = leastSquares(rows, y, FREE);
    if (!found) continue;
    const scatter = rows.reduce((sum, row, i) => sum + ((y[i] as number) - dot(row, found)) ** 2, 0);
    if (scatter < least) {
      least = scatter;
      best = bases;
    }
  }
  return best && regress(days, best);
}

/** 15 November to 15 March, in days of the year from 0. */
export function inHeatingSeason(ofYear: number): boolean {
  return ofYear >= 318 || ofYear < 74;
}

/** Nobody uses less the colder it is outside because of heating: what says so is the season under another name. */
function plausible(model: DayModel, days: readonly Day[]): DayModel | null {
  const c = model.coefficients;
  const heats = (c[COLUMNS.heating] as number) > 0;
  const cools = (c[COLUMNS.cooling] as number) > 0;
  const bases = {
    heating: heats ? model.bases.heating : null,
    cooling: cools ? model.bases.cooling : null,
    heatingSeason: model.bases.heatingSeason,
  };
  if (bases.heating === model.bases.heating && bases.cooling === model.bases.cooling) return model;
  const again = regress(days, bases);
  return again && (heats || cools) ? plausible(again, days) : again;
}

function regress(days: readonly Day[], bases: Bases): DayModel | null {
  const first = days[0] as Day;
  const last = days[days.length - 1] as Day;
  const y = days.map((d) => d.quantity as number);
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const rows = days.map((d) => rowOf(d, degreesOf(d, bases), last.index));
  const residualsOf = (of: Float64Array): number[] => rows.map((row, i) => (y[i] as number) - dot(row, of));
  const free = leastSquares(rows, y, FREE);
  if (!free) return null;
  // How much a trend is believed depends on what the days scatter; neighbouring days scatter alike.
  const scatter = residualsOf(free).reduce((sum, r) => sum + r * r, 0) / y.length;
  const penalties = [...FREE];
  if (mean > 0) penalties[COLUMNS.trend] = (ALIKE * scatter) / (TREND_SPREAD * mean) ** 2;
  const coefficients = leastSquares(rows, y, penalties);
  if (!coefficients) return null;
  const residuals = residualsOf(coefficients);
  const months: number[] = [];
  let begun = first.index;
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
  const per = Math.abs(mean) > 0 ? Math.abs(mean) : 1;
  return {
    bases,
    days: days.length,
    first: first.index,
    last: last.index,
    mean,
    coefficients,
    cvDay: root(residuals) / per,
    cvMonth: root(months) / per,
    bias: months.reduce((a, b) => a + b, 0) / Math.max(1, months.length) / per,
  };
}

/** What the model says of a day, never below 0. */
export function predict(model: DayModel, day: Day, degrees: DegreeDay): number {
  return Math.max(0, dot(rowOf(day, degrees, model.last), model.coefficients));
}

/** What weather adds to a day by the model. */
export function weatherOf(model: DayModel, day: Day, degrees: DegreeDay): number {
  const c = model.coefficients;
  const off = day.working ? 0 : 1;
  return (
    degrees.heating * ((c[COLUMNS.heating] as number) + off * (c[COLUMNS.heatingOff] as number)) +
    degrees.cooling * ((c[COLUMNS.cooling] as number) + off * (c[COLUMNS.coolingOff] as number))
  );
}

/** What the kind of day adds by the model: below 0 on a day off of an office. */
export function dayKindOf(model: DayModel, day: Day): number {
  const c = model.coefficients;
  let sum = 0;
  if (!day.working) sum += c[COLUMNS.off] as number;
  if (day.weekday === 1) sum += c[COLUMNS.monday] as number;
  if (day.weekday === 6) sum += c[COLUMNS.saturday] as number;
  return sum;
}

/** The model in words. */
export interface Explained {
  workingDay: number;
  dayOff: number;
  perHeating: number | null;
  perCooling: number | null;
  trendPerYear: number;
}

export function explain(model: DayModel): Explained {
  const c = model.coefficients;
  const level = c[COLUMNS.level] as number;
  return {
    workingDay: level,
    dayOff: level + (c[COLUMNS.off] as number),
    perHeating: model.bases.heating === null ? null : (c[COLUMNS.heating] as number),
    perCooling: model.bases.cooling === null ? null : (c[COLUMNS.cooling] as number),
    trendPerYear: model.mean > 0 ? (c[COLUMNS.trend] as number) / model.mean : 0,
  };
}

export function degreesOf(day: Day, bases: Bases): DegreeDay {
  return day.temperature === null
    ? { heating: 0, cooling: 0 }
    : degreeDay(day.temperature, day.ofYear, bases);
}

function rowOf(day: Day, degrees: DegreeDay, last: number): Float64Array {
  const row = new Float64Array(WIDTH);
  const off = day.working ? 0 : 1;
  row[COLUMNS.level] = 1;
  row[COLUMNS.trend] = (day.index - last) / YEAR_DAYS;
  row[COLUMNS.off] = off;
  row[COLUMNS.monday] = day.weekday === 1 ? 1 : 0;
  row[COLUMNS.saturday] = day.weekday === 6 ? 1 : 0;
  row[COLUMNS.heating] = degrees.heating;
  row[COLUMNS.heatingOff] = degrees.heating * off;
  row[COLUMNS.cooling] = degrees.cooling;
  row[COLUMNS.coolingOff] = degrees.cooling * off;
  row.set(SEASON[day.ofYear] as Float64Array, COLUMNS.season);
  return row;
}

function dot(row: Float64Array, coefficients: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += (row[i] as number) * (coefficients[i] as number);
  return sum;
}
