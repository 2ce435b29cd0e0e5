import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Journal } from '../../server/journal/journal.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';

const MB = 2 ** 20;
const size = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

test("readers beside it do not keep the journal's log from being folded back", async () => {
  const file = join(directory(), 'journal.sqlite');
  const journal = new Journal({ file, groupMs: 0 });
  await journal.start();
  onTestFinished(() => journal.stop());
  let largest = 0;
  for (let i = 0; i < 400; i++) {
    const readings = Array.from({ length: 5000 }, (_, n) => ({
      meter: n,
      time: i,
      value: Math.random(),
      flags: 0,
    }));
    const appended = journal.append(readings, []);
    // One commit is under way meanwhile, and the last of these stops in the middle of what there is.
    journal.account();
    journal.quarantine({ limit: 10 });
    journal.entries(0, 10_000);
    await appended;
    largest = Math.max(largest, size(`${file}-wal`));
  }
  // 400 × 5,000 × (1 + 1 + 8) bytes = 20 MB went through a log that is folded back at 8.
  expect(journal.bytes).toBeGreaterThan(18 * MB);
  expect(largest).toBeLessThan(16 * MB);
}, 60_000);

test("questions beside it do not keep DuckDB's log from being folded back", async () => {
  const path = directory();
  const timeseries = new DuckDBTimeSeries({ directory: path, walLimit: '1MB' });
  await timeseries.start();
  onTestFinished(() => timeseries.stop());
  let largest = 0;
  let asked: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < 60; i++) {
    const readings = Array.from({ length: 5000 }, (_, n) => ({
      meter: n % 50,
      time: i * 5000 + n,
      value: Math.random(),
      flags: 0,
    }));
    const writing = timeseries.write({ cursor: i + 1, readings, hours: [], days: [], months: [] });
    await asked;
    asked = timeseries.readings([1, 2, 3], 0, Number.MAX_SAFE_INTEGER);
    await writing;
    largest = Math.max(largest, size(join(path, `${DUCKDB_FILE}.wal`)));
  }
  await asked;
  // 60 × 5,000 × 21 bytes = 6.3 MB went through it.
  expect(largest).toBeLessThan(4 * MB);
}, 60_000);
