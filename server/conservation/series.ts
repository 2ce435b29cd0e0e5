import { MICRO } from '../domain/advance.ts';
import { type BookCarrier, isBookCarrier } from '../domain/book.ts';
import { type Booked, bookedBetween, bookedCompleteness, bookedIn } from '../domain/booked.ts';
import { quantityUnit } from '../domain/consumption.ts';
import { type AnyMeter, type Estate, isVirtual, type Term } from '../domain/estate.ts';
import type { Carrier, Meter, VirtualMeter } from '../domain/meter.ts';
import { type Amount, NOTHING } from '../domain/rollup.ts';
import { HOUR_MS } from '../domain/time.ts';

/**
 * What is added up: one meter, real or virtual, or the outermost meters of a node for one carrier. A meter
 * that is unknown is missing from the sum, and the completeness says so.
 */
export interface Series {
  /** The meter, or the node. */
  id: string;
  carrier: Carrier;
  unit: string;
  /** The mean over time and meters instead of the sum. */
  gauge: boolean;
  /** Each counts once. */
  meters: readonly Meter[];
  /** Each counts like one more meter; see `parts.ts`. */
  parts: readonly Part[];
  /** What no meter counts and people entered, by month; of a meter there is none. */
  booked: readonly Booked[];
}

/** Meters with factors that say something only together: a virtual meter, or what is drawn and fed back. */
export type Part = readonly Term[];

/** What is known of a period, in the unit of the series; null: nothing. */
export interface Figure {
  quantity: number | null;
  measured: number | null;
  recovered: number | null;
  estimated: number | null;
  /** Share of the period that measured intervals cover, over all meters, 0–1. */
  completeness: number;
}

/** What the meter itself counts, whatever its direction. */
export function meterSeries(meter: Meter): Series {
  return { id: meter.id, carrier: meter.carrier, ...kindOf(meter), meters: [meter], parts: [], booked: [] };
}

export function virtualSeries(estate: Estate, virtual: VirtualMeter): Series {
  const { id, carrier } = virtual;
  const parts = [estate.terms(id)];
  return { id, carrier, ...kindOf(realOf(estate, virtual)), meters: [], parts, booked: [] };
}

/**
 * What a node uses, per carrier: the sum of its outermost meters and of what is booked where none stands. The catalogue sees to it that the meters
 * of a carrier count in one unit; gauges it leaves alone, so those of another unit make a series each, after
 * the one with the most meters. What is booked in a unit that does not convert to that of the meters makes a
 * series too.
 */
export function nodeSeries(estate: Estate, node: string, carrier?: Carrier): Series[] {
  const booked = estate.booked(node);
  const carriers = carrier ? [carrier] : new Set([...estate.carriers(node), ...booked.keys()]);
  return [...carriers].flatMap((c) => {
    const addable = Map.groupBy(estate.outermost(node, c), (m) => {
      const { gauge, unit } = kindOf(realOf(estate, m));
      return `${gauge} ${unit}`;
    });
    const metered = [...addable.values()]
      .sort((a, b) => b.length - a.length)
      .map((meters) => seriesOf(estate, node, meters));
    return withBooked(node, c, metered, (isBookCarrier(c) && booked.get(c)) || []);
  });
}

/** Adds what is booked to the series of its unit, the first one that is none of gauges. */
function withBooked(
  node: string,
  carrier: Carrier,
  metered: Series[],
  booked: readonly Booked[],
): readonly Series[] {
  const [first] = booked;
  if (!first) return metered;
  const index = metered.findIndex((s) => !s.gauge);
  const beside = metered[index];
  const same = beside && booked.flatMap((b) => bookedIn(b, beside.unit) ?? []);
  if (beside && same?.length === booked.length) return metered.with(index, { ...beside, booked: same });
  const { unit } = first;
  return [...metered, { id: node, carrier, unit, gauge: false, meters: [], parts: [], booked }];
}

/** A series of meters of a node with what is booked of the carrier there. */
export function completed(estate: Estate, series: Series): Series {
  const booked = estate.booked(series.id).get(series.carrier as BookCarrier) ?? [];
  return { ...series, booked: booked.flatMap((b) => bookedIn(b, series.unit) ?? []) };
}

