import { describe, expect, test } from 'vitest';
import { type QuotaPosition, QuotaPositions } from '../../server/http/schemas/quotas.ts';
import { json, put, quotaRig } from './quota-estate.ts';
import type { Rig } from './rig.ts';

async function positions(r: Rig, query: string): Promise<QuotaPositions> {
  const { status, body } = await r.get(`/api/v1/quotas?${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return QuotaPositions.parse(body);
}
function of(found: QuotaPositions, metric: string): QuotaPosition {
  return found.positions.find((p) => p.metric === metric) as QuotaPosition;
}

describe('an organ of a city in zone A of Shandong, by its meters', () => {
  test('comes out as worked by hand', async () => {
    const r = await quotaRig();
    const found = await positions(r, 'node=gov&year=2025');
    expect(found).toMatchObject({
      node: 'gov',
      year: 2025,
      from: '2025-01-01T00:00:00+08:00',
      to: '2026-01-01T00:00:00+08:00',
      classification: { type: 'organ', level: 'city', zone: 'cold_a', region: '370600' },
    });
    // 600,000 kWh × 0.31 + 20,000 m³ × 1.2143 + 3,000 GJ × 34.12 + 10,000 L × 0.73 kg/L × 1.4714
    const energy = 186_000 + 24_286 + 102_360 + 10_741.22;
    // Heating: the heat and 5 × 3,000 kWh of pumps. Apart: 80,000 kWh of the machine room, 18,000 m³ of the kitchen.
    const heating = 102_360 + 15_000 * 0.31;
    const apart = 80_000 * 0.31 + 18_000 * 1.2143;
    const plain = of(found, 'non_heating_energy_per_m2');
    expect(plain.lacks).toEqual([]);
    expect(plain.value).toBeCloseTo((energy - heating - 10_741.22 - apart) / (12_000 - 200 - 300), 6);
    expect(plain).toMatchObject({
      quota: {
        id: 'db37-2672.1.city-a',
        scheme: 'db37-2672',
        values: { constraint: 21.9, base: 14.9, leading: 7.2 },
      },
      verdict: 'within_base',
      completeness: 1,
      excess_unit: 'kgce',
      explanation: null,
    });
    expect(plain.notes).toEqual([]);
    expect(
      plain.steps.filter((s) => s.step === 'apart').map((s) => [s.what, s.carrier, Math.round(s.amount)]),
    ).toEqual([
      ['special', 'gas', 18_000],
      ['machine_room', 'electricity', 80_000],
    ]);

    expect(of(found, 'energy_per_person').value).toBeCloseTo(energy / 300, 6);
    expect(of(found, 'energy_per_person').verdict).toBe('within_constraint');
    // (600,000 − 15,000 − 80,000) / 12,000: regular systems over all the area
    expect(of(found, 'regular_electricity_per_m2').value).toBeCloseTo(505_000 / 12_000, 6);
    expect(of(found, 'eue').value).toBeCloseTo(80_000 / 50_000, 6);

    // 12 × 650 / 300 = 26 > 25: 300 m³ too much, to be explained.
    const water = of(found, 'water_per_person');
    expect(water).toMatchObject({ value: 26, verdict: 'above_constraint', excess: { constraint: 300 } });
    expect(water.explanation).toEqual({ id: 'gov:2025:db37-4452.organ', state: 'open' });
  });

  test('the row of the heating is chosen by a person', async () => {
    const r = await quotaRig(2025, ['gov-el', 'gov-pump', 'gov-heat']);
    const open = of(await positions(r, 'node=gov&year=2025'), 'heating_energy_per_m2');
    expect(open).toMatchObject({
      value: null,
      quota: null,
      lacks: [{ reason: 'no_quota', what: 'district_heat, air_conditioning, gas_or_oil' }],
      // The two kinds of heating that there are: the heat, and the pumps that a setting names.
      heats: [
        { carrier: 'heat', named: false },
        { carrier: 'electricity', named: true },
      ],
    });
    expect(open.choice.candidates.map((q) => q.variant)).toEqual([
      'district_heat',
      'air_conditioning',
      'gas_or_oil',
    ]);
    put(r, 'setting', 'quotas:gov', { name: 'quotas', node: 'gov', values: ['db37-2672.2.district_heat'] });
    const chosen = of(await positions(r, 'node=gov&year=2025'), 'heating_energy_per_m2');
    // (3,000 GJ × 34.12 + 15,000 kWh × 0.31) / 9,000 m²
    expect(chosen.value).toBeCloseTo((102_360 + 4650) / 9000, 6);
    expect(chosen).toMatchObject({
      verdict: 'within_constraint',
      choice: { state: 'chosen', by_hand: true },
    });
  });

  test('the past 12 months end with the last whole month; a year to come is refused in words', async () => {
    const r = await quotaRig(2025, ['gov-water']);
    const found = await positions(r, 'node=gov');
    // Now is 18 November 2026, and the last readings are of 1 November.
    expect([found.from, found.to]).toEqual(['2025-11-01T00:00:00+08:00', '2026-11-01T00:00:00+08:00']);
    expect(of(found, 'water_per_person')).toMatchObject({ value: 26, explanation: null });
    const { status, body } = await r.get('/api/v1/quotas?node=gov&year=2027');
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('2027 is not over');
  });
});

describe('what is lacking is told, and where', () => {
  test('area and headcount, an unknown month, an institution that nobody classified', async () => {
    const r = await quotaRig(2025, ['hospital-el', 'gov-water']);
    const hospital = await positions(r, 'node=hospital&year=2025');
    expect(of(hospital, 'energy_per_person')).toMatchObject({
      value: null,
      verdict: null,
      quota: { values: { constraint: 907.4 } },
      lacks: [{ reason: 'no_attribute', what: 'people' }],
    });
    // Readings begin in 2025.
    const early = of(await positions(r, 'node=gov&year=2024'), 'water_per_person');
    expect(early.lacks).toEqual([{ reason: 'no_data', what: 'water' }]);
    const city = await positions(r, 'node=city&year=2025');
    expect(of(city, 'water_per_person')).toMatchObject({
      choice: { state: 'unclassified', missing: ['type'] },
      lacks: [{ reason: 'no_attribute', what: 'classification.type' }],
    });
  });

  test('what is measured apart without an area is not subtracted', async () => {
    const r = await quotaRig(2025, [
      'gov-el',
      'gov-room',
      'gov-pump',
      'gov-gas',
      'kitchen-gas',
      'gov-petrol',
      'gov-heat',
    ]);
    r.catalogue.applyEstate(
      {
        version: 1,
        nodes: [
          {
            id: 'gov',
            name: '市行政中心',
            kind: 'institution',
            parent: 'city',
            classification: { type: 'organ', level: 'city' },
            attributes: { floor_area_m2: [{ from: '2023-01-01', value: 12_000 }] },
          },
        ],
      },
      'test',
    );
    const plain = of(await positions(r, 'node=gov&year=2025'), 'non_heating_energy_per_m2');
    const energy = 186_000 + 24_286 - 15_000 * 0.31 - 18_000 * 1.2143;
    expect(plain.value).toBeCloseTo(energy / (12_000 - 300), 6);
    expect(plain.notes).toEqual([{ note: 'apart_without_area', what: 'machine_room' }]);
  });

  test('an own row takes the place of a shipped one, and faults in it are named', async () => {
    const r = await quotaRig(2025, ['gov-water']);
    const row = {
      standard: '本市用水定额',
      metric: 'water_per_person',
      types: ['organ'],
      regions: ['370600'],
      unit: 'm³/(p·a)',
      values: { constraint: 40, leading: 20 },
      source: { text: '市节水办〔2025〕1号', confidence: 'verified' },
    };
    put(r, 'quota', 'db37-4452.organ', row);
    expect(of(await positions(r, 'node=gov&year=2025'), 'water_per_person')).toMatchObject({
      quota: { standard: '本市用水定额', values: { constraint: 40, base: null, leading: 20 } },
      verdict: 'within_constraint',
    });
    expect(() => put(r, 'quota', 'x', { ...row, values: { constraint: 10, leading: 20 } })).toThrow(
      /leading/,
    );
    expect(() => put(r, 'quota', 'x', { ...row, scheme: 'db37-2672' })).toThrow(/scheme/);
    expect(() => put(r, 'quota', 'x', { ...row, metric: 'energy_per_person', unit: 'kgce/(p·a)' })).toThrow(
      /scheme/,
    );
    expect(() => put(r, 'quota', 'x', { ...row, unit: 'L' })).toThrow(/unit/);
  });

  test('a kitchen of its own: an exclusion with meters and an area, every fault of it named', async () => {
    const r = await quotaRig();
    const source = { text: '市定额办〔2025〕2号', confidence: 'verified' };
    // Of a node it is the floor area of the node.
    const kitchen = { what: 'kitchen', nodes: ['kitchen'], area: 'kitchen_area_m2' };
    const row = {
      standard: '本市能耗定额',
      metric: 'energy_per_m2',
      types: ['organ'],
      regions: ['370600'],
      unit: 'kgce/(m²·a)',
      scheme: 'db37-2672',
      values: { constraint: 20 },
      exclusions: [kitchen],
      source,
    };
    put(r, 'quota', 'kitchens', row);
    const found = of(await positions(r, 'node=gov&year=2025'), 'energy_per_m2');
    // Electricity, heat and petrol, and of 20,000 m³ of gas all but 18,000, over 12,000 − 300 m².
    const energy = 186_000 + 102_360 + 10_741.22 + 2000 * 1.2143;
    expect(found.value).toBeCloseTo(energy / 11_700, 6);
    // Its meters, and its area by an attribute of the institution, come to the same.
    const meters = { what: 'kitchen', meters_by: 'apart_meters', area: 'kitchen_area_m2' };
    put(r, 'quota', 'kitchens', { ...row, exclusions: [meters] });
    put(r, 'setting', 'apart_meters:gov', { name: 'apart_meters', node: 'gov', values: ['kitchen-gas'] });
    const bare = of(await positions(r, 'node=gov&year=2025'), 'energy_per_m2');
    expect(bare.notes).toContainEqual({ note: 'apart_without_area', what: 'kitchen' });
    const set = json('PUT', { values: [{ from: '2024-01-01', value: 300 }], recorded_by: '王' });
    expect((await r.app.request('/api/v1/nodes/gov/attributes/kitchen_area_m2', set)).status).toBe(200);
    const same = of(await positions(r, 'node=gov&year=2025'), 'energy_per_m2');
    expect(same.value).toBeCloseTo(found.value as number, 9);

    const quota = (exclusions: object[]) => () => put(r, 'quota', 'kitchens', { ...row, exclusions });
    expect(quota([kitchen, kitchen])).toThrow(/exclusions.*what.*twice/s);
    expect(quota([{ ...kitchen, area: 'people' }])).toThrow(/exclusions.*area/s);
    expect(quota([{ ...kitchen, nodes: ['nowhere'] }])).toThrow(/no node "nowhere"/);
    expect(quota([{ what: 'kitchen' }])).toThrow(/what is measured apart/);
    const setting = (name: string, values: string[]) => () =>
      put(r, 'setting', `${name}:gov`, { name, node: 'gov', values });
    expect(setting('apart_meters', ['tax-el'])).toThrow(/"tax-el" is not at or below "gov"/);
    expect(setting('apart_nodes', ['tax'])).toThrow(/"tax" is not at or below "gov"/);
    expect(setting('apart_nodes', ['gov'])).toThrow(/itself/);
    expect(setting('machine_room_meters', ['gov-gas'])).toThrow(/counts gas/);
  });
});
