import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { learnCeiling } from '../../server/domain/ceiling.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import { judge } from '../../server/domain/judgement.ts';
import type { Epoch, LearnedCeiling, Meter } from '../../server/domain/meter.ts';
import { boundOf, type Point } from '../../server/domain/register.ts';
import { DAY_MS, HOUR_MS, Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const START = Date.parse('2026-01-05T00:00:00+08:00');
const QUARTER = 900_000;
const DAY = 96;

/** A register that advances by `kwh(i)` from reading i − 1 to reading i. */
function register(count: number, kwh: (i: number) => number, first = 50_000): Point[] {
  let value = first;
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) value += kwh(i);
    return { time: START + i * QUARTER, value: Math.round(value * 100) / 100 };
  });
}

function learned(points: readonly Point[], of = meter(), known: LearnedCeiling | null = null): number | null {
  return learnCeiling(of.epochs[0] as Epoch, points, QUARTER, known, START)?.rate ?? null;
}

function total(of: Meter, points: readonly Point[]): number {
  const last = points.at(-1) as Point;
  const hours = hoursOf(of, points, zone, zone.startOf('hour', START), zone.next('hour', last.time));
  return hours.reduce((n, h) => n + h.measured + h.recovered, 0) / MICRO;
}

function knowing(points: readonly Point[]): Meter {
  const of = meter();
  of.learned = learnCeiling(of.epochs[0] as Epoch, points, QUARTER, null, START);
  return of;
}

describe('learning', () => {
  const steady = register(20 * DAY, () => 10);

  test('is ten times the usual rate', () => {
    // 10 kWh a quarter of an hour are 40 kWh/h.
    expect(learned(steady)).toBe(400);
    expect(learned(steady, meter({ epoch: { multiplier: 60 } }))).toBe(24_000);
  });

  test('takes a fortnight, two hundred steps and a register that moves', () => {
    expect(learned(steady.slice(0, 14 * DAY))).toBeNull();
    expect(learned(steady.slice(0, 14 * DAY + 1))).toBe(400);
    expect(learned(steady.filter((_, i) => i % DAY === 0))).toBeNull();
    // One quarter of an hour in twenty.
    expect(learned(register(20 * DAY, (i) => (i % 20 === 0 ? 1 : 0)))).toBeNull();
    expect(learned(register(20 * DAY, () => 0))).toBeNull();
    expect(learned([])).toBeNull();
  });

  test('is not led astray by accidents, however many', () => {
    // One reading in ten shows 0, one in fifteen ten times too much.
    const spoilt = steady.map((p, i) => ({
      ...p,
      value: i % 10 === 7 ? 0 : i % 15 === 4 ? p.value * 10 : p.value,
    }));
    expect(learned(spoilt)).toBe(400);
    // Two exchanges that nobody wrote down, to a lower register and to a higher one.
    const exchanged = steady.map((p, i) => ({
      ...p,
      value: p.value + (i > 1200 ? 90_000 : i > 600 ? -49_000 : 0),
    }));
    expect(learned(exchanged)).toBe(400);
  });

  test('never falls, and rises only with the load', () => {
    const known: LearnedCeiling = { rate: 400, learnedAt: 0, from: 0, to: 0, steps: 200 };
    expect(
      learned(
        register(20 * DAY, () => 2),
        meter(),
        known,
      ),
    ).toBeNull();
    expect(
      learned(
        register(20 * DAY, () => 11.9),
        meter(),
        known,
      ),
    ).toBeNull();
    expect(
      learned(
        register(20 * DAY, () => 13),
        meter(),
        known,
      ),
    ).toBe(520);
  });
});

