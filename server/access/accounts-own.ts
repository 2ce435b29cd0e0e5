import type { StoredPerson, StoredSession, StoredToken } from '../catalogue/accounts-rows.ts';
import { hashOf, newToken } from './accounts-mirror.ts';
import { AccessError } from './errors.ts';
import { passwordFault } from './passwords.ts';
import { backupCodeHash, base32, newBackupCodes, newSecret, otpauth, stepOfCode } from './second-factor.ts';
import { type Client, readersOf } from './sessions.ts';
import { NO_PASSWORD, type SignIn, type SignInParts } from './sign-in.ts';

/** Passwords that may not come again, besides the present one. */
const EARLIER = 5;
const TOKENS = 20;
const DAY_MS = 86_400_000;
const ISSUER = 'jieneng';

/** What somebody who is signed in does with his own account. */
export class OwnAccount {
  readonly #parts: SignInParts;
  readonly #signIn: SignIn;

  constructor(parts: SignInParts, signIn: SignIn) {
    this.#parts = parts;
    this.#signIn = signIn;
  }

  /**
   * Changes the password. All sign-ins end, and this one goes on under a new token.
   * @returns the token. @throws AccessError wrong, slow, busy, password
   */
  async changePassword(
    session: StoredSession,
    given: { current: string; new: string },
    client: Client,
  ): Promise<string> {
    const { mirror, passwords, sessions, now } = this.#parts;
    const person = this.#person(session);
    await this.#signIn.again(person, given.current, session.id, 'current');
    const fault = await passwordFault(given.new, [person.account, person.name]);
    if (fault) throw badPassword(fault.code, fault.message, 'new');
    for (const earlier of [person.password, ...mirror.store.earlierPasswords(person.id)]) {
      if (await this.#signIn.matches(earlier, given.new, 'known')) {
        throw badPassword('used_before', 'was in use before', 'new');
      }
    }
    const hashed = await passwords.hash(given.new);
    return mirror.change((write, state) => {
      const current = state.people.find((p) => p.id === person.id);
      if (current?.password !== person.password) throw signedOut();
      write.setPerson(person.id, { password: hashed, passwordAt: now(), mustChange: false });
      // A password for once is no secret of the person's.
      if (!person.mustChange) write.keepPassword(person.id, person.password, now(), EARLIER);
      const own = state.sessions.filter((s) => s.person === person.id);
      for (const s of own) write.endSession(s.hash);
      const rest = { ...state, sessions: state.sessions.filter((s) => s.person !== person.id) };
      return sessions.begin(write, rest, person.id, 'open', client);
    });
  }

  /** Begins to set up the second factor. @throws AccessError wrong, slow, busy, factor_there */
  async beginFactor(session: StoredSession, password: string): Promise<{ uri: string; secret: string }> {
    const { mirror, seal } = this.#parts;
    const person = this.#person(session);
    if (person.factor !== null) {
      throw new AccessError('factor_there', 'there is a second factor; it has to be removed first');
    }
    await this.#signIn.again(person, password, session.id, 'password');
    const secret = newSecret();
    mirror.change((write) => write.setPerson(person.id, { factorBegun: seal.close(secret, person.id) }));
    return { uri: otpauth(secret, person.account, ISSUER), secret: base32(secret) };
  }

  /** @returns backup codes, shown once. @throws AccessError factor_missing, wrong, slow */
  confirmFactor(session: StoredSession, code: string): string[] {
    const { mirror, seal, now } = this.#parts;
    const person = this.#person(session);
    const secret = person.factorBegun === null ? null : seal.open(person.factorBegun, person.id);
    if (!secret) throw new AccessError('factor_missing', 'no second factor was begun');
    const admitted = this.#signIn.guess(person, 'enrol', session.id);
    const step = stepOfCode(secret, code.replaceAll(/\s/g, ''), now(), 0);
    if (step === null) throw new AccessError('wrong', 'code: this is not the code', { path: 'code' });
    admitted.succeeded();
    const codes = newBackupCodes();
    mirror.change((write) => {
      write.setPerson(person.id, { factor: person.factorBegun, factorBegun: null, factorStep: step });
      write.setCodes(
        person.id,
        codes.map((c) => backupCodeHash(person.id, c)),
      );
    });
    return codes;
  }

