import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import type { RollupWrite } from '../../server/timeseries/port.ts';
import { directory } from '../support/directory.ts';
import { EVER, handOver } from './contract.ts';

const METERS = Array.from({ length: 16 }, (_, i) => i + 1);
const FROM = Date.parse('2026-03-01T00:00:00+08:00');
/** 16 meters × 8 hours. */
const STRETCH = 128;

const hour = (meter: number, i: number): RollupWrite => ({
  meter,
  start: FROM + i * HOUR_MS,
  measured: meter * 1000 + i,
  recovered: 0,
  estimated: 0,
  coveredMs: HOUR_MS,
  isNew: true,
});

/** An hour of all meters after the other, as they arrive. */
async function arriving(store: DuckDBTimeSeries, from: number, to: number, meters = METERS): Promise<void> {
  for (let i = from; i < to; i++) {
    await store.write(handOver({ cursor: 0, hours: meters.map((m) => hour(m, i)) }));
    await store.ordered();
  }
}

async function opened(at: string): Promise<DuckDBTimeSeries> {
  const store = new DuckDBTimeSeries({ directory: at, stretchRows: STRETCH });
  await store.start();
  return store;
}

/** Meter and hour of each row, as they lie in the file. */
async function lying(at: string): Promise<number[][]> {
  const instance = await DuckDBInstance.create(join(at, DUCKDB_FILE), { access_mode: 'READ_ONLY' });
  const c = await instance.connect();
  try {
    const sql = `SELECT meter::INTEGER, ((start - ${FROM}) // ${HOUR_MS})::INTEGER FROM hours ORDER BY rowid`;
    return (await c.runAndReadAll(sql)).getRows() as number[][];
  } finally {
    c.closeSync();
    instance.closeSync();
  }
}

const hoursOf = (meters: readonly number[], from: number, to: number): number[][] =>
  Array.from({ length: to - from }, (_, i) => meters.map((m) => [m, from + i])).flat();
const PAIRS = [1, 3, 5, 7, 9, 11, 13, 15].map((m) => [m, m + 1]);
const stretch = (from: number): number[][] => PAIRS.flatMap((pair) => hoursOf(pair, from, from + 8));

/** The rows without those of the stretch, which lie together. */
function without(rows: number[][], from: number): number[][] {
  const at = rows.findIndex(([, hour]) => (hour as number) >= from && (hour as number) < from + 8);
  expect(rows.slice(at, at + STRETCH)).toEqual(stretch(from));
  return rows.toSpliced(at, STRETCH);
}

function stored(meter: number, i: number) {
  const { isNew: _, ...row } = hour(meter, i);
  return row;
}

test('ended hours lie in stretches, an eighth of the meters after the other, each in order of time', async () => {
  const at = directory();
  const store = await opened(at);
  await arriving(store, 0, 21);
  const before = await store.rollups('hour', METERS, ...EVER);
  expect(before).toEqual(METERS.flatMap((m) => Array.from({ length: 21 }, (_, i) => stored(m, i))));
  await store.stop();
  // Two stretches, and as they came what is not enough for a third. The newest hour is open and in no table.
  expect(without(without(await lying(at), 0), 8)).toEqual(hoursOf(METERS, 16, 20));

  const again = await opened(at);
  expect(await again.rollups('hour', METERS, ...EVER)).toEqual(before);
  // Counting goes on after a start.
  await arriving(again, 21, 28);
  await again.stop();
  expect(without(without(without(await lying(at), 0), 8), 16)).toEqual(hoursOf(METERS, 24, 27));
});

