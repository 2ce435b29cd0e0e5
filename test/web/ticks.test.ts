import { expect, it } from 'vitest';
import { timeTicks } from '../../web/src/lib/charts/lines.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 1);

it.each([
  [START, START + 20 * DAY, 320],
  [START + 5 * HOUR, START + 20 * DAY, 1000],
  [START + 7 * HOUR, START + 31 * HOUR, 600],
  [START, START + 366 * DAY, 390],
])('marks even steps from %i to %i in %i px', (from, to, width) => {
  const ticks = timeTicks(from, to, width);
  const steps = new Set(ticks.slice(1).map((at, i) => at - ticks[i]!));
  expect(steps.size).toBe(1);
  expect(ticks.length).toBeGreaterThan(1);
  expect(ticks.length * 48).toBeLessThan(width);
  const [step] = [...steps];
  // A step of days stands at midnight, one of hours at a whole hour.
  for (const at of ticks) expect(at % Math.min(step!, DAY)).toBe(0);
  expect(ticks[0]).toBeGreaterThanOrEqual(from);
  expect(ticks.at(-1)).toBeLessThanOrEqual(to);
});

it('has at most one tick where there is one reading', () => {
  expect(timeTicks(START, START, 300)).toEqual([START]);
});
