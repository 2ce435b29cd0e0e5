import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf, lookBack } from '../../server/domain/consumption.ts';
import type { HourPart } from '../../server/domain/hours.ts';
import type { Point } from '../../server/domain/register.ts';
import { DAY_MS, HOUR_MS, Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const HOURLY = meter({ intervalS: 3600 });
const at = (text: string): number => Date.parse(`${text}+08:00`);

/** An office: 20 kWh an hour from 8 to 18 on the days it is open, 2 kWh otherwise. */
function office(from: number, to: number, open: (day: string) => boolean): Point[] {
  const points: Point[] = [];
  let value = 10_000;
  for (let time = from; time <= to; time += HOUR_MS) {
    points.push({ time, value });
    const local = new Date(time + 8 * HOUR_MS);
    const hour = local.getUTCHours();
    value += open(local.toISOString().slice(0, 10)) && hour >= 8 && hour < 18 ? 20 : 2;
  }
  return points;
}

const weekday = (day: string): boolean => new Date(`${day}T12:00:00Z`).getUTCDay() % 6 !== 0;

/** Readings without those inside (from, to). */
function silent(points: readonly Point[], from: number, to: number): Point[] {
  return points.filter((p) => p.time <= from || p.time >= to);
}

function hours(points: readonly Point[], from: number, to: number): HourPart[] {
  const parts = hoursOf(HOURLY, points, zone, from, to);
  return parts.sort((a, b) => a.start - b.start);
}

const recovered = (parts: readonly HourPart[]): number[] => parts.map((p) => p.recovered / MICRO);

describe('a gap is certain in total and spread by what is typical', () => {
  // The four weeks before 2026-06-15, a Monday; no holiday but the Dragon Boat Festival after them, 19 June.
  const points = office(
    at('2026-05-11T00:00'),
    at('2026-06-30T00:00'),
    (d) => weekday(d) && d !== '2026-06-19',
  );

  test('a working day from 6 to 20', () => {
    const [from, to] = [at('2026-06-16T06:00'), at('2026-06-16T20:00')];
    const parts = hours(silent(points, from, to), from, to);
    // 2 × 2, 10 × 20, 2 × 2
    expect(recovered(parts)).toEqual([2, 2, ...Array<number>(10).fill(20), 2, 2]);
    expect(parts.every((p) => p.measured === 0 && p.coveredMs === 0)).toBe(true);
  });

  test('from Friday evening to Monday morning: the weekend is a weekend', () => {
    const [from, to] = [at('2026-06-12T16:00'), at('2026-06-15T10:00')];
    const parts = hours(silent(points, from, to), from, to);
    // Friday 2 × 20, the night, two days off and the morning 62 × 2, Monday 2 × 20
    expect(recovered(parts)).toEqual([20, 20, ...Array<number>(62).fill(2), 20, 20]);
  });

  test('a public holiday is a day off, though it is a Friday', () => {
    const [from, to] = [at('2026-06-19T00:00'), at('2026-06-20T00:00')];
    expect(recovered(hours(silent(points, from, to), from, to))).toEqual(Array<number>(24).fill(2));
  });

  test('when it was used differently the total stays what the register says', () => {
    const more = points.map((p) => (p.time >= at('2026-06-16T20:00') ? { ...p, value: p.value + 416 } : p));
    const [from, to] = [at('2026-06-16T06:00'), at('2026-06-16T20:00')];
    // 208 kWh are typical and 624 were used: three times as much every hour.
    const parts = recovered(hours(silent(more, from, to), from, to));
    expect(parts).toEqual([6, 6, ...Array<number>(10).fill(60), 6, 6]);
  });

  test('an hour that is cut by the gap has its share', () => {
    const [from, to] = [at('2026-06-16T07:00'), at('2026-06-16T11:30')];
    const cut = [...silent(points, from, to), { time: to, value: 0 }].sort((a, b) => a.time - b.time);
    const i = cut.findIndex((p) => p.time === to);
    (cut[i] as Point).value = (cut[i - 1] as Point).value + 72;
    // 2 + 20 + 20 + 20 + half of 20
    const parts = hours(cut, from, at('2026-06-16T12:00'));
    expect(recovered(parts)).toEqual([2, 20, 20, 20, 10]);
  });
});

describe('the Chinese calendar', () => {
  // National Day 2026: 1 to 7 October off, Sunday 20 September and Saturday 10 October worked.
  const open = (d: string): boolean =>
    d === '2026-09-20' ||
    d === '2026-10-10' ||
    (weekday(d) && !(d >= '2026-10-01' && d <= '2026-10-07') && d !== '2026-09-25');
  const points = office(at('2026-08-24T00:00'), at('2026-10-20T00:00'), open);

  test('Thursday 1 October is a day off', () => {
    const [from, to] = [at('2026-10-01T00:00'), at('2026-10-02T00:00')];
    expect(recovered(hours(silent(points, from, to), from, to))).toEqual(Array<number>(24).fill(2));
  });

  test('Saturday 10 October is worked', () => {
    const [from, to] = [at('2026-10-10T00:00'), at('2026-10-11T00:00')];
    const parts = recovered(hours(silent(points, from, to), from, to));
    expect(parts).toEqual([
      ...Array<number>(8).fill(2),
      ...Array<number>(10).fill(20),
      ...Array<number>(6).fill(2),
    ]);
  });

  test('a gap over the whole holiday and a month’s end', () => {
    const [from, to] = [at('2026-09-30T12:00'), at('2026-10-08T12:00')];
    const parts = hours(silent(points, from, to), from, to);
    // 30 September 6 × 20 + 6 × 2, seven days off 168 × 2, 8 October 8 × 2 + 4 × 20
    expect(parts.reduce((n, p) => n + p.recovered, 0) / MICRO).toBe(120 + 12 + 336 + 16 + 80);
    expect(recovered(parts)).toEqual([
      ...Array<number>(6).fill(20),
      ...Array<number>(6 + 168 + 8).fill(2),
      ...Array<number>(4).fill(20),
    ]);
    // Elsewhere those are five working days and a weekend.
    const elsewhere = hoursOf(HOURLY, silent(points, from, to), new Zone('Asia/Singapore'), from, to);
    expect(elsewhere.reduce((n, p) => n + p.recovered, 0) / MICRO).toBe(564);
    expect(recovered(elsewhere)).not.toEqual(recovered(parts));
  });
});

describe('where too little is typical', () => {
  test.each([
    ['nothing before the gap', 0],
    ['a day before it', 1],
  ])('%s: evenly', (_, days) => {
    const gap = at('2026-06-16T06:00');
    const points = office(gap - days * DAY_MS, at('2026-06-20T00:00'), weekday);
    const [from, to] = [gap, at('2026-06-16T16:00')];
    // 2 × 2 and 8 × 20 in ten hours
    expect(recovered(hours(silent(points, from, to), from, to))).toEqual(Array<number>(10).fill(16.4));
  });

  test('working days are known and days off are not: a gap into the weekend is spread evenly', () => {
    const points = office(at('2026-06-08T00:00'), at('2026-06-16T00:00'), weekday);
    const known = points.filter((p) => p.time < at('2026-06-13T00:00') || p.time > at('2026-06-14T00:00'));
    // Friday 22:00 to Sunday 00:00.
    const [from, to] = [at('2026-06-12T22:00'), at('2026-06-14T01:00')];
    const parts = recovered(hours(silent(known, from, to), from, to));
    expect(new Set(parts)).toEqual(new Set([2]));
    const uneven = silent(known, from, to).map((p) => (p.time >= to ? { ...p, value: p.value + 27 } : p));
    expect(new Set(recovered(hours(uneven, from, to)))).toEqual(new Set([3]));
  });

  test('what is typical is 0: evenly, and nothing is lost', () => {
    const still = office(at('2026-05-11T00:00'), at('2026-06-16T06:00'), weekday).map((p) => ({
      ...p,
      value: 5,
    }));
    const [from, to] = [at('2026-06-16T06:00'), at('2026-06-16T16:00')];
    expect(recovered(hours([...still, { time: to, value: 25 }], from, to))).toEqual(
      Array<number>(10).fill(2),
    );
  });
});

test('property: however a gap lies, its pieces add up to it over any cut of the time, and agree with the whole', () => {
  const points = office(at('2026-08-24T00:00'), at('2026-10-20T00:00'), weekday);
  fc.assert(
    fc.property(
      fc.integer({ min: 24 * 7, max: 24 * 40 }),
      fc.integer({ min: 2, max: 24 * 12 }),
      fc.integer({ min: 0, max: 3_599_999 }),
      fc.integer({ min: 0, max: 9_999_999 }),
      fc.array(fc.integer({ min: 0, max: 24 * 56 }), { maxLength: 4 }),
      (begin, length, ms, more, cuts) => {
        const a = points[begin] as Point;
        const end = { time: (points[begin + length] as Point).time + ms, value: 0 };
        end.value = (points[begin + length] as Point).value + more / 100;
        const rest = points
          .filter((p) => p.time > end.time)
          .map((p) => ({ ...p, value: p.value + more / 100 + 20 }));
        const given = [...points.slice(0, begin + 1), end, ...rest];
        const [from, to] = [(points[0] as Point).time, at('2026-10-21T00:00')];
        const all = hours(given, from, to);
        const certain = Math.round(end.value * MICRO) - Math.round(a.value * MICRO);
        const inGap = all.reduce((n, p) => n + p.recovered, 0);
        // Some reading after the gap may be a gap again, of an hour and a half at most.
        const next = given.find((p) => p.time > end.time);
        const second =
          next && next.time - end.time > 5_400_000
            ? Math.round(next.value * MICRO) - Math.round(end.value * MICRO)
            : 0;
        expect(inGap).toBe(certain + second);
        expect(all.every((p) => p.recovered >= 0 && Number.isInteger(p.recovered))).toBe(true);
        const edges = [from, ...cuts.map((c) => from + c * HOUR_MS).sort((x, y) => x - y), to];
        const pieces = edges.slice(1).flatMap((edge, i) => hours(given, edges[i] as number, edge));
        expect(pieces).toEqual(all);
      },
    ),
    { numRuns: 150 },
  );
});

test('a gap asks for four weeks before the day on which it begins, and nothing else does', () => {
  const points = office(at('2026-05-01T00:00'), at('2026-06-30T00:00'), weekday);
  const [from, to] = [at('2026-06-16T06:00'), at('2026-06-16T20:00')];
  const day = [at('2026-06-16T00:00'), at('2026-06-17T00:00')] as const;
  expect(lookBack(HOURLY, points, zone, ...day)).toBeNull();
  expect(lookBack(HOURLY, silent(points, from, to), zone, ...day)).toBe(at('2026-05-19T00:00'));
});
