import type { Recomputed, Rollup, RollupWrite } from '../port.ts';
import { applyChanges, packRows } from './open-log.ts';
import { type Columns, OpenRows, StagedRows } from './open-rows.ts';
import { ROLLUP_TABLES, type RollupTable } from './tables.ts';

/** What a hand-over changes: rows that the tables get, rows in them that it changes, and the periods still open. */
export interface Change {
  version: number;
  tables: Record<RollupTable, { fresh: Rollup[]; known: Rollup[] }>;
  /** How the changes of the open periods are written down; null when there are none. */
  log: Uint8Array | null;
}

/** What a change took away, by meter and in the order of the tables; undefined: it left that as it was. */
interface Before {
  version: number;
  rows: Map<number, readonly (Rollup | null | undefined)[]>;
}

/** Bytes of changes after which all of them are written down anew, as one. */
const LEAST_LOG_BYTES = 64 * 1024;
const LOG_PER_ALL = 4;

/**
 * The newest hour, day and month of each meter, which every reading changes. They are in memory and, packed, in
 * the log of each hand-over; the tables get them when the next period of the meter begins. Updating them in the
 * tables wrote 96 bytes for each reading: DuckDB logs a value and a row number for every cell.
 *
 * A row is either here or in its table, never in both. Each change has a number, which the same transaction
 * notes, so that who reads a table can tell which of the open periods belong to what it saw.
 */
export class OpenPeriods {
  #rows = new OpenRows();
  /** What the change under way makes of them. */
  #staged = new StagedRows();
  #version = 0;
  #logged = 0;
  #all = 0;
  /** Version of the change that is committed perhaps, but not yet known to be; null: none is. */
  #next: number | null = null;
  /** What the changes since the reading under way took away, oldest first. */
  #before: Before[] = [];
  #isRead = false;

