import type { Recomputed, Rollup, RollupWrite } from '../port.ts';
import { applyChanges, packChanges } from './open-log.ts';
import { OpenRows } from './open-rows.ts';
import { ROLLUP_TABLES, type RollupTable } from './tables.ts';

/** What a hand-over changes: rows that the tables get, rows in them that it changes, and the periods still open. */
export interface Change {
  version: number;
  tables: Record<RollupTable, { fresh: Rollup[]; known: Rollup[] }>;
  /** By meter, in the order of the tables. */
  open: Map<number, (Rollup | null | undefined)[]>;
  /** How the changes of the open periods are written down; null when there are none. */
  log: Uint8Array | null;
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
  #version = 0;
  #logged = 0;
  #all = 0;
  /** Committed perhaps, but not yet known to be. */
  #next: Change | null = null;
  /** What the changes since the reading under way took away, oldest first. */
  #before: { version: number; open: Change['open'] }[] = [];
  #isRead = false;

  /** @param log as `Change.log` was written, in order */
  load(log: readonly { version: number; changes: Uint8Array }[]): void {
    this.#rows = new OpenRows();
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

  /** Sorts what a hand-over writes into what the tables get and what stays open. */
  handedOver(rows: Record<RollupTable, readonly RollupWrite[]>): Change {
    return this.#change((table, i, { fresh, known }, open) => {
      for (const r of rows[table]) {
        const changed = open.get(r.meter)?.[i];
        const slot = changed ? -1 : this.#rows.find(r.meter);
        const start = changed ? changed.start : this.#rows.startAt(table, slot);
        if (start === r.start) put(open, r.meter, i, r);
        else if (!r.isNew) known.push(r);
        else if (r.start < start) fresh.push(r);
        else {
          const ended = changed ?? this.#rows.at(table, slot);
          if (ended) fresh.push(ended);
          put(open, r.meter, i, r);
        }
      }
    });
  }

  /** The same for rollups that take the place of all that the meters have in a span. */
  replaced(meters: readonly number[], from: number, to: number, rollups: Recomputed): Change {
    const rows = { hours: rollups.hours, days: rollups.days, months: rollups.months };
    return this.#change((table, i, { fresh }, open) => {
      for (const meter of meters) {
        const start = this.#rows.startAt(table, this.#rows.find(meter));
        if (start >= from && start < to) put(open, meter, i, null);
      }
      for (const r of rows[table]) {
        if (this.#rows.startAt(table, this.#rows.find(r.meter)) === r.start) put(open, r.meter, i, r);
        else fresh.push(r);
      }
    });
  }

  #change(
    fill: (table: RollupTable, i: number, to: Change['tables'][RollupTable], open: Change['open']) => void,
  ): Change {
    const of = (): Change['tables'][RollupTable] => ({ fresh: [], known: [] });
    const tables = { hours: of(), days: of(), months: of() };
    const open: Change['open'] = new Map();
    for (const [i, table] of ROLLUP_TABLES.entries()) fill(table, i, tables[table], open);
    const log = open.size > 0 ? packChanges(open, this.#rows) : null;
    return { version: this.#version + (log ? 1 : 0), tables, open, log };
  }

  /** Whether all that is open should be written down in place of the changes so far. */
  get isLong(): boolean {
    return this.#logged > Math.max(LEAST_LOG_BYTES, LOG_PER_ALL * this.#all);
  }

  /** All that is open once the change is made, as a log of its own. */
  all({ open }: Change): Uint8Array {
    const all: Change['open'] = new Map();
    for (let slot = 0; slot < this.#rows.size; slot++) {
      all.set(
        this.#rows.meterAt(slot),
        ROLLUP_TABLES.map((table) => this.#rows.at(table, slot)),
      );
    }
    for (const [meter, rows] of open) {
      for (const [i, row] of rows.entries()) if (row !== undefined) put(all, meter, i, row ?? undefined);
    }
    return packChanges(all, null);
  }

  /** To be called before the transaction with the change is committed; then `committed` or `failed`. */
  committing(change: Change): void {
    this.#next = change;
  }

  failed(): void {
    this.#next = null;
  }

  /** @param all what `all` gave, when that was written in place of the changes */
  committed(change: Change, all: Uint8Array | null): void {
    this.#next = null;
    if (!change.log) return;
    const taken: Change['open'] = new Map();
    for (const [meter, rows] of change.open) {
      const slot = this.#rows.slotOf(meter);
      for (const [i, table] of ROLLUP_TABLES.entries()) {
        const row = rows[i];
        if (row === undefined) continue;
        if (this.#isRead) put(taken, meter, i, this.#rows.at(table, slot) ?? null);
        this.#rows.set(table, slot, row);
      }
    }
    if (this.#isRead) this.#before.push({ version: change.version, open: taken });
    this.#version = change.version;
    this.#logged = all ? all.byteLength : this.#logged + change.log.byteLength;
    if (all) this.#all = all.byteLength;
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
      const row = before.version > version ? before.open.get(meter)?.[i] : undefined;
      if (row !== undefined) return row ?? undefined;
    }
    if (this.#next?.log && this.#next.version === version) {
      const row = this.#next.open.get(meter)?.[i];
      if (row !== undefined) return row === null ? undefined : asRollup(row);
    }
    return this.#rows.at(table, this.#rows.find(meter));
  }
}

function put(open: Change['open'], meter: number, i: number, row: Rollup | null | undefined): void {
  const rows = open.get(meter);
  if (rows) rows[i] = row;
  else open.set(meter, [i === 0 ? row : undefined, i === 1 ? row : undefined, i === 2 ? row : undefined]);
}

/** Without what it carries beside, and with one zero, as a table would give it back. */
function asRollup({ meter, start, measured, recovered, estimated, coveredMs }: Rollup): Rollup {
  return {
    meter,
    start: start + 0,
    measured: measured + 0,
    recovered: recovered + 0,
    estimated: estimated + 0,
    coveredMs: coveredMs + 0,
  };
}
