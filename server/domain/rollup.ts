import { whole } from './advance.ts';
import type { HourPart } from './hours.ts';
import type { Zone } from './time.ts';

/** What one meter used in one period, in micro; see `consumption.ts`. */
export interface Amount {
  measured: number;
  recovered: number;
  estimated: number;
  coveredMs: number;
}

export interface PeriodAmount extends Amount {
  start: number;
}

export const NOTHING: Readonly<Amount> = { measured: 0, recovered: 0, estimated: 0, coveredMs: 0 };

/** The sum; whole numbers, so the order of adding does not matter. */
export function plus(a: Readonly<Amount>, b: Readonly<Amount>): Amount {
  return {
    measured: whole(a.measured + b.measured),
    recovered: whole(a.recovered + b.recovered),
    estimated: whole(a.estimated + b.estimated),
    coveredMs: a.coveredMs + b.coveredMs,
  };
}

export function hourAmount(part: HourPart): PeriodAmount {
  return {
    start: part.start,
    measured: part.measured,
    recovered: part.recovered,
    estimated: part.estimated,
    coveredMs: part.coveredMs,
  };
}

/**
 * Adds periods up to the next level: hours to days, days to months.
 * @param parts in order of start
 * @param closed what the first period holds before the first part
 */
export function rollUp(
  parts: readonly PeriodAmount[],
  level: 'day' | 'month',
  zone: Zone,
  closed: Readonly<Amount> = NOTHING,
): PeriodAmount[] {
  const out: PeriodAmount[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    if (part.start >= end) {
      const start = zone.startOf(level, part.start);
      end = zone.next(level, start);
      out.push({ start, ...(out.length === 0 ? closed : NOTHING) });
    }
    const last = out[out.length - 1] as PeriodAmount;
    Object.assign(last, plus(last, part));
  }
  return out;
}
