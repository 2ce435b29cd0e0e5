import { describe, expect, test } from 'vitest';
import { codeAt } from '../../server/access/second-factor.ts';
import type { StoredSession } from '../../server/catalogue/accounts-rows.ts';
import { createApp } from '../../server/http/app.ts';
import { enrolled, fromBase32, signedIn } from '../http/access-requests.ts';
import { ESTATE } from '../http/estate.ts';
import { rig } from '../http/rig.ts';
import { OF_THE_PAGE } from '../support/person.ts';
import { OPERATOR } from './persons.ts';
import { type AccountsRig, accountsRig, CLIENT, code, headersOf, MIN, PASSWORD, person } from './rig.ts';

async function withFactor(r: AccountsRig) {
  const { account, token } = await person(r);
  const session = r.accounts.sessionOf(headersOf(token));
  const secret = fromBase32((await r.accounts.own.beginFactor(session, PASSWORD)).secret);
  const codes = r.accounts.own.confirmFactor(session, codeAt(secret, r.now()));
  r.pass(MIN);
  return { account, token, secret, codes };
}

/** Who has the password and no code, from some address. */
async function pending(r: AccountsRig, account: string, address: string): Promise<StoredSession> {
  const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, { ...CLIENT, address }, null);
  const { session } = r.accounts.standing(headersOf(token));
  if (!session) throw new Error('no sign-in was begun');
  return session;
}

describe('a stolen password', () => {
  test('guesses at the code as often as one address may, from however many it comes', async () => {
    const r = accountsRig();
    const { account, secret } = await withFactor(r);
    const said: string[] = [];
    for (let i = 0; i < 12; i++) {
      const address = `10.9.${i}.1`;
      const session = await pending(r, account, address);
      const guess = String(i).padStart(6, '0');
      said.push(await code(() => r.accounts.signIn.byCode(session, guess, { ...CLIENT, address })));
    }
    expect([said.filter((s) => s === 'wrong').length, said.at(-1)]).toEqual([10, 'slow']);
    // Its owner comes from where he was before, and is not kept out.
    const own = await pending(r, account, CLIENT.address);
    expect(await code(() => r.accounts.signIn.byCode(own, codeAt(secret, r.now()), CLIENT))).toBe('done');
  });

  test('without the code ends no sign-in of its owner', async () => {
    const r = accountsRig();
    const { account, token, secret } = await withFactor(r);
    const own = await pending(r, account, CLIENT.address);
    for (let i = 0; i < 21; i++) await pending(r, account, '10.9.0.1');
    expect(r.accounts.identify(headersOf(token))).not.toBeNull();
    const [{ id = '' } = {}] = r.accounts.people.list();
    // 20 that wait for a code, and the one that is complete.
    expect(r.accounts.sessionsOf(id)).toHaveLength(21);
    expect(r.accounts.sessionsOf(id).map((s) => s.id)).toContain(own.id);
    expect(await code(() => r.accounts.signIn.byCode(own, codeAt(secret, r.now()), CLIENT))).toBe('done');
  });
});

test('backup codes are of 120 bits, as many as their plain hash needs', async () => {
  const { codes } = await withFactor(accountsRig());
  // 24 characters of 5 bits
  for (const one of codes) expect(one).toMatch(/^[a-z2-7]{6}(-[a-z2-7]{6}){3}$/);
  expect(new Set(codes).size).toBe(10);
});

test('the first code of a second factor is guessed at slowly', async () => {
  const r = accountsRig();
  const { token } = await person(r);
  const session = r.accounts.sessionOf(headersOf(token));
  const secret = fromBase32((await r.accounts.own.beginFactor(session, PASSWORD)).secret);
  const right = codeAt(secret, r.now());
  const said: string[] = [];
  for (let i = 0; said.length < 8; i++) {
    const guess = String(i).padStart(6, '0');
    if (guess !== right) said.push(await code(() => r.accounts.own.confirmFactor(session, guess)));
  }
  expect([said.filter((s) => s === 'wrong').length, said.at(-1)]).toEqual([5, 'slow']);
  r.pass(5 * MIN);
  expect(r.accounts.own.confirmFactor(session, codeAt(secret, r.now()))).toHaveLength(10);
});

