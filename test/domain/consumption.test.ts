import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { HourPart } from '../../server/domain/hours.ts';
import type { Meter } from '../../server/domain/meter.ts';
import type { Point } from '../../server/domain/register.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const noon = Date.parse('2026-06-01T12:00:00+08:00');
const minutes = (n: number): number => noon + n * 60_000;

function hours(of: Meter, points: Point[]): HourPart[] {
  const last = points[points.length - 1] as Point;
  const first = points[0] as Point;
  return hoursOf(
    of,
    points,
    zone,
    zone.startOf('hour', first.time),
    zone.next('hour', last.time + of.intervalS * 1000),
  );
}

function total(parts: HourPart[]): number {
  return parts.reduce((n, p) => n + p.measured + p.recovered, 0) / MICRO;
}

describe('cumulative registers', () => {
  test('an advance is spread over the hours it spans in proportion to time', () => {
    const parts = hours(meter({ intervalS: 3600 }), [
      { time: minutes(-15), value: 100 },
      { time: minutes(30), value: 145 },
    ]);
    // 45 units in 45 minutes: 15 before noon, 30 after.
    expect(parts.map((p) => [p.measured / MICRO, p.coveredMs / 60_000])).toEqual([
      [15, 15],
      [30, 30],
    ]);
  });

  test('a return through the end of the register is an advance', () => {
    const of = meter({ epoch: { rolloverAt: 1_000_000, multiplier: 40 } });
    const parts = hours(of, [
      { time: minutes(0), value: 999_999.99 },
      { time: minutes(15), value: 0.02 },
    ]);
    // 0.01 to the end and 0.02 after it, × 40
    expect(total(parts)).toBe(1.2);
  });

  test('a step back without a known end counts nothing and covers nothing', () => {
    const parts = hours(meter(), [
      { time: minutes(0), value: 812_960 },
      { time: minutes(15), value: 0 },
      { time: minutes(30), value: 10 },
    ]);
    expect(total(parts)).toBe(10);
    expect(parts.reduce((n, p) => n + p.coveredMs, 0)).toBe(15 * 60_000);
  });

  test('a step beyond max_rate counts nothing', () => {
    const parts = hours(meter({ epoch: { maxRate: 100 } }), [
      { time: minutes(0), value: 1000 },
      { time: minutes(15), value: 10_000 },
      { time: minutes(30), value: 10_010 },
    ]);
    expect(total(parts)).toBe(10);
  });

  test('an exchange with both registers written down loses nothing', () => {
    const exchanged = minutes(10);
    const base = meter().epochs[0] as Meter['epochs'][0];
    const of = meter({
      epochs: [
        { ...base, to: exchanged, final: 812_970, multiplier: 40 },
        { ...base, from: exchanged, initial: 5000, multiplier: 60 },
      ],
    });
    const parts = hours(of, [
      { time: minutes(0), value: 812_960 },
      { time: minutes(15), value: 5002 },
    ]);
    // 10 × 40 on the old device, 2 × 60 on the new one
    expect(total(parts)).toBe(520);
  });

  test('an exchange nobody wrote the registers of counts nothing across the step', () => {
    const exchanged = minutes(10);
    const base = meter().epochs[0] as Meter['epochs'][0];
    const of = meter({
      epochs: [
        { ...base, to: exchanged },
        { ...base, from: exchanged },
      ],
    });
    expect(
      hours(of, [
        { time: minutes(0), value: 812_960 },
        { time: minutes(15), value: 900_000 },
      ]),
    ).toEqual([]);
  });

  test('property: however the readings fall, the hours add up to the register’s advance', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 50_000_000 }), fc.integer({ min: 0, max: 99_999 })), {
          minLength: 2,
          maxLength: 40,
        }),
        fc.constantFrom(0.001, 1, 40, 333.3, 20_000),
        (steps, multiplier) => {
          let time = noon;
          // A first 0 from which it rises steeply may be false: see judgement.test.ts.
          let ticks = 1;
          const points = steps.map(([ms, n]) => {
            time += ms;
            ticks += n;
            return { time, value: ticks / 100 };
          });
          const parts = hours(meter({ epoch: { multiplier } }), points);
          const first = points[0] as Point;
          const last = points[points.length - 1] as Point;
          expect(parts.reduce((n, p) => n + p.measured + p.recovered, 0)).toBe(
            Math.round(last.value * multiplier * MICRO) - Math.round(first.value * multiplier * MICRO),
          );
          for (const p of parts) {
            expect(p.coveredMs).toBeLessThanOrEqual(HOUR_MS);
            expect(Number.isInteger(p.measured) && Number.isInteger(p.recovered)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('interval registers', () => {
  test('the time names the start of the interval unless the meter says its end', () => {
    const points = [{ time: noon, value: 8 }];
    const of = (intervalLabel: 'start' | 'end'): Meter =>
      meter({ register: 'interval', intervalS: 3600, intervalLabel });
    expect(hoursOf(of('start'), points, zone, noon - HOUR_MS, noon + HOUR_MS).map((p) => p.start)).toEqual([
      noon,
    ]);
    expect(hoursOf(of('end'), points, zone, noon - HOUR_MS, noon + HOUR_MS).map((p) => p.start)).toEqual([
      noon - HOUR_MS,
    ]);
  });

  test('a missing interval is a gap', () => {
    const of = meter({ register: 'interval', intervalS: 1800 });
    const parts = hours(
      of,
      [0, 30, 60, 150].map((m) => ({ time: minutes(m), value: 2 })),
    );
    expect(parts.map((p) => [(p.start - noon) / HOUR_MS, p.measured / MICRO, p.coveredMs / HOUR_MS])).toEqual(
      [
        [0, 4, 1],
        [1, 2, 0.5],
        [2, 2, 0.5],
      ],
    );
  });
});

describe('power and gauges', () => {
  test('power is integrated, a gap stays a gap', () => {
    const of = meter({ register: 'power', unit: 'kW' });
    const parts = hours(
      of,
      [0, 15, 30, 45, 60, 180, 195].map((m) => ({ time: minutes(m), value: m < 100 ? 40 : 80 })),
    );
    // 40 kW × 1 h; nothing for two hours; 80 kW × 1/4 h
    expect(parts.map((p) => [(p.start - noon) / HOUR_MS, p.measured / MICRO])).toEqual([
      [0, 40],
      [3, 20],
    ]);
  });

  test('a temperature below zero keeps its sign', () => {
    const of = meter({ register: 'gauge', unit: '°C', carrier: 'outdoor_temperature' });
    const parts = hours(
      of,
      [0, 15, 30, 45, 60].map((m) => ({ time: minutes(m), value: -5 })),
    );
    expect(parts.map((p) => p.measured / MICRO)).toEqual([-5]);
  });
});
