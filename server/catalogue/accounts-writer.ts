import type { Grant } from '../domain/access.ts';
import {
  PERSON_COLUMNS,
  type PersonColumns,
  type StoredPerson,
  type StoredSession,
  type StoredToken,
} from './accounts-rows.ts';
import type { AuditNote } from './audit.ts';
import type { Database, Value } from './database.ts';

/** The account's name is taken. */
export class AccountTaken extends Error {
  override readonly name = 'AccountTaken';
}

/** What a change can do; only inside `AccountStore.change`. */
export class AccountWriter {
  /** What of it belongs into the audit trail: who is there and what they may, not their sign-ins. */
  readonly notes: AuditNote[] = [];
  readonly #db: Database;
  readonly #people: readonly StoredPerson[];

  /** @param people as they were before the change */
  constructor(db: Database, people: readonly StoredPerson[]) {
    this.#db = db;
    this.#people = people;
  }

  /** @throws AccountTaken */
  addPerson(person: PersonColumns): void {
    if (this.#db.prepare('SELECT 1 AS there FROM person WHERE account = ?').get(person.account)) {
      throw new AccountTaken(`there is an account ${JSON.stringify(person.account)} already`);
    }
    const names = Object.keys(PERSON_COLUMNS) as (keyof PersonColumns)[];
    this.#run(
      `INSERT INTO person (${names.map((n) => PERSON_COLUMNS[n]).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...names.map((n) => stored(person[n])),
    );
    const { account, name, mustChange } = person;
    const after = { account, name, must_change: mustChange };
    this.notes.push({ action: 'account.create', target: `person/${person.id}`, before: null, after });
  }

  setPerson(id: string, fields: Partial<Omit<PersonColumns, 'id'>>): void {
    const names = Object.keys(fields) as (keyof typeof fields)[];
    const values = names.map((n) => stored(fields[n] ?? null));
    this.#run(
      `UPDATE person SET ${names.map((n) => `${PERSON_COLUMNS[n]} = ?`).join(', ')} WHERE id = ?`,
      ...values,
      id,
    );
    const before = this.#people.find((person) => person.id === id);
    const target = `person/${id}`;
    const { name, disabled } = fields;
    if (name !== undefined || disabled !== undefined) {
      const was = before && { name: before.name, disabled: before.disabled };
      const after = { name: name ?? before?.name, disabled: disabled ?? before?.disabled };
      this.notes.push({ action: 'account.change', target, before: was, after });
    }
    if (fields.password !== undefined) {
      const after = { must_change: fields.mustChange ?? false };
      this.notes.push({ action: 'account.password', target, before: null, after });
    }
    if (fields.factor !== undefined) {
      const was = { second_factor: (before?.factor ?? null) !== null };
      const after = { second_factor: fields.factor !== null };
      this.notes.push({ action: 'account.second_factor', target, before: was, after });
    }
  }

  /** Keeps the newest `keep` of the passwords that were in force before. */
  keepPassword(person: string, password: string, at: number, keep: number): void {
    this.#run('INSERT INTO person_password (person, at, password) VALUES (?, ?, ?)', person, at, password);
    this.#run(
      `DELETE FROM person_password WHERE person = ? AND password NOT IN
       (SELECT password FROM person_password WHERE person = ? ORDER BY at DESC LIMIT ${keep})`,
      person,
      person,
    );
  }

  setGrants(person: string, grants: readonly Grant[], by: string, at: number): void {
    const kept = new Set(grants.map(({ role, node }) => `${role}\0${node ?? ''}`));
    const held = new Set<string>();
    for (const row of this.#db.prepare('SELECT role, node FROM person_grant WHERE person = ?').all(person)) {
      const key = `${row.role as string}\0${row.node as string}`;
      held.add(key);
      if (kept.has(key)) continue;
      const sql = 'DELETE FROM person_grant WHERE person = ? AND role = ? AND node = ?';
      this.#run(sql, person, row.role as string, row.node as string);
    }
    for (const key of kept) {
      if (held.has(key)) continue;
      const [role, node] = key.split('\0') as [string, string];
      const sql =
        'INSERT INTO person_grant (person, role, node, granted_by, granted_at) VALUES (?, ?, ?, ?, ?)';
      this.#run(sql, person, role, node, by, at);
    }
    const before = this.#people.find(({ id }) => id === person)?.grants ?? [];
    this.notes.push({
      action: 'grant',
      target: `person/${person}`,
      before: { grants: before },
      after: { grants },
    });
  }

  setCodes(person: string, hashes: readonly string[]): void {
    this.#run('DELETE FROM person_code WHERE person = ?', person);
    for (const hash of hashes) {
      this.#run('INSERT INTO person_code (person, hash) VALUES (?, ?)', person, hash);
    }
  }

  /** @returns whether it was there to be used */
  useCode(person: string, hash: string): boolean {
    const sql = 'DELETE FROM person_code WHERE person = ? AND hash = ? RETURNING hash';
    return this.#db.prepare(sql).all(person, hash).length > 0;
  }

  /** Notes a browser, and keeps the newest `keep` of a person. */
  putBrowser(hash: string, person: string, address: string, at: number, keep: number): void {
    this.#run(
      `INSERT INTO person_browser (hash, person, address, seen_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (hash) DO UPDATE SET address = excluded.address, seen_at = excluded.seen_at`,
      hash,
      person,
      address,
      at,
    );
    this.#run(
      `DELETE FROM person_browser WHERE person = ? AND hash NOT IN
       (SELECT hash FROM person_browser WHERE person = ? ORDER BY seen_at DESC LIMIT ${keep})`,
      person,
      person,
    );
  }

  forgetBrowsers(person: string): void {
    this.#run('DELETE FROM person_browser WHERE person = ?', person);
  }

  addSession(s: StoredSession): void {
    this.#run(
      `INSERT INTO session (hash, id, person, stage, created_at, seen_at, address, agent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      s.hash,
      s.id,
      s.person,
      s.stage,
      s.createdAt,
      s.seenAt,
      s.address,
      s.agent,
    );
  }

  endSession(hash: string): void {
    this.#run('DELETE FROM session WHERE hash = ?', hash);
  }

  addToken(t: StoredToken): void {
    this.#run(
      `INSERT INTO access_token (hash, id, person, name, created_at, expires_at, used_at)
       VALUES (?, ?, ?, ?, ?, ?, NULL)`,
      t.hash,
      t.id,
      t.person,
      t.name,
      t.createdAt,
      t.expiresAt,
    );
  }

  endToken(hash: string): void {
    this.#run('DELETE FROM access_token WHERE hash = ?', hash);
  }

  endSetupLink(): void {
    this.#run('DELETE FROM setup_link');
  }

  #run(sql: string, ...values: Value[]): void {
    this.#db.prepare(sql).run(...values);
  }
}

function stored(value: Value | boolean): Value {
  return typeof value === 'boolean' ? Number(value) : value;
}
