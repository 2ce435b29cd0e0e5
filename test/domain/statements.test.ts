import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { HourPart } from '../../server/domain/hours.ts';
import type { Estimate, ManualReading, Meter } from '../../server/domain/meter.ts';
import { type Point, readRegister } from '../../server/domain/register.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const START = Date.parse('2026-05-31T12:00:00+08:00');
const QUARTER = 900_000;
const by = { reason: 'gateway broken', recordedBy: 'Wang', recordedAt: START };

const hour = (n: number): number => START + n * HOUR_MS;
const eye = (time: number, value: number): ManualReading => ({ ...by, no: time, time, value });
const guess = (from: number, to: number, quantity: number): Estimate => ({
  ...by,
  no: from,
  from,
  to,
  quantity,
});

/** 40 kW from noon of 31 May on, without the hours in between. */
function device(count: number, silent: (h: number) => boolean = () => false): Point[] {
  return Array.from({ length: count * 4 + 1 }, (_, i) => ({
    time: START + i * QUARTER,
    value: 1000 + i * 10,
  })).filter((p) => !silent((p.time - START) / HOUR_MS));
}

function hours(of: Meter, points: readonly Point[], from = -12, to = 48): HourPart[] {
  return hoursOf(of, points, zone, hour(from), hour(to)).sort((a, b) => a.start - b.start);
}

/** Measured, recovered and estimated, in kWh. */
function sums(parts: readonly HourPart[]): [number, number, number] {
  const sum = (of: (p: HourPart) => number): number => parts.reduce((n, p) => n + of(p), 0) / MICRO;
  return [sum((p) => p.measured), sum((p) => p.recovered), sum((p) => p.estimated)];
}

describe('a register read by eye', () => {
  test('between two readings of the device that are no gap apart adds nothing, right or wrong', () => {
    const points = device(24);
    for (const value of [1403, 0, 999_999]) {
      const of = meter({ manual: [eye(hour(10) + 60_000, value)] });
      expect(hours(of, points)).toEqual(hours(meter(), points));
    }
  });

  test('at the instant of a reading of the device adds nothing', () => {
    const of = meter({ manual: [eye(hour(10), 77)] });
    expect(hours(of, device(24))).toEqual(hours(meter(), device(24)));
  });

  test('in a gap tells its two sides apart, and both rest on a person’s word', () => {
    const points = device(24, (h) => h > 8 && h < 16);
    const of = meter({ manual: [eye(hour(12), 1000 + 360)] });
    // 8 h and 8 h measured, 40 in four hours and 280 in the other four.
    expect(sums(hours(of, points))).toEqual([640, 0, 320]);
    expect(sums(hours(of, points, 8, 12))).toEqual([0, 0, 40]);
    expect(sums(hours(of, points, 12, 16))).toEqual([0, 0, 280]);
    // Of 31 May and of 1 June.
    expect(sums(hours(of, points, -12, 12))).toEqual([320, 0, 40]);
    expect(sums(hours(of, points, 12, 48))).toEqual([320, 0, 280]);
  });

  test('before the first reading of the device, and after its last', () => {
    const of = meter({ manual: [eye(hour(-4), 900), eye(hour(30), 2200)] });
    // 100 before, 24 × 40 in between, 2,200 − 1,960 after
    expect(sums(hours(of, device(24)))).toEqual([960, 0, 340]);
    expect(sums(hours(of, device(24), -4, 0))).toEqual([0, 0, 100]);
    expect(sums(hours(of, device(24), 24, 30))).toEqual([0, 0, 240]);
    expect(hours(of, device(24), 30, 48)).toEqual([]);
  });

  test('a mistake of the person is set aside like one of the device', () => {
    const points = device(24, (h) => h > 8 && h < 16);
    for (const value of [136, 13_600]) {
      const of = meter({ manual: [eye(hour(12), value)] });
      expect(sums(hours(of, points))).toEqual([640, 320, 0]);
      const told: string[] = [];
      readRegister(of, points, { told: ({ mark, verdict }) => void (mark.statement && told.push(verdict)) });
      expect(told).toEqual([value < 1000 ? 'step_back' : 'spike']);
    }
  });

  test('fades as soon as the device’s own readings arrive late', () => {
    const of = meter({ manual: [eye(hour(12), 1400)] });
    expect(hours(of, device(24))).toEqual(hours(meter(), device(24)));
  });

  test('no device at all: the steps from eye to eye', () => {
    const of = meter({ manual: [eye(hour(0), 10), eye(hour(20), 30), eye(hour(40), 70)] });
    expect(sums(hours(of, []))).toEqual([0, 0, 60]);
    expect(sums(hours(of, [], 0, 20))).toEqual([0, 0, 20]);
    expect(hours(of, []).every((p) => p.coveredMs === 0)).toBe(true);
  });
});

