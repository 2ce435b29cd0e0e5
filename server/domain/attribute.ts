import type { DatedValue } from './meter.ts';
import { DAY_MS, type Zone } from './time.ts';

/** The attributes that the program uses itself, with their units; a node may have others besides. */
export const ATTRIBUTES = {
  floor_area_m2: 'm²',
  heated_area_m2: 'm²',
  machine_room_area_m2: 'm²',
  /** 用能人数: who uses energy there, staff or not. */
  people: 'p',
  /** Days and hours of use in a year. */
  working_days: 'd/a',
  working_hours: 'h/a',
  vehicles: '1',
} as const;
export type AttributeName = keyof typeof ATTRIBUTES;

export function unitOfAttribute(name: string): string | null {
  if (Object.hasOwn(ATTRIBUTES, name)) return ATTRIBUTES[name as AttributeName];
  return name.endsWith('_m2') ? 'm²' : null;
}

/** Whether it counts something; others, like a longitude, may be below 0. */
export function isCount(name: string): boolean {
  return unitOfAttribute(name) !== null;
}

/** Whether the values of parts add up to that of the whole, as areas and people do and days of use do not. */
export function addsUp(name: string): boolean {
  return isCount(name) && !unitOfAttribute(name)?.endsWith('/a');
}

export interface MeanValue {
  /** Time-weighted over the part of the period in which it is set; null: it is not set in it. */
  value: number | null;
  /** Length of that part as a share of the period, 0–1. */
  set: number;
}

/**
 * What an attribute was in a period: each value counts for the days on which it held. What it becomes later
 * changes nothing of it.
 * @param values in order of their date
 */
export function meanOver(values: readonly DatedValue[], zone: Zone, from: number, to: number): MeanValue {
  let sum = 0;
  let held = 0;
  values.forEach((v, i) => {
    const next = values[i + 1];
    const start = Math.max(from, firstInstant(zone, v.from));
    const end = Math.min(to, next ? firstInstant(zone, next.from) : to);
    if (end <= start) return;
    sum += v.value * (end - start);
    held += end - start;
  });
  if (held === 0) return { value: null, set: 0 };
  // Over a period in which nothing changes the mean is the value itself, to the last digit.
  const inside = values.filter((v, i) => {
    const next = values[i + 1];
    return firstInstant(zone, v.from) < to && (!next || firstInstant(zone, next.from) > from);
  });
  const [first] = inside;
  const value = first && inside.every((v) => v.value === first.value) ? first.value : sum / held;
  return { value, set: held / (to - from) };
}

/** The first instant of a day like 2026-01-31. */
export function firstInstant(zone: Zone, date: string): number {
  const local = Date.parse(`${date}T00:00:00Z`);
  return zone.instant(local);
}

/** The day of an instant, like 2026-01-31. */
export function dateOf(zone: Zone, at: number): string {
  const local = at + zone.offset(at);
  return new Date(local - (((local % DAY_MS) + DAY_MS) % DAY_MS)).toISOString().slice(0, 10);
}
