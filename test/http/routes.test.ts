import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  BackupResult,
  Consumption,
  EstateApplied,
  Health,
  ImportProgress,
  LoadProfile,
  MeterInfo,
  MeterList,
  ProfileList,
  ProfileTest,
  Quarantine,
  Ranking,
  Readings,
  RetryResult,
  Shares,
  Summary,
  Tree,
} from '../../server/http/schemas.ts';
import { directory } from '../support/directory.ts';
import { ESTATE } from './estate.ts';
import { hourly, rig } from './rig.ts';

const DAY = 'from=2026-11-17&to=2026-11-18';

/** Two days of registers: 17 November whole, 18 November until noon, which is now. */
async function furnished() {
  const r = await rig(ESTATE);
  const from = '2026-11-17T00:00:00+08:00';
  await r.feed([
    // 40 × 0.5 = 20 kWh an hour
    ...hourly('gov-main', from, 36, () => 0.5),
    ...hourly('gov-light', from, 36, () => 8),
    ...hourly('gov-hall', from, 36, () => 3),
    ...hourly('gov-cool', from, 36, () => 5),
    ...hourly('lib-main', from, 36, () => 10),
    ...hourly('gov-water', from, 36, () => 0.25),
    // A gauge is what it shows: 10 °C at first, 1 °C more every hour.
    ...hourly('air', from, 36, () => 1, 10),
  ]);
  return r;
}

test('the account of everything that arrived, and the state of every part', async () => {
  const r = await furnished();
  const { body, response } = await r.get('/api/v1/health');
  const health = Health.parse(body);
  expect(health).toMatchObject({
    status: 'ok',
    problems: [],
    version: '1.2.3',
    now: '2026-11-18T12:00:00+08:00',
    account: { received: 7 * 37, stored: 7 * 37, duplicate: 0, quarantined: 0, pending: 0 },
    timeseries: { engine: 'duckdb', error: null },
    meters: { total: 7, silent: 0, never: 0 },
  });
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');

  // 4 × 3600 s without a reading are the limit.
  r.clock('2026-11-18T16:00:00+08:00');
  expect(Health.parse((await r.get('/api/v1/health')).body).meters.silent).toBe(0);
  r.clock('2026-11-18T16:00:01+08:00');
  expect(Health.parse((await r.get('/api/v1/health')).body).meters.silent).toBe(7);
});

test('a store that does not take readings is failing, in words', async () => {
  const r = await rig(ESTATE);
  r.ledger.error = 'connection refused';
  const health = Health.parse((await r.get('/api/v1/health')).body);
  expect(health.status).toBe('failing');
  expect(health.problems).toEqual(['the time series does not take readings: connection refused']);
});

test('the tree, parents before their children, with what is measured below', async () => {
  const r = await rig(ESTATE);
  const tree = Tree.parse((await r.get('/api/v1/tree')).body);
  expect(tree.timezone).toBe('Asia/Shanghai');
  expect(tree.nodes.map((n) => [n.id, n.meters, n.carriers])).toEqual([
    ['city', 7, ['outdoor_temperature', 'electricity', 'water']],
    ['gov', 5, ['electricity', 'water']],
    ['tower', 3, ['electricity']],
    ['lib', 1, ['electricity']],
  ]);
  expect(tree.nodes[1]?.attributes.people).toEqual([
    { from: '2024-01-01', value: 50 },
    { from: '2026-11-18', value: 40 },
  ]);
});

test('consumption of a node is that of its outermost meters', async () => {
  const r = await furnished();
  const { body } = await r.get(`/api/v1/consumption?node=city&carrier=electricity&by=day&${DAY}`);
  expect(Consumption.parse(body)).toEqual({
    by: 'day',
    from: '2026-11-17T00:00:00+08:00',
    to: '2026-11-18T00:00:00+08:00',
    rows: [
      {
        id: 'city',
        carrier: 'electricity',
        start: '2026-11-17T00:00:00+08:00',
        quantity: 24 * 20 + 24 * 10,
        unit: 'kWh',
        measured: 24 * 20 + 24 * 10,
        recovered: 0,
        estimated: 0,
        completeness: 1,
      },
    ],
  });
});

