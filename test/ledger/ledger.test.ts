import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { estate, meter } from '../support/estate.ts';
import { reference, rig, start, steady } from './rig.ts';

describe('ledger', () => {
  test('steady 40 kW for 48 h over a month boundary is 1,920 kWh at every level', async () => {
    const of = estate([meter()]);
    const { feed, timeseries } = await rig(of);
    await feed(steady(1, 48 * 4 + 1, 40));
    for (const level of ['hour', 'day', 'month'] as const) {
      const rows = await timeseries.rollups(level, [1], 0, Number.POSITIVE_INFINITY);
      expect(rows.reduce((n, r) => n + r.measured, 0)).toBe(40 * 48 * MICRO);
      expect(rows.reduce((n, r) => n + r.recovered, 0)).toBe(0);
      expect(rows.reduce((n, r) => n + r.coveredMs, 0)).toBe(48 * 3_600_000);
    }
    // 20:00 to midnight of 31 January is 4 h × 40 kW; 44 h × 40 kW fall into February.
    const months = await timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY);
    expect(months.map((m) => m.measured / MICRO)).toEqual([160, 1760]);
  });

  test('six hours without readings are recovered in total and not covered', async () => {
    const of = estate([meter()]);
    const { feed, timeseries } = await rig(of);
    const all = steady(1, 48 * 4 + 1, 40);
    await feed(all.filter((r) => r.time <= start + 10 * 3_600_000 || r.time >= start + 16 * 3_600_000));
    const hours = await timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
    expect(hours.reduce((n, r) => n + r.measured + r.recovered, 0)).toBe(1920 * MICRO);
    expect(hours.reduce((n, r) => n + r.recovered, 0)).toBe(6 * 40 * MICRO);
    expect(hours.filter((h) => h.coveredMs === 0)).toHaveLength(6);
  });

  test('an hour nobody knows anything of has no row', async () => {
    const of = estate([meter({ register: 'interval', intervalS: 3600 })]);
    const { feed, timeseries } = await rig(of);
    await feed([0, 1, 5].map((h) => ({ meter: 1, time: start + h * 3_600_000, value: 7, flags: 0 })));
    const hours = await timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
    expect(hours.map((h) => (h.start - start) / 3_600_000)).toEqual([0, 1, 5]);
  });

  test('repeats count as duplicates, another value for the same instant waits as conflict', async () => {
    const of = estate([meter()]);
    const { feed, journal, state } = await rig(of);
    const all = steady(1, 50, 40);
    await feed(all);
    const before = await state();
    await feed([...all, { ...(all[7] as Reading), value: 5 }, { ...(all[49] as Reading), value: 6 }]);
    expect(await state()).toEqual(before);
    expect(journal.account()).toEqual({
      received: 102,
      stored: 50,
      duplicate: 50,
      quarantined: 2,
      pending: 0,
    });
    expect(journal.quarantineCounts()).toEqual([{ reason: 'conflict', count: 2 }]);
  });

  test('a reading that comes days late re-opens its months and leaves the result of one pass', async () => {
    const of = estate([meter(), meter({ no: 2, register: 'interval' }), meter({ no: 3, register: 'power' })]);
    const { feed, state } = await rig(of);
    const all = [1, 2, 3].flatMap((no) => steady(no, 600, 40));
    const late = all.filter((r) => r.time % 7 === 0 || r.time % 11 === 0);
    await feed(all.filter((r) => !late.includes(r)));
    await feed(late, 5);
    const stored = (await state()) as { readings: Reading[] };
    expect(stored.readings).toHaveLength(all.length);
    const { readings: _, ...rollups } = stored as unknown as Record<string, unknown>;
    expect(rollups).toEqual(reference(of, all));
  });

  test('property: repeated, shuffled and in pieces, a stream ends in the same consumption', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ slot: fc.integer({ min: 0, max: 400 }), step: fc.integer({ min: 0, max: 500 }) }),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(), { maxLength: 120 }),
        fc.constantFrom('cumulative' as const, 'interval' as const, 'power' as const, 'gauge' as const),
        fc.constantFrom(1, 40, 0.001),
        async (slots, pieces, order, register, multiplier) => {
          const of = estate([meter({ register, epoch: { multiplier } })]);
          let value = 0;
          const truth: Reading[] = [...new Map(slots.map((s) => [s.slot, s])).values()]
            .sort((a, b) => a.slot - b.slot)
            .map(({ slot, step }) => {
              value = register === 'cumulative' ? value + step / 100 : step / 100;
              return {
                meter: 1,
                time: start + slot * 700_000,
                value: Math.round(value * 100) / 100,
                flags: 0,
              };
            });
          const shuffled = [...truth, ...truth.slice(0, order.length)];
          order.forEach((o, i) => {
            const a = i % shuffled.length;
            const b = o % shuffled.length;
            [shuffled[a], shuffled[b]] = [shuffled[b] as Reading, shuffled[a] as Reading];
          });
          const { feed, state, journal, ledger, timeseries } = await rig(of);
          await feed(shuffled, pieces);
          const { readings, ...rollups } = (await state()) as { readings: Reading[] };
          expect(readings).toEqual(truth);
          expect(rollups).toEqual(reference(of, truth));
          const account = journal.account();
          expect(account.received).toBe(shuffled.length);
          expect(account.received).toBe(account.stored + account.duplicate + account.quarantined);
          if (register === 'cumulative') {
            const hours = await timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
            const first = truth[0] as Reading;
            const last = truth[truth.length - 1] as Reading;
            // Energy is conserved: hours add up to the register's advance × multiplier, to the last micro.
            expect(hours.reduce((n, h) => n + h.measured + h.recovered, 0)).toBe(
              Math.round(last.value * multiplier * MICRO) - Math.round(first.value * multiplier * MICRO),
            );
          }
          await ledger.stop();
        },
      ),
      { numRuns: 25 },
    );
  });
});
