import type { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './schema.ts';
import { transaction } from './transaction.ts';

/** Marks the file as ours ("JNca"), so that another program's database is never migrated by mistake. */
export const APPLICATION_ID = 0x4a4e6361;

/** The file cannot be used as a catalogue; nothing was written to it. */
export class CatalogueFileError extends Error {
  override readonly name = 'CatalogueFileError';
}

/**
 * Refuses a file that this program must not touch. Only reads.
 * @throws CatalogueFileError when the schema is newer than this program, or the file is not a catalogue.
 */
export function checkSchema(db: DatabaseSync, file: string, known: number = MIGRATIONS.length): void {
  const application = pragma(db, 'application_id');
  const version = pragma(db, 'user_version');
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.n as number;
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables > 0)) {
    throw new CatalogueFileError(`${file}: is a database, but not a jieneng catalogue`);
  }
  if (version > known) {
    throw new CatalogueFileError(
      `${file}: has schema version ${version}, this program knows versions up to ${known}; use the newer program`,
    );
  }
}

/** Brings a checked database to the newest schema, each step in a transaction of its own. */
export function migrate(db: DatabaseSync, file: string, migrations: readonly string[] = MIGRATIONS): void {
  while (pragma(db, 'user_version') < migrations.length) {
    transaction(db, () => {
      // Another process may have taken the step, or a longer one, while we waited for the lock.
      checkSchema(db, file, migrations.length);
      const version = pragma(db, 'user_version');
      const step = migrations[version];
      if (step === undefined) return;
      db.exec(step);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec(`PRAGMA user_version = ${version + 1}`);
    });
  }
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}
