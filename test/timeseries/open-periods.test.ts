import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { HOUR_MS } from '../../server/domain/time.ts';
import { applyChanges, packRows } from '../../server/timeseries/duckdb/open-log.ts';
import { type Columns, OpenRows, StagedRows } from '../../server/timeseries/duckdb/open-rows.ts';
import { ROLLUP_TABLES } from '../../server/timeseries/duckdb/tables.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import type { HandOver, Rollup, RollupWrite } from '../../server/timeseries/port.ts';
import { directory } from '../support/directory.ts';
import { contents, EVER, handOver } from './contract.ts';

async function opened(at: string): Promise<DuckDBTimeSeries> {
  const store = new DuckDBTimeSeries({ directory: at });
  onTestFinished(() => store.stop());
  await store.start();
  return store;
}

function packed(staged: StagedRows, known: OpenRows): Uint8Array {
  return packRows(
    {
      slots: staged.slots,
      which: (slot) => staged.which(slot),
      columnsOf: (i) => staged.tables[i] as Columns,
      meterAt: (slot) => known.meters[slot] as number,
    },
    known,
  );
}

const amount = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -5, max: 5 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const change = fc.record({
  table: fc.constantFrom(...ROLLUP_TABLES),
  meter: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(2 ** 32 - 1)),
  row: fc.option(
    fc.record({
      start: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 4e12 })),
      measured: amount,
      recovered: amount,
      estimated: amount,
      coveredMs: amount,
    }),
  ),
});

test('property: changes that are written down and carried out again end in the same open periods', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 8 }), (steps) => {
      const [here, there] = [new OpenRows(), new OpenRows()];
      for (const step of steps) {
        const staged = new StagedRows();
        for (const { table, meter, row } of step) {
          staged.put(ROLLUP_TABLES.indexOf(table), here.slotOf(meter), row && { meter, ...row });
        }
        applyChanges(packed(staged, here), there);
        for (const slot of staged.slots) {
          for (const [i, columns] of staged.tables.entries()) {
            if (staged.has(i, slot)) here.copy(i, slot, columns);
          }
        }
        for (const meter of here.meters) {
          for (const i of ROLLUP_TABLES.keys()) expect(there.at(i, meter)).toEqual(here.at(i, meter));
        }
      }
    }),
  );
});

test('changes of what is not known, and bytes that end too early, are said to be damaged', () => {
  const row = { meter: 1, start: HOUR_MS, measured: 5, recovered: 0, estimated: 0, coveredMs: 1000 };
  const change = (of: Rollup, known: OpenRows): Uint8Array => {
    const staged = new StagedRows();
    for (const i of ROLLUP_TABLES.keys()) staged.put(i, known.slotOf(1), of);
    return packed(staged, known);
  };
  const known = new OpenRows();
  const first = change(row, known);
  for (let cut = 1; cut < first.length; cut++) {
    expect(() => applyChanges(first.subarray(0, cut), new OpenRows()), `${cut} bytes`).toThrow(
      'end too early',
    );
  }
  applyChanges(first, known);
  const second = change({ ...row, measured: 6 }, known);
  expect(() => applyChanges(second, new OpenRows())).toThrow('open periods: meter 1 has none in hours');
  // Meter, which tables, then what it is for each; the advance stands once: 1 of measured, 0 of covered.
  expect(second).toHaveLength(2 + 3 + 2);
});

/** A reading for each meter at each quarter: an hour has four, a day 24 hours, a month two days. */
function quarters(meters: number, from: number, count: number, cursor: number): HandOver {
  const hours: RollupWrite[] = [];
  const days: RollupWrite[] = [];
  const months: RollupWrite[] = [];
  for (let meter = 1; meter <= meters; meter++) {
    for (const [rows, each] of [
      [hours, 4],
      [days, 96],
      [months, 192],
    ] as const) {
      const ends = new Set(Array.from({ length: count }, (_, i) => Math.floor((from + i) / each)));
      for (const period of ends) {
        const until = Math.min(from + count, (period + 1) * each);
        rows.push({
          meter,
          start: period * each * 900_000,
          measured: until - period * each,
          recovered: 0,
          estimated: 0,
          coveredMs: (until - period * each) * 900_000,
          isNew: period * each >= from,
        });
      }
    }
  }
  for (const rows of [hours, days]) rows.sort((a, b) => a.start - b.start);
  return handOver({ cursor, hours, days, months });
}

