import { describe, expect, test } from 'vitest';
import { INDICATORS } from '../../server/domain/indicator.ts';
import { Attributes } from '../../server/http/schemas/attributes.ts';
import { IndicatorParts, Indicators } from '../../server/http/schemas/indicators.ts';
import type { Rig } from '../http/rig.ts';
import { years } from './furnished-years.ts';

const put = (r: Rig, path: string, body: unknown): Promise<Response> =>
  Promise.resolve(
    r.app.request(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );

async function indicators(r: Rig, query: string) {
  const { status, body } = await r.get(`/api/v1/indicators?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return Indicators.parse(body);
}

async function of(r: Rig, query: string) {
  const { nodes } = await indicators(r, query);
  return Object.fromEntries(nodes[0]?.indicators.map((i) => [i.id, i]) ?? []) as Record<
    (typeof INDICATORS)[number]['id'],
    NonNullable<(typeof nodes)[number]>['indicators'][number]
  >;
}

async function parts(r: Rig, query: string) {
  const { status, body } = await r.get(`/api/v1/indicators/parts?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return IndicatorParts.parse(body);
}

const Y2025 = 'from=2025-01-01&to=2026-01-01';

describe('a year, by hand', () => {
  test('energy is what is used: drawn − fed back + roof, with fuels and heat, without water; CO₂; 同比, 环比', async () => {
    const r = await years();
    const i = await of(r, `node=house&${Y2025}`);
    // 12 months × 2: electricity 24 × (10,000 − 1,000) = 216,000 kWh, roof 24 × 3,000 = 72,000 kWh,
    // gas 24 × 300 = 7,200 m³, heat 24 × 20 = 480 GJ, gasoline 24 × 400 = 9,600 L.
    const kgce = 216_000 * 0.1229 + 72_000 * 0.1229 + 7_200 * 1.33 + 480 * 34.12 + 9_600 * 0.73 * 1.4714;
    expect(i.energy.value).toBeCloseTo(kgce, 6);
    expect(i.energy).toMatchObject({
      unit: 'kgce',
      scheme: 'national-statistics',
      completeness: 1,
      lacks: [],
    });
    expect(i.energy_per_m2.value).toBeCloseTo(kgce / 5_000, 9);
    expect(i.energy_per_person.value).toBeCloseTo(kgce / 200, 9);
    expect(i.energy.numerator.terms.map((t) => [t.carrier, t.quantity, t.coefficient])).toEqual([
      ['electricity', 216_000, 0.1229],
      ['pv', 72_000, 0.1229],
      ['gas', 7_200, 1.33],
      ['heat', 480, expect.closeTo(34.12, 9)],
      ['gasoline', 9_600, expect.closeTo(0.73 * 1.4714, 9)],
    ]);
    expect(i.energy.numerator.terms[4]?.density).toMatchObject({
      kg_per_l: 0.73,
      source: { confidence: 'unconfirmed' },
    });
    expect(i.energy.numerator.terms[2]?.density).toBeNull();
    expect(i.electricity).toMatchObject({ value: 216_000, unit: 'kWh', scheme: null });
    expect(i.electricity_per_m2).toMatchObject({ value: 43.2, unit: 'kWh/m²' });
    expect(i.electricity_per_person.value).toBe(1_080);
    expect(i.water_per_person).toMatchObject({ value: (24 * 50) / 200, unit: 'm³/p' });
    expect(i.gas.value).toBe(7_200);
    expect(i.heat_per_m2).toMatchObject({ value: 480 / 4_000, unit: 'GJ/m²' });

    // CO₂ is that of what is drawn from the grid; neither the roof nor what is fed back counts.
    // 24 × 10,000 kWh × 0.5306, the factor of 2023, the last published; 7,200 m³; 480 GJ; 9,600 L.
    const kg = 240_000 * 0.5306 + 7_200 * 2.1622 + 480 * 110 + 9_600 * 0.73 * 2.9251;
    expect(i.co2.value).toBeCloseTo(kg, 6);
    expect(i.co2_per_m2.value).toBeCloseTo(kg / 5_000, 9);
    expect(i.co2.lacks).toEqual([{ reason: 'other_year', what: '2023' }]);
    expect(i.co2.numerator.terms[0]).toMatchObject({
      quantity: 240_000,
      factor: { id: 'mee-average-2023-national', region: 'national', year: 2023 },
      source: { confidence: 'verified' },
    });

    // 同比 and 环比: 2025 has twice the use of 2024, in the same scheme.
    expect(i.energy.change_last_year).toBeCloseTo(1, 12);
    expect(i.energy.last_year).toMatchObject({
      from: '2024-01-01T00:00:00+08:00',
      completeness: 1,
      lacks: [],
    });
    const m = await of(r, 'node=house&indicator=water&from=2025-03-01&to=2025-05-01');
    expect(m.water).toMatchObject({ value: 200, change_previous: 0, change_last_year: 1 });
    // Two months are compared with the two before.
    expect(m.water.previous).toMatchObject({
      from: '2025-01-01T00:00:00+08:00',
      to: '2025-03-01T00:00:00+08:00',
      value: 200,
    });
  });

  test('the factor of the province where the node is, and another scheme, once a setting says so', async () => {
    const r = await years();
    const body = { name: 'factor_area', node: 'city', values: ['province'] };
    expect((await put(r, '/api/v1/policy/setting/factor_area:city', { body })).status).toBe(200);
    const { co2 } = await of(r, `node=house&indicator=co2&${Y2025}`);
    expect(co2.numerator.terms[0]).toMatchObject({ coefficient: 0.5827, factor: { region: '320000' } });
    await put(r, '/api/v1/nodes/city/classification', { region: '540100' });
    const none = await of(r, `node=house&indicator=co2&${Y2025}`);
    expect(none.co2).toMatchObject({ value: null, lacks: [{ reason: 'no_factor', what: 'electricity' }] });
    await put(r, '/api/v1/nodes/city/classification', { region: null });
    const nowhere = await of(r, `node=house&indicator=co2&${Y2025}`);
    expect(nowhere.co2).toMatchObject({ value: null, lacks: [{ reason: 'no_attribute', what: 'region' }] });

    // Another scheme is named, by the query or down the tree.
    const kgce = 288_000 * 0.31 + 7_200 * 1.2143 + 480 * 34.12 + 9_600 * 0.73 * 1.4714;
    const asked = await indicators(r, `node=house&scheme=db37-2672&indicator=energy&${Y2025}`);
    expect(asked.nodes[0]?.scheme).toMatchObject({ id: 'db37-2672', by: 'asked', node: null });
    expect(asked.nodes[0]?.indicators[0]?.value).toBeCloseTo(kgce, 6);
    await put(r, '/api/v1/policy/setting/scheme:gov', {
      body: { name: 'scheme', node: 'gov', values: ['db37-2672'] },
    });
    const set = await indicators(r, `node=house&node=city&indicator=energy&${Y2025}`);
    expect(set.nodes.map((n) => [n.node, n.scheme.id, n.scheme.by, n.scheme.node])).toEqual([
      ['house', 'db37-2672', 'setting', 'gov'],
      ['city', 'national-statistics', 'setting', null],
    ]);
    expect(set.nodes[0]?.indicators[0]?.value).toBeCloseTo(kgce, 6);
  });

  test('a year that changes its coefficient within: each month has its own, and a change says so', async () => {
    const r = await years();
    const scheme = (await r.get('/api/v1/policy/scheme/national-statistics')).body as {
      body: { name: string; coefficients: { carrier: string; kgce: number }[] };
    };
    const source = { text: 'notice 1', confidence: 'verified' };
    const coefficients = [
      ...scheme.body.coefficients,
      { carrier: 'electricity', unit: 'kWh', kgce: 0.12, from: '2025-07-01', source },
    ];
    const body = { ...scheme.body, coefficients };
    expect((await put(r, '/api/v1/policy/scheme/national-statistics', { body })).status).toBe(200);
    const { energy } = await of(r, `node=house&indicator=energy&${Y2025}`);
    const term = energy.numerator.terms[0];
    expect(term).toMatchObject({ quantity: 216_000, coefficient: null });
    // 6 months of 18,000 kWh × 0.1229 and 6 × 18,000 × 0.12
    expect(term?.converted).toBeCloseTo(108_000 * 0.1229 + 108_000 * 0.12, 6);
    expect(energy.last_year.lacks).toEqual([{ reason: 'other_coefficient', what: 'electricity' }]);
  });
});

describe('a period that still runs', () => {
  test('is held against the same days and hours, up to the last full hour', async () => {
    const r = await years('2026-12');
    r.clock('2026-11-11T00:30:00+08:00');
    const { from, to, until, nodes } = await indicators(
      r,
      'node=house&indicator=water&from=2026-11-01&to=2026-12-01',
    );
    expect([from, to, until]).toEqual([
      '2026-11-01T00:00:00+08:00',
      '2026-12-01T00:00:00+08:00',
      '2026-11-11T00:00:00+08:00',
    ]);
    const water = nodes[0]?.indicators[0];
    // 10 of 30 days of 150 m³; a year ago 10 of 30 days of 100; in October 10 of 31 days of 150.
    expect(water?.value).toBeCloseTo(50, 5);
    expect(water?.last_year).toMatchObject({
      to: '2025-11-11T00:00:00+08:00',
      value: expect.closeTo(100 / 3, 5),
    });
    expect(water?.change_last_year).toBeCloseTo(0.5, 5);
    expect(water?.previous.value).toBeCloseTo((150 * 10) / 31, 5);

    // One that has not begun has nothing, in words.
    const { energy } = await of(r, 'node=house&indicator=energy&from=2027-01-01&to=2028-01-01');
    expect(energy.value).toBeNull();
    expect(energy.lacks.map((l) => l.reason)).toContain('no_data');
  });
});

describe('what is lacking is said, never made up', () => {
  test('no area, no headcount, no meter, no data', async () => {
    const r = await years('2026-11', ['grid']);
    await put(r, '/api/v1/nodes/house/attributes/people', { values: [] });
    await put(r, '/api/v1/nodes/house/attributes/floor_area_m2', {
      values: [{ from: '2025-07-02', value: 100 }],
    });
    await put(r, '/api/v1/nodes/house/attributes/heated_area_m2', {
      values: [{ from: '2023-01-01', value: 0 }],
    });
    const i = await of(r, `node=house&${Y2025}`);
    expect(i.electricity_per_person).toMatchObject({
      value: null,
      lacks: [expect.anything(), { reason: 'no_attribute', what: 'people' }],
    });
    // 182 of 365 days before it was set.
    expect(i.energy_per_m2.denominator).toMatchObject({ value: 100, set: 183 / 365 });
    expect(i.energy_per_m2.lacks).toContainEqual({ reason: 'partly_set', what: 'floor_area_m2' });
    expect(i.heat_per_m2).toMatchObject({
      value: null,
      lacks: expect.arrayContaining([
        { reason: 'no_data', what: 'heat' },
        { reason: 'no_attribute', what: 'heated_area_m2' },
      ]),
    });
    expect(i.gas).toMatchObject({
      value: null,
      completeness: 0,
      lacks: [{ reason: 'no_data', what: 'gas' }],
    });
    const school = await of(r, `node=school&${Y2025}`);
    for (const { id } of INDICATORS) {
      expect(school[id].value, id).toBeNull();
      expect(school[id].lacks[0]?.reason, id).toBe('no_meter');
    }
  });

  test('no total without a coefficient, no sum of areas without a part of it', async () => {
    const r = await years();
    const scheme = (await r.get('/api/v1/policy/scheme/national-statistics')).body as {
      body: { coefficients: { carrier: string }[] };
    };
    const coefficients = scheme.body.coefficients.filter((c) => c.carrier !== 'gas');
    await put(r, '/api/v1/policy/scheme/own', { body: { ...scheme.body, name: '自定', coefficients } });
    const i = await of(r, `node=house&scheme=own&${Y2025}`);
    expect(i.energy).toMatchObject({ value: null, lacks: [{ reason: 'no_coefficient', what: 'gas' }] });
    expect(i.gas.value).toBe(7_200);
    await put(r, '/api/v1/policy/scheme/late', { body: { ...scheme.body, name: '新', from: '2025-02-01' } });
    const late = await of(r, `node=house&scheme=late&indicator=energy&${Y2025}`);
    expect(late.energy).toMatchObject({ value: null, lacks: [{ reason: 'no_scheme', what: 'late' }] });

    // An institution has the headcount of what stands below it; a part without one is named.
    const gov = await of(r, `node=gov&indicator=water_per_person&${Y2025}`);
    expect(gov.water_per_person).toMatchObject({ value: 6, denominator: { value: 200, from: 'below' } });
    // The school has neither meter nor headcount: it adds nothing to either side.
    const city = await of(r, `node=city&indicator=water_per_person&${Y2025}`);
    expect(city.water_per_person.value).toBe(6);
    await put(r, '/api/v1/nodes/house/attributes/people', { values: [] });
    const none = await of(r, `node=city&indicator=water_per_person&${Y2025}`);
    expect(none.water_per_person).toMatchObject({
      value: null,
      lacks: [{ reason: 'no_attribute', what: 'people', node: 'gov' }],
    });
  });
});

describe('parts', () => {
  test('heating is the carrier heat and what is named beside it; a machine room by what its IT draws', async () => {
    const r = await years();
    const heat = 480 * 34.12;
    const all = 288_000 * 0.1229 + 7_200 * 1.33 + heat + 9_600 * 0.73 * 1.4714;
    const before = await parts(r, `node=house&${Y2025}`);
    expect(before.heating.heating.quantity).toBeCloseTo(heat, 6);
    expect(before.heating.non_heating.quantity).toBeCloseTo(all - heat, 6);
    expect(before.heating.heating_per_heated_m2).toBeCloseTo(heat / 4_000, 9);
    expect(before.heating.non_heating.per_m2).toBeCloseTo((all - heat) / 5_000, 9);
    await put(r, '/api/v1/policy/setting/heating_meters:house', {
      body: { name: 'heating_meters', node: 'house', values: ['boiler'] },
    });
    const after = await parts(r, `node=house&${Y2025}`);
    expect(after.heating).toMatchObject({ meters: ['boiler'], set_at: 'house', lacks: [] });
    // 24 × 200 m³ × 1.33
    expect(after.heating.heating.quantity).toBeCloseTo(heat + 4_800 * 1.33, 6);
    expect(after.heating.heating.share).toBeCloseTo((heat + 6_384) / all, 9);

    // PUE of the machine room: 3,000 / 2,000, found by sub-item or by setting.
    const { pue } = await parts(r, `node=house&${Y2025}`);
    expect(pue).toMatchObject({
      value: 1.5,
      total: 72_000,
      it: 48_000,
      unit: 'kWh',
      total_meters: ['room'],
      it_meters: ['it'],
      completeness: 1,
      last_year: 1.5,
      lacks: [],
    });
    await put(r, '/api/v1/policy/setting/it_meters:gov', {
      body: { name: 'it_meters', node: 'gov', values: ['grid'] },
    });
    const wrong = await parts(r, `node=house&${Y2025}`);
    expect(wrong.pue).toMatchObject({ value: null, lacks: [{ reason: 'contradiction', what: 'it_meters' }] });
    const school = await parts(r, `node=school&${Y2025}`);
    // Nothing says that there is a machine room: nothing is lacking, until somebody says that there is one.
    expect(school.pue).toMatchObject({ applies: false, value: null, lacks: [] });
    await put(r, '/api/v1/nodes/school/attributes/machine_room_area_m2', {
      values: [{ from: '2024-01-01', value: 40 }],
    });
    const roomy = await parts(r, `node=school&${Y2025}`);
    expect(roomy.pue.applies).toBe(true);
    expect(roomy.pue.lacks.map((l) => [l.reason, l.what])).toEqual([
      ['no_meter', 'machine_room_meters'],
      ['no_meter', 'it_meters'],
    ]);
    expect(school.heating.lacks[0]).toEqual({ reason: 'no_meter', what: 'heating' });
  });
});

describe('the past does not move', () => {
  /** Every figure of the past years, and of the running one. */
  async function figures(r: Rig): Promise<{ past: unknown[]; now: unknown }> {
    const past: unknown[] = [];
    for (const scheme of ['national-statistics', 'db37-2672']) {
      for (const year of [2024, 2025]) {
        const period = `from=${year}-01-01&to=${year + 1}-01-01&scheme=${scheme}`;
        past.push(await indicators(r, `node=house&node=gov&node=city&${period}`));
        past.push(await parts(r, `node=house&${period}`));
      }
      past.push(await indicators(r, `node=house&from=2025-11-01&to=2025-12-01&scheme=${scheme}`));
    }
    return { past, now: await of(r, 'node=house&from=2026-01-01&to=2026-11-01') };
  }

  const source = { text: 'this year', confidence: 'verified' };
  const attribute = (name: string, value: number) => async (r: Rig) => {
    const { body } = await r.get('/api/v1/nodes/house/attributes');
    const values = Attributes.parse(body).attributes.find((a) => a.name === name)?.values ?? [];
    const kept = values.map((v) => ({ from: v.from, value: v.value }));
    return put(r, `/api/v1/nodes/house/attributes/${name}`, {
      values: [...kept, { from: '2026-01-01', value }],
    });
  };
  const coefficient = (scheme: string) => async (r: Rig) => {
    const { body } = (await r.get(`/api/v1/policy/scheme/${scheme}`)).body as {
      body: { coefficients: { carrier: string; unit: string; kgce: number }[] };
    };
    const changed = body.coefficients.map((c) => ({ ...c, kgce: c.kgce * 2, from: '2026-01-01', source }));
    const coefficients = [...body.coefficients, ...changed];
    return put(r, `/api/v1/policy/scheme/${scheme}`, { body: { ...body, coefficients } });
  };
  const factor = async (r: Rig): Promise<Response> => {
    const shared = { unit: 'kWh', carrier: 'electricity', kg_co2: 0.4, series: 'mee-average', source };
    return put(r, '/api/v1/policy/factor/of-2026', { body: { ...shared, region: 'national', year: 2026 } });
  };

  /** Each edit of this year, and an indicator of this year that it moves. */
  const EDITS: [
    what: string,
    edit: (r: Rig) => Promise<Response>,
    moves: (typeof INDICATORS)[number]['id'][],
  ][] = [
    [
      'headcount',
      attribute('people', 100),
      ['energy_per_person', 'electricity_per_person', 'water_per_person'],
    ],
    ['floor area', attribute('floor_area_m2', 50), ['energy_per_m2', 'electricity_per_m2', 'co2_per_m2']],
    ['heated area', attribute('heated_area_m2', 50), ['heat_per_m2']],
    ['coefficients', coefficient('national-statistics'), ['energy', 'energy_per_m2', 'energy_per_person']],
    ['the grid factor', factor, ['co2', 'co2_per_m2']],
    // The figures of this year are asked for in the national scheme.
    ['coefficients of the local scheme', coefficient('db37-2672'), []],
  ];

  test('whatever is edited of this year, no indicator of a past year changes', async () => {
    const r = await years();
    const original = await figures(r);
    const ids = INDICATORS.map((i) => i.id);
    expect(Object.keys(original.now as object).sort()).toEqual([...ids].sort());
    // Every past figure is there, so that it could have moved.
    const [first] = original.past as Awaited<ReturnType<typeof indicators>>[];
    for (const i of first?.nodes[0]?.indicators ?? []) expect(i.value, i.id).toBeGreaterThan(0);

    const value = (of: unknown, id: string) => (of as Record<string, { value: number }>)[id]?.value;
    let before = original;
    for (const [what, edit, moves] of EDITS) {
      expect((await edit(r)).status, what).toBe(200);
      const after = await figures(r);
      expect(after.past, what).toEqual(original.past);
      for (const id of ids) {
        const same = value(after.now, id) === value(before.now, id);
        expect(same, `${what}: ${id}`).toBe(!moves.includes(id));
      }
      before = after;
    }
  });

  test('editing last year does move last year, and its history says who did', async () => {
    const r = await years('2026-11', ['tap']);
    const before = await of(r, `node=house&indicator=water_per_person&${Y2025}`);
    await put(r, '/api/v1/nodes/house/attributes/people', {
      values: [{ from: '2023-01-01', value: 100, source: '编制文件' }],
      recorded_by: '王',
    });
    const after = await of(r, `node=house&indicator=water_per_person&${Y2025}`);
    expect([before.water_per_person.value, after.water_per_person.value]).toEqual([6, 12]);
    const children = await indicators(r, `below=city&indicator=water_per_person&${Y2025}`);
    expect(children.nodes.map((n) => [n.node, n.indicators[0]?.value])).toEqual([
      ['gov', 12],
      ['school', null],
    ]);
    const buildings = await indicators(r, `below=city&kind=building&indicator=water&${Y2025}`);
    expect(buildings.nodes.map((n) => n.node)).toEqual(['house']);
    const { history } = Attributes.parse((await r.get('/api/v1/nodes/house/attributes')).body);
    expect(history[0]).toMatchObject({
      by: '王',
      name: 'people',
      before: [{ from: '2023-01-01', value: 200 }],
      after: [{ from: '2023-01-01', value: 100, source: '编制文件' }],
    });
  });
});
