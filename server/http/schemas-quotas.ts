/**
 * The shapes of what an institution is held against and compared with: quotas, explanations, comparison,
 * publicity. The conventions are those of `schemas.ts`.
 */
import { z } from '@hono/zod-openapi';
import { EXPLANATION_ACTIONS, EXPLANATION_STATES } from '../domain/explanation.ts';
import { FORECAST_KINDS } from '../domain/forecast.ts';
import { NODE_KINDS } from '../domain/meter.ts';
import { CHOICE_STATES, METRICS } from '../domain/quota.ts';
import { CONFIDENCES } from '../domain/scheme.ts';
import { NOTES, STEPS, VERDICTS } from '../domain/standing.ts';
import { CarrierName, instant, quantity, share } from './schemas.ts';
import { Classification, IndicatorName, Lack, Source } from './schemas-indicators.ts';

const day = z.string().openapi({ example: '2026-01-01' });
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
    quota: QuotaRow.nullable(),
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

export const ExplanationEvent = z.object({
  action: z.enum(EXPLANATION_ACTIONS),
  at: instant,
  by: z.string(),
  text: z.string(),
  /** The position that it speaks of, as it was then. */
  figure: z
    .object({ value: z.number(), constraint: z.number(), unit: z.string(), completeness: share })
    .nullable(),
});

export const Explanation = z
  .object({
    id: z.string(),
    node: z.string(),
    name: z.string(),
    year: z.number().int(),
    quota: z.string(),
    standard: z.string().nullable(),
    metric: z.enum(METRICS).nullable(),
    state: z.enum(EXPLANATION_STATES),
    /** As it is computed now; null: it cannot be. */
    value: quantity,
    constraint: quantity,
    unit: z.string().nullable(),
    completeness: share.nullable(),
    /** False: by what is known now it is within the quota. Null: cannot be told. */
    over: z.boolean().nullable(),
    /** Oldest first; never changed, only added to. */
    history: z.array(ExplanationEvent),
  })
  .openapi('Explanation');

export const Explanations = z
  .object({
    node: z.string(),
    year: z.number().int(),
    explanations: z.array(Explanation),
    /** Institutions whose positions could not be told, and why, so that none is missed. */
    unknown: z.array(z.object({ node: z.string(), name: z.string(), lacks: z.array(Lack) })),
  })
  .openapi('Explanations');

const By = z.string().trim().min(1).max(100);
export const SubmitBody = z
  .object({
    node: z.string().min(1),
    year: z.number().int().min(1970).max(2100),
    quota: z.string().min(1),
    text: z.string().trim().min(1).max(5000),
    by: By,
  })
  .openapi('ExplanationSubmit');
export const ReviewBody = z
  .object({
    action: z.enum(['accept', 'return']),
    /** Remarks; a return has some. */
    text: z.string().trim().max(5000).default(''),
    by: By,
  })
  .openapi('ExplanationReview');

export const ComparisonRow = z
  .object({
    node: z.string(),
    name: z.string(),
    /** 1 is the lowest; null where there is no value. Equal values share a rank. */
    rank: z.number().int().nullable(),
    /** 1: the lowest quarter, 4: the highest. */
    quartile: z.number().int().min(1).max(4).nullable(),
    value: quantity,
    completeness: share,
    /** The like period before: 同比 a year ago. */
    previous: z.object({ value: quantity, rank: z.number().int().nullable(), completeness: share }),
    /** previous.rank − rank: above 0, it moved up to a lower figure. */
    movement: z.number().int().nullable(),
    change: quantity,
    lacks: z.array(Lack),
    notes: z.array(z.object({ note: z.enum(NOTES), what: z.string() })),
  })
  .openapi('ComparisonRow');

export const Comparison = z
  .object({
    node: z.string(),
    indicator: IndicatorName,
    unit: z.string(),
    scheme: z.string().nullable(),
    type: z.string().nullable(),
    level: z.string().nullable(),
    from: instant,
    to: instant,
    previous_from: instant,
    previous_to: instant,
    /** Quarter points of the values; null with fewer than 4. */
    quartiles: z.object({ q1: z.number(), median: z.number(), q3: z.number() }).nullable(),
    /** Ranked first, then those without a value. */
    rows: z.array(ComparisonRow),
    /** The kinds of institutions that there are below the node, to choose from. */
    kinds: z.array(
      z.object({ type: z.string().nullable(), level: z.string().nullable(), count: z.number() }),
    ),
  })
  .openapi('Comparison');

const Shown = z.object({
  indicator: IndicatorName,
  value: quantity,
  unit: z.string(),
  scheme: z.string().nullable(),
  completeness: share,
  /** The like period of the year before. */
  last_year: quantity,
  last_year_completeness: share,
  change: quantity,
  lacks: z.array(Lack),
});

export const Publicity = z
  .object({
    node: z.string(),
    name: z.string(),
    kind: z.enum(NODE_KINDS),
    year: z.number().int(),
    from: instant,
    /** The end of what is shown: of the year, or the last full hour of a running one. */
    to: instant,
    running: z.boolean(),
    /** Time-weighted over what is shown. */
    floor_area_m2: quantity,
    people: quantity,
    /** Institutions below; 0 for an institution itself. */
    institutions: z.number().int(),
    figures: z.array(Shown),
    /** Carriers in their own units. */
    carriers: z.array(
      z.object({
        carrier: CarrierName,
        value: quantity,
        unit: z.string(),
        completeness: share,
        last_year: quantity,
        last_year_completeness: share,
        change: quantity,
      }),
    ),
    /** The target of the year for each indicator that has one. */
    targets: z.array(
      z.object({
        indicator: IndicatorName,
        unit: z.string(),
        scheme: z.string().nullable(),
        base_year: z.number().int(),
        base: quantity,
        target: quantity,
        value: quantity,
        /** value ÷ target − 1; null in a running year, which cannot be held against a whole one. */
        gap: quantity,
      }),
    ),
    /** Of an institution, the quotas that it has a position in; the past 12 months in a running year. */
    quotas: z.array(
      z.object({
        metric: z.enum(METRICS),
        standard: z.string(),
        confidence: z.enum(CONFIDENCES),
        value: z.number(),
        unit: z.string(),
        values: z.object({ constraint: quantity, base: quantity, leading: quantity }),
        verdict: z.enum(VERDICTS).nullable(),
      }),
    ),
    quotas_from: instant,
    quotas_to: instant,
  })
  .openapi('Publicity', { description: 'What may hang in a lobby; it names no person' });

export type QuotaRow = z.infer<typeof QuotaRow>;
export type QuotaPosition = z.infer<typeof QuotaPosition>;
export type QuotaPositions = z.infer<typeof QuotaPositions>;
export type Explanation = z.infer<typeof Explanation>;
export type Explanations = z.infer<typeof Explanations>;
export type Comparison = z.infer<typeof Comparison>;
export type ComparisonRow = z.infer<typeof ComparisonRow>;
export type Publicity = z.infer<typeof Publicity>;
