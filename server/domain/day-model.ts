/**
 * What a day uses, told by what can be explained: a level and its trend, days off, the day of the week, the
 * need of heating and cooling, and the season. `day-fit.ts` fits it to an institution's own days.
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

export const YEAR_DAYS = 365.2425;

/** Columns of a row of the model; each coefficient has the place of its column. */
export const COLUMNS = {
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
export const WIDTH = COLUMNS.season + 2 * SEASON_WAVES;

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

/** 15 November to 15 March, in days of the year from 0. */
export function inHeatingSeason(ofYear: number): boolean {
  return ofYear >= 318 || ofYear < 74;
}

/** What the model says of a day, never below 0. */
export function predict(
  model: Pick<DayModel, 'last' | 'coefficients'>,
  day: Day,
  degrees: DegreeDay,
): number {
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

/** @param last index of the day that the trend is told from */
export function rowOf(day: Day, degrees: DegreeDay, last: number): Float64Array {
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

export function dot(row: Float64Array, coefficients: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += (row[i] as number) * (coefficients[i] as number);
  return sum;
}