test('who reads beside the hand-overs sees each of them whole or not at all', async () => {
  const METERS = 40;
  const all = Array.from({ length: METERS }, (_, i) => i + 1);
  const store = await opened(directory());
  let written = 0;
  let isOver = false;
  const write = async (): Promise<void> => {
    // Seven quarters at a time end hours, days and months at any place of a hand-over.
    for (let k = 0; k < 80; k++) {
      await store.write(quarters(METERS, k * 7, 7, k + 1));
      written += 7;
    }
    isOver = true;
  };
  const seen = new Set<number>();
  const read = async (ask: () => Promise<number>): Promise<void> => {
    while (!isOver) {
      const before = written;
      const quartersSeen = (await ask()) / METERS;
      // Whole hand-overs of 7, at least those that had been confirmed, at most one that had not.
      expect(quartersSeen % 7).toBe(0);
      expect(quartersSeen).toBeGreaterThanOrEqual(before);
      expect(quartersSeen).toBeLessThanOrEqual(written + 7);
      seen.add(quartersSeen);
    }
  };
  const total = (rows: readonly { measured: number }[]): number => rows.reduce((n, r) => n + r.measured, 0);
  await Promise.all([
    write(),
    read(async () => total(await store.sums('hour', all, ...EVER))),
    read(async () => total(await store.sums('month', all, ...EVER))),
    read(async () => total(await store.rollups('day', all, ...EVER))),
    read(async () => {
      const rows = await store.rollups('hour', all, ...EVER);
      for (const [i, r] of rows.entries()) {
        const last = rows[i - 1];
        if (last?.meter === r.meter) expect(r.start).toBe(last.start + HOUR_MS);
      }
      return total(rows);
    }),
  ]);
  expect(seen.size).toBeGreaterThan(3);
  for (const level of ['hour', 'day', 'month'] as const) {
    expect(total(await store.sums(level, all, ...EVER))).toBe(METERS * 80 * 7);
  }
});

test('a row that should be there and is not is no row that goes lost in silence', async () => {
  const store = await opened(directory());
  await store.write(quarters(3, 0, 10, 1));
  const before = await contents(store, [1, 2, 3]);
  const unknown = {
    meter: 2,
    start: -HOUR_MS,
    measured: 1,
    recovered: 0,
    estimated: 0,
    coveredMs: 0,
    isNew: false,
  };
  await expect(store.write(handOver({ cursor: 2, hours: [unknown] }))).rejects.toThrow(
    'hours: 1 rows are to be changed, and 0 are there',
  );
  expect(await contents(store, [1, 2, 3])).toEqual(before);
  expect(await store.applied(2)).toBe(false);
});

test('rows are staged in whatever order their meters come', () => {
  const rows = new OpenRows();
  const staged = new StagedRows();
  const row = (meter: number): Rollup => ({
    meter,
    start: meter,
    measured: meter,
    recovered: 0,
    estimated: 0,
    coveredMs: meter,
  });
  // 6,000 meters that are known, and one from their middle first, as after a start.
  for (let meter = 1; meter <= 6000; meter++) rows.set(0, rows.slotOf(meter), row(meter));
  for (const meter of [3000, 4500, 1, 6000, 5999]) {
    const slot = rows.find(meter);
    staged.put(0, slot, row(meter));
    expect(staged.has(0, slot)).toBe(true);
    expect(staged.row(0, slot, meter)).toEqual(row(meter));
  }
  expect(staged.slots).toHaveLength(5);
  expect(staged.has(0, rows.find(2))).toBe(false);
});

