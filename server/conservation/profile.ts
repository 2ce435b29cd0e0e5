import { isWorkingDay } from '../domain/calendar.ts';
import type { Amount } from '../domain/rollup.ts';
import { HOUR_MS, type Zone } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { amountsPer } from './parts.ts';
import { coverage, figureOf, type Series, weight } from './series.ts';
import type { Span } from './spans.ts';

export interface ProfileCell {
  /** 1 Monday – 7 Sunday */
  weekday: number;
  /** 0–23 of the local clock */
  hour: number;
  mean: number;
  /** Hours that the mean is made of. */
  hours: number;
}

export interface LoadProfileOf {
  cells: ProfileCell[];
  /** Mean of the hours 0–5 on working days, per hour. */
  nightBase: number | null;
  /** Mean of the hours 9–17 on days off. */
  weekendBase: number | null;
  /** Mean of the hours 9–17 on working days. */
  workingMean: number | null;
  /** Share of the quantity that falls into the hours 0–5; null for gauges. */
  nightShare: number | null;
  /** Share of the quantity that falls on days off. */
  holidayShare: number | null;
}

/** An hour that is measured less than this says little about the load: recovered hours are apportioned. */
const MEASURED_ENOUGH = 0.9;

const isNight = (hour: number): boolean => hour <= 5;
const isOffice = (hour: number): boolean => hour >= 9 && hour <= 17;

/** How a series is used over the hours of the week, from the well measured hours of a span. */
export async function loadProfileOf(
  timeseries: TimeSeries,
  zone: Zone,
  series: Series,
  span: Span,
): Promise<LoadProfileOf> {
  const [rows = new Map()] = await amountsPer(timeseries, zone, [series], 'hour', span.from, span.to);
  const cells = new Map<number, Mean>();
  const [all, night, off, nightBase, weekendBase, working] = Array.from({ length: 6 }, () => new Mean()) as [
    Mean,
    Mean,
    Mean,
    Mean,
    Mean,
    Mean,
  ];
  let day = { start: 0, end: 0, working: false };
  for (const [start, row] of rows) {
    const quantity = wellMeasured(series, row);
    if (quantity === null) continue;
    if (start < day.start || start >= day.end) {
      const first = zone.startOf('day', start);
      day = { start: first, end: zone.next('day', first), working: isWorkingDay(zone, first) };
    }
    const { weekday, hour } = zone.wall(start);
    const key = weekday * 24 + hour;
    const cell = cells.get(key) ?? new Mean();
    cells.set(key, cell);
    cell.add(quantity);
    all.add(quantity);
    if (isNight(hour)) night.add(quantity);
    if (!day.working) off.add(quantity);
    if (day.working && isNight(hour)) nightBase.add(quantity);
    if (isOffice(hour)) (day.working ? working : weekendBase).add(quantity);
  }
  const share = (part: Mean): number | null => (series.gauge || all.sum <= 0 ? null : part.sum / all.sum);
  return {
    cells: [...cells]
      .sort(([a], [b]) => a - b)
      .map(([key, { count, sum }]) => ({
        weekday: Math.floor(key / 24),
        hour: key % 24,
        mean: sum / count,
        hours: count,
      })),
    nightBase: nightBase.mean,
    weekendBase: weekendBase.mean,
    workingMean: working.mean,
    nightShare: share(night),
    holidayShare: share(off),
  };
}

function wellMeasured(series: Series, row: Amount): number | null {
  if (coverage(row.coveredMs, HOUR_MS, weight(series)) < MEASURED_ENOUGH) return null;
  return figureOf(series, row, HOUR_MS).quantity;
}

class Mean {
  count = 0;
  sum = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }
}
