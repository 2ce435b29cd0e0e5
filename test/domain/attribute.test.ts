import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dateOf, firstInstant, meanOver } from '../../server/domain/attribute.ts';
import { DAY_MS, Zone } from '../../server/domain/time.ts';

const zone = new Zone('Asia/Shanghai');
const day = (d: string): number => firstInstant(zone, d);
const people = [
  { from: '2024-01-01', value: 1850 },
  { from: '2026-03-01', value: 1790 },
];

test('a period in which nothing changes has the value itself', () => {
  expect(meanOver(people, zone, day('2025-01-01'), day('2026-01-01'))).toEqual({ value: 1850, set: 1 });
  expect(meanOver(people, zone, day('2026-03-01'), day('2026-04-01'))).toEqual({ value: 1790, set: 1 });
});

test('a change inside is weighted by days: (59 × 1850 + 306 × 1790) / 365', () => {
  const { value, set } = meanOver(people, zone, day('2026-01-01'), day('2027-01-01'));
  expect(value).toBeCloseTo((59 * 1850 + 306 * 1790) / 365, 9);
  expect(set).toBe(1);
});

test('set for a part only: the mean of that part, and how long it is', () => {
  // 2023-12-31 is unset, 2024-01-01 to 2024-01-09 have 1850: 9 of 10 days.
  expect(meanOver(people, zone, day('2023-12-31'), day('2024-01-10'))).toEqual({ value: 1850, set: 0.9 });
  expect(meanOver(people, zone, day('2023-01-01'), day('2024-01-01'))).toEqual({ value: null, set: 0 });
  expect(meanOver([], zone, day('2026-01-01'), day('2027-01-01'))).toEqual({ value: null, set: 0 });
});

test('what is set from a later day on changes no period before it', () => {
  const at = day('2020-01-01');
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 2999 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 1e6 }),
      (days, end, length, later) => {
        const values = days
          .sort((a, b) => a - b)
          .map((d) => ({ from: dateOf(zone, at + d * DAY_MS), value: (d * 7919) % 1000 }));
        const [from, to] = [at + (end - length) * DAY_MS, at + end * DAY_MS];
        const before = meanOver(values, zone, from, to);
        const kept = values.filter((v) => day(v.from) < to);
        const after = meanOver([...kept, { from: dateOf(zone, to), value: later }], zone, from, to);
        expect(after).toEqual(before);
      },
    ),
  );
});
