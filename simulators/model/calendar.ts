import chineseDays from 'chinese-days';
import { DAY_MS } from '../../server/domain/time.ts';
import { daylight } from './weather.ts';

export interface Day {
  /** Days since 1970-01-01 of the wall clock. */
  index: number;
  /** 1 (Monday) – 7 (Sunday) */
  weekday: number;
  /** 0–365 */
  ofYear: number;
  month: number;
  date: number;
  /** Offices are open: a weekday that is no public holiday, or a 调休 working day. */
  workday: boolean;
  /** A public holiday, its 调休 days off included; an ordinary weekend is none. */
  holiday: boolean;
  rise: number;
  set: number;
}

// Fixed by the national regulation for every year; the year's own list comes from chinese-days once published.
const FIXED_HOLIDAYS = new Set(['1-1', '5-1', '5-2', '10-1', '10-2', '10-3']);

/** The day that holds a wall clock given as if it were UTC, ms. */
export function dayOf(local: number): Day {
  const index = Math.floor(local / DAY_MS);
  const d = new Date(index * DAY_MS);
  const [year, month, date] = [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate()];
  const weekday = ((d.getUTCDay() + 6) % 7) + 1;
  // chinese-days reads the process's own clock fields, so it gets a date made of those.
  const asked = new Date(year, month - 1, date, 12);
  const fixed = FIXED_HOLIDAYS.has(`${month}-${date}`);
  const workday = !fixed && chineseDays.isWorkday(asked);
  // isHoliday counts weekends too; the name of a listed day is Chinese and English, of any other the weekday.
  const holiday = fixed || (!workday && chineseDays.getDayDetail(asked).name.includes(','));
  const ofYear = index - Math.floor(Date.UTC(year, 0, 1) / DAY_MS);
  return { index, weekday, ofYear, month, date, workday, holiday, ...daylight(ofYear) };
}
