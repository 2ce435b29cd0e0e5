import type { StoredAccess, StoredPerson } from '../catalogue/accounts-rows.ts';
import { AccountTaken } from '../catalogue/accounts-writer.ts';
import { ADMINISTRATORS, type Grant, grantFault, type Identity, type Role } from '../domain/access.ts';
import { type AccountsMirror, DEMO_PREFIX, newToken } from './accounts-mirror.ts';
import { AccessError } from './errors.ts';
import { oneTimePassword, type Passwords } from './passwords.ts';

/** All of them are in memory. */
const PEOPLE = 10_000;
/** What a person begins with. */
export const PREFERENCES = JSON.stringify({ elder: false });

interface PeopleParts {
  mirror: AccountsMirror;
  passwords: Passwords;
  now: () => number;
  /** Whether there is such a node. */
  hasNode: (id: string) => boolean;
}

/** Opening and closing accounts, and giving roles: what administrators do. */
export class People {
  readonly #parts: PeopleParts;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  /** By account. */
  list(): StoredPerson[] {
    return [...this.#parts.mirror.people.values()];
  }

  /** @throws AccessError not_found */
  get(id: string): StoredPerson {
    const person = this.#parts.mirror.people.get(id);
    if (!person) throw new AccessError('not_found', `no person ${JSON.stringify(id)}`);
    return person;
  }

  /** @returns the person, and the password for the first sign-in. @throws AccessError taken, limit, busy */
  async add(account: string, name: string): Promise<{ person: StoredPerson; password: string }> {
    const { mirror, passwords, now } = this.#parts;
    const password = oneTimePassword();
    const hashed = await passwords.hash(password);
    const id = newPersonId();
    try {
      mirror.change((write, state) => {
        if (state.people.length >= PEOPLE)
          throw new AccessError('limit', `there are ${PEOPLE} accounts already`);
        write.addPerson(newPerson(id, account, name, hashed, true, now()));
      });
    } catch (error) {
      throw error instanceof AccountTaken
        ? new AccessError('taken', error.message, { path: 'account' })
        : error;
    }
    return { person: this.get(id), password };
  }

  /** @throws AccessError not_found, last_administrator */
  change(id: string, fields: { name?: string | undefined; disabled?: boolean | undefined }): StoredPerson {
    this.get(id);
    this.#parts.mirror.change((write, state) => {
      if (fields.disabled === true) {
        refuseLast(state, id, []);
        for (const s of state.sessions.filter((s) => s.person === id)) write.endSession(s.hash);
        // Or they would hold again with the account.
        for (const t of state.tokens.filter((t) => t.person === id)) write.endToken(t.hash);
      }
      const set = {
        ...(fields.name !== undefined && { name: fields.name }),
        ...(fields.disabled !== undefined && { disabled: fields.disabled }),
      };
      if (Object.keys(set).length > 0) write.setPerson(id, set);
    });
    return this.get(id);
  }

  /**
   * A new password for once; open sign-ins, tokens and known browsers are forgotten.
   * @throws AccessError not_found, administrator, yourself, busy
   */
  async reset(id: string, by: Identity): Promise<{ person: StoredPerson; password: string }> {
    const { mirror, passwords, now } = this.#parts;
    refuseOtherAdministrator(this.get(id), by);
    const password = oneTimePassword();
    const hashed = await passwords.hash(password);
    mirror.change((write, state) => {
      write.setPerson(id, { password: hashed, passwordAt: now(), mustChange: true });
      write.forgetBrowsers(id);
      for (const s of state.sessions.filter((s) => s.person === id)) write.endSession(s.hash);
      for (const t of state.tokens.filter((t) => t.person === id)) write.endToken(t.hash);
    });
    return { person: this.get(id), password };
  }

  /** For who has lost the telephone and the codes. @throws AccessError not_found, administrator, yourself */
  removeFactor(id: string, by: Identity): StoredPerson {
    refuseOtherAdministrator(this.get(id), by);
    this.#parts.mirror.change((write) => {
      write.setPerson(id, { factor: null, factorBegun: null });
      write.setCodes(id, []);
    });
    return this.get(id);
  }

  /** Ends every sign-in of a person. @throws AccessError not_found */
  endSessions(id: string): StoredPerson {
    this.get(id);
    this.#parts.mirror.change((write, state) => {
      for (const s of state.sessions.filter((s) => s.person === id)) write.endSession(s.hash);
    });
    return this.get(id);
  }

  /**
   * Puts grants in the place of those that a person has; running sign-ins have them at once.
   * @throws AccessError not_found, yourself, grant, last_administrator
   */
  setGrants(id: string, grants: readonly Grant[], by: Identity): StoredPerson {
    const { mirror, hasNode, now } = this.#parts;
    this.get(id);
    if (by.kind === 'person' && by.id === id) {
      throw new AccessError('yourself', 'nobody gives roles to himself');
    }
    grants.forEach((grant, i) => {
      const others = grants.filter((_, j) => j !== i);
      const fault =
        grant.node !== null && !hasNode(grant.node)
          ? `no node ${JSON.stringify(grant.node)}`
          : grantFault(others, grant);
      if (fault !== null) throw new AccessError('grant', `grants.${i}: ${fault}`, { path: `grants.${i}` });
    });
    const author = by.kind === 'person' ? by.name : 'operator';
    mirror.change((write, state) => {
      refuseLast(state, id, grants);
      write.setGrants(id, grants, author, now());
    });
    return this.get(id);
  }
}

export function newPersonId(): string {
  return `p-${newToken().slice(0, 12)}`;
}

export function newPerson(
  id: string,
  account: string,
  name: string,
  password: string,
  mustChange: boolean,
  at: number,
): Omit<StoredPerson, 'grants' | 'codes'> {
  return {
    id,
    account,
    name,
    password,
    passwordAt: at,
    mustChange,
    disabled: false,
    createdAt: at,
    signedInAt: null,
    factor: null,
    factorBegun: null,
    factorStep: 0,
    preferences: PREFERENCES,
  };
}

/** Whether anybody but the persons of the demonstration is there. */
export function hasPeople(state: Pick<StoredAccess, 'people'>): boolean {
  return state.people.some((p) => !p.id.startsWith(DEMO_PREFIX));
}

/** @throws AccessError where nobody would be left of an administrator's role that the person has now */
function refuseLast(state: StoredAccess, id: string, keeps: readonly Grant[]): void {
  const person = state.people.find((p) => p.id === id);
  const lost = (role: Role): boolean =>
    person !== undefined &&
    !person.disabled &&
    person.grants.some((g) => g.role === role) &&
    !keeps.some((g) => g.role === role) &&
    !state.people.some((p) => p.id !== id && !p.disabled && p.grants.some((g) => g.role === role));
  const last = ADMINISTRATORS.find(lost);
  if (last) throw new AccessError('last_administrator', `this is the last ${last} that can sign in`);
}

/**
 * Who could give another administrator a new password would have his rights as well; that is left to the owner of
 * the data directory. Oneself one does not reset either: the password is changed with the old one.
 */
function refuseOtherAdministrator(person: StoredPerson, by: Identity): void {
  if (by.kind === 'operator') return;
  if (by.id === person.id) {
    throw new AccessError('yourself', 'one’s own password and second factor are changed with the password');
  }
  const role = person.grants.find((g) => ADMINISTRATORS.includes(g.role))?.role;
  if (role === undefined || by.grants.some((g) => g.role === role)) return;
  throw new AccessError(
    'administrator',
    `${person.name} is ${role}: only \`jieneng account reset\` on the machine gives such a person a new password`,
  );
}
