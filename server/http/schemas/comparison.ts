/** Institutions of one kind beside each other, and what is shown to anybody (公示). */
import { z } from '@hono/zod-openapi';
import { NODE_KINDS } from '../../domain/meter.ts';
import { METRICS } from '../../domain/quota.ts';
import { CONFIDENCES } from '../../domain/scheme.ts';
import { NOTES, VERDICTS } from '../../domain/standing.ts';
import { CarrierName, instant, Lack, quantity, share } from './common.ts';
import { IndicatorName } from './indicators.ts';

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

export type Comparison = z.infer<typeof Comparison>;
export type ComparisonRow = z.infer<typeof ComparisonRow>;
export type Publicity = z.infer<typeof Publicity>;
