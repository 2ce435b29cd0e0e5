/** Indicators and their parts; a figure that cannot be had is null, and `lacks` says why. */
import { z } from '@hono/zod-openapi';
import { INDICATORS, type IndicatorId } from '../../domain/indicator.ts';
import { CarrierName, instant, Lack, quantity, Source, share } from './common.ts';

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

export type Indicator = z.infer<typeof Indicator>;
export type IndicatorTerm = z.infer<typeof IndicatorTerm>;
export type IndicatorOther = z.infer<typeof IndicatorOther>;
export type Indicators = z.infer<typeof Indicators>;
export type IndicatorParts = z.infer<typeof IndicatorParts>;
