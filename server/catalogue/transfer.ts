import { existsSync, rmSync } from 'node:fs';
import type { Database, Value } from './database.ts';
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
] as const;

/** Of both engines, at the same version of the schema. */
function copyTables(from: Database, to: Database, columnsOf: (table: string) => string[]): number {
  let copied = 0;
  for (const table of TABLES) {
    const columns = columnsOf(table);
    // The settings are there from the beginning.
    const conflict = table === 'setting' ? ' ON CONFLICT (name) DO UPDATE SET value = excluded.value' : '';
    const order = columns.includes('no') ? ' ORDER BY no' : '';
    const names = columns.join(', ');
    const insert = to.prepare(
      `INSERT INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})${conflict}`,
    );
    for (const row of from.prepare(`SELECT ${names} FROM ${table}${order}`).iterate()) {
      insert.run(...columns.map((name) => row[name] as Value));
      copied++;
    }
  }
  return copied;
}

function columnsIn(sqlite: Database): (table: string) => string[] {
  const info = sqlite.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid');
  return (table) => info.all(table).map((row) => row.name as string);
}

/** Writes what a store holds, as of one instant, into an SQLite file that does not exist yet, and syncs it. */
export function writeSqliteCopy(from: Database, file: string): void {
  if (existsSync(file)) throw new CatalogueFileError(`${file}: already exists`);
  const to = openSqlite(file);
  try {
    from.read(() => to.write(() => copyTables(from, to, columnsIn(to))));
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
        if (!columnsOf(table).includes('no')) continue;
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
