import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { CATALOGUE_SCHEMA } from '../catalogue/schema.ts';
import { JOURNAL_LAYOUT } from '../journal/schema.ts';
import { DUCKDB_LAYOUT } from '../timeseries/duckdb/layout.ts';
import { DUCKDB_FILE } from '../timeseries/duckdb.ts';
import type { EngineInfo } from '../timeseries/port.ts';
import { BackupError, type Manifest, type Stores } from './manifest.ts';

export { BackupError };
export const CATALOGUE_FILE = 'catalogue.sqlite';
export const JOURNAL_FILE = 'journal.sqlite';
/** What a backup may consist of, with what the databases put beside their files. */
export const STORE_FILES = [CATALOGUE_FILE, JOURNAL_FILE, DUCKDB_FILE].flatMap((name) => [
  name,
  ...['-wal', '-shm', '.wal'].map((end) => name + end),
]);

/** Layout of the journal whose account leaves out what waits. */
const COUNTED_LATER = 3;
const ROW_TABLES = ['readings', 'hours', 'days', 'months'];

/** What the copies in a directory hold; it is kept beside them and compared when they are used. */
export async function describeStores(
  directory: string,
  of: { catalogue: string; timeseries: EngineInfo; whole: boolean },
): Promise<Stores> {
  const { engine, version } = of.timeseries;
  const held = of.whole ? await timeseriesIn(join(directory, DUCKDB_FILE)) : null;
  return {
    catalogue: { engine: of.catalogue, schema: layoutOf(join(directory, CATALOGUE_FILE)) },
    journal: journalIn(join(directory, JOURNAL_FILE)),
    timeseries: {
      engine,
      version,
      in_backup: of.whole,
      layout: held?.layout ?? null,
      rows: held?.rows ?? null,
    },
  };
}

/**
 * Opens each store, has it check itself, and compares what it holds with the manifest.
 * @throws BackupError that names the file
 */
export async function checkStores(directory: string, manifest: Manifest): Promise<void> {
  const at = (name: string): string => join(directory, name);
  for (const name of [CATALOGUE_FILE, JOURNAL_FILE]) {
    if (!manifest.files.some((f) => f.name === name)) {
      throw new BackupError(`${at(name)} is missing: the backup does not list it`);
    }
    checkIntegrity(at(name));
  }
  known(at(CATALOGUE_FILE), layoutOf(at(CATALOGUE_FILE)), CATALOGUE_SCHEMA);
  known(at(JOURNAL_FILE), layoutOf(at(JOURNAL_FILE)), JOURNAL_LAYOUT);
  if (manifest.journal) same(at(JOURNAL_FILE), manifest.journal, journalIn(at(JOURNAL_FILE)));
  const listed = manifest.files.some((f) => f.name === DUCKDB_FILE);
  if (manifest.timeseries?.in_backup === true && !listed) {
    throw new BackupError(`${at(DUCKDB_FILE)} is missing: the backup does not list it`);
  }
  if (!listed) return;
  const { layout, rows } = await timeseriesIn(at(DUCKDB_FILE));
  known(at(DUCKDB_FILE), layout, DUCKDB_LAYOUT);
  if (manifest.timeseries?.rows) same(at(DUCKDB_FILE), manifest.timeseries.rows, rows);
}

function known(file: string, found: number, newest: number): void {
  if (found <= newest) return;
  throw new BackupError(`${file} has layout ${found}, this program knows ${newest}: use a newer jieneng`);
}

function same(file: string, said: object, found: object): void {
  const sorted = (of: object): string =>
    JSON.stringify(of, (_, v: unknown) =>
      typeof v === 'object' && v !== null
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    );
  if (sorted(said) === sorted(found)) return;
  throw new BackupError(`${file} holds ${sorted(found)}, the backup had ${sorted(said)}`);
}

/** Reads a database as it lies there and puts nothing beside it. */
function reading<T>(file: string, read: (db: DatabaseSync) => T): T {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  try {
    const db = new DatabaseSync(url, { readOnly: true });
    try {
      return read(db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${file} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkIntegrity(file: string): void {
  const verdict = reading(file, (db) => {
    const row = db.prepare('PRAGMA integrity_check').get();
    return String(row?.integrity_check);
  });
  if (verdict !== 'ok') throw new BackupError(`${file} is damaged: ${verdict}`);
}

function layoutOf(file: string): number {
  return reading(file, (db) => Number(db.prepare('PRAGMA user_version').get()?.user_version));
}

function journalIn(file: string): Stores['journal'] {
  const layout = layoutOf(file);
  return reading(file, (db) => {
    const pending = Number(db.prepare('SELECT coalesce(sum(n), 0) AS n FROM journal').get()?.n);
    const rows = db.prepare('SELECT name, n FROM account ORDER BY name').all();
    const account = Object.fromEntries(rows.map((row) => [String(row.name), Number(row.n)]));
    // From then on what waits is counted when it is handed over.
    const waiting = layout >= COUNTED_LATER ? pending : 0;
    for (const name of ['received', 'stored']) account[name] = (account[name] ?? 0) + waiting;
    return { layout, pending, account };
  });
}

async function timeseriesIn(file: string): Promise<{ layout: number; rows: Record<string, number> }> {
  if (!existsSync(file)) throw new BackupError(`${file} is missing`);
  try {
    const instance = await DuckDBInstance.create(file, {
      access_mode: 'READ_ONLY',
      memory_limit: '96MB',
      threads: '1',
      autoinstall_known_extensions: 'false',
    });
    const c = await instance.connect();
    try {
      const one = async (sql: string): Promise<number> =>
        Number((await c.runAndReadAll(sql)).getRows()[0]?.[0] ?? Number.NaN);
      const rows: Record<string, number> = {};
      for (const table of ROW_TABLES) rows[table] = await one(`SELECT count(*)::DOUBLE FROM ${table}`);
      return { layout: await one("SELECT value::DOUBLE FROM meta WHERE name = 'layout'"), rows };
    } finally {
      c.closeSync();
      instance.closeSync();
    }
  } catch (error) {
    throw new BackupError(`${file} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}
