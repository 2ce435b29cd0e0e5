import type { z } from '@hono/zod-openapi';
import type { Outlook } from '../../conservation/forecasts.ts';
import { startOfDay } from '../../conservation/forecasts.ts';
import { holds } from '../../conservation/like-conditions.ts';
import type { Curve } from '../../conservation/target-curve.ts';
import type { SplitResult } from '../../conservation/target-split.ts';
import { monthName, type RunningYear, totalOf } from '../../conservation/target-year.ts';
import type { TargetFigures } from '../../conservation/targets.ts';
import type { WaterfallOf } from '../../conservation/waterfalls.ts';
import { dateOf } from '../../domain/attribute.ts';
import { explain } from '../../domain/day-model.ts';
import { indicatorOf, type Plan, type Target } from '../../domain/target.ts';
import type { Zone } from '../../domain/time.ts';
import type { ForecastMonth, ForecastShape, Waterfall } from '../schemas/forecast.ts';
import type { PlanShape } from '../schemas/plans.ts';
import type { Current, Split, TargetShape, TargetView } from '../schemas/targets.ts';

/** Targets, forecasts and what belongs to them in the shapes of `schemas/targets.ts`. */

export function targetShape(
  target: Target,
  unit: string,
  nodeOf: (target: string) => string | null,
): z.infer<typeof TargetShape> {
  const { path } = target;
  return {
    id: target.id,
    node: target.node,
    indicator: target.indicator,
    unit,
    scheme: target.scheme,
    base_year: target.baseYear,
    end_year: target.endYear,
    path: path.kind === 'values' ? { ...path, values: [...path.values] } : path,
    from: target.from === null ? null : { id: target.from, node: nodeOf(target.from), split: target.split },
    note: target.note,
  };
}

export function targetView(
  zone: Zone,
  { target, unit, base, years, current, outlook }: TargetFigures,
  nodeOf: (target: string) => string | null,
): z.infer<typeof TargetView> {
  return {
    ...targetShape(target, unit, nodeOf),
    base,
    years,
    current: current && currentShape(zone, current),
    forecast: current && outlook && forecastShape(zone, target, unit, current, outlook),
  };
}

function currentShape(zone: Zone, c: RunningYear): z.infer<typeof Current> {
  return {
    year: c.year,
    until: zone.iso(c.until),
    target: c.target,
    budget: c.budget,
    quantity_unit: c.unit,
    denominator: c.denominator,
    actual: c.actual,
    completeness: c.completeness,
    curve: c.months.map((m) => ({
      month: m.month,
      share: m.share,
      planned: m.planned,
      planned_total: m.plannedTotal,
      actual: m.actual,
      actual_total: m.actualTotal,
      completeness: m.completeness,
      last_year: m.lastYear,
    })),
    curve_basis: basisShape(c.curve),
    raw: c.raw,
    adjusted: c.adjusted && {
      actual: c.adjusted.actual,
      expected: c.adjusted.expected,
      difference: c.adjusted.difference,
      share: c.adjusted.share,
      weather: c.adjusted.weather,
      working_days: c.adjusted.workingDays,
    },
    remaining: c.remaining && {
      quantity: c.remaining.quantity,
      months: c.remaining.months,
      per_month: c.remaining.perMonth,
      working_days: c.remaining.workingDays,
      per_working_day: c.remaining.perWorkingDay,
      by_month: c.remaining.byMonth,
    },
    passed_on: c.passedOn,
    verdict: c.verdict,
    lacks: c.lacks,
  };
}

function basisShape({ basis, node, years }: Curve): z.infer<typeof Current>['curve_basis'] {
  return { kind: basis, node, years };
}

