import { AccountTaken } from '../catalogue/accounts-writer.ts';
import type { Role } from '../domain/access.ts';
import { type AccountsMirror, hashOf, newToken } from './accounts-mirror.ts';
import { hasPeople, newPerson, newPersonId } from './accounts-people.ts';
import { AccessError } from './errors.ts';
import { oneTimePassword, type Passwords, passwordFault } from './passwords.ts';

const LINK_MS = 24 * 60 * 60_000;

export const ADMINISTRATOR_KINDS = ['system', 'security', 'audit'] as const;
type Kind = (typeof ADMINISTRATOR_KINDS)[number];
const ROLE_OF: Readonly<Record<Kind, Role>> = {
  system: 'system_admin',
  security: 'security_admin',
  audit: 'audit_admin',
};

export interface AdministratorGiven {
  account: string;
  name: string;
  /** Of the one who holds the link; the two others get one for once. */
  password?: string | undefined;
}

export type AdministratorMade = { account: string; name: string; one_time_password: string | null };

/** The first start: from a link that only the owner of the machine has seen to three separated administrators. */
export class Setup {
  readonly #mirror: AccountsMirror;
  readonly #passwords: Passwords;
  readonly #now: () => number;

  constructor(mirror: AccountsMirror, passwords: Passwords, now: () => number) {
    this.#mirror = mirror;
    this.#passwords = passwords;
    this.#now = now;
  }

  /** A new link in the place of the one before. @throws AccessError set_up */
  newLink(): { path: string; until: number } {
    if (hasPeople({ people: [...this.#mirror.people.values()] })) throw done();
    const token = newToken();
    const until = this.#now() + LINK_MS;
    this.#mirror.store.setSetupLink(hashOf(token), until);
    return { path: `/setup#${token}`, until };
  }

  /** @throws AccessError set_up, bad_link, password, taken, busy */
  async run(
    token: string,
    given: Readonly<Record<Kind, AdministratorGiven>>,
  ): Promise<Record<Kind, AdministratorMade>> {
    if (hasPeople({ people: [...this.#mirror.people.values()] })) throw done();
    this.#checkLink(token);
    const chosen = ADMINISTRATOR_KINDS.filter((kind) => given[kind].password !== undefined);
    if (chosen.length !== 1) {
      throw new AccessError('password', 'administrators: exactly one of the three has a password', {
        path: 'administrators',
      });
    }
    const accounts = ADMINISTRATOR_KINDS.map((kind) => given[kind].account);
    const twice = ADMINISTRATOR_KINDS.find((kind, i) => accounts.indexOf(given[kind].account) !== i);
    if (twice) {
      const path = `administrators.${twice}.account`;
      throw new AccessError('taken', `${path}: another of the three has this account`, { path });
    }
    const passwords = {} as Record<Kind, { plain: string; hashed: string; isOwn: boolean }>;
    for (const kind of ADMINISTRATOR_KINDS) {
      const { account, name, password } = given[kind];
      const fault = password === undefined ? null : await passwordFault(password, [account, name]);
      if (fault) {
        const path = `administrators.${kind}.password`;
        throw new AccessError('password', `${path}: ${fault.message}`, { path, reason: fault.code });
      }
      const plain = password ?? oneTimePassword();
      passwords[kind] = { plain, hashed: await this.#passwords.hash(plain), isOwn: password !== undefined };
    }
    this.#change((write, state) => {
      // Somebody may have been faster.
      if (hasPeople(state)) throw done();
      this.#checkLink(token);
      for (const kind of ADMINISTRATOR_KINDS) {
        const { account, name } = given[kind];
        const { hashed, isOwn } = passwords[kind];
        const id = newPersonId();
        write.addPerson(newPerson(id, account, name, hashed, !isOwn, this.#now()));
        write.setGrants(id, [{ role: ROLE_OF[kind], node: null }], 'set-up', this.#now());
      }
      write.endSetupLink();
    });
    const made = (kind: Kind): AdministratorMade => {
      const { plain, isOwn } = passwords[kind];
      const { account, name } = given[kind];
      return { account, name, one_time_password: isOwn ? null : plain };
    };
    return { system: made('system'), security: made('security'), audit: made('audit') };
  }

  /** @throws AccessError taken, by somebody of a demonstration that was here once */
  #change(work: Parameters<AccountsMirror['change']>[0]): void {
    try {
      this.#mirror.change(work);
    } catch (error) {
      if (!(error instanceof AccountTaken)) throw error;
      throw new AccessError('taken', error.message, { path: 'administrators' });
    }
  }

  #checkLink(token: string): void {
    if (!this.#mirror.store.isSetupLink(hashOf(token), this.#now())) {
      throw new AccessError(
        'bad_link',
        'this set-up link was replaced by a newer one or is older than a day; a start prints a new one, and so does `jieneng account setup-link`',
      );
    }
  }
}

function done(): AccessError {
  return new AccessError('set_up', 'the set-up is done');
}
