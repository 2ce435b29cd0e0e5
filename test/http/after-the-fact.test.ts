import { describe, expect, test } from 'vitest';
import type { Problem } from '../../server/http/schemas/common.ts';
import type { Consumption } from '../../server/http/schemas/consumption.ts';
import type {
  Balance,
  Effect,
  Findings,
  Ground,
  Revisions,
  Statements,
} from '../../server/http/schemas/ledger.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { hourly, type Rig, rig } from './rig.ts';

const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [{ id: 'gov', name: '行政中心', kind: 'building' }],
  meters: [
    {
      id: 'main',
      name: '总进线',
      node: 'gov',
      carrier: 'electricity',
      unit: 'kWh',
      multiplier: 40,
      interval_s: 3600,
    },
    { id: 'water', name: '水表', node: 'gov', carrier: 'water', unit: 'm3', interval_s: 3600 },
  ],
};

async function send(
  of: Rig,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await of.app.request(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** 1 on the register an hour, × 40; exchanged after `at` hours for a device that starts at 5,000. */
async function exchanged(): Promise<Rig> {
  const of = await rig(ESTATE);
  const old = hourly('main', '2026-10-31T00:00:00+08:00', 30, () => 1, 812_960);
  const fresh = hourly('main', '2026-11-01T07:00:00+08:00', 40, () => 1, 5000);
  await of.feed([...old, ...fresh]);
  return of;
}

const quantity = async (of: Rig, by: string): Promise<(number | null)[]> => {
  const path = `/api/v1/consumption?meter=main&by=${by}&from=2026-10-31&to=2026-11-03`;
  return ((await of.get(path)).body as Consumption).rows.map((r) => r.quantity);
};

describe('an exchange nobody wrote down', () => {
  test('is listed, previewed, recorded, and corrects the months; the revision says by how much', async () => {
    const of = await exchanged();
    const found = (await of.get('/api/v1/findings?node=gov')).body as Findings;
    expect(found.totals).toEqual({ suspects: 1, clocks: 0 });
    expect(found.suspects[0]).toMatchObject({
      meter: 'main',
      verdict: 'suspected_exchange',
      previous: { time: '2026-11-01T06:00:00+08:00', value: 812_990 },
      next: { time: '2026-11-01T07:00:00+08:00', value: 5000 },
      rate: null,
      multiplier: 40,
    });
    // October 24 h; November 6 h up to the step, 40 after it.
    expect(await quantity(of, 'month')).toEqual([24 * 40, 46 * 40]);

    const exchange = {
      at: '2026-11-01T06:30:00+08:00',
      final: 812_990.5,
      initial: 4999.5,
      recorded_by: '王工',
    };
    const path = '/api/v1/meters/main/exchanges';
    const preview = (await send(of, 'POST', `${path}?preview=true`, exchange)).body as Effect;
    expect(preview).toMatchObject({ saved: false, unit: 'kWh', before: 70 * 40, after: 71 * 40 });
    expect(preview.months).toEqual([{ start: '2026-11-01T00:00:00+08:00', before: 46 * 40, after: 47 * 40 }]);
    expect(preview.hours.find((h) => h.start === '2026-11-01T06:00:00+08:00')).toMatchObject({
      before: null,
      after: 40,
    });
    expect(await quantity(of, 'month')).toEqual([24 * 40, 46 * 40]);

    const saved = (await send(of, 'POST', path, exchange)).body as Effect;
    expect(saved).toEqual({ ...preview, saved: true });
    expect(await quantity(of, 'month')).toEqual([24 * 40, 47 * 40]);
    expect(await quantity(of, 'day')).toEqual([24 * 40, 24 * 40, 23 * 40]);
    expect(((await of.get('/api/v1/findings')).body as Findings).totals.suspects).toBe(0);
    const { revisions } = (await of.get('/api/v1/revisions?meter=main')).body as Revisions;
    expect(revisions).toHaveLength(1);
    expect(revisions[0]).toMatchObject({
      causes: ['description'],
      change: { author: '王工', source: 'exchange' },
      month: '2026-11-01T00:00:00+08:00',
      from: '2026-11-01T06:00:00+08:00',
      to: '2026-11-01T07:00:00+08:00',
      hours: 1,
      before: null,
      after: 40,
    });
    const meter = (await of.get('/api/v1/meters/main')).body as { epochs: unknown[] };
    expect(meter.epochs).toMatchObject([
      { to: '2026-11-01T06:30:00+08:00', final: 812_990.5, recorded_by: null },
      { from: '2026-11-01T06:30:00+08:00', initial: 4999.5, recorded_by: '王工' },
    ]);

    const undo = `${path}?at=${encodeURIComponent(exchange.at)}&recorded_by=${encodeURIComponent('李工')}`;
    expect((await send(of, 'DELETE', undo)).body).toMatchObject({
      saved: true,
      before: 71 * 40,
      after: 70 * 40,
    });
    expect(await quantity(of, 'month')).toEqual([24 * 40, 46 * 40]);
  });

  test('a figure opens to its readings: two registers and a break between them', async () => {
    const of = await exchanged();
    const path = '/api/v1/ground?from=2026-11-01&to=2026-11-02';
    const ground = (await of.get(`${path}&meter=main`)).body as Ground;
    expect(ground).toMatchObject({ kind: 'meter', quantity: 23 * 40, completeness: 23 / 24, parts: [] });
    expect(ground.pieces.map((p) => [p.kind, p.first?.value, p.last?.value, p.quantity, p.readings])).toEqual(
      [
        // From the register at midnight on.
        ['measured', 812_984, 812_990, 6 * 40, 7],
        ['break', 812_990, 5000, null, 2],
        ['measured', 5000, 5017, 17 * 40, 18],
      ],
    );
    expect(ground.pieces[0]).toMatchObject({ whole: 6 * 40, multiplier: 40 });
    expect(ground.set_aside).toMatchObject([{ verdict: 'suspected_exchange', value: 5000 }]);
    const node = (await of.get(`${path}&node=gov&carrier=electricity`)).body as Ground;
    expect(node).toMatchObject({ kind: 'node', quantity: 23 * 40, pieces: [] });
    expect(node.parts).toMatchObject([{ id: 'main', sign: 1, quantity: 23 * 40 }]);
    expect((await of.get(path)).status).toBe(400);
    expect((await of.get(`${path}&meter=nobody`)).status).toBe(404);
  });

  test('what cannot be is refused at its field, and nothing changes', async () => {
    const of = await exchanged();
    const path = '/api/v1/meters/main/exchanges';
    const fault = async (body: unknown): Promise<string | undefined> => {
      const answer = await send(of, 'POST', path, body);
      expect(answer.status).toBe(400);
      return (answer.body as Problem).errors?.[0]?.path;
    };
    expect(await fault({ at: 'yesterday' })).toBe('at');
    expect(await fault({ at: '2026-11-01', final: -1 })).toBe('final');
    expect(await fault({ at: '2026-11-01', multiplier: 0 })).toBe('multiplier');
    expect(await fault({ at: '2026-11-01', continues: true, final: 1, initial: 2 })).toBe('initial');
    expect((await send(of, 'POST', '/api/v1/meters/nobody/exchanges', { at: '2026-11-01' })).status).toBe(
      404,
    );
    expect((await of.get('/api/v1/meters/main')).body).toMatchObject({ epochs: [{ from: null }] });
  });
});

describe('a step up beyond the ceiling', () => {
  test('is listed; that it was real use is said by a higher ceiling', async () => {
    const of = await rig({
      ...ESTATE,
      meters: [{ ...ESTATE.meters[0], max_rate: 100 }, ESTATE.meters[1]],
    });
    // One hour of 20 × 40 = 800 kWh among hours of 40.
    await of.feed(hourly('main', '2026-11-01T00:00:00+08:00', 60, (h) => (h === 20 ? 20 : 1), 100));
    const { suspects } = (await of.get('/api/v1/findings')).body as Findings;
    expect(suspects).toMatchObject([
      { verdict: 'beyond_ceiling', rate: 800, ceiling: { rate: 100, source: 'given' } },
    ]);
    const body = { max_rate: 1000, recorded_by: '王工' };
    const done = (await send(of, 'POST', '/api/v1/meters/main/ceiling', body)).body as Effect;
    expect((done.after ?? 0) - (done.before ?? 0)).toBe(800);
    expect(((await of.get('/api/v1/findings')).body as Findings).totals.suspects).toBe(0);
  });
});

describe('what people state', () => {
  test('a register read by eye counts as estimated, is judged, and can be withdrawn', async () => {
    const of = await rig(ESTATE);
    const before = hourly('water', '2026-11-01T00:00:00+08:00', 10, () => 2, 100);
    const after = hourly('water', '2026-11-02T10:00:00+08:00', 10, () => 2, 168);
    await of.feed([...before, ...after]);
    const reading = {
      time: '2026-11-01T22:00:00+08:00',
      value: 144,
      reason: '网关停电，抄表',
      recorded_by: '王工',
    };
    const path = '/api/v1/meters/water/manual-readings';
    const preview = (await send(of, 'POST', `${path}?preview=true`, reading)).body as Effect;
    // 68 in 24 h of silence either way: 24 of them in the 12 h before the reading, 24 in the 12 h after.
    expect(preview).toMatchObject({ saved: false, before: 88, after: 88 });
    await send(of, 'POST', path, reading);
    const ground = (await of.get('/api/v1/ground?meter=water&from=2026-11-01&to=2026-11-03')).body as Ground;
    expect(ground.pieces.map((p) => [p.kind, p.whole, p.recorded_by])).toEqual([
      ['measured', 20, null],
      ['estimated', 24, '王工'],
      ['estimated', 24, '王工'],
      ['measured', 20, null],
      ['unknown', null, null],
    ]);
    expect(ground).toMatchObject({ measured: 40, recovered: 0, estimated: 48 });
    const rows = (await of.get('/api/v1/readings?meter=water&from=2026-11-01&to=2026-11-03'))
      .body as Readings;
    expect(rows.rows.filter((r) => r.manual)).toMatchObject([{ value: 144, verdict: 'accepted' }]);
    const list = (await of.get('/api/v1/meters/water/statements')).body as Statements;
    const [{ no } = { no: 0 }] = list.statements;
    const why = { reason: '抄错', recorded_by: '李工' };
    const gone = await send(of, 'POST', `/api/v1/meters/water/statements/${no}/withdraw`, why);
    expect(gone.body).toMatchObject({ saved: true });
    const again = (await of.get('/api/v1/ground?meter=water&from=2026-11-01&to=2026-11-03')).body as Ground;
    expect(again).toMatchObject({ measured: 40, recovered: 48, estimated: 0 });
    expect((await of.get('/api/v1/meters/water/statements')).body).toMatchObject({
      statements: [{ kind: 'manual_reading', withdrawn: { by: '李工', reason: '抄错' } }],
    });
  });

  test('an estimate fills what nobody knows, and gives way to readings that come late', async () => {
    const of = await rig({ ...ESTATE, meters: [{ ...ESTATE.meters[1], register: 'interval' }] });
    const hours = (from: string, n: number): [string, string, number][] =>
      Array.from({ length: n }, (_, h) => [
        'water',
        new Date(Date.parse(from) + h * 3_600_000).toISOString(),
        2,
      ]);
    await of.feed([...hours('2026-11-01T00:00:00+08:00', 6), ...hours('2026-11-01T16:00:00+08:00', 8)]);
    const estimate = {
      from: '2026-11-01T06:00:00+08:00',
      to: '2026-11-01T16:00:00+08:00',
      quantity: 30,
      reason: '水表更换期间，按账单估算',
      recorded_by: '王工',
    };
    const done = (await send(of, 'POST', '/api/v1/meters/water/estimates', estimate)).body as Effect;
    expect(done).toMatchObject({ saved: true, before: 28, after: 58 });
    const day = '/api/v1/consumption?meter=water&by=day&from=2026-11-01&to=2026-11-02';
    expect(((await of.get(day)).body as Consumption).rows).toMatchObject([
      { quantity: 58, measured: 28, estimated: 30, completeness: 14 / 24 },
    ]);
    await of.feed(hours('2026-11-01T06:00:00+08:00', 4));
    // 4 of the 10 h are known now, so 18 of the 30 remain.
    expect(((await of.get(day)).body as Consumption).rows).toMatchObject([
      { quantity: 54, measured: 36, estimated: 18 },
    ]);
    const { revisions } = (await of.get('/api/v1/revisions?node=gov')).body as Revisions;
    expect(revisions.map((r) => [r.causes, r.before, r.after])).toEqual([
      [['late'], 12, 8],
      [['statement'], null, 30],
    ]);
  });
});

test('mains are held against what is below them', async () => {
  const of = await rig({
    ...ESTATE,
    meters: [
      ESTATE.meters[0],
      {
        id: 'sub',
        name: '空调',
        node: 'gov',
        carrier: 'electricity',
        parent: 'main',
        unit: 'kWh',
        interval_s: 3600,
      },
    ],
  });
  await of.feed([
    ...hourly('main', '2026-11-01T00:00:00+08:00', 24, () => 1),
    ...hourly('sub', '2026-11-01T00:00:00+08:00', 24, () => 37),
  ]);
  const path = '/api/v1/balance?node=gov&from=2026-11-01&to=2026-11-02';
  // 24 × 40 = 960 against 24 × 37 = 888: 7.5 % are missing.
  expect(((await of.get(path)).body as Balance).mains).toMatchObject([
    { meter: 'main', quantity: 960, below: 888, gap: 72, gap_share: 0.075, state: 'gap' },
  ]);
});
