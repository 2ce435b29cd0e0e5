import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  DOUBLE,
  type DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBInstance,
  UINTEGER,
  UTINYINT,
} from '@duckdb/node-api';
import type { Reading } from '../domain/reading.ts';
import { DAY_MS } from '../domain/time.ts';
import { append, type Column, exact } from './duckdb/append.ts';
import { fetchRows, type NumberAt } from './duckdb/fetch.ts';
import { type Change, OpenPeriods } from './duckdb/open-periods.ts';
import { RollupReads } from './duckdb/rollup-reads.ts';
import { isOneOf, whole, within } from './duckdb/sql.ts';
import { ROLLUP_TABLES, type RollupTable } from './duckdb/tables.ts';
import type { EngineInfo, HandOver, Recomputed, Rollup, RollupLevel, RollupSum, TimeSeries } from './port.ts';

/**
 * Since 2 `newest` may be behind `readings`, since 3 the open periods are in no table of their level; an older
 * program knows neither.
 */
export const DUCKDB_LAYOUT = 3;
const LAYOUT = DUCKDB_LAYOUT;
export const DUCKDB_FILE = 'timeseries.duckdb';

/** What changed of the open periods, packed; the first row may be all of them at once. */
const OPEN_PERIODS = 'CREATE TABLE IF NOT EXISTS open_periods (version BIGINT, changes BLOB);';

// No index anywhere: rows arrive in order of time, so the min/max of each row group finds them, and an
// index over a hundred million rows would not fit into memory.
const TABLES = `
CREATE TABLE meta (name VARCHAR, value BIGINT);
CREATE TABLE readings (meter UINTEGER, time BIGINT, value DOUBLE, flags UTINYINT);
-- The newest reading of each meter as of so many rows of readings, so that nobody has to look through all of them
-- at start. Kept up with every hand-over it would be a quarter of what is written.
CREATE TABLE newest (meter UINTEGER, time BIGINT, value DOUBLE, flags UTINYINT);
${OPEN_PERIODS}
${ROLLUP_TABLES.map(
  (t) =>
    `CREATE TABLE ${t} (meter UINTEGER, start BIGINT, measured BIGINT, recovered BIGINT, estimated BIGINT, covered BIGINT);`,
).join('\n')}
INSERT INTO meta VALUES ('layout', ${LAYOUT}), ('cursor', 0), ('newest', 0);
`;

const READING: readonly Column<Reading>[] = [
  [UINTEGER, (r) => r.meter],
  [DOUBLE, (r) => exact(r.time)],
  [DOUBLE, (r) => r.value],
  [UTINYINT, (r) => r.flags],
];
const ROLLUP: readonly Column<Rollup>[] = [
  [UINTEGER, (r) => r.meter],
  [DOUBLE, (r) => exact(r.start)],
  [DOUBLE, (r) => exact(r.measured)],
  [DOUBLE, (r) => exact(r.recovered)],
  [DOUBLE, (r) => exact(r.estimated)],
  [DOUBLE, (r) => exact(r.coveredMs)],
];
const AMOUNTS = ['measured', 'recovered', 'estimated', 'covered'];
const ASKED: readonly Column<Reading>[] = READING.slice(0, 2);

/** What a hand-over changes of the newest readings. */
interface Newest {
  newer: ReadonlyMap<number, Reading>;
  /** Rows of readings once it is made. */
  stored: number;
  isNoting: boolean;
}

export interface DuckDBSettings {
  /** Directory that holds the file; ':memory:' for none. */
  directory: string;
  memoryLimit?: string;
  threads?: number;
  /** Size of the write-ahead log at which it is folded into the file. */
  walLimit?: string;
}

/** After a failure of this kind DuckDB refuses everything until its file is opened again. */
const FATAL = /FATAL Error/;
const REOPEN_MS = 1000;

/** The newest readings are noted after so many, or after so many for each meter if that is more. */
const NOTE_NEWEST_AFTER = 250_000;
const NOTE_NEWEST_PER_METER = 4;

