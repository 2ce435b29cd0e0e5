import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import { judge } from '../../server/domain/judgement.ts';
import type { Epoch, Meter } from '../../server/domain/meter.ts';
import type { Point } from '../../server/domain/register.ts';
import { Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const START = Date.parse('2026-03-30T00:00:00+08:00');
const QUARTER = 900_000;
const COUNT = 48 * 4 + 1;

/** A register that advances steadily for 48 h; `kw` × 48 h is the truth. */
function steady(kw: number, first: number, multiplier = 1, rolloverAt: number | null = null): Point[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const shown = first + (i * kw) / 4 / multiplier;
    const value = rolloverAt === null ? shown : shown % rolloverAt;
    return { time: START + i * QUARTER, value: Math.round(value * 100) / 100 };
  });
}

function total(of: Meter, points: readonly Point[]): number {
  const from = zone.startOf('hour', START);
  const to = START + 49 * 3_600_000;
  return hoursOf(of, points, zone, from, to).reduce((n, h) => n + h.measured + h.recovered, 0) / MICRO;
}

function changed(points: readonly Point[], change: (value: number, i: number) => number): Point[] {
  return points.map((p, i) => ({ time: p.time, value: Math.round(change(p.value, i) * 100) / 100 }));
}

/** From `at` on another device, which showed `initial` where the old one had come to. */
function exchanged(points: readonly Point[], at: number, initial: number): Point[] {
  const old = (points[at] as Point).value;
  return changed(points, (value, i) => (i < at ? value : value - old + initial));
}

const ceiling = meter({ epoch: { maxRate: 2000, rolloverAt: 1_000_000 } });
const unknown = meter();

describe('one stream, 40 kW for 48 h = 1,920 kWh', () => {
  test.each([
    ['with a ceiling', ceiling],
    ['without one', unknown],
  ])('steady load, %s', (_, of) => {
    expect(total(of, steady(40, 812_000))).toBe(1920);
    expect(total(of, steady(200, 812_000))).toBe(9600);
  });

  test('return of the register to 0 at 1,000,000', () => {
    expect(total(ceiling, steady(40, 999_000, 1, 1_000_000))).toBe(1920);
    expect(total(meter({ epoch: { rolloverAt: 1_000_000 } }), steady(40, 999_000, 1, 1_000_000))).toBe(1920);
  });

  test.each([
    ['0', 0],
    ['5,000, below the old', 5000],
    ['higher than the old, found by the ceiling', 818_000],
  ])('an exchange nobody wrote down, new register %s: nothing is counted across the step', (_, initial) => {
    const points = exchanged(steady(40, 812_000), 100, initial);
    const told = initial > 812_000 ? 'beyond_ceiling' : 'suspected_exchange';
    // 191 of the 192 quarters; the one in which the meter was exchanged nobody knows.
    expect(total(ceiling, points)).toBe(1920 - 10);
    const verdicts = judge(ceiling.epochs[0] as Epoch, points);
    expect(verdicts.filter((v) => v !== 'accepted')).toEqual([told]);
    expect(verdicts[100]).toBe(told);
  });

  test.each([0, 5000, 818_000])(
    'the same exchange with its record, new register %d, loses nothing',
    (initial) => {
      const at = 100;
      const points = exchanged(steady(40, 812_000), at, initial);
      const base = ceiling.epochs[0] as Epoch;
      const time = (points[at] as Point).time;
      const of = meter({
        epochs: [
          { ...base, to: time, final: (steady(40, 812_000)[at] as Point).value },
          { ...base, from: time, initial },
        ],
      });
      expect(total(of, points)).toBe(1920);
    },
  );

  test('six hours without communication', () => {
    expect(
      total(
        ceiling,
        steady(40, 812_000).filter((_, i) => i < 80 || i >= 104),
      ),
    ).toBe(1920);
  });

  test.each([
    ['with a ceiling', ceiling],
    ['without one', unknown],
  ])('one false zero, one reading × 10, a zero that stands for hours, %s', (_, of) => {
    const points = steady(40, 812_000);
    expect(
      total(
        of,
        changed(points, (v, i) => (i === 90 ? 0 : v)),
      ),
    ).toBe(1920);
    expect(
      total(
        of,
        changed(points, (v, i) => (i === 90 ? v * 10 : v)),
      ),
    ).toBe(1920);
    expect(
      total(
        of,
        changed(points, (v, i) => (i >= 90 && i < 130 ? 0 : v)),
      ),
    ).toBe(1920);
    expect(
      judge(
        of.epochs[0] as Epoch,
        changed(points, (v, i) => (i === 90 ? 0 : v)),
      )[90],
    ).toBe('false_zero');
    expect(
      judge(
        of.epochs[0] as Epoch,
        changed(points, (v, i) => (i === 90 ? v * 10 : v)),
      )[90],
    ).toBe('spike');
    expect(
      judge(
        of.epochs[0] as Epoch,
        changed(points, (v, i) => (i === 90 ? v - 500 : v)),
      )[90],
    ).toBe('step_back');
  });

  test('several of them together, × 60, with 0.01 resolution at 999,999.99', () => {
    const of = meter({ epoch: { multiplier: 60, maxRate: 3000, rolloverAt: 1_000_000 } });
    // 40 kW are two thirds of a unit an hour: the ends of the register decide, not its rounded steps.
    const clean = steady(40, 999_999.5, 60, 1_000_000);
    const truth = (32 * 60 * 100) / 100;
    expect(total(of, clean)).toBeCloseTo(truth, 6);
    const bad = changed(clean, (v, i) => (i === 20 || i === 21 ? 0 : i === 60 ? v * 10 : i === 64 ? 7 : v));
    expect(
      total(
        of,
        bad.filter((_, i) => i < 120 || i >= 140),
      ),
    ).toBeCloseTo(truth, 6);
  });

  test('a wrong reading that is the last one so far counts nothing, and is forgotten when the next falls back', () => {
    const points = changed(steady(40, 812_000), (v, i) => (i === 50 ? v * 10 : v));
    expect(total(ceiling, points.slice(0, 51))).toBe(49 * 10);
    expect(total(ceiling, points.slice(0, 52))).toBe(51 * 10);
  });
});

