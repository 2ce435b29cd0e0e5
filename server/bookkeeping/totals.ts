import type { Sources } from '../conservation/ground.ts';
import { bookedAmount, completenessOf, figureOf, type Series, weight } from '../conservation/series.ts';
import type { Span } from '../conservation/spans.ts';
import { MICRO } from '../domain/advance.ts';
import { BOOK_CARRIERS, type BookCarrier, type BookEntry, bookUnit, isBookCarrier } from '../domain/book.ts';
import { inBookUnit } from '../domain/booked.ts';
import { monthAfter, startOfMonth } from '../domain/month.ts';
import type { Amount } from '../domain/rollup.ts';
import { unitsPer } from '../domain/scheme.ts';

/** What a node used of a carrier over some months, and what it cost. */
export interface BookTotal {
  carrier: BookCarrier;
  /** That of the meters, or of the book where none counts. */
  unit: string;
  /** Metered and booked together; null: nothing is known. */
  quantity: number | null;
  /** The part of it that was entered, because no meter counts it; null: none. */
  booked: number | null;
  /** 0–1, as that of indicators. */
  completeness: number;
  /** Of all entries of the months, yuan; null: none has a cost. */
  cost: number | null;
  /** Yuan per unit; see `priceOf`. */
  price: number | null;
  /** metered: meters alone. booked: entries alone. mixed: some nodes have meters, others entries. none: neither. */
  origin: 'metered' | 'booked' | 'mixed' | 'none';
  /** Those of the node and of everything below it that the figures come from, in the order of their months. */
  entries: readonly BookEntry[];
}

/**
 * Quantity and cost of each carrier of a node, metered and booked, over whole months.
 * @param from first month, YYYY-MM; `to` the last one. Of a month that still runs the elapsed part counts
 * @returns the carriers in the order of the book, those of which anything is metered or entered
 * @throws RangeError where there is no such node
 */
export async function bookTotals(
  sources: Sources,
  node: string,
  from: string,
  to: string,
): Promise<BookTotal[]> {
  const [totals = []] = await totalsOf(sources, node, [{ from, to }]);
  return totals;
}

/** Whole months, both YYYY-MM, the last one included. */
export interface MonthRange {
  from: string;
  to: string;
  /** Where it ends earlier, epoch ms: of a month compared with one that still runs. */
  until?: number;
}

/** `bookTotals` of several ranges, which share their question to the store. */
export async function totalsOf(
  sources: Sources,
  node: string,
  ranges: readonly MonthRange[],
): Promise<BookTotal[][]> {
  const { estate, months, now } = sources;
  const { zone } = estate;
  if (!estate.node(node)) throw new RangeError(`no node ${JSON.stringify(node)}`);
  const past = zone.startOf('hour', now);
  const spans = ranges.map(({ from, to, until = past }): Span => {
    const start = startOfMonth(zone, from);
    const end = Math.min(startOfMonth(zone, monthAfter(to, 1)), until);
    return { from: start, to: Math.max(start, end) };
  });
  const series = firstOfEach(months.series(node));
  const amounts = await months.sums([...series.values()], spans);
  const entries = estate.subtree(node).flatMap(({ id }) => estate.book.of(id));
  entries.sort((a, b) => a.month.localeCompare(b.month));
  const order = [...series.keys()];
  return ranges.map((range, i) => {
    const here = Map.groupBy(
      entries.filter((e) => e.month >= range.from && e.month <= range.to),
      (e) => e.carrier,
    );
    return BOOK_CARRIERS.flatMap((carrier): BookTotal[] => {
      const own = here.get(carrier) ?? [];
      const of = series.get(carrier);
      if (!of) return own.length === 0 ? [] : [costAlone(carrier, own)];
      return [totalOf(carrier, of, amounts[order.indexOf(carrier)]?.[i], spans[i] as Span, own)];
    });
  });
}

/** One series for each carrier: what is metered in another unit cannot be added. */
function firstOfEach(list: readonly Series[]): Map<BookCarrier, Series> {
  const out = new Map<BookCarrier, Series>();
  for (const series of list) {
    if (!series.gauge && isBookCarrier(series.carrier) && !out.has(series.carrier)) {
      out.set(series.carrier, series);
    }
  }
  return out;
}

function totalOf(
  carrier: BookCarrier,
  series: Series,
  amount: Amount | undefined,
  span: Span,
  entries: readonly BookEntry[],
): BookTotal {
  const { quantity } = figureOf(series, amount, span.to - span.from);
  const completeness = completenessOf(series, amount?.coveredMs ?? 0, span);
  const booked = span.from < span.to ? bookedAmount(series, span.from, span.to) : undefined;
  const metered = weight(series) > 0;
  return {
    carrier,
    unit: series.unit,
    quantity,
    booked: booked === undefined ? null : booked.measured / MICRO,
    completeness,
    cost: costOf(entries),
    price: priceOf(entries, series.unit, quantity),
    origin: metered ? (booked === undefined ? 'metered' : 'mixed') : 'booked',
    entries,
  };
}

/** Entries with a cost and no quantity, of a carrier that nothing measures. */
function costAlone(carrier: BookCarrier, entries: readonly BookEntry[]): BookTotal {
  const nothing = { quantity: null, booked: null, completeness: 0, price: null, origin: 'none' as const };
  return { carrier, unit: bookUnit(carrier), ...nothing, cost: costOf(entries), entries };
}

export function costOf(entries: readonly BookEntry[]): number | null {
  const known = entries.flatMap((e) => e.cost ?? []);
  // Cents are added as whole numbers.
  return known.length === 0 ? null : known.reduce((sum, yuan) => sum + Math.round(yuan * 100), 0) / 100;
}

/**
 * Yuan per unit: the cost by the quantity that was paid for. A bill states that itself; where entries state only
 * a cost, it is what the meters counted.
 * @param used what was used of the carrier in the same months, in `unit`
 */
export function priceOf(entries: readonly BookEntry[], unit: string, used: number | null): number | null {
  const costs = entries.filter((e) => e.cost !== null);
  if (costs.length === 0) return null;
  let quantity: number | null = 0;
  for (const e of costs)
    quantity = e.quantity === null || quantity === null ? null : quantity + inUnit(e, unit);
  const paid = quantity ?? used;
  return paid ? (costOf(costs) as number) / paid : null;
}

/** The quantity of an entry in another unit of its carrier. */
export function inUnit(entry: BookEntry, unit: string): number {
  const { carrier } = entry;
  const own = inBookUnit(carrier, entry.quantity ?? 0, entry.unit);
  return own * (unitsPer(bookUnit(carrier), unit, carrier === 'water' ? 1 : null) ?? 1);
}

/** now / then − 1 of a carrier; null where either is unknown. */
export function changeOf(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : now / then - 1;
}
