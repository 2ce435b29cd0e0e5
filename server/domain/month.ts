import type { Zone } from './time.ts';

/** Calendar months as people write them, `2026-12`. */

/** The month so many after one. */
export function monthAfter(month: string, count: number): string {
  const [y, m] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(y, m - 1 + count, 1)).toISOString().slice(0, 7);
}

/** Its first instant in the zone, epoch ms. */
export function startOfMonth(zone: Zone, month: string): number {
  const [y, m] = month.split('-').map(Number) as [number, number];
  return zone.instant(Date.UTC(y, m - 1, 1));
}

/** The month that holds an instant. */
export function monthOf(zone: Zone, at: number): string {
  return dayOf(zone, at).slice(0, 7);
}

/** The day that holds an instant, YYYY-MM-DD. */
export function dayOf(zone: Zone, at: number): string {
  return zone.iso(at).slice(0, 10);
}

/** First instant of a day, YYYY-MM-DD, or of the day so many after it, epoch ms. */
export function startOfDay(zone: Zone, day: string, after = 0): number {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number];
  return zone.instant(Date.UTC(y, m - 1, d + after));
}
