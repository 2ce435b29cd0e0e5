import { expect, test } from 'vitest';
import type { CheckExplanation } from '../../../server/catalogue/filings.ts';
import type { Check } from '../../../server/reporting/checks/check.ts';
import { explained, holdingUp } from '../../../server/reporting/filing/checked.ts';

const check = (
  share: number | null,
  severity: Check['severity'] = 'must',
  value: number | null = 1,
): Check => ({
  id: 'change_last_year:electricity',
  kind: 'change_last_year',
  severity,
  what: { carrier: 'electricity', id: null, name: null, before: null, against: '2025-10' },
  link: { view: 'building', params: {} },
  figure: { value, unit: 'kWh', share, low: null, high: null },
});
const said = (figure: Check['figure'], month = '2026-10'): CheckExplanation => ({
  no: 1,
  node: 'gov',
  month,
  check: 'change_last_year:electricity',
  text: '食堂',
  by: '李四',
  at: 5,
  figure: JSON.stringify(figure),
});

test.each([
  // 0.30 and 0.32 differ by 0.02, a tenth of 0.32 is 0.032.
  [0.3, 0.32, 'explained'],
  [0.3, 0.34, 'open'],
  [0.3, -0.3, 'open'],
  [null, 0.3, 'open'],
  [null, null, 'explained'],
] as const)('explained at %s it stands at %s as %s', (then, now, state) => {
  const value = then === null || now === null ? null : 1;
  const [one] = explained('2026-10', [check(now, 'must', value)], [said(check(then, 'must', value).figure)]);
  expect(one?.state).toBe(state);
  expect(one?.explanation).toMatchObject({ text: '食堂', by: '李四', at: 5 });
});

test('what must be dealt with holds a submission up until it is explained; a hint does not', () => {
  const open = explained('2026-10', [check(0.3), check(0.3, 'should')], []);
  expect(holdingUp(open)).toHaveLength(1);
  // An explanation of another month is none of this one.
  expect(holdingUp(explained('2026-10', [check(0.3)], [said(check(0.3).figure, '2026-09')]))).toHaveLength(1);
  expect(holdingUp(explained('2026-10', [check(0.3)], [said(check(0.3).figure)]))).toEqual([]);
});
