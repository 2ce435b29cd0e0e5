/**
 * The shapes of targets: their years, the year that runs, its forecast, their parts, what explains a
 * difference, and plans. A value is in the unit of the indicator
 * (kgce/m²), a quantity in that of its numerator (kgce); with an indicator without denominator they are one.
 */
import { z } from '@hono/zod-openapi';
import { BASES } from '../../domain/curve.ts';
import { SPLIT_METHODS } from '../../domain/target.ts';
import { TARGET_VERDICTS } from '../../domain/verdict.ts';
import { author, day, instant, Lack, month, quantity, share, year } from './common.ts';
import { ForecastShape } from './forecast.ts';
import { IndicatorName } from './indicators.ts';
import { PlanShape } from './plans.ts';

export const PathShape = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('linear'), reduction: z.number() }),
    z.object({ kind: z.literal('compound'), reduction: z.number() }),
    z.object({ kind: z.literal('values'), values: z.array(z.object({ year, value: z.number() })) }),
  ])
  .openapi('TargetPath');

export const TargetShape = z
  .object({
    id: z.string(),
    node: z.string(),
    indicator: IndicatorName,
    unit: z.string(),
    scheme: z.string().nullable(),
    base_year: year,
    end_year: year,
    path: PathShape,
    /** Where it comes from: the target that it is a part of, and how it was split; null: set here. */
    from: z
      .object({ id: z.string(), node: z.string().nullable(), split: z.enum(SPLIT_METHODS).nullable() })
      .nullable(),
    note: z.string().nullable(),
  })
  .openapi('Target');

export const Base = z.object({
  value: quantity,
  /** measured: computed from data. entered: stated with a source. */
  kind: z.enum(['measured', 'entered']),
  source: z.string().nullable(),
  completeness: share.nullable(),
  lacks: z.array(Lack),
});

export const TargetYear = z
  .object({
    year,
    state: z.enum(['past', 'running', 'future']),
    /** What the year is to reach. */
    target: quantity,
    /** The share by which that is below the base. */
    reduction: z.number().nullable(),
    /** What the year came to; of the running one null, see `current`. */
    actual: quantity,
    completeness: share.nullable(),
    met: z.boolean().nullable(),
    lacks: z.array(Lack),
  })
  .openapi('TargetYear');

/** A number of the year so far against the curve. */
const Standing = z.object({
  actual: z.number(),
  expected: z.number(),
  /** actual − expected; above 0: more was used than the curve allows. */
  difference: z.number(),
  /** difference / expected */
  share: z.number().nullable(),
});

export const CurveMonth = z.object({
  month,
  /** Of the year's quantity, 0–1; the twelve add up to 1. */
  share: z.number(),
  planned: quantity,
  planned_total: quantity,
  /** Null: to come, or not known. */
  actual: quantity,
  actual_total: quantity,
  completeness: share.nullable(),
  /** The whole month a year ago. */
  last_year: quantity,
});

export const Current = z
  .object({
    year,
    /** End of the last full day that counts. */
    until: instant,
    target: quantity,
    /** What the numerator may come to: target × denominator. */
    budget: quantity,
    quantity_unit: z.string(),
    /** Mean of the year; a value that is set for a later day counts from then. Null: the indicator has none, or it is not set. */
    denominator: quantity,
    actual: quantity,
    completeness: share,
    curve: z.array(CurveMonth),
    curve_basis: z
      .object({
        kind: z.enum(BASES),
        /** Whose history it is. */
        node: z.string().nullable(),
        years: z.array(year),
      })
      .nullable(),
    raw: Standing.nullable(),
    /** With degree-days and working days as in the years of the curve; null where the model does not hold. */
    adjusted: Standing.extend({ weather: z.number().nullable(), working_days: z.number() }).nullable(),
    remaining: z
      .object({
        /** budget − actual; below 0: passed. */
        quantity: z.number(),
        months: z.number(),
        per_month: z.number().nullable(),
        working_days: z.number().int(),
        per_working_day: z.number().nullable(),
        /** The budget of each month that is left, by the curve. */
        by_month: z.array(z.object({ month, quantity: z.number() })),
      })
      .nullable(),
    /** The day on which the budget is passed if nothing changes; null: not in this year. */
    passed_on: day.nullable(),
    verdict: z.enum(TARGET_VERDICTS),
    lacks: z.array(Lack),
  })
  .openapi('TargetCurrent');

