import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ACTIONS, ALWAYS, actionOf, CHANGES_NOTHING, GOES_ON } from '../../server/http/audited-routes.ts';
import { jieneng } from '../cli/jieneng.ts';
import { directory } from '../support/directory.ts';
import { startServer, until } from '../support/server.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

interface Entry {
  no: number;
  count: number;
  who: { kind: string; id: string; name: string };
  from: string;
  request: string;
  action: string;
  target: string;
  object: object | null;
  before: unknown;
  after: unknown;
  outcome: string;
  status: number | null;
}

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

async function entries(r: Rig, query = ''): Promise<Entry[]> {
  const { status, body } = await r.get(`/api/v1/audit?limit=500${query}`);
  expect(status).toBe(200);
  return (body as { entries: Entry[] }).entries;
}

test('a change has its row with what was before and after, under the request that made it, and no second one', async () => {
  const r = await rig(ESTATE);
  const known = (await entries(r))[0]?.no ?? 0;
  const put = (value: number): Promise<Response> | Response =>
    r.app.request('/api/v1/nodes/gov/attributes/people', {
      method: 'PUT',
      ...json(
        { values: [{ from: '2026-01-01', value }], recorded_by: '张三' },
        { 'x-request-id': `put-${value}` },
      ),
    });
  expect((await put(7)).status).toBe(200);
  const after = (await entries(r)).filter(({ no, action }) => no > known && action !== 'audit.read');
  expect(after).toMatchObject([
    {
      ...{ request: 'put-7', action: 'node.change', target: 'node/gov', outcome: 'done' },
      who: { kind: 'operator', id: '', name: '张三' },
      after: { value: { attributes: { people: [{ from: '2026-01-01', value: 7 }] } } },
    },
  ]);
  // The same again changes nothing, but somebody asked for it.
  expect((await put(7)).status).toBe(200);
  expect((await entries(r, '&action=put.nodes.attributes'))[0]).toMatchObject({
    target: 'gov/people',
    status: 200,
  });
});

test('refusals and mistakes are counted, exports are listed, what is only looked at is not', async () => {
  const r = await rig(ESTATE);
  for (let i = 0; i < 3; i++) {
    const answer = await r.app.request('/api/v1/quarantine/retry', {
      method: 'POST',
      ...json({}, { origin: 'https://evil.example' }),
    });
    expect(answer.status).toBe(403);
  }
  const wrong = await r.app.request('/api/v1/backup', { method: 'POST', ...json({ directory: 'relative' }) });
  expect(wrong.status).toBe(400);
  const range = 'from=2026-11-01&to=2026-11-02';
  await r.get(`/api/v1/readings?meter=gov-main&${range}&format=csv`);
  await r.get(`/api/v1/consumption?node=gov&by=day&${range}&format=csv`);
  await r.get(`/api/v1/consumption?node=gov&by=month&${range}&format=json`);
  await r.get(`/api/v1/consumption?node=gov&by=day&${range}`);
  await r.get('/api/v1/tree');
  await r.get('/api/v1/estate');
  const shown = (await entries(r)).filter(({ action }) => !/^(node|meter|setting|gateway)\./.test(action));
  const lines = shown
    .map(({ action, target, outcome, status }) => [action, target, outcome, status])
    .reverse();
  expect(lines).toEqual([
    ['quarantine.retry', '', 'refused', 403],
    ['backup', '', 'failed', 400],
    ['export.readings', 'gov-main', 'done', 200],
    ['export.consumption', 'gov', 'done', 200],
    ['export.consumption', 'gov', 'done', 200],
    ['export.estate', '', 'done', 200],
  ]);
  // Reading the trail is in it as well.
  expect((await entries(r, '&action=audit.read'))[0]).toMatchObject({ outcome: 'done', status: 200 });
});

test('every route with a word of its own is there', async () => {
  const r = await rig(ESTATE);
  const { paths } = (await r.get('/api/v1/openapi.json')).body as { paths: Record<string, object> };
  const routes = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  );
  const named = [...Object.keys(ACTIONS), ...ALWAYS, ...CHANGES_NOTHING, ...GOES_ON];
  expect(named.filter((route) => !routes.has(route))).toEqual([]);
  // Made of the route, the words of two routes are two.
  const words = [...routes]
    .filter((route) => !route.startsWith('GET '))
    .map((route) => ACTIONS[route] ?? actionOf(route));
  expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
});

