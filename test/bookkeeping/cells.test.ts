import { describe, expect, test } from 'vitest';
import { dateOf, monthOf, numberOf, plainOf } from '../../server/bookkeeping/cells.ts';
import { carrierNamed, spelledUnit } from '../../server/bookkeeping/columns.ts';

describe('cells', () => {
  test.each([
    [1234.5, 1234.5],
    ['1,234.5', 1234.5],
    ['１，２３４．５', 1234.5],
    [' 12 ', 12],
    ['-5', -5],
    [null, null],
    ['1,23', undefined],
    ['12 kWh', undefined],
    ['一百', undefined],
    ['1e3', undefined],
    [new Date(0), undefined],
  ])('%j as a number is %j', (value, number) => {
    expect(numberOf(value)).toBe(number);
  });

  test.each([
    ['2026-01-31', '2026-01-31'],
    ['2026/1/31', '2026-01-31'],
    ['2026.1.5', '2026-01-05'],
    ['２０２６年１月５日', '2026-01-05'],
    [20260105, '2026-01-05'],
    // Day 1 is 1900-01-01; 45,000 of them lead to 2023-03-15.
    [45_000, '2023-03-15'],
    ['45000', '2023-03-15'],
    [new Date('2026-02-28T00:00:00Z'), '2026-02-28'],
    ['2026-02-30', undefined],
    ['31.1.2026', undefined],
    ['昨天', undefined],
    [null, null],
  ])('%j as a date is %j', (value, date) => {
    expect(dateOf(value)).toBe(date);
  });

  test.each([
    ['2026-1', '2026-01'],
    ['2026年12月', '2026-12'],
    [202612, '2026-12'],
    ['2026-13', undefined],
    ['2026-12-31', '2026-12'],
    [46_000, '2025-12'],
    ['12月', undefined],
  ])('%j as a month is %j', (value, month) => {
    expect(monthOf(value)).toBe(month);
  });

  test('a formula is its value, rich text its letters, an error nothing', () => {
    expect(plainOf({ formula: 'A1+1', result: 3 })).toBe(3);
    expect(plainOf({ sharedFormula: 'A1', result: '电力' })).toBe('电力');
    expect(plainOf({ formula: '1/0', result: { error: '#DIV/0!' } })).toBeUndefined();
    expect(plainOf({ formula: 'A1' })).toBeUndefined();
    expect(plainOf({ richText: [{ text: '电' }, { text: '力' }] })).toBe('电力');
    expect(plainOf({ error: '#REF!' })).toBeUndefined();
    expect(plainOf('  ')).toBeNull();
  });

  test('carriers and units as people write them', () => {
    expect(['电', '电力', 'Electricity', 'electricity'].map(carrierNamed)).toEqual(
      Array(4).fill('electricity'),
    );
    expect(carrierNamed('核能')).toBeNull();
    expect(['m3', 'm³', '㎥', '立方米', 'M3'].map(spelledUnit)).toEqual(Array(5).fill('m³'));
    expect(['度', 'KWH', 'ｋＷｈ'].map(spelledUnit)).toEqual(Array(3).fill('kWh'));
    expect(['吨', '升', '公斤', '吉焦'].map(spelledUnit)).toEqual(['t', 'L', 'kg', 'GJ']);
    expect(spelledUnit('桶')).toBe('桶');
  });
});
