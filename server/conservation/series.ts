import { MICRO } from '../domain/advance.ts';
import { quantityUnit } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Carrier, Meter } from '../domain/meter.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import { HOUR_MS } from '../domain/time.ts';

/** What is added up: one meter, or the outermost meters of a node for one carrier. */
export interface Series {
  /** The meter, or the node. */
  id: string;
  carrier: Carrier;
  unit: string;
  /** The mean over time and meters instead of the sum. */
  gauge: boolean;
  meters: readonly Meter[];
}

/** What is known of a period, in the unit of the series; null: nothing. */
export interface Figure {
  quantity: number | null;
  measured: number | null;
  recovered: number | null;
  estimated: number | null;
  /** Share of the period that measured intervals cover, over all meters, 0–1. */
  completeness: number;
}

export function meterSeries(meter: Meter): Series {
  return seriesOf(meter.id, [meter]);
}

/**
 * What a node uses, per carrier: the sum of its outermost meters. The catalogue sees to it that the meters
 * of a carrier count in one unit; gauges it leaves alone, so those of another unit make a series each, after
 * the one with the most meters.
 */
export function nodeSeries(estate: Estate, node: string, carrier?: Carrier): Series[] {
  const carriers = carrier ? [carrier] : estate.carriers(node);
  return carriers.flatMap((c) => {
    const addable = Map.groupBy(
      estate.outermost(node, c),
      (m) => `${m.register === 'gauge'} ${quantityUnit(m)}`,
    );
    return [...addable.values()].sort((a, b) => b.length - a.length).map((meters) => seriesOf(node, meters));
  });
}

/** @param meters at least one, all of one carrier and unit */
export function seriesOf(id: string, meters: readonly Meter[]): Series {
  const first = meters[0] as Meter;
  return { id, carrier: first.carrier, unit: quantityUnit(first), gauge: first.register === 'gauge', meters };
}

/** The sum of the meters of a series; undefined where nothing is known. */
export function sumOf(meters: readonly Meter[], amounts: ReadonlyMap<number, Amount>): Amount | undefined {
  let out: Amount | undefined;
  for (const { no } of meters) {
    const amount = amounts.get(no);
    if (amount) out = plus(out ?? NOTHING, amount);
  }
  return out;
}

/**
 * @param amount sum over the meters of the series, micro; undefined: nothing is known
 * @param spanMs length of the period, or of its elapsed part
 */
export function figureOf(series: Series, amount: Readonly<Amount> | undefined, spanMs: number): Figure {
  const completeness = coverage(amount?.coveredMs ?? 0, spanMs, series.meters.length);
  // A gauge's amount is an integral over hours, so its mean is that divided by the hours covered.
  const per = series.gauge ? MICRO * ((amount?.coveredMs ?? 0) / HOUR_MS) : MICRO;
  if (!amount || per === 0) {
    return { quantity: null, measured: null, recovered: null, estimated: null, completeness };
  }
  const { measured, recovered, estimated } = amount;
  return {
    quantity: (measured + recovered + estimated) / per,
    measured: measured / per,
    recovered: recovered / per,
    estimated: estimated / per,
    completeness,
  };
}

/** Covered time as a share of a span, over a number of meters; 0 where there is nothing to cover. */
export function coverage(coveredMs: number, spanMs: number, meters: number): number {
  const whole = spanMs * meters;
  return whole > 0 ? Math.min(1, Math.max(0, coveredMs / whole)) : 0;
}

/** now / then − 1; null where either is unknown or `then` is 0, and for gauges, which have no ratio. */
export function change(series: Series, now: number | null, then: number | null): number | null {
  if (series.gauge || now === null || then === null || then === 0) return null;
  return now / then - 1;
}