/** What is booked of a series in [from, to), like what its meters count; undefined: nothing. */
export function bookedAmount(series: Series, from: number, to: number): Amount | undefined {
  let measured: number | undefined;
  for (const booked of series.booked) {
    const micro = bookedBetween(booked, from, to);
    if (micro !== null) measured = (measured ?? 0) + micro;
  }
  if (measured === undefined) return undefined;
  // Beside meters only these say what share of the time is measured.
  const alone = weight(series) === 0 ? bookedCompleteness(series.booked, from, to) * (to - from) : 0;
  return { ...NOTHING, measured, coveredMs: alone };
}

/** @param meters at least one, all of one carrier and unit */
export function seriesOf(estate: Estate, id: string, meters: readonly AnyMeter[]): Series {
  const first = meters[0] as AnyMeter;
  const own: Meter[] = [];
  const parts: Part[] = [];
  for (const group of balanced(estate, meters)) {
    const [only] = group;
    if (group.length === 1 && only && !isVirtual(only) && only.direction === 'in') own.push(only);
    else parts.push(termsOf(estate, group));
  }
  return { id, carrier: first.carrier, ...kindOf(realOf(estate, first)), meters: own, parts, booked: [] };
}

/** Meters as one sum: virtual ones resolved, those that count what is fed back subtracted. */
export function termsOf(estate: Estate, meters: readonly AnyMeter[]): Part {
  const factors = new Map<Meter, number>();
  for (const m of meters) {
    const sign = !isVirtual(m) && m.direction === 'out' ? -1 : 1;
    for (const { meter, factor } of estate.terms(m.id)) {
      factors.set(meter, (factors.get(meter) ?? 0) + sign * factor);
    }
  }
  return [...factors].flatMap(([meter, factor]) => (factor === 0 ? [] : [{ meter, factor }]));
}

/**
 * Each meter by itself, but one that counts what is fed back together with those it is subtracted from: the
 * meters of the smallest node around it that has any. Without them it would be a consumption below zero, and
 * they without it one that is too large, so they are known together or not at all.
 */
function balanced(estate: Estate, meters: readonly AnyMeter[]): AnyMeter[][] {
  const isOut = (m: AnyMeter): boolean => !isVirtual(m) && m.direction === 'out';
  const groupOf = new Map(meters.map((m) => [m, [m]]));
  for (const out of meters.filter(isOut)) {
    for (const { id } of estate.path(out.node).reverse()) {
      const around = new Set(estate.subtree(id).map((n) => n.id));
      const beside = meters.filter((m) => !isOut(m) && around.has(m.node));
      if (beside.length === 0) continue;
      const joined = [...new Set([out, ...beside].flatMap((m) => groupOf.get(m) ?? []))];
      for (const m of joined) groupOf.set(m, joined);
      break;
    }
  }
  return [...new Set(groupOf.values())];
}

function kindOf(meter: Meter): { unit: string; gauge: boolean } {
  return { unit: quantityUnit(meter), gauge: meter.register === 'gauge' };
}

/** The meter, or the first real one that a virtual one is made of: all of them have one unit. */
function realOf(estate: Estate, meter: AnyMeter): Meter {
  let at = meter;
  while (isVirtual(at)) {
    const id = at.plus[0] ?? '';
    const part = estate.meter(id) ?? estate.virtual(id);
    if (!part) throw new Error(`virtual meter ${JSON.stringify(at.id)} has no part ${JSON.stringify(id)}`);
    at = part;
  }
  return at;
}

/** How many meters the completeness is the mean of. */
export function weight(series: Series): number {
  return series.meters.length + series.parts.length;
}

/**
 * @param amount sum over the series, micro; undefined: nothing is known
 * @param spanMs length of the period, or of its elapsed part
 */
export function figureOf(series: Series, amount: Readonly<Amount> | undefined, spanMs: number): Figure {
  const completeness = coverage(
    amount?.coveredMs ?? 0,
    spanMs,
    weight(series) || (series.booked.length && 1),
  );
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

/**
 * What is booked is as complete as its months, meters as the time that they cover; both together as the worse.
 * @param coveredMs as of an amount of the series over the span
 */
export function completenessOf(
  series: Series,
  coveredMs: number,
  { from, to }: { from: number; to: number },
): number {
  const meters = weight(series);
  const measured = coverage(coveredMs, to - from, meters);
  if (series.booked.length === 0) return measured;
  const booked = bookedCompleteness(series.booked, from, to);
  return meters === 0 ? booked : Math.min(measured, booked);
}

/** now / then − 1; null where either is unknown or `then` is 0, and for gauges, which have no ratio. */
export function change(series: Series, now: number | null, then: number | null): number | null {
  if (series.gauge || now === null || then === null || then === 0) return null;
  return now / then - 1;
}
