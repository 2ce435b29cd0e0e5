import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SetupDone } from '../../server/http/schemas/access.ts';
import { ESTATE } from '../http/estate.ts';
import { rig } from '../http/rig.ts';
import { directory } from '../support/directory.ts';
import { signedInAt } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { accountsRig, CLIENT, DAY, headersOf, PASSWORD } from './rig.ts';

const THREE = {
  system: { account: 'chen', name: '陈系统', password: PASSWORD },
  security: { account: 'liu', name: '刘安全' },
  audit: { account: 'sun', name: '孙审计' },
};
const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('the set-up link', () => {
  const tokenOf = (path: string): string => path.split('#')[1] ?? '';

  test('makes three administrators, one with a password of his own and two with one for once', async () => {
    const { accounts } = accountsRig();
    expect(accounts.isSetUp()).toBe(false);
    const { path } = accounts.setup.newLink();
    expect(path).toMatch(/^\/setup#[A-Za-z0-9_-]{43}$/);
    const made = await accounts.setup.run(tokenOf(path), THREE);
    expect(accounts.isSetUp()).toBe(true);
    expect(made.system.one_time_password).toBeNull();
    const roles = accounts.people.list().map((p) => [p.account, p.grants.map((g) => g.role), p.mustChange]);
    expect(roles).toEqual([
      ['chen', ['system_admin'], false],
      ['liu', ['security_admin'], true],
      ['sun', ['audit_admin'], true],
    ]);
    const password = made.audit.one_time_password ?? '';
    const { token } = await accounts.signIn.byPassword('sun', password, CLIENT, null);
    expect(accounts.standing(headersOf(token)).state).toBe('must_change');
    await expect(accounts.setup.run(tokenOf(path), THREE)).rejects.toMatchObject({ code: 'set_up' });
    expect(() => accounts.setup.newLink()).toThrow(/done/);
  });

  test('holds for a day, until a newer one, and in the process of another start', async () => {
    const r = accountsRig();
    const first = r.accounts.setup.newLink().path;
    const second = r.other().setup.newLink().path;
    await expect(r.accounts.setup.run(tokenOf(first), THREE)).rejects.toMatchObject({ code: 'bad_link' });
    r.pass(DAY);
    await expect(r.accounts.setup.run(tokenOf(second), THREE)).rejects.toMatchObject({ code: 'bad_link' });
    const third = r.accounts.setup.newLink().path;
    r.pass(DAY - 1);
    await r.accounts.setup.run(tokenOf(third), THREE);
  });

  test('is used once by two who are equally fast', async () => {
    const r = accountsRig();
    const token = tokenOf(r.accounts.setup.newLink().path);
    const both = await Promise.allSettled([
      r.accounts.setup.run(token, THREE),
      r.other().setup.run(token, { ...THREE, audit: { account: 'zhou', name: '周审计' } }),
    ]);
    expect(both.map((b) => b.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(r.catalogue.accounts.read().people).toHaveLength(3);
  });

  test('makes nothing where a demonstration that was here has one of the names, and says so', async () => {
    const r = accountsRig({ demo: [{ user: 'manager', name: '张能管', role: 'viewer', node: null }] });
    const { setup, people } = r.other({ demo: null });
    const token = tokenOf(setup.newLink().path);
    const three = { ...THREE, audit: { account: 'demo.manager', name: '孙审计' } };
    await expect(setup.run(token, three)).rejects.toMatchObject({ name: 'AccessError', code: 'taken' });
    expect(people.list()).toEqual([]);
    await setup.run(token, THREE);
    expect(people.list()).toHaveLength(3);
  });

  test('makes nothing of what is wrong, and names it', async () => {
    const r = await rig(ESTATE);
    const token = tokenOf(r.deps.accounts.setup.newLink().path);
    const paths = async (administrators: unknown): Promise<string[]> => {
      const answer = await r.app.request('/api/v1/setup', post({ token, administrators }));
      expect(answer.ok).toBe(false);
      const problem = (await answer.json()) as { errors?: { path: string }[] };
      return (problem.errors ?? []).map((e) => e.path);
    };
    expect(await paths({ ...THREE, system: { account: 'chen', name: 'c' } })).toEqual(['administrators']);
    expect(await paths({ ...THREE, audit: { account: 'liu', name: '孙审计' } })).toEqual([
      'administrators.audit.account',
    ]);
    const weak = { ...THREE.system, password: 'password1234' };
    expect(await paths({ ...THREE, system: weak })).toEqual(['administrators.system.password']);
    expect(await paths({ ...THREE, audit: { account: 'S U N', name: '' } })).toEqual([
      'administrators.audit.account',
      'administrators.audit.name',
    ]);
    expect(r.deps.accounts.isSetUp()).toBe(false);
    const good = await r.app.request('/api/v1/setup', post({ token, administrators: THREE }));
    expect(good.status).toBe(201);
  });
});

test('a fresh start answers nobody before the set-up; then whoever signs in, and nobody else', async () => {
  const data = directory();
  const server = await startServer(data, { MQTT_PORT: '0', METRICS_TOKEN: 'a-token-of-letters' });
  try {
    const { paths } = (await (await server.fetch('/api/v1/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
    );
    const OPEN = [
      '/api/v1/session',
      '/api/v1/session/demo',
      '/api/v1/session/second-factor',
      '/api/v1/setup',
    ];
    const statuses = async (): Promise<Map<string, number>> => {
      const found = new Map<string, number>();
      for (const [method, path] of routes) {
        if (path.startsWith('/api/v1/health/') || OPEN.includes(path)) continue;
        const to = `${server.url}${path.replaceAll(/\{\w+\}/g, 'x')}`;
        const answer = await fetch(to, method === 'GET' ? {} : { ...post({}), method });
        await answer.body?.cancel();
        found.set(`${method} ${path}`, answer.status);
      }
      return found;
    };
    const before = await statuses();
    expect(before.size).toBeGreaterThan(80);
    expect([...before].filter(([, status]) => status !== 403)).toEqual([]);
    const session = async (): Promise<unknown> => (await fetch(`${server.url}/api/v1/session`)).json();
    expect(await session()).toMatchObject({ state: 'setup', person: null, permissions: [], demo: null });
    const anyone = await fetch(`${server.url}/api/v1/session`, post({ account: 'admin', password: 'admin' }));
    expect(anyone.status).toBe(401);

    const [, token] = /\/setup#(\S+)/.exec(server.log()) ?? [];
    const made = await fetch(`${server.url}/api/v1/setup`, post({ token, administrators: THREE }));
    expect(made.status).toBe(201);
    expect(((await made.json()) as SetupDone).administrators.system.one_time_password).toBeNull();
    expect(await session()).toMatchObject({ state: 'signed_out' });
    expect([...(await statuses())].filter(([, status]) => status !== 401)).toEqual([]);

    const cookie = await signedInAt(server, 'zhang', [{ role: 'viewer', node: null }]);
    const asked = (path: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${server.url}${path}`, { headers });
    expect((await asked('/api/v1/tree', { cookie })).status).toBe(200);
    expect((await asked('/api/v1/people', { cookie })).status).toBe(403);
    expect((await asked('/metrics', {})).status).toBe(401);
    const bearer = { authorization: 'Bearer a-token-of-letters' };
    expect(await (await asked('/metrics', bearer)).text()).toContain('# HELP');
    expect((await asked('/api/v1/tree', bearer)).status).toBe(401);

    const backup = join(data, 'backups', 'one');
    const saved = await server.fetch('/api/v1/backup', post({ directory: backup }));
    expect(saved.status).toBe(200);
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    );
    expect(files).toContain(join(backup, 'catalogue.sqlite'));
    expect(files).toContain(join(data, 'control.sock'));
    // Nobody but the owner of the process may do anything with them.
    expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
  } finally {
    await server.stop();
  }
}, 180_000);
