import { describe, expect, test } from 'vitest';
import { newPerson } from '../../server/access/accounts-people.ts';
import type { Grant, Role } from '../../server/domain/access.ts';
import { createApp } from '../../server/http/app.ts';
import type { OneTimePassword, Person, Session } from '../../server/http/schemas/access.ts';
import { cookieGiven, signedIn } from '../http/access-requests.ts';
import { ESTATE } from '../http/estate.ts';
import { type Rig, rig } from '../http/rig.ts';
import { accountsRig, CLIENT, headersOf, PASSWORD, person } from './rig.ts';

const OPERATOR = { kind: 'operator' } as const;
const by = (id: string, ...roles: Role[]) => ({
  kind: 'person' as const,
  id,
  name: id,
  session: 's',
  grants: roles.map((role): Grant => ({ role, node: null })),
  mustChange: false,
});

describe('grants', () => {
  test('nobody gives them to himself, and of the administrators each is a person of his own', async () => {
    const { accounts } = accountsRig();
    const { person: zhang } = await accounts.people.add('zhang', '张三');
    const give =
      (grants: Grant[], giver: Parameters<typeof accounts.people.setGrants>[2] = OPERATOR) =>
      () =>
        accounts.people.setGrants(zhang.id, grants, giver);
    expect(give([{ role: 'supervisor', node: null }], by(zhang.id, 'security_admin'))).toThrow(/himself/);
    expect(
      give([
        { role: 'system_admin', node: null },
        { role: 'audit_admin', node: null },
      ]),
    ).toThrow(/grants.0: audit_admin and system_admin are two persons/);
    expect(give([{ role: 'security_admin', node: 'gov' }])).toThrow(/for everything/);
    expect(give([{ role: 'viewer', node: 'nowhere' }])).toThrow('grants.0: no node "nowhere"');
    expect(accounts.people.get(zhang.id).grants).toEqual([]);
    expect(give([{ role: 'viewer', node: 'gov' }], by('p-other', 'security_admin'))().grants).toEqual([
      { role: 'viewer', node: 'gov' },
    ]);
  });

  test('the last administrator of a kind stays one, and stays open', async () => {
    const { accounts } = accountsRig();
    const [one, two] = [
      (await accounts.people.add('one', '一')).person.id,
      (await accounts.people.add('two', '二')).person.id,
    ];
    const audit: Grant[] = [{ role: 'audit_admin', node: null }];
    accounts.people.setGrants(one, audit, OPERATOR);
    expect(() => accounts.people.setGrants(one, [], OPERATOR)).toThrow(/last audit_admin/);
    expect(() => accounts.people.change(one, { disabled: true })).toThrow(/last audit_admin/);
    accounts.people.setGrants(two, audit, OPERATOR);
    accounts.people.change(one, { disabled: true });
    // Of the two only one can sign in.
    expect(() => accounts.people.setGrants(two, [], OPERATOR)).toThrow(/last audit_admin/);
    accounts.people.setGrants(one, [], OPERATOR);
    expect(() => accounts.people.change(two, { disabled: true })).toThrow(/last audit_admin/);
  });

  test('that change hold for sign-ins that are open, and streams on them end', async () => {
    const r = accountsRig();
    const { id, token } = await person(r);
    const { id: session } = r.accounts.sessionOf(headersOf(token));
    const revoked: string[] = [];
    r.accounts.onRevoked((sessions) => revoked.push(...sessions));
    r.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], OPERATOR);
    expect(revoked).toEqual([session]);
    expect(r.accounts.identify(headersOf(token))).toMatchObject({
      grants: [{ role: 'viewer', node: 'gov' }],
    });
    r.accounts.people.change(id, { name: '张大伟' });
    expect(revoked).toEqual([session]);
    expect(r.accounts.identify(headersOf(token))).toMatchObject({ name: '张大伟' });
  });
});

test('there are ten thousand accounts at most', async () => {
  const { accounts, catalogue, now } = accountsRig();
  catalogue.accounts.change((write) => {
    for (let i = 0; i < 9999; i++) write.addPerson(newPerson(`p-${i}`, `a${i}`, '甲', '!', false, now()));
  });
  await accounts.people.add('last', '末');
  await expect(accounts.people.add('beyond', '外')).rejects.toMatchObject({ code: 'limit' });
  expect(accounts.people.list()).toHaveLength(10_000);
});

