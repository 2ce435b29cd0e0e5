import { expect, test } from 'vitest';
import type { Deadline } from '../../../server/domain/deadline.ts';
import { Estate } from '../../../server/domain/estate.ts';
import type { Filing, FilingStep } from '../../../server/domain/filing.ts';
import type { Node } from '../../../server/domain/meter.ts';
import { Policy } from '../../../server/domain/policy.ts';
import { Zone } from '../../../server/domain/time.ts';
import { calendarOf } from '../../../server/reporting/filing/calendar.ts';
import { filingNotes } from '../../../server/reporting/filing/notes.ts';

const node = (id: string, kind: Node['kind'], parent: string | null): Node => ({
  id,
  name: id,
  kind,
  parent,
  attributes: {},
});
const ESTATE = new Estate(
  new Zone('Asia/Shanghai'),
  [
    node('city', 'region', null),
    node('gov', 'institution', 'city'),
    node('tax', 'institution', 'city'),
    node('hall', 'building', 'gov'),
  ],
  [],
);
const at = (text: string): number => Date.parse(`${text}+08:00`);
const deadline = (of: Partial<Deadline>): Deadline => ({
  id: 'd',
  form: 'monthly',
  node: null,
  region: null,
  from: null,
  months: 1,
  day: 10,
  shift: 'none',
  source: { text: '', confidence: 'unconfirmed' },
  ...of,
});
const filed = (period: string, when: string, ...more: FilingStep['action'][]): Filing => ({
  node: 'gov',
  form: 'monthly',
  period,
  steps: ['submit' as const, ...more].map((action, i) => ({
    action,
    at: at(when) + i,
    by: 'x',
    remark: '',
    hash: action === 'submit' ? 'h' : null,
  })),
});
const NOW = at('2026-11-18T12:00:00');
const told = (
  deadlines: Deadline[],
  filings: Filing[],
  asked: { node?: string; from?: string; to?: string; now?: number; enteredAt?: Map<string, number> } = {},
): string[] =>
  calendarOf(ESTATE, deadlines, filings, {
    node: 'gov',
    from: '2026-01',
    to: '2026-12',
    now: NOW,
    enteredAt: new Map(),
    ...asked,
  }).map((f) => `${f.node} ${f.period} ${f.state} ${f.dueState} ${f.daysLeft}`);

test('without a first month the period that runs and the one before it are owed', () => {
  // 10 November was 8 days ago, 10 December is 22 days ahead.
  expect(told([deadline({})], [])).toEqual(['gov 2026-10 draft late -8', 'gov 2026-11 draft running 22']);
  expect(told([], [])).toEqual([]);
});

test('who was entered when a period was due already owes it only where somebody said since when', () => {
  const enteredAt = new Map([['gov', at('2026-11-11T00:00:00')]]);
  expect(told([deadline({})], [], { enteredAt })).toEqual(['gov 2026-11 draft running 22']);
  expect(told([deadline({ from: '2026-10' })], [], { enteredAt })).toEqual([
    'gov 2026-10 draft late -8',
    'gov 2026-11 draft running 22',
  ]);
  // The day on which it is due is early enough.
  const before = new Map([['gov', at('2026-11-10T23:00:00')]]);
  expect(told([deadline({})], [], { enteredAt: before })).toHaveLength(2);
});

test('with a first month every period since then is owed', () => {
  expect(told([deadline({ from: '2026-08' })], [])).toEqual([
    'gov 2026-08 draft late -69',
    'gov 2026-09 draft late -39',
    'gov 2026-10 draft late -8',
    'gov 2026-11 draft running 22',
  ]);
});

test('filed in time is told by the first submission, whatever became of it', () => {
  const list = [
    filed('2026-08', '2026-09-10T23:59:59'),
    filed('2026-09', '2026-10-11T00:00:00', 'accept', 'publish'),
    filed('2026-10', '2026-11-02T08:00:00', 'return'),
  ];
  expect(told([deadline({})], list)).toEqual([
    'gov 2026-08 submitted in_time null',
    'gov 2026-09 published filed_late null',
    // Returned and not mended, it is owed again.
    'gov 2026-10 returned late -8',
    'gov 2026-11 draft running 22',
  ]);
  expect(told([], list).map((f) => f.split(' ')[3])).toEqual(['undated', 'undated', 'due']);
});

test('a bureau sees its institutions, and what anybody else below it filed', () => {
  const hall: Filing = { ...filed('2026-10', '2026-11-02T08:00:00'), node: 'hall' };
  expect(told([deadline({})], [hall], { node: 'city', to: '2026-10' })).toEqual([
    'gov 2026-10 draft late -8',
    'tax 2026-10 draft late -8',
    'hall 2026-10 submitted in_time null',
  ]);
  expect(told([deadline({})], [hall], { node: 'tax' }).every((f) => f.startsWith('tax'))).toBe(true);
  // Where there is no institution the node files itself.
  expect(told([deadline({})], [], { node: 'hall', to: '2026-10' })).toEqual(['hall 2026-10 draft late -8']);
});

test('quarters and years are told by the month in which they end, and while they run', () => {
  const forms = [deadline({ form: 'quarterly' }), deadline({ form: 'annual', months: 3, day: 31 })];
  expect(told(forms, [], { now: at('2027-01-05T00:00:00'), from: '2026-07', to: '2026-12' })).toEqual([
    'gov 2026-Q4 draft due 5',
    // From 5 January to 31 March: 26 + 28 + 31 days.
    'gov 2026 draft due 85',
  ]);
  expect(told(forms, [], { from: '2026-07', to: '2026-11' })).toEqual([
    'gov 2026-Q3 draft late -39',
    'gov 2026-Q4 draft running 53',
    'gov 2026 draft running 133',
  ]);
});

test('a bulletin tells how far its institutions were at its instant, and says the same again later', () => {
  const policy = new Policy([
    { kind: 'deadline', body: deadline({ id: 'city', node: 'city', from: '2026-09' }) },
  ]);
  const list = [filed('2026-10', '2026-11-05T08:00:00', 'accept')];
  const notes = (when: string): unknown =>
    filingNotes(
      { estate: ESTATE, policy, filings: { list: () => list, enteredAt: () => new Map() } },
      'city',
      '2026-10',
      at(when),
    );
  const due = '2026-11-10';
  expect(notes('2026-11-04T00:00:00')).toEqual([
    { node: 'gov', state: 'draft', due, late: false },
    { node: 'tax', state: 'draft', due, late: false },
  ]);
  expect(notes('2026-11-18T00:00:00')).toEqual([
    { node: 'gov', state: 'accepted', due, late: false },
    { node: 'tax', state: 'draft', due, late: true },
  ]);
});