test('a row that comes into an ordered stretch, or changes there, is there once', async () => {
  const at = directory();
  const store = await opened(at);
  const rest = METERS.filter((m) => m !== 5);
  await arriving(store, 0, 12, rest);
  await arriving(store, 2, 4, [5]);
  const changed = { ...hour(3, 1), measured: 77, isNew: false };
  await store.write(handOver({ cursor: 0, hours: [changed] }));
  await store.replace([7], FROM, FROM + 2 * HOUR_MS, { hours: [hour(7, 1)], days: [], months: [] });
  const held = await store.rollups('hour', METERS, ...EVER);
  expect(held.filter((r) => r.meter === 5)).toEqual([stored(5, 2), stored(5, 3)]);
  expect(held.find((r) => r.meter === 3 && r.start === changed.start)?.measured).toBe(77);
  expect(held.filter((r) => r.meter === 7).map((r) => r.start)).toEqual(
    Array.from({ length: 11 }, (_, i) => FROM + (i + 1) * HOUR_MS),
  );
  expect(held).toHaveLength(14 * 12 + 2 + 11);
  await store.stop();
});

test('a history that is imported behind the present is put in order, too', async () => {
  const at = directory();
  const store = await opened(at);
  await arriving(store, 800, 820);
  for (let i = 0; i < 100; i++) {
    await store.write(handOver({ cursor: 0, hours: METERS.map((m) => hour(m, i)) }));
  }
  await store.ordered();
  expect(await store.rollups('hour', METERS, ...EVER)).toHaveLength(16 * 120);
  await store.stop();
  // Of 119 hours in the table more than half, for what came since it was begun again is less than as much.
  const rows = await lying(at);
  const isAfterItself = (i: number): boolean => rows[i]?.[0] === rows[i + 2]?.[0];
  expect(rows.filter((_, i) => isAfterItself(i)).length).toBeGreaterThan(rows.length / 2);
});

test('rows are there once, whenever the process dies', async () => {
  const at = directory();
  const store = await opened(at);
  const copies: string[] = [];
  const copy = (): void => {
    const to = directory();
    for (const name of [DUCKDB_FILE, `${DUCKDB_FILE}.wal`]) {
      if (existsSync(join(at, name))) copyFileSync(join(at, name), join(to, name));
    }
    copies.push(to);
  };
  for (let i = 0; i < 14; i++) {
    const written = store.write(handOver({ cursor: i + 1, hours: METERS.map((m) => hour(m, i)) }));
    copy();
    await written;
    copy();
    // While the stretch that has ended is written.
    await Promise.resolve();
    copy();
  }
  await store.ordered();
  copy();
  await store.stop();
  for (const path of copies) {
    const found = await opened(path);
    const rows = await found.rollups('hour', METERS, ...EVER);
    await found.stop();
    const hours = rows.length / METERS.length;
    expect(rows).toEqual(METERS.flatMap((m) => Array.from({ length: hours }, (_, i) => stored(m, i))));
  }
});

test('days are put in order like hours, months are not', async () => {
  const at = directory();
  const store = await opened(at);
  for (let i = 0; i < 12; i++) {
    const rows = METERS.map((m) => ({ ...hour(m, 0), start: FROM + i * DAY_MS }));
    await store.write(handOver({ cursor: 0, days: rows, months: rows }));
  }
  await store.ordered();
  await store.stop();
  const instance = await DuckDBInstance.create(join(at, DUCKDB_FILE), { access_mode: 'READ_ONLY' });
  const c = await instance.connect();
  const firsts = async (table: string) =>
    (await c.runAndReadAll(`SELECT meter::INTEGER FROM ${table} ORDER BY rowid LIMIT 4`)).getRows().flat();
  try {
    expect([await firsts('days'), await firsts('months')]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    const runs = async (table: string) =>
      (
        await c.runAndReadAll(
          `SELECT count(*)::INTEGER FROM (SELECT start < lag(start) OVER (ORDER BY rowid) AS back FROM ${table}) WHERE back`,
        )
      ).getRows()[0];
    expect([await runs('days'), await runs('months')]).toEqual([[8], [0]]);
  } finally {
    c.closeSync();
    instance.closeSync();
  }
});
