/** Quotas, and where a node stands between 引导值 and 约束值. */
import { z } from '@hono/zod-openapi';
import { EXPLANATION_STATES } from '../../domain/explanation.ts';
import { FORECAST_KINDS } from '../../domain/forecast.ts';
import { CHOICE_STATES, METRICS } from '../../domain/quota.ts';
import { NOTES, STEPS, VERDICTS } from '../../domain/standing.ts';
import { Classification } from './attributes.ts';
import { CarrierName, day, instant, Lack, quantity, Source, share } from './common.ts';

const CRITERIA = z.enum(['type', 'level', 'zone', 'region']);

export const QuotaRow = z
  .object({
    id: z.string(),
    standard: z.string(),
    metric: z.enum(METRICS),
    regions: z.array(z.string()).nullable(),
    types: z.array(z.string()).nullable(),
    levels: z.array(z.string()).nullable(),
    zones: z.array(z.string()).nullable(),
    variant: z.string().nullable(),
    unit: z.string(),
    scheme: z.string().nullable(),
    /** 约束值 (water: 通用值), 基准值, 引导值 (water: 先进值); null: the standard has none. */
    values: z.object({ constraint: quantity, base: quantity, leading: quantity }),
    from: day.nullable(),
    to: day.nullable(),
    source: Source,
  })
  .openapi('QuotaRow');

export const QuotaStep = z
  .object({
    step: z.enum(STEPS),
    /** Meter, node, exclusion or attribute; null: the institution itself. */
    what: z.string().nullable(),
    carrier: CarrierName.nullable(),
    amount: z.number(),
    unit: z.string(),
    /** What the amount is multiplied with; null: nothing. */
    times: z.number().nullable(),
    result: z.number(),
    result_unit: z.string(),
  })
  .openapi('QuotaStep', {
    description:
      'One line of the calculation. Lines of used, heating, transport, apart and projected (what is to come in ' +
      'a year that runs) add up to the numerator, ' +
      'area and area_apart to the denominator; quotient = numerator ÷ denominator; a correction multiplies.',
  });

export const QuotaProjection = z
  .object({
    /** model, or straight_line where the history is too short for one; null: nothing to go by. */
    kind: z.enum(FORECAST_KINDS).nullable(),
    /** End of the last full day that was measured. */
    until: instant,
    /** Used by then, and what is to come, in `unit`. */
    actual: z.number(),
    rest: quantity,
    unit: z.string(),
    /** 80 of 100 years end with a value between these; null: no error is known. */
    low: quantity,
    high: quantity,
    verdict_low: z.enum(VERDICTS).nullable(),
    verdict_high: z.enum(VERDICTS).nullable(),
    /** Mean error of such forecasts of a year's total in the past, as a share of it. */
    mape: z.number().nullable(),
    lacks: z.array(Lack),
  })
  .openapi('QuotaProjection', {
    description: 'A year that runs: the value is what was used so far and the forecast of the rest',
  });

export const QuotaPosition = z
  .object({
    metric: z.enum(METRICS),
    /** False: there is nothing of what it limits, such as a machine room; nothing is lacking then. */
    applies: z.boolean(),
    /** Of a metric of heating: what heats there, by its meters; `named`: by the setting heating_meters. */
    heats: z.array(z.object({ carrier: CarrierName, named: z.boolean() })),
    choice: z.object({
      state: z.enum(CHOICE_STATES),
      /** Picked by a person, not by the classification. */
      by_hand: z.boolean(),
      /** What the row asks for and the institution is not, where a person picked it. */
      misfits: z.array(CRITERIA),
      /** What nobody said of the institution, and would decide. */
      missing: z.array(CRITERIA),
      /** Rows that may hold; one of them is picked by `quotas` of the settings. */
      candidates: z.array(QuotaRow),
    }),
    // A shared schema that is made nullable is written as one that both is and is not an object.
    quota: z.union([QuotaRow, z.null()]),
    value: quantity,
    unit: z.string(),
    verdict: z.enum(VERDICTS).nullable(),
    /** 0 at 引导值, 1 at 约束值; below and above beyond them. Null where one of the two is not set. */
    way: quantity,
    /** What would have to be saved in the year to come down to each value; below 0: what is left. */
    excess: z.object({ constraint: quantity, base: quantity, leading: quantity }),
    excess_unit: z.string().nullable(),
    completeness: share,
    /** Null: the year is over, or there is no value, or it is a ratio that stands as it is. */
    projection: QuotaProjection.nullable(),
    steps: z.array(QuotaStep),
    /** Why there is no value. */
    lacks: z.array(Lack),
    /** What weakens the value, or was left out of it. */
    notes: z.array(z.object({ note: z.enum(NOTES), what: z.string() })),
    /** The explanation of this node, year and quota; null: none is due, or the year is not over. */
    explanation: z.object({ id: z.string(), state: z.enum(EXPLANATION_STATES) }).nullable(),
  })
  .openapi('QuotaPosition');

export const QuotaPositions = z
  .object({
    node: z.string(),
    /** What decides the rows. */
    classification: Classification,
    from: instant,
    to: instant,
    /** The calendar year, or null for the past 12 months. */
    year: z.number().int().nullable(),
    /** The year runs: values are projected to its end. */
    running: z.boolean(),
    positions: z.array(QuotaPosition),
  })
  .openapi('QuotaPositions');

export type QuotaRow = z.infer<typeof QuotaRow>;
export type QuotaPosition = z.infer<typeof QuotaPosition>;
export type QuotaPositions = z.infer<typeof QuotaPositions>;
