import { describe, expect, it } from 'vitest';
import { isDay, readDay, readMoment, shown, stepped } from '../../web/src/lib/forms/dates.ts';

describe('a day', () => {
  it.each([
    '2026-03-14',
    '2026-3-14',
    '2026/3/14',
    '2026.03.14',
    '20260314',
    '2026年3月14日',
    '2026 年 3 月 14 日',
    '２０２６－０３－１４',
    ' 2026-03-14 ',
  ])('is read as it is typed: %s', (typed) => {
    expect(readDay(typed)).toBe('2026-03-14');
  });

  it.each(['', '2026', '2026-13-01', '2026-02-29', '14-3-2026', '3月14日', '2026-03-14 10:20', '2026-0314'])(
    'is not guessed: %s',
    (typed) => {
      expect(readDay(typed)).toBeNull();
    },
  );

  it('is one of the calendar', () => {
    expect(isDay('2026-02-29')).toBe(false);
    expect(isDay('2028-02-29')).toBe(true);
    expect(isDay('2026-2-1')).toBe(false);
  });
});

describe('an instant', () => {
  it.each([
    ['2026-03-14 10:20', '2026-03-14T10:20'],
    ['2026-03-14T10:20', '2026-03-14T10:20'],
    ['2026-3-14 9:05', '2026-03-14T09:05'],
    ['2026/3/14 9：05', '2026-03-14T09:05'],
    ['2026年3月14日 9时5分', '2026-03-14T09:05'],
    ['2026年3月14日9:05', '2026-03-14T09:05'],
    ['2026-03-14 23:59:58', '2026-03-14T23:59:58'],
  ])('is read as it is typed: %s', (typed, sent) => {
    expect(readMoment(typed)).toBe(sent);
  });

  it.each([
    '',
    '2026-03-14',
    '10:20',
    '2026-03-14 24:00',
    '2026-03-14 10:60',
    '2026-03-14 1020',
    '2026-02-30 10:20',
  ])('is not guessed: %s', (typed) => {
    expect(readMoment(typed)).toBeNull();
  });

  it('is shown with a space', () => {
    expect(shown('2026-03-14T10:20')).toBe('2026-03-14 10:20');
    expect(shown('2026-03-14')).toBe('2026-03-14');
  });
});

describe('the arrows of a field', () => {
  it.each([
    // Value, where the caret stands, and what one step up and one down make of it.
    ['2026-03-14', 0, '2027-03-14', '2025-03-14'],
    ['2026-03-14', 5, '2026-04-14', '2026-02-14'],
    ['2026-03-14', 10, '2026-03-15', '2026-03-13'],
    ['2026-03-31', 6, '2026-04-30', '2026-02-28'],
    ['2028-02-29', 2, '2029-02-28', '2027-02-28'],
    ['2026-12-31', 9, '2027-01-01', '2026-12-30'],
    ['2026-03-14T23:59', 12, '2026-03-15T00:59', '2026-03-14T22:59'],
    ['2026-03-14T23:59', 16, '2026-03-15T00:00', '2026-03-14T23:58'],
    ['2026-03-14T10:20:30', 19, '2026-03-14T10:20:31', '2026-03-14T10:20:29'],
  ])('%s at %i', (value, caret, up, down) => {
    expect(stepped(value, caret, 1)).toBe(up);
    expect(stepped(value, caret, -1)).toBe(down);
  });
});
