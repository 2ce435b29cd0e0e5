import type { AnyMeter, Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { figureOf, nodeSeries, seriesOf } from './series.ts';
import { type Span, type Sums, sumsOf } from './spans.ts';

export interface ItemShare {
  /** Sub-item code; null: what no sub-meter accounts for. */
  item: string | null;
  quantity: number | null;
  share: number | null;
  meters: string[];
}

export interface SharesOf {
  unit: string;
  total: number | null;
  completeness: number;
  items: ItemShare[];
}

/** Codes that stand for a carrier as a whole, such as 01000 for all electricity. */
const WHOLE = /^\d\d000$/;

/**
 * The sub-items (分项) of a node: on each branch of meters the topmost one that carries a sub-item code
 * counts, so that a panel and what is measured below it are not counted twice.
 * @param elapsedMs how much of the span lies in the past: completeness is that of this part
 * @returns null when the node has no meter of the carrier
 */
export async function sharesOf(
  timeseries: TimeSeries,
  estate: Estate,
  node: string,
  carrier: Carrier,
  span: Span,
  elapsedMs = span.to - span.from,
): Promise<SharesOf | null> {
  return sharesBy(sumsOf(timeseries, estate.zone), estate, node, carrier, span, elapsedMs);
}

/** The same from sums that are had otherwise, as from memory. */
export async function sharesBy(
  sums: Sums,
  estate: Estate,
  node: string,
  carrier: Carrier,
  span: Span,
  elapsedMs = span.to - span.from,
): Promise<SharesOf | null> {
  const [series] = nodeSeries(estate, node, carrier);
  if (!series) return null;
  const byItem = [...Map.groupBy(itemMeters(estate, node, carrier), (m) => m.item as string)];
  const parts = byItem.map(([, meters]) => seriesOf(estate, node, meters));
  const amounts = await sums([series, ...parts], [span]);
  const total = figureOf(series, amounts[0]?.[0], elapsedMs);
  const shareOf = (quantity: number | null): number | null =>
    quantity === null || !total.quantity ? null : quantity / total.quantity;

  const items: ItemShare[] = byItem.map(([item, meters], i) => {
    const { quantity } = figureOf(parts[i] ?? series, amounts[i + 1]?.[0], elapsedMs);
    return { item, quantity, share: shareOf(quantity), meters: meters.map((m) => m.id) };
  });
  items.sort((a, b) => (b.quantity ?? -1) - (a.quantity ?? -1));
  const known = items.reduce((sum, i) => sum + (i.quantity ?? 0), 0);
  // Millionths are the last digit kept; a rest below that is the noise of adding.
  const rest = total.quantity === null ? 0 : Math.round((total.quantity - known) * 1e6) / 1e6;
  if (rest > 0) items.push({ item: null, quantity: rest, share: shareOf(rest), meters: [] });
  return { unit: series.unit, total: total.quantity, completeness: total.completeness, items };
}

/** The topmost meters at the node or below it that carry a sub-item code. */
function itemMeters(estate: Estate, node: string, carrier: Carrier): readonly AnyMeter[] {
  const below: AnyMeter[] = [...estate.metersBelow(node), ...estate.virtualsBelow(node)];
  const coded = below.filter((m) => m.carrier === carrier && m.item !== null && !WHOLE.test(m.item));
  return estate.topmost(coded);
}
