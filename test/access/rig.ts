import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Accounts, type AccountsOptions } from '../../server/access/accounts.ts';
import { AccessError } from '../../server/access/errors.ts';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import { directory } from '../support/directory.ts';

export const START = Date.parse('2026-11-22T08:00:00Z');
export const MIN = 60_000;
export const HOUR = 60 * MIN;
export const DAY = 24 * HOUR;

export interface AccountsRig {
  accounts: Accounts;
  catalogue: Catalogue;
  /** Where everything is kept. */
  at: string;
  now(): number;
  pass(ms: number): void;
  /** Another process on the same catalogue, by the same clock. */
  other(more?: Partial<AccountsOptions>): Accounts;
}

/** Accounts over a real catalogue, by a clock that only moves when it is told to. */
export function accountsRig(
  more: Partial<AccountsOptions> = {},
  rules: Partial<AccountsOptions['rules']> = {},
): AccountsRig {
  const at = directory();
  let now = START;
  const made = (catalogue: Catalogue, of: Partial<AccountsOptions>): Accounts =>
    new Accounts({
      store: catalogue.accounts,
      keyFile: join(at, 'second-factor.key'),
      rules: { idleMs: 30 * MIN, lifeMs: 12 * HOUR, passwordMs: 0, secondFactor: 'optional', ...rules },
      now: () => now,
      hasNode: (id) => id === 'gov' || id === 'city',
      demo: null,
      metricsToken: null,
      ...of,
    });
  const opened = (): Catalogue => {
    const catalogue = openCatalogue(join(at, 'catalogue.sqlite'));
    onTestFinished(() => catalogue.close());
    return catalogue;
  };
  const catalogue = opened();
  return {
    accounts: made(catalogue, more),
    catalogue,
    at,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    other: (of = {}) => made(opened(), { ...more, ...of }),
  };
}

export const CLIENT = { address: '10.1.1.1', agent: 'a browser', browser: null };
export const PASSWORD = 'gruen-7-wolken-am-see';

/** @returns the code by which it was refused; `done`: it was not */
export async function code(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AccessError) return error.code;
    throw error;
  }
  return 'done';
}

export const headersOf = (token: string): Headers => new Headers({ cookie: `jieneng=${token}` });

/** Somebody with a password of his own. */
export async function person(
  { accounts }: Pick<AccountsRig, 'accounts'>,
  account = 'zhang.wei',
): Promise<{ id: string; account: string; token: string }> {
  const { person, password } = await accounts.people.add(account, '张伟');
  const first = await accounts.signIn.byPassword(account, password, CLIENT, null);
  const change = { current: password, new: PASSWORD };
  const token = await accounts.own.changePassword(accounts.sessionOf(headersOf(first.token)), change, CLIENT);
  return { id: person.id, account, token };
}