/** The time series inside the process: one DuckDB file, one writing connection, one for reading. */
export class DuckDBTimeSeries implements TimeSeries {
  readonly #settings: DuckDBSettings;
  #instance: DuckDBInstance | null = null;
  #writer: DuckDBConnection | null = null;
  #reader: DuckDBConnection | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = new AbortController();
  /** Why it is closed though it was started; null when it is open. */
  #broken: string | null = null;
  /** Device and number of the open file. */
  #identity: string | null = null;
  #cursor = 0;
  readonly #newest = new Map<number, Reading>();
  /** Rows of readings, and how many of them there were when the newest were noted. */
  #stored = 0;
  #noted = 0;
  readonly #periods = new OpenPeriods();
  readonly #rollups = new RollupReads(
    (sql, row) => fetchRows(this.#open(this.#reader), sql, row),
    this.#periods,
  );

  constructor(settings: DuckDBSettings) {
    this.#settings = settings;
  }

  async start(): Promise<EngineInfo> {
    this.#stopping = new AbortController();
    await this.#connect();
    return { engine: 'duckdb', version: ((await this.#rows('SELECT version()'))[0] as [string])[0] };
  }

  async #connect(): Promise<void> {
    const { memoryLimit = '96MB', threads = 2, walLimit = '16MB' } = this.#settings;
    const file = this.#file;
    this.#instance = await opened(file, {
      memory_limit: memoryLimit,
      threads: String(threads),
      autoinstall_known_extensions: 'false',
      preserve_insertion_order: 'true',
      wal_autocheckpoint: walLimit,
    });
    this.#identity = identityOf(file);
    this.#writer = await this.#instance.connect();
    this.#reader = await this.#instance.connect();
    const hasMeta =
      (await this.#rows("SELECT 1 FROM information_schema.tables WHERE table_name = 'meta'")).length > 0;
    if (!hasMeta) await this.#atomically((c) => c.run(TABLES));
    const meta = new Map((await this.#rows('SELECT name, value::DOUBLE FROM meta')) as [string, number][]);
    const layout = meta.get('layout') ?? 0;
    if (layout > LAYOUT) {
      this.#close();
      throw new Error(`${file} has layout ${layout}, this program knows ${LAYOUT}: use a newer jieneng`);
    }
    this.#cursor = meta.get('cursor') ?? 0;
    for (const table of ROLLUP_TABLES) {
      await this.#writer.run(`CREATE TEMP TABLE touched_${table} AS SELECT * FROM ${table} LIMIT 0`);
    }
    await this.#loadNewest(layout, meta.get('newest'));
    await this.#loadOpenPeriods(layout);
    await this.#writer.run('CREATE TEMP TABLE asked (meter UINTEGER, time BIGINT)');
  }

  /** The newest reading of each meter: what was noted, and what came after that. */
  async #loadNewest(layout: number, noted: number | undefined): Promise<void> {
    const stored = (await this.#rows('SELECT count(*)::DOUBLE FROM readings'))[0] as [number];
    this.#stored = stored[0];
    // The first layout kept them up with every hand-over.
    this.#noted = noted ?? this.#stored;
    if (layout < 2) {
      await this.#atomically(async (c) => {
        await c.run(`INSERT INTO meta VALUES ('newest', ${whole(this.#stored)})`);
        await c.run(`UPDATE meta SET value = 2 WHERE name = 'layout'`);
      });
    }
    const newest = await this.#readings('SELECT meter, time::DOUBLE, value, flags FROM newest');
    const since = await this.#readings(
      `SELECT meter, max(time)::DOUBLE, arg_max(value, time), arg_max(flags, time)
       FROM readings WHERE rowid >= ${whole(this.#noted)} GROUP BY meter`,
    );
    this.#newest.clear();
    for (const r of newest) this.#newest.set(r.meter, r);
    for (const r of since) {
      const known = this.#newest.get(r.meter)?.time ?? Number.NEGATIVE_INFINITY;
      if (r.time > known) this.#newest.set(r.meter, r);
    }
  }