test('property: accidents far enough apart cost nothing but what nobody can know', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 192, maxLength: 192 }),
      fc.constantFrom(1, 40, 60),
      fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { maxLength: 5 }),
      fc.array(fc.constantFrom('zero', 'tenfold', 'back', 'silence', 'exchange'), {
        minLength: 9,
        maxLength: 9,
      }),
      (steps, multiplier, places, kinds) => {
        const of = meter({ epoch: { multiplier, maxRate: 500 * multiplier, rolloverAt: 1_000_000 } });
        let hundredths = 81_200_000;
        let shift = 0;
        let lost = 0;
        const points: Point[] = [];
        steps.forEach((step, i) => {
          hundredths += step;
          const place =
            places.includes(Math.floor(i / 20)) && i % 20 === 10 ? kinds[Math.floor(i / 20)] : undefined;
          if (place === 'exchange') {
            // The device showed 12.34 when it was put in; what passed since the reading before is lost.
            shift = 1234 - hundredths;
            lost += step;
          }
          const shown = hundredths + shift;
          if (place === 'silence') return;
          const value =
            place === 'zero'
              ? 0
              : place === 'tenfold'
                ? shown * 10
                : place === 'back'
                  ? shown - 700_00
                  : shown;
          points.push({ time: START + i * QUARTER, value: Math.max(0, value) / 100 });
        });
        const end = points[points.length - 1] as Point;
        const counted = steps.slice(1).reduce((a, b) => a + b, 0) - (places.length > 0 ? lost : 0);
        const result = hoursOf(of, points, zone, START, zone.next('hour', end.time)).reduce(
          (n, h) => n + h.measured + h.recovered,
          0,
        );
        // No error beyond the resolution of the register at each end that was read.
        expect(Math.abs(result - Math.round((counted / 100) * multiplier * MICRO))).toBeLessThanOrEqual(
          0.01 * multiplier * MICRO,
        );
      },
    ),
    { numRuns: 300 },
  );
});
