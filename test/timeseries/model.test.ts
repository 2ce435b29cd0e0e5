import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOUBLE, DuckDBInstance, UINTEGER } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import { append } from '../../server/timeseries/duckdb/append.ts';
import { ROLLUP_TABLE } from '../../server/timeseries/duckdb/tables.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import type { Rollup } from '../../server/timeseries/port.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { EVER, LEVELS } from './contract.ts';
import type { StoreModel } from './model.ts';
import { compareAll, everybody, newWorld, operations, type Real, type Reopening } from './operations.ts';

/** How many stories are told; a night has time for more: MODEL_RUNS=2000. */
const RUNS = Number(process.env.MODEL_RUNS ?? 6);
const SEED = Number(process.env.SEED ?? 1);
/** Small, so that in most stories stretches are put in order. */
const STRETCH = 48;

/** Meters at and beyond what is made room for at first, a vector of DuckDB, and a question's most. */
const POPULATIONS = [3, 40, 257, 600, 2049, 6000];
const LARGE = [...POPULATIONS, 20_500];
const ORIGINS = [
  Date.parse('2026-12-31T20:00:00+08:00'),
  // Some before the epoch and some after it.
  -12 * 3_600_000,
  Date.parse('1961-02-28T20:00:00+08:00'),
];

class DuckDBUnderTest implements Real {
  readonly isAtomic = true;
  readonly #root = mkdtempSync(join(tmpdir(), 'jieneng-model-'));
  readonly #walLimit: string;
  #number = 0;
  store: DuckDBTimeSeries;

  constructor(walLimit: string) {
    this.#walLimit = walLimit;
    this.store = this.#at(this.#next());
  }

  #next(): string {
    const path = join(this.#root, String(++this.#number));
    mkdirSync(path);
    return path;
  }

  #at(path: string): DuckDBTimeSeries {
    return new DuckDBTimeSeries({ directory: path, walLimit: this.#walLimit, stretchRows: STRETCH });
  }

  get #path(): string {
    return join(this.#root, String(this.#number));
  }

  async reopen(how: Reopening, model: StoreModel): Promise<void> {
    const left = this.#path;
    const old = this.store;
    if (how === 'stopped') await old.stop();
    else if (how === 'backup') {
      await old.backup(this.#next());
      await old.stop();
    } else if (how === 'killed') {
      // What is in its files at this moment is what a process that dies leaves behind.
      const copy = this.#next();
      for (const name of [DUCKDB_FILE, `${DUCKDB_FILE}.wal`]) {
        if (existsSync(join(left, name))) copyFileSync(join(left, name), join(copy, name));
      }
      await old.stop();
    } else {
      await old.stop();
      await asLayout(how === 'layout 1' ? 1 : 2, left, model);
    }
    this.store = this.#at(this.#path);
    await this.store.start();
  }

  async remove(): Promise<void> {
    await this.store.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Makes the closed file one of an earlier layout, whose tables hold all periods. */
async function asLayout(layout: 1 | 2, directory: string, model: StoreModel): Promise<void> {
  const instance = await DuckDBInstance.create(join(directory, DUCKDB_FILE));
  const c = await instance.connect();
  const meters = [...model.meters];
  for (const level of LEVELS) {
    const table = ROLLUP_TABLE[level];
    await c.run(`CREATE TEMP TABLE should AS SELECT * FROM ${table} LIMIT 0`);
    await append<Rollup>(
      c,
      'should',
      [
        [UINTEGER, (r) => r.meter],
        [DOUBLE, (r) => r.start],
        [DOUBLE, (r) => r.measured],
        [DOUBLE, (r) => r.recovered],
        [DOUBLE, (r) => r.estimated],
        [DOUBLE, (r) => r.coveredMs],
      ],
      model.rollups(level, meters, ...EVER),
    );
    await c.run(`INSERT INTO ${table} SELECT * FROM should ANTI JOIN ${table} USING (meter, start)`);
    await c.run('DROP TABLE should');
  }
  await c.run('DROP TABLE open_periods');
  if (layout === 1) {
    await c.run("DELETE FROM meta WHERE name = 'newest'");
    await c.run('DELETE FROM newest');
    await append<Reading>(
      c,
      'newest',
      [
        [UINTEGER, (r) => r.meter],
        [DOUBLE, (r) => r.time],
        [DOUBLE, (r) => r.value],
        [DOUBLE, (r) => r.flags],
      ],
      model.latest(),
    );
  }
  await c.run(`UPDATE meta SET value = ${layout} WHERE name = 'layout'`);
  c.closeSync();
  instance.closeSync();
}

describe('DuckDB', () => {
  test('property: after whatever was done, every answer is the one of a plain map', async () => {
    const ways: Reopening[] = ['stopped', 'killed', 'backup', 'layout 1', 'layout 2'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(RUNS > 50 ? LARGE : POPULATIONS)),
        fc.constantFrom(...ORIGINS),
        fc.constantFrom('1KB', '1MB', '16MB'),
        fc.nat(1000),
        fc.commands(operations({ ways, fails: true }), { maxCommands: 24, size: 'max' }),
        async (population, origin, walLimit, by, commands) => {
          const world = newWorld(population, origin);
          const real = new DuckDBUnderTest(walLimit);
          try {
            await real.store.start();
            await everybody(world, real, by);
            await fc.asyncModelRun(() => ({ model: world, real }), commands);
            await compareAll(world, real.store);
            await real.reopen('killed', world.model);
            await compareAll(world, real.store);
          } finally {
            await real.remove();
          }
        },
      ),
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: RUNS > 50 ? 3_000_000 : 200_000 },
    );
  }, 3_600_000);
});

describe.skipIf(!hasInflux())('InfluxDB', () => {
  const server = new InfluxServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  test('property: after whatever was done, every answer is the one of a plain map', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(3, 40, 257),
        fc.constantFrom(...ORIGINS),
        fc.nat(1000),
        fc.commands(operations({ ways: ['stopped'], fails: false }), { maxCommands: 12, size: 'max' }),
        async (population, origin, by, commands) => {
          const settings = { url: server.url, database: server.database() };
          const world = newWorld(population, origin);
          const real = {
            store: new InfluxTimeSeries(settings),
            isAtomic: false,
            async reopen() {
              await real.store.stop();
              real.store = new InfluxTimeSeries(settings);
              await real.store.start();
            },
          };
          try {
            await real.store.start();
            await everybody(world, real, by);
            await fc.asyncModelRun(() => ({ model: world, real }), commands);
            await compareAll(world, real.store);
          } finally {
            await real.store.stop();
          }
        },
      ),
      { numRuns: Math.ceil(RUNS / 3), seed: SEED },
    );
  }, 3_600_000);
});
