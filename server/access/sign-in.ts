import { createHash } from 'node:crypto';
import type { StoredPerson, StoredSession } from '../catalogue/accounts-rows.ts';
import { type AccountsMirror, newToken } from './accounts-mirror.ts';
import { AccessError } from './errors.ts';
import { type Passwords, PasswordsBusy } from './passwords.ts';
import { backupCodeHash, type Seal, stepOfCode } from './second-factor.ts';
import type { Client, Sessions } from './sessions.ts';
import type { Admitted, Throttle } from './throttle.ts';

/** A password that was given by somebody else is of no use after this. */
const ONE_TIME_MS = 7 * 86_400_000;
/** So long a browser, and an address, is known for whom it was used by. */
const BROWSER_MS = 180 * 86_400_000;
const ADDRESS_MS = 30 * 86_400_000;
/** Browsers of one person that are known at a time. */
const BROWSERS = 10;
/** Of a person who cannot sign in with a password at all. */
export const NO_PASSWORD = '!';

export interface SignedIn {
  token: string;
  /** For the browser to be known by; null: the sign-in is not complete yet. */
  browser: string | null;
}

/** What the steps of a sign-in share. */
export interface SignInParts {
  mirror: AccountsMirror;
  sessions: Sessions;
  passwords: Passwords;
  throttle: Throttle;
  seal: Seal;
  now: () => number;
}

