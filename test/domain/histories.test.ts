import { expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { Meter } from '../../server/domain/meter.ts';
import { type Point, readRegister, type Step } from '../../server/domain/register.ts';
import { Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';
import { type Ceiling, type History, history } from './history.ts';
import { random } from './load.ts';

const zone = new Zone('Asia/Shanghai');
/** How many; a night has time for more: HISTORIES=100000. */
const HISTORIES = Number(process.env.HISTORIES ?? 10_000);
const SEED = Number(process.env.SEED ?? 1);

/** What is wrong with what a history amounts to; null when nothing is. */
function fault(one: History): string | null {
  const steps: Step[] = [];
  readRegister(one.meter, one.points, { step: (step) => steps.push(step) });
  let counted = 0;
  let at = 0;
  let unknown = 0;
  let low = 0;
  let high = 0;
  for (const [i, { time, value, truth, unknown: lost, tolerance }] of one.shown.entries()) {
    for (; at < steps.length && (steps[at] as Step).last.time <= time; at++)
      counted += (steps[at] as Step).micro;
    unknown += lost;
    // A true 0 among others is as good as a false one; what comes after it makes up for it.
    if (value === 0) continue;
    const error = counted / MICRO - (truth - unknown);
    low = Math.min(low, error);
    high = Math.max(high, error);
    // Between any two true readings.
    if (high - low > tolerance + (i + 2) / MICRO) {
      return `${counted / MICRO} instead of ${truth - unknown} ± ${tolerance} up to ${new Date(time).toISOString()}`;
    }
  }
  const first = one.points[0] as Point;
  const last = one.points[one.points.length - 1] as Point;
  const hours = hoursOf(
    one.meter,
    one.points,
    zone,
    zone.startOf('hour', first.time),
    zone.next('hour', last.time),
  );
  const sum = hours.reduce((n, h) => n + h.measured + h.recovered + h.estimated, 0);
  const all = steps.reduce((n, s) => n + s.micro, 0);
  return sum === all ? null : `the hours amount to ${sum}, the steps to ${all}`;
}

test(`${HISTORIES} histories: no total whose ends were read is wrong by more than the register's steps`, () => {
  const wrong: string[] = [];
  const kinds = new Map<string, number>();
  for (let seed = SEED; seed < SEED + HISTORIES && wrong.length < 20; seed++) {
    const one = history(seed);
    kinds.set(one.ceiling, (kinds.get(one.ceiling) ?? 0) + 1);
    const found = fault(one);
    if (found) wrong.push(`seed ${seed} (${one.ceiling}): ${found}; ${one.story.join(', ')}`);
  }
  expect(wrong).toEqual([]);
  // Every way of knowing how fast a meter can count has its share.
  for (const one of ['max_rate', 'learned', 'none'])
    expect(kinds.get(one) ?? 0).toBeGreaterThan(HISTORIES / 50);
}, 600_000);

/**
 * Accidents wherever they fall, one reading in fifty: then much cannot be known, but nothing is made up. Without
 * a ceiling the first and last readings are true, and devices are exchanged with their records. What the
 * old device shows last and a new one first is true: it could not be told from an accident.
 */
function rough(seed: number): { of: Meter; points: Point[]; truth: number; story: string[] } {
  const rnd = random(seed);
  const ceiling = ['max_rate', 'learned', 'none'][seed % 3] as Ceiling;
  const of = meter({
    epoch: { maxRate: ceiling === 'max_rate' ? 80 : null, rolloverAt: rnd() < 0.5 ? 1_000_000 : null },
  });
  if (ceiling === 'learned') of.learned = { rate: 400, learnedAt: 0, from: 0, to: 0, steps: 1344 };
  let exchanged = Number.NEGATIVE_INFINITY;
  const sure = (i: number): boolean => i < exchanged + 8 || (ceiling === 'none' && (i < 4 || i > 195));
  let spoilt = Number.NEGATIVE_INFINITY;
  const story: string[] = [ceiling];
  const points: Point[] = [];
  let register = 100_000 + rnd() * 600_000;
  let truth = 0;
  let zeros = 0;
  for (let i = 0; i < 200; i++) {
    const used = rnd() * 20;
    truth += used;
    register += used;
    if (ceiling !== 'none' && i > spoilt + 8 && !sure(i) && rnd() < 0.004) {
      exchanged = i;
      register *= 0.01 + 0.98 * rnd();
      story.push(`exchange before ${i}`);
    }
    let value: number | null = register;
    const accident = sure(i) ? 1 : rnd();
    if (zeros-- > 0) value = 0;
    else if (accident < 0.02) {
      const kind = Math.floor(accident * 300);
      value =
        [0, 0, register * 10, register + 10_000 + rnd() * 1e7, rnd() * register * 0.9, null][kind] ?? null;
      if (kind === 1) zeros = sure(i + 20) ? 0 : Math.floor(rnd() * 20);
      spoilt = i + Math.max(0, zeros);
      story.push(`${value === null ? 'nothing' : value.toFixed(2)} at ${i}`);
    }
    if (value !== null) points.push({ time: 1.7e12 + i * 900_000, value: Math.round(value * 100) / 100 });
  }
  return { of, points, truth, story };
}

test('however accidents fall, nothing is counted that was not used', () => {
  const wrong: string[] = [];
  for (let seed = SEED; seed < SEED + HISTORIES && wrong.length < 20; seed++) {
    const { of, points, truth, story } = rough(seed);
    let counted = 0;
    readRegister(of, points, { step: ({ micro }) => (counted += micro) });
    if (counted / MICRO > truth + 0.01)
      wrong.push(`seed ${seed}: ${counted / MICRO} of ${truth}: ${story.join(', ')}`);
  }
  expect(wrong).toEqual([]);
}, 600_000);
