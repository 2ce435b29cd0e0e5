import type { Carrier } from './meter.ts';

/**
 * The book (台账): what people enter of a month, per node, carrier and billing account or vehicle. What was
 * entered is never edited: each change is a record with author and time, and the newest is in force.
 */

export type BookCarrier = Exclude<Carrier, 'outdoor_temperature' | 'indoor_temperature'>;

/**
 * Units that a quantity may be entered in; the first is the one that the book adds up in. Each converts
 * without a density, so that nothing in a sum depends on a coefficient.
 */
export const BOOK_UNITS: Record<BookCarrier, readonly string[]> = {
  electricity: ['kWh', 'MWh'],
  pv: ['kWh', 'MWh'],
  water: ['m³', 't'],
  gas: ['m³'],
  heat: ['GJ', 'MJ', 'kWh', 'MWh'],
  cooling: ['kWh', 'MWh', 'GJ', 'MJ'],
  coal: ['kg', 't'],
  gasoline: ['L'],
  diesel: ['L'],
  lpg: ['kg', 't'],
  other: ['kgce', 'tce'],
};
export const BOOK_CARRIERS = Object.keys(BOOK_UNITS) as BookCarrier[];
export const FUELS = ['gasoline', 'diesel', 'lpg', 'gas', 'electricity'] as const satisfies BookCarrier[];

export function isBookCarrier(carrier: string): carrier is BookCarrier {
  return Object.hasOwn(BOOK_UNITS, carrier);
}

/** The unit that the book adds a carrier up in. */
export function bookUnit(carrier: BookCarrier): string {
  return BOOK_UNITS[carrier][0] as string;
}

/** What an entry is of; there is one in force for each. */
export interface BookKey {
  node: string;
  carrier: BookCarrier;
  /** Id of a billing account, or of a vehicle; at most one of them. */
  account: string | null;
  vehicle: string | null;
  /** YYYY-MM; of a bill, the month whose cost it is. */
  month: string;
}

/** What is entered. */
export interface BookFields {
  /** In `unit`; null: only the cost is known. */
  quantity: number | null;
  unit: string;
  /** yuan */
  cost: number | null;
  /** Of a bill: its first and its last day, YYYY-MM-DD. */
  period: { from: string; to: string } | null;
  /** 表号 as it stands on the bill. */
  meterNumber: string | null;
  collectedBy: string | null;
  /** YYYY-MM-DD */
  collectedOn: string | null;
  note: string | null;
}

export interface BookEntry extends BookKey, BookFields {
  no: number;
  author: string;
  /** epoch ms */
  recordedAt: number;
  /** Where it came from, e.g. `entered` or the name of a workbook. */
  source: string;
  /** Why a bill differs from the meters; null: nobody explained it. */
  explanation: { text: string; author: string; at: number } | null;
}

/** A record of the history; without `fields` the entry was deleted. */
export interface BookRecord {
  no: number;
  key: BookKey;
  fields: BookFields | null;
  author: string;
  recordedAt: number;
  source: string;
}

/** One thing to enter, or with `fields: null` to delete. */
export interface BookChange {
  key: BookKey;
  fields: BookFields | null;
}

/** A billing account (户号) of a node with its supplier. */
export interface BillingAccount {
  id: string;
  node: string;
  carrier: BookCarrier;
  name: string;
  /** 户号 as the supplier has it. */
  number: string;
  /** 表号 of the supplier's meter. */
  meterNumber: string | null;
  /** Ids of our meters that it bills; empty: the node's outermost ones of the carrier. */
  meters: readonly string[];
  /** Day of the month on which it is read (抄表日), 1–31; null: not known. */
  readingDay: number | null;
}

/** A vehicle whose fuel is booked (条例 第三十四条: 单车能耗核算). */
export interface Vehicle {
  id: string;
  node: string;
  plate: string;
  fuel: (typeof FUELS)[number];
  /** First and last month of its use, YYYY-MM; null: not known, or still in use. */
  from: string | null;
  to: string | null;
}

export function keyText({ node, carrier, account, vehicle, month }: BookKey): string {
  return [node, carrier, account ?? '', vehicle ?? '', month].join('\n');
}

/** The highest numbers that a view of the book knows of. */
export interface BookMark {
  record: number;
  explanation: number;
}

/** An immutable view of all entries in force. */
export class Book {
  readonly mark: BookMark;
  readonly #byNode: ReadonlyMap<string, ReadonlyMap<string, BookEntry>>;

  constructor(
    mark: BookMark = { record: 0, explanation: 0 },
    byNode: ReadonlyMap<string, ReadonlyMap<string, BookEntry>> = new Map(),
  ) {
    this.mark = mark;
    this.#byNode = byNode;
  }

  at(key: BookKey): BookEntry | undefined {
    return this.#byNode.get(key.node)?.get(keyText(key));
  }

  /** The entries of a node, of one month where it is named. */
  of(node: string, month?: string): BookEntry[] {
    const all = [...(this.#byNode.get(node)?.values() ?? [])];
    return month === undefined ? all : all.filter((e) => e.month === month);
  }

  /** Whether another view has the same entries at these nodes. */
  isSameAt(other: Book, nodes: readonly string[]): boolean {
    return nodes.every((node) => this.#byNode.get(node) === other.#byNode.get(node));
  }

  /** The nodes that have an entry. */
  nodes(): string[] {
    return [...this.#byNode].flatMap(([node, entries]) => (entries.size > 0 ? [node] : []));
  }

  /** The book after later entries, in the order in which they were made; null in place of one: deleted. */
  with(later: readonly { key: BookKey; entry: BookEntry | null }[], mark: BookMark): Book {
    const byNode = new Map(this.#byNode);
    const own = new Map<string, Map<string, BookEntry>>();
    for (const { key, entry } of later) {
      const entries = own.get(key.node) ?? new Map(byNode.get(key.node));
      own.set(key.node, entries);
      byNode.set(key.node, entries);
      if (entry) entries.set(keyText(key), entry);
      else entries.delete(keyText(key));
    }
    return new Book(mark, byNode);
  }
}
