import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` holding the write lock from its start, so that what it read is still true when it writes.
 * Commits what it did, or rolls everything back and throws its error again.
 */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors (a full disk, for one) have rolled back already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
