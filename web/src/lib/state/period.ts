import { DAY_MS, type Level, type Zone } from '../../../../server/domain/time.ts';

/** The periods that people choose, and how they stand in the address. */
export const PERIOD_KINDS = ['day', 'week', 'month', 'year', 'range'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

/** [start, end) in epoch ms, on local midnights. */
export interface Chosen {
  kind: PeriodKind;
  start: number;
  end: number;
}

/** The period of a kind that holds an instant; a range is the 30 days that end with it. */
export function periodAt(kind: PeriodKind, at: number, zone: Zone): Chosen {
  if (kind === 'week') {
    const day = zone.startOf('day', at);
    const start = zone.shift(day, 'day', 1 - zone.wall(day).weekday);
    return { kind, start, end: zone.shift(start, 'day', 7) };
  }
  if (kind === 'range') {
    const end = zone.next('day', at);
    return { kind, start: zone.shift(end, 'day', -30), end };
  }
  return { kind, start: zone.startOf(kind, at), end: zone.next(kind, at) };
}

/** The period `count` steps later; a range moves by its own length. */
export function shiftPeriod(period: Chosen, count: number, zone: Zone): Chosen {
  const { kind, start, end } = period;
  if (kind === 'range') {
    const days = daysIn(period) * count;
    return { kind, start: zone.shift(start, 'day', days), end: zone.shift(end, 'day', days) };
  }
  if (kind === 'week') return periodAt('week', zone.shift(start, 'day', 7 * count), zone);
  return periodAt(kind, zone.shift(start, kind, count), zone);
}

/** The same period a year before. A week moves by 52 weeks, so that weekdays stand against weekdays. */
export function yearBefore(period: Chosen, zone: Zone): Chosen {
  const move = (at: number) =>
    period.kind === 'week' ? zone.shift(at, 'day', -364) : zone.shift(at, 'year', -1);
  return { kind: period.kind, start: move(period.start), end: move(period.end) };
}

export function daysIn(period: { start: number; end: number }): number {
  return Math.round((period.end - period.start) / DAY_MS);
}

/** The step in which a period is drawn. */
export function stepOf(period: Chosen): Level {
  if (period.kind === 'day') return 'hour';
  if (period.kind === 'year') return 'month';
  if (period.kind !== 'range') return 'day';
  const days = daysIn(period);
  return days <= 3 ? 'hour' : days <= 92 ? 'day' : 'month';
}

/** 2026-11-21 | 2026-W47 | 2026-11 | 2026 | 2026-11-01..2026-11-15 (both days included). */
export function periodText(period: Chosen, zone: Zone): string {
  const day = zone.iso(period.start).slice(0, 10);
  if (period.kind === 'year') return day.slice(0, 4);
  if (period.kind === 'month') return day.slice(0, 7);
  if (period.kind === 'day') return day;
  if (period.kind === 'range') return `${day}..${zone.iso(period.end - 1).slice(0, 10)}`;
  const { year, week } = isoWeek(period.start, zone);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The period that a text of the address names, or null. */
export function parsePeriod(text: string, zone: Zone): Chosen | null {
  const range = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(text);
  if (range) {
    const start = dayStart(range[1]!, zone);
    const last = dayStart(range[2]!, zone);
    if (start === null || last === null || last < start) return null;
    return { kind: 'range', start, end: zone.next('day', last) };
  }
  const week = /^(\d{4})-W(\d{2})$/.exec(text);
  if (week) {
    // 4 January is always in week 1 (ISO 8601).
    const first = dayStart(`${week[1]}-01-04`, zone);
    const number = Number(week[2]);
    if (first === null || number < 1 || number > 53) return null;
    return periodAt('week', zone.shift(first, 'day', 7 * (number - 1)), zone);
  }
  const part = /^(\d{4})(-\d{2})?(-\d{2})?$/.exec(text);
  if (!part) return null;
  const at = dayStart(`${part[1]}${part[2] ?? '-01'}${part[3] ?? '-01'}`, zone);
  if (at === null) return null;
  return periodAt(part[3] ? 'day' : part[2] ? 'month' : 'year', at, zone);
}

/** First instant of a local date YYYY-MM-DD, or null when there is no such date. */
export function dayStart(text: string, zone: Zone): number | null {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!m) return null;
  const local = Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3]));
  const real =
    new Date(local).toISOString().slice(0, 10) === text && Number(m[1]) >= 1971 && Number(m[1]) < 2100;
  return real ? zone.instant(local) : null;
}

/** Number of the week and the year that it belongs to, ISO 8601. */
export function isoWeek(at: number, zone: Zone): { year: number; week: number } {
  const w = zone.wall(at);
  const thursday = new Date(Date.UTC(w.year, w.month - 1, w.day + 4 - w.weekday));
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) };
}