  /** New backup codes in the place of the old ones. @throws AccessError wrong, slow, busy, factor_missing */
  async newCodes(session: StoredSession, password: string): Promise<string[]> {
    const person = this.#person(session);
    if (person.factor === null) throw new AccessError('factor_missing', 'there is no second factor');
    await this.#signIn.again(person, password, session.id, 'password');
    const codes = newBackupCodes();
    this.#parts.mirror.change((write) =>
      write.setCodes(
        person.id,
        codes.map((c) => backupCodeHash(person.id, c)),
      ),
    );
    return codes;
  }

  /** @throws AccessError wrong, slow, busy, factor_required */
  async removeFactor(session: StoredSession, password: string): Promise<void> {
    const { mirror, sessions } = this.#parts;
    const person = this.#person(session);
    if (sessions.needsFactor(person)) {
      throw new AccessError('factor_required', 'this role must have a second factor');
    }
    await this.#signIn.again(person, password, session.id, 'password');
    mirror.change((write) => {
      write.setPerson(person.id, { factor: null, factorBegun: null });
      write.setCodes(person.id, []);
    });
  }

  setPreferences(session: StoredSession, preferences: object): void {
    const { id } = this.#person(session);
    this.#parts.mirror.change((write) => write.setPerson(id, { preferences: JSON.stringify(preferences) }));
  }

  tokens(person: string): StoredToken[] {
    return [...this.#parts.mirror.tokens.values()].filter((t) => t.person === person);
  }

  /**
   * The password once more, before something that outlives the sign-in. Persons of the demonstration have none.
   * @throws AccessError wrong, slow, busy
   */
  async confirm(session: StoredSession, password: string | undefined): Promise<void> {
    const person = this.#person(session);
    if (person.password === NO_PASSWORD) return;
    await this.#signIn.again(person, password ?? '', session.id, 'password');
  }

  /** A token for scripts, which reads what its owner may read. @throws AccessError no_read, limit */
  addToken(person: string, name: string, days: number): { token: StoredToken; secret: string } {
    const { mirror, now } = this.#parts;
    const secret = `jn_${newToken()}`;
    const token: StoredToken = {
      hash: hashOf(secret),
      id: `t-${newToken().slice(0, 12)}`,
      person,
      name,
      createdAt: now(),
      expiresAt: now() + days * DAY_MS,
      usedAt: null,
    };
    mirror.change((write, state) => {
      const owner = state.people.find((p) => p.id === person);
      if (!owner || readersOf(owner.grants).length === 0) {
        throw new AccessError('no_read', 'a token reads what its owner may read, and that is nothing');
      }
      const own = state.tokens.filter((t) => t.person === person);
      for (const old of own.filter((t) => t.expiresAt <= now())) write.endToken(old.hash);
      if (own.filter((t) => t.expiresAt > now()).length >= TOKENS) {
        throw new AccessError('limit', `a person has at most ${TOKENS} tokens`);
      }
      write.addToken(token);
    });
    return { token, secret };
  }

  /** @throws AccessError not_found */
  endToken(person: string, id: string): void {
    const token = this.tokens(person).find((t) => t.id === id);
    if (!token) throw new AccessError('not_found', `no token ${JSON.stringify(id)}`);
    this.#parts.mirror.change((write) => write.endToken(token.hash));
  }

  #person(session: StoredSession): StoredPerson {
    const person = this.#parts.mirror.people.get(session.person);
    if (!person) throw signedOut();
    return person;
  }
}

function badPassword(reason: string, message: string, path: string): AccessError {
  return new AccessError('password', `${path}: ${message}`, { path, reason });
}

function signedOut(): AccessError {
  return new AccessError('signed_out', 'not signed in');
}
