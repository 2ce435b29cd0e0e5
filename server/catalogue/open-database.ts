import type { Database } from './database.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens a store, creating or upgrading it where needed.
 * @param location a file
 * @throws CatalogueFileError when it is no catalogue or was written by a newer program, CatalogueUnavailable
 */
export function openDatabase(location: string): Database {
  return openSqlite(location);
}
