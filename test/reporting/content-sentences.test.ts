import { describe, expect, test } from 'vitest';
import { completeness, fixed, percent } from '../../server/reporting/content/numbers.ts';
import { amountText, changeText, changeTexts } from '../../server/reporting/content/say.ts';
import { wordsOf } from '../../server/reporting/content/words.ts';
import { buildReport, type ReportAsked } from '../../server/reporting/report.ts';
import { years } from '../conservation/furnished-years.ts';
import { furnished } from '../http/furnished.ts';
import { quotaRig } from '../http/quota-estate.ts';
import { type Rig, rig } from '../http/rig.ts';
import { rowOf, sectionOf, sourcesOf, tableOf, textOf } from './sources.ts';

const zh = wordsOf('zh');
const en = wordsOf('en');
const whole = (quantity: number | null, completeness = 1) => ({ quantity, completeness });

describe('a change against a year ago', () => {
  test.each([
    ['less', whole(95), whole(100), '同比下降 5.0 %', '5.0 % less than a year ago'],
    ['more', whole(120), whole(100), '同比上升 20.0 %', '20.0 % more than a year ago'],
    ['alike to a thousandth', whole(100.04), whole(100), '同比持平', 'the same as a year ago'],
    ['nothing known then', whole(95), whole(null, 0), '去年同期没有数据', 'no data of a year ago'],
    [
      'too little known then',
      whole(95),
      whole(50, 0.62),
      '去年同期数据完整率仅 62.0 %，不作同比',
      'not compared with a year ago, of which only 62.0 % is known',
    ],
    ['nothing used then', whole(95), whole(0), '去年同期为 0，不计算同比', 'nothing was used a year ago'],
    ['nothing used in either', whole(0), whole(0), '同比持平', 'the same as a year ago'],
    ['nothing used now', whole(0), whole(100), '同比下降 100.0 %', '100.0 % less than a year ago'],
    ['too little known now', whole(95, 0.89), whole(100), null, null],
    ['nothing known now', whole(null, 0), whole(100), null, null],
  ])('%s', (_, now, then, chinese, english) => {
    expect(changeText(zh.lastYear, now, then)).toBe(chinese);
    expect(changeText(en.lastYear, now, then)).toBe(english);
  });

  test('what is said of both is said once', () => {
    expect(changeTexts(zh, whole(100), whole(100), whole(100))).toEqual(['同比、环比均持平']);
    expect(changeTexts(zh, whole(100), whole(null, 0), whole(null, 0))).toEqual(['去年同期和上月均没有数据']);
    expect(changeTexts(zh, whole(100), whole(100), whole(80))).toEqual(['同比持平', '环比上升 25.0 %']);
  });
});

describe('an amount', () => {
  test.each([
    [86_420, 'kWh', '86,420 千瓦时', '86,420 kWh'],
    [1_234_567, 'kWh', '123.46 万千瓦时', '1,234,567 kWh'],
    [345.6, 'kgce', '346 千克标准煤', '346 kgce'],
    [12_345.6, 'kgce', '12.3 吨标准煤', '12.3 tce'],
    [5000, 'kgCO₂', '5.00 吨二氧化碳', '5.00 tCO₂'],
    [1.79, 'kgce/m²', '1.79 千克标准煤/平方米', '1.79 kgce/m²'],
    [26, 'm³/(p·a)', '26.0 立方米/（人·年）', '26.0 m³/(person·year)'],
    [0, 'm³', '0 立方米', '0 m³'],
    [1.5, '1', '1.50', '1.50'],
  ])('%d %s', (value, unit, chinese, english) => {
    expect(amountText(zh, value, unit)).toBe(chinese);
    expect(amountText(en, value, unit)).toBe(english);
  });

  test('a share that is not all of it never reads 100 %', () => {
    expect([0.9999, 0.9996, 1, 0].map(completeness)).toEqual(['99.9 %', '99.9 %', '100 %', '0 %']);
    expect([-0.0423, 1.5].map(percent)).toEqual(['4.2 %', '150.0 %']);
    expect([-0.0001, -1.5].map((n) => fixed(n, 2))).toEqual(['0.00', '−1.50']);
  });
});

const asked = (r: Rig, node: string, month: string, more: Partial<ReportAsked> = {}): ReportAsked => ({
  kind: 'monthly',
  node,
  month,
  language: 'zh',
  now: r.deps.now(),
  ...more,
});

test('a month in progress is said to be one and held against spans as long', async () => {
  const r = await furnished();
  const report = await buildReport(sourcesOf(r), asked(r, 'gov', '2026-11'));
  const [scope, energy] = textOf(sectionOf(report, 'summary'));
  expect(scope).toContain(
    '本月尚未结束，以下数据截至2026年11月18日12时，同比、环比均与对照期同样长的时段比较。',
  );
  // 36 of 420 hours: 8.57 %, cut to 8.5
  expect(scope).toContain(
    '电（8.5 %）、水（8.5 %）的数据完整率低于 90 %，缺失的部分没有计入，用量偏低，不作同比和环比。',
  );
  // 36 h × 20 kWh × 0.1229 = 88.488 kgce
  expect(energy).toMatch(/^本月综合能耗 88\.5 千克标准煤[。；]/);
  expect(energy).not.toContain('同比');
  const electricity = rowOf(tableOf(report, 'consumption_month'), 'carrier', '电');
  expect(electricity.quantity).toEqual({ value: 720 });
  expect(electricity.last_year).toEqual({ value: null, lack: '无数据' });
  expect(electricity.completeness?.value).toBeCloseTo(36 / 420, 12);
});

