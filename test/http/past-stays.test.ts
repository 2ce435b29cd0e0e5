import { expect, test } from 'vitest';
import { INDICATORS } from '../../server/domain/indicator.ts';
import { json, quotaRig } from './quota-estate.ts';
import type { Rig } from './rig.ts';

const SOURCE = { text: 'this year', confidence: 'verified' };
const NODE = 'gov';

async function body(r: Rig, path: string): Promise<unknown> {
  const { status, body: found } = await r.get(`/api/v1${path}`);
  expect([path, status]).toEqual([path, 200]);
  return found;
}

const change =
  (method: string, path: string, of: unknown) =>
  async (r: Rig): Promise<void> => {
    const answer = await r.app.request(`/api/v1${path}`, json(method, of));
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, expect.anything()]);
  };

const TARGET = {
  node: NODE,
  indicator: 'energy_per_person',
  scheme: 'national-statistics',
  base_year: 2024,
  end_year: 2027,
  recorded_by: '张三',
};
const path = (of2026: number) => ({
  path: {
    kind: 'values',
    values: [
      { year: 2025, value: 900 },
      { year: 2026, value: of2026 },
    ],
  },
});
const QUOTA = {
  standard: '本市用电定额',
  metric: 'electricity_per_person',
  types: ['organ'],
  regions: ['370600'],
  unit: 'kWh/(p·a)',
  source: SOURCE,
};

/** Everything that is told of a past year, each by the view that tells it. */
async function past(r: Rig): Promise<Record<string, unknown>> {
  const of2025 = 'from=2025-01-01&to=2026-01-01';
  const targets = (await body(r, `/targets?node=${NODE}`)) as {
    targets: { id: string; base: unknown; years: { year: number }[] }[];
  };
  return {
    indicators: await body(r, `/indicators?node=${NODE}&node=city&${of2025}`),
    of2024: await body(r, `/indicators?node=${NODE}&from=2024-01-01&to=2025-01-01`),
    month: await body(r, `/indicators?node=${NODE}&from=2025-11-01&to=2025-12-01`),
    parts: await body(r, `/indicators/parts?node=${NODE}&${of2025}`),
    quotas: await body(r, `/quotas?node=${NODE}&year=2025`),
    explanations: await body(r, '/explanations?node=city&year=2025'),
    comparison: await body(r, `/comparison?node=city&indicator=water_per_person&${of2025}`),
    publicity: await body(r, `/publicity?node=${NODE}&year=2025`),
    targets: targets.targets.map((t) => ({
      id: t.id,
      base: t.base,
      years: t.years.filter((y) => y.year < 2026),
    })),
  };
}

/** Of the year that runs, so that an edit is seen to have done something. */
async function now(r: Rig): Promise<unknown> {
  return {
    indicators: await body(r, `/indicators?node=${NODE}&from=2026-01-01&to=2026-11-01`),
    quotas: await body(r, `/quotas?node=${NODE}&year=2026`),
    targets: await body(r, `/targets?node=${NODE}`),
  };
}

const scheme = (id: string, kgce: number) => async (r: Rig) => {
  const { body: item } = (await body(r, `/policy/scheme/${id}`)) as {
    body: { coefficients: object[] };
  };
  const coefficients = [
    ...item.coefficients,
    { carrier: 'electricity', unit: 'kWh', kgce, from: '2026-01-01', source: SOURCE },
  ];
  await change('PUT', `/policy/scheme/${id}`, { body: { ...item, coefficients } })(r);
};

const attribute = (name: string, before: number, value: number) =>
  change('PUT', `/nodes/${NODE}/attributes/${name}`, {
    values: [
      { from: '2023-01-01', value: before },
      { from: '2026-01-01', value },
    ],
    recorded_by: '王',
  });

const EDITS: [what: string, edit: (r: Rig) => Promise<void>][] = [
  ['headcount', attribute('people', 300, 200)],
  ['floor area', attribute('floor_area_m2', 12_000, 9000)],
  ['heated area', attribute('heated_area_m2', 9000, 5000)],
  ['area of the machine room', attribute('machine_room_area_m2', 200, 900)],
  ['coefficients of the statistics', scheme('national-statistics', 0.12)],
  ['coefficients of the quota', scheme('db37-2672', 0.3)],
  [
    'the factor of the grid',
    change('PUT', '/policy/factor/grid-2026', {
      body: {
        carrier: 'electricity',
        unit: 'kWh',
        kg_co2: 0.4,
        region: 'national',
        year: 2026,
        series: 'mee-average',
        source: SOURCE,
      },
    }),
  ],
  [
    'a quota, by one that follows it',
    change('PUT', '/policy/quota/new', {
      body: { ...QUOTA, values: { constraint: 1000, leading: 500 }, from: '2026-01-01' },
    }),
  ],
  ['the target of this year', change('PUT', '/targets/t', { ...TARGET, ...path(700) })],
  [
    'another target',
    change('PUT', '/targets/another', {
      ...{ node: NODE, indicator: 'electricity', base_year: 2025, end_year: 2026, recorded_by: '张三' },
      path: { kind: 'linear', reduction: 0.02 },
    }),
  ],
];

test('whatever is edited of this year, nothing that is told of a past year moves', {
  timeout: 120_000,
}, async () => {
  const r = await quotaRig(2024);
  await change('PUT', '/policy/quota/old', {
    body: { ...QUOTA, values: { constraint: 3000, leading: 1000 }, to: '2026-01-01' },
  })(r);
  await change('PUT', '/targets/t', { ...TARGET, ...path(880) })(r);
  const before = await past(r);
  // All of it is there, so that it could have moved.
  const { nodes } = before.indicators as { nodes: { indicators: { id: string; value: number | null }[] }[] };
  for (const { id } of INDICATORS) {
    expect(nodes[0]?.indicators.find((i) => i.id === id)?.value, id).toBeGreaterThan(0);
  }
  const { positions } = before.quotas as { positions: { metric: string; value: number | null }[] };
  expect(positions.filter((p) => p.value !== null).map((p) => p.metric)).toEqual(
    expect.arrayContaining([
      'non_heating_energy_per_m2',
      'energy_per_person',
      'electricity_per_person',
      'eue',
    ]),
  );
  expect((before.explanations as { explanations: object[] }).explanations.length).toBeGreaterThan(0);
  expect(before.targets).toMatchObject([
    { id: 't', years: [{ year: 2025, target: 900, met: expect.anything() }] },
  ]);

  let running = await now(r);
  for (const [what, edit] of EDITS) {
    await edit(r);
    const after = await past(r);
    const kept = (after.targets as { id: string }[]).filter((t) => t.id === 't');
    expect({ ...after, targets: kept }, what).toEqual(before);
    const changed = await now(r);
    expect(JSON.stringify(changed) === JSON.stringify(running), `${what} changes this year`).toBe(false);
    running = changed;
  }
});
