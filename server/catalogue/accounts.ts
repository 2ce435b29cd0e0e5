import { DatabaseSync } from 'node:sqlite';
import type { Grant, Role } from '../domain/access.ts';
import type { AuditNote, AuditStore } from './audit.ts';
import type { Database, Row, Value } from './database.ts';

/** A person with everything that a sign-in is judged by; all times epoch ms. */
export interface StoredPerson {
  id: string;
  account: string;
  name: string;
  /** argon2id in PHC form. */
  password: string;
  passwordAt: number;
  mustChange: boolean;
  disabled: boolean;
  createdAt: number;
  signedInAt: number | null;
  /** Sealed secrets of the second factor: in force, and begun but not confirmed. */
  factor: string | null;
  factorBegun: string | null;
  factorStep: number;
  /** JSON */
  preferences: string;
  grants: readonly Grant[];
  /** Backup codes that are left. */
  codes: number;
}

export interface StoredSession {
  /** SHA-256 of the token, hex. */
  hash: string;
  id: string;
  person: string;
  /** `factor`: the password was right, the code is still to come. */
  stage: 'factor' | 'open';
  createdAt: number;
  seenAt: number;
  address: string;
  agent: string;
}

export interface StoredToken {
  hash: string;
  id: string;
  person: string;
  name: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

export interface StoredAccess {
  revision: number;
  people: StoredPerson[];
  sessions: StoredSession[];
  tokens: StoredToken[];
}

type PersonColumns = Omit<StoredPerson, 'grants' | 'codes'>;

const COLUMNS: Readonly<Record<keyof PersonColumns, string>> = {
  id: 'id',
  account: 'account',
  name: 'name',
  password: 'password',
  passwordAt: 'password_at',
  mustChange: 'must_change',
  disabled: 'disabled',
  createdAt: 'created_at',
  signedInAt: 'signed_in_at',
  factor: 'factor',
  factorBegun: 'factor_begun',
  factorStep: 'factor_step',
  preferences: 'preferences',
};

/** The account's name is taken. */
export class AccountTaken extends Error {
  override readonly name = 'AccountTaken';
}

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
    const names = Object.keys(COLUMNS) as (keyof PersonColumns)[];
    this.#run(
      `INSERT INTO person (${names.map((n) => COLUMNS[n]).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
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
      `UPDATE person SET ${names.map((n) => `${COLUMNS[n]} = ?`).join(', ')} WHERE id = ?`,
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

function personOf(row: Row): PersonColumns {
  return {
    id: row.id as string,
    account: row.account as string,
    name: row.name as string,
    password: row.password as string,
    passwordAt: row.password_at as number,
    mustChange: row.must_change === 1,
    disabled: row.disabled === 1,
    createdAt: row.created_at as number,
    signedInAt: row.signed_in_at as number | null,
    factor: row.factor as string | null,
    factorBegun: row.factor_begun as string | null,
    factorStep: row.factor_step as number,
    preferences: row.preferences as string,
  };
}

function sessionOf(row: Row): StoredSession {
  return {
    hash: row.hash as string,
    id: row.id as string,
    person: row.person as string,
    stage: row.stage as StoredSession['stage'],
    createdAt: row.created_at as number,
    seenAt: row.seen_at as number,
    address: row.address as string,
    agent: row.agent as string,
  };
}

function tokenOf(row: Row): StoredToken {
  return {
    hash: row.hash as string,
    id: row.id as string,
    person: row.person as string,
    name: row.name as string,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
    usedAt: row.used_at as number | null,
  };
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
