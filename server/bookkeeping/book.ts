import type { Sources } from '../conservation/ground.ts';
import {
  type BillingAccount,
  BOOK_CARRIERS,
  type BookCarrier,
  type BookEntry,
  type BookKey,
  bookUnit,
  isBookCarrier,
  type Vehicle,
} from '../domain/book.ts';
import type { Estate } from '../domain/estate.ts';
import { monthAfter, startOfMonth } from '../domain/month.ts';
import type { Policy } from '../domain/policy.ts';
import { type BookTotal, changeOf, costOf, totalsOf } from './totals.ts';

/** A line that can be entered: of a billing account, of a vehicle, or of neither. */
export interface BookLine {
  key: BookKey;
  account: BillingAccount | null;
  vehicle: Vehicle | null;
  entry: BookEntry | null;
  /** That of the same month last year. */
  lastYear: BookEntry | null;
}

/** A carrier in a month: what was used and what it cost, with the lines that say so. */
export interface BookRow extends BookTotal {
  lastYear: Pick<BookTotal, 'quantity' | 'cost' | 'price' | 'completeness'> | null;
  /** now / then − 1 */
  change: number | null;
  lines: BookLine[];
}

export interface MonthBook {
  node: string;
  month: string;
  /** Whether the month still runs: quantities are those so far, and last year's those up to the like hour. */
  running: boolean;
  rows: BookRow[];
  cost: number | null;
}

/** Months back in which an entry keeps its carrier in the book. */
const REMEMBERED = 13;

/**
 * The month's book (台账) of a node: every carrier that is metered or booked at the node or below it.
 * @param month YYYY-MM, begun
 * @throws RangeError where there is no such node
 */
export async function bookOf(sources: Sources, node: string, month: string): Promise<MonthBook> {
  const { estate, policy, now } = sources;
  const { zone } = estate;
  const then = monthAfter(month, -12);
  const running = startOfMonth(zone, monthAfter(month, 1)) > now;
  const like = running ? zone.shift(zone.startOf('hour', now), 'year', -1) : undefined;
  const [totals = [], before = []] = await totalsOf(sources, node, [
    { from: month, to: month },
    { from: then, to: then, ...(like !== undefined && { until: like }) },
  ]);
  const lines = Map.groupBy(linesOf(estate, policy, node, month), (l) => l.key.carrier);
  const rows = BOOK_CARRIERS.flatMap((carrier): BookRow[] => {
    const own = lines.get(carrier) ?? [];
    const total = totals.find((t) => t.carrier === carrier) ?? (own.length > 0 ? nothingOf(carrier) : null);
    if (!total) return [];
    const last = before.find((t) => t.carrier === carrier) ?? null;
    const { quantity = null } = last ?? {};
    return [{ ...total, lastYear: last, change: changeOf(total.quantity, quantity), lines: own }];
  });
  return { node, month, running, rows, cost: costOf(rows.flatMap((r) => r.entries)) };
}

/** Each carrier by month, the last one included. @throws RangeError where there is no such node */
export async function bookMonths(
  sources: Sources,
  node: string,
  from: string,
  to: string,
): Promise<{ month: string; totals: BookTotal[] }[]> {
  const months: string[] = [];
  for (let month = from; month <= to; month = monthAfter(month, 1)) months.push(month);
  const found = await totalsOf(
    sources,
    node,
    months.map((month) => ({ from: month, to: month })),
  );
  return months.map((month, i) => ({ month, totals: found[i] ?? [] }));
}

/** The lines that a node's book has in a month, those of the nodes below it among them. */
export function linesOf(estate: Estate, policy: Policy, node: string, month: string): BookLine[] {
  const below = estate.subtree(node).map((n) => n.id);
  const inside = new Set(below);
  const accounts = policy.list('billing_account').filter((a) => inside.has(a.node));
  const vehicles = policy.list('vehicle').filter((v) => inside.has(v.node) && inUse(v, month));
  const out: BookLine[] = [];
  const seen = new Set<string>();
  const add = (key: BookKey, account: BillingAccount | null, vehicle: Vehicle | null): void => {
    const id = [key.node, key.carrier, key.account ?? '', key.vehicle ?? ''].join('\n');
    if (seen.has(id)) return;
    seen.add(id);
    const lastYear = estate.book.at({ ...key, month: monthAfter(month, -12) }) ?? null;
    out.push({ key, account, vehicle, entry: estate.book.at(key) ?? null, lastYear });
  };
  for (const a of accounts) {
    add({ node: a.node, carrier: a.carrier, account: a.id, vehicle: null, month }, a, null);
  }
  for (const v of vehicles) {
    add({ node: v.node, carrier: v.fuel, account: null, vehicle: v.id, month }, null, v);
  }
  // What was entered lately, accounts that were dropped and vehicles that were sold among it.
  const since = monthAfter(month, 1 - REMEMBERED);
  for (const id of below) {
    for (const e of estate.book.of(id)) {
      if (e.month < since || e.month > month) continue;
      const gone = e.account !== null || e.vehicle !== null;
      if (gone && e.month !== month) continue;
      const { node: at, carrier, account, vehicle } = e;
      add({ node: at, carrier, account, vehicle, month }, null, null);
    }
  }
  const named = new Set(out.map((l) => l.key.carrier));
  for (const carrier of estate.carriers(node)) {
    if (!isBookCarrier(carrier) || named.has(carrier)) continue;
    add({ node, carrier, account: null, vehicle: null, month }, null, null);
  }
  const place = ({ key }: BookLine): number => BOOK_CARRIERS.indexOf(key.carrier);
  return out.sort((a, b) => place(a) - place(b));
}

function inUse({ from, to }: Vehicle, month: string): boolean {
  return (from === null || from <= month) && (to === null || month <= to);
}

function nothingOf(carrier: BookCarrier): BookTotal {
  const nothing = { quantity: null, booked: null, cost: null, price: null };
  return { carrier, unit: bookUnit(carrier), ...nothing, completeness: 0, origin: 'none', entries: [] };
}
