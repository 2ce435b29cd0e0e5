import type { Database } from './database.ts';

/** The estate's IANA time zone. */
export function readTimezone(db: Database): string {
  return read(db, 'timezone');
}

export function writeTimezone(db: Database, timezone: string): void {
  write(db, 'timezone', timezone);
}

/** How many changes the catalogue has seen; the same number in every process that has it open. */
export function readRevision(db: Database): number {
  return Number(read(db, 'revision'));
}

export function writeRevision(db: Database, revision: number): void {
  write(db, 'revision', String(revision));
}

function read(db: Database, name: string): string {
  return db.prepare('SELECT value FROM setting WHERE name = ?').get(name)?.value as string;
}

function write(db: Database, name: string, value: string): void {
  db.prepare('UPDATE setting SET value = ? WHERE name = ?').run(value, name);
}
