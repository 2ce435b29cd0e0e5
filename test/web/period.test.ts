import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import {
  daysIn,
  parsePeriod,
  periodAt,
  periodText,
  shiftPeriod,
  stepOf,
  yearBefore,
} from '../../web/src/lib/state/period.ts';

const zone = new Zone('Asia/Shanghai');
const at = (text: string) => Date.parse(`${text}+08:00`);

describe('periods of the address', () => {
  it.each([
    ['2026-11-21', '2026-11-21T00:00:00', '2026-11-22T00:00:00'],
    // 16 November 2026 is a Monday of ISO week 47.
    ['2026-W47', '2026-11-16T00:00:00', '2026-11-23T00:00:00'],
    // 1 January 2027 is a Friday and belongs to week 53 of 2026.
    ['2026-W53', '2026-12-28T00:00:00', '2027-01-04T00:00:00'],
    ['2026-11', '2026-11-01T00:00:00', '2026-12-01T00:00:00'],
    ['2026', '2026-01-01T00:00:00', '2027-01-01T00:00:00'],
    ['2026-11-01..2026-11-15', '2026-11-01T00:00:00', '2026-11-16T00:00:00'],
  ])('%s reads and writes the same', (text, start, end) => {
    const period = parsePeriod(text, zone);
    expect(period).toMatchObject({ start: at(start), end: at(end) });
    expect(periodText(period!, zone)).toBe(text);
  });

  it.each([
    '',
    '2026-13',
    '2026-02-30',
    '2026-W54',
    '2026-W00',
    '26',
    '2026-11-15..2026-11-01',
    '2026-11-21T00',
    'now',
  ])('%s is none', (text) => {
    expect(parsePeriod(text, zone)).toBeNull();
  });

  it('move by their own length', () => {
    const text = (p: string, n: number) => periodText(shiftPeriod(parsePeriod(p, zone)!, n, zone), zone);
    expect(text('2026-11-01', -1)).toBe('2026-10-31');
    expect(text('2026-W01', -1)).toBe('2025-W52');
    expect(text('2026-01', -1)).toBe('2025-12');
    expect(text('2026', 1)).toBe('2027');
    // 15 days later
    expect(text('2026-11-01..2026-11-15', 1)).toBe('2026-11-16..2026-11-30');
  });

  it('compare with the like part of the year before; weeks with the same weekdays', () => {
    const earlier = (p: string) => yearBefore(parsePeriod(p, zone)!, zone);
    expect(earlier('2026-11').start).toBe(at('2025-11-01T00:00:00'));
    expect(earlier('2026-11').end).toBe(at('2025-12-01T00:00:00'));
    // 16 November 2026 − 364 days = Monday 17 November 2025
    expect(earlier('2026-W47').start).toBe(at('2025-11-17T00:00:00'));
    expect(zone.wall(earlier('2026-W47').start).weekday).toBe(1);
  });

  it('are drawn in steps that can be read', () => {
    const step = (p: string) => stepOf(parsePeriod(p, zone)!);
    expect([step('2026-11-21'), step('2026-W47'), step('2026-11'), step('2026')]).toEqual([
      'hour',
      'day',
      'day',
      'month',
    ]);
    expect(step('2026-11-01..2026-11-03')).toBe('hour');
    expect(step('2026-11-01..2027-01-31')).toBe('day');
    expect(step('2026-01-01..2026-12-31')).toBe('month');
  });

  it('count days where the clock changes', () => {
    const newYork = new Zone('America/New_York');
    // 1 November 2026 has 25 hours there.
    const day = periodAt('day', Date.parse('2026-11-01T12:00:00-05:00'), newYork);
    expect((day.end - day.start) / 3_600_000).toBe(25);
    expect(daysIn(day)).toBe(1);
    expect(periodText(shiftPeriod(day, 1, newYork), newYork)).toBe('2026-11-02');
  });
});