  /** What an earlier layout has of them is in the tables, and stays there until the next period begins. */
  async #loadOpenPeriods(layout: number): Promise<void> {
    if (layout < 3) {
      await this.#atomically(async (c) => {
        await c.run(OPEN_PERIODS);
        await c.run(`UPDATE meta SET value = 3 WHERE name = 'layout'`);
      });
    }
    const log = await this.#rows('SELECT version::DOUBLE, changes FROM open_periods ORDER BY version');
    this.#periods.load(
      (log as [number, DuckDBBlobValue][]).map(([version, { bytes }]) => ({ version, changes: bytes })),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#turn.catch(() => {});
    this.#close();
  }

  /**
   * Opens the file again after a failure that it takes no more work after, such as a checkpoint on a full disk;
   * tries until it succeeds. What a commit had confirmed is in its log.
   */
  async #reopen(why: string): Promise<void> {
    for (this.#broken = why; this.#broken !== null; ) {
      this.#close();
      await wait(REOPEN_MS, undefined, { signal: this.#stopping.signal });
      try {
        this.#mustBeThere();
        this.#broken = null;
        await this.#connect();
      } catch (error) {
        this.#broken = messageOf(error);
      }
    }
  }

  /** @throws when the open file is no longer the one in the directory: what is written would be lost with us */
  #mustBeThere(): void {
    if (this.#identity === null || identityOf(this.#file) === this.#identity) return;
    throw new Error(
      `${this.#file} was deleted or replaced while it was open. While this server runs, \`backup DIR\` can still save what it held`,
    );
  }

  get #file(): string {
    const { directory } = this.#settings;
    return directory === ':memory:' ? directory : join(directory, DUCKDB_FILE);
  }

  #close(): void {
    this.#reader?.closeSync();
    this.#writer?.closeSync();
    this.#instance?.closeSync();
    this.#reader = this.#writer = this.#instance = null;
  }

  write(batch: HandOver): Promise<void> {
    return this.#changing(
      () => ({ ...this.#periods.handedOver(batch), ...this.#newestWith(batch.readings) }),
      async (c, { tables, newer, stored, isNoting }) => {
        if (batch.readings.length > 0) await append(c, 'readings', READING, batch.readings);
        for (const table of ROLLUP_TABLES) {
          if (tables[table].fresh.length > 0) await append(c, table, ROLLUP, tables[table].fresh);
          await updateKnown(c, table, tables[table].known);
        }
        if (batch.cursor > 0) await c.run(`UPDATE meta SET value = ${batch.cursor} WHERE name = 'cursor'`);
        if (isNoting) await noteNewest(c, new Map([...this.#newest, ...newer]).values(), stored);
      },
      ({ newer, stored, isNoting }) => {
        if (batch.cursor > 0) this.#cursor = batch.cursor;
        for (const r of newer.values()) this.#newest.set(r.meter, r);
        this.#stored = stored;
        if (isNoting) this.#noted = stored;
      },
    );
  }

  /** Those of the readings that become the newest of their meters, and whether all of them are to be noted then. */
  #newestWith(readings: readonly Reading[]): Newest {
    const newer = new Map<number, Reading>();
    for (const r of readings) {
      if (r.time > ((newer.get(r.meter) ?? this.#newest.get(r.meter))?.time ?? Number.NEGATIVE_INFINITY)) {
        newer.set(r.meter, r);
      }
    }
    const stored = this.#stored + readings.length;
    const due = Math.max(NOTE_NEWEST_AFTER, NOTE_NEWEST_PER_METER * this.#newest.size);
    return { newer, stored, isNoting: stored - this.#noted >= due };
  }

  async applied(cursor: number): Promise<boolean> {
    // In turn, for a commit that failed on the way out may be known only after the file is opened again.
    return this.#inTurn(async () => this.#cursor >= cursor);
  }

  async replace(meters: readonly number[], from: number, to: number, rollups: Recomputed): Promise<void> {
    if (meters.length === 0) return;
    await this.#changing(
      () => this.#periods.replaced(meters, from, to, rollups),
      async (c, { tables }) => {
        for (const table of ROLLUP_TABLES) {
          await c.run(`DELETE FROM ${table} WHERE ${within(from, to)} AND ${isOneOf(meters)}`);
          await append(c, table, ROLLUP, tables[table].fresh);
        }
      },
    );
  }

  async existing(readings: readonly Reading[]): Promise<Reading[]> {
    if (readings.length === 0) return [];
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const r of readings) {
      if (r.time < low) low = r.time;
      if (r.time > high) high = r.time;
    }
    return this.#inTurn(async () => {
      const c = this.#open(this.#writer);
      try {
        await append(c, 'asked', ASKED, readings);
        return await fetchRows(
          c,
          `SELECT DISTINCT r.meter, r.time::DOUBLE, r.value, r.flags FROM readings r JOIN asked q ON r.meter = q.meter AND r.time = q.time
           WHERE r.time >= ${low} AND r.time <= ${high}`,
          toReading,
        );
      } finally {
        await c.run('DELETE FROM asked');
      }
    });
  }

  async readings(meters: readonly number[], from: number, to: number, limit = 0): Promise<Reading[]> {
    if (meters.length === 0) return [];
    return this.#readings(
      `SELECT meter, time::DOUBLE, value, flags FROM readings
       WHERE time >= ${whole(from)} AND time < ${whole(to)} AND ${isOneOf(meters)}
       ORDER BY meter, time ${limit > 0 ? `LIMIT ${whole(limit)}` : ''}`,
    );
  }

  async before(meters: readonly number[], time: number): Promise<Reading[]> {
    return this.#nearest(
      meters,
      (missing, days) =>
        days === null
          ? `time < ${whole(time)} AND ${isOneOf(missing)}`
          : `time < ${whole(time)} AND time >= ${whole(time - days * DAY_MS)} AND ${isOneOf(missing)}`,
      'max',
    );
  }

  async after(meters: readonly number[], time: number): Promise<Reading[]> {
    return this.#nearest(
      meters,
      (missing, days) =>
        days === null
          ? `time >= ${whole(time)} AND ${isOneOf(missing)}`
          : `time >= ${whole(time)} AND time < ${whole(time + days * DAY_MS)} AND ${isOneOf(missing)}`,
      'min',
    );
  }

  /** Looks near first: most meters have a reading within days, and only the rest needs the whole history. */
  async #nearest(
    meters: readonly number[],
    where: (missing: readonly number[], days: number | null) => string,
    extreme: 'min' | 'max',
  ): Promise<Reading[]> {
    const found: Reading[] = [];
    let missing = meters;
    for (const days of [2, 40, null]) {
      if (missing.length === 0) break;
      const near = await this.#readings(
        `SELECT meter, ${extreme}(time)::DOUBLE, arg_${extreme}(value, time), arg_${extreme}(flags, time)
         FROM readings WHERE ${where(missing, days)} GROUP BY meter`,
      );
      found.push(...near);
      const have = new Set(near.map((r) => r.meter));
      missing = missing.filter((m) => !have.has(m));
    }
    return found;
  }

  async latest(): Promise<Reading[]> {
    return [...this.#newest.values()];
  }

  async rollups(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<Rollup[]> {
    return this.#rollups.rollups(level, meters, from, to);
  }

  async sums(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<RollupSum[]> {
    return this.#rollups.sums(level, meters, from, to);
  }

  async backup(directory: string): Promise<boolean> {
    const file = join(directory, DUCKDB_FILE).replaceAll("'", "''");
    await this.#inTurn(async () => {
      const c = this.#open(this.#writer);
      const name = ((await c.runAndReadAll('SELECT current_database()')).getRows()[0] as [string])[0];
      await c.run(`ATTACH '${file}' AS backup_copy`);
      try {
        await c.run(`COPY FROM DATABASE "${name}" TO backup_copy`);
      } finally {
        await c.run('DETACH backup_copy');
      }
    });
    return true;
  }

  async bytes(): Promise<number | null> {
    if (this.#settings.directory === ':memory:') return null;
    const file = join(this.#settings.directory, DUCKDB_FILE);
    return [file, `${file}.wal`].reduce((n, f) => n + (existsSync(f) ? statSync(f).size : 0), 0);
  }

  #open(c: DuckDBConnection | null): DuckDBConnection {
    if (this.#broken !== null) throw new Error(`closed until it can be opened again: ${this.#broken}`);
    if (!c) throw new Error('the time series is not open');
    return c;
  }

  /** One writer at a time: DuckDB refuses two transactions that touch the same rows. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work, work);
    // Whoever asked is told by `run`; opening again is given up only by a stop.
    this.#turn = run.catch((error: unknown) =>
      FATAL.test(messageOf(error)) ? this.#reopen(messageOf(error)).catch(() => {}) : undefined,
    );
    return run;
  }

  /**
   * One transaction, in turn, with what it changes of the open periods.
   * @param plan made when its turn has come, `made` called when it is committed
   */
  #changing<T extends Change>(
    plan: () => T,
    work: (c: DuckDBConnection, change: T) => Promise<unknown>,
    made: (change: T) => void = () => {},
  ): Promise<void> {
    return this.#inTurn(async () => {
      this.#mustBeThere();
      const change = plan();
      const all = change.log && this.#periods.isLong ? this.#periods.all() : null;
      this.#periods.committing(change);
      try {
        await this.#atomically(async (c) => {
          await work(c, change);
          if (all) await c.run('DELETE FROM open_periods');
          const log = all ?? change.log;
          if (log) await appendLog(c, change.version, log);
        });
      } catch (error) {
        this.#periods.failed();
        throw error;
      }
      this.#periods.committed(change, all);
      made(change);
    });
  }

  async #atomically(work: (c: DuckDBConnection) => Promise<unknown>): Promise<void> {
    // Not asked by `#open`: a file that is being opened again gets its tables, too.
    const c = this.#writer;
    if (!c) throw new Error('the time series is not open');
    await c.run('BEGIN');
    try {
      await work(c);
      await c.run('COMMIT');
    } catch (error) {
      await c.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async #rows(sql: string): Promise<unknown[][]> {
    return (await this.#open(this.#reader).runAndReadAll(sql)).getRows();
  }

  #readings(sql: string): Promise<Reading[]> {
    return fetchRows(this.#open(this.#reader), sql, toReading);
  }
}

