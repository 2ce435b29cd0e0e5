import { expect, test } from 'vitest';
import { Consumption, LoadProfile, Ranking, Shares, Summary } from '../../server/http/schemas/consumption.ts';
import { Tree } from '../../server/http/schemas/estate.ts';
import { Health } from '../../server/http/schemas/health.ts';
import { ESTATE } from './estate.ts';
import { furnished } from './furnished.ts';
import { rig } from './rig.ts';

const DAY = 'from=2026-11-17&to=2026-11-18';

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
    // 12 h of the 12 full hours; the running one is not due yet
    completeness: 1,
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
