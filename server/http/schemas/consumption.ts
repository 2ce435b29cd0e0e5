/** What was used: by period, against like periods, by sub-item, node and hour of the week. */
import { z } from '@hono/zod-openapi';
import { CarrierName, instant, LevelName, quantity, share } from './common.ts';

export const ConsumptionRow = z
  .object({
    /** The meter, or the node. */
    id: z.string(),
    carrier: CarrierName,
    start: instant,
    quantity,
    unit: z.string(),
    measured: quantity,
    recovered: quantity,
    estimated: quantity,
    completeness: share,
  })
  .openapi('ConsumptionRow');

export const Consumption = z
  .object({ by: LevelName, from: instant, to: instant, rows: z.array(ConsumptionRow) })
  .openapi('Consumption');

/** A quantity of a period, with the period. */
export const PeriodQuantity = z.object({ from: instant, to: instant, quantity, completeness: share });

export const Comparison = z
  .object({
    /** From the period's start to now, the running hour included. */
    from: instant,
    to: instant,
    quantity,
    /** Share of the period up to the last full hour that measured intervals cover. */
    completeness: share,
    /** The same without the running hour: what the comparisons below are made with. */
    basis: PeriodQuantity,
    /** 环比: the like part of the period before. */
    previous: PeriodQuantity,
    change_previous: z.number().nullable(),
    /** 同比: the like part of the same period a year ago. */
    last_year: PeriodQuantity,
    change_last_year: z.number().nullable(),
  })
  .openapi('LikePeriod', { description: 'change = basis / other − 1; null where either is unknown or 0' });

export const CarrierSummary = z.object({
  carrier: CarrierName,
  unit: z.string(),
  /** Mean instead of sum (temperatures). */
  gauge: z.boolean(),
  today: Comparison,
  month: Comparison,
  year: Comparison,
});

export const Summary = z
  .object({ node: z.string(), now: instant, carriers: z.array(CarrierSummary) })
  .openapi('Summary');

export const Shares = z
  .object({
    node: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    total: quantity,
    completeness: share,
    items: z.array(
      z.object({
        /** Sub-item code; null: what no sub-meter accounts for. */
        item: z.string().nullable(),
        quantity,
        share: z.number().nullable(),
        meters: z.array(z.string()),
      }),
    ),
  })
  .openapi('Shares');

export const Ranking = z
  .object({
    node: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    rows: z.array(
      z.object({
        node: z.string(),
        quantity,
        completeness: share,
        share: z.number().nullable(),
        floor_area_m2: z.number().nullable(),
        per_m2: z.number().nullable(),
        people: z.number().nullable(),
        per_person: z.number().nullable(),
        last_year: quantity,
        change_last_year: z.number().nullable(),
      }),
    ),
  })
  .openapi('Ranking', { description: 'The nodes directly below, largest first' });

export const LoadProfile = z
  .object({
    id: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    /** weekday 1 Monday – 7 Sunday, hour 0–23 of the local clock; mean quantity of that hour. */
    cells: z.array(
      z.object({
        weekday: z.number().int(),
        hour: z.number().int(),
        mean: z.number(),
        hours: z.number().int(),
      }),
    ),
    /** Mean of the hours 0–5 on working days, quantity per hour. */
    night_base: quantity,
    /** Mean of the hours 9–17 on non-working days. */
    weekend_base: quantity,
    /** Mean of the hours 9–17 on working days. */
    working_mean: quantity,
    night_share: z.number().nullable(),
    holiday_share: z.number().nullable(),
  })
  .openapi('LoadProfile');

export type ConsumptionRow = z.infer<typeof ConsumptionRow>;
export type Consumption = z.infer<typeof Consumption>;
export type PeriodQuantity = z.infer<typeof PeriodQuantity>;
export type Comparison = z.infer<typeof Comparison>;
export type CarrierSummary = z.infer<typeof CarrierSummary>;
export type Summary = z.infer<typeof Summary>;
export type Shares = z.infer<typeof Shares>;
export type Ranking = z.infer<typeof Ranking>;
export type LoadProfile = z.infer<typeof LoadProfile>;
