import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { Journal, newSource } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { type Crash, crashing } from './crashing.ts';
import { quiet, reference, rig, start, steady } from './rig.ts';

const DEADLINE_MS = 100_000;

async function stores(): Promise<{ journal: Journal; timeseries: DuckDBTimeSeries }> {
  const at = directory();
  const journal = new Journal({ file: join(at, 'journal.sqlite'), groupMs: 0 });
  const timeseries = new DuckDBTimeSeries({ directory: at });
  await journal.start();
  await timeseries.start();
  onTestFinished(async () => {
    await journal.stop();
    await timeseries.stop();
  });
  return { journal, timeseries };
}

/** Runs one ledger after the other, each to its crash, until all is done. */
async function crashUntilDone(
  { journal, timeseries }: { journal: Journal; timeseries: DuckDBTimeSeries },
  of: Estate,
  pattern: readonly number[],
  when: Crash['when'],
): Promise<number> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let crashes = 0; ; crashes++) {
    const at = pattern[crashes % pattern.length] as number;
    const crash: Crash = { at, when, happened: false };
    const ledger = new Ledger({
      journal: crashing(journal, crash),
      timeseries: crashing(timeseries, crash),
      estate: () => of,
      log: quiet,
    });
    ledger.start();
    while (!crash.happened && !ledger.idle) {
      if (Date.now() > deadline) throw new Error(`not done within ${DEADLINE_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await ledger.stop();
    if (!crash.happened) return crashes;
  }
}

describe('a crash at every step of a hand-over', () => {
  // A round that is all ones never gets a month both computed and marked so.
  const after = [[1, 1, 1, 2], [1, 2], [2], [2, 1, 3], [3], [3, 1, 1], [4], [5, 1]];
  const before = [[2, 3], [3], [3, 2, 4], [4, 2], [5]];
  test.each([
    ...after.map((pattern) => [pattern, 'after'] as const),
    ...before.map((pattern) => [pattern, 'before'] as const),
  ])('again and again at the steps %j, %s them', async (pattern, when) => {
    const of = estate([meter(), meter({ no: 2, register: 'interval' }), meter({ no: 3, register: 'power' })]);
    const parts = await stores();
    const all = [1, 2, 3].flatMap((no) => steady(no, 60, 40));
    const early = all.filter((r) => r.time < start + 10 * 3_600_000);
    const late = early.filter((r) => r.time % 7 === 0);
    // In order, late, and in order again, where only a crash asks for a recomputation.
    const pieces = [early.filter((r) => !late.includes(r)), late, all];
    let received = 0;
    for (const piece of pieces) {
      await parts.journal.append(piece, []);
      received += piece.length;
      await crashUntilDone(parts, of, pattern, when);
    }
    const forever = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
    const nos = of.meters.map((m) => m.no);
    expect(await parts.timeseries.readings(nos, ...forever)).toEqual(all);
    expect({
      hours: await parts.timeseries.rollups('hour', nos, ...forever),
      days: await parts.timeseries.rollups('day', nos, ...forever),
      months: await parts.timeseries.rollups('month', nos, ...forever),
    }).toEqual(reference(of, all));
    expect(parts.journal.account()).toEqual({
      received,
      stored: all.length,
      duplicate: received - all.length,
      quarantined: 0,
      pending: 0,
    });
  });
});

test('an import counts the readings of a hand-over that failed at first', async () => {
  const of = estate([meter()]);
  const { journal, timeseries } = await stores();
  let failures = 0;
  const failing = new Proxy(timeseries, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === 'write' && failures++ === 0) return () => Promise.reject(new Error('away'));
      return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
  const ledger = new Ledger({ journal, timeseries: failing, estate: () => of, log: quiet });
  const source = newSource();
  const readings = steady(1, 10, 40);
  await journal.appendFrom(source, [...readings, ...readings.slice(0, 3)], []);
  ledger.start();
  onTestFinished(() => ledger.stop());
  await ledger.drained();
  expect(failures).toBeGreaterThan(1);
  expect(ledger.imports.of(source)).toEqual({ stored: 10, duplicate: 3, conflict: 0 });
});

test('who waits for what was there so far does not wait for what keeps coming', async () => {
  const of = estate([meter(), meter({ no: 2 })]);
  const { journal, ledger } = await rig(of);
  let on = true;
  let sent = 0;
  const stream = async (): Promise<void> => {
    while (on) {
      await journal.append([{ meter: 2, time: start + sent++ * 1000, value: sent, flags: 0 }], []);
    }
  };
  const streams = Promise.all([stream(), stream(), stream()]);
  const source = newSource();
  await journal.appendFrom(source, steady(1, 100, 40), []);
  const before = sent;
  const drained = ledger.drained();
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('still waiting'), 60_000));
  const outcome = await Promise.race([drained.then(() => 'drained'), late]);
  on = false;
  await streams;
  await drained;
  expect(outcome).toBe('drained');
  expect(sent).toBeGreaterThan(before);
  expect(ledger.imports.of(source).stored).toBe(100);
});

describe('a meter that is described anew', () => {
  const NEW_YEAR = Date.parse('2026-01-01T00:00:00+08:00');

  test('an interval that ended at midnight of the first day of a month is computed again, too', async () => {
    const before = meter({ register: 'interval', intervalLabel: 'end' });
    const meters = [before];
    const of = estate(meters);
    const { feed, ledger, timeseries, state } = await rig(of);
    const all = [0, 1, 2].map((i) => ({ meter: 1, time: NEW_YEAR + i * 900_000, value: 5, flags: 0 }));
    await feed(all);
    (before.epochs[0] as { multiplier: number }).multiplier = 40;
    await ledger.recompute([{ id: 'm1', cause: 'description', version: 1 }], 1);
    await ledger.drained();
    const months = await timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY);
    // 5 × 40 in December, 2 × 5 × 40 in January.
    expect(months.map((m) => m.measured / MICRO)).toEqual([200, 400]);
    const { readings: _, ...rollups } = (await state()) as Record<string, unknown>;
    expect(rollups).toEqual(reference(of, all as Reading[]));
  });

  test('what a longer interval had put into the next month goes when it becomes shorter', async () => {
    const before = meter({ register: 'interval', intervalS: 86_400 });
    const of = estate([before]);
    const { feed, ledger, state } = await rig(of);
    const noon = NEW_YEAR + 30.5 * 86_400_000;
    const all = [{ meter: 1, time: noon, value: 24, flags: 0 }];
    await feed(all);
    before.intervalS = 3600;
    await ledger.recompute([{ id: 'm1', cause: 'description', version: 1 }], 1);
    await ledger.drained();
    const { readings: _, ...rollups } = (await state()) as Record<string, unknown>;
    expect(rollups).toEqual(reference(of, all));
  });
});