export const TargetView = TargetShape.extend({
  base: Base,
  years: z.array(TargetYear),
  /** Null outside the years of the target. */
  current: Current.nullable(),
  forecast: ForecastShape.nullable(),
}).openapi('TargetView');

export const TargetList = z
  .object({
    node: z.string(),
    now: instant,
    targets: z.array(TargetView),
    /** Targets of nodes above that are not split down to here. */
    above: z.array(TargetShape),
    plan: PlanShape.nullable(),
  })
  .openapi('Targets');

export const TargetPart = z
  .object({
    node: z.string(),
    name: z.string(),
    /** Its own target out of this one; null: none. */
    target: z.string().nullable(),
    /** What it may use in the running year; null: no target. */
    budget: quantity,
    actual: quantity,
    /** The same days of last year. */
    last_year: quantity,
    /** actual − what the curve allows up to now; null: no target. */
    difference: quantity,
    change: z.number().nullable(),
    completeness: share,
  })
  .openapi('TargetPart');

export const TargetDetail = TargetView.extend({
  /** The nodes directly below, those that are the furthest above first. */
  parts: z.array(TargetPart),
  /** How it was measured out last, as it would be asked for again; null: it was not. */
  split: z
    .object({
      method: z.enum(SPLIT_METHODS),
      nodes: z.array(z.string()),
      by_hand: z.record(z.string(), z.number()),
    })
    .nullable(),
}).openapi('TargetDetail');

export const TargetBody = z
  .object({
    node: z.string().min(1),
    indicator: IndicatorName,
    scheme: z.string().nullable().default(null),
    base_year: year,
    base: z.object({ value: z.number(), source: z.string() }).nullable().default(null),
    end_year: year,
    path: PathShape,
    note: z.string().nullable().default(null),
    recorded_by: author.optional(),
  })
  .openapi('TargetBody', {
    description: 'What a target becomes; `base` only where no meter tells the base year',
  });

export const SplitBody = z
  .object({
    method: z.enum(SPLIT_METHODS),
    /** The nodes that get a part; without it those directly below. */
    nodes: z.array(z.string()).max(5000).optional(),
    /** author hand: the part of each (amounts), or its own reduction (per m², per person). */
    by_hand: z.record(z.string(), z.number()).optional(),
    /** Step of the parts, in the unit of the indicator. */
    resolution: z.number().positive().optional(),
    save: z.boolean().default(false),
    recorded_by: z.string().trim().min(1).max(100).optional(),
  })
  .openapi('SplitBody');

export const SplitPart = z.object({
  node: z.string(),
  name: z.string(),
  /** What it is measured out by: base value, m², people, 1; null: not known. */
  weight: quantity,
  base: quantity,
  /** In the end year. */
  value: quantity,
  reduction: z.number().nullable(),
  years: z.array(z.object({ year, value: quantity })),
  lacks: z.array(Lack),
});

export const Split = z
  .object({
    target: z.string(),
    indicator: IndicatorName,
    unit: z.string(),
    scheme: z.string().nullable(),
    method: z.enum(SPLIT_METHODS),
    resolution: z.number().nullable(),
    extensive: z.boolean(),
    parts: z.array(SplitPart),
    /** Of amounts, by year: the whole, what the parts add up to, and the rest that nobody has. */
    totals: z.array(z.object({ year, whole: quantity, parts: quantity, remainder: quantity })),
    saved: z.boolean(),
    lacks: z.array(Lack),
  })
  .openapi('Split');
