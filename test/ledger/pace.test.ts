import { expect, test } from 'vitest';
import { Arrivals, restAfter, Turns } from '../../server/ledger/pace.ts';

const burst = { workedMs: 50, arrivingPerS: 30_000, waiting: 0, oldestMs: 0, isRecomputing: false };

test('a ledger that keeps up with a trickle never rests', () => {
  expect(restAfter({ ...burst, arrivingPerS: 9 })).toBe(0);
});

test('of a stream a hand-over begins 400 ms after the one before', () => {
  const stream = { ...burst, arrivingPerS: 10 };
  expect(restAfter(stream)).toBe(400 - 50);
  expect(restAfter({ ...stream, workedMs: 500 })).toBe(0);
  expect(restAfter({ ...stream, isRecomputing: true })).toBe(0);
  expect(restAfter({ ...burst, isRecomputing: true })).toBe(4 * 50);
  // Half of 10 seconds.
  expect(restAfter({ ...stream, oldestMs: 5000 })).toBe((400 - 50) / 2);
});

test('in a burst it rests four times as long as it worked, and less the more waits', () => {
  const long = { ...burst, workedMs: 110 };
  expect(restAfter(long)).toBe(4 * 110);
  // Half of 500,000 wait.
  expect(restAfter({ ...long, waiting: 250_000 })).toBe(4 * 110 * 0.5);
  // The oldest has waited for 9 of 10 seconds.
  expect(restAfter({ ...long, waiting: 250_000, oldestMs: 9000 })).toBeCloseTo(4 * 110 * 0.1, 9);
  expect(restAfter(burst)).toBe(400 - 50);
});

test.each([
  ['so many wait', { waiting: 500_000 }],
  ['more than that wait', { waiting: 2_000_000 }],
  ['one waits for so long', { oldestMs: 10_000 }],
])('it rests no more once %s', (_why, late) => {
  expect(restAfter({ ...burst, ...late })).toBe(0);
});

test('arrivals are counted over the last one to two seconds, and two at once are no stream', () => {
  const arrivals = new Arrivals(0, 100);
  expect(arrivals.perSecond(20, 102)).toBe(2);
  expect(arrivals.perSecond(1000, 300)).toBe(200);
  // From 0 on, for the second that began at 1,000 has not ended.
  expect(arrivals.perSecond(1500, 400)).toBe(200);
  // From 1,000 on.
  expect(arrivals.perSecond(2000, 400)).toBe(100);
  expect(arrivals.perSecond(60_000, 400)).toBe(0);
});

test('it never rests for longer than half a second', () => {
  expect(restAfter({ ...burst, workedMs: 5000 })).toBe(500);
});

test('long work lets what is due have its turn', async () => {
  const turns = new Turns();
  let came = false;
  setImmediate(() => {
    came = true;
  });
  const began = performance.now();
  while (!turns.over) expect(performance.now() - began).toBeLessThan(10_000);
  expect(came).toBe(false);
  await turns.pass();
  expect(came).toBe(true);
  expect(turns.over).toBe(false);
});
