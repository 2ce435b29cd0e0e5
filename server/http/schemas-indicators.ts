/**
 * The shapes of indicators and what they are made of: policy items, attributes in time, classification. The
 * conventions are those of `schemas.ts`; a figure that cannot be had is null, and `lacks` says why.
 */
import { z } from '@hono/zod-openapi';
import { CLIMATE_ZONES, INSTITUTION_LEVELS, INSTITUTION_TYPES } from '../domain/classification.ts';
import { INDICATORS, type IndicatorId, LACKS } from '../domain/indicator.ts';
import { POLICY_KINDS } from '../domain/policy.ts';
import { CONFIDENCES } from '../domain/scheme.ts';
import { CarrierName, instant, quantity, share } from './schemas.ts';

const By = z.string().trim().min(1).max(100);
const day = z.string().openapi({ example: '2026-01-01' });

export const Source = z.object({ text: z.string(), confidence: z.enum(CONFIDENCES) }).openapi('Source');

export const Lack = z
  .object({
    reason: z.enum(LACKS),
    /** Attribute, carrier, quota, year … */
    what: z.string(),
    /** The node where it is to be set, where that is another one than the figure's. */
    node: z.string().optional(),
  })
  .openapi('Lack', { description: 'Why a figure is not there, or is weaker than it looks' });

export const PolicyKindName = z.enum(POLICY_KINDS);

export const PolicyItem = z
  .object({
    kind: PolicyKindName,
    id: z.string(),
    /** In the shape of the kind; see `PUT /policy/{kind}/{id}`. */
    body: z.record(z.string(), z.unknown()),
    /** builtin: shipped. own: entered here. */
    origin: z.enum(['builtin', 'own']),
    /** An own item in the place of a shipped one, which comes back when it is deleted. */
    replaces: z.boolean(),
    /** How often it was changed here. */
    changes: z.number().int(),
    changed_at: instant.nullable(),
    changed_by: z.string().nullable(),
  })
  .openapi('PolicyItem');

export const PolicyList = z
  .object({ kind: PolicyKindName, items: z.array(PolicyItem) })
  .openapi('PolicyList');

export const PolicyPut = z
  .object({
    body: z.record(z.string(), z.unknown()),
    recorded_by: By.optional(),
    /** Where it comes from, for the history, e.g. the number of a notice. */
    source: z.string().trim().min(1).max(500).optional(),
  })
  .openapi('PolicyPut');