test('the first year has nothing to be compared with', async () => {
  const r = await years('2025-03');
  const report = await buildReport(sourcesOf(r), asked(r, 'house', '2024-02'));
  const [, energy] = textOf(sectionOf(report, 'summary'));
  expect(energy).toContain('去年同期没有数据，环比持平');
  expect(energy).not.toMatch(/同比(上升|下降|持平)/);
  expect(rowOf(tableOf(report, 'consumption_month'), 'carrier', '电').change_last_year).toEqual({
    value: null,
    lack: '不可比',
  });
});

test('a node without meters has a report that says so, and no figure in it', async () => {
  const r = await years();
  for (const language of ['zh', 'en'] as const) {
    const report = await buildReport(sourcesOf(r), asked(r, 'school', '2026-10', { language }));
    const [said] = textOf(sectionOf(report, 'summary'));
    expect(said).toBe(
      language === 'zh'
        ? '学校没有计量表计，本月没有可以汇总的能源资源消费数据。'
        : '学校 has no meters: there is no consumption to report.',
    );
    const numbers = report.sections
      .flatMap((s) => s.blocks)
      .flatMap((b) => (b.kind === 'table' ? b.rows : []))
      .flatMap((row) => Object.values(row.cells))
      .filter((c) => typeof c.value === 'number' && c.value !== 0);
    expect(numbers).toEqual([]);
  }
});

test('what changed beside the use is named: area and people', async () => {
  const r = await quotaRig(2024);
  // 4,000 m² in 2024, 5,000 m² from 2025: + 25 %
  const report = await buildReport(sourcesOf(r), asked(r, 'tax', '2025-12'));
  const text = textOf(sectionOf(report, 'summary')).join('');
  expect(text).toContain('单位建筑面积能耗 0.25 千克标准煤/平方米，同比下降 20.0 %');
  expect(text).toContain('建筑面积比去年同期增加 25.0 %，单位指标的变化含有这一因素。');
});

test('an exchange, a reading by eye and an estimate are told with who and why', async () => {
  const r = await rig({
    version: 1,
    timezone: 'Asia/Shanghai',
    nodes: [{ id: 'gov', name: '机关', kind: 'institution' }],
    meters: [
      {
        id: 'main',
        name: '总进线',
        node: 'gov',
        carrier: 'electricity',
        register: 'cumulative',
        unit: 'kWh',
        multiplier: 40,
        interval_s: 3600,
        exchanges: [
          {
            at: '2026-10-14T10:00:00+08:00',
            final: 300,
            initial: 5,
            multiplier: 60,
            note: 'CT 200/5 → 300/5',
          },
        ],
      },
    ],
  });
  await r.feed([
    ['main', '2026-10-01T00:00:00+08:00', 100],
    ['main', '2026-10-14T09:00:00+08:00', 290],
    ['main', '2026-10-14T11:00:00+08:00', 7],
    ['main', '2026-10-31T00:00:00+08:00', 20],
  ]);
  r.catalogue.addEstimate('main', {
    from: Date.parse('2026-10-31T00:00:00+08:00'),
    to: Date.parse('2026-11-01T00:00:00+08:00'),
    quantity: 48,
    reason: '按前一周同日估算',
    recordedBy: '张三',
  });
  await r.deps.settled();
  const report = await buildReport(sourcesOf(r), asked(r, 'gov', '2026-10'));
  const items = textOf(sectionOf(report, 'anomalies'));
  expect(items).toContain(
    '总进线：2026年10月14日10时换表，旧表止码 300.00，新表起码 5.00，倍率由 40 改为 60，CT 200/5 → 300/5，登记人 test。',
  );
  expect(items).toContain(
    '总进线：2026年10月31日0时至2026年11月1日0时估算 48.0 千瓦时，按前一周同日估算，登记人 张三。',
  );
  const electricity = rowOf(tableOf(report, 'provenance'), 'carrier', '电');
  // (290 − 100) × 40 + (300 − 290) × 40 + (7 − 5) × 60 + (20 − 7) × 60 + 48
  expect(electricity.quantity).toEqual({ value: 8000 + 900 + 48 });
  expect(electricity.estimated).toEqual({ value: 48 });
});

test('what is asked for wrongly is named', async () => {
  const r = await years();
  const sources = sourcesOf(r);
  await expect(buildReport(sources, asked(r, 'nowhere', '2026-10'))).rejects.toThrow(
    'node: there is no "nowhere"',
  );
  await expect(buildReport(sources, asked(r, 'house', '2026-13'))).rejects.toThrow(
    /^month: "2026-13" is none/,
  );
  await expect(buildReport(sources, asked(r, 'house', '2026-12'))).rejects.toThrow(
    'month: 2026-12 has not begun',
  );
});
