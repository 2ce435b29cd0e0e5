import type { Sources } from '../conservation/ground.ts';
import { figureOf, type Series, seriesOf, weight } from '../conservation/series.ts';
import type { BillingAccount, BookEntry } from '../domain/book.ts';
import { limitAt } from '../domain/limit.ts';
import { startOfDay } from '../domain/month.ts';
import { inUnit } from './totals.ts';

/**
 * agrees: within the limit. open: beyond it, and nobody said why. explained: beyond it, and somebody did.
 * unknown: nothing measured in the period.
 */
export type BillState = 'agrees' | 'open' | 'explained' | 'unknown';

/** A bill held against our meters over exactly its period. */
export interface Reconciled {
  account: BillingAccount;
  entry: BookEntry;
  /** First instant of the first day and end of the last day, epoch ms. */
  from: number;
  to: number;
  unit: string;
  billed: number;
  /** Null: nothing was measured. */
  metered: number | null;
  /** Share of the period that the meters cover, 0–1. */
  completeness: number;
  /** metered − billed */
  difference: number | null;
  /** difference ÷ billed; null where nothing was billed. */
  share: number | null;
  /** The share beyond which a difference is to be explained. */
  limit: number;
  meters: string[];
  state: BillState;
}

/** Of days that are hardly measured a difference says nothing. */
const TELLING = 0.5;

/**
 * The bills of a node and everything below it whose month is from `from` to `to`, newest first, each against
 * what the account's meters counted from the first to the last day of the bill. Bills without a period or a
 * quantity, and accounts that none of our meters covers, are not there.
 */
export async function reconcile(
  sources: Sources,
  node: string,
  from: string,
  to: string,
): Promise<Reconciled[]> {
  const { estate, policy, months } = sources;
  const inside = new Set(estate.subtree(node).map((n) => n.id));
  const accounts = policy.list('billing_account').filter((a) => inside.has(a.node));
  const asked = accounts.flatMap((account) => {
    const series = seriesOfAccount(sources, account);
    if (!series) return [];
    const bills = estate.book
      .of(account.node)
      .filter((e) => e.account === account.id && e.month >= from && e.month <= to)
      .flatMap((entry) => {
        const { period, quantity } = entry;
        if (!period || quantity === null) return [];
        const span = {
          from: startOfDay(estate.zone, period.from),
          to: startOfDay(estate.zone, period.to, 1),
        };
        return [{ entry, span }];
      });
    return bills.length > 0 ? [{ account, series, bills }] : [];
  });
  const out: Reconciled[] = [];
  for (const { account, series, bills } of asked) {
    const [amounts = []] = await months.sums(
      [series],
      bills.map((b) => b.span),
    );
    const limit =
      limitAt(estate, account.node, 'bill_difference', (id) => policy.get('limit', id))?.value ?? 0;
    bills.forEach(({ entry, span }, i) => {
      const figure = figureOf(series, amounts[i], span.to - span.from);
      const { unit } = series;
      const billed = inUnit(entry, unit);
      const difference = figure.quantity === null ? null : figure.quantity - billed;
      const share = difference === null || billed === 0 ? null : difference / billed;
      const beyond = difference !== null && Math.abs(difference) > limit * billed + 1e-9;
      const known = difference !== null && figure.completeness >= TELLING;
      out.push({
        account,
        entry,
        ...span,
        unit,
        billed,
        metered: figure.quantity,
        completeness: figure.completeness,
        difference,
        share,
        limit,
        meters: metersOf(account, series),
        state: !known ? 'unknown' : !beyond ? 'agrees' : entry.explanation ? 'explained' : 'open',
      });
    });
  }
  return out.sort(
    (a, b) => b.entry.month.localeCompare(a.entry.month) || a.account.id.localeCompare(b.account.id),
  );
}

/** What our meters count of an account: those that it names, or else the node's of its carrier. */
function seriesOfAccount({ estate, months }: Sources, account: BillingAccount): Series | null {
  const named = account.meters.flatMap((id) => estate.named(id) ?? []);
  if (named.length > 0) return seriesOf(estate, account.node, estate.topmost(named));
  const found = months.series(account.node, account.carrier).find((s) => !s.gauge && weight(s) > 0);
  return found ? { ...found, booked: [] } : null;
}

function metersOf(account: BillingAccount, series: Series): string[] {
  if (account.meters.length > 0) return [...account.meters];
  return [...new Set([...series.meters, ...series.parts.flat().map((t) => t.meter)].map((m) => m.id))];
}
