import { expect, test } from 'vitest';
import { BUILTIN_DEADLINES } from '../../server/domain/builtin-deadlines.ts';
import { type Deadline, daysLeft, dueOf } from '../../server/domain/deadline.ts';
import { Estate } from '../../server/domain/estate.ts';
import { Zone } from '../../server/domain/time.ts';

const zone = new Zone('Asia/Shanghai');
const node = (id: string, parent: string | null, region: string | null) => ({
  id,
  name: id,
  kind: parent === null ? ('region' as const) : ('institution' as const),
  parent,
  attributes: {},
  ...(region !== null && { classification: { type: null, level: null, zone: null, region } }),
});
const estateIn = (region: string | null): Estate =>
  new Estate(zone, [node('city', null, region), node('gov', 'city', null)], []);

const deadline = (of: Partial<Deadline>): Deadline => ({
  id: 'd',
  form: 'monthly',
  node: null,
  region: null,
  from: null,
  months: 1,
  day: 10,
  shift: 'none',
  source: { text: 't', confidence: 'unconfirmed' },
  ...of,
});
const dateOf = (list: Deadline[], period = '2026-11', form: Deadline['form'] = 'monthly'): string | null =>
  dueOf(estateIn('320100'), list, { node: 'gov', form, period })?.date ?? null;

test('the annual report is due on 31 March everywhere, and that is the law', () => {
  const due = dueOf(estateIn(null), BUILTIN_DEADLINES, { node: 'gov', form: 'annual', period: '2026' });
  expect(due?.date).toBe('2027-03-31');
  // The end of that day in China, which is 16:00 of the day in UTC.
  expect(due?.at).toBe(Date.parse('2027-03-31T16:00:00Z'));
  expect(due?.deadline.source.confidence).toBe('verified');
});

test('whatever else is shipped is an example, marked as such and with its place', () => {
  for (const d of BUILTIN_DEADLINES.filter((d) => d.id !== 'annual')) {
    expect([d.id, d.source.confidence]).toEqual([d.id, 'unconfirmed']);
    expect(d.source.text).toMatch(/例/);
  }
});

test.each([
  ['630100', 'annual', '2026', '2027-01-20'],
  ['630100', 'quarterly', '2026-Q4', '2027-01-15'],
  ['510903', 'quarterly', '2026-Q3', '2026-10-05'],
  ['510100', 'quarterly', '2026-Q3', '2026-10-10'],
  ['320100', 'monthly', '2026-12', '2027-01-10'],
] as const)('in %s the %s of %s is due by %s', (region, form, period, date) => {
  expect(dueOf(estateIn(region), BUILTIN_DEADLINES, { node: 'gov', form, period })?.date).toBe(date);
});

test('the nearest node goes before the smallest region, and that before everywhere', () => {
  const everywhere = deadline({ day: 1 });
  const province = deadline({ region: '320000', day: 2 });
  const prefecture = deadline({ region: '320100', day: 3 });
  const other = deadline({ region: '330000', day: 4 });
  const city = deadline({ node: 'city', day: 5 });
  const gov = deadline({ node: 'gov', day: 6 });
  const lists: [Deadline[], string | null][] = [
    [[gov, everywhere, city, province], '2026-12-06'],
    [[everywhere, province, city], '2026-12-05'],
    [[prefecture, everywhere, province], '2026-12-03'],
    [[other, province, everywhere], '2026-12-02'],
    [[other, everywhere], '2026-12-01'],
    [[other], null],
    [[deadline({ form: 'annual' })], null],
  ];
  for (const [list, date] of lists) {
    expect(dateOf(list)).toBe(date);
    expect(dateOf([...list].reverse())).toBe(date);
  }
});

test('a deadline holds from a month on and leaves what was due before it alone', () => {
  const list = [
    deadline({ day: 10 }),
    deadline({ from: '2026-06', day: 5 }),
    deadline({ from: '2026-11', day: 8 }),
  ];
  expect(dateOf(list, '2026-05')).toBe('2026-06-10');
  expect(dateOf(list, '2026-06')).toBe('2026-07-05');
  expect(dateOf(list, '2026-10')).toBe('2026-11-05');
  expect(dateOf(list, '2026-11')).toBe('2026-12-08');
});

test('a day that a month lacks is its last one', () => {
  // Two months after December 2026 is February 2027, which has 28 days.
  expect(dateOf([deadline({ day: 31, months: 2 })], '2026-12')).toBe('2027-02-28');
});

test('a day without work moves to the working day that was asked for', () => {
  // 10 October 2026 is a Saturday worked for National Day; 11 October is a Sunday.
  expect(dateOf([deadline({ day: 11, shift: 'next' })], '2026-09')).toBe('2026-10-12');
  // 1 to 7 October 2026 are holidays; the working day before is 30 September.
  expect(dateOf([deadline({ day: 5, shift: 'previous' })], '2026-09')).toBe('2026-09-30');
  expect(dateOf([deadline({ day: 11 })], '2026-09')).toBe('2026-10-11');
});

test('days left are counted by the calendar', () => {
  const due = { at: Date.parse('2026-12-11T00:00:00+08:00') };
  expect(daysLeft(zone, due, Date.parse('2026-12-10T23:59:59+08:00'))).toBe(0);
  expect(daysLeft(zone, due, Date.parse('2026-11-30T12:00:00+08:00'))).toBe(10);
  expect(daysLeft(zone, due, Date.parse('2026-12-11T00:00:00+08:00'))).toBe(-1);
});