describe('a new password for once', () => {
  test('ends all sign-ins and tokens, and the known browsers are strangers', async () => {
    const r = accountsRig();
    const { id, account, token } = await person(r);
    r.accounts.people.setGrants(id, [{ role: 'viewer', node: null }], OPERATOR);
    const { secret } = r.accounts.own.addToken(id, 'script', 1);
    const { password } = await r.accounts.people.reset(id, by('p-admin', 'system_admin'));
    expect(r.accounts.identify(headersOf(token))).toBeNull();
    expect(r.accounts.identify(new Headers({ authorization: `Bearer ${secret}` }))).toBeNull();
    expect(r.catalogue.accounts.knowsAddress(id, CLIENT.address, 0)).toBe(false);
    await expect(r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null)).rejects.toThrow();
    const { token: next } = await r.accounts.signIn.byPassword(account, password, CLIENT, null);
    expect(r.accounts.standing(headersOf(next)).state).toBe('must_change');
  });

  test.each(['security_admin', 'audit_admin'] as const)(
    'of the %s is none of the system administrator’s business: he would have that role too',
    async (role) => {
      const { accounts } = accountsRig();
      const { person: other } = await accounts.people.add('other', '他人');
      accounts.people.setGrants(other.id, [{ role, node: null }], OPERATOR);
      const system = by('p-admin', 'system_admin');
      await expect(accounts.people.reset(other.id, system)).rejects.toMatchObject({ code: 'administrator' });
      expect(() => accounts.people.removeFactor(other.id, system)).toThrow(/account reset/);
      await expect(accounts.people.reset(other.id, by(other.id, role))).rejects.toMatchObject({
        code: 'yourself',
      });
      await accounts.people.reset(other.id, OPERATOR);
    },
  );
});

