import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Journal, newSource } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { QUARTER, quiet, start } from './rig.ts';

test('what became of an import is counted when it is waited for, also where the journal answers late', async () => {
  const at = directory();
  const journal = new Journal({ file: `${at}/journal.sqlite`, groupMs: 0 });
  const timeseries = new DuckDBTimeSeries({ directory: at });
  await journal.start();
  await timeseries.start();
  // On a busy machine: the journal's thread has committed, and this thread has not heard of it yet.
  const slow = new Proxy(journal, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        // No month that is computed again gives it the time to hear of it.
        if (name === 'dirty') return [];
        const answer: unknown = Reflect.apply(value, target, args);
        return name === 'settle' ? Promise.resolve(answer).then(() => wait(200)) : answer;
      };
    },
  });
  const of = estate([meter()]);
  const ledger = new Ledger({ journal: slow, timeseries, estate: () => of, log: quiet });
  ledger.start();
  onTestFinished(async () => {
    await ledger.stop();
    await journal.stop();
    await timeseries.stop();
  });
  const source = newSource();
  const readings = [0, 1].map((i) => ({ meter: 1, time: start + i * QUARTER, value: i, flags: 0 }));
  await journal.appendFrom(source, readings, []);
  await ledger.drained();
  expect(ledger.imports.of(source)).toEqual({ stored: 2, duplicate: 0, conflict: 0 });
});
