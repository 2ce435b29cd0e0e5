import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import { HOUR_MS } from '../../server/domain/time.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import type {
  HandOver,
  Recomputed,
  RollupLevel,
  RollupWrite,
  TimeSeries,
} from '../../server/timeseries/port.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { EVER, handOver, LEVELS } from './contract.ts';

const start = Date.parse('2026-01-01T00:00:00+08:00');
const METERS = [1, 2, 9, 10, 11, 100, 4_000_000_000];
/** Slots are 11 h apart: 120 of them reach past every near look of `before` and `after`. */
const SLOTS = 120;
const at = (slot: number): number => start + slot * 11 * HOUR_MS;

const slot = fc.integer({ min: 0, max: SLOTS });
const meter = fc.constantFrom(...METERS);
const meters = fc.subarray([...METERS, 5], { minLength: 0 });
const level = fc.constantFrom(...LEVELS);
const span = fc.tuple(slot, slot).map(([a, b]) => [at(Math.min(a, b)), at(Math.max(a, b))] as const);
// Seven meters × 10¹⁵ stay below 2⁵³, so that sums are exact as the port says they are.
const micro = fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 });
const reading = fc.record({
  meter,
  time: slot.map(at),
  value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
  flags: fc.integer({ min: 0, max: 255 }),
});
const rollup = fc.record({
  level,
  meter,
  start: slot.map(at),
  measured: micro,
  recovered: micro,
  estimated: micro,
  coveredMs: fc.integer({ min: 0, max: 31 * 24 * HOUR_MS }),
});
const change = fc.oneof(
  fc.record({ readings: fc.array(reading, { maxLength: 30 }), rollups: fc.array(rollup, { maxLength: 30 }) }),
  fc.record({ replaced: meters, span, rollups: fc.array(rollup, { maxLength: 12 }) }),
);
const question = fc.record({
  meters,
  span,
  level,
  limit: fc.integer({ min: 1, max: 40 }),
  asked: fc.array(reading),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

/** Keeps to the port's terms: no reading twice, `isNew` as it is, replacements inside their span. */
class Author {
  #cursor = 0;
  readonly #readings = new Set<string>();
  readonly #rollups = new Map<RollupLevel, Map<string, { meter: number; start: number }>>(
    LEVELS.map((l) => [l, new Map()]),
  );

  next(c: Change): { write: HandOver } | { replace: [number[], number, number, Recomputed] } {
    const rows: Record<RollupLevel, RollupWrite[]> = { hour: [], day: [], month: [] };
    if ('replaced' in c) {
      const [from, to] = c.span;
      for (const known of this.#rollups.values()) {
        for (const [key, r] of known) {
          if (c.replaced.includes(r.meter) && r.start >= from && r.start < to) known.delete(key);
        }
      }
    }
    for (const { level: l, ...r } of c.rollups) {
      if ('replaced' in c && !(c.replaced.includes(r.meter) && r.start >= c.span[0] && r.start < c.span[1]))
        continue;
      const known = this.#rollups.get(l);
      const key = `${r.meter} ${r.start}`;
      if (rows[l].some((o) => o.meter === r.meter && o.start === r.start)) continue;
      rows[l].push({ ...r, isNew: !known?.has(key) });
      known?.set(key, r);
    }
    const { hour: hours, day: days, month: months } = rows;
    if ('replaced' in c) return { replace: [c.replaced, ...c.span, { hours, days, months }] };
    const readings: Reading[] = [];
    for (const r of c.readings) {
      const key = `${r.meter} ${r.time}`;
      if (this.#readings.has(key)) continue;
      this.#readings.add(key);
      readings.push(r);
    }
    return { write: handOver({ cursor: ++this.#cursor, readings, hours, days, months }) };
  }
}

const ordered = (rows: Reading[]): Reading[] => rows.sort((a, b) => a.meter - b.meter || a.time - b.time);

async function answers(store: TimeSeries, q: Question): Promise<unknown> {
  const [from, to] = q.span;
  return {
    readings: await store.readings(q.meters, from, to),
    first: await store.readings(q.meters, from, to, q.limit),
    all: await store.readings(METERS, ...EVER),
    existing: ordered(await store.existing(q.asked)),
    before: ordered(await store.before(q.meters, from)),
    after: ordered(await store.after(q.meters, from)),
    latest: ordered(await store.latest()),
    rollups: await store.rollups(q.level, q.meters, from, to),
    sums: await store.sums(q.level, q.meters, from, to),
    allSums: await store.sums(q.level, METERS, ...EVER),
  };
}

describe.skipIf(!hasInflux())('both engines', () => {
  const server = new InfluxServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  test('property: after the same changes both engines answer every question alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.array(question, { minLength: 1, maxLength: 4 }),
        async (changes, questions) => {
          const duckdb = new DuckDBTimeSeries({ directory: ':memory:' });
          const influx = new InfluxTimeSeries({ url: server.url, database: server.database() });
          const author = new Author();
          try {
            for (const store of [duckdb, influx]) await store.start();
            for (const c of changes) {
              const next = author.next(c);
              for (const store of [duckdb, influx]) {
                if ('write' in next) await store.write(next.write);
                else await store.replace(...next.replace);
              }
            }
            for (const q of questions) expect(await answers(influx, q)).toEqual(await answers(duckdb, q));
          } finally {
            await duckdb.stop();
            await influx.stop();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
