import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divide, restOf } from '../../server/domain/split.ts';
import { reductionOf, type TargetPath, targetValue, targetValues } from '../../server/domain/target.ts';

const over = (path: TargetPath) => ({ baseYear: 2020, endYear: 2025, path });
const digits = (path: TargetPath, base: number, n: number): string[] =>
  targetValues(over(path), base).map((y) => `${y.year} ${y.value?.toFixed(n)}`);

/** National values of 2020 and the reductions of the 十四五 plan for public institutions. */
const KGCE_PER_M2 = 18.48;
const KGCE_PER_PERSON = 329.56;
const M3_PER_PERSON = 21.53;
const KGCO2_PER_M2 = 40;

test('energy per m² −5 %, linear: a hundredth of the base each year', () => {
  // 18.48 × 0.01 = 0.1848 a year
  expect(digits({ kind: 'linear', reduction: 0.05 }, KGCE_PER_M2, 4)).toEqual([
    '2021 18.2952',
    '2022 18.1104',
    '2023 17.9256',
    '2024 17.7408',
    '2025 17.5560',
  ]);
});

test('energy per m² −5 %, compound: the same share of the year before', () => {
  // 0.95^(1/5) = 0.98979378…; 18.48 × 0.98979378 = 18.2914
  expect(digits({ kind: 'compound', reduction: 0.05 }, KGCE_PER_M2, 4)).toEqual([
    '2021 18.2914',
    '2022 18.1047',
    '2023 17.9199',
    '2024 17.7370',
    '2025 17.5560',
  ]);
});

test('energy and water per person −6 %, linear: 1.2 % of the base each year', () => {
  // 329.56 × 0.012 = 3.95472
  expect(digits({ kind: 'linear', reduction: 0.06 }, KGCE_PER_PERSON, 5)).toEqual([
    '2021 325.60528',
    '2022 321.65056',
    '2023 317.69584',
    '2024 313.74112',
    '2025 309.78640',
  ]);
  // 21.53 × 0.012 = 0.25836
  expect(digits({ kind: 'linear', reduction: 0.06 }, M3_PER_PERSON, 5)).toEqual([
    '2021 21.27164',
    '2022 21.01328',
    '2023 20.75492',
    '2024 20.49656',
    '2025 20.23820',
  ]);
});

test('energy and water per person −6 %, compound', () => {
  // 0.94^(1/5) = 0.98770118
  expect(digits({ kind: 'compound', reduction: 0.06 }, KGCE_PER_PERSON, 3)).toEqual([
    '2021 325.507',
    '2022 321.503',
    '2023 317.549',
    '2024 313.644',
    '2025 309.786',
  ]);
  expect(digits({ kind: 'compound', reduction: 0.06 }, M3_PER_PERSON, 4)).toEqual([
    '2021 21.2652',
    '2022 21.0037',
    '2023 20.7453',
    '2024 20.4902',
    '2025 20.2382',
  ]);
});

test('CO₂ per m² −7 %, both kinds', () => {
  // 40 × 0.014 = 0.56 a year
  expect(digits({ kind: 'linear', reduction: 0.07 }, KGCO2_PER_M2, 2)).toEqual([
    '2021 39.44',
    '2022 38.88',
    '2023 38.32',
    '2024 37.76',
    '2025 37.20',
  ]);
  // 0.93^(1/5) = 0.98559071
  expect(digits({ kind: 'compound', reduction: 0.07 }, KGCO2_PER_M2, 3)).toEqual([
    '2021 39.424',
    '2022 38.856',
    '2023 38.296',
    '2024 37.744',
    '2025 37.200',
  ]);
});

test('values per year hold until the next one; outside the years, and without a base, there is none', () => {
  const values = over({
    kind: 'values',
    values: [
      { year: 2021, value: 9 },
      { year: 2024, value: 7 },
    ],
  });
  expect([2020, 2021, 2023, 2024, 2025, 2026].map((y) => targetValue(values, null, y))).toEqual([
    null,
    9,
    9,
    7,
    7,
    null,
  ]);
  expect(targetValue(over({ kind: 'linear', reduction: 0.1 }), null, 2022)).toBeNull();
  expect([reductionOf(200, 190), reductionOf(0, 1), reductionOf(null, 1)]).toEqual([0.05, null, null]);
});

test('a path with a reduction never rises, and both kinds end at the same value', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (base, reduction) => {
        const ends = (['linear', 'compound'] as const).map((kind) => {
          const values = targetValues(over({ kind, reduction }), base).map((y) => y.value as number);
          expect(values).toHaveLength(5);
          for (let i = 1; i < 5; i++)
            expect(values[i]).toBeLessThanOrEqual((values[i - 1] as number) * (1 + 1e-12));
          return values[4] as number;
        });
        expect(Math.abs((ends[0] as number) - (ends[1] as number))).toBeLessThan(base * 1e-12);
      },
    ),
  );
});

test('largest remainders: 100 in thirds is 34 + 33 + 33', () => {
  expect(divide(100, [1, 1, 1], 1)).toEqual({ parts: [34, 33, 33], remainder: 0 });
  // 10 by 5 : 3 : 1 = 5.55… + 3.33… + 1.11…; whole 5 + 3 + 1, the one left goes to .55…
  expect(divide(10, [5, 3, 1], 1)).toEqual({ parts: [6, 3, 1], remainder: 0 });
  expect(divide(0.7, [1, 1], 0.1)).toEqual({ parts: [0.4, 0.3], remainder: 0 });
});

test('what the resolution cannot hold, and what nobody gets, is the remainder', () => {
  expect(divide(100.4, [1, 1], 1)).toEqual({ parts: [50, 50], remainder: 100.4 - 100 });
  expect(divide(7, [null, null], 1)).toEqual({ parts: [null, null], remainder: 7 });
  expect(divide(7, [null, 2, 0], 1)).toEqual({ parts: [null, 7, 0], remainder: 0 });
  expect(restOf(100, [60, 50])).toBe(-10);
  expect(() => divide(-1, [1], 1)).toThrow('below 0');
  expect(() => divide(1e12, [1], 1e-6)).toThrow('too fine');
});

test('parts add up to the whole steps of a quantity, each within a step of its share', () => {
  const weights = fc.array(fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 1_000_000 })), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e10 }), weights, fc.constantFrom(1, 0.01), (n, of, step) => {
      const quantity = step === 1 ? n : n / 100;
      const { parts, remainder } = divide(quantity, of, step);
      const sum = of.reduce<number>((a, w) => a + (w ?? 0), 0);
      if (sum === 0) {
        expect(remainder).toBe(quantity);
        return;
      }
      // In whole steps, so that nothing is hidden in the last digits.
      const steps = parts.map((p) => (p === null ? 0 : Math.round(p / step)));
      expect(steps.reduce((a, b) => a + b, 0)).toBe(Math.round(quantity / step));
      expect(remainder).toBe(0);
      parts.forEach((p, i) => {
        const w = of[i] ?? null;
        if (w === null) expect(p).toBeNull();
        else
          expect(Math.abs((steps[i] as number) - (quantity / step) * (w / sum))).toBeLessThanOrEqual(
            1 + 1e-5,
          );
      });
    }),
  );
});
