import type { Rollup } from '../port.ts';
import { ROLLUP_TABLES } from './tables.ts';

const COLUMNS = ['start', 'measured', 'recovered', 'estimated', 'coveredMs'] as const;
export type Columns = Record<(typeof COLUMNS)[number], Float64Array>;

/**
 * A row of each table for each slot, by columns: every reading changes three of them, and objects that are
 * replaced so often cost the collector more than all else that is done with them.
 */
class RowColumns {
  /** In the order of the tables. Where `start` is NaN there is no row. */
  readonly tables: Columns[] = ROLLUP_TABLES.map(() => columns(256));
  #capacity = 256;

  /** Slots that there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Makes room for slots up to this one. */
  reach(slot: number): void {
    if (slot < this.#capacity) return;
    while (slot >= this.#capacity) this.#capacity *= 2;
    for (const [i, old] of this.tables.entries()) {
      const larger = columns(this.#capacity);
      for (const name of COLUMNS) larger[name].set(old[name]);
      this.tables[i] = larger;
    }
  }

  set(i: number, slot: number, row: Rollup | null): void {
    const of = this.tables[i] as Columns;
    of.start[slot] = row ? row.start + 0 : Number.NaN;
    if (!row) return;
    // One zero, whatever it was made of.
    of.measured[slot] = row.measured + 0;
    of.recovered[slot] = row.recovered + 0;
    of.estimated[slot] = row.estimated + 0;
    of.coveredMs[slot] = row.coveredMs + 0;
  }

  copy(i: number, slot: number, from: Columns): void {
    const of = this.tables[i] as Columns;
    for (const name of COLUMNS) of[name][slot] = from[name][slot] as number;
  }

  startAt(i: number, slot: number): number {
    return this.tables[i]?.start[slot] ?? Number.NaN;
  }

  row(i: number, slot: number, meter: number): Rollup | undefined {
    const { start, measured, recovered, estimated, coveredMs } = this.tables[i] as Columns;
    const from = start[slot];
    if (from === undefined || Number.isNaN(from)) return undefined;
    return {
      meter,
      start: from,
      measured: measured[slot] as number,
      recovered: recovered[slot] as number,
      estimated: estimated[slot] as number,
      coveredMs: coveredMs[slot] as number,
    };
  }
}

/** The open row of each table for each meter. A meter has a slot, the same in all tables, and keeps it. */
export class OpenRows extends RowColumns {
  readonly #slots = new Map<number, number>();
  readonly meters: number[] = [];

  /** The slot of a meter, or -1. */
  find(meter: number): number {
    return this.#slots.get(meter) ?? -1;
  }

  /** The slot of a meter, a new one if it has none. */
  slotOf(meter: number): number {
    const known = this.#slots.get(meter);
    if (known !== undefined) return known;
    const slot = this.meters.length;
    this.reach(slot);
    this.#slots.set(meter, slot);
    this.meters.push(meter);
    return slot;
  }

  at(i: number, meter: number): Rollup | undefined {
    return this.row(i, this.find(meter), meter);
  }
}

/** Changes of open rows that are not made yet, in the same slots. */
export class StagedRows extends RowColumns {
  /** Slots that something changes in, in the order in which that became known. */
  readonly slots: number[] = [];
  #which = new Uint8Array(256);

  /** Bits of the tables in which the slot changes. */
  which(slot: number): number {
    return this.#which[slot] ?? 0;
  }

  has(i: number, slot: number): boolean {
    return (this.which(slot) & (1 << i)) !== 0;
  }

  /** Null: the row is to go. */
  put(i: number, slot: number, row: Rollup | null): void {
    this.reach(slot);
    if (this.#which.length < this.capacity) {
      const larger = new Uint8Array(this.capacity);
      larger.set(this.#which);
      this.#which = larger;
    }
    if (this.#which[slot] === 0) this.slots.push(slot);
    this.#which[slot] = this.which(slot) | (1 << i);
    this.set(i, slot, row);
  }

  clear(): void {
    for (const slot of this.slots) this.#which[slot] = 0;
    this.slots.length = 0;
  }
}

function columns(capacity: number): Columns {
  const column = (): Float64Array => new Float64Array(capacity);
  return {
    start: column().fill(Number.NaN),
    measured: column(),
    recovered: column(),
    estimated: column(),
    coveredMs: column(),
  };
}
