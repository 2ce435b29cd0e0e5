import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CatalogueFileError, checkSchema, migrate } from './migrations.ts';

/** How long a write waits for another process that holds the lock. */
const BUSY_TIMEOUT_MS = 10_000;

/** Opens the file, creating or upgrading it where needed. @throws CatalogueFileError */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    // Before anything that writes: switching to WAL would already touch a file that is not ours.
    checkSchema(db, file);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && error.message === 'file is not a database') {
      throw new CatalogueFileError(`${file}: is not a database`, { cause: error });
    }
    throw error;
  }
}

/** Writes a consistent copy to a file that does not exist yet, and syncs it. */
export function copyDatabase(db: DatabaseSync, file: string): void {
  db.prepare('VACUUM INTO ?').run(file);
  // VACUUM INTO leaves the copy in the page cache.
  sync(file);
  sync(dirname(file));
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
