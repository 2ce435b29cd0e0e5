import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { estate, meter } from '../support/estate.ts';
import { reference, rig } from './rig.ts';

const HOUR = 3_600_000;
const NEW_YEAR = Date.parse('2026-01-01T00:00:00+08:00');

function hourly(count: number, from = NEW_YEAR, step = HOUR): Reading[] {
  return Array.from({ length: count }, (_, i) => ({ meter: 1, time: from + i * step, value: 7, flags: 0 }));
}

function rollupsOf(state: unknown): unknown {
  const { readings: _, ...rollups } = state as Record<string, unknown>;
  return rollups;
}

describe('late readings of an interval register', () => {
  const hours = meter({ register: 'interval', intervalS: 3600 });

  test('a year that comes after today, in one hand-over, has no month left out', async () => {
    const of = estate([hours]);
    const { feed, state } = await rig(of);
    const year = hourly(8760);
    const today: Reading = { meter: 1, time: NEW_YEAR + 8760 * HOUR, value: 3, flags: 0 };
    await feed([today]);
    await feed(year);
    expect(rollupsOf(await state())).toEqual(reference(of, [...year, today]));
  });

  test('months that follow a late reading in one hand-over are all there', async () => {
    const of = estate([hours]);
    const { feed, state } = await rig(of);
    const all = hourly(3000);
    const missing = all[98] as Reading;
    await feed(all.slice(0, 100).filter((r) => r !== missing));
    await feed([missing, ...all.slice(100)]);
    expect(rollupsOf(await state())).toEqual(reference(of, all));
  });

  test.each(['start', 'end'] as const)(
    'intervals that overlap because they are set too long add up the same in pieces, label %s',
    async (intervalLabel) => {
      const of = estate([meter({ register: 'interval', intervalS: 6 * 3600, intervalLabel })]);
      const { feed, state } = await rig(of);
      const all = hourly(400, NEW_YEAR, 900_000);
      for (let i = 0; i < all.length; i += 40) await feed(all.slice(i, i + 40));
      expect(rollupsOf(await state())).toEqual(reference(of, all));
    },
  );
});

describe('far away times and values', () => {
  test('a clock that started in 1970 and was then set does not hold the server up', async () => {
    const of = estate([meter()]);
    const { feed, timeseries } = await rig(of);
    await feed([
      { meter: 1, time: 1000, value: 10, flags: 0 },
      { meter: 1, time: NEW_YEAR, value: 30, flags: 0 },
    ]);
    const months = await timeseries.rollups('month', [1], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    // 1970 to 2025 are 56 years of 12 months; the 20 kWh between the two readings are all there.
    expect(months).toHaveLength(56 * 12);
    expect(months.reduce((n, m) => n + m.recovered, 0)).toBe(20 * MICRO);
  });

  test.each(['cumulative', 'interval', 'power', 'gauge'] as const)(
    'a %s reading that no meter can mean does not stop what follows',
    async (register) => {
      const of = estate([meter({ register }), meter({ no: 2 })]);
      const { feed, timeseries, journal } = await rig(of);
      const values = [1, 1e308, 2, 1e15, 0, 1e13, 3, -1e300, 4];
      const odd = values
        .filter((v) => v >= 0 || register === 'power' || register === 'gauge')
        .map((value, i) => ({ meter: 1, time: NEW_YEAR + i * 900_000, value, flags: 0 }));
      await feed(odd, 3);
      await feed([
        { meter: 2, time: NEW_YEAR, value: 1, flags: 0 },
        { meter: 2, time: NEW_YEAR + 900_000, value: 6, flags: 0 },
        { meter: 1, time: NEW_YEAR + 60_000, value: 1, flags: 0 },
      ]);
      const [hour] = await timeseries.rollups('hour', [2], 0, Number.POSITIVE_INFINITY);
      expect(hour?.measured).toBe(5 * MICRO);
      expect(journal.account().pending).toBe(0);
    },
  );

  test('a register that jumps between 0 and its 32 bits for a month does not stop what follows', async () => {
    const of = estate([meter({ intervalS: 60 }), meter({ no: 2 })]);
    const { feed, timeseries } = await rig(of);
    const odd = Array.from({ length: 30 * 1440 }, (_, i) => ({
      meter: 1,
      time: NEW_YEAR + i * 60_000,
      value: i % 2 === 0 ? 0 : 4_294_967_295,
      flags: 0,
    }));
    await feed(odd);
    await feed([
      { meter: 2, time: NEW_YEAR, value: 1, flags: 0 },
      { meter: 2, time: NEW_YEAR + 900_000, value: 6, flags: 0 },
    ]);
    const [hour] = await timeseries.rollups('hour', [2], 0, Number.POSITIVE_INFINITY);
    expect(hour?.measured).toBe(5 * MICRO);
  });

  test('a single commit of very many late readings of one meter is taken', async () => {
    const of = estate([meter()]);
    const { feed, timeseries } = await rig(of);
    await feed([{ meter: 1, time: NEW_YEAR + 400_000_000, value: 9, flags: 0 }]);
    await feed(hourly(300_000, NEW_YEAR, 1000));
    expect((await timeseries.readings([1], 0, Number.POSITIVE_INFINITY)).length).toBe(300_001);
  });
});