export const PolicyHistory = z
  .object({
    kind: PolicyKindName,
    id: z.string(),
    /** Newest first; null: it was not there, or a shipped one held. */
    changes: z.array(
      z.object({
        at: instant,
        by: z.string(),
        source: z.string(),
        before: z.record(z.string(), z.unknown()).nullable(),
        after: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
    /** True where older ones are left out. */
    more: z.boolean(),
  })
  .openapi('PolicyHistory');

export const PolicyApplied = z
  .object({ created: z.number().int(), updated: z.number().int(), unchanged: z.number().int() })
  .openapi('PolicyApplied');

export const AttributeValue = z
  .object({
    /** First day on which it holds; it does until the next one. */
    from: day,
    value: z.number(),
    source: z.string().nullable(),
    recorded_by: z.string().nullable(),
    recorded_at: instant.nullable(),
  })
  .openapi('AttributeValue');

export const Classification = z
  .object({
    type: z.enum(INSTITUTION_TYPES).nullable(),
    level: z.enum(INSTITUTION_LEVELS).nullable(),
    zone: z.enum(CLIMATE_ZONES).nullable(),
    /** 6 digits of GB/T 2260, e.g. 320100. */
    region: z.string().nullable(),
  })
  .openapi('Classification');

export const Attributes = z
  .object({
    node: z.string(),
    attributes: z.array(
      z.object({
        name: z.string(),
        /** Null for one that the program does not know. */
        unit: z.string().nullable(),
        /** In order of their date; empty: not set here. */
        values: z.array(AttributeValue),
        /** Where the indicators take it from: the node itself, the sum of nodes below it, or nowhere. */
        from: z.enum(['own', 'below', 'nowhere']),
      }),
    ),
    /** What is set at the node itself. */
    classification: Classification,
    /** What holds: its own, or that of the nearest node above. */
    effective: Classification,
    /** Newest first, at most 200. */
    history: z.array(
      z.object({
        at: instant,
        by: z.string(),
        source: z.string(),
        /** Attribute name, or `classification`. */
        name: z.string(),
        before: z.unknown(),
        after: z.unknown(),
      }),
    ),
  })
  .openapi('Attributes');

export const AttributePut = z
  .object({
    /** The whole list; an empty one takes the attribute away. */
    values: z.array(
      z.object({ from: day, value: z.number(), source: z.string().trim().min(1).max(500).nullish() }),
    ),
    recorded_by: By.optional(),
  })
  .openapi('AttributePut');

export const ClassificationPut = Classification.partial()
  .extend({ recorded_by: By.optional() })
  .openapi('ClassificationPut');

const ids = INDICATORS.map((i) => i.id) as [IndicatorId, ...IndicatorId[]];
export const IndicatorName = z.enum(ids);

/** One carrier's part of a numerator. */
export const IndicatorTerm = z
  .object({
    carrier: CarrierName,
    quantity,
    unit: z.string(),
    completeness: share,
    /** kgce or kgCO₂ per `unit`; null: none needed, or none known, or several within the period. */
    coefficient: z.number().nullable(),
    /** In the unit of the numerator. */
    converted: quantity,
    /** The part of `quantity` that was entered into the book (台账), where no meter counts; null: none. */
    booked: quantity,
    /** Of the coefficient or factor. */
    source: Source.nullable(),
    /** Of a fuel counted in litres and converted by mass. */
    density: z.object({ kg_per_l: z.number(), source: Source }).nullable(),
    /** Of an emission factor: its region and year. */
    factor: z
      .object({ id: z.string(), region: z.string().nullable(), year: z.number().nullable() })
      .nullable(),
  })
  .openapi('IndicatorTerm');

/** The indicator of a period compared with. */
export const IndicatorOther = z.object({
  from: instant,
  to: instant,
  value: quantity,
  completeness: share,
  numerator: quantity,
  denominator: quantity,
  lacks: z.array(Lack),
});

export const Indicator = z
  .object({
    id: IndicatorName,
    unit: z.string(),
    value: quantity,
    /** Of energy: the scheme. */
    scheme: z.string().nullable(),
    numerator: z.object({ quantity, unit: z.string(), terms: z.array(IndicatorTerm) }),
    denominator: z
      .object({
        attribute: z.string(),
        unit: z.string(),
        /** Time-weighted over the period. */
        value: quantity,
        /** Share of the period in which it is set. */
        set: share,
        from: z.enum(['own', 'below', 'nowhere']),
      })
      .nullable(),
    /** Of the period up to the last full hour; of several carriers, that of the least complete one. */
    completeness: share,
    /** 环比: the like part of the period before. */
    previous: IndicatorOther,
    change_previous: z.number().nullable(),
    /** 同比: the like part of the same period a year ago. */
    last_year: IndicatorOther,
    change_last_year: z.number().nullable(),
    lacks: z.array(Lack),
  })
  .openapi('Indicator', {
    description:
      'value = numerator / denominator over [from, until); changes compare the same days and hours of both ' +
      'periods in the same scheme; null where either is unknown or 0',
  });

export const NodeIndicators = z.object({
  node: z.string(),
  scheme: z.object({
    id: z.string(),
    name: z.string(),
    /** asked: by the query. setting: `node` has it, null: the estate. */
    by: z.enum(['asked', 'setting']),
    node: z.string().nullable(),
  }),
  indicators: z.array(Indicator),
});

export const Indicators = z
  .object({
    from: instant,
    to: instant,
    /** The last full hour of a period that still runs; else `to`. */
    until: instant,
    nodes: z.array(NodeIndicators),
  })
  .openapi('Indicators');

/** Energy, kgce, as a share of all of it, and per m² of floor area. */
const Part = z.object({ quantity, share: z.number().nullable(), per_m2: quantity });

export const IndicatorParts = z
  .object({
    node: z.string(),
    from: instant,
    to: instant,
    until: instant,
    scheme: z.string(),
    /** Energy, kgce: the carrier heat and the meters of `heating_meters` against the rest. */
    heating: z.object({
      heating: Part,
      non_heating: Part,
      /** kgce per heated m². */
      heating_per_heated_m2: quantity,
      /** Meters that are counted as heating beside the carrier heat, and where that is set. */
      meters: z.array(z.string()),
      set_at: z.string().nullable(),
      completeness: share,
      lacks: z.array(Lack),
    }),
    /** Electricity by sub-item (分项). */
    items: z.array(
      z.object({
        /** Null: what no sub-meter accounts for. */
        item: z.string().nullable(),
        quantity,
        share: z.number().nullable(),
        meters: z.array(z.string()),
      }),
    ),
    /** Electricity in the hours 0–5, and on days off, as shares of all of it. */
    night_share: z.number().nullable(),
    holiday_share: z.number().nullable(),
    pue: z.object({
      /** False: there is no machine room, so that nothing is lacking. */
      applies: z.boolean(),
      /** 总用电量 / 信息设备用电量. */
      value: quantity,
      total: quantity,
      it: quantity,
      unit: z.string().nullable(),
      total_meters: z.array(z.string()),
      it_meters: z.array(z.string()),
      completeness: share,
      last_year: quantity,
      lacks: z.array(Lack),
    }),
  })
  .openapi('IndicatorParts');

export type PolicyItem = z.infer<typeof PolicyItem>;
export type PolicyList = z.infer<typeof PolicyList>;
export type PolicyHistory = z.infer<typeof PolicyHistory>;
export type PolicyApplied = z.infer<typeof PolicyApplied>;
export type Attributes = z.infer<typeof Attributes>;
export type Classification = z.infer<typeof Classification>;
export type Indicator = z.infer<typeof Indicator>;
export type IndicatorTerm = z.infer<typeof IndicatorTerm>;
export type IndicatorOther = z.infer<typeof IndicatorOther>;
export type Indicators = z.infer<typeof Indicators>;
export type IndicatorParts = z.infer<typeof IndicatorParts>;
