import type { Rollup } from '../port.ts';
import { ROLLUP_TABLES, type RollupTable } from './tables.ts';

const COLUMNS = ['start', 'measured', 'recovered', 'estimated', 'coveredMs'] as const;
type Columns = Record<(typeof COLUMNS)[number], Float64Array>;

/**
 * At most one row of each table for each meter, by columns: every reading changes three of them, and objects
 * that are replaced so often cost the collector more than all else that is done with them. A meter has a slot,
 * the same in all tables, and keeps it.
 */
export class OpenRows {
  readonly #slots = new Map<number, number>();
  readonly #meters: number[] = [];
  readonly #columns: Record<RollupTable, Columns>;
  #capacity = 256;

  constructor() {
    const [hours, days, months] = [columns(256), columns(256), columns(256)];
    this.#columns = { hours, days, months };
  }

  /** How many slots are in use. */
  get size(): number {
    return this.#meters.length;
  }

  /** The slot of a meter, or -1. */
  find(meter: number): number {
    return this.#slots.get(meter) ?? -1;
  }

  /** The slot of a meter, a new one if it has none. */
  slotOf(meter: number): number {
    const known = this.#slots.get(meter);
    if (known !== undefined) return known;
    const slot = this.#meters.length;
    if (slot === this.#capacity) this.#grow();
    this.#slots.set(meter, slot);
    this.#meters.push(meter);
    return slot;
  }

  meterAt(slot: number): number {
    return this.#meters[slot] as number;
  }

  /** Where the row of a table begins; NaN: there is none, or no such slot. */
  startAt(table: RollupTable, slot: number): number {
    return this.#columns[table].start[slot] ?? Number.NaN;
  }

  /** A copy of the row, or undefined. */
  at(table: RollupTable, slot: number): Rollup | undefined {
    const { start, measured, recovered, estimated, coveredMs } = this.#columns[table];
    const from = start[slot];
    if (from === undefined || Number.isNaN(from)) return undefined;
    return {
      meter: this.meterAt(slot),
      start: from,
      measured: measured[slot] as number,
      recovered: recovered[slot] as number,
      estimated: estimated[slot] as number,
      coveredMs: coveredMs[slot] as number,
    };
  }

  /** Null takes the row away. */
  set(table: RollupTable, slot: number, row: Rollup | null): void {
    const of = this.#columns[table];
    if (!row) {
      of.start[slot] = Number.NaN;
      return;
    }
    // One zero, whatever it was made of.
    for (const name of COLUMNS) of[name][slot] = row[name] + 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const table of ROLLUP_TABLES) {
      const larger = columns(this.#capacity);
      for (const name of COLUMNS) larger[name].set(this.#columns[table][name]);
      this.#columns[table] = larger;
    }
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
