import { expect, test } from 'vitest';
import type { Meter } from '../../server/domain/meter.ts';
import { StatementError, withEstimate, withManual, withoutStatement } from '../../server/domain/statement.ts';
import { meter } from '../support/estate.ts';

const NOW = 10_000;
const WHY = { reason: 'display was dark', recordedBy: '王工' };
const PLAIN = meter({ epoch: { from: 100, rolloverAt: 1000 } });

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StatementError) return `${error.path}: ${error.message}`;
    throw error;
  }
  throw new Error('it was accepted');
}

test('what is stated stands in order of time, with who, when and why', () => {
  const later = withManual(PLAIN, { time: 500, value: 42, ...WHY }, NOW, 1);
  const both = withManual(later, { time: 300, value: 0, ...WHY, reason: ' first look ' }, NOW, 2);
  expect(both.manual).toEqual([
    { no: 2, time: 300, value: 0, reason: 'first look', recordedBy: '王工', recordedAt: NOW },
    { no: 1, time: 500, value: 42, reason: 'display was dark', recordedBy: '王工', recordedAt: NOW },
  ]);
  const first = withEstimate(both, { from: 600, to: 700, quantity: 5, ...WHY }, NOW, 3);
  const second = withEstimate(first, { from: 500, to: 600, quantity: 6, ...WHY }, NOW);
  expect(second.estimates.map((e) => [e.no, e.from, e.to, e.quantity])).toEqual([
    // Not written down yet: a preview.
    [0, 500, 600, 6],
    [3, 600, 700, 5],
  ]);
  expect([PLAIN.manual, PLAIN.estimates]).toEqual([[], []]);
});

test('what is taken back is gone, and the rest stays', () => {
  const reading = withManual(PLAIN, { time: 500, value: 42, ...WHY }, NOW, 1);
  const both = withEstimate(reading, { from: 500, to: 600, quantity: 6, ...WHY }, NOW, 2);
  expect(withoutStatement(both, 2)).toEqual(reading);
  expect(withoutStatement(both, 1)).toEqual({ ...both, manual: [] });
  expect(refused(() => withoutStatement(reading, 2))).toBe(
    'no: nothing that is in force was stated of this meter under 2',
  );
});

const READINGS: [
  what: string,
  of: Meter,
  input: { time?: number; value?: number; reason?: string },
  said: string,
][] = [
  ['in the future', PLAIN, { time: NOW + 1 }, 'time: is in the future'],
  ['at no instant', PLAIN, { time: Number.NaN }, 'time: is not a time'],
  ['before the meter', PLAIN, { time: 99 }, 'time: is before the meter was there'],
  ['below 0', PLAIN, { value: -1 }, 'value: must not be negative'],
  ['that is no number', PLAIN, { value: Number.NaN }, 'value: must not be negative'],
  // 9,007,199,254.740991 units × 10⁶ micro is the largest whole number.
  ['beyond all numbers', meter(), { value: 9_007_199_255 }, 'value: is more than a meter can count'],
  ['beyond the display', PLAIN, { value: 1000 }, 'value: the register returns to 0 at 1000'],
  ['without a reason', PLAIN, { reason: ' ' }, 'reason: must not be empty'],
  [
    'where another one was read',
    withManual(PLAIN, { time: 500, value: 7, ...WHY }, NOW),
    {},
    'time: has a reading by eye already: 7',
  ],
  [
    'of a meter that shows power',
    meter({ register: 'power' }),
    {},
    'value: only a cumulative register is read by eye, this one is power',
  ],
];

test.each(READINGS)('a reading by eye is refused %s', (_, of, input, said) => {
  expect(refused(() => withManual(of, { time: 500, value: 42, ...WHY, ...input }, NOW))).toBe(said);
});

const ESTIMATED = withEstimate(PLAIN, { from: 400, to: 600, quantity: 5, ...WHY }, NOW);
const ESTIMATES: [
  what: string,
  of: Meter,
  input: { from?: number; to?: number; quantity?: number },
  said: string,
][] = [
  ['that ends in the future', PLAIN, { to: NOW + 1 }, 'to: is in the future'],
  ['that begins in the future', PLAIN, { from: NOW + 1 }, 'from: is in the future'],
  ['of no time', PLAIN, { from: 700, to: 700 }, 'to: must be after from'],
  ['below 0', PLAIN, { quantity: -0.5 }, 'quantity: must not be negative'],
  [
    'beyond all numbers',
    PLAIN,
    { quantity: Number.POSITIVE_INFINITY },
    'quantity: is more than a meter can count',
  ],
  ['over the end of another', ESTIMATED, { from: 599, to: 700 }, 'from: overlaps an estimate of 5 kWh'],
  ['over the start of another', ESTIMATED, { from: 300, to: 401 }, 'from: overlaps an estimate of 5 kWh'],
  ['inside another', ESTIMATED, { from: 450, to: 500 }, 'from: overlaps an estimate of 5 kWh'],
  ['around another', ESTIMATED, { from: 300, to: 700 }, 'from: overlaps an estimate of 5 kWh'],
  [
    'of a temperature',
    meter({ register: 'gauge', unit: '°C' }),
    {},
    'quantity: a gauge is averaged, never summed: it has no quantity',
  ],
];

test.each(ESTIMATES)('an estimate is refused %s', (_, of, input, said) => {
  const plain = { from: 500, to: 600, quantity: 1, ...WHY };
  expect(refused(() => withEstimate(of, { ...plain, ...input }, NOW))).toBe(said);
});

test('estimates may touch', () => {
  const touching = withEstimate(ESTIMATED, { from: 600, to: 700, quantity: 1, ...WHY }, NOW);
  expect(withEstimate(touching, { from: 300, to: 400, quantity: 1, ...WHY }, NOW).estimates).toHaveLength(3);
});
