import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { UserError } from '../../server/http/deps.ts';
import { EstateApplied } from '../../server/http/schemas/estate.ts';
import { BackupResult } from '../../server/http/schemas/health.ts';
import { MeterInfo, MeterList } from '../../server/http/schemas/meters.ts';
import { ProfileList, ProfileTest } from '../../server/http/schemas/profiles.ts';
import { Quarantine, RetryResult } from '../../server/http/schemas/quarantine.ts';
import { ImportProgress, Readings } from '../../server/http/schemas/readings.ts';
import { directory } from '../support/directory.ts';
import { ESTATE } from './estate.ts';
import { furnished } from './furnished.ts';
import { rig } from './rig.ts';

const DAY = 'from=2026-11-17&to=2026-11-18';

test('meters with their last reading and their last seven days', async () => {
  const r = await furnished();
  const list = MeterList.parse((await r.get('/api/v1/meters?node=gov')).body);
  expect(list.meters.map((m) => m.id)).toEqual([
    'gov-main',
    'gov-water',
    'gov-light',
    'gov-hall',
    'gov-cool',
  ]);
  const one = MeterInfo.parse((await r.get('/api/v1/meters/gov-main')).body);
  expect(one).toEqual(list.meters[0]);
  expect(one).toMatchObject({
    multiplier: 40,
    state: 'reporting',
    last: { time: '2026-11-18T12:00:00+08:00', value: 1018, arrival_time: false },
  });
  expect(one.days.map((d) => [d.start.slice(0, 10), d.completeness, d.quantity])).toEqual([
    ['2026-11-12', 0, null],
    ['2026-11-13', 0, null],
    ['2026-11-14', 0, null],
    ['2026-11-15', 0, null],
    ['2026-11-16', 0, null],
    ['2026-11-17', 1, 480],
    ['2026-11-18', 1, 240],
  ]);
  expect((await rig(ESTATE).then((empty) => empty.get('/api/v1/meters/air'))).body).toMatchObject({
    state: 'never',
    last: null,
  });
});

test('raw readings in pages, and as CSV that can be imported again', async () => {
  const r = await furnished();
  const page = Readings.parse((await r.get(`/api/v1/readings?meter=gov-main&${DAY}&limit=2`)).body);
  expect(page).toMatchObject({ meter: 'gov-main', multiplier: 40, more: true });
  const plain = {
    arrival_time: false,
    imported: false,
    manual: false,
    verdict: 'accepted',
    previous: null,
    next: null,
  };
  expect(page.rows).toEqual([
    { time: '2026-11-17T00:00:00+08:00', value: 1000, ...plain },
    { time: '2026-11-17T01:00:00+08:00', value: 1000.5, ...plain },
  ]);
  const range = 'from=2026-11-17&to=2026-11-17T02:00:00';
  const { body } = await r.get(`/api/v1/readings?meter=gov-main&meter=air&${range}&format=csv`);
  expect(body).toBe(
    [
      'meter,time,value',
      'gov-main,2026-11-17T00:00:00+08:00,1000',
      'gov-main,2026-11-17T01:00:00+08:00,1000.5',
      'air,2026-11-17T00:00:00+08:00,10',
      'air,2026-11-17T01:00:00+08:00,11',
      '',
    ].join('\n'),
  );
  const again = await r.app.request('/api/v1/readings', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: body as string,
  });
  const lines = (await again.text()).trim().split('\n');
  expect(ImportProgress.parse(JSON.parse(lines.at(-1) as string))).toEqual({
    rows: 4,
    stored: 0,
    duplicate: 4,
    quarantined: 0,
    done: true,
  });
});

test('more readings than a page come as one CSV', async () => {
  const r = await rig(ESTATE);
  const start = Date.parse('2026-11-01T00:00:00+08:00');
  const n = 25_000;
  await r.feed(
    Array.from({ length: n }, (_, i) => ['air', new Date(start + i * 60_000).toISOString(), i % 30]),
  );
  const { body } = await r.get('/api/v1/readings?meter=air&from=2026-11-01&to=2026-12-01&format=csv');
  const lines = (body as string).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + n);
  expect(new Set(lines).size).toBe(1 + n);
});

