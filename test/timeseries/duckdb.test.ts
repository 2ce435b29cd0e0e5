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
  await set(4);
  const refused = new DuckDBTimeSeries({ directory: at });
  await expect(refused.start()).rejects.toThrow(
    `${file} has layout 4, this program knows 3: use a newer jieneng`,
  );
  // The refusal let go of the file, and nothing in it moved.
  await set(3);
  expect(await (await opened(at)).readings([1, 2], ...EVER)).toEqual(batch.readings);
});

test('the newest readings are found after a start though they were noted long before', async () => {
  const at = directory();
  const store = await opened(at);
  const none = { hours: [], days: [], months: [] };
  const reading = (meter: number, time: number) => ({ meter, time, value: time / 2, flags: 0 });
  // More than are stored before they are noted again, then a few after that, one of them late.
  const many = Array.from({ length: 260_000 }, (_, i) => reading(i % 100, 1000 + Math.floor(i / 100)));
  await store.write({ cursor: 1, readings: many, ...none });
  await store.write({ cursor: 2, readings: [reading(7, 9000), reading(8, 5), reading(200, 3)], ...none });
  const newest = new Map((await store.latest()).map((r) => [r.meter, r.time]));
  expect([newest.get(7), newest.get(8), newest.get(200)]).toEqual([9000, 1000 + 2599, 3]);
  await store.stop();
  const again = await (await opened(at)).latest();
  expect(new Map(again.map((r) => [r.meter, r.time]))).toEqual(newest);
});

test('a file of the first layout, which noted the newest with every hand-over, is taken over', async () => {
  const at = directory();
  const store = await opened(at);
  await store.write(batch);
  await store.stop();
  const instance = await DuckDBInstance.create(join(at, DUCKDB_FILE));
  const c = await instance.connect();
  await c.run("DELETE FROM meta WHERE name = 'newest'");
  await c.run("UPDATE meta SET value = 1 WHERE name = 'layout'");
  await c.run('INSERT INTO newest SELECT meter, max(time), max(value), 1 FROM readings GROUP BY meter');
  c.closeSync();
  instance.closeSync();
  const taken = await opened(at);
  expect(await taken.latest()).toEqual(
    [1, 2].map((meter) => ({ meter, time: 2000, value: 2 / 3, flags: 1 })),
  );
  await taken.write({
    cursor: 9,
    readings: [{ meter: 1, time: 3000, value: 1, flags: 0 }],
    hours: [],
    days: [],
    months: [],
  });
  await taken.stop();
  expect((await (await opened(at)).latest()).find((r) => r.meter === 1)?.time).toBe(3000);
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
