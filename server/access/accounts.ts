import type { AccountStore } from '../catalogue/accounts.ts';
import type { StoredPerson, StoredSession } from '../catalogue/accounts-rows.ts';
import type { Identity } from '../domain/access.ts';
import type { Access } from './access.ts';
import { AccountsMirror, DEMO_PREFIX, hashOf, type RevokedListener } from './accounts-mirror.ts';
import { OwnAccount } from './accounts-own.ts';
import { hasPeople, People } from './accounts-people.ts';
import { type DemoUser, putDemoUsers } from './demo-users.ts';
import { AccessError } from './errors.ts';
import { Passwords } from './passwords.ts';
import { Seal } from './second-factor.ts';
import { bearerOf, type Client, type SessionRules, Sessions } from './sessions.ts';
import { Setup } from './setup.ts';
import { type SignedIn, SignIn } from './sign-in.ts';
import { Throttle } from './throttle.ts';

export interface AccountsOptions {
  store: AccountStore;
  /** File of the key that secrets of second factors are sealed with; made where there is none. */
  keyFile: string;
  rules: SessionRules;
  /** The clock, epoch ms. */
  now: () => number;
  hasNode: (id: string) => boolean;
  /** Who can be signed in with one click; null: nobody, this is no demonstration. */
  demo: readonly DemoUser[] | null;
  /** Lets a program read the metrics; null: only persons may. */
  metricsToken: string | null;
}

/** Where the sign-in of a request stands. */
export type SessionState =
  | 'setup'
  | 'signed_out'
  | 'second_factor'
  | 'must_change'
  | 'must_enrol'
  | 'signed_in';

export interface Standing {
  state: SessionState;
  session: StoredSession | null;
  /** Null until the code was right. */
  person: StoredPerson | null;
}

/** Accounts, sign-ins and grants of one catalogue. */
export class Accounts implements Access {
  readonly signIn: SignIn;
  readonly own: OwnAccount;
  readonly people: People;
  readonly setup: Setup;
  readonly sessions: Sessions;
  readonly demo: readonly DemoUser[] | null;
  readonly #mirror: AccountsMirror;
  readonly #metricsHash: string | null;

  constructor({ store, keyFile, rules, now, hasNode, demo, metricsToken }: AccountsOptions) {
    const mirror = new AccountsMirror(store, demo !== null);
    const passwords = new Passwords();
    const sessions = new Sessions(mirror, rules, now);
    const parts = {
      mirror,
      sessions,
      passwords,
      throttle: new Throttle(now),
      seal: new Seal(keyFile),
      now,
    };
    this.#mirror = mirror;
    this.sessions = sessions;
    this.signIn = new SignIn(parts);
    this.own = new OwnAccount(parts, this.signIn);
    this.people = new People({ mirror, passwords, now, hasNode });
    this.setup = new Setup(mirror, passwords, now);
    this.demo = demo;
    this.#metricsHash = metricsToken === null ? null : hashOf(metricsToken);
    if (demo) putDemoUsers(mirror, demo, now());
  }

  isSetUp(): boolean {
    return this.demo !== null || hasPeople({ people: [...this.#mirror.people.values()] });
  }

  identify(headers: Headers): Identity | null {
    return this.sessions.identify(headers);
  }

  mayReadMetrics(headers: Headers): boolean {
    const token = bearerOf(headers.get('authorization'));
    return token !== null && this.#metricsHash !== null && hashOf(token) === this.#metricsHash;
  }

  /** Where the sign-in of a request's cookie stands. */
  standing(headers: Headers): Standing {
    const session = this.sessions.of(headers);
    const person = session ? this.#mirror.people.get(session.person) : undefined;
    if (!session || !person) {
      return { state: this.isSetUp() ? 'signed_out' : 'setup', session: null, person: null };
    }
    if (session.stage === 'factor') return { state: 'second_factor', session, person: null };
    return { state: this.#stateOf(person), session, person };
  }

  /** @throws AccessError signed_out */
  sessionOf(headers: Headers): StoredSession {
    const { session, person } = this.standing(headers);
    if (!session || !person) throw new AccessError('signed_out', 'not signed in');
    return session;
  }

  personOf(session: StoredSession): StoredPerson {
    return this.people.get(session.person);
  }

  sessionsOf(person: string): StoredSession[] {
    return this.#mirror.sessionsOf(person);
  }

  /** @throws AccessError not_found */
  byClick(user: string, client: Client, old: StoredSession | null): SignedIn {
    const known = this.demo?.some((d) => d.user === user) === true;
    const person = known ? this.#mirror.people.get(`${DEMO_PREFIX}${user}`) : undefined;
    if (!person) throw new AccessError('not_found', `no user ${JSON.stringify(user)} of a demonstration`);
    return this.signIn.byClick(person, client, old);
  }

  /** Told which sign-ins are over, or may something else now. */
  onRevoked(listener: RevokedListener): () => void {
    return this.#mirror.onRevoked(listener);
  }

  /** Sees what other processes changed, ends what has run out; to be called every second or so. */
  tick(): void {
    this.#mirror.refresh();
    this.sessions.tick();
  }

  close(): void {
    this.sessions.flush();
  }

  #stateOf(person: StoredPerson): SessionState {
    if (this.sessions.mustChange(person)) return 'must_change';
    return this.sessions.mustEnrol(person) ? 'must_enrol' : 'signed_in';
  }
}