test('hours, days, months and years of a meter add up', async () => {
  const r = await furnished();
  const of = async (by: string, from: string, to: string): Promise<number> => {
    const { body } = await r.get(`/api/v1/consumption?meter=gov-main&by=${by}&from=${from}&to=${to}`);
    return Consumption.parse(body).rows.reduce((sum, row) => sum + (row.quantity ?? 0), 0);
  };
  // 36 hours × 20 kWh
  expect(await of('hour', '2026-11-17', '2026-11-19')).toBe(36 * 20);
  expect(await of('day', '2026-11-17', '2026-11-19')).toBe(36 * 20);
  expect(await of('month', '2026-11-01', '2026-12-01')).toBe(36 * 20);
  expect(await of('year', '2026-01-01', '2027-01-01')).toBe(36 * 20);
});

test('a time inside a period brings the whole period, one without data brings null', async () => {
  const r = await furnished();
  const range = 'from=2026-11-16T10:00:00%2B08:00&to=2026-11-17T01:00:00%2B08:00';
  const { body } = await r.get(`/api/v1/consumption?node=gov&carrier=water&by=day&${range}`);
  expect(Consumption.parse(body).rows.map((x) => [x.start, x.quantity, x.completeness])).toEqual([
    ['2026-11-16T00:00:00+08:00', null, 0],
    ['2026-11-17T00:00:00+08:00', 24 * 0.25, 1],
  ]);
});

test('a + that nobody escaped is read as the offset that it was', async () => {
  const r = await furnished();
  const range = 'from=2026-11-17T00:00:00+08:00&to=2026-11-18T00:00:00+08:00';
  const { body } = await r.get(`/api/v1/consumption?meter=lib-main&by=day&${range}`);
  expect(Consumption.parse(body).rows.map((x) => x.quantity)).toEqual([240]);
});

test('a temperature is averaged over hours and meters', async () => {
  const r = await furnished();
  const { body } = await r.get(`/api/v1/consumption?node=city&carrier=outdoor_temperature&by=day&${DAY}`);
  // From 10 °C at 0:00 to 34 °C at 24:00 in a straight line: mean 22 °C.
  expect(Consumption.parse(body).rows.map((x) => [x.quantity, x.unit])).toEqual([[22, '°C']]);
});

test('CSV has the columns of the contract to the letter', async () => {
  const r = await furnished();
  await r.feed([['gov-water', '2026-11-18T14:00:00+08:00', 1010]]);
  const range = 'from=2026-11-18T11:00:00%2B08:00&to=2026-11-18T15:00:00%2B08:00';
  const { body, response } = await r.get(`/api/v1/consumption?meter=gov-water&by=hour&${range}&format=csv`);
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(response.headers.get('content-disposition')).toBe(
    'attachment; filename="consumption-gov-water-hour-2026-11-18.csv"',
  );
  // 1009 at 12:00, then a gap of 2 h > 1.5 h: the 1 m³ is recovered, half of it in each hour.
  expect(body).toBe(
    [
      'id,start,quantity,unit,measured,recovered,estimated,completeness',
      'gov-water,2026-11-18T11:00:00+08:00,0.25,m³,0.25,0,0,1',
      'gov-water,2026-11-18T12:00:00+08:00,0.5,m³,0,0.5,0,0',
      'gov-water,2026-11-18T13:00:00+08:00,0.5,m³,0,0.5,0,0',
      'gov-water,2026-11-18T14:00:00+08:00,,m³,,,,0',
      '',
    ].join('\n'),
  );
});

test('a node without carrier brings all of them; nothing named brings every meter', async () => {
  const r = await furnished();
  const node = Consumption.parse((await r.get(`/api/v1/consumption?node=gov&${DAY}`)).body);
  expect(node.rows.map((x) => [x.id, x.carrier, x.quantity])).toEqual([
    ['gov', 'electricity', 480],
    ['gov', 'water', 6],
  ]);
  const all = Consumption.parse((await r.get(`/api/v1/consumption?carrier=electricity&${DAY}`)).body);
  expect(all.rows.map((x) => [x.id, x.quantity])).toEqual([
    ['gov-main', 480],
    ['gov-light', 192],
    ['gov-hall', 72],
    ['gov-cool', 120],
    ['lib-main', 240],
  ]);
});

test('too many rows for one answer in JSON are told before any work', async () => {
  const r = await rig(ESTATE);
  const { status, body } = await r.get('/api/v1/consumption?by=hour&from=1990-01-01&to=2026-01-01');
  expect(status).toBe(400);
  expect(body).toMatchObject({ status: 400, errors: [{ path: 'to' }] });
  expect((body as { detail: string }).detail).toContain('format=csv');
});