/** From a name and a password to a session, by way of a code where the account has one. */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /**
   * @param old the sign-in that the browser had before; it ends
   * @throws AccessError wrong, slow, busy
   */
  async byPassword(
    account: string,
    password: string,
    client: Client,
    old: StoredSession | null,
  ): Promise<SignedIn> {
    const { mirror } = this.#parts;
    const name = account.trim().toLowerCase();
    const person = mirror.personOf(name);
    const admitted = this.#admit(name, person, client);
    const known = person !== undefined && this.#knownAs(person, client) !== null;
    const usable = person && person.password !== NO_PASSWORD ? person.password : null;
    const right = await this.matches(usable, password, known ? 'known' : 'stranger');
    if (!right || !person || person.disabled || this.#isStale(person)) throw wrong();
    admitted.succeeded();
    return this.#open(person, person.factor === null ? 'open' : 'factor', client, old);
  }

  /**
   * The code after the password: of the app, or a backup code.
   * @throws AccessError wrong, slow
   */
  byCode(pending: StoredSession, code: string, client: Client): SignedIn {
    const { mirror } = this.#parts;
    const person = mirror.people.get(pending.person);
    if (!person || person.factor === null) throw wrong();
    // Whoever is here has the password: a million codes are too few for three attempts from each address.
    const admitted = this.#admit(`${person.account}\0code`, person, client, true);
    this.useCode(person, code);
    admitted.succeeded();
    return this.#open(person, 'open', client, pending);
  }

  /** Somebody of the demonstration, without a password. */
  byClick(person: StoredPerson, client: Client, old: StoredSession | null): SignedIn {
    return this.#open(person, 'open', client, old);
  }

  /** @throws AccessError busy */
  async matches(stored: string | null, password: string, who: 'known' | 'stranger'): Promise<boolean> {
    try {
      return await this.#parts.passwords.matches(stored, password, who);
    } catch (error) {
      throw error instanceof PasswordsBusy ? busy() : error;
    }
  }

  /**
   * The password once more, of somebody who is signed in.
   * @throws AccessError wrong, slow, busy
   */
  async again(person: StoredPerson, password: string, session: string, path: string): Promise<void> {
    const known = `session ${session}`;
    const admitted = admit(this.#parts.throttle, { account: person.account, address: '', known });
    const usable = person.password === NO_PASSWORD ? null : person.password;
    if (!(await this.matches(usable, password, 'known'))) {
      throw new AccessError('wrong', `${path}: this is not the password`, { path });
    }
    admitted.succeeded();
  }

  /** Takes a code of the second factor, which works once. @throws AccessError wrong, factor_key */
  useCode(person: StoredPerson, code: string): void {
    const { mirror, seal, now } = this.#parts;
    const secret = seal.open(person.factor ?? '', person.id);
    const plain = code.replaceAll(/\s/g, '');
    const isTotp = /^\d{6}$/.test(plain);
    if (isTotp && secret === null) {
      throw new AccessError(
        'factor_key',
        'the key of the second factors is not the one that this account was enrolled with; a backup code works, or an administrator removes the second factor',
      );
    }
    mirror.change((write, state) => {
      const current = state.people.find((p) => p.id === person.id);
      if (isTotp && secret) {
        const step = stepOfCode(secret, plain, now(), current?.factorStep ?? 0);
        if (step === null) throw wrong();
        write.setPerson(person.id, { factorStep: step });
      } else if (!write.useCode(person.id, backupCodeHash(person.id, plain))) throw wrong();
    });
  }

  /** Slows guesses of somebody who is signed in already, such as at the first code of a second factor. @throws AccessError slow */
  guess(person: StoredPerson, what: string, session: string): Admitted {
    const account = `${person.account}\0${what}`;
    return admit(this.#parts.throttle, { account, address: '', known: `session ${session}` });
  }

  #admit(account: string, person: StoredPerson | undefined, client: Client, together = false): Admitted {
    const known = person ? this.#knownAs(person, client) : null;
    return admit(this.#parts.throttle, { account, address: networkOf(client.address), known, together });
  }

  /** As what the client is known to the account: a browser, or else an address; null: it is a stranger. */
  #knownAs(person: StoredPerson, { browser, address }: Client): string | null {
    const { mirror, now } = this.#parts;
    if (browser !== null) {
      const hash = browserHash(browser, person.id);
      if (mirror.store.knowsBrowser(hash, now() - BROWSER_MS)) return `browser ${hash}`;
    }
    const network = networkOf(address);
    return network !== '' && mirror.store.knowsAddress(person.id, network, now() - ADDRESS_MS)
      ? `address ${network}`
      : null;
  }

  #isStale(person: StoredPerson): boolean {
    return person.mustChange && this.#parts.now() - person.passwordAt > ONE_TIME_MS;
  }

  #open(
    person: StoredPerson,
    stage: StoredSession['stage'],
    client: Client,
    old: StoredSession | null,
  ): SignedIn {
    const { mirror, sessions, now } = this.#parts;
    const browser = stage === 'open' ? (client.browser ?? newToken()) : null;
    const token = mirror.change((write, state) => {
      const current = state.people.find((p) => p.id === person.id);
      // What was compared may have been changed meanwhile.
      if (!current || current.disabled || current.password !== person.password) throw wrong();
      if (old) write.endSession(old.hash);
      if (browser !== null) {
        const [hash, network] = [browserHash(browser, person.id), networkOf(client.address)];
        write.putBrowser(hash, person.id, network, now(), BROWSERS);
        write.setPerson(person.id, { signedInAt: now() });
      }
      return sessions.begin(write, state, person.id, stage, client);
    });
    return { token, browser };
  }
}

/** @throws AccessError slow */
function admit(throttle: Throttle, attempt: Parameters<Throttle['admit']>[0]): Admitted {
  const admitted = throttle.admit(attempt);
  if ('succeeded' in admitted) return admitted;
  const { waitMs } = admitted;
  throw new AccessError('slow', `too many wrong attempts; the next one in ${Math.ceil(waitMs / 1000)} s`, {
    waitMs,
  });
}

function wrong(): AccessError {
  return new AccessError('wrong', 'name and password, or the code, do not belong together');
}

function busy(): AccessError {
  return new AccessError('busy', 'too many sign-ins at once', { waitMs: 1000 });
}

/** The same browser may be known to several persons, who know nothing of each other. */
function browserHash(browser: string, person: string): string {
  return createHash('sha256').update(`${browser}\0${person}`).digest('hex');
}

/** Of IPv6 the network: one household or attacker has all the addresses of it. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  const first = groups.slice(0, 4).map((g) => Number.parseInt(g, 16).toString(16));
  return `${first.join(':')}::/64`;
}
