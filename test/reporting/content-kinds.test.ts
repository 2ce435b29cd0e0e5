import { describe, expect, test } from 'vitest';
import type { Check } from '../../server/reporting/checks/check.ts';
import {
  REPORT_KINDS,
  REPORT_LANGUAGES,
  type Report,
  type Row,
  type Table,
} from '../../server/reporting/model.ts';
import { buildReport } from '../../server/reporting/report.ts';
import { years } from '../conservation/furnished-years.ts';
import { furnished } from '../http/furnished.ts';
import { put, quotaRig } from '../http/quota-estate.ts';
import { demoDecember } from './demo-december.ts';
import { rowOf, rowsOf, sectionOf, sourcesOf, tableOf, textOf } from './sources.ts';

/** What must hold of any report, whatever it tells. */
function expectSound(report: Report): void {
  const place = `${report.kind} ${report.language} ${report.node.id} ${report.month}`;
  const blocks = report.sections.flatMap((s) => s.blocks);
  const ids = [
    ...report.sections.map((s) => `section ${s.id}`),
    ...blocks.flatMap((b) => (b.kind === 'table' || b.kind === 'chart' ? [`${b.kind} ${b.id}`] : [])),
  ];
  expect(new Set(ids).size, place).toBe(ids.length);
  for (const section of report.sections)
    expect(section.blocks.length, `${place} ${section.id}`).toBeGreaterThan(0);
  for (const block of blocks) {
    if (block.kind === 'table') expectTable(block, place);
    else if (block.kind === 'chart') {
      for (const { values } of block.series) expect(values.length, place).toBe(block.categories.length);
      expect(block.description, place).not.toBe('');
    }
  }
  const text = JSON.stringify(report, (_, v: unknown) => (v === undefined ? 'undefined' : v));
  expect(text, place).not.toMatch(/undefined|NaN|Infinity|\[object/);
  for (const said of report.sections.flatMap(textOf)) {
    expect(said, place).not.toMatch(/[，。；：、]{2}|[，。；：、] |[,;]{2}| {2}|^[，。；：、,;.]/);
    expect(said, place).not.toBe('');
    if (report.language === 'zh') expect(said, place).not.toMatch(/[一-鿿][,;:]|[,;:][一-鿿]/);
    else expect(said, place).not.toMatch(/[，。；：、（）]/);
  }
}

function expectTable(table: Table, place: string): void {
  const where = `${place} ${table.id}`;
  const keys = table.columns.map((c) => c.key);
  const plain = table.rows.filter((r) => r.kind === 'row');
  for (const row of table.rows) {
    expect(Object.keys(row.cells).sort(), where).toEqual(
      [...new Set([...keys, ...Object.keys(row.cells)])].sort(),
    );
    for (const column of table.columns) {
      const cell = row.cells[column.key];
      if (!cell) throw new Error(`${where}: no cell ${column.key}`);
      if (cell.value === null) expect(cell.lack, `${where} ${column.key}`).toBeTruthy();
      else
        expect(typeof cell.value, `${where} ${column.key}`).toBe(
          column.format.type === 'text' ? 'string' : 'number',
        );
      expectFormula(row, column.formula, cell.value, where);
    }
    for (const key of row.sums ?? []) {
      const sum = plain.reduce((s, r) => s + Number(r.cells[key]?.value ?? 0), 0);
      expect(Number(row.cells[key]?.value), `${where} Σ ${key}`).toBeCloseTo(sum, 6);
    }
  }
  const marks = table.rows.flatMap((r) => Object.values(r.cells).flatMap((c) => c.mark ?? []));
  for (const mark of new Set(marks)) {
    expect(
      table.notes.some((n) => n.startsWith(mark)),
      `${where}: ${mark} is not explained`,
    ).toBe(true);
  }
}

/** A derived cell is what its formula makes of the others, wherever all of them are numbers. */
function expectFormula(
  row: Row,
  formula: Table['columns'][number]['formula'],
  value: number | string | null,
  where: string,
): void {
  if (!formula || typeof value !== 'number') return;
  const [a, b] = formula.of.map((key) => row.cells[key]?.value);
  if (typeof a !== 'number' || typeof b !== 'number') return;
  const told = { ratio: a / b, change: a / b - 1, difference: a - b, product: a * b, sum: a + b }[formula.op];
  expect(value, where).toBeCloseTo(told, 9);
}

describe('any report is whole and consistent', () => {
  const kinds = REPORT_KINDS.flatMap((kind) => REPORT_LANGUAGES.map((language) => ({ kind, language })));

  test('demo estate, December and a month that runs', async () => {
    const r = await demoDecember();
    const sources = sourcesOf(r);
    for (const now of ['2026-12-17T09:30:00+08:00', '2027-01-06T10:00:00+08:00']) {
      r.clock(now);
      for (const node of ['anlan', 'centre', 'gov', 'gov-office', 'square']) {
        for (const of of kinds) {
          expectSound(await buildReport(sources, { ...of, node, month: '2026-12', now: r.deps.now() }));
        }
      }
    }
  });

  test('estates with little, with nothing, and with what no scheme knows', async () => {
    for (const make of [years, furnished, () => quotaRig(2025)]) {
      const r = await make();
      const sources = sourcesOf(r);
      for (const { id } of sources.estate.nodes) {
        for (const of of kinds) {
          for (const month of ['2026-11', '2025-12', '2020-02']) {
            expectSound(await buildReport(sources, { ...of, node: id, month, now: r.deps.now() }));
          }
        }
      }
    }
  });
});

test('both languages tell the same figures', async () => {
  const r = await quotaRig(2024);
  const sources = sourcesOf(r);
  const of = { kind: 'monthly', node: 'city', month: '2025-12', now: r.deps.now() } as const;
  const numbers = async (language: 'zh' | 'en') => {
    const report = await buildReport(sources, { ...of, language });
    return report.sections
      .flatMap((s) => s.blocks)
      .flatMap((b) => (b.kind === 'table' ? b.rows : []))
      .map((row) =>
        Object.entries(row.cells).flatMap(([key, c]) =>
          typeof c.value === 'number' ? [[key, c.value]] : [],
        ),
      );
  };
  expect(await numbers('en')).toEqual(await numbers('zh'));
});

test('a bulletin ranks, names who is over and behind, who has not filed, and asks', async () => {
  const r = await quotaRig(2024, undefined, { 'gov-el': 1.1 });
  put(r, 'target', 'gov-2026', {
    node: 'gov',
    indicator: 'electricity',
    scheme: null,
    base_year: 2024,
    base: null,
    end_year: 2026,
    path: { kind: 'linear', reduction: 0.1 },
    from: null,
    split: null,
    note: null,
  });
  const report = await buildReport(sourcesOf(r), {
    kind: 'bulletin',
    node: 'city',
    month: '2025-12',
    language: 'zh',
    now: r.deps.now(),
    filings: [
      { node: 'gov', state: 'accepted', due: '2026-01-10', late: false },
      { node: 'tax', state: 'draft', due: '2026-01-10', late: true },
      { node: 'hospital', state: 'returned', due: null, late: false },
    ],
  });
  expect(report.title).toBe('关于示例市2025年12月公共机构能源资源消费情况的通报');
  const summary = textOf(sectionOf(report, 'summary')).join('');
  // 2025: 50,000 kWh × 12 × 1.1 = 660,000 against 600,000 × (1 − 0.1 × 1/2) = 570,000
  expect(summary).toContain('所属单位共有 1 项目标，0 项在目标曲线以内，1 项超过目标曲线');
  expect(summary).toContain('应报送 3 个机构，已报送 1 个，1 个逾期。');
  const standing = rowOf(tableOf(report, 'standings'), 'node', '市行政中心');
  expect(standing.budget?.value).toBeCloseTo(570_000, 6);
  expect(standing.actual).toEqual({ value: 660_000 });
  expect(standing.share?.value).toBeCloseTo(660 / 570 - 1, 12);
  expect(rowsOf(tableOf(report, 'institutions')).map((c) => [c.rank?.value, c.node?.value])).toEqual([
    [1, '市税务局'],
    [2, '市行政中心'],
    [null, '市医院'],
  ]);
  expect(
    rowsOf(tableOf(report, 'filings')).map((c) => [c.node?.value, c.state?.value, c.late?.value]),
  ).toEqual([
    ['市税务局', '未报送', '是'],
    ['市医院', '已退回', '否'],
  ]);
  const reminders = textOf(sectionOf(report, 'reminders'));
  expect(reminders).toContain('请市税务局、市医院尽快报送本月数据。');
  // 650 m³ × 12 ÷ 300 p = 26, above 25
  expect(reminders.some((t) => t.startsWith('市行政中心超过用能定额约束值'))).toBe(true);
  expect(reminders).toContain('市行政中心的用量超过目标曲线，请对照实施方案落实节能措施。');
});

test('a brief has five figures, three paragraphs, a table and a chart', async () => {
  const r = await years();
  const asked = {
    kind: 'brief',
    node: 'house',
    month: '2026-10',
    language: 'zh',
    now: r.deps.now(),
  } as const;
  const report = await buildReport(sourcesOf(r), asked);
  expect(textOf(sectionOf(report, 'figures'))).toEqual([
    '综合能耗 8.96 吨标准煤（同比上升 50.0 %）',
    '用电量 27,000 千瓦时（同比上升 50.0 %）',
    '用水量 150 立方米（同比上升 50.0 %）',
    '单位建筑面积能耗 1.79 千克标准煤/平方米（同比上升 50.0 %）',
    '碳排放量 27.0 吨二氧化碳（同比上升 50.0 %）',
  ]);
  expect(textOf(sectionOf(report, 'summary'))).toHaveLength(3);
  expect(sectionOf(report, 'consumption').blocks.map((b) => b.kind)).toEqual(['table', 'chart']);
});

test('checks with their explanations and the measures of the institution are in the report', async () => {
  const r = await years();
  const check: Check = {
    id: 'change_last_year:electricity',
    kind: 'change_last_year',
    severity: 'must',
    what: { carrier: 'electricity', id: null, name: null, before: 18_000, against: '2025-10' },
    link: { view: 'building', params: { node: 'house' } },
    figure: { value: 27_000, unit: 'kWh', share: 0.5, low: null, high: 0.2 },
  };
  const report = await buildReport(sourcesOf(r), {
    kind: 'monthly',
    node: 'house',
    month: '2026-10',
    language: 'zh',
    now: r.deps.now(),
    checks: [
      {
        check,
        explanation: { text: '新增机房设备。', by: '李四', at: Date.parse('2026-11-03T09:00:00+08:00') },
      },
      { check: { ...check, id: 'change_last_year:gas' }, explanation: null },
    ],
    measures: { taken: ['更换走廊照明'], next: ['检查管网'] },
    number: '节能月报〔2026〕10号',
    signed: ['王五', null, '李四'],
    filedOn: '2026-11-05',
  });
  const said = textOf(sectionOf(report, 'explanations'));
  expect(said[0]).toMatch(/上升 50 %.*新增机房设备（李四，2026年11月3日）。$/);
  expect(said[1]).toMatch(/尚未说明。$/);
  expect(textOf(sectionOf(report, 'measures'))).toEqual([
    '本月采取的措施：',
    '更换走廊照明',
    '下月计划：',
    '检查管网',
  ]);
  expect(report).toMatchObject({
    number: '节能月报〔2026〕10号',
    signature: {
      people: [
        { role: '单位负责人', name: '王五' },
        { role: '统计负责人', name: null },
        { role: '填表人', name: '李四' },
      ],
      date: '2026年11月5日',
    },
  });
});
