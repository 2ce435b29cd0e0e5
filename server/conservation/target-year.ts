import { dateOf } from '../domain/attribute.ts';
import { isWorkingDay } from '../domain/calendar.ts';
import { daysIn, shareUpTo } from '../domain/curve.ts';
import type { Forecast } from '../domain/forecast.ts';
import type { Lack } from '../domain/indicator.ts';
import { indicatorOf, type Target } from '../domain/target.ts';
import { DAY_MS } from '../domain/time.ts';
import { type TargetVerdict, verdictOf } from '../domain/verdict.ts';
import { attributeOf } from './attributes.ts';
import type { DayGround } from './day-history.ts';
import { type Outlook, startOfDay } from './forecasts.ts';
import { type IndicatorGround, type IndicatorValue, valuesOf } from './indicators.ts';
import { daysBetween, holds, unlike } from './like-conditions.ts';
import { amountOf, type Curve, curveOf, monthsOf } from './target-curve.ts';

/** The running year of a target: where it stands, where it will end, what is left. */

export interface Progress {
  actual: number;
  expected: number;
  difference: number;
  share: number | null;
}

export interface YearMonth {
  /** YYYY-MM */
  month: string;
  share: number;
  planned: number | null;
  plannedTotal: number | null;
  actual: number | null;
  actualTotal: number | null;
  completeness: number | null;
  /** The whole month a year ago. */
  lastYear: number | null;
}

export interface Remaining {
  quantity: number;
  months: number;
  perMonth: number | null;
  workingDays: number;
  perWorkingDay: number | null;
  byMonth: { month: string; quantity: number }[];
}

export interface RunningYear {
  year: number;
  until: number;
  target: number | null;
  budget: number | null;
  unit: string;
  denominator: number | null;
  actual: number | null;
  completeness: number;
  months: YearMonth[];
  curve: Curve;
  /** What the curve gives to the part of the year that is over, 0–1. */
  shareSoFar: number;
  raw: Progress | null;
  adjusted: (Progress & { weather: number | null; workingDays: number }) | null;
  remaining: Remaining | null;
  /** YYYY-MM-DD */
  passedOn: string | null;
  verdict: TargetVerdict;
  lacks: Lack[];
}

export type YearGround = IndicatorGround & DayGround;

/**
 * @param value what the year is to reach, in the unit of the indicator; null: not known
 * @param sureBase whether the base that it comes from was measured well, or entered
 */
export async function runningYear(
  ground: YearGround,
  target: Pick<Target, 'node' | 'indicator' | 'scheme'>,
  value: number | null,
  outlook: Outlook,
  sureBase = true,
): Promise<RunningYear> {
  const { estate } = ground;
  const { year, from, until, forecast } = outlook;
  const { numerator, denominator: attribute } = indicatorOf(target.indicator);
  const scheme = target.scheme ?? undefined;
  const spans = monthsOf(ground, year, until);
  // The whole year up to yesterday too: its completeness and what it lacks are not those of its months.
  const before = monthsOf(ground, year - 1, Number.POSITIVE_INFINITY);
  const asked = [...before, ...(until > from ? [...spans, { from, to: until }] : [])];
  const [[found], curve] = await Promise.all([
    valuesOf(ground, [target.node], [amountOf(numerator)], asked, scheme),
    curveOf(ground, target.node, numerator, scheme, year),
  ]);
  const lastYear: IndicatorValue[] = found?.values[0]?.slice(0, before.length) ?? [];
  const values: IndicatorValue[] = found?.values[0]?.slice(before.length) ?? [];
  const whole = values[spans.length];
  const lacks: Lack[] = [...(whole?.lacks ?? []), ...curve.lacks];
  const end = estate.zone.next('year', from);
  const per = attribute === null ? null : attributeOf(estate, target.node, attribute, { from, to: end });
  if (per) lacks.push(...per.lacks);
  const budget = value === null ? null : per === null ? value : per.value === null ? null : value * per.value;
  const actual = whole?.value ?? null;
  const shareSoFar = shareOver(ground, curve, outlook);
  const raw = budget === null || actual === null ? null : progress(actual, budget * shareSoFar);
  const adjusted = raw && adjustedOf(ground, outlook, curve, raw, lacks);
  const total = forecast && actual !== null ? totalOf(actual, forecast) : null;
  return {
    year,
    until,
    target: value,
    budget,
    unit: whole?.numerator.unit ?? '',
    denominator: per?.value ?? null,
    actual,
    completeness: whole?.completeness ?? 0,
    months: monthsAgainst(year, curve, budget, values.slice(0, spans.length), lastYear),
    curve,
    shareSoFar,
    raw,
    adjusted,
    remaining:
      budget === null || actual === null ? null : remainingOf(ground, outlook, curve, budget - actual),
    passedOn: budget === null || actual === null ? null : passedOn(ground, outlook, budget, actual),
    verdict: verdictOf(budget, actual, total, whole?.completeness, sureBase),
    lacks,
  };
}

