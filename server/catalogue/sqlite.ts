import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CatalogueUnavailable, type Database, type Row, type Statement, storable } from './database.ts';
import { CatalogueFileError, checkSchema, migrate } from './migrations.ts';
import { transaction } from './transaction.ts';

/** How long a write waits for another process that holds the lock. */
const BUSY_TIMEOUT_MS = 10_000;

/** Opens the file, creating or upgrading it where needed. @throws CatalogueFileError */
export function openSqlite(file: string): SqliteDatabase {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    // Before anything that writes: switching to WAL would already touch a file that is not ours.
    checkSchema(db, file);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, file);
    return new SqliteDatabase(db);
  } catch (error) {
    db.close();
    if (error instanceof Error && error.message === 'file is not a database') {
      throw new CatalogueFileError(`${file}: is not a database`, { cause: error });
    }
    throw error;
  }
}

/** Result codes of SQLite (https://www.sqlite.org/rescode.html): read-only, I/O error, full, cannot open. */
const OF_THE_DISK = new Set([8, 10, 13, 14]);

/** Whether the disk, not the statement, is at fault; the extended codes have the plain one in their last byte. */
function isOfTheDisk(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    OF_THE_DISK.has(error.errcode & 0xff)
  );
}

/** A file of this machine, in this thread. */
export class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly failure = null;
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  prepare(sql: string): Statement {
    const statement = this.#db.prepare(sql);
    return {
      all: (...values) => statement.all(...values.map(storable)),
      get: (...values) => statement.get(...values.map(storable)),
      iterate: (...values) => statement.iterate(...values.map(storable)) as Iterable<Row>,
      run: (...values) => {
        statement.run(...values.map(storable));
      },
    };
  }

  write<T>(work: () => T): T {
    try {
      return transaction(this.#db, work);
    } catch (error) {
      throw isOfTheDisk(error) ? new CatalogueUnavailable(`${error.message}; nothing was changed`) : error;
    }
  }

  read<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    this.#db.exec('BEGIN');
    try {
      return work();
    } finally {
      this.#db.exec('ROLLBACK');
    }
  }

  mark(): number {
    return this.#db.prepare('PRAGMA data_version').get()?.data_version as number;
  }

  copyTo(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file);
    // VACUUM INTO leaves the copy in the page cache.
    syncFile(file);
  }

  close(): void {
    this.#db.close();
  }
}

/** Makes a file that was just written, and its name, outlast a power cut. */
export function syncFile(file: string): void {
  for (const path of [file, dirname(file)]) {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
