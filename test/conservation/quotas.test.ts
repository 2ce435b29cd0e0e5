import { expect, onTestFinished, test } from 'vitest';
import type { Sources } from '../../server/conservation/ground.ts';
import { Months } from '../../server/conservation/months.ts';
import { type Position, positionOf, quotaYear } from '../../server/conservation/quotas.ts';
import { BUILTIN_SCHEMES } from '../../server/domain/builtin-schemes.ts';
import { Estate } from '../../server/domain/estate.ts';
import type { Meter, Node } from '../../server/domain/meter.ts';
import { Policy, type PolicyBodies, type PolicyKind } from '../../server/domain/policy.ts';
import type { Metric, Quota } from '../../server/domain/quota.ts';
import type { Scheme } from '../../server/domain/scheme.ts';
import { Zone } from '../../server/domain/time.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { meter } from '../support/estate.ts';

const ZONE = new Zone('Asia/Shanghai');
const YEAR = quotaYear(ZONE, Date.parse('2026-11-18T12:00:00+08:00'), 2025) as NonNullable<
  ReturnType<typeof quotaYear>
>;
type Own = { kind: PolicyKind; body: PolicyBodies[PolicyKind] };
/** Amount of a month of 2025, in the meter's unit; null: nothing is known. */
type Monthly = (month: number) => number | null;

const GOV: Node = {
  id: 'gov',
  name: 'gov',
  kind: 'institution',
  parent: null,
  attributes: {
    floor_area_m2: [{ from: '2020-01-01', value: 1000 }],
    people: [{ from: '2020-01-01', value: 10 }],
  },
  classification: { type: 'organ', level: 'city', zone: 'cold_a', region: '370600' },
};

interface Given {
  meters: readonly (readonly [Partial<Meter> & { id: string }, Monthly])[];
  own?: Own[];
  nodes?: Node[];
  /** Share of each month that is measured. */
  covered?: number;
}

/** An institution with what its meters counted in each month of 2025. */
async function sources({ meters, own = [], nodes = [GOV], covered = 1 }: Given): Promise<Sources> {
  const list = meters.map(([m], i) => meter({ no: i + 1, node: 'gov', ...m }));
  const estate = new Estate(ZONE, nodes, list);
  const timeseries = new DuckDBTimeSeries({ directory: ':memory:' });
  await timeseries.start();
  onTestFinished(() => timeseries.stop());
  const months = ZONE.periods('month', YEAR.from, YEAR.to).flatMap(({ start, end }, m) =>
    meters.flatMap(([, monthly], i) => {
      const amount = monthly(m + 1);
      if (amount === null) return [];
      const measured = Math.round(amount * 1e6);
      const coveredMs = (end - start) * covered;
      return [{ meter: i + 1, start, measured, recovered: 0, estimated: 0, coveredMs, isNew: true }];
    }),
  );
  await timeseries.write({ cursor: 0, readings: [], hours: [], days: [], months });
  return { estate, policy: new Policy(own), months: new Months(timeseries, () => estate), now: YEAR.to };
}
async function position(of: Sources, metric: Metric): Promise<Position> {
  return positionOf(of, 'gov', metric, YEAR);
}
const setting = (name: 'heating_meters' | 'apart_meters', values: string[]): Own => ({
  kind: 'setting',
  body: { id: `${name}:gov`, name, node: 'gov', values },
});

const EL: Given['meters'][number] = [{ id: 'el' }, () => 10_000];

test('what heats inside what is measured apart is subtracted once', async () => {
  const of = await sources({
    meters: [
      EL,
      [{ id: 'room', item: '01D10', parent: 'el' }, () => 2000],
      [{ id: 'pump', parent: 'room' }, () => 500],
    ],
    own: [setting('heating_meters', ['pump'])],
    nodes: [
      {
        ...GOV,
        attributes: { ...GOV.attributes, machine_room_area_m2: [{ from: '2020-01-01', value: 100 }] },
      },
    ],
  });
  const { value, steps } = await position(of, 'non_heating_energy_per_m2');
  // (120,000 − 24,000) kWh × 0.31 / (1,000 − 100) m²; the pump's 6,000 kWh are among the 24,000.
  expect(value).toBeCloseTo((96_000 * 0.31) / 900, 9);
  expect(steps.map((s) => [s.step, s.what])).not.toContainEqual(['heating', 'heating_meters']);
  const { value: regular } = await position(of, 'regular_electricity_per_m2');
  expect(regular).toBeCloseTo(96_000 / 1000, 9);
});

test('a coefficient that changes in July makes two lines', async () => {
  const [scheme] = BUILTIN_SCHEMES.filter((s) => s.id === 'db37-2672') as [Scheme];
  const first = scheme.coefficients.find(
    (c) => c.carrier === 'electricity',
  ) as Scheme['coefficients'][number];
  const own = { ...scheme, coefficients: [first, { ...first, kgce: 0.3, from: '2025-07-01' }] };
  const of = await sources({ meters: [EL], own: [{ kind: 'scheme', body: own }] });
  const { value, steps } = await position(of, 'energy_per_person');
  expect(steps.filter((s) => s.step === 'used').map((s) => [s.amount, s.times])).toEqual([
    [60_000, 0.31],
    [60_000, 0.3],
  ]);
  expect(value).toBeCloseTo((60_000 * 0.31 + 60_000 * 0.3) / 10, 9);
});

