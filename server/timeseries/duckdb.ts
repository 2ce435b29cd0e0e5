import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DOUBLE, type DuckDBBlobValue, type DuckDBConnection, UINTEGER } from '@duckdb/node-api';
import type { Reading } from '../domain/reading.ts';
import { DAY_MS } from '../domain/time.ts';
import { append, type Column, exact } from './duckdb/append.ts';
import { fetchRows, fetchTable } from './duckdb/fetch.ts';
import { DatabaseFile, MEMORY } from './duckdb/file.ts';
import { atomically, laidOut } from './duckdb/layout.ts';
import { NewestReadings } from './duckdb/newest.ts';
import { type Change, OpenPeriods } from './duckdb/open-periods.ts';
import { READING, toReading } from './duckdb/readings.ts';
import { RollupReads } from './duckdb/rollup-reads.ts';
import { isOneOf, whole, within } from './duckdb/sql.ts';
import { STRETCH_ROWS, Stretches } from './duckdb/stretches.ts';
import { ROLLUP_TABLES, type RollupTable } from './duckdb/tables.ts';
import type { EngineInfo, HandOver, Recomputed, Rollup, RollupLevel, RollupSum, TimeSeries } from './port.ts';

export const DUCKDB_FILE = 'timeseries.duckdb';

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

export interface DuckDBSettings {
  /** Directory that holds the file; ':memory:' for none. */
  directory: string;
  memoryLimit?: string;
  threads?: number;
  /** Size of the write-ahead log at which it is folded into the file. */
  walLimit?: string;
  /** Rows of hours or days that are put in order of meter together. */
  stretchRows?: number;
}

/** The time series inside the process: one DuckDB file, one writing connection, one for reading. */
export class DuckDBTimeSeries implements TimeSeries {
  readonly #file: DatabaseFile;
  #cursor = 0;
  readonly #newest = new NewestReadings();
  readonly #periods = new OpenPeriods();
  readonly #stretches: Stretches;
  #ordering: Promise<void> | null = null;
  readonly #rollups = new RollupReads((sql, row) => fetchRows(this.#file.reader, sql, row), this.#periods);

  constructor(settings: DuckDBSettings) {
    const { directory, memoryLimit = '96MB', threads = 2, walLimit = '16MB' } = settings;
    this.#stretches = new Stretches(settings.stretchRows ?? STRETCH_ROWS);
    this.#file = new DatabaseFile(
      directory === MEMORY ? MEMORY : join(directory, DUCKDB_FILE),
      {
        memory_limit: memoryLimit,
        threads: String(threads),
        autoinstall_known_extensions: 'false',
        preserve_insertion_order: 'true',
        wal_autocheckpoint: walLimit,
      },
      (c) => this.#load(c),
    );
  }

  async start(): Promise<EngineInfo> {
    await this.#file.open();
    this.#orderStretches();
    const [version] = (await fetchTable(this.#file.reader, 'SELECT version()'))[0] as [string];
    return { engine: 'duckdb', version };
  }

  async #load(c: DuckDBConnection): Promise<void> {
    const meta = await laidOut(c, this.#file.path);
    this.#cursor = meta.get('cursor') ?? 0;
    await this.#newest.load(c, meta);
    await this.#stretches.load(c, meta);
    const log = await fetchTable(c, 'SELECT version::DOUBLE, changes FROM open_periods ORDER BY version');
    this.#periods.load(
      (log as [number, DuckDBBlobValue][]).map(([version, { bytes }]) => ({ version, changes: bytes })),
    );
    for (const table of ROLLUP_TABLES) {
      await c.run(`CREATE TEMP TABLE touched_${table} AS SELECT * FROM ${table} LIMIT 0`);
    }
    await c.run('CREATE TEMP TABLE asked (meter UINTEGER, time BIGINT)');
  }

  async stop(): Promise<void> {
    await this.#file.close();
  }

  write(batch: HandOver): Promise<void> {
    return this.#changing(
      () => ({ ...this.#periods.handedOver(batch), ...this.#newest.among(batch.readings) }),
      async (c, change) => {
        const { tables } = change;
        if (batch.readings.length > 0) await append(c, 'readings', READING, batch.readings);
        for (const table of ROLLUP_TABLES) {
          if (tables[table].fresh.length > 0) await append(c, table, ROLLUP, tables[table].fresh);
          await updateKnown(c, table, tables[table].known);
        }
        if (batch.cursor > 0) await c.run(`UPDATE meta SET value = ${batch.cursor} WHERE name = 'cursor'`);
        if (change.isNoting) await this.#newest.note(c, change);
      },
      (change) => {
        if (batch.cursor > 0) this.#cursor = batch.cursor;
        this.#newest.committed(change);
      },
    );
  }

  async applied(cursor: number): Promise<boolean> {
    // In turn, for a commit that failed on the way out may be known only after the file is opened again.
    return this.#file.inTurn(async () => this.#cursor >= cursor);
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
    return this.#file.inTurn(async (c) => {
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
    return this.#newest.all();
  }

  async rollups(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<Rollup[]> {
    return this.#rollups.rollups(level, meters, from, to);
  }

  async sums(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<RollupSum[]> {
    return this.#rollups.sums(level, meters, from, to);
  }

  async backup(directory: string): Promise<boolean> {
    const file = join(directory, DUCKDB_FILE).replaceAll("'", "''");
    await this.#file.inTurn(async (c) => {
      const [name] = (await fetchTable(c, 'SELECT current_database()'))[0] as [string];
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
    const { path } = this.#file;
    if (path === MEMORY) return null;
    return [path, `${path}.wal`].reduce((n, f) => n + (existsSync(f) ? statSync(f).size : 0), 0);
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
    return this.#file.inTurn(async (c) => {
      this.#file.mustBeThere();
      const change = plan();
      const all = change.log && this.#periods.isLong ? this.#periods.all() : null;
      this.#periods.committing(change);
      try {
        await atomically(c, async () => {
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
      this.#stretches.committed(change);
      made(change);
      this.#orderStretches();
    });
  }

  /** Settles when no stretch of what is stored waits to be put in order of meter. */
  async ordered(): Promise<void> {
    while (this.#ordering !== null) await this.#ordering;
  }

  /** Hand-overs come between one stretch and the next. */
  #orderStretches(): void {
    const table = this.#stretches.due;
    if (table === null || this.#ordering !== null || this.#file.isClosing) return;
    this.#ordering = this.#file
      .inTurn((c) => this.#stretches.order(c, table))
      // Nothing is lost by it: the rows lie as they lay, and it is tried again when more have come.
      .catch(() => {})
      .finally(() => {
        this.#ordering = null;
        this.#orderStretches();
      });
  }

  #readings(sql: string): Promise<Reading[]> {
    return fetchRows(this.#file.reader, sql, toReading);
  }
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
