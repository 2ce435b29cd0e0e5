import chineseDays from 'chinese-days';
import type { Zone } from './time.ts';

/** Zones where the State Council's calendar of holidays and 调休 working days holds. */
const CHINESE = new Set(['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Chongqing', 'Asia/Harbin', 'PRC']);

// Fixed by the national regulation for every year; the rest of a year's list comes once it is published.
const FIXED_HOLIDAYS = new Set(['1-1', '5-1', '5-2', '10-1', '10-2', '10-3']);

/**
 * Whether offices are open on the local day of an instant. In China: by the published calendar with its
 * holidays and 调休 working days; elsewhere Monday to Friday.
 */
export function isWorkingDay(zone: Zone, at: number): boolean {
  const { year, month, day, weekday } = zone.wall(at);
  if (!CHINESE.has(zone.name)) return weekday <= 5;
  if (FIXED_HOLIDAYS.has(`${month}-${day}`)) return false;
  return chineseDays.isWorkday(`${year}-${two(month)}-${two(day)}`);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
