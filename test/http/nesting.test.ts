import { expect, test } from 'vitest';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

async function send(r: Rig, method: string, path: string, body: string, type = 'application/json') {
  const answer = await r.app.request(path, { method, headers: { 'content-type': type }, body });
  return { status: answer.status, text: await answer.text() };
}

test('a body that is nested too deep is refused, and the audit trail goes on', async () => {
  const r = await rig(ESTATE);
  const retry = (extra: string) => send(r, 'POST', '/api/v1/quarantine/retry', `{"ids":[],"x":${extra}}`);
  // The object is one level, the lists in it 63 and 64 more: 64 are taken.
  expect((await retry(nested(63))).status).toBe(200);
  expect(await retry(nested(64))).toMatchObject({ status: 400 });
  expect(await retry(nested(200_000))).toMatchObject({ status: 400 });
  expect((await retry(JSON.stringify('['.repeat(1000)))).status).toBe(200);
  expect((await retry(String.raw`"\"[[[[\\"`)).status).toBe(200);
  expect(r.deps.audit.failure).toBeNull();
  r.deps.audit.flush();
  const rows = r.catalogue.audit.before(1e9, 100, { action: 'quarantine.retry', outcome: 'done' });
  expect(rows.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('whatever an entry holds, it becomes a row, and those behind it too', async () => {
  const r = await rig(ESTATE);
  const actor = { kind: 'person', id: 'p1', name: '张三', address: '', request: '' } as const;
  const after = JSON.parse(`{"password":"geheim","deep":${nested(200_000)}}`) as unknown;
  r.deps.audit.write({ actor, action: 'first', after, outcome: 'done' });
  r.deps.audit.write({ actor, action: 'second', outcome: 'done' });
  r.deps.audit.flush();
  expect(r.deps.audit.failure).toBeNull();
  const [second, first] = r.catalogue.audit.before(1e9, 2, {});
  expect([first?.action, second?.action]).toEqual(['first', 'second']);
  expect(first?.after).toMatch(/^\{"password":"\*\*\*","deep":\[+"…"\]+\}$/);
});

test('files of the estate and of policies that are nested too deep are mistakes of the file', async () => {
  const r = await rig(ESTATE);
  for (const path of ['/api/v1/estate', '/api/v1/policy']) {
    for (const type of ['application/yaml', 'application/json']) {
      const deep = await send(r, 'PUT', path, `{"version":1,"nodes":${nested(20_000)}}`, type);
      expect
        .soft([path, type, deep.status, deep.text.slice(0, 300)])
        .toEqual([path, type, 422, expect.stringContaining('mistake')]);
    }
  }
  expect(r.deps.audit.failure).toBeNull();
});
