import { hoursOf, type Point, reachMs } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import { hourAmount, rollUp } from '../domain/rollup.ts';
import type { Recomputed, Rollup, TimeSeries } from '../timeseries/port.ts';

/** Meters whose month is recomputed with one set of questions: bounds the readings held at once. */
export const METERS_AT_ONCE = 32;

/**
 * What one month of the meters amounts to, computed from their raw readings alone.
 * @param month start of a month in the estate's zone
 */
export async function computeMonth(
  timeseries: TimeSeries,
  estate: Estate,
  meters: readonly Meter[],
  month: number,
): Promise<Recomputed> {
  const { zone } = estate;
  const end = zone.next('month', month);
  const nos = meters.map((m) => m.no);
  const reach = Math.max(0, ...meters.map(reachMs));
  const from = month - reach;
  const to = end + reach;
  const points = new Map<number, Point[]>(nos.map((no) => [no, []]));
  for (const r of await timeseries.before(nos, from)) points.get(r.meter)?.push(r);
  for (const r of await timeseries.readings(nos, from, to)) points.get(r.meter)?.push(r);
  for (const r of await timeseries.after(nos, to)) points.get(r.meter)?.push(r);

  const hours: Rollup[] = [];
  const days: Rollup[] = [];
  const months: Rollup[] = [];
  for (const meter of meters) {
    const own = hoursOf(meter, points.get(meter.no) ?? [], zone, month, end).map(hourAmount);
    own.sort((a, b) => a.start - b.start);
    const ownDays = rollUp(own, 'day', zone);
    for (const h of own) hours.push({ meter: meter.no, ...h });
    for (const d of ownDays) days.push({ meter: meter.no, ...d });
    for (const m of rollUp(ownDays, 'month', zone)) months.push({ meter: meter.no, ...m });
  }
  return { hours, days, months };
}

/** Computes one month of the meters again from their raw readings and puts it in place of what was there. */
export async function recomputeMonth(
  timeseries: TimeSeries,
  estate: Estate,
  meters: readonly Meter[],
  month: number,
): Promise<void> {
  const end = estate.zone.next('month', month);
  for (let i = 0; i < meters.length; i += METERS_AT_ONCE) {
    const group = meters.slice(i, i + METERS_AT_ONCE);
    const computed = await computeMonth(timeseries, estate, group, month);
    // In order of time, as the store likes it.
    const inTime = (rows: readonly Rollup[]): Rollup[] => rows.toSorted((a, b) => a.start - b.start);
    await timeseries.replace(
      group.map((m) => m.no),
      month,
      end,
      { hours: inTime(computed.hours), days: inTime(computed.days), months: inTime(computed.months) },
    );
  }
}
