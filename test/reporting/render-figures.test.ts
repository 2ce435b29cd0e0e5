import { expect, test } from 'vitest';
import type { Column, Row, Table } from '../../server/reporting/model.ts';
import { cellText, figure } from '../../server/reporting/render/figures.ts';
import { formulaOf } from '../../server/reporting/render/formulas.ts';
import { layOut } from '../../server/reporting/render/layout.ts';
import { chineseNumeral, titleLines } from '../../server/reporting/render/words.ts';
import { numberFormat, sheetNames } from '../../server/reporting/render/workbook.ts';

const column = (key: string, more: Partial<Column> = {}): Column => ({
  key,
  head: key,
  unit: '',
  format: { type: 'number', digits: 1 },
  ...more,
});

test.each([
  [86420.25, { type: 'number', digits: 1 }, '86,420.3'],
  [1.005, { type: 'number', digits: 2 }, '1.01'],
  [2.675, { type: 'number', digits: 2 }, '2.68'],
  [-1234.5, { type: 'number', digits: 0 }, '−1,235'],
  [-0.04, { type: 'number', digits: 1 }, '0.0'],
  [0.1234, { type: 'share', digits: 1 }, '12.3 %'],
  [1, { type: 'share', digits: 0 }, '100 %'],
  [0.0423, { type: 'change', digits: 1 }, '+4.2 %'],
  [-0.0423, { type: 'change', digits: 1 }, '−4.2 %'],
  [-0.0001, { type: 'change', digits: 1 }, '0.0 %'],
  [12, { type: 'change', digits: 1 }, '+1,200.0 %'],
  [2026, { type: 'text' }, '2026'],
] as const)('%d as %o reads %s', (value, format, text) => {
  expect(figure(value, format)).toBe(text);
});

test('a cell shows its figure, its lack, a dash for what is not known, and nothing where nothing is said', () => {
  expect(cellText({ value: 0 }, column('a'))).toBe('0.0');
  expect(cellText({ value: null, lack: '无数据' }, column('a'))).toBe('无数据');
  expect(cellText({ value: null }, column('a'))).toBe('—');
  expect(cellText(undefined, column('a'))).toBe('');
  expect(cellText({ value: null }, column('a', { format: { type: 'text' } }))).toBe('');
});

const PLACES = { letters: (i: number) => 'ABCDEFGH'[i] as string, line: (i: number) => i + 5 };
const row = (cells: Record<string, number | null>, more: Partial<Row> = {}): Row => ({
  kind: 'row',
  cells: Object.fromEntries(Object.entries(cells).map(([key, value]) => [key, { value }])),
  ...more,
});
const tableOf = (columns: Column[], rows: Row[]): Table => ({
  kind: 'table',
  id: 't',
  caption: 't',
  columns,
  rows,
  notes: [],
});

test.each([
  ['ratio', 8, 'A5/B5'],
  ['change', 7, 'A5/B5-1'],
  ['difference', 28, 'A5-B5'],
  ['product', 128, 'A5*B5'],
  ['sum', 36, 'SUM(A5,B5)'],
] as const)('32 and 4 by %s are %d, as a live formula', (op, value, formula) => {
  const derived = column('c', { formula: { op, of: ['a', 'b'] } });
  const columns = [column('a'), column('b'), derived];
  const table = tableOf(columns, [row({ a: 32, b: 4, c: value })]);
  expect(formulaOf(table, 0, derived, PLACES)).toBe(formula);
  // A figure that does not follow from the others stays as the report has it.
  expect(
    formulaOf(tableOf(columns, [row({ a: 32, b: 4, c: value + 0.001 })]), 0, derived, PLACES),
  ).toBeNull();
  expect(formulaOf(tableOf(columns, [row({ a: 32, b: null, c: value })]), 0, derived, PLACES)).toBeNull();
});

test('a total is the live sum of the plain rows, across totals between them', () => {
  const a = column('a');
  const total = (value: number): Row => row({ a: value }, { kind: 'total', sums: ['a'] });
  const rows = [row({ a: 1 }), row({ a: 2 }), total(7), row({ a: 4 }), total(7)];
  expect(formulaOf(tableOf([a], rows), 4, a, PLACES)).toBe('SUM(A5:A6,A8:A8)');
  expect(formulaOf(tableOf([a], rows.with(4, total(8))), 4, a, PLACES)).toBeNull();
  expect(formulaOf(tableOf([a], rows), 0, a, PLACES)).toBeNull();
});

test('formats of numbers in the workbook', () => {
  expect(numberFormat({ type: 'number', digits: 2 })).toBe('#,##0.00');
  expect(numberFormat({ type: 'number', digits: 0 }, '*')).toBe('#,##0"*"');
  expect(numberFormat({ type: 'share', digits: 1 })).toBe('#,##0.0 %');
  expect(numberFormat({ type: 'change', digits: 1 })).toBe(
    '[>=0.0005]+#,##0.0 %;[<=-0.0005]-#,##0.0 %;0.0 %',
  );
});

test('sheets have names that a workbook takes, each once', () => {
  const long = '示例市人民政府机关事务管理局第二综合办公区后勤服务保障中心';
  expect(sheetNames(['表 1　用量/费用[元]', long + long, long + long, "a'b", ''])).toEqual([
    '表 1　用量 费用 元',
    (long + long).slice(0, 31),
    `${(long + long).slice(0, 27)} 2`,
    'a b',
    'Sheet',
  ]);
});

test('a wide table takes a page across, figures in it are never narrower than they are', () => {
  const months = Array.from({ length: 12 }, (_, i) => column(`m${i}`, { head: `${i + 1}月` }));
  const cells = Object.fromEntries(months.map(({ key }) => [key, 1_234_567.8]));
  const upright = layOut(tableOf(months.slice(0, 4), [row(cells)]));
  expect(upright).toMatchObject({ landscape: false, size: 10.5 });
  const across = layOut(tableOf(months, [row(cells)]));
  expect(across.landscape).toBe(true);
  // 297 mm less the margins of 37 and 35 mm
  expect(across.widths.reduce((a, b) => a + b, 0)).toBeCloseTo(((297 - 37 - 35) * 72) / 25.4, 6);
  // Nine characters of at least half an em.
  for (const width of across.widths) expect(width).toBeGreaterThan(9 * 0.5 * across.size);
});

test('numerals of headings, and where a title breaks', () => {
  expect([1, 9, 10, 11, 20, 23, 99].map(chineseNumeral)).toEqual([
    '一',
    '九',
    '十',
    '十一',
    '二十',
    '二十三',
    '九十九',
  ]);
  expect(titleLines('示例市行政中心2026年12月能源资源消费情况报告')).toEqual([
    '示例市行政中心2026年12月',
    '能源资源消费情况报告',
  ]);
  expect(titleLines('2026年12月节能简报')).toEqual(['2026年12月节能简报']);
});