describe('an estimate', () => {
  test('fills the time of which nothing is known, by its share of the estimate’s time', () => {
    const of = meter({ estimates: [guess(hour(-10), hour(5), 150)] });
    // Ten of the fifteen hours are before the first reading.
    expect(sums(hours(of, device(24)))).toEqual([960, 0, 100]);
    expect(sums(hours(of, device(24), 0, 48))).toEqual([960, 0, 0]);
    expect(sums(hours(of, device(24), -10, -9))).toEqual([0, 0, 10]);
  });

  test('over a gap that the register tells the total of adds nothing', () => {
    const points = device(24, (h) => h > 8 && h < 16);
    const of = meter({ estimates: [guess(hour(8), hour(16), 999)] });
    expect(sums(hours(of, points))).toEqual([640, 320, 0]);
  });

  test('stands where an exchange nobody wrote down left nothing counted', () => {
    const points = device(24, (h) => h > 8 && h < 16).map((p) =>
      p.time > hour(12) ? { ...p, value: p.value - 1200 } : p,
    );
    const plain = hours(meter(), points);
    expect(sums(plain)).toEqual([640, 0, 0]);
    const of = meter({ estimates: [guess(hour(8), hour(16), 300)] });
    expect(sums(hours(of, points))).toEqual([640, 0, 300]);
    // Half of it belongs to May.
    expect(sums(hours(of, points, -12, 12))).toEqual([320, 0, 150]);
  });

  test('after the last reading fades as readings arrive', () => {
    const of = meter({ estimates: [guess(hour(4), hour(24), 200)] });
    const all = device(24);
    const estimated = [4, 10, 23, 24].map(
      (h) =>
        sums(
          hours(
            of,
            all.filter((p) => p.time <= hour(h)),
          ),
        )[2],
    );
    // 10 kWh an hour of what is left.
    expect(estimated).toEqual([200, 140, 10, 0]);
  });

  test('of an interval register or of power fills what did not arrive', () => {
    const interval = meter({
      register: 'interval',
      intervalS: 3600,
      estimates: [guess(hour(0), hour(4), 40)],
    });
    const points = [0, 1, 3].map((h) => ({ time: hour(h), value: 7 }));
    expect(sums(hours(interval, points))).toEqual([21, 0, 10]);
    const power = meter({ register: 'power', unit: 'kW', estimates: [guess(hour(0), hour(2), 80)] });
    const kw = [0, 15, 30, 45, 60].map((m) => ({ time: START + m * 60_000, value: 30 }));
    expect(sums(hours(power, kw))).toEqual([30, 0, 40]);
  });

  test('is whole however its time is cut', () => {
    const of = meter({ estimates: [guess(hour(-10) + 1, hour(40) + 777, 0.000_019)] });
    const parts = hours(of, [], -12, 48);
    expect(parts.reduce((n, p) => n + p.estimated, 0)).toBe(19);
    const cut = [-12, -3, 0, 1, 12, 30, 48];
    expect(cut.slice(1).flatMap((to, i) => hours(of, [], cut[i] as number, to))).toEqual(parts);
  });
});
