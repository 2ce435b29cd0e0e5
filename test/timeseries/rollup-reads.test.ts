import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OpenPeriods } from '../../server/timeseries/duckdb/open-periods.ts';
import { RollupReads } from '../../server/timeseries/duckdb/rollup-reads.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import type { RollupLevel } from '../../server/timeseries/port.ts';
import { handOver } from './contract.ts';

const METERS = 6;
const STARTS = 8;

async function filled(): Promise<DuckDBTimeSeries> {
  const store = new DuckDBTimeSeries({ directory: ':memory:' });
  await store.start();
  const rows = (scale: number) =>
    Array.from({ length: METERS * STARTS }, (_, i) => ({
      meter: i % METERS,
      start: Math.floor(i / METERS),
      measured: scale * (i + 1),
      recovered: i % 3,
      estimated: i % 2,
      coveredMs: i,
      isNew: true,
    })).filter((r) => (r.meter + r.start) % 5 > 0);
  await store.write(handOver({ cursor: 1, hours: rows(1), days: rows(100), months: rows(10_000) }));
  return store;
}

const question = fc.record({
  kind: fc.constantFrom('rollups' as const, 'sums' as const),
  level: fc.constantFrom<RollupLevel[]>('hour', 'day', 'month'),
  // One more than there are, and some of them twice.
  meters: fc.array(fc.integer({ min: 0, max: METERS }), { maxLength: 8 }),
  from: fc.constantFrom(0, 2, Number.NEGATIVE_INFINITY),
  to: fc.constantFrom(3, STARTS, Number.POSITIVE_INFINITY),
});

test('property: questions asked at once are answered as each alone', async () => {
  const store = await filled();
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 2, maxLength: 40 }), async (questions) => {
        const ask = ({ kind, level, meters, from, to }: (typeof questions)[number]) =>
          store[kind](level, meters, from, to) as Promise<unknown>;
        const together = await Promise.all(questions.map(ask));
        for (const [i, q] of questions.entries()) expect(together[i]).toEqual(await ask(q));
      }),
      { numRuns: 60 },
    );
  } finally {
    await store.stop();
  }
});

test('what waits for the same time is one look, and its failure is told to all who asked', async () => {
  const looks: string[] = [];
  const reads = new RollupReads(async (sql) => {
    looks.push(sql);
    if (sql.includes('months')) throw new Error('the engine is gone');
    return [];
  }, new OpenPeriods());
  await Promise.all([
    reads.sums('day', [1, 2], 0, 10),
    reads.sums('day', [3], 0, 10),
    reads.sums('hour', [3], 0, 10),
    reads.sums('day', [4], 0, 10),
    reads.sums('day', [4], 0, 11),
    reads.rollups('day', [5], 0, 10),
    reads.rollups('day', [6], 0, 10),
    reads.sums('day', [], 0, 10),
  ]);
  expect(looks.map((sql) => /FROM (\w+)/.exec(sql)?.[1])).toEqual(['days', 'hours', 'days', 'days']);
  const failed = await Promise.allSettled([reads.sums('month', [1], 0, 1), reads.sums('month', [2], 0, 1)]);
  expect(failed.map((f) => f.status)).toEqual(['rejected', 'rejected']);
  // It goes on with what comes next.
  expect(await reads.sums('day', [1], 0, 10)).toEqual([]);
});

test('at most sixteen are answered by one look', async () => {
  const looks: string[] = [];
  const reads = new RollupReads(async (sql) => {
    looks.push(sql);
    return [];
  }, new OpenPeriods());
  await Promise.all(Array.from({ length: 40 }, (_, i) => reads.sums('day', [i], 0, 10)));
  expect(looks.length).toBe(Math.ceil(40 / 16));
});
