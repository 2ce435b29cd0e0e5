import { Workbook } from '@cj-tech-master/excelts';
import { expect, test } from 'vitest';
import { BookImport } from '../../server/http/schemas/book.ts';
import { bill, enter, furnished } from './book-house.ts';
import type { Rig } from './rig.ts';

/** The book as a workbook: its template, what people write into it, and what is refused. */
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const template = async (r: Rig, query = 'node=gov&from=2026-02&to=2026-03'): Promise<Workbook> => {
  const response = await r.app.request(`/api/v1/book/template?${query}`);
  expect(response.status).toBe(200);
  const workbook = new Workbook();
  await workbook.xlsx.load(await response.arrayBuffer());
  return workbook;
};
const send = async (r: Rig, workbook: Workbook, preview = false, node = 'gov') => {
  const response = await r.app.request(
    `/api/v1/book/import?node=${node}&recorded_by=z&name=a.xlsx&preview=${preview}`,
    {
      method: 'POST',
      headers: { 'content-type': XLSX },
      body: new Uint8Array(await workbook.xlsx.writeBuffer()),
    },
  );
  const body = (await response.json()) as unknown;
  expect(response.status, JSON.stringify(body)).toBe(200);
  return BookImport.parse(body);
};
/** Columns: A node, C month, D carrier, E account, F unit, G quantity, H cost, I from, J to, M collected on. */
const LPG = ['gov', '', '2026-03', '液化石油气', '', 'kg', 80, 560];

test('the template has a line for each account, vehicle and meter, and an import of it is nothing new', async () => {
  const r = await furnished();
  await enter(r, [
    bill(),
    {
      node: 'house',
      carrier: 'lpg',
      month: '2026-02',
      quantity: 0.1,
      unit: 't',
      cost: 1 / 3,
      note: '=1+1',
    },
    {
      node: 'house',
      carrier: 'gasoline',
      vehicle: 'car-1',
      month: '2026-03',
      quantity: 60,
      unit: 'L',
      collected_on: '2026-03-31',
    },
  ]);
  const workbook = await template(r);
  const sheet = workbook.getWorksheet('台账');
  const rows = Array.from({ length: 8 }, (_, i) => [3, 4, 5].map((c) => sheet?.getCell(4 + i, c).value));
  expect(rows).toEqual([
    ['2026-02', '电力', '0512 8800'],
    ['2026-02', '光伏', null],
    ['2026-02', '水', null],
    ['2026-02', '天然气', null],
    ['2026-02', '热力', null],
    ['2026-02', '汽油', '苏A·12345'],
    ['2026-02', '液化石油气', null],
    ['2026-03', '电力', '0512 8800'],
  ]);
  const before = r.catalogue.snapshot().book;
  const result = await send(r, workbook);
  expect(result).toMatchObject({ rows: 3, saved: 0, unchanged: 3, faults: [] });
  expect(r.catalogue.snapshot().book).toBe(before);
  expect((await send(r, await template(r, 'node=gov&from=2026-02&to=2026-03&language=en'))).unchanged).toBe(
    3,
  );
});

test('dates, serials, full-width digits, formulas and units as people write them are understood', async () => {
  const r = await furnished();
  const workbook = await template(r);
  const sheet = workbook.getWorksheet('台账');
  if (!sheet) throw new Error('no sheet');
  const set = (row: number, values: unknown[]): void => {
    values.forEach((value, c) => {
      sheet.getCell(row, c + 1).value = value as string;
    });
  };
  // 46113 is 2026-04-01.
  set(10, [
    'house',
    '',
    new Date('2026-01-01T00:00:00Z'),
    '液化气',
    '',
    '公斤',
    '１，２００',
    { formula: '1+1', result: 2 },
  ]);
  set(11, ['house', '', '2026年2月', 'lpg', '', '吨', '1,200.5', '3']);
  set(12, ['house', '', 202603, '电', '05128800', '度', 100, 1, 46082, '2026/3/31', '', '王五', 20260331]);
  sheet.getCell(12, 9).value = 46082;
  const result = await send(r, workbook, true);
  expect(result.faults).toEqual([]);
  expect(result.entries.map((e) => [e.month, e.carrier, e.account, e.unit, e.quantity, e.cost])).toEqual([
    ['2026-01', 'lpg', null, 'kg', 1_200, 2],
    ['2026-02', 'lpg', null, 't', 1_200.5, 3],
    ['2026-03', 'electricity', 'house-el', 'kWh', 100, 1],
  ]);
  expect(r.catalogue.snapshot().book.of('house')).toEqual([]);
  expect((await send(r, workbook)).saved).toBe(3);
  expect(r.catalogue.snapshot().book.of('house', '2026-03')).toMatchObject([
    {
      period: { from: '2026-03-01', to: '2026-03-31' },
      collectedBy: '王五',
      collectedOn: '2026-03-31',
      source: 'a.xlsx',
    },
  ]);
});

