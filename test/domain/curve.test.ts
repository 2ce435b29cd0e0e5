import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayShares, monthShares, shareUpTo } from '../../server/domain/curve.ts';
import { verdictOf } from '../../server/domain/verdict.ts';
import { waterfall } from '../../server/domain/waterfall.ts';

test('month shares are the mean of the years, whatever their size', () => {
  const flat = new Array<number>(12).fill(1);
  const july = [0, 0, 0, 0, 0, 0, 500, 0, 0, 0, 0, 0];
  const shares = monthShares([flat, july]) as number[];
  // (1/12 + 0) / 2 and (1/12 + 1) / 2
  expect(shares[0]).toBeCloseTo(1 / 24, 12);
  expect(shares[6]).toBeCloseTo(13 / 24, 12);
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  expect(monthShares([])).toBeNull();
  expect(monthShares([new Array<number>(12).fill(0)])).toBeNull();
});

test('without history a day is a day', () => {
  const shares = dayShares(2026);
  expect(shares[0]).toBeCloseTo(31 / 365, 12);
  // 31 + 28 + 10 days of 365
  expect(shareUpTo(shares, 2026, 2, 10)).toBeCloseTo(69 / 365, 12);
  expect(shareUpTo(shares, 2026, 11, 31)).toBeCloseTo(1, 12);
  expect(dayShares(2024)[1]).toBeCloseTo(29 / 366, 12);
});

test('the curve never falls', () => {
  const months = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(months, { minLength: 1, maxLength: 3 }), (years) => {
      const shares = monthShares(years);
      if (!shares) return;
      let before = 0;
      for (let m = 0; m < 12; m++) {
        for (const days of [1, 15, 28]) {
          const at = shareUpTo(shares, 2026, m, days);
          expect(at).toBeGreaterThanOrEqual(before - 1e-12);
          before = at;
        }
      }
      expect(before).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

test('a verdict weighs the forecast with its error', () => {
  const forecast = (total: number, margin: number | null) => ({
    total,
    low: margin === null ? null : total - margin,
    high: margin === null ? null : total + margin,
  });
  const verdicts = [
    verdictOf(100, 50, forecast(90, 5)),
    verdictOf(100, 50, forecast(98, 5)),
    verdictOf(100, 50, forecast(103, 5)),
    verdictOf(100, 50, forecast(120, 5)),
    verdictOf(100, 101, forecast(120, 5)),
    verdictOf(100, 50, forecast(90, null)),
    verdictOf(100, 50, forecast(110, null)),
    verdictOf(null, 50, forecast(90, 5)),
    verdictOf(100, 50, null),
    // Of 80 % of the year so far nobody can say that the target is kept, only that it is not.
    verdictOf(100, 50, forecast(90, 5), 0.8),
    verdictOf(100, 50, forecast(120, 5), 0.8),
    verdictOf(100, 101, forecast(120, 5), 0.8),
  ];
  expect(verdicts).toEqual([
    'on_track',
    'likely',
    'unlikely',
    'off_track',
    'passed',
    'likely',
    'unlikely',
    'unknown',
    'unknown',
    'unknown',
    'off_track',
    'passed',
  ]);
});

test('a waterfall of kgce per person: heads, weather, days and the rest', () => {
  const told = waterfall(
    { quantity: 1000, denominator: 10 },
    { quantity: 1080, denominator: 12 },
    { weather: 60, workingDays: -12, completeness: 24 },
  );
  // 1080/12 − 1000/10 = 90 − 100; 1000/12 − 100 = −16.666667; 60/12 = 5; −12/12 = −1; 24/12 = 2
  expect(told).toEqual({
    last: 100,
    now: 90,
    difference: -10,
    parts: { weather: 5, working_days: -1, completeness: 2, denominator: -16.666667, rest: 0.666667 },
  });
});

test('the parts of a waterfall add up to the difference, to the last millionth', () => {
  const q = fc.double({ min: 0, max: 1e7, noNaN: true });
  const d = fc.double({ min: 0.5, max: 1e5, noNaN: true });
  const cause = fc.oneof(fc.constant(null), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(q, d, q, d, cause, cause, (q0, d0, q1, d1, weather, workingDays) => {
      const told = waterfall(
        { quantity: q0, denominator: d0 },
        { quantity: q1, denominator: d1 },
        { weather, workingDays, completeness: 0 },
      );
      const micro = (n: number | null): number => Math.round((n ?? 0) * 1e6);
      const sum = Object.values(told.parts).reduce<number>((a, p) => a + micro(p), 0);
      expect(sum).toBe(micro(told.difference));
      expect(micro(told.now) - micro(told.last)).toBe(micro(told.difference));
      if (weather === null) expect(told.parts.weather).toBeNull();
    }),
  );
});
