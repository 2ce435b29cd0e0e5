import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEVELS, parseTime, Zone } from '../../server/domain/time.ts';

const shanghai = new Zone('Asia/Shanghai');
const newYork = new Zone('America/New_York');
const kolkata = new Zone('Asia/Kolkata');
const at = (text: string): number => Date.parse(text);

describe('zone', () => {
  test('a spring day has 23 hours and an autumn day 25 where clocks change', () => {
    const hours = (zone: Zone, day: string): number => {
      const start = parseTime(day, zone) as number;
      return zone.periods('hour', start, zone.next('day', start)).length;
    };
    expect(hours(newYork, '2016-03-13')).toBe(23);
    expect(hours(newYork, '2016-11-06')).toBe(25);
    expect(hours(newYork, '2016-07-01')).toBe(24);
    expect(hours(shanghai, '2016-03-13')).toBe(24);
    // China put its clocks forward in the summers of 1986 to 1991.
    expect(hours(shanghai, '1988-04-17')).toBe(23);
  });

  test('the two hours of a repeated wall clock are two periods', () => {
    const first = at('2016-11-06T01:30:00-04:00');
    const second = at('2016-11-06T01:30:00-05:00');
    expect(newYork.startOf('hour', first)).toBe(at('2016-11-06T01:00:00-04:00'));
    expect(newYork.startOf('hour', second)).toBe(at('2016-11-06T01:00:00-05:00'));
    expect(newYork.next('hour', first)).toBe(at('2016-11-06T01:00:00-05:00'));
  });

  test('a wall clock that occurs twice means the first, a skipped one the clock not put forward', () => {
    expect(parseTime('2016-11-06 01:30:00', newYork)).toBe(at('2016-11-06T01:30:00-04:00'));
    expect(parseTime('2016-03-13 02:30:00', newYork)).toBe(at('2016-03-13T03:30:00-04:00'));
  });

  test('hours start on the half hour where the zone does', () => {
    expect(kolkata.startOf('hour', at('2026-01-01T10:45:00+05:30'))).toBe(at('2026-01-01T10:00:00+05:30'));
  });

  test.each(['Asia/Shanghai', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Europe/London'])(
    'property: the periods of %s follow each other without gap and hold their instants',
    (name) => {
      const zone = new Zone(name);
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: name,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      fc.assert(
        fc.property(fc.integer({ min: at('1990-01-01'), max: at('2037-01-01') }), (instant) => {
          for (const level of LEVELS) {
            const start = zone.startOf(level, instant);
            const end = zone.next(level, instant);
            expect(start).toBeLessThanOrEqual(instant);
            expect(end).toBeGreaterThan(instant);
            expect(zone.startOf(level, start)).toBe(start);
            expect(zone.startOf(level, end)).toBe(end);
            expect(zone.startOf(level, end - 1)).toBe(start);
          }
          expect(zone.iso(instant).slice(0, 19).replace('T', ' ')).toBe(format.format(instant));
          expect(Date.parse(zone.iso(instant))).toBe(instant);
        }),
        { numRuns: 500 },
      );
    },
  );

  test('shifting keeps the wall clock and stays inside the month', () => {
    expect(shanghai.shift(at('2026-03-31T08:00:00+08:00'), 'month', -1)).toBe(
      at('2026-02-28T08:00:00+08:00'),
    );
    expect(shanghai.shift(at('2024-02-29T00:00:00+08:00'), 'year', 1)).toBe(at('2025-02-28T00:00:00+08:00'));
    expect(newYork.shift(at('2016-03-12T12:00:00-05:00'), 'day', 1)).toBe(at('2016-03-13T12:00:00-04:00'));
  });
});

describe('parseTime', () => {
  test.each([
    ['2026-11-21T08:15:00+08:00', '2026-11-21T08:15:00+08:00'],
    ['2026-11-21T00:15:00Z', '2026-11-21T08:15:00+08:00'],
    ['2026-11-21T08:15:00', '2026-11-21T08:15:00+08:00'],
    ['2026-11-21 08:15', '2026-11-21T08:15:00+08:00'],
    ['2026-11-21', '2026-11-21T00:00:00+08:00'],
    ['2026-11', '2026-11-01T00:00:00+08:00'],
    ['20261121081500', '2026-11-21T08:15:00+08:00'],
    [1_795_220_100, '2026-11-21T08:15:00+08:00'],
    [1_795_220_100_000, '2026-11-21T08:15:00+08:00'],
    ['1795220100', '2026-11-21T08:15:00+08:00'],
    ['2026-11-21T08:15:00.250+0800', '2026-11-21T08:15:00.250+08:00'],
  ])('%s', (input, expected) => {
    expect(parseTime(input, shanghai)).toBe(at(expected));
    expect(parseTime(input, shanghai)).toBe(at(expected));
  });

  test.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2026-11-21T25:00',
    '2026-11-21T08:61',
    '2026-11-21T08:15:00+99:00',
    '2026-11-21T08:15:00+08:75',
    -5,
    Number.NaN,
    null,
    {},
  ])('%s is no time', (input) => {
    expect(parseTime(input, shanghai)).toBeNull();
  });

  test('property: what iso writes, parseTime reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: at('1970-01-03'), max: at('2090-01-01') }), (instant) => {
        for (const zone of [shanghai, newYork, kolkata])
          expect(parseTime(zone.iso(instant), zone)).toBe(instant);
      }),
    );
  });
});
