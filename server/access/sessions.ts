import type { StoredAccess, StoredPerson, StoredSession } from '../catalogue/accounts-rows.ts';
import type { AccountWriter } from '../catalogue/accounts-writer.ts';
import { CatalogueUnavailable } from '../catalogue/database.ts';
import { ADMINISTRATORS, type Grant, type Identity, PERMISSIONS_OF } from '../domain/access.ts';
import { type AccountsMirror, hashOf, newToken } from './accounts-mirror.ts';
import { networkOf } from './sign-in.ts';

/** What the settings say about sign-ins; times in ms. */
export interface SessionRules {
  /** Without a request for so long it ends. */
  idleMs: number;
  /** So long after the sign-in it ends in any case. */
  lifeMs: number;
  /** So old a password has to be changed; 0: never. */
  passwordMs: number;
  /** Who must have a second factor. */
  secondFactor: 'optional' | 'admins' | 'all';
}

/** The client of a request, as far as it can be told. */
export interface Client {
  /** Empty where it is not known. */
  address: string;
  agent: string;
  /** What its browser was given at an earlier sign-in; null: nothing. */
  browser: string | null;
}

/** Between the password and the code. */
const FACTOR_MS = 5 * 60_000;
/** Of one person at a time; one more ends the oldest. */
const SESSIONS = 20;
const WRITE_MS = 30_000;
const SWEEP_MS = 5000;
const TOKEN_NOTE_MS = 60 * 60_000;
const AGENT_LIMIT = 200;

/** The name of the cookie: with the prefix no other host, and no page without TLS, can set it. */
export const COOKIES = {
  session: { encrypted: '__Host-jieneng', plain: 'jieneng' },
  browser: { encrypted: '__Host-jieneng-browser', plain: 'jieneng-browser' },
} as const;

/** The value of a cookie, that with the prefix before the other. */
export function cookieOf(headers: Headers, kind: keyof typeof COOKIES): string | null {
  const all = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  for (const name of Object.values(COOKIES[kind])) {
    const found = all.find((pair) => pair.startsWith(`${name}=`));
    if (found) return found.slice(name.length + 1);
  }
  return null;
}

/** Sign-ins: who a request comes from, and when that ends. */
export class Sessions {
  readonly #mirror: AccountsMirror;
  readonly #rules: SessionRules;
  readonly #now: () => number;
  /** Used since the last write, with when. */
  readonly #used = new Map<string, number>();
  #writtenAt: number;
  #sweptAt: number;

  constructor(mirror: AccountsMirror, rules: SessionRules, now: () => number) {
    this.#mirror = mirror;
    this.#rules = rules;
    this.#now = now;
    this.#writtenAt = now();
    this.#sweptAt = now();
  }

  /** Whoever a request comes from; null: nobody, or not quite yet. */
  identify(headers: Headers): Identity | null {
    const authorization = headers.get('authorization');
    if (authorization !== null) return this.#bearer(authorization);
    const session = this.of(headers);
    const person = session?.stage === 'open' && this.#mirror.people.get(session.person);
    if (!session || !person) return null;
    if (!isBackground(headers)) this.#note(session);
    const mustEnrol = this.mustEnrol(person);
    return {
      kind: 'person',
      id: person.id,
      name: person.name,
      session: session.id,
      grants: person.grants,
      mustChange: this.mustChange(person),
      ...(mustEnrol && { mustEnrol }),
    };
  }

