import { onTestFinished } from 'vitest';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Point } from '../../server/domain/register.ts';
import { hourAmount, rollUp } from '../../server/domain/rollup.ts';
import { HOUR_MS } from '../../server/domain/time.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';

/** A DuckDB in memory that holds the readings and what they amount to. */
export async function store(estate: Estate, readings: Record<string, Point[]>): Promise<TimeSeries> {
  const timeseries = new DuckDBTimeSeries({ directory: ':memory:' });
  await timeseries.start();
  onTestFinished(() => timeseries.stop());
  const { zone } = estate;
  for (const [id, points] of Object.entries(readings)) {
    const meter = estate.meter(id);
    const [first] = points;
    const last = points[points.length - 1];
    if (!meter || !first || !last) throw new Error(`no readings of ${id}`);
    const from = zone.startOf('hour', first.time);
    const parts = hoursOf(meter, points, zone, from, zone.next('hour', last.time)).map(hourAmount);
    const days = rollUp(parts, 'day', zone);
    const write = { meter: meter.no, isNew: true };
    await timeseries.write({
      cursor: 0,
      readings: points.map((p) => ({ meter: meter.no, ...p, flags: 0 })),
      hours: parts.map((p) => ({ ...write, ...p })),
      days: days.map((p) => ({ ...write, ...p })),
      months: rollUp(days, 'month', zone).map((p) => ({ ...write, ...p })),
    });
  }
  return timeseries;
}

/** A register read every hour that advances by what `perHour` says for the hour that begins then. */
export function register(from: number, to: number, perHour: (at: number) => number): Point[] {
  const out: Point[] = [];
  let value = 0;
  for (let time = from; time <= to; time += HOUR_MS) {
    out.push({ time, value: Math.round(value * 1e6) / 1e6 });
    value += perHour(time);
  }
  return out;
}

export async function all<T>(chunks: AsyncIterable<T[]>): Promise<T[]> {
  const out: T[] = [];
  for await (const chunk of chunks) out.push(...chunk);
  return out;
}
