import { createHash } from 'node:crypto';
import type { AccountStore } from '../catalogue/accounts.ts';
import type { StoredAccess, StoredPerson, StoredSession, StoredToken } from '../catalogue/accounts-rows.ts';
import type { AccountWriter } from '../catalogue/accounts-writer.ts';
import { CatalogueUnavailable } from '../catalogue/database.ts';

/** Persons of the demonstration; no sign-in of theirs holds anywhere else. */
export const DEMO_PREFIX = 'demo-';

/** Told which sign-ins and tokens are over, or may something else now, by their ids. */
export type RevokedListener = (sessions: ReadonlySet<string>) => void;

/** What is kept of a token: whoever reads the store cannot use it. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** 256 bits, as text that can stand in a cookie. */
export function newToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/**
 * The accounts of the catalogue in memory, so that a request costs no question to the store. Another process's
 * changes are seen with the next `refresh`; while the store is away, what is known stays.
 */
export class AccountsMirror {
  readonly store: AccountStore;
  readonly #demo: boolean;
  readonly #listeners = new Set<RevokedListener>();
  #mark: number;
  #revision = -1;
  #people: ReadonlyMap<string, StoredPerson> = new Map();
  #accounts: ReadonlyMap<string, StoredPerson> = new Map();
  #sessions: ReadonlyMap<string, StoredSession> = new Map();
  #tokens: ReadonlyMap<string, StoredToken> = new Map();

  /** @param demo whether persons of the demonstration may be */
  constructor(store: AccountStore, demo: boolean) {
    this.store = store;
    this.#demo = demo;
    this.#mark = store.mark();
    this.#adopt(store.read());
  }

  /** By id. */
  get people(): ReadonlyMap<string, StoredPerson> {
    return this.#people;
  }

  /** By the hash of their token. */
  get sessions(): ReadonlyMap<string, StoredSession> {
    return this.#sessions;
  }

  get tokens(): ReadonlyMap<string, StoredToken> {
    return this.#tokens;
  }

  personOf(account: string): StoredPerson | undefined {
    return this.#accounts.get(account);
  }

  sessionsOf(person: string): StoredSession[] {
    return [...this.#sessions.values()].filter((s) => s.person === person);
  }

  /** Changes the store, all or nothing, and knows the result at once. */
  change<T>(work: (write: AccountWriter, state: StoredAccess) => T): T {
    const done = this.store.change((write, state) => work(write, this.#visible(state)));
    this.#adopt(this.store.read());
    return done;
  }

  /** Looks whether another process changed something. */
  refresh(): void {
    try {
      const mark = this.store.mark();
      if (mark === this.#mark) return;
      if (this.store.revision() !== this.#revision) this.#adopt(this.store.read());
      this.#mark = mark;
    } catch (error) {
      if (!(error instanceof CatalogueUnavailable)) throw error;
    }
  }

  /** Calls the listener when sign-ins end or their rights change. Returns the way to stop it. */
  onRevoked(listener: RevokedListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #adopt(read: StoredAccess): void {
    const state = this.#visible(read);
    const before = { people: this.#people, sessions: this.#sessions, tokens: this.#tokens };
    this.#revision = state.revision;
    this.#people = new Map(state.people.map((p) => [p.id, p]));
    this.#accounts = new Map(state.people.map((p) => [p.account, p]));
    this.#tokens = new Map(state.tokens.map((t) => [t.hash, t]));
    this.#sessions = new Map(
      state.sessions.map((s) => {
        // What was noted here and not written yet is the newer one.
        const known = before.sessions.get(s.hash);
        return [s.hash, known && known.seenAt > s.seenAt ? { ...s, seenAt: known.seenAt } : s];
      }),
    );
    const revoked = new Set<string>();
    for (const { hash, id, person } of [...before.sessions.values(), ...before.tokens.values()]) {
      const rights = rightsOf(this.#people.get(person));
      const holds = this.#sessions.has(hash) || this.#tokens.has(hash);
      if (!holds || rights !== rightsOf(before.people.get(person))) revoked.add(id);
    }
    if (revoked.size > 0) for (const listener of this.#listeners) listener(revoked);
  }

  /** Persons of the demonstration do not exist but in it. */
  #visible(state: StoredAccess): StoredAccess {
    if (this.#demo) return state;
    const real = (person: string): boolean => !person.startsWith(DEMO_PREFIX);
    return {
      ...state,
      people: state.people.filter((p) => real(p.id)),
      sessions: state.sessions.filter((s) => real(s.person)),
      tokens: state.tokens.filter((t) => real(t.person)),
    };
  }
}

function rightsOf(person: StoredPerson | undefined): string {
  return person ? JSON.stringify([person.disabled, person.mustChange, person.grants]) : '';
}