test('what is open is there after each start, and what notes it stays short', async () => {
  const METERS = 2000;
  const at = directory();
  let store = await opened(at);
  const some = [1, 2, 999, METERS];
  for (let k = 0; k < 60; k++) {
    await store.write(quarters(METERS, k * 3, 3, k + 1));
    if (k % 20 !== 13) continue;
    const before = await contents(store, some);
    await store.stop();
    store = await opened(at);
    expect(await contents(store, some)).toEqual(before);
  }
  // 60 × 3 quarters: 45 hours, and the second of two days is open.
  expect((await store.rollups('hour', [7], ...EVER)).map((r) => r.measured)).toEqual(Array(45).fill(4));
  expect((await store.rollups('day', [7], ...EVER)).map((r) => r.measured)).toEqual([96, 180 - 96]);
  expect((await store.rollups('month', [7], ...EVER)).map((r) => r.measured)).toEqual([180]);
  await store.stop();
  const instance = await DuckDBInstance.create(join(at, DUCKDB_FILE));
  const c = await instance.connect();
  const [[hours, log, changes]] = (
    await c.runAndReadAll(`SELECT (SELECT count(*)::DOUBLE FROM hours), sum(octet_length(changes))::DOUBLE,
      count(*)::DOUBLE FROM open_periods`)
  ).getRows() as [[number, number, number]];
  c.closeSync();
  instance.closeSync();
  // Of each meter one of the 45 hours is open and in no table.
  expect(hours).toBe(44 * METERS);
  expect(changes).toBeLessThan(60);
  // Four times all of them, of 18 to 20 bytes a meter, and the last change of it.
  expect(log).toBeLessThan(5 * 25 * METERS);
});

test('months that are computed again take the place of what is open', async () => {
  const at = directory();
  const store = await opened(at);
  await store.write(quarters(3, 0, 10, 1));
  const row = (start: number, measured: number): Rollup => ({
    meter: 2,
    start,
    measured,
    recovered: 1,
    estimated: 0,
    coveredMs: 5,
  });
  const again = [row(0, 40), row(HOUR_MS, 41), row(2 * HOUR_MS, 42), row(3 * HOUR_MS, 43)];
  await store.replace([2], 0, 200 * HOUR_MS, { hours: again, days: [row(0, 166)], months: [] });
  expect(await store.rollups('hour', [2], ...EVER)).toEqual(again);
  expect(await store.rollups('day', [2], ...EVER)).toEqual([row(0, 166)]);
  expect(await store.rollups('month', [2], ...EVER)).toEqual([]);
  // The others have what they had: 4 + 4 + 2 quarters.
  expect((await store.sums('hour', [1, 3], ...EVER)).map((s) => s.measured)).toEqual([8, 8, 4]);
  // It goes on where it was: the open hour has become the third of four, and two more begin.
  const next = (start: number, measured: number, isNew: boolean): RollupWrite => ({
    ...row(start, measured),
    isNew,
  });
  await store.write(
    handOver({
      cursor: 2,
      hours: [next(3 * HOUR_MS, 50, false), next(4 * HOUR_MS, 51, true), next(5 * HOUR_MS, 52, true)],
    }),
  );
  const after = [...again.slice(0, 3), row(3 * HOUR_MS, 50), row(4 * HOUR_MS, 51), row(5 * HOUR_MS, 52)];
  expect(await store.rollups('hour', [2], ...EVER)).toEqual(after);
  await store.stop();
  expect(await (await opened(at)).rollups('hour', [2], ...EVER)).toEqual(after);
});

test('a file of the second layout, whose tables hold what is open, goes on in them', async () => {
  const at = directory();
  const store = await opened(at);
  await store.write(quarters(2, 0, 6, 1));
  await store.stop();
  const instance = await DuckDBInstance.create(join(at, DUCKDB_FILE));
  const c = await instance.connect();
  for (const [table, start, measured] of [
    ['hours', HOUR_MS, 2],
    ['days', 0, 6],
    ['months', 0, 6],
  ]) {
    await c.run(
      `INSERT INTO ${table} SELECT m, ${start}, ${measured}, 0, 0, ${measured} * 900000 FROM range(1, 3) meters(m)`,
    );
  }
  await c.run('DROP TABLE open_periods');
  await c.run("UPDATE meta SET value = 2 WHERE name = 'layout'");
  c.closeSync();
  instance.closeSync();
  const taken = await opened(at);
  expect((await taken.sums('hour', [1, 2], ...EVER)).map((s) => s.measured)).toEqual([2 * 4, 2 * 2]);
  for (let k = 2; k < 60; k++) await taken.write(quarters(2, k * 3, 3, k));
  expect((await taken.sums('hour', [1, 2], ...EVER)).map((s) => s.measured)).toEqual(Array(45).fill(2 * 4));
  expect((await taken.sums('day', [1, 2], ...EVER)).map((s) => s.measured)).toEqual([2 * 96, 2 * 84]);
  expect((await taken.sums('month', [1, 2], ...EVER)).map((s) => s.measured)).toEqual([2 * 180]);
});
