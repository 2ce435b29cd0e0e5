import { toMicro } from './advance.ts';
import { BOOK_CARRIERS, type BookCarrier, type BookEntry, bookUnit } from './book.ts';
import type { Estate } from './estate.ts';
import { startOfMonth } from './month.ts';
import { unitsPer } from './scheme.ts';

/** What the book says was used of a carrier at one node, by whole months. */
export interface Booked {
  node: string;
  carrier: BookCarrier;
  unit: string;
  /** In order of time; micro of the unit. */
  months: readonly { start: number; end: number; micro: number }[];
}

/** A quantity of an entry in the unit that the book adds its carrier up in. */
export function inBookUnit(carrier: BookCarrier, quantity: number, unit: string): number {
  return quantity * (unitsPer(unit, bookUnit(carrier), carrier === 'water' ? 1 : null) ?? 1);
}

/**
 * What is booked at the node or below it and no meter counts: where a meter of the carrier stands at the node
 * of the entry, below it, or between it and the node asked for, the meter says what was used, and the entry
 * is held against it instead of being added.
 */
export function bookedBelow(estate: Estate, id: string): Map<BookCarrier, Booked[]> {
  const out = new Map<BookCarrier, Booked[]>();
  for (const { id: node } of estate.subtree(id)) {
    const entries = estate.book.of(node);
    if (entries.length === 0) continue;
    const byCarrier = Map.groupBy(entries, (e) => e.carrier);
    for (const carrier of BOOK_CARRIERS) {
      const own = byCarrier.get(carrier);
      if (!own || isMetered(estate, id, node, carrier)) continue;
      const booked = bookedOf(estate, node, carrier, own);
      if (booked.months.length === 0) continue;
      const list = out.get(carrier);
      if (list) list.push(booked);
      else out.set(carrier, [booked]);
    }
  }
  return out;
}

/** Whether a meter counts what is used at a node within another, or at the node itself. */
export function isMetered(estate: Estate, within: string, node: string, carrier: BookCarrier): boolean {
  const path = estate.path(node).map((n) => n.id);
  const above = path.slice(Math.max(0, path.indexOf(within)));
  return (
    above.some((id) => estate.metersAt(id).some((m) => m.carrier === carrier)) ||
    estate.outermost(node, carrier).length > 0
  );
}

function bookedOf(estate: Estate, node: string, carrier: BookCarrier, entries: readonly BookEntry[]): Booked {
  const sums = new Map<string, number>();
  for (const { month, quantity, unit } of entries) {
    if (quantity === null) continue;
    sums.set(month, (sums.get(month) ?? 0) + toMicro(inBookUnit(carrier, quantity, unit)));
  }
  const months = [...sums.keys()].sort().map((month) => {
    const start = startOfMonth(estate.zone, month);
    return { start, end: estate.zone.next('month', start), micro: sums.get(month) as number };
  });
  return { node, carrier, unit: bookUnit(carrier), months };
}

/** The same in another unit; null where the two do not convert. */
export function bookedIn(booked: Booked, unit: string): Booked | null {
  if (booked.unit === unit) return booked;
  const per = unitsPer(booked.unit, unit, booked.carrier === 'water' ? 1 : null);
  if (per === null) return null;
  return { ...booked, unit, months: booked.months.map((m) => ({ ...m, micro: Math.round(m.micro * per) })) };
}

/**
 * What is booked of [from, to), micro; null: nothing. A month's quantity is certain, its days are not: a part of
 * a month has its share of the time, cut so that the parts add up to the whole.
 */
export function bookedBetween(booked: Booked, from: number, to: number): number | null {
  let sum: number | null = null;
  for (const { start, end, micro } of booked.months) {
    if (end <= from) continue;
    if (start >= to) break;
    const until = (at: number): number => Math.round((micro * (at - start)) / (end - start));
    sum = (sum ?? 0) + until(Math.min(to, end)) - until(Math.max(from, start));
  }
  return sum;
}

/**
 * The same of a day, for a forecast: after the last month that is booked it goes on like that month, or the days
 * that wait for their bill would look like a saving.
 */
export function bookedDay(booked: Booked, start: number, end: number): number {
  const last = booked.months.at(-1);
  if (!last || start < last.end) return bookedBetween(booked, start, end) ?? 0;
  return (last.micro * (end - start)) / (last.end - last.start);
}

/**
 * Share of the months of [from, to) that are booked, 0–1. What comes after the last month that is booked is
 * not due yet, and not missing.
 */
export function bookedCompleteness(list: readonly Booked[], from: number, to: number): number {
  const shares = list.map(({ months }) => {
    const due = Math.min(to, months.at(-1)?.end ?? to) - from;
    if (due <= 0) return 1;
    let known = 0;
    for (const m of months) known += Math.max(0, Math.min(m.end, to) - Math.max(m.start, from));
    return known / due;
  });
  return shares.length === 0 ? 0 : shares.reduce((sum, s) => sum + s, 0) / shares.length;
}
