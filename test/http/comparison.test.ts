import { expect, test } from 'vitest';
import { Comparison, Publicity } from '../../server/http/schemas/comparison.ts';
import { put, quotaRig } from './quota-estate.ts';

const OF_2025 = 'from=2025-01-01&to=2026-01-01';

test('institutions of one kind beside each other, with what makes a row unfair', async () => {
  const r = await quotaRig(2024, ['gov-el', 'tax-el', 'hospital-el'], { 'tax-el': 2 });
  const compared = async (query: string): Promise<Comparison> => {
    const { status, body } = await r.get(`/api/v1/comparison?node=city&${query}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    return Comparison.parse(body);
  };

  const each = await compared(`indicator=electricity_per_person&type=organ&${OF_2025}`);
  // 600,000 / 300 both years; 120,000 / 100 in 2024 and twice that in 2025.
  expect(
    each.rows.map((x) => [x.node, x.rank, x.value, x.previous.value, x.previous.rank, x.movement]),
  ).toEqual([
    ['gov', 1, 2000, 2000, 2, 1],
    ['tax', 2, 2400, 1200, 1, -1],
  ]);
  expect(each.rows[1]?.change).toBe(1);
  expect([each.previous_from, each.previous_to]).toEqual([
    '2024-01-01T00:00:00+08:00',
    '2025-01-01T00:00:00+08:00',
  ]);
  expect(each.quartiles).toBeNull();
  expect(each.kinds).toEqual([
    { type: 'organ', level: 'city', count: 2 },
    { type: 'health', level: 'hospital_2', count: 1 },
  ]);
  // 4,000 m² in 2024, 5,000 in 2025: by more than 10 %.
  expect(each.rows.map((x) => x.notes)).toEqual([[], [{ note: 'area_changed', what: 'floor_area_m2' }]]);

  // Without a type all of them; who has no area stands last and says so.
  const area = await compared(`indicator=energy_per_m2&${OF_2025}`);
  expect(area.scheme).toBe('national-statistics');
  expect(area.rows.map((x) => [x.node, x.rank])).toEqual([
    ['tax', 1],
    ['gov', 2],
    ['hospital', null],
  ]);
  // 240,000 × 0.1229 / 5,000 and 600,000 × 0.1229 / 12,000
  expect(area.rows[0]?.value).toBeCloseTo(48 * 0.1229, 9);
  expect(area.rows[1]?.value).toBeCloseTo(50 * 0.1229, 9);
  expect(area.rows[2]?.lacks).toContainEqual({ reason: 'no_attribute', what: 'floor_area_m2' });

  // All in one scheme, and who is usually told in another one is marked.
  put(r, 'setting', 'scheme:gov', { name: 'scheme', node: 'gov', values: ['db37-2672'] });
  const mixed = await compared(`indicator=energy_per_m2&type=organ&${OF_2025}`);
  expect(mixed.rows[1]?.value).toBeCloseTo(50 * 0.1229, 9);
  expect(mixed.rows[1]?.notes).toContainEqual({ note: 'other_scheme', what: 'db37-2672' });
  const local = await compared(`indicator=energy_per_m2&type=organ&scheme=db37-2672&${OF_2025}`);
  expect(local.rows[1]?.value).toBeCloseTo(50 * 0.31, 9);
  expect((await r.get(`/api/v1/comparison?node=city&indicator=energy&scheme=x&${OF_2025}`)).status).toBe(400);
});

test('what is shown to anybody: energy, carriers, target and quota against last year, and no person', async () => {
  const r = await quotaRig(2024, ['gov-el', 'gov-water', 'tax-el'], { 'gov-el': 0.9 });
  const shown = async (query: string): Promise<Publicity> => {
    const { status, body } = await r.get(`/api/v1/publicity?${query}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    return Publicity.parse(body);
  };
  put(r, 'target', 'gov-el', {
    node: 'gov',
    indicator: 'electricity_per_m2',
    base_year: 2024,
    end_year: 2026,
    path: { kind: 'linear', reduction: 0.1 },
  });
  const page = await shown('node=gov&year=2025');
  expect(page).toMatchObject({
    name: '市行政中心',
    kind: 'institution',
    running: false,
    floor_area_m2: 12_000,
    people: 300,
    institutions: 0,
    to: '2026-01-01T00:00:00+08:00',
  });
  const figure = (id: string): unknown => {
    const f = page.figures.find((x) => x.indicator === id);
    return f && [f.value, f.last_year, f.unit, f.scheme];
  };
  // 540,000 kWh of 600,000 the year before, × 0.1229
  expect(figure('energy')).toEqual([
    expect.closeTo(66_366, 6),
    expect.closeTo(73_740, 6),
    'kgce',
    'national-statistics',
  ]);
  expect(figure('electricity_per_m2')).toEqual([45, 50, 'kWh/m²', null]);
  expect(figure('water_per_person')).toEqual([26, 26, 'm³/p', null]);
  const el = page.carriers.find((x) => x.carrier === 'electricity');
  expect(el).toMatchObject({ value: 540_000, last_year: 600_000, unit: 'kWh', completeness: 1 });
  expect(el?.change).toBeCloseTo(-0.1, 12);
  // 50 × (1 − 0.1 × 1/2) = 47.5; 45 is 5.3 % below.
  expect(page.targets).toEqual([
    expect.objectContaining({
      indicator: 'electricity_per_m2',
      base_year: 2024,
      base: 50,
      target: 47.5,
      value: 45,
    }),
  ]);
  expect(page.targets[0]?.gap).toBeCloseTo(45 / 47.5 - 1, 12);
  expect(page.quotas.find((q) => q.metric === 'water_per_person')).toMatchObject({
    value: 26,
    verdict: 'above_constraint',
    confidence: 'verified',
  });
  expect(JSON.stringify(page)).not.toContain('test');

  // A running year: up to the last full hour, the target not held against a part of it, quotas of 12 months.
  const now = await shown('node=gov&year=2026');
  expect(now).toMatchObject({
    running: true,
    to: '2026-11-18T12:00:00+08:00',
    quotas_to: '2026-11-01T00:00:00+08:00',
  });
  expect(now.targets).toEqual([expect.objectContaining({ target: 45, value: null, gap: null })]);

  const city = await shown('node=city&year=2025');
  expect(city).toMatchObject({ institutions: 3, quotas: [], floor_area_m2: null });
  // The hospital has meters and no area: no sum is made of the others.
  expect(city.figures.find((x) => x.indicator === 'energy_per_m2')).toMatchObject({
    value: null,
    lacks: expect.arrayContaining([{ reason: 'no_attribute', what: 'floor_area_m2', node: 'hospital' }]),
  });
  expect((await r.get('/api/v1/publicity?node=gov&year=2027')).status).toBe(400);
});