  /** @param log as `Change.log` was written, in order */
  load(log: readonly { version: number; changes: Uint8Array }[]): void {
    this.#rows = new OpenRows();
    this.#staged = new StagedRows();
    this.#next = null;
    this.#before = [];
    this.#logged = 0;
    this.#all = log[0]?.changes.byteLength ?? 0;
    this.#version = 0;
    for (const { version, changes } of log) {
      applyChanges(changes, this.#rows);
      this.#version = version;
      this.#logged += changes.byteLength;
    }
  }

  /** Number of the newest change that is known to be committed. */
  get version(): number {
    return this.#version;
  }

  /** Sorts what a hand-over writes into what the tables get and what stays open. One change at a time. */
  handedOver(rows: Record<RollupTable, readonly RollupWrite[]>): Change {
    const staged = this.#staged;
    return this.#change((table, i, { fresh, known }) => {
      for (const r of rows[table]) {
        const slot = this.#rows.slotOf(r.meter);
        const columns = staged.has(i, slot) ? staged : this.#rows;
        const start = columns.startAt(i, slot);
        if (start === r.start) staged.put(i, slot, r);
        else if (!r.isNew) known.push(r);
        else if (r.start < start) fresh.push(r);
        else {
          const ended = columns.row(i, slot, r.meter);
          if (ended) fresh.push(ended);
          staged.put(i, slot, r);
        }
      }
    });
  }

  /** The same for rollups that take the place of all that the meters have in a span. */
  replaced(meters: readonly number[], from: number, to: number, rollups: Recomputed): Change {
    const rows = { hours: rollups.hours, days: rollups.days, months: rollups.months };
    return this.#change((table, i, { fresh }) => {
      for (const meter of meters) {
        const slot = this.#rows.find(meter);
        const start = this.#rows.startAt(i, slot);
        if (start >= from && start < to) this.#staged.put(i, slot, null);
      }
      for (const r of rows[table]) {
        const slot = this.#rows.find(r.meter);
        if (this.#rows.startAt(i, slot) === r.start) this.#staged.put(i, slot, r);
        else fresh.push(r);
      }
    });
  }

  #change(fill: (table: RollupTable, i: number, to: Change['tables'][RollupTable]) => void): Change {
    const of = (): Change['tables'][RollupTable] => ({ fresh: [], known: [] });
    const tables = { hours: of(), days: of(), months: of() };
    const staged = this.#staged;
    staged.clear();
    for (const [i, table] of ROLLUP_TABLES.entries()) fill(table, i, tables[table]);
    const log =
      staged.slots.length > 0
        ? packRows(
            {
              slots: staged.slots,
              which: (slot) => staged.which(slot),
              columnsOf: (i) => staged.tables[i] as Columns,
              meterAt: (slot) => this.#rows.meters[slot] as number,
            },
            this.#rows,
          )
        : null;
    return { version: this.#version + (log ? 1 : 0), tables, log };
  }

  /** Whether all that is open should be written down in place of the changes so far. */
  get isLong(): boolean {
    return this.#logged > Math.max(LEAST_LOG_BYTES, LOG_PER_ALL * this.#all);
  }

  /** All that is open once the change under way is made, as a log of its own. */
  all(): Uint8Array {
    const columnsOf = (i: number, slot: number): Columns =>
      (this.#staged.has(i, slot) ? this.#staged : this.#rows).tables[i] as Columns;
    return packRows(
      {
        slots: this.#rows.meters.keys(),
        which: (slot) =>
          ROLLUP_TABLES.reduce(
            (bits, _, i) => (Number.isNaN(columnsOf(i, slot).start[slot]) ? bits : bits | (1 << i)),
            0,
          ),
        columnsOf,
        meterAt: (slot) => this.#rows.meters[slot] as number,
      },
      null,
    );
  }

  /** To be called before the transaction with the change is committed; then `committed` or `failed`. */
  committing(change: Change): void {
    this.#next = change.log ? change.version : null;
  }

  failed(): void {
    this.#next = null;
    this.#staged.clear();
  }

  /** @param all what `all` gave, when that was written in place of the changes */
  committed(change: Change, all: Uint8Array | null): void {
    this.#next = null;
    if (!change.log) return;
    const staged = this.#staged;
    if (this.#isRead) this.#keepBefore(change.version);
    for (const slot of staged.slots) {
      for (let i = 0; i < ROLLUP_TABLES.length; i++) {
        if (staged.has(i, slot)) this.#rows.copy(i, slot, staged.tables[i] as Columns);
      }
    }
    staged.clear();
    this.#version = change.version;
    this.#logged = all ? all.byteLength : this.#logged + change.log.byteLength;
    if (all) this.#all = all.byteLength;
  }

  #keepBefore(version: number): void {
    const rows: Before['rows'] = new Map();
    for (const slot of this.#staged.slots) {
      const meter = this.#rows.meters[slot] as number;
      rows.set(
        meter,
        ROLLUP_TABLES.map((_, i) =>
          this.#staged.has(i, slot) ? (this.#rows.row(i, slot, meter) ?? null) : undefined,
        ),
      );
    }
    this.#before.push({ version, rows });
  }

  /**
   * Keeps what is needed to answer for the state that a reading of the tables will see, until it has ended.
   * One at a time.
   * @returns the open period of a meter as of the version that the reading saw
   */
  async during<T>(
    read: () => Promise<T>,
    versionOf: (result: T) => number,
    then: (result: T, openOf: (table: RollupTable, meter: number) => Rollup | undefined) => void,
  ): Promise<void> {
    this.#isRead = true;
    try {
      const result = await read();
      const seen = versionOf(result);
      then(result, (table, meter) => this.#asOf(seen, table, meter));
    } finally {
      this.#isRead = false;
      this.#before = [];
    }
  }

  #asOf(version: number, table: RollupTable, meter: number): Rollup | undefined {
    const i = ROLLUP_TABLES.indexOf(table);
    for (const before of this.#before) {
      const row = before.version > version ? before.rows.get(meter)?.[i] : undefined;
      if (row !== undefined) return row ?? undefined;
    }
    const slot = this.#rows.find(meter);
    const isStaged = this.#next === version && this.#staged.has(i, slot);
    return (isStaged ? this.#staged : this.#rows).row(i, slot, meter);
  }
}