test('an import tells what became of every line', async () => {
  const r = await rig(ESTATE);
  const csv = [
    'meter,time,value',
    'gov-main,2026-11-17T00:00:00+08:00,1000',
    'gov-main,2026-11-17T01:00:00+08:00,1001',
    'nobody,2026-11-17T01:00:00+08:00,1',
    '',
  ].join('\n');
  const response = await r.app.request('/api/v1/readings?name=house.csv', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csv,
  });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const last = ImportProgress.parse(JSON.parse((await response.text()).trim().split('\n').at(-1) as string));
  expect(last).toMatchObject({ rows: 3, stored: 2, duplicate: 0, quarantined: 1, done: true });
  expect(last.errors?.[0]).toContain('house.csv:4');
  // The meter is no longer one that never reported.
  expect((await r.get('/api/v1/meters/gov-main')).body).toMatchObject({ last: { value: 1001 } });

  const noCsv = await r.app.request('/api/v1/readings', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: 'a,b\n1,2\n',
  });
  expect(noCsv.status).toBe(422);
  expect(((await noCsv.json()) as { detail: string }).detail).toContain('line 1');
  const wrong = await r.app.request('/api/v1/readings', { method: 'POST', body: 'meter' });
  expect(wrong.status).toBe(415);
});

test('imports at a time are few, and one that ends, breaks or is left makes room', async () => {
  const r = await rig(ESTATE);
  const ends: (() => void)[] = [];
  let left = 0;
  r.deps.importReadings = async function* () {
    const { promise, resolve } = Promise.withResolvers<void>();
    try {
      yield { rows: 1, stored: 1, duplicate: 0, quarantined: 0, done: false };
      ends.push(resolve);
      await promise;
      yield { rows: 1, stored: 1, duplicate: 0, quarantined: 0, done: true };
    } finally {
      left++;
    }
  };
  const send = () =>
    r.app.request('/api/v1/readings', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'meter,time,value\n',
    });
  const running = [await send(), await send(), await send(), await send()];
  const fifth = await send();
  expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '10']);
  expect(((await fifth.json()) as { detail: string }).detail).toMatch(/^4 imports/);

  // Left before anything was read of it.
  await running[0]?.body?.cancel();
  expect(left).toBe(1);
  const sixth = await send();
  expect(sixth.status).toBe(200);
  const texts = [running[1], running[2], running[3], sixth].map((one) => (one as Response).text());
  await vi.waitFor(() => expect(ends).toHaveLength(4));
  for (const end of ends) end();
  expect((await Promise.all(texts)).every((text) => text.includes('"done":true'))).toBe(true);
  expect(left).toBe(5);
  // A file that is none leaves its place as well.
  r.deps.importReadings = async function* () {
    if (ends.length > 0) throw new UserError('line 1: no header');
    yield { rows: 0, stored: 0, duplicate: 0, quarantined: 0, done: true };
  };
  for (let i = 0; i < 5; i++) expect((await send()).status).toBe(422);
});

test('an import that breaks half-way ends with the problem', async () => {
  const r = await rig(ESTATE);
  r.deps.importReadings = async function* () {
    yield { rows: 1, stored: 1, duplicate: 0, quarantined: 0, done: false };
    throw new Error('secret path /data');
  };
  const response = await r.app.request('/api/v1/readings', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: 'meter,time,value\n',
  });
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>);
  expect(lines[1]).toMatchObject({ problem: { status: 500 } });
  expect(JSON.stringify(lines)).not.toContain('secret');
  expect(JSON.stringify(r.lines)).toContain('secret path /data');
});

test('quarantine: counts, pages, previews, retry once the cause is mended', async () => {
  const r = await rig(ESTATE);
  const at = Date.parse('2026-11-18T11:00:00+08:00');
  const reading = { meter: 'new', time: '2026-11-18T10:00:00+08:00', value: 5 };
  const common = { source: 'meters/new/readings', meter: null, time: null, value: null, receivedAt: at };
  await r.reject(
    {
      ...common,
      reason: 'unknown_meter',
      detail: 'meter: "new" is not in the estate',
      kind: 'packet',
      payload: Buffer.from(JSON.stringify({ time: reading.time, value: 5 })),
    },
    {
      ...common,
      reason: 'broken_payload',
      detail: 'not JSON',
      kind: 'packet',
      payload: Buffer.from([0xff, 0x00]),
    },
    {
      ...common,
      reason: 'broken_payload',
      detail: 'not JSON',
      kind: 'packet',
      payload: Buffer.from('节'.repeat(80)),
    },
  );
  const first = Quarantine.parse((await r.get('/api/v1/quarantine?limit=2')).body);
  expect(first.counts).toEqual([
    { reason: 'broken_payload', count: 2 },
    { reason: 'unknown_meter', count: 1 },
  ]);
  expect(first.more).toBe(true);
  // 200 bytes are 66 characters of 3 bytes and a part of one, which is left out.
  expect(first.items.map((i) => i.preview)).toEqual(['节'.repeat(66), 'ff00']);
  const before = first.items[1]?.id;
  const rest = Quarantine.parse((await r.get(`/api/v1/quarantine?before=${before}`)).body);
  expect(rest.items.map((i) => [i.reason, i.received_at])).toEqual([
    ['unknown_meter', '2026-11-18T11:00:00+08:00'],
  ]);
  const broken = Quarantine.parse((await r.get('/api/v1/quarantine?reason=broken_payload')).body);
  expect(broken.items).toHaveLength(2);

  r.catalogue.applyEstate({ version: 1, meters: [{ ...ESTATE.meters[4], id: 'new', name: '新表' }] }, 'test');
  const retried = await r.app.request('/api/v1/quarantine/retry', { method: 'POST' });
  expect(RetryResult.parse(await retried.json())).toEqual({
    tried: 3,
    stored: 1,
    duplicate: 0,
    quarantined: 2,
  });
  expect((await r.get('/api/v1/meters/new')).body).toMatchObject({ last: { value: 5 } });
});