/** @param unit of the indicator */
export function forecastShape(
  zone: Zone,
  of: Pick<Target, 'node' | 'indicator' | 'scheme'>,
  unit: string,
  year: RunningYear,
  { forecast, until, lacks }: Outlook,
): z.infer<typeof ForecastShape> {
  const end = forecast && year.actual !== null ? totalOf(year.actual, forecast) : null;
  const per = indicatorOf(of.indicator).denominator === null ? 1 : year.denominator;
  const value = (n: number | null | undefined): number | null =>
    n === null || n === undefined || !per ? null : n / per;
  const backtest = forecast?.backtest;
  return {
    node: of.node,
    indicator: of.indicator,
    scheme: of.scheme,
    year: year.year,
    unit: year.unit,
    kind: forecast?.kind ?? null,
    until: zone.iso(until),
    completeness: year.completeness,
    actual: year.actual,
    total: end?.total ?? null,
    low: end?.low ?? null,
    high: end?.high ?? null,
    value: value(end?.total),
    value_low: value(end?.low),
    value_high: value(end?.high),
    value_unit: unit,
    denominator: year.denominator,
    months: forecastMonths(zone, year, forecast),
    model: modelShape(zone, forecast),
    backtest:
      backtest && forecast?.model
        ? {
            cuts: backtest.cuts.map((index) => dateOf(zone, startOfDay(zone, index))),
            horizon_days: backtest.horizonDays,
            model_share: backtest.modelShare,
            mape: backtest.mape,
            mape_last_year: backtest.mapeLastYear,
            mape_straight_line: backtest.mapeStraightLine,
            cv_rmse_day: forecast.model.cvDay,
            cv_rmse_month: forecast.model.cvMonth,
            holds: holds(forecast.model),
          }
        : null,
    lacks,
  };
}

function modelShape(zone: Zone, forecast: Outlook['forecast']): z.infer<typeof ForecastShape>['model'] {
  const model = forecast?.model;
  if (!model) return null;
  const said = explain(model);
  return {
    days: model.days,
    from: dateOf(zone, startOfDay(zone, model.first)),
    to: dateOf(zone, startOfDay(zone, model.last)),
    working_day: said.workingDay,
    day_off: said.dayOff,
    per_heating_degree_day: said.perHeating,
    per_cooling_degree_day: said.perCooling,
    heating_base_c: model.bases.heating,
    cooling_base_c: model.bases.cooling,
    heating_season: model.bases.heatingSeason,
    trend_per_year: said.trendPerYear,
  };
}

/** What was measured is certain; the error is that of what is to come. */
function forecastMonths(
  zone: Zone,
  year: RunningYear,
  forecast: Outlook['forecast'],
): z.infer<typeof ForecastMonth>[] {
  const coming = new Map<string, number>();
  for (const { index, quantity } of forecast?.coming ?? []) {
    const { year: of, month } = zone.wall(startOfDay(zone, index));
    const name = monthName(of, month - 1);
    coming.set(name, (coming.get(name) ?? 0) + quantity);
  }
  return year.months.map(({ month, actual }) => {
    const rest = coming.get(month);
    const total = rest === undefined ? actual : (actual ?? 0) + rest;
    const margin = rest === undefined ? 0 : forecast?.marginMonth;
    const half = margin === null || margin === undefined ? null : margin * (rest ?? 0);
    return {
      month,
      actual,
      forecast: total,
      low: total === null || half === null ? null : Math.max(actual ?? 0, total - half),
      high: total === null || half === null ? null : total + half,
    };
  });
}

export function splitShape(target: Target, split: SplitResult, saved: boolean): z.infer<typeof Split> {
  return {
    target: target.id,
    indicator: target.indicator,
    unit: split.unit,
    scheme: target.scheme,
    method: split.method,
    resolution: split.resolution,
    extensive: split.extensive,
    parts: split.parts.map(({ target: _, ...part }) => part),
    totals: split.totals,
    saved,
    lacks: split.lacks,
  };
}

export function waterfallShape(
  zone: Zone,
  of: Pick<Target, 'node' | 'indicator' | 'scheme'>,
  w: WaterfallOf,
): z.infer<typeof Waterfall> {
  return {
    ...of,
    unit: w.unit,
    from: zone.iso(w.span.from),
    to: zone.iso(w.span.to),
    last_from: zone.iso(w.last.from),
    last_to: zone.iso(w.last.to),
    last_year: w.lastYear,
    this_year: w.thisYear,
    difference: w.difference,
    parts: w.parts,
    completeness: { this_year: w.now.completeness, last_year: w.then.completeness },
    lacks: w.lacks,
  };
}

export function planShape({ id: _, ...plan }: Plan): z.infer<typeof PlanShape> {
  return { ...plan, measures: [...plan.measures] };
}
