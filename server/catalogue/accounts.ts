import { DatabaseSync } from 'node:sqlite';
import type { Grant, Role } from '../domain/access.ts';
import { personOf, type StoredAccess, sessionOf, tokenOf } from './accounts-rows.ts';
import { AccountWriter } from './accounts-writer.ts';
import type { AuditStore } from './audit.ts';
import type { Database, Row, Value } from './database.ts';

/**
 * Persons, their grants, sign-ins and tokens. They have a revision of their own that grows with every change, so
 * that each process sees that of another; when somebody was seen last changes nothing of it.
 */
export class AccountStore {
  readonly #db: Database;
  readonly #audit: AuditStore;
  readonly #now: () => number;

  /** @param now the clock of the audit trail, epoch ms */
  constructor(db: Database, audit: AuditStore, now: () => number) {
    this.#db = db;
    this.#audit = audit;
    this.#now = now;
  }

  /** Another number than before once another process may have written. Costs next to nothing. */
  mark(): number {
    return this.#db.mark();
  }

  revision(): number {
    return Number(this.#db.prepare("SELECT value FROM setting WHERE name = 'access_revision'").get()?.value);
  }

  /** Everything, as of one instant. */
  read(): StoredAccess {
    return this.#db.read(() => {
      const grants = new Map<string, Grant[]>();
      for (const row of this.#all(
        'SELECT person, role, node FROM person_grant ORDER BY person, role, node',
      )) {
        const of = grants.get(row.person as string) ?? [];
        grants.set(row.person as string, of);
        of.push({ role: row.role as Role, node: row.node === '' ? null : (row.node as string) });
      }
      const codes = new Map<string, number>();
      for (const row of this.#all('SELECT person, count(*) AS n FROM person_code GROUP BY person')) {
        codes.set(row.person as string, Number(row.n));
      }
      const people = this.#all('SELECT * FROM person ORDER BY account').map((row) => ({
        ...personOf(row),
        grants: grants.get(row.id as string) ?? [],
        codes: codes.get(row.id as string) ?? 0,
      }));
      const sessions = this.#all('SELECT * FROM session').map(sessionOf);
      const tokens = this.#all('SELECT * FROM access_token ORDER BY created_at').map(tokenOf);
      return { revision: this.revision(), people, sessions, tokens };
    });
  }

  /** When a sign-in was used last, as any process has noted it; null: it is over. */
  seenAt(hash: string): number | null {
    const row = this.#db.prepare('SELECT seen_at FROM session WHERE hash = ?').get(hash);
    return row ? (row.seen_at as number) : null;
  }

  /** Notes when sign-ins were used, which is no change of what they may. */
  touch(used: readonly (readonly [hash: string, at: number])[]): void {
    this.#db.write(() => {
      const update = this.#db.prepare('UPDATE session SET seen_at = ? WHERE hash = ? AND seen_at < ?');
      for (const [hash, at] of used) update.run(at, hash, at);
    });
  }

  touchToken(hash: string, at: number): void {
    this.#db.write(() =>
      this.#db.prepare('UPDATE access_token SET used_at = ? WHERE hash = ?').run(at, hash),
    );
  }

  /** Passwords that were in force before, newest first. */
  earlierPasswords(person: string): string[] {
    return this.#all('SELECT password FROM person_password WHERE person = ? ORDER BY at DESC', person).map(
      (row) => row.password as string,
    );
  }

  /** Whether an account was used from a browser since an instant. */
  knowsBrowser(hash: string, since: number): boolean {
    const sql = 'SELECT 1 AS there FROM person_browser WHERE hash = ? AND seen_at >= ?';
    return this.#db.prepare(sql).get(hash, since) !== undefined;
  }

  /** Whether an account was used from an address since an instant. */
  knowsAddress(person: string, address: string, since: number): boolean {
    const sql =
      'SELECT 1 AS there FROM person_browser WHERE person = ? AND address = ? AND seen_at >= ? LIMIT 1';
    return this.#db.prepare(sql).get(person, address, since) !== undefined;
  }

  /** Whether the hash is that of the set-up link in force. */
  isSetupLink(hash: string, now: number): boolean {
    return (
      this.#db.prepare('SELECT 1 AS there FROM setup_link WHERE hash = ? AND until > ?').get(hash, now) !==
      undefined
    );
  }

  /** Puts a set-up link in the place of the one before. */
  setSetupLink(hash: string, until: number): void {
    this.#db.write(() => {
      this.#db.prepare('DELETE FROM setup_link').run();
      this.#db.prepare('INSERT INTO setup_link (hash, until) VALUES (?, ?)').run(hash, until);
    });
  }

  /**
   * Changes all that `work` does or nothing. It is given the state as of the beginning, with the lock held.
   * @throws what `work` throws
   */
  change<T>(work: (write: AccountWriter, state: StoredAccess) => T): T {
    return this.#db.write(() => {
      const state = this.read();
      const writer = new AccountWriter(this.#db, state.people);
      const done = work(writer, state);
      this.#audit.addNotes(writer.notes, this.#now());
      this.#db
        .prepare("UPDATE setting SET value = ? WHERE name = 'access_revision'")
        .run(String(state.revision + 1));
      return done;
    });
  }

  #all(sql: string, ...values: Value[]): Row[] {
    return this.#db.prepare(sql).all(...values);
  }
}

/**
 * Takes the sign-ins out of a catalogue that is not in use: those of a backup that is put back may have been ended
 * since, as stolen ones are.
 */
export function forgetSignIns(file: string): void {
  const db = new DatabaseSync(file);
  try {
    const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'session'").get();
    // A catalogue of a time without accounts has none.
    if (there) db.exec('DELETE FROM session; DELETE FROM setup_link');
  } finally {
    db.close();
  }
}
