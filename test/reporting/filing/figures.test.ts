import { expect, test } from 'vitest';
import { changedFigures } from '../../../server/reporting/filing/figures.ts';
import type { Cell, Chart, Report, Row, Table } from '../../../server/reporting/model.ts';
import { sampleReport } from '../sample.ts';

const row = (name: string, cells: Record<string, Cell['value']>, kind: Row['kind'] = 'row'): Row => ({
  kind,
  cells: {
    name: { value: name },
    ...Object.fromEntries(Object.entries(cells).map(([key, value]) => [key, { value }])),
  },
});

function report(rows: Row[], chart: (number | null)[] = [1, 2]): Report {
  const table: Table = {
    kind: 'table',
    id: 'use',
    caption: '消费量',
    columns: [
      { key: 'name', head: '品种', unit: '', format: { type: 'text' } },
      { key: 'now', head: '本期', unit: 'kWh', format: { type: 'number', digits: 0 } },
      { key: 'change', head: '同比', unit: '', format: { type: 'change', digits: 1 } },
    ],
    rows,
    notes: [],
  };
  const drawn: Chart = {
    kind: 'chart',
    id: 'months',
    caption: '逐月',
    form: 'bar',
    unit: 'tce',
    categories: ['1月', '2月'],
    series: [{ name: '本年', values: chart }],
    description: '',
  };
  return sampleReport({ sections: [{ id: 'consumption', heading: '消费', blocks: [table, drawn] }] });
}

const told = (before: Report, after: Report): unknown[] =>
  changedFigures(before, after).map((f) => [
    f.table.caption,
    f.row,
    f.column,
    f.unit,
    f.before,
    f.after,
    f.absent,
  ]);

test('every figure that differs is named by table, row and column, and no other', () => {
  const before = report([row('电', { now: 465, change: 0.1 }), row('水', { now: 7, change: null })]);
  const after = report([row('电', { now: 500, change: 0.1 }), row('水', { now: 7, change: -0.2 })]);
  expect(told(before, after)).toEqual([
    ['消费量', '电', '本期', 'kWh', 465, 500, null],
    ['消费量', '水', '同比', '', null, -0.2, null],
  ]);
  expect(told(before, before)).toEqual([]);
});

test('a row that moved in a ranking is still itself; one that came or went is said to', () => {
  const before = report([row('甲', { now: 1, change: 0 }), row('乙', { now: 2, change: 0 })]);
  const after = report([
    row('乙', { now: 2, change: 0 }),
    row('甲', { now: 3, change: 0 }),
    row('丙', { now: 4, change: 0 }),
  ]);
  expect(told(before, after)).toEqual([
    ['消费量', '甲', '本期', 'kWh', 1, 3, null],
    ['消费量', '丙', '本期', 'kWh', null, 4, 'before'],
    ['消费量', '丙', '同比', '', null, 0, 'before'],
  ]);
  expect(told(after, before).map((f) => (f as unknown[])[6])).toEqual([null, 'after', 'after']);
});

test('rows of one name are told apart by their order', () => {
  const rows = (second: number): Row[] => [
    row('其他', { now: 1, change: 0 }),
    row('其他', { now: second, change: 0 }),
  ];
  expect(told(report(rows(2)), report(rows(5)))).toEqual([['消费量', '其他', '本期', 'kWh', 2, 5, null]]);
});

test('points of a chart count as figures, and the last digit of a binary fraction does not', () => {
  const rows = [row('电', { now: 0.1 + 0.2, change: 0 })];
  expect(told(report(rows), report([row('电', { now: 0.3, change: 0 })]))).toEqual([]);
  expect(told(report(rows, [1, 2]), report(rows, [1, null]))).toEqual([
    ['逐月', '2月', '本年', 'tce', 2, null, null],
  ]);
});
