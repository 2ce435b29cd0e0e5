import { describe, expect, test } from 'vitest';
import { BUILTIN_FACTORS, factorRegion } from '../../server/domain/builtin-factors.ts';
import { BUILTIN_SCHEMES } from '../../server/domain/builtin-schemes.ts';
import type { Carrier } from '../../server/domain/meter.ts';
import {
  coefficientAt,
  countsAsEnergy,
  factorFor,
  isInForce,
  kgCo2Per,
  kgcePer,
  type Scheme,
  unitsPer,
} from '../../server/domain/scheme.ts';

const scheme = (id: string): Scheme => BUILTIN_SCHEMES.find((s) => s.id === id) as Scheme;
const national = scheme('national-statistics');
const shandong = scheme('db37-2672');
const per = (of: Scheme, carrier: Carrier, unit: string): number | null => {
  const c = coefficientAt(of, carrier, '2026-01-01');
  return c && kgcePer(c, unit);
};

describe('Chongqing 2015: 《重庆市公共机构节能“十三五”规划》 prints amounts, tce of each kind and their sum', () => {
  // 63.81 亿 kWh × 0.1229 = 78.42249: the plan prints 78.41, one below what its own amount gives.
  const KINDS: [carrier: Carrier, amount: number, unit: string, tce: string, printed: number][] = [
    ['electricity', 63.81e8, 'kWh', '78.42', 78.41],
    ['coal', 5.47e4, 't', '3.91', 3.91], // 5.47 × 0.7143 = 3.907221
    ['gas', 14_482.41e4, 'm³', '19.26', 19.26], // 14482.41 × 1.33 = 19.2616053
    ['gasoline', 7_927.99e4, 'L', '8.52', 8.52], // 7927.99 × 0.73 × 1.4714 = 8.5156…
    ['diesel', 506.81e4, 'L', '0.63', 0.63], // 506.81 × 0.85 × 1.4571 = 0.6277…
    ['other', 176.32, 'tce', '0.02', 0.02], // 0.017632
  ];
  /** 万 tce */
  const tce = (carrier: Carrier, amount: number, unit: string): number =>
    (amount * (per(national, carrier, unit) as number)) / 1000 / 1e4;

  test.each(KINDS)('%s: %d %s are %s 万 tce', (carrier, amount, unit, expected, printed) => {
    expect(tce(carrier, amount, unit).toFixed(2)).toBe(expected);
    expect(Math.abs(Number(expected) - printed)).toBeLessThan(0.0101);
  });

  test('electricity alone is a hundredth off what is printed: 78.41 is an amount of 63.81 that was cut, not rounded', () => {
    // Amounts from 63.805 to 63.815 亿 kWh are printed as 63.81; those below 78.42 / 0.1229 = 63.808 give 78.41….
    const least = tce('electricity', 63.805e8, 'kWh');
    expect(least).toBeCloseTo(78.416_345, 9);
    expect(Math.floor(least * 100) / 100).toBe(78.41);
    // Rounded, as the other kinds are, none of them does.
    expect(least.toFixed(2)).toBe('78.42');
  });

  test('the kinds add up to 110.75 万 tce, and water is none of them', () => {
    // 78.41 + 3.91 + 19.26 + 8.52 + 0.63 + 0.02
    expect(KINDS.reduce((sum, [, , , , printed]) => sum + printed, 0).toFixed(2)).toBe('110.75');
    // 78.42249 + 3.907221 + 19.2616053 + 8.5156… + 0.6277… + 0.017632 = 110.7522…
    const total = KINDS.reduce((sum, [carrier, amount, unit]) => sum + tce(carrier, amount, unit), 0);
    expect(total.toFixed(2)).toBe('110.75');
    // 1.39 亿 t of water × 0.2571 kgce/t would be 3.57 万 tce more.
    expect(countsAsEnergy(national, 'water')).toBe(false);
    expect(coefficientAt(national, 'water', '2015-01-01')).toBeNull();
  });
});

