import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedALot, changeOf, quartileOf, quartilesOf, ranksOf } from '../../server/domain/comparison.ts';

test('quarter points lie between the ordered values', () => {
  expect(quartilesOf([30, 10, 20])).toBeNull();
  // Places 0.75, 1.5 and 2.25 of 10, 20, 30, 50.
  expect(quartilesOf([50, 10, 30, 20])).toEqual({ q1: 17.5, median: 25, q3: 35 });
  expect(quartilesOf([1, 2, 3, 4, 5])).toEqual({ q1: 2, median: 3, q3: 4 });
});

test('a value on a quarter point belongs to the better quarter', () => {
  const quartiles = { q1: 2, median: 3, q3: 4 };
  expect([1, 2, 2.1, 3, 4, 4.1].map((v) => quartileOf(quartiles, v))).toEqual([1, 1, 2, 2, 3, 4]);
  expect(quartileOf(null, 1)).toBeNull();
});

test('equal values share a rank; what is not known has none', () => {
  expect(ranksOf([5, null, 3, 5, 8])).toEqual([2, null, 1, 2, 4]);
  expect(ranksOf([null])).toEqual([null]);
});

test('ranks follow the values whatever their order, and at most half of them are in the better half', () => {
  const value = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: null });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), (values) => {
      const ranks = ranksOf(values);
      const known = values.flatMap((v) => v ?? []);
      for (const [i, v] of values.entries()) {
        const better = known.filter((o) => v !== null && o < v).length;
        expect(ranks[i]).toBe(v === null ? null : better + 1);
      }
      const quartiles = quartilesOf(known);
      if (!quartiles) return;
      expect(quartiles.q1).toBeLessThanOrEqual(quartiles.median);
      expect(quartiles.median).toBeLessThanOrEqual(quartiles.q3);
      expect(known.filter((v) => v < quartiles.median).length * 2).toBeLessThanOrEqual(known.length);
      expect(known.filter((v) => v > quartiles.median).length * 2).toBeLessThanOrEqual(known.length);
    }),
  );
});

test('changes are shares of what was; by a tenth is still fair', () => {
  expect(changeOf(90, 100)).toBeCloseTo(-0.1, 12);
  expect([changeOf(1, 0), changeOf(null, 1), changeOf(1, null)]).toEqual([null, null, null]);
  expect([changedALot(110, 100), changedALot(1.1, 1), changedALot(111, 100), changedALot(89, 100)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(changedALot(null, 100)).toBe(false);
});