  /** The sign-in that a request's cookie names, whatever its stage; null: none that holds. */
  of(headers: Headers): StoredSession | null {
    // With a token the request is of the token's owner: what he may says nothing of who the cookie names.
    if (headers.has('authorization')) return null;
    const token = cookieOf(headers, 'session');
    const session = token === null ? undefined : this.#mirror.sessions.get(hashOf(token));
    if (!session || !this.#holds(session)) return null;
    const person = this.#mirror.people.get(session.person);
    return person && !person.disabled ? session : null;
  }

  mustChange(person: StoredPerson): boolean {
    const { passwordMs } = this.#rules;
    return person.mustChange || (passwordMs > 0 && this.#now() - person.passwordAt > passwordMs);
  }

  needsFactor(person: StoredPerson): boolean {
    const { secondFactor } = this.#rules;
    const administers = person.grants.some((g) => ADMINISTRATORS.includes(g.role));
    return secondFactor === 'all' || (secondFactor === 'admins' && administers);
  }

  mustEnrol(person: StoredPerson): boolean {
    return person.factor === null && this.needsFactor(person);
  }

  /** When it ends without another request, and when in any case, epoch ms. */
  endsAt(session: StoredSession): { idle: number; life: number } {
    const life = session.createdAt + (session.stage === 'factor' ? FACTOR_MS : this.#rules.lifeMs);
    return { idle: Math.min(life, session.seenAt + this.#rules.idleMs), life };
  }

  /** Begins a sign-in inside a change. @returns its token, which is kept nowhere */
  begin(
    write: AccountWriter,
    state: StoredAccess,
    person: string,
    stage: StoredSession['stage'],
    { address, agent }: Client,
  ): string {
    // Whoever has the password only, and no code, ends no complete sign-in.
    const own = state.sessions
      .filter((s) => s.person === person && s.stage === stage)
      .sort((a, b) => a.createdAt - b.createdAt);
    // … and does not push out the owner, who is about to give the code, from elsewhere.
    const first = stage === 'factor' ? ofMostUsed(own) : own;
    if (own.length >= SESSIONS && first[0]) write.endSession(first[0].hash);
    const token = newToken();
    const at = this.#now();
    write.addSession({
      hash: hashOf(token),
      id: `s-${newToken().slice(0, 12)}`,
      person,
      stage,
      createdAt: at,
      seenAt: at,
      address,
      agent: agent.slice(0, AGENT_LIMIT),
    });
    return token;
  }

  /** Writes down what was used and ends what has run out; to be called every second or so. */
  tick(): void {
    const now = this.#now();
    if (now - this.#sweptAt >= SWEEP_MS) {
      this.#sweptAt = now;
      this.#quietly(() => this.#sweep());
    }
    if (now - this.#writtenAt >= WRITE_MS) this.flush();
  }

  /** Writes down what was used. */
  flush(): void {
    this.#writtenAt = this.#now();
    const used = [...this.#used];
    if (used.length === 0) return;
    this.#quietly(() => {
      this.#mirror.store.touch(used);
      this.#used.clear();
    });
  }

  end(sessions: readonly StoredSession[]): void {
    if (sessions.length === 0) return;
    this.#mirror.change((write) => {
      for (const { hash } of sessions) write.endSession(hash);
    });
  }

  #sweep(): void {
    const sessions = [...this.#mirror.sessions.values()].filter((s) => !this.#holds(s));
    const tokens = [...this.#mirror.tokens.values()].filter((t) => this.#now() >= t.expiresAt);
    if (sessions.length + tokens.length === 0) return;
    this.#mirror.change((write) => {
      for (const { hash } of sessions) write.endSession(hash);
      for (const { hash } of tokens) write.endToken(hash);
    });
  }

  #holds(session: StoredSession): boolean {
    const now = this.#now();
    const { idle, life } = this.endsAt(session);
    if (now < idle) return true;
    if (now >= life) return false;
    // Another process may have been asked meanwhile.
    const seenAt = this.#mirror.store.seenAt(session.hash);
    if (seenAt === null || now >= seenAt + this.#rules.idleMs) return false;
    session.seenAt = seenAt;
    return true;
  }

  #note(session: StoredSession): void {
    session.seenAt = this.#now();
    this.#used.set(session.hash, session.seenAt);
  }

  /** A script's token: reads what its owner may read, and nothing else. */
  #bearer(authorization: string): Identity | null {
    const secret = bearerOf(authorization);
    const token = secret === null ? undefined : this.#mirror.tokens.get(hashOf(secret));
    if (!token || this.#now() >= token.expiresAt) return null;
    const person = this.#mirror.people.get(token.person);
    if (!person || person.disabled || person.mustChange) return null;
    if (token.usedAt === null || this.#now() - token.usedAt > TOKEN_NOTE_MS) {
      token.usedAt = this.#now();
      this.#quietly(() => this.#mirror.store.touchToken(token.hash, this.#now()));
    }
    return {
      kind: 'person',
      id: person.id,
      name: person.name,
      session: token.id,
      grants: readersOf(person.grants),
      mustChange: false,
    };
  }

  /** What can wait until the store is there again. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof CatalogueUnavailable)) throw error;
    }
  }
}

/** Those that were begun at the address with the most of them. */
function ofMostUsed(sessions: readonly StoredSession[]): StoredSession[] {
  const from = Map.groupBy(sessions, ({ address }) => networkOf(address));
  return [...from.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** Whether the page asks by itself, as it polls and listens: nobody needs to sit before it. */
function isBackground(headers: Headers): boolean {
  return headers.has('x-jieneng-background') || headers.get('accept') === 'text/event-stream';
}

/** What stands behind `Bearer`; null: it is none. */
export function bearerOf(authorization: string | null): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** The part of what somebody holds that only reads. */
export function readersOf(grants: readonly Grant[]): Grant[] {
  const reading = grants.filter(({ role }) => PERMISSIONS_OF[role].includes('read'));
  return reading.map(({ node }) => ({ role: 'viewer', node }));
}