describe('schemes', () => {
  test('the same consumption in two schemes: 1,000 kWh and 100 m³', () => {
    // 1000 × 0.1229 + 100 × 1.33 = 255.9; 1000 × 0.31 + 100 × 1.2143 = 431.43
    const of = (s: Scheme): number =>
      1000 * (per(s, 'electricity', 'kWh') ?? 0) + 100 * (per(s, 'gas', 'm³') ?? 0);
    expect(of(national)).toBeCloseTo(255.9, 9);
    expect(of(shandong)).toBeCloseTo(431.43, 9);
  });

  test('heat is the same in GJ, MJ and kWh: 34.12 kgce/GJ, not a thousandth of it', () => {
    expect(per(national, 'heat', 'MJ')).toBe(0.03412);
    expect(per(national, 'heat', 'GJ')).toBeCloseTo(34.12, 12);
    expect(per(national, 'heat', 'kWh')).toBeCloseTo(0.122_832, 12); // 3.6 MJ × 0.03412
  });

  test('what has no coefficient, or another dimension, has none made up', () => {
    expect(coefficientAt(national, 'cooling', '2026-01-01')).toBeNull();
    expect(per(national, 'gas', 'kWh')).toBeNull();
    expect(per(national, 'lpg', 'L')).toBeNull();
    expect(per(national, 'other', 'kWh')).toBeNull();
    expect(unitsPer('L', 'kg', null)).toBeNull();
  });

  test('a coefficient holds from its month on, and before it the one before', () => {
    const own: Scheme = {
      ...national,
      coefficients: [
        ...national.coefficients,
        { ...(national.coefficients[0] as Scheme['coefficients'][number]), kgce: 0.12, from: '2027-01-01' },
      ],
    };
    expect(coefficientAt(own, 'electricity', '2026-12-01')?.kgce).toBe(0.1229);
    expect(coefficientAt(own, 'electricity', '2027-01-01')?.kgce).toBe(0.12);
    expect(coefficientAt(own, 'electricity', '2030-06-01')?.kgce).toBe(0.12);
    expect(isInForce({ ...own, from: '2026-01-01', to: '2027-01-01' }, '2027-01-01')).toBe(false);
    expect(isInForce({ ...own, from: '2026-01-01', to: '2027-01-01' }, '2026-12-31')).toBe(true);
  });

  test.each([
    ['MWh', 'kWh', null, 1000],
    ['Wh', 'kWh', null, 0.001],
    ['GJ', 'kWh', null, 277.777_777_777_778],
    ['t', 'kg', null, 1000],
    ['L', 'm³', null, 0.001],
    ['L', 'kg', 0.73, 0.73],
    ['m³', 't', 0.85, 0.85],
    ['t', 'L', 0.8, 1250],
    ['tce', 'kgce', null, 1000],
  ])('1 %s is so many %s (%s kg/L): %d', (from, to, density, expected) => {
    expect(unitsPer(from, to, density)).toBeCloseTo(expected, 12);
    expect(unitsPer(to, from, density)).toBeCloseTo(1 / expected, 12);
  });
});

describe('emission factors', () => {
  const of = (year: number, region: string | null, series = 'mee-average'): number | undefined =>
    factorFor(BUILTIN_FACTORS, { carrier: 'electricity', year, region, series })?.kgCo2;

  test('of the nation and of provinces, by year', () => {
    expect([of(2022, 'national'), of(2023, 'national')]).toEqual([0.5366, 0.5306]);
    expect([of(2022, '320000'), of(2023, '320000')]).toEqual([0.5978, 0.5827]);
    expect([of(2022, '330000'), of(2023, '330000')]).toEqual([0.5153, 0.4974]);
    expect([of(2022, '620000'), of(2023, '620000')]).toEqual([0.4772, 0.4471]);
    expect(of(2023, 'southwest')).toBe(0.2472);
  });

  test('a year without one takes the last before it, never a later one', () => {
    expect(of(2026, 'national')).toBe(0.5306);
    expect(of(2020, 'national')).toBeUndefined();
    expect(of(2022, 'east')).toBeUndefined();
  });

  test('series stay apart, and 西藏 has none', () => {
    expect(of(2023, 'national', 'mee-fossil')).toBe(0.8273);
    expect(of(2023, 'national', 'ets-grid')).toBe(0.5703);
    expect(of(2026, '540000')).toBeUndefined();
    expect(factorRegion('province', '540100')).toBe('540000');
  });

  test('fuels have one for every place and year, in units as they are metered', () => {
    const kgCo2 = (carrier: Carrier, unit: string): number | null => {
      const f = factorFor(BUILTIN_FACTORS, {
        carrier,
        year: 2019,
        region: 'national',
        series: 'mee-average',
      });
      return f && kgCo2Per(f, unit);
    };
    expect(kgCo2('gas', 'm³')).toBe(2.1622);
    expect(kgCo2('heat', 'GJ')).toBe(110);
    expect(kgCo2('gasoline', 'L')).toBeCloseTo(2.135_323, 9); // 2.9251 × 0.73
    expect(kgCo2('coal', 't')).toBeNull();
  });

  test('a node in 南京 has the factor of 江苏, or of the grid in the east', () => {
    expect(factorRegion('national', null)).toBe('national');
    expect(factorRegion('province', '320100')).toBe('320000');
    expect(factorRegion('grid', '320100')).toBe('east');
    expect(factorRegion('grid', null)).toBeNull();
    expect(factorRegion('province', null)).toBeNull();
  });

  test('all 30 provinces have both years, each id once', () => {
    const provinces = BUILTIN_FACTORS.filter((f) => /^\d{6}$/.test(f.region ?? ''));
    expect(provinces).toHaveLength(60);
    expect(new Set(BUILTIN_FACTORS.map((f) => f.id)).size).toBe(BUILTIN_FACTORS.length);
  });
});
