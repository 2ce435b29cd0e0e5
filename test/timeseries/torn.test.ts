import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { Dice, random } from '../domain/load.ts';
import { directory } from '../support/directory.ts';
import { contents, EVER } from './contract.ts';
import { everybody, newWorld, numberOf, type Real, something } from './operations.ts';

/** At how many places a log is cut or damaged; a night has time for more: CUTS=500. */
const CUTS = Number(process.env.CUTS ?? 12);
const SEED = Number(process.env.SEED ?? 1);
const METERS = Array.from({ length: 30 }, (_, i) => numberOf(i));

interface Written {
  file: string;
  log: Buffer;
  /** Bytes of the log after each change, and what was held then. */
  ends: number[];
  held: unknown[];
}

/** Changes of every kind, none of them folded into the file, left as a process that dies leaves them. */
async function written(): Promise<Written> {
  const at = directory();
  const file = join(at, DUCKDB_FILE);
  const store = new DuckDBTimeSeries({ directory: at });
  await store.start();
  const ends: number[] = [];
  const held: unknown[] = [];
  try {
    const world = newWorld(METERS.length, Date.parse('2026-12-31T20:00:00+08:00'));
    const real: Real = { store, isAtomic: true, reopen: () => Promise.reject(new Error('stays open')) };
    const note = (): void => {
      const { model } = world;
      ends.push(statSync(`${file}.wal`).size);
      held.push({
        readings: model.readingsOf(METERS, ...EVER),
        hours: model.rollups('hour', METERS, ...EVER),
        days: model.rollups('day', METERS, ...EVER),
        months: model.rollups('month', METERS, ...EVER),
      });
    };
    note();
    await everybody(world, real, SEED);
    note();
    for (let i = 0; i < 12; i++) {
      await something(world, real, new Dice(random(SEED * 100 + i)));
      note();
    }
    const copy = join(directory(), DUCKDB_FILE);
    copyFileSync(file, copy);
    return { file: copy, log: readFileSync(`${file}.wal`), ends, held };
  } finally {
    await store.stop();
  }
}

/** What a start on this file and this log finds; the error, where it finds none. */
async function started(file: string, log: Uint8Array): Promise<unknown> {
  const at = directory();
  copyFileSync(file, join(at, DUCKDB_FILE));
  writeFileSync(join(at, `${DUCKDB_FILE}.wal`), log);
  const store = new DuckDBTimeSeries({ directory: at });
  try {
    await store.start();
    return await contents(store, METERS);
  } catch (error) {
    return String(error);
  } finally {
    await store.stop();
    rmSync(at, { recursive: true });
  }
}

test('wherever the log is cut, the changes before the cut are there whole, and nothing else', async () => {
  const { file, log, ends, held } = await written();
  const dice = new Dice(random(SEED));
  const [first, last] = [ends[0] as number, ends.at(-1) as number];
  expect(last).toBe(log.length);
  const cuts = [last, last - 1, first, ...Array.from({ length: CUTS }, () => dice.whole(first, last))];
  for (const cut of cuts) {
    const found = await started(file, log.subarray(0, cut));
    const changes = ends.findLastIndex((end) => end <= cut);
    expect(isDeepStrictEqual(found, held[changes]), `cut at ${cut} of ${last}, seed ${SEED}`).toBe(true);
  }
});

test('a log with a byte that is not what was written is refused, or ends before it', async () => {
  const { file, log, ends, held } = await written();
  const dice = new Dice(random(SEED));
  for (let i = 0; i < CUTS; i++) {
    const damaged = Buffer.from(log);
    const at = dice.whole(ends[0] as number, log.length - 1);
    damaged[at] = (damaged[at] as number) ^ (1 << dice.whole(0, 7));
    const found = await started(file, damaged);
    if (typeof found === 'string') expect(found).toMatch(/cannot be opened: .*WAL/);
    else {
      // The length of an entry that reaches beyond the end: DuckDB takes it for one that was cut off.
      const before = ends.findLastIndex((end) => end <= at);
      expect(isDeepStrictEqual(found, held[before]), `byte ${at} of ${log.length}, seed ${SEED}`).toBe(true);
    }
  }
});