describe('a chiller that is off all winter', () => {
  /** Its controls use 0.1 kWh a quarter of an hour, itself 75 kWh: 750 times as much. */
  const SUMMER = 100 * DAY;
  const load = (i: number): number => (i > SUMMER && i % DAY >= 32 && i % DAY < 72 ? 75 : 0.1);
  const points = register(110 * DAY, load);
  const winter = knowing(points.slice(0, 60 * DAY));
  const truth = (points.at(-1) as Point).value - 50_000;

  test('loses not one kWh when it starts in summer', () => {
    expect(winter.learned?.rate).toBe(4);
    expect(total(winter, points)).toBeCloseTo(truth, 6);
  });

  test('is counted from its first reading once two more came', () => {
    const on = SUMMER + 32;
    const counted = (until: number): number =>
      total(winter, points.slice(0, until + 1)) - ((points[on - 1] as Point).value - 50_000);
    expect(counted(on)).toBeCloseTo(0, 6);
    expect(counted(on + 1)).toBeCloseTo(0, 6);
    expect(counted(on + 2)).toBeCloseTo(3 * 75, 6);
    expect(counted(on + 3)).toBeCloseTo(4 * 75, 6);
  });

  test('a step that stands alone is held', () => {
    const stepped = points
      .slice(0, 90 * DAY)
      .map((p, i) => ({ ...p, value: p.value + (i >= 8000 ? 75 : 0) }));
    const verdicts = judge(winter.epochs[0] as Epoch, stepped, boundOf(winter));
    expect(verdicts.flatMap((v, i) => (v === 'accepted' ? [] : [[i, v]]))).toEqual([
      [8000, 'beyond_ceiling'],
    ]);
    // All but the quarter of an hour of the step.
    expect(total(winter, stepped)).toBeCloseTo((90 * DAY - 2) * 0.1, 6);
  });

  test('a person’s ceiling wins over what was learned', () => {
    const known = { ...winter, epochs: winter.epochs.map((e) => ({ ...e, maxRate: 400 })) };
    const stepped = points
      .slice(0, 90 * DAY)
      .map((p, i) => ({ ...p, value: p.value + (i >= 8000 ? 75 : 0) }));
    expect(total(known, stepped)).toBeCloseTo((90 * DAY - 1) * 0.1 + 75, 6);
  });
});

test('a device that shows Wh for kWh from now on: its fast steps do not vouch for the first', () => {
  const points = register(40 * DAY, () => 10);
  const of = knowing(points.slice(0, 20 * DAY));
  const change = 30 * DAY;
  const wrong = points.map((p, i) => (i < change ? p : { ...p, value: p.value * 1000 }));
  const before = (points[change - 1] as Point).value - 50_000;
  // Afterwards it counts a thousand times as much, as far as anybody can know; what is between is not counted.
  const after = ((points.at(-1) as Point).value - (points[change] as Point).value) * 1000;
  expect(total(of, wrong)).toBeCloseTo(before + after, 3);
});

describe('where a register returns to 0', () => {
  const turning = (points: readonly Point[], rolloverAt: number): Meter => {
    const of = knowing(points.slice(0, 20 * DAY));
    return { ...of, epochs: of.epochs.map((e) => ({ ...e, rolloverAt })) };
  };

  test('two wild readings in a row are no load that lasts: the fall from the second vouches for neither', () => {
    const points = register(40 * DAY, () => 10);
    const wild = points.map((p, i) =>
      i === 3000 ? { ...p, value: 540_000 } : i === 3001 ? { ...p, value: 987_034 } : p,
    );
    const of = turning(points, 1_000_000);
    expect(total(of, wild)).toBeCloseTo((40 * DAY - 1) * 10, 6);
    const verdicts = judge(of.epochs[0] as Epoch, wild, boundOf(of));
    expect(verdicts.flatMap((v, i) => (v === 'accepted' ? [] : [[i, v]]))).toEqual([
      [3000, 'spike'],
      [3001, 'spike'],
    ]);
  });

  test('a load that lasts is counted through it', () => {
    const on = 30 * DAY;
    const points = register(40 * DAY, (i) => (i > on ? 750 : 10));
    // Through the end with the sixth of its fast steps, and every hundred or so after that.
    const end = (points[on + 5] as Point).value + 100;
    const shown = points.map((p) => ({ ...p, value: Math.round((p.value % end) * 100) / 100 }));
    const truth = (points.at(-1) as Point).value - (points[0] as Point).value;
    expect(total(turning(points, end), shown)).toBeCloseTo(truth, 6);
  });
});

test('a coarse register counts its steps, however small what a person or its history allows', () => {
  // 6 kW over CTs of 60 with steps of 1: one step of 60 kWh in ten hours.
  const points = register(60 * DAY, () => 1.5 / 60, 0.4).map((p) => ({ ...p, value: Math.floor(p.value) }));
  const steps = (points.at(-1) as Point).value - (points[0] as Point).value;
  const tight = meter({ epoch: { multiplier: 60, maxRate: 7 } });
  expect(total(tight, points)).toBe(steps * 60);
  const history = { ...meter({ epoch: { multiplier: 60 } }) };
  history.learned = { rate: 20, learnedAt: 0, from: START, to: START + 14 * DAY_MS, steps: 1344 };
  expect(20 * (QUARTER / HOUR_MS)).toBeLessThan(60);
  expect(total(history, points)).toBe(steps * 60);
});