/** The year's end with its interval; what was measured is certain. */
export function totalOf(
  actual: number,
  { rest, margin }: Pick<Forecast, 'rest' | 'margin'>,
): { total: number; low: number | null; high: number | null } {
  const total = actual + rest;
  return {
    total,
    low: margin === null ? null : Math.max(actual, total - margin),
    high: margin === null ? null : total + margin,
  };
}

export function monthName(year: number, month: number): string {
  return `${year}-${String(month + 1).padStart(2, '0')}`;
}

function progress(actual: number, expected: number): Progress {
  const difference = actual - expected;
  return { actual, expected, difference, share: expected > 0 ? difference / expected : null };
}

function shareOver({ estate }: YearGround, curve: Curve, { year, from, until }: Outlook): number {
  if (until <= from) return 0;
  const last = estate.zone.wall(until - 1);
  return shareUpTo(curve.shares, year, last.month - 1, last.day);
}

function monthsAgainst(
  year: number,
  curve: Curve,
  budget: number | null,
  values: readonly IndicatorValue[],
  lastYear: readonly IndicatorValue[],
): YearMonth[] {
  let planned = 0;
  let actual: number | null = 0;
  return curve.shares.map((share, m) => {
    const of = values[m];
    planned += share;
    if (of) actual = of.value === null || actual === null ? null : actual + of.value;
    return {
      month: monthName(year, m),
      share,
      planned: budget === null ? null : budget * share,
      plannedTotal: budget === null ? null : budget * planned,
      actual: of?.value ?? null,
      actualTotal: of ? actual : null,
      completeness: of?.completeness ?? null,
      lastYear: lastYear[m]?.value ?? null,
    };
  });
}

/**
 * The same with the weather and the working days of the curve's years: what the model says of this year's
 * days so far, less what it says of the same days of those years, is taken off.
 */
function adjustedOf(
  { estate }: YearGround,
  { from, until, history, forecast }: Outlook,
  curve: Curve,
  raw: Progress,
  lacks: Lack[],
): RunningYear['adjusted'] {
  const model = forecast?.model;
  if (!model || curve.basis !== 'own') return null;
  if (!holds(model)) {
    lacks.push({ reason: 'no_model', what: 'adjusted' });
    return null;
  }
  const { zone } = estate;
  const indexOf = (at: number): number => Math.floor((at + zone.offset(at)) / DAY_MS);
  const here = daysBetween(history, indexOf(from), indexOf(until));
  const others = curve.years.map((year) => {
    const back = year - zone.wall(from).year;
    return daysBetween(
      history,
      indexOf(zone.shift(from, 'year', back)),
      indexOf(zone.shift(until, 'year', back)),
    );
  });
  const other = unlike(model, here, others);
  if (!other) return null;
  if (other.weather === null) lacks.push({ reason: 'no_weather', what: 'outdoor_temperature' });
  const actual = raw.actual - (other.weather ?? 0) - other.workingDays;
  return { ...progress(actual, raw.expected), weather: other.weather, workingDays: other.workingDays };
}

function remainingOf(
  { estate }: YearGround,
  { year, from, until }: Outlook,
  curve: Curve,
  quantity: number,
): Remaining {
  const { zone } = estate;
  const end = zone.next('year', from);
  let workingDays = 0;
  for (let day = until; day < end; day = zone.next('day', day)) if (isWorkingDay(zone, day)) workingDays++;
  const next = until < end ? zone.wall(until) : null;
  const months: { month: string; part: number; share: number }[] = [];
  for (let m = next ? next.month - 1 : 12; m < 12; m++) {
    const part = m === (next?.month ?? 0) - 1 ? 1 - ((next?.day ?? 1) - 1) / daysIn(year, m) : 1;
    months.push({ month: monthName(year, m), part, share: (curve.shares[m] ?? 0) * part });
  }
  const count = months.reduce((sum, m) => sum + m.part, 0);
  const shares = months.reduce((sum, m) => sum + m.share, 0);
  return {
    quantity,
    months: count,
    perMonth: count > 0 ? quantity / count : null,
    workingDays,
    perWorkingDay: workingDays > 0 ? quantity / workingDays : null,
    byMonth: months.map((m) => ({
      month: m.month,
      quantity: quantity * (shares > 0 ? m.share / shares : m.part / count),
    })),
  };
}

/** The day on which the year's sum passes the budget, as measured or as it is to come; null: on none. */
function passedOn({ estate }: YearGround, outlook: Outlook, budget: number, actual: number): string | null {
  const { zone } = estate;
  const { from, history, forecast } = outlook;
  const day = (index: number): string => dateOf(zone, startOfDay(zone, index));
  const first = Math.floor((from + zone.offset(from)) / DAY_MS);
  if (actual > budget) {
    let sum = 0;
    for (const d of history) {
      if (d.index < first) continue;
      sum += d.quantity ?? 0;
      if (sum > budget) return day(d.index);
    }
    return null;
  }
  let sum = actual;
  for (const { index, quantity } of forecast?.coming ?? []) {
    sum += quantity;
    if (sum > budget) return day(index);
  }
  return null;
}
