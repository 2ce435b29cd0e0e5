import { expect, test } from 'vitest';
import type { FilingReminders } from '../../server/http/schemas/filings.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import {
  type DeadlineShown,
  dayWords,
  reminderText,
  ruleWords,
  shownState,
  titleOf,
} from '../../web/src/lib/reports/filings.ts';
import { en as enWords } from '../../web/src/lib/reports/words.en.ts';
import { zh as zhWords } from '../../web/src/lib/reports/words.zh.ts';

const plain = (text: string): string => text.replaceAll(/[\u2068\u2069]/g, '');

test('a filing is named by its period and form', () => {
  const names = (
    [
      { form: 'monthly', period: '2026-10' },
      { form: 'quarterly', period: '2026-Q4' },
      { form: 'annual', period: '2026' },
    ] as const
  ).map((of) => [titleOf(of, zhWords, zh), titleOf(of, enWords, en)]);
  expect(names).toEqual([
    ['2026年10月月报', 'Oct 2026, monthly report'],
    ['2026年第四季度季报', 'Q4 2026, quarterly report'],
    ['2026年年报', '2026, annual report'],
  ]);
  expect(dayWords('2027-03-31', zh)).toBe('2027年3月31日');
});

test('what is open is shown by its deadline, what is filed by its state', () => {
  const of = (state: string, due_state: string): string =>
    shownState({ state, due_state } as Parameters<typeof shownState>[0]);
  expect([of('draft', 'running'), of('draft', 'due'), of('draft', 'late')]).toEqual([
    'running',
    'due',
    'late',
  ]);
  expect([of('returned', 'late'), of('submitted', 'in_time'), of('published', 'filed_late')]).toEqual([
    'returned',
    'submitted',
    'published',
  ]);
});

test('reminders are one sentence, and zero is not counted in it', () => {
  const some = (count: number) => ({ count, first: [] });
  const text = (late: number, due: number, returned: number, submitted: number, words = zhWords): string =>
    plain(
      reminderText(
        { node: 'x', late: some(late), due: some(due), returned: some(returned), submitted: some(submitted) },
        words,
      ),
    );
  expect(text(0, 0, 0, 0)).toBe('没有逾期的报告，10 天内没有到期的报告。');
  expect(text(2, 1, 0, 0)).toBe('2 份逾期未报，1 份在 10 天内到期。');
  expect(text(0, 0, 1, 3)).toBe('没有逾期的报告，10 天内没有到期的报告，1 份退回待改，3 份待审核。');
  const back = { count: 18, first: [{ state: 'returned' }, { state: 'draft' }] } as FilingReminders['late'];
  const rest = { due: some(0), returned: some(0), submitted: some(0) };
  expect(plain(reminderText({ node: 'x', late: back, ...rest }, zhWords))).toBe(
    '18 份逾期未报，其中 1 份退回待改，10 天内没有到期的报告。',
  );
  expect(text(1, 0, 0, 2, enWords)).toBe('1 late, nothing is due within 10 days, 2 to be reviewed.');
});

test('a deadline is told as people say it', () => {
  const rule = (of: Partial<DeadlineShown>): string =>
    ruleWords(
      {
        id: 'd',
        form: 'monthly',
        node: null,
        region: null,
        from: null,
        months: 1,
        day: 10,
        shift: 'none',
        source: { text: '', confidence: 'verified' },
        ...of,
      },
      zhWords,
    );
  expect(rule({})).toBe('次月 10 日前');
  expect(rule({ form: 'annual', months: 3, day: 31 })).toBe('次年 3 月 31 日前');
  expect(rule({ form: 'quarterly', shift: 'next' })).toBe('季后第 1 个月 10 日前，遇休息日顺延');
});
