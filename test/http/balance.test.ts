import { expect, test } from 'vitest';
import { Estate } from '../../server/domain/estate.ts';
import { Consumption, LoadProfile } from '../../server/http/schemas/consumption.ts';
import { Balance } from '../../server/http/schemas/ledger.ts';
import { virtual } from '../support/metering.ts';
import { furnished } from './furnished.ts';
import type { Rig } from './rig.ts';

const DAY = 'from=2026-11-17&to=2026-11-18';

/** The estate of the catalogue with the rest of the main at the tower. */
async function withRest(): Promise<Rig> {
  const r = await furnished();
  const rest = virtual({
    id: 'gov-rest',
    node: 'tower',
    parent: 'gov-main',
    plus: ['gov-main'],
    minus: ['gov-light', 'gov-cool'],
  });
  const { estate } = r.deps;
  r.deps.estate = () => {
    const { zone, nodes, meters, gateways } = estate();
    return new Estate(zone, nodes, meters, gateways, [rest]);
  };
  return r;
}

test('mains against their sub-meters, the widest gap first', async () => {
  const r = await furnished();
  const { status, body } = await r.get(`/api/v1/balance?node=gov&${DAY}`);
  expect(status).toBe(200);
  const balance = Balance.parse(body);
  expect(balance).toMatchObject({
    node: 'gov',
    carrier: 'electricity',
    unit: 'kWh',
    from: '2026-11-17T00:00:00+08:00',
    to: '2026-11-18T00:00:00+08:00',
    limit: 0.05,
  });
  expect(balance.mains).toEqual([
    {
      meter: 'gov-main',
      name: '表 gov-main',
      node: 'gov',
      quantity: 24 * 20,
      completeness: 1,
      below: 24 * (8 + 5),
      gap: 24 * 7,
      gap_share: 7 / 20,
      state: 'gap',
      children: [
        {
          meter: 'gov-light',
          name: '表 gov-light',
          quantity: 24 * 8,
          measured: 24 * 8,
          recovered: 0,
          estimated: 0,
          completeness: 1,
        },
        {
          meter: 'gov-cool',
          name: '表 gov-cool',
          quantity: 24 * 5,
          measured: 24 * 5,
          recovered: 0,
          estimated: 0,
          completeness: 1,
        },
      ],
    },
    expect.objectContaining({ meter: 'gov-light', quantity: 24 * 8, below: 24 * 3, gap: 24 * 5 }),
  ]);
});

test('the limit says which gap is too large; a day that runs ends at the last full hour', async () => {
  const r = await furnished();
  // 7 / 20 = 0.35 is within 0.4, 5 / 8 = 0.625 is not.
  const { body } = await r.get('/api/v1/balance?node=city&from=2026-11-18&to=2026-11-19&limit=0.4');
  const balance = Balance.parse(body);
  expect(balance.mains.map((m) => [m.meter, m.state, m.gap])).toEqual([
    ['gov-light', 'gap', 12 * 5],
    ['gov-main', 'ok', 12 * 7],
  ]);
  expect([balance.to, balance.limit]).toEqual(['2026-11-18T12:00:00+08:00', 0.4]);
  const { body: water } = await r.get(`/api/v1/balance?node=city&carrier=water&${DAY}`);
  expect(Balance.parse(water)).toMatchObject({ unit: 'm³', mains: [] });
});

test('a virtual meter is asked for like any other', async () => {
  const r = await withRest();
  const one = await r.get(`/api/v1/consumption?meter=gov-rest&by=day&${DAY}`);
  // 20 − 8 − 5 = 7 kWh an hour
  expect(Consumption.parse(one.body).rows).toEqual([
    {
      id: 'gov-rest',
      carrier: 'electricity',
      start: '2026-11-17T00:00:00+08:00',
      quantity: 24 * 7,
      unit: 'kWh',
      measured: 24 * 7,
      recovered: 0,
      estimated: 0,
      completeness: 1,
    },
  ]);
  const listed = await r.get(`/api/v1/consumption?carrier=electricity&by=day&${DAY}`);
  expect(Consumption.parse(listed.body).rows.map((row) => [row.id, row.quantity])).toEqual([
    ['gov-main', 480],
    ['gov-light', 192],
    ['gov-hall', 72],
    ['gov-cool', 120],
    ['lib-main', 240],
    ['gov-rest', 168],
  ]);
  const tower = await r.get(`/api/v1/consumption?node=tower&carrier=electricity&by=day&${DAY}`);
  expect(Consumption.parse(tower.body).rows.map((row) => row.quantity)).toEqual([24 * (8 + 5 + 7)]);
  const profile = await r.get(`/api/v1/load-profile?meter=gov-rest&${DAY}`);
  expect(LoadProfile.parse(profile.body)).toMatchObject({ id: 'gov-rest', night_base: 7, working_mean: 7 });
  const csv = await r.get(`/api/v1/consumption?meter=gov-rest&by=day&format=csv&${DAY}`);
  expect(csv.body).toContain('gov-rest,2026-11-17T00:00:00+08:00,168,kWh,168,0,0,1');
});