test('a closed account has no tokens when it is opened again', async () => {
  const r = accountsRig();
  const { id } = await person(r);
  r.accounts.people.setGrants(id, [{ role: 'viewer', node: null }], OPERATOR);
  const { secret } = r.accounts.own.addToken(id, 'script', 1);
  const bearer = new Headers({ authorization: `Bearer ${secret}` });
  expect(r.accounts.identify(bearer)).not.toBeNull();
  r.accounts.people.change(id, { disabled: true });
  expect(r.accounts.identify(bearer)).toBeNull();
  r.accounts.people.change(id, { disabled: false });
  expect(r.accounts.identify(bearer)).toBeNull();
});

describe('a stolen sign-in', () => {
  async function closed() {
    const r = await rig(ESTATE);
    const app = createApp({ ...r.deps, access: r.deps.accounts });
    const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      app.request(path, {
        method,
        headers: {
          ...OF_THE_PAGE,
          ...headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    return { ...r, ask };
  }

  test('makes no token without the password, which would outlive it', async () => {
    const r = await closed();
    const { id, cookie, password } = await signedIn(r, 'zhang');
    r.deps.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], OPERATOR);
    const make = async (given: object): Promise<number> =>
      (await r.ask('POST', '/api/v1/tokens', { cookie }, { name: 'script', days: 365, ...given })).status;
    expect(await make({})).toBe(401);
    expect(await make({ password: 'guessed' })).toBe(401);
    expect(r.deps.accounts.own.tokens(id)).toEqual([]);
    expect(await make({ password })).toBe(201);
    expect(r.deps.accounts.own.tokens(id)).toHaveLength(1);
  });

  test('of somebody who has to do something first does nothing more beside a token of another', async () => {
    const r = await closed();
    const { accounts } = r.deps;
    const thief = await signedIn(r, 'thief');
    accounts.people.setGrants(thief.id, [{ role: 'viewer', node: 'gov' }], OPERATOR);
    const { secret } = accounts.own.addToken(thief.id, 'script', 1);
    const { person: victim, password } = await accounts.people.add('victim', '李四');
    const { token } = await accounts.signIn.byPassword('victim', password, CLIENT, null);
    const both = { cookie: `jieneng=${token}`, authorization: `Bearer ${secret}` };
    for (const [method, path, body] of [
      ['POST', '/api/v1/session/factor', { password }],
      ['PUT', '/api/v1/session/preferences', { elder: true }],
      ['GET', '/api/v1/sessions', undefined],
    ] as const) {
      expect.soft([path, (await r.ask(method, path, both, body)).status]).toEqual([path, 409]);
    }
    expect(accounts.people.get(victim.id)).toMatchObject({
      factorBegun: null,
      preferences: '{"elder":false}',
    });
    expect((await r.ask('GET', '/api/v1/session', both)).status).toBe(200);
  });
});

test('a new second factor is in force for the next sign-in, over HTTP too', async () => {
  const r = await rig(ESTATE);
  const one = await signedIn(r, 'zhang');
  const { codes } = await enrolled(r, one);
  const app = createApp({ ...r.deps, access: r.deps.accounts });
  const post = (path: string, body: unknown, cookie = '') =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...OF_THE_PAGE, ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
  const first = await post('/api/v1/session', { account: one.account, password: one.password });
  const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  expect(await first.json()).toMatchObject({ state: 'second_factor', person: null });
  const code = codes[0]?.toUpperCase().replaceAll('-', ' ');
  const second = await post('/api/v1/session/second-factor', { code }, cookie);
  expect([second.status, await second.json()]).toMatchObject([200, { state: 'signed_in' }]);
});
