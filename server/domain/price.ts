import type { Carrier } from './meter.ts';
import { isWithin } from './quota.ts';
import type { Source } from './scheme.ts';

/** What a unit of a carrier usually costs in a region (参考单价), for the check of unit prices. */
export interface ReferencePrice {
  id: string;
  carrier: Carrier;
  /** Code of the region (GB/T 2260) in which it holds; null: everywhere. */
  region: string | null;
  /** The unit that the price is per, e.g. kWh, m³, L. */
  unit: string;
  /** Yuan per unit; a price from low to high, both included, raises no question. */
  low: number;
  high: number;
  /** First day on which it holds, YYYY-MM-DD; null: not stated. */
  from: string | null;
  /** First day after it; null: still in force. */
  to: string | null;
  source: Source;
}

/**
 * The reference price that holds for a carrier in a region on a day: that of the smallest region, of these the
 * newest; null: none is set.
 */
export function priceAt(
  prices: readonly ReferencePrice[],
  carrier: Carrier,
  unit: string,
  region: string | null,
  on: string,
): ReferencePrice | null {
  const fitting = prices.filter(
    (p) =>
      p.carrier === carrier &&
      p.unit === unit &&
      (p.from === null || p.from <= on) &&
      (p.to === null || on < p.to) &&
      (p.region === null || (region !== null && isWithin(region, p.region))),
  );
  const width = ({ region: of }: ReferencePrice): number => (of ?? '').replace(/(00)+$/, '').length;
  fitting.sort((a, b) => width(b) - width(a) || (b.from ?? '').localeCompare(a.from ?? ''));
  return fitting[0] ?? null;
}
