import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { estate, meter } from '../support/estate.ts';
import { QUARTER, reference, rig, start } from './rig.ts';

/** 15-minute registers of a steady 40 kW from an evening at a month's end on. */
function steady(count: number): Reading[] {
  return Array.from({ length: count }, (_, i) => ({
    meter: 1,
    time: start + i * QUARTER,
    value: 812_000 + i * 10,
    flags: 0,
  }));
}

describe('judgement as readings arrive', () => {
  test('a false zero across midnight of a month is forgotten when the register comes back', async () => {
    const of = estate([meter({ epoch: { maxRate: 2000 } })]);
    const { feed, timeseries } = await rig(of);
    // start is 20:00 of 31 January: the zeros stand from 22:30 to 03:30.
    const readings = steady(80).map((r, i) => (i >= 10 && i < 30 ? { ...r, value: 0 } : r));
    for (const reading of readings) await feed([reading]);
    const months = await timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY);
    // 4 h of January and 15.75 h of February × 40 kW
    expect(months.map((m) => (m.measured + m.recovered) / MICRO)).toEqual([160, 630]);
    const hours = await timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
    expect(hours.reduce((n, h) => n + h.recovered, 0)).toBe(21 * 10 * MICRO);
  });

  test('a spike counts nothing when it comes, nor when the next reading falls back', async () => {
    const of = estate([meter()]);
    const { feed, timeseries } = await rig(of);
    const total = async (): Promise<number> =>
      (await timeseries.rollups('day', [1], 0, Number.POSITIVE_INFINITY)).reduce(
        (n, d) => n + d.measured + d.recovered,
        0,
      ) / MICRO;
    const readings = steady(60).map((r, i) => (i === 40 ? { ...r, value: r.value * 10 } : r));
    for (const reading of readings) await feed([reading]);
    expect(await total()).toBe(59 * 10);
  });

  test('property: one by one, in pieces, shuffled or late, the same is believed as in one look', async () => {
    const accident = fc.constantFrom('zero', 'tenfold', 'back', 'exchange', 'missing');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 119 }), accident), { maxLength: 8 }),
        fc.array(fc.nat({ max: 119 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (accidents, moves, pieces, knownCeiling) => {
          const of = estate([
            meter({ epoch: { maxRate: knownCeiling ? 2000 : null, rolloverAt: 1_000_000 } }),
          ]);
          let shift = 0;
          const readings = steady(120).flatMap((r, i) => {
            const what = accidents.find(([at]) => at === i)?.[1];
            if (what === 'missing') return [];
            if (what === 'exchange') shift = 500 - r.value;
            const shown = r.value + shift;
            const value =
              what === 'zero'
                ? 0
                : what === 'tenfold'
                  ? shown * 10
                  : what === 'back'
                    ? Math.max(0, shown - 300)
                    : shown;
            return [{ ...r, value }];
          });
          const arriving = [...readings];
          moves.forEach((to, from) => {
            const a = from % arriving.length;
            const b = to % arriving.length;
            [arriving[a], arriving[b]] = [arriving[b] as Reading, arriving[a] as Reading];
          });
          const { feed, state, ledger } = await rig(of);
          await feed(arriving, pieces);
          const { readings: stored, ...rollups } = (await state()) as { readings: Reading[] };
          expect(stored).toEqual(readings);
          expect(rollups).toEqual(reference(of, readings));
          await ledger.stop();
        },
      ),
      { numRuns: 25 },
    );
  });
});
