import { isWorkingDay } from './calendar.ts';
import type { Estate } from './estate.ts';
import { type FilingForm, type FilingKey, lastMonthOf } from './filing.ts';
import { monthAfter } from './month.ts';
import type { Source } from './scheme.ts';
import { DAY_MS, type Zone } from './time.ts';

export const SHIFTS = ['none', 'next', 'previous'] as const;

/** By when a form is to be filed (报送期限), for a node and all below it or for an administrative region. */
export interface Deadline {
  id: string;
  form: FilingForm;
  /** It holds for this node and everything below it; null: by region, or everywhere. */
  node: string | null;
  /** 6 digits of GB/T 2260; 320000 holds for all of Jiangsu, 320100 for all of Nanjing; null: everywhere. */
  region: string | null;
  /**
   * First month whose period it holds for, `2026-01`; null: ever since. From here on every period is owed;
   * without it only the last one that ended, for nobody said when filing began.
   */
  from: string | null;
  /** Months from the last one of the period to that of the deadline: 1 is the month after it. */
  months: number;
  /** Day of that month; a 31st becomes the last day of a shorter one. */
  day: number;
  /** Where no office is open on that day: it stays, or becomes the working day after or before it. */
  shift: (typeof SHIFTS)[number];
  source: Source;
}

/** When a filing is due. */
export interface Due {
  /** The last day on which it is in time, `2027-03-31`. */
  date: string;
  /** The end of that day, epoch ms: who files before it is in time. */
  at: number;
  deadline: Deadline;
}

/** The longest run of days without work is shorter. */
const SHIFT_DAYS = 15;

/**
 * The deadline of a filing: the one set for the nearest node at or above it, else the one of the smallest
 * region, else the one for everywhere; of several there the one that holds since last.
 * @returns null where none is set
 */
export function dueOf(estate: Estate, deadlines: readonly Deadline[], key: FilingKey): Due | null {
  return duesOf(estate, deadlines)(key);
}

/** The same for many filings: what they have in common is looked up once. */
export function duesOf(
  estate: Estate,
  deadlines: readonly Deadline[],
): (key: Pick<FilingKey, 'node' | 'form' | 'period'>) => Due | null {
  const byNode = new Map<string, { of: Deadline; nearness: number }[]>();
  const days = new Map<Deadline, Map<string, { date: string; at: number }>>();
  /** Nearest first, of those that hold since ever the last. */
  const holdingAt = (node: string): { of: Deadline; nearness: number }[] => {
    const path = estate.path(node).map((n) => n.id);
    const { region } = estate.classification(node);
    return deadlines
      .map((of) => ({ of, nearness: nearnessOf(of, path, region) }))
      .filter((d) => d.nearness >= 0)
      .sort((a, b) => b.nearness - a.nearness || (b.of.from ?? '').localeCompare(a.of.from ?? ''));
  };
  return ({ node, form, period }) => {
    const last = lastMonthOf(form, period);
    const holding = byNode.get(node) ?? holdingAt(node);
    byNode.set(node, holding);
    const found = holding.find(({ of }) => of.form === form && (of.from === null || of.from <= last))?.of;
    if (!found) return null;
    const known = days.get(found) ?? new Map<string, { date: string; at: number }>();
    days.set(found, known);
    const day = known.get(last) ?? dayOf(estate.zone, found, last);
    known.set(last, day);
    return { ...day, deadline: found };
  };
}

/** −1: it does not hold there. Everywhere is furthest, then province, prefecture, county, then nodes. */
function nearnessOf({ node, region }: Deadline, path: readonly string[], code: string | null): number {
  if (node !== null) return path.includes(node) ? 10 + path.indexOf(node) : -1;
  if (region === null) return 0;
  if (code === null) return -1;
  if (region === code) return 3;
  if (region.endsWith('00') && !region.endsWith('0000') && region.slice(0, 4) === code.slice(0, 4)) return 2;
  return region.endsWith('0000') && region.slice(0, 2) === code.slice(0, 2) ? 1 : -1;
}

function dayOf(zone: Zone, deadline: Deadline, lastMonth: string): { date: string; at: number } {
  const month = monthAfter(lastMonth, deadline.months);
  const [year, index] = [Number(month.slice(0, 4)), Number(month.slice(5)) - 1];
  const length = new Date(Date.UTC(year, index + 1, 0)).getUTCDate();
  let at = zone.instant(Date.UTC(year, index, Math.min(deadline.day, length)));
  const step = deadline.shift === 'next' ? 1 : -1;
  for (let i = 0; deadline.shift !== 'none' && i < SHIFT_DAYS && !isWorkingDay(zone, at); i++) {
    at = zone.shift(at, 'day', step);
  }
  return { date: zone.iso(at).slice(0, 10), at: zone.next('day', at) };
}

/** Whole days until a filing is due, 0 on its last day, negative when it is late. */
export function daysLeft(zone: Zone, due: Pick<Due, 'at'>, now: number): number {
  const today = zone.startOf('day', now);
  const last = zone.startOf('day', due.at - 1);
  return Math.round((last - today) / DAY_MS);
}