test('the summary holds today against yesterday up to the same hour', async () => {
  const r = await furnished();
  r.clock('2026-11-18T12:20:00+08:00');
  const summary = Summary.parse((await r.get('/api/v1/summary?node=gov')).body);
  const electricity = summary.carriers.find((c) => c.carrier === 'electricity');
  expect(electricity?.today).toEqual({
    from: '2026-11-18T00:00:00+08:00',
    to: '2026-11-18T12:20:00+08:00',
    quantity: 12 * 20,
    // 12 h of 12 h 20 min
    completeness: 720 / 740,
    basis: {
      from: '2026-11-18T00:00:00+08:00',
      to: '2026-11-18T12:00:00+08:00',
      quantity: 12 * 20,
      completeness: 1,
    },
    previous: {
      from: '2026-11-17T00:00:00+08:00',
      to: '2026-11-17T12:00:00+08:00',
      quantity: 12 * 20,
      completeness: 1,
    },
    change_previous: 0,
    last_year: {
      from: '2025-11-18T00:00:00+08:00',
      to: '2025-11-18T12:00:00+08:00',
      quantity: null,
      completeness: 0,
    },
    change_last_year: null,
  });
  expect(electricity?.month.quantity).toBe(36 * 20);
  expect(electricity?.year.quantity).toBe(36 * 20);
});

test('shares: the topmost sub-item of each branch, and what none accounts for', async () => {
  const r = await furnished();
  const { body } = await r.get(`/api/v1/shares?node=gov&carrier=electricity&${DAY}`);
  expect(Shares.parse(body)).toMatchObject({
    total: 480,
    unit: 'kWh',
    completeness: 1,
    items: [
      { item: '01A00', quantity: 192, share: 192 / 480, meters: ['gov-light'] },
      { item: '01B00', quantity: 120, share: 120 / 480, meters: ['gov-cool'] },
      // 480 − 192 − 120
      { item: null, quantity: 168, share: 168 / 480, meters: [] },
    ],
  });
});

test('the ranking takes area and headcount as they were at the end of the period', async () => {
  const r = await furnished();
  const { body } = await r.get(`/api/v1/ranking?node=city&carrier=electricity&${DAY}`);
  const ranking = Ranking.parse(body);
  expect(ranking.rows).toEqual([
    {
      node: 'gov',
      quantity: 480,
      completeness: 1,
      share: 480 / 720,
      floor_area_m2: 1000,
      per_m2: 480 / 1000,
      // 40 only from the 18th on
      people: 50,
      per_person: 480 / 50,
      last_year: null,
      change_last_year: null,
    },
    expect.objectContaining({ node: 'lib', quantity: 240, floor_area_m2: null, per_m2: null }),
  ]);
  const later = await r.get('/api/v1/ranking?node=city&carrier=electricity&from=2026-11-18&to=2026-11-19');
  expect(Ranking.parse(later.body).rows[0]).toMatchObject({ people: 40, quantity: 240, completeness: 1 });
});

test('the load profile of a node and of a meter', async () => {
  const r = await furnished();
  const { body } = await r.get(`/api/v1/load-profile?node=gov&carrier=electricity&${DAY}`);
  const profile = LoadProfile.parse(body);
  expect(profile.cells).toHaveLength(24);
  // 17 November 2026 is a Tuesday.
  expect(profile.cells[0]).toEqual({ weekday: 2, hour: 0, mean: 20, hours: 1 });
  expect(profile).toMatchObject({
    night_base: 20,
    working_mean: 20,
    weekend_base: null,
    night_share: 6 / 24,
  });
  const meter = LoadProfile.parse((await r.get(`/api/v1/load-profile?meter=gov-light&${DAY}`)).body);
  expect(meter).toMatchObject({ id: 'gov-light', carrier: 'electricity', working_mean: 8 });
  expect((await r.get(`/api/v1/load-profile?node=gov&${DAY}`)).body).toMatchObject({
    status: 400,
    errors: [{ path: 'carrier', message: 'needed with a node' }],
  });
});

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
  expect(page.rows).toEqual([
    { time: '2026-11-17T00:00:00+08:00', value: 1000, arrival_time: false, imported: false },
    { time: '2026-11-17T01:00:00+08:00', value: 1000.5, arrival_time: false, imported: false },
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