describe('over HTTP', () => {
  const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
    body: JSON.stringify(body),
  });
  const of = ({ cookie }: { cookie: string }) => ({ cookie });
  /** The routes as they are, with people who have to sign in. */
  async function closed(): Promise<Rig> {
    const r = await rig(ESTATE);
    return { ...r, app: createApp({ ...r.deps, access: r.deps.accounts }) };
  }

  test('from an account that was opened to figures, and out again', async () => {
    const r = await closed();
    const admin = await signedIn(r, 'admin');
    r.deps.accounts.people.setGrants(admin.id, [{ role: 'system_admin', node: null }], OPERATOR);
    const security = await signedIn(r, 'security');
    r.deps.accounts.people.setGrants(security.id, [{ role: 'security_admin', node: null }], OPERATOR);

    const opened = await r.app.request(
      '/api/v1/people',
      json('POST', { account: 'Zhang', name: '张三' }, of(admin)),
    );
    expect(opened.status).toBe(201);
    const { person, one_time_password } = (await opened.json()) as OneTimePassword;
    expect(person).toMatchObject({ account: 'zhang', must_change: true, grants: [], sessions: 0 });
    const again = await r.app.request(
      '/api/v1/people',
      json('POST', { account: 'zhang', name: '张三' }, of(admin)),
    );
    expect(again.status).toBe(409);

    const first = await r.app.request(
      '/api/v1/session',
      json('POST', { account: 'zhang', password: one_time_password }),
    );
    expect((await first.json()) as Session).toMatchObject({ state: 'must_change', permissions: [] });
    let cookie = cookieGiven(first) ?? '';
    const early = await r.app.request('/api/v1/tree', { headers: { cookie } });
    expect([early.status, await early.json()]).toMatchObject([403, { errors: [{ code: 'must_change' }] }]);
    const weak = { current: one_time_password, new: 'password1234' };
    const refused = await r.app.request('/api/v1/session/password', json('PUT', weak, { cookie }));
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { errors: [{ path: 'new', code: 'common' }] },
    ]);
    const good = { current: one_time_password, new: PASSWORD };
    const changed = await r.app.request('/api/v1/session/password', json('PUT', good, { cookie }));
    expect(await changed.json()).toMatchObject({ state: 'signed_in', grants: [] });
    const old = cookie;
    cookie = cookieGiven(changed) ?? '';
    expect((await r.app.request('/api/v1/sessions', { headers: { cookie: old } })).status).toBe(401);

    // An account alone may nothing; he who opened it cannot give it a role.
    expect((await r.app.request('/api/v1/tree', { headers: { cookie } })).status).toBe(403);
    const grants = { grants: [{ role: 'viewer', node: 'gov' }] };
    const path = `/api/v1/people/${person.id}/grants`;
    expect((await r.app.request(path, json('PUT', grants, of(admin)))).status).toBe(403);
    const given = await r.app.request(path, json('PUT', grants, of(security)));
    expect((await given.json()) as Person).toMatchObject({
      grants: [{ role: 'viewer', node: 'gov', node_name: r.deps.estate().node('gov')?.name }],
    });
    const session = await r.app.request('/api/v1/session', { headers: { cookie } });
    expect(await session.json()).toMatchObject({
      permissions: [
        { permission: 'tree', nodes: ['gov'] },
        { permission: 'read', nodes: ['gov'] },
      ],
    });
    expect((await r.app.request('/api/v1/tree', { headers: { cookie } })).status).toBe(200);
    const left = await r.app.request('/api/v1/sessions', json('DELETE', {}, { cookie }));
    expect([left.status, cookieGiven(left)]).toEqual([204, null]);
    expect((await r.app.request('/api/v1/tree', { headers: { cookie } })).status).toBe(401);
  });

  test('attempts that come too fast are told when the next one counts', async () => {
    const r = await closed();
    await signedIn(r, 'zhang');
    const statuses: number[] = [];
    let last: Response | null = null;
    for (let i = 0; i < 4; i++) {
      last = await r.app.request('/api/v1/session', json('POST', { account: 'nobody', password: 'x' }));
      statuses.push(last.status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(last?.headers.get('retry-after')).toBe('1');
    expect(last?.headers.get('www-authenticate')).toBeNull();
  });

  test('the cookie is for this host, for scripts of no page, and of no other site', async () => {
    const r = await closed();
    const { account, password } = await signedIn(r, 'zhang');
    const answer = await r.app.request('/api/v1/session', json('POST', { account, password }));
    const [session, browser] = answer.headers.getSetCookie();
    expect(session).toMatch(/^jieneng=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(browser).toMatch(
      /^jieneng-browser=[\w-]{43}; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  test('over TLS the cookie is one that only this host can have set', async () => {
    const r = await closed();
    const { account, password } = await signedIn(r, 'zhang');
    const tls = { incoming: { socket: { remoteAddress: '192.0.2.1', encrypted: true } } };
    const ask = (init: RequestInit): Response | Promise<Response> =>
      r.app.request('/api/v1/session', init, tls);
    const answer = await ask(json('POST', { account, password }));
    expect(await answer.clone().json()).toMatchObject({ state: 'signed_in', encrypted: true });
    const [session, browser] = answer.headers.getSetCookie();
    expect(session).toMatch(/^__Host-jieneng=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(browser).toMatch(/^__Host-jieneng-browser=[\w-]{43}; .*Secure; SameSite=Strict$/);
    // One that a page without TLS put beside it is not looked at.
    const cookie = `jieneng=${'x'.repeat(43)}; ${session?.split(';')[0]}`;
    expect(await (await ask({ headers: { cookie } })).json()).toMatchObject({ state: 'signed_in' });
    // Nor where there is no other, though it is that of a sign-in: somebody would work in another one's account.
    const plain = (cookieGiven(await r.app.request('/api/v1/session', json('POST', { account, password }))) ??
      '') as string;
    const state = async (init: RequestInit, env?: object): Promise<unknown> =>
      ((await (await r.app.request('/api/v1/session', init, env)).json()) as Session).state;
    expect(await state({ headers: { cookie: plain } })).toBe('signed_in');
    expect(await state({ headers: { cookie: plain } }, tls)).toBe('signed_out');
    expect((await r.app.request('/api/v1/sessions', { headers: { cookie: plain } }, tls)).status).toBe(401);
  });
});
