import type { Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Amount } from '../domain/rollup.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { change, figureOf, nodeSeries, type Series } from './series.ts';
import { amountsOfAll, type Span } from './spans.ts';

export interface Rank {
  node: string;
  quantity: number | null;
  completeness: number;
  /** Of the whole of the node above. */
  share: number | null;
  floorAreaM2: number | null;
  perM2: number | null;
  people: number | null;
  perPerson: number | null;
  lastYear: number | null;
  changeLastYear: number | null;
}

export interface RankingOf {
  unit: string;
  rows: Rank[];
}

/**
 * The nodes directly below one that have meters of the carrier, largest first. Area and headcount are those
 * valid at the end of the span. A span that still runs is compared with the same part of a year ago, both
 * up to the last full hour.
 * @returns null when the node has no meter of the carrier
 */
export async function rankingOf(
  timeseries: TimeSeries,
  estate: Estate,
  node: string,
  carrier: Carrier,
  span: Span,
  now: number,
): Promise<RankingOf | null> {
  const { zone } = estate;
  const [whole] = nodeSeries(estate, node, carrier);
  if (!whole) return null;
  const children = estate.children(node).flatMap((child) => {
    const [series] = nodeSeries(estate, child.id, carrier);
    return series ? [series] : [];
  });
  const until = Math.max(span.from, Math.min(span.to, zone.startOf('hour', now)));
  const basis = { from: span.from, to: until };
  const lastYear = {
    from: zone.startOf('hour', zone.shift(basis.from, 'year', -1)),
    to: zone.startOf('hour', zone.shift(basis.to, 'year', -1)),
  };
  const found = await amountsOfAll(timeseries, zone, [whole, ...children], [span, basis, lastYear]);
  const quantityOf = (series: Series, amount: Amount | undefined): number | null =>
    figureOf(series, amount, 0).quantity;
  const total = quantityOf(whole, found[0]?.[0]);
  const elapsed = Math.max(0, Math.min(span.to, now) - span.from);

  const rows = children.map((series, i): Rank => {
    const [amount, recent, past] = found[i + 1] ?? [];
    const { quantity, completeness } = figureOf(series, amount, elapsed);
    const before = quantityOf(series, past);
    const floorAreaM2 = estate.attribute(series.id, 'floor_area_m2', span.to - 1);
    const people = estate.attribute(series.id, 'people', span.to - 1);
    const per = (n: number | null): number | null =>
      series.gauge || quantity === null || !n ? null : quantity / n;
    return {
      node: series.id,
      quantity,
      completeness,
      share: series.gauge || quantity === null || !total ? null : quantity / total,
      floorAreaM2,
      perM2: per(floorAreaM2),
      people,
      perPerson: per(people),
      lastYear: before,
      changeLastYear: change(series, quantityOf(series, recent), before),
    };
  });
  rows.sort((a, b) => (b.quantity ?? Number.NEGATIVE_INFINITY) - (a.quantity ?? Number.NEGATIVE_INFINITY));
  return { unit: whole.unit, rows };
}
