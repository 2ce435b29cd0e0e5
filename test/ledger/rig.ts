import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hoursOf, intervalStart } from '../../server/domain/consumption.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { hourAmount, rollUp } from '../../server/domain/rollup.ts';
import { Journal } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';

export const quiet = { info: () => {}, error: () => {} };
export const start = Date.parse('2026-01-31T20:00:00+08:00');
export const QUARTER = 900_000;

export interface Rig {
  journal: Journal;
  timeseries: DuckDBTimeSeries;
  readonly ledger: Ledger;
  /** Stops the ledger and starts another one on what was stored. */
  restart(): Promise<void>;
  feed(readings: Reading[], pieces?: number): Promise<void>;
  state(): Promise<unknown>;
}

export async function rig(of: Estate): Promise<Rig> {
  const at = directory();
  const journal = new Journal({ file: join(at, 'journal.sqlite'), groupMs: 0 });
  const timeseries = new DuckDBTimeSeries({ directory: at });
  await journal.start();
  await timeseries.start();
  const open = (): Ledger => {
    const ledger = new Ledger({ journal, timeseries, estate: () => of, log: quiet });
    ledger.start();
    return ledger;
  };
  let ledger = open();
  onTestFinished(async () => {
    await ledger.stop();
    await journal.stop();
    await timeseries.stop();
  });
  const all = of.meters.map((m) => m.no);
  return {
    journal,
    timeseries,
    get ledger() {
      return ledger;
    },
    async restart() {
      await ledger.stop();
      ledger = open();
    },
    async feed(readings, pieces = 1) {
      const size = Math.max(1, Math.ceil(readings.length / pieces));
      for (let i = 0; i < readings.length; i += size) {
        await journal.append(readings.slice(i, i + size), []);
        if (pieces > 1 && i % (3 * size) === 0) await ledger.drained();
      }
      await ledger.drained();
    },
    async state() {
      const forever = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
      return {
        readings: await timeseries.readings(all, ...forever),
        hours: await timeseries.rollups('hour', all, ...forever),
        days: await timeseries.rollups('day', all, ...forever),
        months: await timeseries.rollups('month', all, ...forever),
      };
    },
  };
}

export function steady(no: number, count: number, kw: number, from = start): Reading[] {
  return Array.from({ length: count }, (_, i) => ({
    meter: no,
    time: from + i * QUARTER,
    value: Math.round((1000 + (i * kw) / 4) * 100) / 100,
    flags: 0,
  }));
}

/** What the stored readings amount to, computed in one go: the reference for every incremental path. */
export function reference(of: Estate, readings: readonly Reading[]): unknown {
  const hours: unknown[] = [];
  const days: unknown[] = [];
  const months: unknown[] = [];
  for (const m of of.meters) {
    const points = readings.filter((r) => r.meter === m.no).sort((a, b) => a.time - b.time);
    if (points.length === 0) continue;
    const from = of.zone.startOf('hour', intervalStart(m, points[0] as Reading));
    const to = of.zone.next('hour', (points[points.length - 1] as Reading).time + m.intervalS * 1000);
    const own = hoursOf(m, points, of.zone, from, to).map(hourAmount);
    own.sort((a, b) => a.start - b.start);
    const ownDays = rollUp(own, 'day', of.zone);
    hours.push(...own.map((h) => ({ meter: m.no, ...h })));
    days.push(...ownDays.map((d) => ({ meter: m.no, ...d })));
    months.push(...rollUp(ownDays, 'month', of.zone).map((d) => ({ meter: m.no, ...d })));
  }
  return { hours, days, months };
}
