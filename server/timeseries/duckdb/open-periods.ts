import type { Recomputed, Rollup, RollupWrite } from '../port.ts';
import { exact } from './append.ts';
import { applyChanges, packChanges } from './open-log.ts';
import { ROLLUP_TABLES, type RollupTable } from './tables.ts';

/** What a hand-over changes: rows that the tables get, rows in them that it changes, and the periods still open. */
export interface Change {
  version: number;
  tables: Record<RollupTable, TableChange>;
  /** How the changes of the open periods are written down; null when there are none. */
  log: Uint8Array | null;
}

interface TableChange {
  fresh: Rollup[];
  known: Rollup[];
  /** By meter; null: it has none any more. */
  open: Map<number, Rollup | null>;
}

type Levels = Record<RollupTable, Map<number, Rollup>>;

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
  #levels: Levels = empty();
  #version = 0;
  #logged = 0;
  #all = 0;
  /** Committed perhaps, but not yet known to be. */
  #next: Change | null = null;
  /** What the changes since the reading under way took away, oldest first. */
  #before: { version: number; levels: Record<RollupTable, Map<number, Rollup | undefined>> }[] = [];
  #isRead = false;

  /** @param log as `Change.log` was written, in order */
  load(log: readonly { version: number; changes: Uint8Array }[]): void {
    this.#levels = empty();
    this.#next = null;
    this.#before = [];
    this.#logged = 0;
    this.#all = log[0]?.changes.byteLength ?? 0;
    this.#version = 0;
    for (const { version, changes } of log) {
      applyChanges(changes, this.#levels);
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
    return this.#change((table, { fresh, known, open }) => {
      for (const r of rows[table]) {
        const current = open.get(r.meter) ?? this.#levels[table].get(r.meter);
        if (current?.start === r.start) open.set(r.meter, asRollup(r));
        else if (!r.isNew) known.push(r);
        else if (current && r.start < current.start) fresh.push(r);
        else {
          if (current) fresh.push(current);
          open.set(r.meter, asRollup(r));
        }
      }
    });
  }

  /** The same for rollups that take the place of all that the meters have in a span. */
  replaced(meters: readonly number[], from: number, to: number, rollups: Recomputed): Change {
    const rows = { hours: rollups.hours, days: rollups.days, months: rollups.months };
    return this.#change((table, { fresh, open }) => {
      const level = this.#levels[table];
      for (const meter of meters) {
        const start = level.get(meter)?.start;
        if (start !== undefined && start >= from && start < to) open.set(meter, null);
      }
      for (const r of rows[table]) {
        if (level.get(r.meter)?.start === r.start) open.set(r.meter, asRollup(r));
        else fresh.push(r);
      }
    });
  }

  #change(fill: (table: RollupTable, change: TableChange) => void): Change {
    const tables = { hours: none(), days: none(), months: none() };
    for (const table of ROLLUP_TABLES) fill(table, tables[table]);
    const log = ROLLUP_TABLES.some((t) => tables[t].open.size > 0)
      ? packChanges(
          (t) => tables[t].open,
          (t, meter) => this.#levels[t].get(meter),
        )
      : null;
    return { version: this.#version + (log ? 1 : 0), tables, log };
  }

  /** Whether all that is open should be written down in place of the changes so far. */
  get isLong(): boolean {
    return this.#logged > Math.max(LEAST_LOG_BYTES, LOG_PER_ALL * this.#all);
  }

  /** All that is open once the change is made, as a log of its own. */
  all(change: Change): Uint8Array {
    const rows = { hours: new Map(), days: new Map(), months: new Map() };
    for (const table of ROLLUP_TABLES) {
      for (const [meter, row] of this.#levels[table]) rows[table].set(meter, row);
      put(rows[table], change.tables[table].open);
    }
    return packChanges(
      (table) => rows[table],
      () => undefined,
    );
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
    if (this.#isRead) {
      const levels = { hours: new Map(), days: new Map(), months: new Map() };
      for (const table of ROLLUP_TABLES) {
        for (const meter of change.tables[table].open.keys()) {
          levels[table].set(meter, this.#levels[table].get(meter));
        }
      }
      this.#before.push({ version: change.version, levels });
    }
    for (const table of ROLLUP_TABLES) put(this.#levels[table], change.tables[table].open);
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
      then(result, (table, meter) => {
        for (const { version, levels } of this.#before) {
          if (version > seen && levels[table].has(meter)) return levels[table].get(meter);
        }
        if (this.#next?.log && this.#next.version === seen) {
          const row = this.#next.tables[table].open.get(meter);
          if (row !== undefined) return row ?? undefined;
        }
        return this.#levels[table].get(meter);
      });
    } finally {
      this.#isRead = false;
      this.#before = [];
    }
  }
}

function empty(): Levels {
  return { hours: new Map(), days: new Map(), months: new Map() };
}

function none(): TableChange {
  return { fresh: [], known: [], open: new Map() };
}

function put(level: Map<number, Rollup>, rows: ReadonlyMap<number, Rollup | null>): void {
  for (const [meter, row] of rows) {
    if (row) level.set(meter, row);
    else level.delete(meter);
  }
}

/** Without what it carries beside, and with one zero, as a table would give it back. */
function asRollup({ meter, start, measured, recovered, estimated, coveredMs }: Rollup): Rollup {
  return {
    meter,
    start: exact(start) + 0,
    measured: exact(measured) + 0,
    recovered: exact(recovered) + 0,
    estimated: exact(estimated) + 0,
    coveredMs: exact(coveredMs) + 0,
  };
}
