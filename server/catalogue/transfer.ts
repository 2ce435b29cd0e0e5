import { existsSync, rmSync } from 'node:fs';
import type { Database, Row, Value } from './database.ts';
import { CatalogueFileError } from './migrations.ts';
import { openSqlite, syncFile } from './sqlite.ts';

/** Every table, what others refer to before them. */
export const TABLES = [
  'setting',
  'change',
  'node',
  'node_attribute',
  'virtual_meter',
  'meter',
  'meter_epoch',
  'gateway',
  'payload_profile',
  'learned_ceiling',
  'statement',
  'policy',
  'book_record',
  'book_explanation',
  'book_attachment',
  'filing',
  'filing_step',
  'check_explanation',
  'device',
  'audit',
  'audit_archive',
  'person',
  'person_grant',
  'person_password',
  'person_code',
  'person_browser',
  'session',
  'access_token',
  'setup_link',
] as const;

/** What a table has, as the SQLite side of a copy tells it. */
interface Columns {
  names: string[];
  /** Whether a row may have megabytes. */
  large: boolean;
}

/** Of both engines, at the same version of the schema. @returns how many rows */
function copyTables(from: Database, to: Database, columnsOf: (table: string) => Columns): number {
  let copied = 0;
  for (const table of TABLES) {
    const columns = columnsOf(table);
    const names = columns.names.join(', ');
    // The settings are there from the beginning.
    const conflict = table === 'setting' ? ' ON CONFLICT (name) DO UPDATE SET value = excluded.value' : '';
    const insert = to.prepare(
      `INSERT INTO ${table} (${names}) VALUES (${columns.names.map(() => '?').join(', ')})${conflict}`,
    );
    for (const row of rowsOf(from, table, columns)) {
      insert.run(...columns.names.map((name) => row[name] as Value));
      copied++;
    }
  }
  return copied;
}

function* rowsOf(from: Database, table: string, { names, large }: Columns): Iterable<Row> {
  const select = `SELECT ${names.join(', ')} FROM ${table}`;
  const order = names.includes('no') ? ' ORDER BY no' : '';
  if (!large) return yield* from.prepare(`${select}${order}`).iterate();
  // One at a time, so that no more than one photographed bill is in memory.
  const one = from.prepare(`${select} WHERE no = ?`);
  for (const { no } of from.prepare(`SELECT no FROM ${table} ORDER BY no`).all())
    yield* one.all(no as number);
}

function columnsIn(sqlite: Database): (table: string) => Columns {
  const info = sqlite.prepare('SELECT name, type FROM pragma_table_info(?) ORDER BY cid');
  return (table) => {
    const columns = info.all(table);
    return { names: columns.map((c) => c.name as string), large: columns.some((c) => c.type === 'BLOB') };
  };
}

/** Writes what a store holds, as of one instant, into an SQLite file that does not exist yet, and syncs it. */
export function writeSqliteCopy(from: Database, file: string): void {
  if (existsSync(file)) throw new CatalogueFileError(`${file}: already exists`);
  const to = openSqlite(file);
  try {
    from.read(() => to.write(() => copyTables(from, to, columnsIn(to))));
    // One file, which can be read also where nothing can be written beside it.
    to.prepare('PRAGMA journal_mode = DELETE').get();
    to.close();
  } catch (error) {
    to.close();
    rmSync(file, { force: true });
    throw error;
  }
  syncFile(file);
}

/**
 * Copies a catalogue from a file into an empty store on PostgreSQL, all or nothing; the file stays.
 * @returns how many rows
 * @throws CatalogueFileError where something is in the store already
 */
export function copyIntoPostgres(file: string, to: Database): number {
  const from = openSqlite(file);
  try {
    return to.write(() => {
      const revision = to.prepare("SELECT value FROM setting WHERE name = 'revision'").get()?.value;
      if (revision !== '0') throw new CatalogueFileError('the database holds a catalogue already');
      const columnsOf = columnsIn(from);
      const copied = from.read(() => copyTables(from, to, columnsOf));
      for (const table of TABLES) {
        if (!columnsOf(table).names.includes('no')) continue;
        // As high as it ever was, so that the number of something that is gone is not given again.
        const highest = from.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').get(table)?.seq;
        if (typeof highest !== 'number') continue;
        to.prepare("SELECT setval(pg_get_serial_sequence(?, 'no'), ?)").get(table, highest);
      }
      return copied;
    });
  } finally {
    from.close();
  }
}
