import { type LikeSpans, likeSpans } from '../../conservation/compared-indicators.ts';
import type { Span } from '../../conservation/spans.ts';
import type { Zone } from '../../domain/time.ts';

/** The month of a report and the times that it is held against. */
export interface ReportPeriod {
  /** `2026-12` */
  month: string;
  year: number;
  /** The whole month, however much of it is over. */
  whole: Span;
  /** The month as far as it is over, and the like parts of the month before and of a year ago. */
  inMonth: LikeSpans;
  /** From 1 January to the end of that, and the same of a year ago. */
  inYear: LikeSpans;
  /** The month is not over yet. */
  running: boolean;
  /** The instant that the report speaks of: the end of the month, or now where it still runs. Epoch ms. */
  asOf: number;
}

/**
 * @param month `YYYY-MM`
 * @param now epoch ms
 * @throws RangeError where it is no month, or one that has not begun
 */
export function periodOf(zone: Zone, month: string, now: number): ReportPeriod {
  const parts = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
  if (!parts) throw new RangeError(`month: ${JSON.stringify(month)} is none; it is written YYYY-MM`);
  const year = Number(parts[1]);
  const from = zone.instant(Date.UTC(year, Number(parts[2]) - 1, 1));
  const whole = { from, to: zone.next('month', from) };
  if (zone.startOf('hour', now) <= from) throw new RangeError(`month: ${month} has not begun`);
  const inMonth = likeSpans(zone, whole, now);
  return {
    month,
    year,
    whole,
    inMonth,
    inYear: likeSpans(zone, { from: zone.startOf('year', from), to: whole.to }, now),
    running: inMonth.current.to < whole.to,
    asOf: Math.min(now, whole.to),
  };
}