test('a year with an unknown month is no year; a part with one is subtracted as far as it is known', async () => {
  const until = (last: number, amount: number) => (m: number) => (m <= last ? amount : null);
  const short = await position(
    await sources({ meters: [[{ id: 'el' }, until(10, 100)]] }),
    'energy_per_person',
  );
  expect(short).toMatchObject({ value: null, lacks: [{ reason: 'too_short', what: 'electricity 2025-11' }] });
  const none = await position(await sources({ meters: [[{ id: 'el' }, () => null]] }), 'energy_per_person');
  expect(none.lacks).toContainEqual({ reason: 'no_data', what: 'electricity' });
  const of = await sources({ meters: [EL, [{ id: 'room', item: '01D10', parent: 'el' }, until(6, 1000)]] });
  const regular = await position(of, 'regular_electricity_per_m2');
  expect(regular.value).toBeCloseTo((120_000 - 6000) / 1000, 9);
  expect(regular.notes).toContainEqual({ note: 'partly_measured', what: 'machine_room' });
});

test('a year of which less than 90 % is measured says so', async () => {
  const full = await position(await sources({ meters: [EL], covered: 0.9 }), 'energy_per_person');
  expect([full.completeness, full.notes]).toEqual([expect.closeTo(0.9, 6), []]);
  const weak = await position(await sources({ meters: [EL], covered: 0.8 }), 'energy_per_person');
  expect(weak.notes).toEqual([{ note: 'completeness', what: 'energy' }]);
  expect(weak.value).toBe(full.value);
});

test('a scheme that was not in force in the year tells nothing of it', async () => {
  const [scheme] = BUILTIN_SCHEMES.filter((s) => s.id === 'db37-2672') as [Scheme];
  const of = await sources({
    meters: [EL],
    own: [{ kind: 'scheme', body: { ...scheme, from: '2025-06-01' } }],
  });
  expect(await position(of, 'energy_per_person')).toMatchObject({
    value: null,
    lacks: [{ reason: 'no_scheme', what: 'db37-2672' }],
  });
});

test('meters of the kitchen named by a setting are taken out with their area', async () => {
  const gas: Given['meters'][number] = [{ id: 'gas', carrier: 'gas', unit: 'm³' }, () => 100];
  const kitchen: Given['meters'][number] = [
    { id: 'kitchen', carrier: 'gas', unit: 'm³', parent: 'gas' },
    () => 80,
  ];
  const own = [setting('apart_meters', ['kitchen'])];
  const bare = await position(
    await sources({ meters: [EL, gas, kitchen], own }),
    'non_heating_energy_per_m2',
  );
  // Nobody said how large the kitchen is: it stays in, with its area.
  expect(bare.value).toBeCloseTo((120_000 * 0.31 + 1200 * 1.2143) / 1000, 9);
  expect(bare.notes).toContainEqual({ note: 'apart_without_area', what: 'special' });
  const nodes = [
    { ...GOV, attributes: { ...GOV.attributes, special_area_m2: [{ from: '2020-01-01', value: 50 }] } },
  ];
  const found = await position(
    await sources({ meters: [EL, gas, kitchen], own, nodes }),
    'non_heating_energy_per_m2',
  );
  expect(found.value).toBeCloseTo((120_000 * 0.31 + (1200 - 960) * 1.2143) / 950, 9);
});

test("what is written down of this year moves no position of a past one; last year's value does", async () => {
  const people = (...values: [string, number][]): Node[] => [
    {
      ...GOV,
      attributes: { ...GOV.attributes, people: values.map(([from, value]) => ({ from, value })) },
    },
  ];
  const at = async (nodes: Node[]): Promise<number | null> =>
    (await position(await sources({ meters: [EL], nodes }), 'energy_per_person')).value;
  const before = await at(people(['2020-01-01', 10]));
  expect(before).toBeCloseTo((120_000 * 0.31) / 10, 9);
  expect(await at(people(['2020-01-01', 10], ['2026-01-01', 99]))).toBe(before);
  // 181 days with 10 people and 184 with 20
  const mean = (181 * 10 + 184 * 20) / 365;
  expect(await at(people(['2020-01-01', 10], ['2025-07-01', 20]))).toBeCloseTo((120_000 * 0.31) / mean, 6);
});

test('a quota of the year itself holds, not the one that came after it', async () => {
  const water = (id: string, from: string | null, to: string | null, constraint: number): Own => ({
    kind: 'quota',
    body: {
      id,
      standard: id,
      metric: 'electricity_per_person',
      regions: null,
      types: null,
      levels: null,
      zones: null,
      variant: null,
      unit: 'kWh/(p·a)',
      scheme: null,
      values: { constraint, base: null, leading: null },
      from,
      to,
      exclusions: [],
      corrections: [],
      source: { text: 'made up', confidence: 'unconfirmed' },
    } satisfies Quota,
  });
  const of = await sources({
    meters: [EL],
    own: [water('old', null, '2026-01-01', 13_000), water('new', '2026-01-01', null, 11_000)],
  });
  // 120,000 / 10 = 12,000
  expect(await position(of, 'electricity_per_person')).toMatchObject({
    quota: { id: 'old' },
    value: 12_000,
    verdict: 'within_constraint',
    explanation: null,
  });
});
