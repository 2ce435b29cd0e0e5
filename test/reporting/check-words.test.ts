import { expect, test } from 'vitest';
import type { Check } from '../../server/reporting/checks/check.ts';
import { checkSentence } from '../../server/reporting/checks/words.ts';

const check = (of: {
  kind: Check['kind'];
  severity?: Check['severity'];
  what?: Partial<Check['what']>;
  figure?: Partial<Check['figure']>;
}): Check => ({
  id: of.kind,
  kind: of.kind,
  severity: of.severity ?? 'must',
  what: { carrier: null, id: null, name: null, before: null, against: null, ...of.what },
  link: { view: 'building', params: {} },
  figure: { value: null, unit: '', share: null, low: null, high: null, ...of.figure },
});

test.each<[Parameters<typeof check>[0], string, string]>([
  [
    {
      kind: 'change_last_year',
      what: { carrier: 'water', before: 500, against: '2025-10' },
      figure: { value: 1625, unit: 'm³', share: 2.25, low: -0.2, high: 0.2 },
    },
    '水的用量为 1,625 m³，同比（2025年10月 500 m³）上升 225 %，超过 20 % 的限值。',
    'Use of water is 1,625 m³, up 225 % from 500 m³ in 2025-10; the limit is 20 %.',
  ],
  [
    {
      kind: 'people_changed',
      what: { before: 300, against: '2025-10' },
      figure: { value: 240, unit: 'p', share: -0.2, low: -0.1, high: 0.1 },
    },
    '用能人数为 240 人，比2025年10月的 300 人下降 20 %，超过 10 %，须核实。',
    'People using energy: 240 people, down 20 % from 300 people in 2025-10; above 10 % it has to be verified.',
  ],
  [
    { kind: 'completeness', what: { carrier: 'gas' }, figure: { share: 0.89996, low: 0.9 } },
    '天然气的数据完整率为 89.9 %，低于 90 %。',
    'Data of gas are 89.9 % complete, below 90 %.',
  ],
  [
    {
      kind: 'missing_carrier',
      what: { carrier: 'gas', before: 1000, against: '2025-10' },
      figure: { unit: 'm³' },
    },
    '2025年10月用天然气 1,000 m³，本月没有数据。',
    '1,000 m³ of gas was used in 2025-10; nothing is known of this month.',
  ],
  [
    {
      kind: 'unit_price',
      what: { carrier: 'electricity' },
      figure: { value: 1.2345, unit: '元/kWh', low: 0.5, high: 0.9 },
    },
    '电的单价为 1.2345 元/kWh，不在参考单价 0.5–0.9 元/kWh 之内。',
    'The unit price of electricity is 1.2345 元/kWh, outside the reference of 0.5–0.9 元/kWh.',
  ],
  [
    {
      kind: 'intensity',
      severity: 'must',
      what: { name: 'DB37/T 2672-2019', against: 'energy_per_person' },
      figure: { value: 1400, unit: 'kgce/(p·a)', high: 1300.8, low: 665.9 },
    },
    '近 12 个月人均综合能耗为 1,400 kgce/(人·年)，高于约束值 1,300.8 kgce/(人·年)（DB37/T 2672-2019）。',
    'Energy per person over the past 12 months is 1,400 kgce/(person·a), above the constraint value of 1,300.8 kgce/(person·a) (DB37/T 2672-2019).',
  ],
])('$0.kind', (of, zh, en) => {
  expect(checkSentence(check(of), 'zh')).toBe(zh);
  expect(checkSentence(check(of), 'en')).toBe(en);
});
