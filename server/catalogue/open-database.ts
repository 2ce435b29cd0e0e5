import type { Database } from './database.ts';
import { isPostgres } from './postgres/address.ts';
import { openPostgres } from './postgres/database.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens a store, creating or upgrading it where needed.
 * @param location a file, or the address of a PostgreSQL database, `postgres://…`
 * @throws CatalogueFileError when it is no catalogue or was written by a newer program, CatalogueUnavailable
 */
export function openDatabase(location: string): Database {
  return isPostgres(location) ? openPostgres(location) : openSqlite(location);
}
