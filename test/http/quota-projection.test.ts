import { expect, test } from 'vitest';
import { type QuotaPosition, QuotaPositions } from '../../server/http/schemas/quotas.ts';
import { fillDays } from './days.ts';
import { put } from './quota-estate.ts';
import { type Rig, rig } from './rig.ts';

const since = (value: number) => [{ from: '2024-01-01', value }];
const meter = (id: string, carrier: string, unit: string, more: object = {}) => ({
  id,
  name: id,
  node: 'gov',
  carrier,
  unit,
  interval_s: 3600,
  ...more,
});
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    {
      id: 'gov',
      name: '机关',
      kind: 'institution',
      classification: { type: 'organ', level: 'city', zone: 'cold_a', region: '370600' },
      attributes: { floor_area_m2: since(1000), people: since(30), special_area_m2: since(100) },
    },
  ],
  meters: [
    meter('el', 'electricity', 'kWh'),
    meter('kitchen', 'electricity', 'kWh', { parent: 'el' }),
    meter('tap', 'water', 'm³'),
  ],
};
const NOW = '2026-11-18T12:00:00+08:00';
const TODAY = '2026-11-18';

async function position(r: Rig, metric: string, year = 2026): Promise<QuotaPosition & { running: boolean }> {
  const { status, body } = await r.get(`/api/v1/quotas?node=gov&year=${year}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  const { positions, running } = QuotaPositions.parse(body);
  return { ...(positions.find((p) => p.metric === metric) as QuotaPosition), running };
}

/** A row of electricity per person that a person picked. */
function perPerson(r: Rig, constraint: number): void {
  put(r, 'quota', 'own', {
    standard: '本市定额',
    metric: 'electricity_per_person',
    unit: 'kWh/(p·a)',
    values: { constraint, leading: 100 },
    source: { text: '文号', confidence: 'verified' },
  });
}

test('the year that runs is what was used and what is to come, line by line', async () => {
  const r = await rig(ESTATE, {}, NOW);
  await fillDays(r, 'el', () => 24, '2024-06-01', TODAY);
  await fillDays(r, 'kitchen', () => 2, '2024-06-01', TODAY);
  put(r, 'setting', 'apart_meters:gov', { name: 'apart_meters', node: 'gov', values: ['kitchen'] });
  perPerson(r, 300);
  // 1 January to 17 November are 321 days, 44 are to come: (321 + 44) × 24 kWh / 30 people = 292
  const all = await position(r, 'electricity_per_person');
  expect(all).toMatchObject({ running: true, verdict: 'within_constraint', explanation: null, lacks: [] });
  expect(all.value).toBeCloseTo(292, 6);
  expect(all.excess.constraint).toBeCloseTo((292 - 300) * 30, 4);
  expect(all.projection).toMatchObject({
    kind: 'model',
    until: '2026-11-18T00:00:00+08:00',
    actual: expect.closeTo(321 * 24, 6),
    rest: expect.closeTo(44 * 24, 4),
    unit: 'kWh',
    verdict_low: 'within_constraint',
    verdict_high: 'within_constraint',
  });
  expect(all.steps.map((s) => [s.step, s.result_unit])).toEqual([
    ['used', 'kWh'],
    ['projected', 'kWh'],
    ['numerator', 'kWh'],
    ['people', 'p'],
    ['denominator', 'p'],
    ['quotient', 'kWh/(p·a)'],
  ]);
  // What is apart is taken off what is to come as well: (24 − 2) kWh × 365 × 0.31 / (1000 − 100) m²
  const plain = await position(r, 'non_heating_energy_per_m2');
  expect(plain.value).toBeCloseTo((22 * 365 * 0.31) / 900, 6);
  expect(plain.projection?.rest).toBeCloseTo(22 * 44 * 0.31, 4);
  // A year that is over is as before, and has none.
  const over = await position(r, 'electricity_per_person', 2025);
  expect(over).toMatchObject({ running: false, projection: null, value: (365 * 24) / 30 });
});

test('the interval is that of the numerator, and what was used so far is its floor', async () => {
  const r = await rig(ESTATE, {}, NOW);
  // Months that differ from year to year by more than a model can know.
  const wild = (start: number) => 24 + 10 * Math.sin(start / (37 * 86_400_000)) ** 3;
  await fillDays(r, 'el', wild, '2023-11-01', TODAY);
  perPerson(r, 300);
  const { value, projection } = await position(r, 'electricity_per_person');
  if (value === null || !projection || projection.low === null || projection.high === null)
    throw new Error('no interval');
  expect(projection.low).toBeLessThan(value);
  expect(projection.high).toBeGreaterThan(value);
  // As far below as above, in kWh per person, unless what was used is more.
  expect(projection.low).toBeCloseTo(Math.max(projection.actual / 30, 2 * value - projection.high), 9);
  expect(value).toBeCloseTo((projection.actual + (projection.rest ?? 0)) / 30, 9);
  expect(projection.mape).toBeGreaterThan(0);
});

test('months that nobody has read yet are to come', async () => {
  const r = await rig(ESTATE, {}, NOW);
  await fillDays(r, 'tap', () => 3, '2024-06-01', '2026-11-01');
  // 304 days of 3 m³, and 61 to come: 1095 m³ / 30 people = 36.5 > 25
  const water = await position(r, 'water_per_person');
  expect(water).toMatchObject({ verdict: 'above_constraint', completeness: 1, explanation: null });
  expect(water.value).toBeCloseTo(36.5, 6);
  expect(water.projection).toMatchObject({ until: '2026-11-01T00:00:00+08:00', actual: 912 });
});

test('a short history goes on as a straight line that says so; a year that began unknown is none', async () => {
  const r = await rig(ESTATE, {}, NOW);
  await fillDays(r, 'tap', () => 2, '2026-01-01', TODAY);
  const short = await position(r, 'water_per_person');
  // 2 m³ × 365 / 30
  expect(short.value).toBeCloseTo(730 / 30, 9);
  expect(short.projection).toMatchObject({ kind: 'straight_line', low: null, high: null, mape: null });
  expect(short.projection?.lacks).toContainEqual({ reason: 'too_short', what: '321 d' });

  const late = await rig(ESTATE, {}, NOW);
  await fillDays(late, 'tap', () => 2, '2026-04-01', TODAY);
  expect(await position(late, 'water_per_person')).toMatchObject({
    value: null,
    projection: null,
    lacks: [{ reason: 'too_short', what: 'water 2026-01' }],
  });
  // Nothing of it says that there is a machine room.
  expect(await position(late, 'eue')).toMatchObject({
    applies: false,
    value: null,
    lacks: [],
    notes: [{ note: 'not_applicable', what: 'machine_room' }],
  });
});