test('the estate file goes out and comes in, with every mistake named', async () => {
  const r = await rig(ESTATE);
  const { body, response } = await r.get('/api/v1/estate');
  expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
  const put = (content: string, type: string): Promise<Response> =>
    Promise.resolve(
      r.app.request('/api/v1/estate', { method: 'PUT', headers: { 'content-type': type }, body: content }),
    );
  const same = await put(body as string, 'application/yaml');
  // 4 nodes and 7 meters
  expect(EstateApplied.parse(await same.json())).toEqual({ created: 0, updated: 0, unchanged: 11 });

  const file = parse(body as string) as { nodes: { name: string }[] };
  (file.nodes[0] as { name: string }).name = '新名';
  const changed = await put(JSON.stringify(file), 'application/json');
  expect(EstateApplied.parse(await changed.json())).toEqual({ created: 0, updated: 1, unchanged: 10 });

  const bad = await put('version: 1\nnodes:\n  - {id: x y, name: n, kind: castle}\n', 'application/yaml');
  expect(bad.status).toBe(422);
  expect(bad.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await bad.json()) as { errors: { path: string; message: string }[] };
  expect(problem.errors.map((e) => e.path)).toEqual(['nodes[0].id', 'nodes[0].kind']);
  expect(problem.errors[0]?.message).toContain('line 3');
  expect((await put('{', 'application/json')).status).toBe(422);
  expect((await put('x', 'image/png')).status).toBe(415);
});

test('profiles: listed, tried without a trace, created', async () => {
  const r = await rig(ESTATE);
  const list = ProfileList.parse((await r.get('/api/v1/profiles')).body);
  expect(list.profiles.length).toBeGreaterThan(3);
  expect(list.profiles.every((p) => p.builtin)).toBe(true);
  const json = (method: string, path: string, body: unknown): Promise<Response> =>
    Promise.resolve(
      r.app.request(path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const profile = {
    name: 'own',
    topic: 'own/{device}',
    format: 'json',
    readings: [{ address: '{device}', value: 'v' }],
  };
  const made = await json('PUT', '/api/v1/profiles/own', profile);
  expect(EstateApplied.parse(await made.json())).toMatchObject({ created: 1 });
  const tried = await json('POST', '/api/v1/profiles/test', {
    topic: 'gateways/g/readings',
    payload: Buffer.from(
      JSON.stringify({
        readings: [
          { meter: 'air', time: '2026-11-18T10:00:00', value: 7 },
          { meter: 'who', value: 1 },
        ],
      }),
    ).toString('hex'),
    encoding: 'hex',
  });
  expect(ProfileTest.parse(await tried.json())).toMatchObject({
    ignored: false,
    readings: [{ meter: 'air', time: '2026-11-18T10:00:00+08:00', value: 7 }],
    rejects: [{ reason: 'unknown_meter' }],
  });
  expect(r.journal.account().received).toBe(0);
  expect((await json('PUT', '/api/v1/profiles/own', { ...profile, id: 'other' })).status).toBe(400);
  expect((await json('PUT', '/api/v1/profiles/own', { ...profile, format: 'fax' })).status).toBe(422);
  const odd = await json('POST', '/api/v1/profiles/test', { topic: 't', payload: 'xyz', encoding: 'hex' });
  expect(((await odd.json()) as { errors: unknown[] }).errors).toEqual([
    { path: 'payload', message: 'is not hex' },
  ]);
});

test('backup wants an absolute path', async () => {
  const r = await rig(ESTATE);
  const send = (body: unknown): Promise<Response> =>
    Promise.resolve(
      r.app.request('/api/v1/backup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  expect(
    BackupResult.parse(await (await send({ directory: join(directory(), 'copy') })).json()).files,
  ).toEqual(['catalogue.sqlite']);
  const relative = await send({ directory: 'copy' });
  expect(((await relative.json()) as { errors: unknown[] }).errors).toEqual([
    { path: 'directory', message: 'must be an absolute path' },
  ]);
});
