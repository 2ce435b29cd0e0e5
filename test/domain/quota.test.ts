import { describe, expect, test } from 'vitest';
import { BUILTIN_QUOTAS } from '../../server/domain/builtin-quotas.ts';
import { type Classification, UNCLASSIFIED } from '../../server/domain/classification.ts';
import { chooseQuota, isWithin, METRIC_RULES, type Metric, type Quota } from '../../server/domain/quota.ts';

const YANTAI: Classification = { type: 'organ', level: 'city', zone: 'cold_a', region: '370600' };

function choose(
  of: Partial<Classification>,
  metric: Metric,
  byHand: string | null = null,
  on = '2026-06-01',
) {
  return chooseQuota(BUILTIN_QUOTAS, metric, { ...UNCLASSIFIED, ...of }, on, byHand);
}
const values = (chosen: ReturnType<typeof choose>): unknown =>
  chosen.state === 'chosen' ? Object.values(chosen.quota.values) : chosen.state;

describe('the row that holds', () => {
  test('is decided by type, level, zone and region', () => {
    expect(values(choose(YANTAI, 'non_heating_energy_per_m2'))).toEqual([21.9, 14.9, 7.2]);
    expect(values(choose({ ...YANTAI, zone: 'cold_b' }, 'non_heating_energy_per_m2'))).toEqual([
      22.3, 15.6, 8.1,
    ]);
    expect(values(choose({ ...YANTAI, level: 'county' }, 'energy_per_person'))).toEqual([1197.8, 781, 453.7]);
    // 市级以下 goes down to the township.
    expect(values(choose({ ...YANTAI, level: 'township' }, 'regular_electricity_per_m2'))).toEqual([
      67.4, 39.5, 20,
    ]);
    expect(values(choose(YANTAI, 'water_per_person'))).toEqual([25, null, 10]);
    expect(values(choose(YANTAI, 'eue'))).toEqual([2.2, 1.8, 1.4]);
    const hospital = { ...YANTAI, type: 'health', level: 'hospital_2' } as const;
    expect(values(choose(hospital, 'energy_per_person'))).toEqual([907.4, 556.9, 428.3]);
  });

  test('is none where no row fits: the standard has none for provincial organs in zone A, nor for another province', () => {
    expect(choose({ ...YANTAI, level: 'province' }, 'energy_per_person')).toEqual({ state: 'none' });
    expect(choose({ ...YANTAI, region: '320100' }, 'energy_per_person')).toEqual({ state: 'none' });
    expect(choose({ ...YANTAI, type: 'education' }, 'energy_per_person')).toEqual({ state: 'none' });
  });

  test('is not guessed where the classification is not whole, not even where one row is left', () => {
    const unzoned = choose({ ...YANTAI, zone: null }, 'energy_per_person');
    expect(unzoned).toMatchObject({ state: 'unclassified', missing: ['zone'] });
    expect(unzoned.state === 'unclassified' && unzoned.candidates.map((q) => q.id)).toEqual([
      'db37-2672.3.city-a',
      'db37-2672.3.city-b',
    ]);
    expect(choose({ ...YANTAI, level: 'province', zone: null }, 'energy_per_person')).toMatchObject({
      state: 'unclassified',
      missing: ['zone'],
      candidates: [{ id: 'db37-2672.3.province-b' }],
    });
    expect(choose({}, 'water_per_person')).toMatchObject({
      state: 'unclassified',
      missing: ['type', 'region'],
    });
  });

  test('is a choice of a person where several fit', () => {
    const heat = choose(YANTAI, 'heating_energy_per_m2');
    expect(heat.state === 'several' && heat.candidates.map((q) => q.variant)).toEqual([
      'district_heat',
      'air_conditioning',
      'gas_or_oil',
    ]);
    const chosen = choose(YANTAI, 'heating_energy_per_m2', 'db37-2672.2.district_heat');
    expect(chosen).toMatchObject({ state: 'chosen', byHand: true, misfits: [] });
    expect(values(chosen)).toEqual([12.7, 11.1, 8.3]);
    // A choice against the classification stands, and says so.
    expect(choose(YANTAI, 'energy_per_person', 'db37-2672.3.county-b')).toMatchObject({
      state: 'chosen',
      misfits: ['level', 'zone'],
    });
    expect(choose(YANTAI, 'energy_per_person', 'gone')).toEqual({ state: 'lost', id: 'gone' });
  });

  test('holds from its first day until the day before its last', () => {
    const [row] = BUILTIN_QUOTAS as [Quota];
    const old = { ...row, id: 'old', to: '2026-01-01' };
    const next = { ...row, id: 'new', from: '2026-01-01' };
    const provincial = { type: 'organ', level: 'province', zone: 'cold_b', region: '370000' } as const;
    const on = (day: string) => chooseQuota([old, next], row.metric, provincial, day, null);
    expect(on('2025-12-31')).toMatchObject({ state: 'chosen', quota: { id: 'old' } });
    expect(on('2026-01-01')).toMatchObject({ state: 'chosen', quota: { id: 'new' } });
  });
});

test('a place is in its county, city and province', () => {
  expect(isWithin('370602', '370000')).toBe(true);
  expect(isWithin('370602', '370600')).toBe(true);
  expect(isWithin('370602', '370602')).toBe(true);
  expect(isWithin('370000', '370600')).toBe(false);
  expect(isWithin('320602', '370000')).toBe(false);
});

describe('what is shipped', () => {
  test('is in order, in the unit of its metric, with a source, and nothing from memory is given out as sure', () => {
    expect(new Set(BUILTIN_QUOTAS.map((q) => q.id)).size).toBe(BUILTIN_QUOTAS.length);
    for (const q of BUILTIN_QUOTAS) {
      const { constraint, base, leading } = q.values;
      expect(constraint, q.id).toBeGreaterThan(base ?? 0);
      expect(base ?? constraint, q.id).toBeGreaterThan(leading ?? 0);
      expect(q.unit).toBe(METRIC_RULES[q.metric].unit);
      expect(q.scheme === null, q.id).toBe(METRIC_RULES[q.metric].of !== 'energy');
      expect(q.source.text).toContain(q.standard);
      if (q.standard.startsWith('GB/T 51161')) expect(q.source.confidence).toBe('unconfirmed');
    }
    const sure = BUILTIN_QUOTAS.filter((q) => q.source.confidence === 'verified');
    // 5 × 3 rows by level, 3 of heating, EUE, water; of hospitals the 3 rows of 二级 A.
    expect(sure).toHaveLength(5 * 3 + 3 + 1 + 1 + 3);
  });
});
