import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';
import { contents, EVER, handOver } from './contract.ts';

async function opened(at: string): Promise<DuckDBTimeSeries> {
  const store = new DuckDBTimeSeries({ directory: at });
  onTestFinished(() => store.stop());
  await store.start();
  return store;
}

const row = { start: 0, measured: 1, recovered: 2, estimated: 3, coveredMs: 4, isNew: true };
const batch = handOver({
  cursor: 41,
  readings: [1, 2].flatMap((meter) =>
    [0, 1, 2].map((i) => ({ meter, time: i * 1000, value: i / 3, flags: 1 })),
  ),
  hours: [1, 2].map((meter) => ({ meter, ...row })),
  days: [{ meter: 1, ...row }],
  months: [{ meter: 2, ...row }],
});

test('a file of a newer layout is refused by name and left as it was', async () => {
  const at = directory();
  const store = await opened(at);
  await store.write(batch);
  await store.stop();
  const file = join(at, DUCKDB_FILE);
  const set = async (layout: number): Promise<void> => {
    const instance = await DuckDBInstance.create(file);
    const c = await instance.connect();
    await c.run(`UPDATE meta SET value = ${layout} WHERE name = 'layout'`);
    c.closeSync();
    instance.closeSync();
  };
  await set(2);
  const refused = new DuckDBTimeSeries({ directory: at });
  await expect(refused.start()).rejects.toThrow(
    `${file} has layout 2, this program knows 1: use a newer jieneng`,
  );
  // The refusal let go of the file, and nothing in it moved.
  await set(1);
  expect(await (await opened(at)).readings([1, 2], ...EVER)).toEqual(batch.readings);
});

test('a backup made while writing goes on opens and answers as the store did', async () => {
  const store = await opened(directory());
  await store.write(batch);
  const before = await contents(store, [1, 2]);
  const to = join(directory(), "it's a copy");
  mkdirSync(to);
  const writing = Promise.all([
    store.backup(to),
    store.write(handOver({ cursor: 42, readings: [{ meter: 3, time: 0, value: 1, flags: 0 }] })),
  ]);
  expect((await writing)[0]).toBe(true);
  const copy = await opened(to);
  expect(await contents(copy, [1, 2])).toEqual(before);
  // One after the other: the copy is that of cursor 41, whole.
  expect([await copy.applied(41), await copy.applied(42)]).toEqual([true, false]);
  expect(await copy.latest()).toHaveLength(2);
  expect(await store.latest()).toHaveLength(3);
});

test('a hand-over that fails half way leaves nothing behind', async () => {
  const store = await opened(directory());
  await store.write(batch);
  const before = await contents(store, [1, 2, 9]);
  const broken = { meter: 9, ...row, measured: 0.5 };
  const readings = [{ meter: 9, time: 0, value: 1, flags: 0 }];
  await expect(store.write(handOver({ cursor: 42, readings, hours: [broken] }))).rejects.toThrow();
  expect(await contents(store, [1, 2, 9])).toEqual(before);
  expect(await store.applied(42)).toBe(false);
  await store.write(handOver({ cursor: 42, readings, hours: [{ ...broken, measured: 5 }] }));
  expect(await store.applied(42)).toBe(true);
  expect(await store.readings([9], ...EVER)).toEqual(readings);
});
