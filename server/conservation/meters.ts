import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import { gapLimitMs } from '../domain/register.ts';
import type { Amount } from '../domain/rollup.ts';
import { HOUR_MS } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { figureOf, meterSeries } from './series.ts';

export type MeterState = 'reporting' | 'silent' | 'never';

export interface MeterDay {
  start: number;
  completeness: number;
  quantity: number | null;
}

export interface MeterStatus {
  meter: Meter;
  state: MeterState;
  last: Reading | null;
  /** The last 7 days, oldest first; of today the elapsed part. */
  days: MeterDay[];
}

const DAYS = 7;
const SILENT_INTERVALS = 4;

/** silent: no reading for more than 4 intervals (at least 1 h). */
export function stateOf(meter: Meter, last: Reading | undefined, now: number): MeterState {
  if (!last) return 'never';
  const limit = Math.max(HOUR_MS, SILENT_INTERVALS * meter.intervalS * 1000);
  return now - last.time > limit ? 'silent' : 'reporting';
}

/** Whether and how well each of the meters reports, with one query for all of them. */
export async function meterStatus(
  timeseries: TimeSeries,
  estate: Estate,
  meters: readonly Meter[],
  latest: ReadonlyMap<number, Reading>,
  now: number,
): Promise<MeterStatus[]> {
  const { zone } = estate;
  const today = zone.startOf('day', now);
  const from = zone.startOf('day', zone.shift(today, 'day', 1 - DAYS));
  const days = zone.periods('day', from, now + 1);
  const nos = meters.map((m) => m.no);
  const amounts = new Map<number, Map<number, Amount>>();
  for (const row of await timeseries.rollups('day', nos, from, zone.next('day', today))) {
    const own = amounts.get(row.meter) ?? new Map<number, Amount>();
    amounts.set(row.meter, own.set(row.start, row));
  }
  return meters.map((meter) => {
    const series = meterSeries(meter);
    const own = amounts.get(meter.no);
    const last = latest.get(meter.no);
    return {
      meter,
      state: stateOf(meter, last, now),
      last: last ?? null,
      days: days.map(({ start, end }) => {
        const until = Math.min(end, known(meter, last, start, now));
        const { quantity, completeness } = figureOf(series, own?.get(start), until - start);
        return { start, quantity, completeness };
      }),
    };
  });
}

/**
 * Up to when a meter can be known by now. What came since the last reading of a meter that reports on time is
 * not missing, it is not due yet.
 */
function known(meter: Meter, last: Reading | undefined, start: number, now: number): number {
  return last && last.time > start && now - last.time <= gapLimitMs(meter) ? Math.min(last.time, now) : now;
}