/** @throws when the file is damaged or no database, with what can be done */
async function opened(file: string, options: Record<string, string>): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, options);
  } catch (error) {
    throw new Error(
      `${file} cannot be opened: ${messageOf(error)}. \`restore\` puts a backup into a new directory`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function identityOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}

async function noteNewest(c: DuckDBConnection, newest: Iterable<Reading>, stored: number): Promise<void> {
  await c.run('DELETE FROM newest');
  await append(c, 'newest', READING, [...newest]);
  await c.run(`UPDATE meta SET value = ${whole(stored)} WHERE name = 'newest'`);
}

async function appendLog(c: DuckDBConnection, version: number, changes: Uint8Array): Promise<void> {
  const appender = await c.createAppender('open_periods');
  try {
    appender.appendBigInt(BigInt(version));
    appender.appendBlob(changes);
    appender.endRow();
  } finally {
    appender.closeSync();
  }
}

/**
 * Rows of a table are updated in place, which keeps it in order of time. They are few: what most readings change is
 * open, and in no table.
 * @throws Error when a row is not there once, since what it says would be lost or counted twice
 */
async function updateKnown(c: DuckDBConnection, table: RollupTable, known: readonly Rollup[]): Promise<void> {
  if (known.length === 0) return;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const r of known) {
    if (r.start < low) low = r.start;
    if (r.start > high) high = r.start;
  }
  await append(c, `touched_${table}`, ROLLUP, known);
  const { rowsChanged } = await c.run(
    `UPDATE ${table} SET ${AMOUNTS.map((name) => `${name} = t.${name}`).join(', ')} FROM touched_${table} t
     WHERE ${table}.meter = t.meter AND ${table}.start = t.start AND ${table}.start >= ${low} AND ${table}.start <= ${high}`,
  );
  if (rowsChanged !== known.length) {
    throw new Error(`${table}: ${known.length} rows are to be changed, and ${rowsChanged} are there`);
  }
  await c.run(`DELETE FROM touched_${table}`);
}

function toReading(at: NumberAt): Reading {
  return { meter: at(0), time: at(1), value: at(2), flags: at(3) };
}