test('the trail is filtered, comes in pages and goes out as a file', async () => {
  const r = await rig(ESTATE);
  for (const name of ['张三', '李四', '张三']) {
    await r.app.request('/api/v1/nodes/gov/attributes/people', {
      method: 'PUT',
      ...json({ values: [{ from: '2026-01-01', value: name === '李四' ? 4 : 3 }], recorded_by: name }),
    });
  }
  expect((await entries(r, `&who=${encodeURIComponent('李四')}`)).map(({ action }) => action)).toEqual([
    'node.change',
  ]);
  expect(await entries(r, '&target=node/gov&action=node.change')).toHaveLength(3);
  expect(await entries(r, '&outcome=failed')).toEqual([]);
  expect(await entries(r, '&from=2026-11-19')).toEqual([]);
  const first = (await r.get('/api/v1/audit?limit=2')).body as { entries: Entry[]; before: number };
  const second = (await r.get(`/api/v1/audit?limit=2&before=${first.before}`)).body as { entries: Entry[] };
  const numbers = [...first.entries, ...second.entries].map(({ no }) => no);
  expect(numbers).toEqual([0, 1, 2, 3].map((i) => (numbers[0] as number) - i));
  expect((await r.get('/api/v1/audit?from=2026-11-02&to=2026-11-01')).status).toBe(400);

  // A name that a spreadsheet would run.
  r.deps.audit.write({
    actor: { kind: 'nobody', id: '=cmd|calc', name: '', address: '10.0.0.1', request: '' },
    ...{ action: 'sign_in', outcome: 'refused', status: 401 },
  });
  const csv = (await r.get('/api/v1/audit/export?action=sign_in')).body as string;
  expect(csv.split('\n')[0]).toBe(
    'no,at,until,count,who_kind,who_id,who_name,from,request,action,target,before,after,outcome,status,previous,hash',
  );
  expect(csv.split('\n')[1]).toContain(",nobody,'=cmd|calc,,10.0.0.1,");
  const lines = (await (await r.app.request('/api/v1/audit/export?format=jsonl')).text()).trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { no: number; previous: string; hash: string });
  for (const [i, row] of rows.entries()) expect(row.previous).toBe(rows[i + 1]?.hash ?? '0'.repeat(64));
  expect(await entries(r, '&action=export.audit')).toHaveLength(2);
});

test('while the trail cannot be written nothing is changed, and readings are taken', async () => {
  const r = await rig(ESTATE);
  const change = (): Promise<Response> | Response =>
    r.app.request('/api/v1/nodes/gov/attributes/people', {
      method: 'PUT',
      ...json({ values: [{ from: '2026-01-01', value: 9 }], recorded_by: '张三' }),
    });
  const file = join(r.deps.webRoot, '..', 'catalogue.sqlite');
  const sql = (text: string): void => {
    const db = new DatabaseSync(file);
    db.exec(text);
    db.close();
  };
  sql(
    "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
  );
  await r.get('/api/v1/estate');
  r.deps.audit.flush();
  const refused = await change();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({
    detail: 'nothing may be changed while the audit trail cannot be written: database or disk is full',
  });
  const health = (await r.get('/api/v1/health')).body as { status: string; problems: string[] };
  expect(health.problems).toContainEqual(expect.stringContaining('the audit trail cannot be written'));
  const csv = 'meter,time,value\ngov-main,2026-11-17T00:00:00+08:00,5\n';
  const imported = await r.app.request('/api/v1/readings?name=a.csv', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csv,
  });
  expect(await imported.text()).toContain('"stored":1');
  sql('DROP TRIGGER full');
  r.deps.audit.flush();
  expect((await change()).status).toBe(200);
  const words = (await entries(r)).map(({ action }) => action);
  expect(words).toEqual(expect.arrayContaining(['export.estate', 'import.readings', 'node.change']));
});

