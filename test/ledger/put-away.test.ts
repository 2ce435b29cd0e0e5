import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { Journal } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { type HandOver, RefusedReadings } from '../../server/timeseries/port.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { until } from '../support/server.ts';

const START = Date.parse('2026-03-01T00:00:00+08:00');
const SECOND = 1000;

/** A store that does not take some readings, as an InfluxDB may; the others it keeps before it says so. */
class Choosy extends DuckDBTimeSeries {
  refuses: (r: Reading) => boolean = () => false;

  override async write(batch: HandOver): Promise<void> {
    const refused = batch.readings.filter(this.refuses);
    if (refused.length === 0) return super.write(batch);
    throw new RefusedReadings(refused.map((reading) => ({ reading, why: 'not this one' })));
  }
}

async function rig(
  refuses: (r: Reading) => boolean,
): Promise<{ journal: Journal; ledger: Ledger; store: Choosy }> {
  const store = new Choosy({ directory: ':memory:' });
  store.refuses = refuses;
  const journal = new Journal({ file: join(directory(), 'journal.sqlite'), groupMs: 0 });
  await journal.start();
  await store.start();
  const log = { info: () => {}, error: () => {} };
  const ledger = new Ledger({ journal, timeseries: store, estate: () => estate([meter()]), log });
  ledger.start();
  onTestFinished(async () => {
    await ledger.stop();
    await journal.stop();
    await store.stop();
  });
  return { journal, ledger, store };
}

function seconds(count: number): Reading[] {
  return Array.from({ length: count }, (_, i) => ({
    meter: 1,
    time: START + i * SECOND,
    value: i,
    flags: 0,
  }));
}

test('what the store refuses goes to quarantine, repeats stay repeats, and consumption is that of the rest', async () => {
  const { journal, ledger, store } = await rig((r) => r.value === 5 || r.value === 7199);
  const all = seconds(7200);
  // 5 comes twice: the first is refused, the second is a repeat of it.
  await journal.append([...all, all[5] as Reading], []);
  await ledger.drained();
  expect(journal.account()).toEqual({
    received: 7201,
    stored: 7198,
    duplicate: 1,
    quarantined: 2,
    pending: 0,
  });
  expect(journal.quarantine({ limit: 10 }).map((q) => [q.reason, q.value, q.detail])).toEqual([
    ['store_refused', 7199, 'meter m1 at 2026-03-01T01:59:59+08:00: 7199 is not stored: not this one'],
    ['store_refused', 5, 'meter m1 at 2026-03-01T00:00:05+08:00: 5 is not stored: not this one'],
  ]);
  expect(await store.readings([1], 0, Number.POSITIVE_INFINITY)).toEqual(
    all.filter((r) => r.value !== 5 && r.value !== 7199),
  );
  const hours = await store.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
  // From 0 to 7198: what is refused at the end is not counted, what is refused within is bridged.
  expect(hours.reduce((n, h) => n + h.measured + h.recovered, 0)).toBe(7198 * MICRO);
  expect(ledger.handedOver).toEqual({ stored: 7198, duplicate: 1, conflict: 0, refused: 2 });
});

test('a store that refuses more than 10,000 readings is waited for: quarantine forgets, the journal does not', async () => {
  const { journal, ledger, store } = await rig(() => true);
  await journal.append(seconds(10_001), []);
  await until(
    async () => ledger.error,
    (error) => error !== null,
  );
  expect(ledger.error).toMatch(
    /^the time series refuses 10001 readings: not this one; 0 such readings are in quarantine, so no more are put away/,
  );
  expect(journal.account()).toMatchObject({ pending: 10_001, quarantined: 0 });
  store.refuses = () => false;
  await until(
    async () => journal.account(),
    (a) => a.pending === 0,
    60_000,
  );
  expect(journal.account()).toMatchObject({ stored: 10_001, quarantined: 0, pending: 0 });
});
