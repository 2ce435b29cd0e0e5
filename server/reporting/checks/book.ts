import { reconcile } from '../../bookkeeping/reconciliation.ts';
import { totalsOf } from '../../bookkeeping/totals.ts';
import { dateOf } from '../../domain/attribute.ts';
import { changeOf } from '../../domain/comparison.ts';
import { monthAfter } from '../../domain/month.ts';
import { priceAt } from '../../domain/price.ts';
import type { Check } from './check.ts';
import { type Checked, isBeyond } from './sources.ts';

/**
 * 单价审核: the month's cost ÷ quantity against the reference price of the region, or where none is set against the
 * mean price of the 12 months before.
 */
export async function priceChecks({ sources, node, month, span, limit }: Checked): Promise<Check[]> {
  const { estate, policy } = sources;
  const [now = [], before = []] = await totalsOf(sources, node, [
    { from: month, to: month },
    { from: monthAfter(month, -12), to: monthAfter(month, -1) },
  ]);
  const { region } = estate.classification(node);
  const on = dateOf(estate.zone, span.from);
  return now.flatMap(({ carrier, unit, price }): Check[] => {
    if (price === null) return [];
    const check = (figure: Pick<Check['figure'], 'share' | 'low' | 'high'>, mean: number | null): Check => ({
      id: `unit_price:${carrier}`,
      kind: 'unit_price',
      severity: 'must',
      what: { carrier, id: null, name: null, before: mean, against: null },
      link: { view: 'book', params: { node, period: month } },
      figure: { value: price, unit: `元/${unit}`, ...figure },
    });
    const reference = priceAt(policy.list('price'), carrier, unit, region, on);
    if (reference) {
      const { low, high } = reference;
      return price < low || price > high ? [check({ share: null, low, high }, null)] : [];
    }
    const mean = before.find((t) => t.carrier === carrier && t.unit === unit)?.price ?? null;
    const share = changeOf(price, mean);
    const most = limit('price_change');
    return isBeyond(share, most) ? [check({ share, low: -most, high: most }, mean)] : [];
  });
}

/** Bills of the month that differ from what the meters counted, and that nobody explained. */
export async function billChecks({ sources, node, month }: Checked): Promise<Check[]> {
  const bills = await reconcile(sources, node, month, month);
  return bills
    .filter((b) => b.state === 'open')
    .map(({ account, billed, metered, share, limit, unit }) => ({
      id: `bill_difference:${account.id}`,
      kind: 'bill_difference',
      severity: 'must',
      what: { carrier: account.carrier, id: account.id, name: account.name, before: metered, against: month },
      link: { view: 'book', params: { node: account.node, period: month } },
      figure: { value: billed, unit, share, low: -limit, high: limit },
    }));
}
