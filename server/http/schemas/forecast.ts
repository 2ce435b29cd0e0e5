/** Where a year ends, and why a period differs from the one a year ago. Units as in `targets.ts`. */
import { z } from '@hono/zod-openapi';
import { FORECAST_KINDS } from '../../domain/forecast.ts';
import { WATERFALL_CAUSES } from '../../domain/waterfall.ts';
import { day, instant, Lack, month, quantity, share, year } from './common.ts';
import { IndicatorName } from './indicators.ts';

export const ForecastMonth = z.object({
  month,
  /** What was measured of the month; null: nothing yet. */
  actual: quantity,
  /** Measured and what is to come. */
  forecast: quantity,
  low: quantity,
  high: quantity,
});

export const Backtest = z
  .object({
    /** Past days at which a forecast was made with what was known then. */
    cuts: z.array(day),
    horizon_days: z.number().int(),
    /** Of the model in the forecast; the rest is as last year, weekday for weekday. What the past tells to be best. */
    model_share: share,
    /** Mean error of a year's total, as a share of it. */
    mape: z.number(),
    /** The same of "as last year" and of "a straight line". */
    mape_last_year: z.number(),
    mape_straight_line: z.number(),
    /** Of the days, and of the months, that the model was fitted to: ASHRAE Guideline 14 allows 15 % for months. */
    cv_rmse_day: z.number(),
    cv_rmse_month: z.number(),
    /** Whether the model may be trusted to take weather and working days out. */
    holds: z.boolean(),
  })
  .openapi('Backtest');

export const ForecastShape = z
  .object({
    node: z.string(),
    indicator: IndicatorName,
    scheme: z.string().nullable(),
    year,
    /** Of the quantities. */
    unit: z.string(),
    /** model, or straight_line where the model refuses; `lacks` says why. null: there is nothing to go by. */
    kind: z.enum(FORECAST_KINDS).nullable(),
    /** Up to when it was measured. */
    until: instant,
    completeness: share,
    actual: quantity,
    /** The year's end. */
    total: quantity,
    /** 80 of 100 years end between these; null: no error is known. */
    low: quantity,
    high: quantity,
    /** The same in the unit of the indicator. */
    value: quantity,
    value_low: quantity,
    value_high: quantity,
    value_unit: z.string(),
    denominator: quantity,
    months: z.array(ForecastMonth),
    /** What the model says in plain words; null: no model. */
    model: z
      .object({
        days: z.number().int(),
        from: day,
        to: day,
        /** Quantity of a working day without heating or cooling, of a day off likewise. */
        working_day: z.number(),
        day_off: z.number(),
        /** Per degree-day of a working day; null: no outdoor temperature, or no such need. */
        per_heating_degree_day: z.number().nullable(),
        per_cooling_degree_day: z.number().nullable(),
        heating_base_c: z.number().nullable(),
        cooling_base_c: z.number().nullable(),
        /** Heating counts only from 15 November to 15 March. */
        heating_season: z.boolean(),
        /** Change of the level in a year, as a share of it. */
        trend_per_year: z.number(),
      })
      .nullable(),
    backtest: Backtest.nullable(),
    lacks: z.array(Lack),
  })
  .openapi('Forecast');

export const Waterfall = z
  .object({
    node: z.string(),
    indicator: IndicatorName,
    scheme: z.string().nullable(),
    unit: z.string(),
    from: instant,
    to: instant,
    last_from: instant,
    last_to: instant,
    last_year: quantity,
    this_year: quantity,
    /** The parts add up to this, exactly to the sixth decimal. */
    difference: quantity,
    parts: z.array(z.object({ cause: z.enum(WATERFALL_CAUSES), amount: quantity, lacks: z.array(Lack) })),
    completeness: z.object({ this_year: share, last_year: share }),
    lacks: z.array(Lack),
  })
  .openapi('Waterfall', {
    description:
      'Why a period differs from the same one a year ago; null: cannot be told, and is in the rest',
  });
