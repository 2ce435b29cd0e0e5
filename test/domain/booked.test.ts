import { describe, expect, test } from 'vitest';
import { Book, type BookEntry } from '../../server/domain/book.ts';
import {
  type Booked,
  bookedBetween,
  bookedCompleteness,
  bookedDay,
  inBookUnit,
} from '../../server/domain/booked.ts';
import { Zone } from '../../server/domain/time.ts';

const zone = new Zone('Asia/Shanghai');
const at = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);
const booked = (quantities: Record<string, number>): Booked => ({
  node: 'a',
  carrier: 'diesel',
  unit: 'L',
  months: Object.entries(quantities).map(([month, litres]) => {
    const start = at(`${month}-01`);
    return { start, end: zone.next('month', start), micro: litres * 1e6 };
  }),
});

describe('what is booked', () => {
  test('of parts of a month adds up to the month, wherever it is cut', () => {
    const of = booked({ '2026-01': 100.000_001 });
    const cuts = ['2026-01-01', '2026-01-04', '2026-01-05', '2026-01-20', '2026-02-01'].map(at);
    const parts = cuts.slice(1).map((to, i) => bookedBetween(of, cuts[i] as number, to) ?? 0);
    expect(parts.reduce((sum, p) => sum + p, 0)).toBe(100_000_001);
    // 3 of 31 days.
    expect(parts[0]).toBe(Math.round((100_000_001 * 3) / 31));
    expect(bookedBetween(of, at('2026-02-01'), at('2026-03-01'))).toBeNull();
    expect(bookedBetween(of, at('2025-12-15'), at('2026-02-15'))).toBe(100_000_001);
  });

  test('of a day goes on like the last month, so that an unbooked one is no saving', () => {
    const of = booked({ '2026-01': 31, '2026-02': 56 });
    const day = (from: string, to: string): number => bookedDay(of, at(from), at(to)) / 1e6;
    // 31 L ÷ 31 days, 56 L ÷ 28 days.
    expect(day('2026-01-10', '2026-01-11')).toBe(1);
    expect(day('2026-02-10', '2026-02-11')).toBe(2);
    expect(day('2026-04-10', '2026-04-11')).toBe(2);
    expect(day('2025-12-30', '2025-12-31')).toBe(0);
  });

  test('is missing before the first month and between, and not due after the last', () => {
    const of = booked({ '2026-01': 1, '2026-03': 1 });
    const share = (from: string, to: string): number => bookedCompleteness([of], at(from), at(to));
    expect(share('2026-01-01', '2026-02-01')).toBe(1);
    expect(share('2026-02-01', '2026-03-01')).toBe(0);
    expect(share('2025-12-01', '2026-02-01')).toBe(31 / 62);
    expect(share('2026-03-01', '2026-06-01')).toBe(1);
    expect(share('2026-04-01', '2026-06-01')).toBe(1);
    // Of two accounts the mean: 1 and 31 of 62 days.
    const other = booked({ '2025-12': 1, '2026-01': 1 });
    expect(bookedCompleteness([of, other], at('2025-12-01'), at('2026-02-01'))).toBe((31 / 62 + 1) / 2);
  });

  test('is counted in the first unit of its carrier', () => {
    expect(inBookUnit('electricity', 1.5, 'MWh')).toBe(1_500);
    expect(inBookUnit('water', 3, 't')).toBe(3);
    expect(inBookUnit('coal', 0.25, 't')).toBe(250);
    expect(inBookUnit('heat', 1, 'MWh')).toBeCloseTo(3.6, 12);
  });
});

test('a view of the book keeps what a change does not touch', () => {
  const key = { carrier: 'diesel', account: null, vehicle: null, month: '2026-01' } as const;
  const entry = (node: string, quantity: number): BookEntry => ({
    ...{ ...key, node, no: 1, quantity, unit: 'L', cost: null, period: null, meterNumber: null },
    ...{ collectedBy: null, collectedOn: null, note: null, author: 'x', recordedAt: 0, source: 'x' },
    explanation: null,
  });
  const put = (node: string, quantity: number) => ({ key: { ...key, node }, entry: entry(node, quantity) });
  const mark = { record: 2, explanation: 0 };
  const first = new Book().with([put('a', 1), put('b', 2)], mark);
  const second = first.with([put('b', 3)], mark);
  expect(second.isSameAt(first, ['a'])).toBe(true);
  expect(second.isSameAt(first, ['a', 'b'])).toBe(false);
  expect([first, second].map((book) => book.of('b')[0]?.quantity)).toEqual([2, 3]);
  expect(second.with([{ key: { ...key, node: 'a' }, entry: null }], mark).nodes()).toEqual(['b']);
});
