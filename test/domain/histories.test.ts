import { expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { Point } from '../../server/domain/register.ts';
import { readRegister, type Step } from '../../server/domain/register.ts';
import { Zone } from '../../server/domain/time.ts';
import { type History, history } from './history.ts';

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
