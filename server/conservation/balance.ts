import { MICRO, whole } from '../domain/advance.ts';
import { type AnyMeter, type Estate, isVirtual } from '../domain/estate.ts';
import type { Carrier, Meter } from '../domain/meter.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { combined } from './parts.ts';
import {
  coverage,
  type Figure,
  figureOf,
  meterSeries,
  nodeSeries,
  type Part,
  type Series,
} from './series.ts';
import { amountsOfAll, cut, type Span } from './spans.ts';
import { together } from './together.ts';

/** negative: the meters below show more than the main. unknown: there is no time that all are known for. */
export type BalanceState = 'ok' | 'gap' | 'negative' | 'unknown';

export interface ChildBalance extends Figure {
  meter: AnyMeter;
}

/** Quantities in the unit of the balance; null: unknown. */
export interface MainBalance {
  meter: Meter;
  quantity: number | null;
  /** Of the least complete of the main and those below it. */
  completeness: number;
  /** Sum of those below. */
  below: number | null;
  /** What is not accounted for: quantity − below. */
  gap: number | null;
  /** Of the main; null where it used nothing. */
  share: number | null;
  state: BalanceState;
  /** As they count in `below`: what is fed back is less than 0. */
  children: ChildBalance[];
}

export interface BalanceOf extends Span {
  unit: string;
  mains: MainBalance[];
}

interface Child {
  meter: AnyMeter;
  series: Series;
}

/** A main and what stands directly below it. */
interface Main {
  meter: Meter;
  children: readonly Child[];
  /** The numbers of all real meters that take part. */
  meters: readonly number[];
}

/** More than this share of a main above it is no inaccuracy of meters any more. */
const NEGATIVE_SHARE = 0.001;
const ORDER: readonly BalanceState[] = ['negative', 'gap', 'unknown', 'ok'];

/**
 * Every main at a node or below it, held against the meters whose upstream meter it is.
 *
 * Main and sub-meters are compared over the same time, or the minutes between two reports would be a loss:
 * of a period that still runs up to the last full hour, and of that, as of a past with gaps, those whole hours
 * that are known for the main and all below it (`together.ts`). All quantities of a main are of that time, and
 * its completeness says how much of the span it is. Where there is none each meter shows what it has alone.
 *
 * A virtual meter that is made of the main itself is what the balance looks for, so it is not held against it.
 * @param limit share of the main above which a gap is too large, 0–1
 * @returns null when the node has no meter of the carrier
 */
export async function balanceOf(
  timeseries: TimeSeries,
  estate: Estate,
  node: string,
  carrier: Carrier,
  span: Span,
  limit: number,
  now: number,
): Promise<BalanceOf | null> {
  const [series] = nodeSeries(estate, node, carrier);
  if (!series) return null;
  const { zone } = estate;
  const past = { from: span.from, to: Math.max(span.from, Math.min(span.to, zone.startOf('hour', now))) };
  const mains = estate
    .metersBelow(node)
    .filter((m) => m.carrier === carrier && m.register !== 'gauge')
    .flatMap((m) => mainOf(estate, m));

  const known = mains.map((main) => ({ any: false, amounts: [main, ...main.children].map(() => NOTHING) }));
  for (const { level, from, to } of cut(zone, past)) {
    const groups = mains.map((m) => m.meters);
    await together(timeseries, zone, groups, level, from, to, (g, _, rows) => {
      const here = new Map(rows.map((r) => [r.meter, r]));
      const of = known[g] as { any: boolean; amounts: Amount[] };
      of.any = true;
      of.amounts = partsOf(mains[g] as Main).map((p, i) => plus(of.amounts[i] ?? NOTHING, combined(p, here)));
    });
  }
  // Without common time, what each is known for by itself.
  const lone = mains.filter((_, i) => !known[i]?.any);
  const list = lone.flatMap(seriesOf);
  const alone = list.length > 0 ? await amountsOfAll(timeseries, zone, list, [past]) : [];

  const spanMs = past.to - past.from;
  const found = mains.map((main, i) => {
    const { any, amounts } = known[i] as { any: boolean; amounts: Amount[] };
    const all = any ? amounts : seriesOf(main).map(() => alone.shift()?.[0]);
    return rowOf(main, all, any, spanMs, limit);
  });
  const size = (m: MainBalance): number => Math.abs(m.gap ?? m.quantity ?? 0);
  found.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || size(b) - size(a));
  return { ...past, unit: series.unit, mains: found };
}

function mainOf(estate: Estate, meter: Meter): Main[] {
  const children = estate.downstream(meter.id).flatMap((child): Child[] => {
    // Below a meter that counts what is fed back, what is fed back counts as it is.
    const sign = !isVirtual(child) && child.direction !== meter.direction ? -1 : 1;
    const part = estate.terms(child.id).map((t) => ({ meter: t.meter, factor: sign * t.factor }));
    if (part.length === 0 || part.some((t) => t.meter === meter)) return [];
    return [
      {
        meter: child,
        series: { ...meterSeries(meter), id: child.id, meters: [], parts: [part], booked: [] },
      },
    ];
  });
  if (children.length === 0) return [];
  const below = children.flatMap((c) => c.series.parts.flat());
  return [{ meter, children, meters: [...new Set([meter.no, ...below.map((t) => t.meter.no)])] }];
}

function seriesOf({ meter, children }: Main): Series[] {
  return [meterSeries(meter), ...children.map((c) => c.series)];
}

/** The main as a part of its own, then each below it. */
function partsOf({ meter, children }: Main): Part[] {
  return [[{ meter, factor: 1 }], ...children.flatMap((c) => c.series.parts)];
}

/** @param amounts of the main and each below it, micro */
function rowOf(
  main: Main,
  amounts: readonly (Amount | undefined)[],
  comparable: boolean,
  spanMs: number,
  limit: number,
): MainBalance {
  const own = figureOf(meterSeries(main.meter), amounts[0], spanMs);
  const children = main.children.map(({ meter, series }, i) => ({
    meter,
    ...figureOf(series, amounts[i + 1], spanMs),
  }));
  const row = { meter: main.meter, quantity: own.quantity, children };
  if (!comparable) {
    return { ...row, completeness: 0, below: null, gap: null, share: null, state: 'unknown' };
  }
  const [quantity = 0, ...parts] = amounts.map((a) => total(a ?? NOTHING));
  const below = parts.reduce((sum, part) => whole(sum + part), 0);
  const gap = quantity - below;
  const share = quantity > 0 ? gap / quantity : null;
  const least = Math.min(...amounts.map((a) => a?.coveredMs ?? 0));
  return {
    ...row,
    completeness: coverage(least, spanMs, 1),
    below: below / MICRO,
    gap: gap / MICRO,
    share,
    state: stateOf(quantity, gap, share, limit),
  };
}

function stateOf(quantity: number, gap: number, share: number | null, limit: number): BalanceState {
  if (gap < 0 && -gap > Math.abs(quantity) * NEGATIVE_SHARE) return 'negative';
  return share !== null && share > limit ? 'gap' : 'ok';
}

function total(amount: Readonly<Amount>): number {
  return amount.measured + amount.recovered + amount.estimated;
}
