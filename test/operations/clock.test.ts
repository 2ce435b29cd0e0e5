import { expect, test } from 'vitest';
import { ClockWatch } from '../../server/operations/clock.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.parse('2026-01-01T12:00:00+08:00');

test('a clock that is put back or forward is found, until it is right again', () => {
  const watch = new ClockWatch(NOON, 1000);
  expect(watch.look(NOON + 5000, 6000)).toBe(0);
  // Drawn slowly to the right time, by 10 ms in each of 1,000 s, it is never stepped.
  for (let s = 1; s <= 1000; s++) expect(watch.look(NOON + 5000 + s * 1010, 6000 + s * 1000)).toBe(0);
  const [now, ticks] = [NOON + 5000 + 1_010_000, 1_006_000];
  expect(watch.look(now - HOUR_MS, ticks)).toBe(10_000 - HOUR_MS);
  expect(watch.look(now - HOUR_MS + 60_000, ticks + 60_000)).toBe(10_000 - HOUR_MS);
  expect(watch.look(now + 120_000, ticks + 120_000)).toBe(0);
});

test('after an hour the new time is taken for the right one', () => {
  const watch = new ClockWatch(NOON, 0);
  expect(watch.look(NOON + HOUR_MS, 0)).toBe(HOUR_MS);
  expect(watch.look(NOON + 2 * HOUR_MS, HOUR_MS)).toBe(HOUR_MS);
  expect(watch.look(NOON + 2 * HOUR_MS + 1, HOUR_MS + 1)).toBe(0);
  // And going back from it is a step.
  expect(watch.look(NOON + HOUR_MS + 2, HOUR_MS + 2)).toBe(-HOUR_MS);
});
