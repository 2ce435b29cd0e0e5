import fc from 'fast-check';
import { expect, test } from 'vitest';
import { consumptionOf } from '../../server/conservation/consumption.ts';
import { virtualSeries } from '../../server/conservation/series.ts';
import type { Meter, VirtualMeter } from '../../server/domain/meter.ts';
import { HOUR_MS } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';
import { campus, virtual } from '../support/metering.ts';
import { all, store } from './store.ts';

const HOURS = 240;
/** The end of a month lies inside. */
const START = Date.parse('2026-04-25T00:00:00+08:00');

/** What is known of the hours of a meter that sends the quantity of each; null: it did not. */
const known = fc
  .record({
    quantity: fc.array(fc.integer({ min: 0, max: 9_000_000 }), { minLength: HOURS, maxLength: HOURS }),
    lost: fc.array(fc.tuple(fc.nat(HOURS), fc.integer({ min: 1, max: 60 })), { maxLength: 3 }),
  })
  .map(({ quantity, lost }) =>
    quantity.map((q, h) => (lost.some(([from, n]) => h >= from && h < from + n) ? null : q)),
  );

test('hours of a difference, known where all its meters are, add up to its days, months and years', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(known, known, known), async (histories) => {
      const ids = ['main', 's', 't'];
      const sends: Partial<Meter> = { register: 'interval', intervalS: 3600, node: 'a' };
      const of = campus(
        ids.map((id, i) => meter({ no: i + 1, id, ...sends })),
        [virtual({ id: 'rest', plus: ['main'], minus: ['s', 't'] })],
      );
      const points = histories.map((history) =>
        history.flatMap((q, h) => (q === null ? [] : [{ time: START + h * HOUR_MS, value: q / 1e6 }])),
      );
      // One that never sent anything has no place in a store.
      const ts = await store(
        of,
        Object.fromEntries(ids.map((id, i) => [id, points[i] ?? []]).filter(([, p]) => p?.length)),
      );
      const rest: (number | null)[] = Array.from({ length: HOURS }, (_, h) => {
        const [main, s, t] = histories.map((history) => history[h] ?? null);
        return main == null || s == null || t == null ? null : main - s - t;
      });
      const total = rest.reduce<number>((sum, q) => sum + (q ?? 0), 0);
      const series = virtualSeries(of, of.virtual('rest') as VirtualMeter);
      for (const level of ['hour', 'day', 'month', 'year'] as const) {
        const rows = await all(consumptionOf(ts, of.zone, [series], level, START, START + HOURS * HOUR_MS));
        const micro = rows.map((r) => (r.quantity === null ? null : Math.round(r.quantity * 1e6)));
        if (level === 'hour') expect(micro).toEqual(rest);
        expect([level, micro.reduce<number>((sum, q) => sum + (q ?? 0), 0)]).toEqual([level, total]);
        // Measured in all three: as many hours as are known.
        const covered = rows.reduce((sum, r) => sum + r.completeness * (r.end - r.start), 0);
        expect(Math.round(covered / HOUR_MS)).toBe(rest.filter((q) => q !== null).length);
      }
      await ts.stop();
    }),
    { numRuns: 40 },
  );
});
