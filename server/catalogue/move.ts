import { existsSync, renameSync, rmSync } from 'node:fs';
import { CatalogueFileError } from './migrations.ts';
import { openPostgres } from './postgres/database.ts';
import { copyIntoPostgres } from './transfer.ts';

/**
 * Copies the catalogue of a file into the empty PostgreSQL database that an address names, all or nothing.
 * Afterwards the file is out of the way, so that nobody takes it for the one in force.
 * @param keepAs where the file is kept; null: it is removed
 * @returns how many rows were copied
 * @throws CatalogueFileError, CatalogueUnavailable; the file is in its place then
 */
export function moveCatalogue(file: string, location: string, keepAs: string | null): number {
  if (!existsSync(file)) throw new CatalogueFileError(`${file}: there is no such file`);
  if (keepAs !== null && existsSync(keepAs)) throw new CatalogueFileError(`${keepAs}: already exists`);
  const to = openPostgres(location);
  try {
    const rows = copyIntoPostgres(file, to);
    if (keepAs === null) rmSync(file);
    else renameSync(file, keepAs);
    return rows;
  } finally {
    to.close();
  }
}
