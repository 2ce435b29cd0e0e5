import { costOf } from '../bookkeeping/totals.ts';
import type { Span } from '../conservation/spans.ts';
import { dateOf } from '../domain/attribute.ts';
import type { BookCarrier } from '../domain/book.ts';
import { inBookUnit } from '../domain/booked.ts';
import type { Estate } from '../domain/estate.ts';

/** What the book says of a carrier beside what was used of it. */
export interface Cost {
  /** yuan; null: no entry has a cost. */
  cost: number | null;
  /** Of vehicles, in the book's unit; null: none is booked. */
  vehicles: number | null;
}

/** Costs at a node and below it, by carrier. @param span whole months */
export function costsOf(estate: Estate, node: string, span: Span): Map<BookCarrier, Cost> {
  const first = dateOf(estate.zone, span.from).slice(0, 7);
  const last = dateOf(estate.zone, span.to - 1).slice(0, 7);
  const entries = estate
    .subtree(node)
    .flatMap(({ id }) => estate.book.of(id))
    .filter((e) => e.month >= first && e.month <= last);
  const out = new Map<BookCarrier, Cost>();
  for (const [carrier, own] of Map.groupBy(entries, (e) => e.carrier)) {
    const fuel = own.flatMap(({ vehicle, quantity, unit }) =>
      vehicle === null || quantity === null ? [] : inBookUnit(carrier, quantity, unit),
    );
    const vehicles = fuel.length === 0 ? null : fuel.reduce((sum, n) => sum + n, 0);
    out.set(carrier, { cost: costOf(own), vehicles });
  }
  return out;
}