test('`verify --audit` finds a row that was changed, beside a running server and without one', async () => {
  const data = directory();
  const estate = 'version: 1\nnodes:\n  - { id: gov, name: 行政中心, kind: building }\n';
  expect((await jieneng(data, ['estate', 'apply', '-'], estate)).code).toBe(0);
  expect(await jieneng(data, ['verify', '--audit'])).toMatchObject({
    code: 0,
    err: expect.stringMatching(
      /^\d+ rows of the audit trail \(1 to \d+\), 0 archives, \d+ heads compared: whole/,
    ),
  });
  const copy = join(directory(), 'copy');
  const restored = join(directory(), 'restored');
  expect((await jieneng(data, ['backup', copy])).code).toBe(0);
  expect((await jieneng(restored, ['restore', copy])).code).toBe(0);
  // The heads went along: the one of each command that ended before the backup.
  expect(await jieneng(restored, ['verify', '--audit'])).toMatchObject({
    code: 0,
    err: expect.stringMatching(/ 0 archives, [1-9]\d* heads compared: whole/),
  });
  expect(await jieneng(data, ['verify'])).toMatchObject({ code: 2, err: expect.stringContaining('--audit') });
  const db = new DatabaseSync(join(data, 'catalogue.sqlite'));
  db.exec("DROP TRIGGER audit_edited; UPDATE audit SET name = '别人' WHERE no = 1");
  db.close();
  const said = /^audit trail: row 1 of \S+, node.create, was changed after it was written/m;
  expect(await jieneng(data, ['verify', '--audit'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(said),
  });
  const server = await startServer(data, { MQTT_PORT: '0' });
  expect(await jieneng(data, ['verify', '--audit'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(said),
  });
  await server.stop();
  // A stop writes the head down: a tail that is cut off while nothing runs is found.
  const again = new DatabaseSync(join(data, 'catalogue.sqlite'));
  again.exec('DROP TRIGGER audit_deleted; DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)');
  again.close();
  const started = await startServer(data, { MQTT_PORT: '0' });
  await until(
    async () => started.log(),
    (text) => text.includes('the trail is not whole'),
  );
  await started.stop();
}, 240_000);

test('accounts, roles and credentials have their rows in the transaction that changes them, without secrets', async () => {
  const r = await rig(ESTATE);
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await r.app.request(path, { method, ...(body !== undefined && json(body)) });
    expect(answer.ok, `${method} ${path}`).toBe(true);
    return (await answer.json()) as T;
  };
  const { person, one_time_password } = await ask<{ person: { id: string }; one_time_password: string }>(
    'POST',
    '/api/v1/people',
    { account: 'zhang', name: '张三' },
  );
  const grants = [{ role: 'viewer', node: 'gov' }];
  await ask('PUT', `/api/v1/people/${person.id}/grants`, { grants });
  await ask('PUT', `/api/v1/people/${person.id}`, { disabled: true });
  const { secret } = await ask<{ secret: string }>('POST', '/api/v1/devices', { meter: 'gov-main' });
  await ask('DELETE', '/api/v1/devices/gov-main');
  const written = (await entries(r)).filter(({ action }) => /^(account|grant|device)/.test(action)).reverse();
  expect(written).toMatchObject([
    { action: 'account.create', target: `person/${person.id}`, after: { account: 'zhang', name: '张三' } },
    { action: 'grant', target: `person/${person.id}`, before: { grants: [] }, after: { grants } },
    { action: 'account.change', before: { disabled: false }, after: { disabled: true, name: '张三' } },
    { action: 'device.create', target: 'device/gov-main', after: { kind: 'meter', subject: 'gov-main' } },
    { action: 'device.revoke', target: 'device/gov-main' },
  ]);
  const all = JSON.stringify(await entries(r));
  for (const hidden of [one_time_password, secret]) expect(all).not.toContain(hidden);
  // What each was done to is named, beside its id.
  expect(written.map(({ object }) => object)).toEqual([
    { kind: 'person', name: '张三', of: null },
    { kind: 'person', name: '张三', of: null },
    { kind: 'person', name: '张三', of: null },
    { kind: 'device', name: '表 gov-main', of: null },
    { kind: 'device', name: '表 gov-main', of: null },
  ]);
});