test('each row is refused with its cell, and nothing of the file is entered', async () => {
  const r = await furnished();
  const workbook = await template(r);
  const sheet = workbook.getWorksheet('台账');
  if (!sheet) throw new Error('no sheet');
  const set = (row: number, values: unknown[]): void => {
    values.forEach((value, c) => {
      sheet.getCell(row, c + 1).value = value as string;
    });
  };
  const first = 20;
  const changed = (at: number, value: unknown): unknown[] => LPG.with(at, value as string);
  set(first, LPG);
  set(first + 1, changed(5, '立方').with(2, '2026-02'));
  set(first + 2, LPG);
  set(first + 3, changed(6, '一百').with(2, '2026-01'));
  set(first + 4, ['house', '', '2026-03', '电力', '', 'kWh', 1, 1]);
  set(first + 5, ['house', '', '2026-03', '电力', '999', 'kWh', 1, 1]);
  set(first + 6, changed(6, -5).with(2, '2025-12'));
  set(first + 7, changed(2, '三月'));
  set(first + 8, changed(3, '核能'));
  set(first + 9, changed(0, 'school'));
  set(first + 10, changed(6, { formula: '1/0', result: { error: '#DIV/0!' } }).with(2, '2025-11'));
  set(first + 11, changed(2, '2025-10'));
  sheet.mergeCells(first + 11, 7, first + 11, 8);
  set(first + 12, ['house', '', '2026-02', '电力', '0512 8800', 'kWh', 1, 1, '2026-02-30', '2026-02-28']);
  const { faults, saved, rows } = await send(r, workbook);
  expect(faults.map((f) => [f.cell, f.code])).toEqual([
    ['F21', 'wrong_unit'],
    ['C22', 'duplicate'],
    ['G23', 'not_a_number'],
    ['E24', 'no_account'],
    ['E25', 'unknown_account'],
    ['G26', 'negative'],
    ['C27', 'bad_month'],
    ['D28', 'unknown_carrier'],
    ['A29', 'unknown_node'],
    ['G30', 'unreadable'],
    ['G31', 'merged'],
    ['H31', 'merged'],
    ['I32', 'bad_date'],
  ]);
  expect(faults[1]?.message).toBe('2026-03 stands in row 20 already');
  expect({ saved, rows }).toEqual({ saved: 0, rows: 13 });
  expect(r.catalogue.snapshot().book.nodes()).toEqual([]);
});

test('what is no workbook of the book is refused as a whole', async () => {
  const r = await furnished();
  const post = async (body: Uint8Array<ArrayBuffer>) =>
    (
      await r.app.request('/api/v1/book/import?node=gov&recorded_by=z', {
        method: 'POST',
        headers: { 'content-type': XLSX },
        body,
      })
    ).status;
  expect(await post(new TextEncoder().encode('month,quantity\n2026-03,1'))).toBe(422);
  const other = new Workbook();
  other.addWorksheet('x').getCell(1, 1).value = '月份';
  expect(await post(new Uint8Array(await other.xlsx.writeBuffer()))).toBe(422);
  expect(await post(new Uint8Array(4 * 2 ** 20 + 1))).toBe(413);
});
