import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { Journal } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { contents, EVER } from './contract.ts';

const quiet = { info: () => {}, error: () => {} };
const start = Date.parse('2026-01-28T20:00:00+08:00');
const QUARTER = 900_000;
const of = estate([
  meter(),
  meter({ no: 2, register: 'interval' }),
  meter({ no: 3, register: 'power', unit: 'kW' }),
  meter({ no: 10, epoch: { multiplier: 40 } }),
]);
const NOS = of.meters.map((m) => m.no);

interface Rig {
  journal: Journal;
  ledger: Ledger;
  store: TimeSeries;
}

async function rig(store: TimeSeries): Promise<Rig> {
  const journal = new Journal({ file: join(directory(), 'journal.sqlite'), groupMs: 0 });
  await journal.start();
  await store.start();
  const ledger = new Ledger({ journal, timeseries: store, estate: () => of, log: quiet });
  ledger.start();
  onTestFinished(async () => {
    await ledger.stop();
    await journal.stop();
    await store.stop();
  });
  return { journal, ledger, store };
}

/** 7 days of four meters over a month boundary: 40 kW, with a gap of 6 h in the third day. */
function stream(): Reading[] {
  const slots = Array.from({ length: 7 * 96 }, (_, i) => i).filter((i) => i < 200 || i >= 224);
  return slots.flatMap((i) =>
    NOS.map((no) => ({
      meter: no,
      time: start + i * QUARTER,
      value: no === 2 ? 10 : no === 3 ? 40 : 1000 + i * 10,
      flags: 0,
    })),
  );
}

async function until(what: string, done: () => boolean): Promise<void> {
  const deadline = performance.now() + 100_000;
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`still not ${what} after 100 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function pieces<T>(rows: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );
}

describe.skipIf(!hasInflux())('the ledger on InfluxDB', () => {
  let server: InfluxServer;
  beforeAll(() => {
    server = new InfluxServer();
    return server.start();
  });
  afterAll(() => server.remove());
  const influx = (): InfluxTimeSeries =>
    new InfluxTimeSeries({ url: server.url, database: server.database() });

  test('gaps, repeats, conflicts and late readings end as they do on DuckDB', async () => {
    const all = stream();
    // Every seventh slot comes days late, every fifth comes twice, and two readings are contradicted.
    const late = all.filter((r) => ((r.time - start) / QUARTER) % 7 === 3);
    const onTime = all.filter((r) => !late.includes(r));
    const repeated = all.filter((r) => ((r.time - start) / QUARTER) % 5 === 0);
    const contradicted = [all[0], all[400]].map((r) => ({ ...(r as Reading), value: 7 }));
    const results: unknown[] = [];
    for (const store of [new DuckDBTimeSeries({ directory: ':memory:' }), influx()]) {
      const { journal, ledger } = await rig(store);
      for (const part of pieces(onTime, 700)) {
        await journal.append(part, []);
        await ledger.drained();
      }
      for (const part of [...pieces(late, 100), repeated, contradicted]) await journal.append(part, []);
      await ledger.drained();
      results.push([await contents(store, NOS), journal.account()]);
    }
    expect(results[1]).toEqual(results[0]);
    const [rows, account] = results[1] as [
      { readings: Reading[]; days: { meter: number; measured: number; recovered: number }[] },
      unknown,
    ];
    expect(rows.readings).toHaveLength(all.length);
    // 671 quarter hours from first to last × 10 kWh, of which the 25 around the gap are recovered.
    const days = rows.days.filter((d) => d.meter === 1);
    expect(days.reduce((n, d) => n + d.recovered, 0)).toBe(25 * 10 * MICRO);
    expect(days.reduce((n, d) => n + d.measured + d.recovered, 0)).toBe(671 * 10 * MICRO);
    expect(account).toEqual({
      received: all.length + repeated.length + 2,
      stored: all.length,
      duplicate: repeated.length,
      quarantined: 2,
      pending: 0,
    });
  });

  describe('when the server goes down', () => {
    // The next test finds the server running, whatever became of this one.
    afterEach(async () => {
      await server.stop();
      await server.start();
    });

    test('the ledger says so, and everything arrives exactly once when it is back', async () => {
      const all = stream();
      const { journal, ledger, store } = await rig(influx());
      const parts = pieces(all, 300);
      for (const part of parts.slice(0, 3)) await journal.append(part, []);
      await ledger.drained();
      await server.stop('SIGKILL');
      for (const part of parts.slice(3, 6)) await journal.append(part, []);
      await until('an error', () => ledger.error !== null);
      const place = server.url.slice('http://'.length);
      expect(ledger.error).toMatch(
        new RegExp(
          `^InfluxDB at http://${place} cannot be reached: connect ECONNREFUSED ${place}( \\(writing \\d+ readings\\))?$`,
        ),
      );
      expect(journal.account().pending).toBe(900);
      await server.start();
      for (const part of parts.slice(6)) await journal.append(part, []);
      await until('idle', () => ledger.idle && ledger.error === null);
      await expectAll(store, journal, all);
    });

    test('killed again and again while readings come in, it ends with every one of them once', async () => {
      const all = stream();
      const { journal, ledger, store } = await rig(influx());
      let fed = 0;
      const feeding = (async () => {
        for (const part of pieces(all, 40)) {
          await journal.append(part, []);
          fed += part.length;
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
      })();
      for (const share of [0.2, 0.45, 0.7]) {
        await until('fed so far', () => fed > all.length * share);
        await server.stop('SIGKILL');
        await server.start();
      }
      await feeding;
      await until('idle', () => ledger.idle && ledger.error === null);
      await expectAll(store, journal, all);
    });
  });
});

/** The store holds what a DuckDB gets that was never interrupted, and the account is even. */
async function expectAll(store: TimeSeries, journal: Journal, all: readonly Reading[]): Promise<void> {
  const calm = await rig(new DuckDBTimeSeries({ directory: ':memory:' }));
  await calm.journal.append([...all], []);
  await calm.ledger.drained();
  expect(await contents(store, NOS)).toEqual(await contents(calm.store, NOS));
  expect(await store.readings(NOS, ...EVER)).toHaveLength(all.length);
  expect(journal.account()).toEqual({
    received: all.length,
    stored: all.length,
    duplicate: 0,
    quarantined: 0,
    pending: 0,
  });
}
