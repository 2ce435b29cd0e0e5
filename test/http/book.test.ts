import { Workbook } from '@cj-tech-master/excelts';
import { describe, expect, test } from 'vitest';
import {
  AttachmentShape,
  BookBills,
  BookHistory,
  BookImport,
  BookMonth,
  BookMonths,
  BookSaved,
} from '../../server/http/schemas/book.ts';
import { years } from '../conservation/furnished-years.ts';
import type { Rig } from './rig.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

async function send(r: Rig, method: string, path: string, body: unknown) {
  const response = await r.app.request(`/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

const enter = (r: Rig, entries: object[], query = '') =>
  send(r, 'PUT', `/book/entries${query}`, { entries, recorded_by: '张三' });

async function month(r: Rig, node: string, of: string): Promise<BookMonth> {
  const { status, body } = await r.get(`/api/v1/book?node=${node}&month=${of}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return BookMonth.parse(body);
}

/** The house with an electricity account, a canteen on LPG and a car; all that meters count is known. */
async function furnished(): Promise<Rig> {
  const r = await years('2026-11', ['grid', 'fed-back', 'tap']);
  r.catalogue.putPolicy(
    'billing_account',
    'house-el',
    {
      node: 'house',
      carrier: 'electricity',
      name: '主楼',
      number: '0512 8800',
      meters: ['grid'],
      reading_day: 15,
    },
    'test',
    'test',
  );
  r.catalogue.putPolicy(
    'vehicle',
    'car-1',
    { node: 'house', plate: '苏A·12345', fuel: 'gasoline' },
    'test',
    'test',
  );
  return r;
}

const bill = (more: object = {}): object => ({
  node: 'house',
  carrier: 'electricity',
  account: 'house-el',
  month: '2026-03',
  quantity: 30_000,
  unit: 'kWh',
  cost: 18_000.5,
  period: { from: '2026-03-01', to: '2026-03-31' },
  ...more,
});

describe('the month', () => {
  test('metered carriers come from the rollups, others from entries; cost, price and 同比 beside them', async () => {
    const r = await furnished();
    const saved = await enter(r, [
      bill(),
      { node: 'house', carrier: 'lpg', month: '2026-03', quantity: 120, unit: 'kg', cost: 840 },
      { node: 'house', carrier: 'lpg', month: '2025-03', quantity: 0.1, unit: 't', cost: 700 },
      {
        node: 'house',
        carrier: 'gasoline',
        vehicle: 'car-1',
        month: '2026-03',
        quantity: 60,
        unit: 'L',
        cost: 450,
      },
    ]);
    expect(saved).toEqual({ status: 200, body: { saved: 4, faults: [] } });
    const book = await month(r, 'house', '2026-03');
    const row = Object.fromEntries(book.rows.map((of) => [of.carrier, of]));
    // 2026: 3 × (10,000 − 1,000) kWh a month; 2025: 2 ×. The bill is of 30,000 kWh.
    expect(row.electricity).toMatchObject({
      quantity: 27_000,
      booked: null,
      origin: 'metered',
      cost: 18_000.5,
    });
    expect(row.electricity?.price).toBeCloseTo(18_000.5 / 30_000, 12);
    expect(row.electricity?.last_year?.quantity).toBe(18_000);
    expect(row.electricity?.change).toBeCloseTo(0.5, 12);
    expect(row.lpg).toMatchObject({ quantity: 120, booked: 120, unit: 'kg', origin: 'booked', cost: 840 });
    // 840 yuan ÷ 120 kg; last year 0.1 t = 100 kg, 700 ÷ 100.
    expect(row.lpg).toMatchObject({ price: 7, last_year: { quantity: 100, price: 7, cost: 700 } });
    expect(row.lpg?.change).toBeCloseTo(120 / 100 - 1, 12);
    expect(row.gasoline?.lines).toMatchObject([
      { vehicle_of: { plate: '苏A·12345' }, entry: { quantity: 60 } },
    ]);
    expect(row.water).toMatchObject({ quantity: 150, cost: null, price: null });
    // 18,000.50 + 840 + 450.
    expect(book.cost).toBe(19_290.5);
    // The institution and the city have the same book, as it stands below them.
    expect((await month(r, 'city', '2026-03')).cost).toBe(19_290.5);
    const { body } = await r.get('/api/v1/book/months?node=gov&from=2026-02&to=2026-03');
    const { months } = BookMonths.parse(body);
    expect(months.map((m) => m.totals.find((t) => t.carrier === 'electricity')?.quantity)).toEqual([
      27_000, 27_000,
    ]);
    expect(months[1]?.totals.find((t) => t.carrier === 'lpg')).toMatchObject({ quantity: 120, cost: 840 });
  });

  test('a change is a record, the newest is in force, a deletion is one too', async () => {
    const r = await furnished();
    const key = { node: 'house', carrier: 'lpg', month: '2026-03' };
    await enter(r, [{ ...key, quantity: 120, unit: 'kg', note: '第一次' }]);
    expect((await enter(r, [{ ...key, quantity: 120, unit: 'kg', note: '第一次' }])).body).toMatchObject({
      saved: 0,
    });
    await enter(r, [{ ...key, quantity: 130, unit: 'kg' }]);
    await enter(r, [{ ...key, delete: true }]);
    const { body } = await r.get('/api/v1/book/history?node=house&carrier=lpg&month=2026-03');
    expect(
      BookHistory.parse(body).records.map((h) => [h.deleted, h.quantity, h.note, h.recorded_by]),
    ).toEqual([
      [true, null, null, '张三'],
      [false, 130, null, '张三'],
      [false, 120, '第一次', '张三'],
    ]);
    const lpg = (await month(r, 'house', '2026-03')).rows.find((row) => row.carrier === 'lpg');
    expect(lpg).toBeUndefined();
  });

  test('every mistake is named with its place, and nothing is entered by halves', async () => {
    const r = await furnished();
    const wrong = [bill(), bill({ month: '2026-13x' })];
    expect((await enter(r, wrong)).status).toBe(400);
    const { status, body } = await enter(r, [
      bill(),
      { node: 'house', carrier: 'lpg', month: '2026-03', quantity: 1, unit: 'm³' },
      { node: 'house', carrier: 'lpg', month: '2026-12', quantity: 1, unit: 'kg' },
      { node: 'house', carrier: 'coal', month: '2026-03', quantity: -1, unit: 't' },
      { node: 'house', carrier: 'coal', month: '2026-04', unit: 't' },
      { node: 'nowhere', carrier: 'coal', month: '2026-04', quantity: 1, unit: 't' },
      { node: 'house', carrier: 'gasoline', vehicle: 'car-9', month: '2026-03', quantity: 1, unit: 'L' },
      bill({ month: '2026-04', account: 'other' }),
    ]);
    expect(status).toBe(422);
    expect(
      (body as { errors: { path: string; code: string }[] }).errors.map((e) => [e.path, e.code]),
    ).toEqual([
      ['entries[1].unit', 'wrong_unit'],
      ['entries[2].month', 'future_month'],
      ['entries[3].quantity', 'negative'],
      ['entries[4].quantity', 'no_amount'],
      ['entries[5].node', 'unknown_node'],
      ['entries[6].vehicle', 'unknown_vehicle'],
      ['entries[7].account', 'unknown_account'],
    ]);
    expect(r.catalogue.snapshot().book.of('house')).toEqual([]);
    const seen = await enter(r, [bill(), bill()], '?preview=true');
    expect(BookSaved.parse(seen.body)).toMatchObject({ saved: 0, faults: [{ index: 1, code: 'duplicate' }] });
    expect(r.catalogue.snapshot().book.of('house')).toEqual([]);
  });
});

describe('bills', () => {
  test('are held against exactly their days; a difference is open until somebody says why', async () => {
    const r = await furnished();
    await enter(r, [
      // March whole: 30,000 kWh metered.
      bill({ quantity: 30_000 }),
      // 30,000 kWh over April's 30 days are 1,000 a day: 10 April to 9 May is 21 days of 1,000 and 9 of 30,000 ÷ 31.
      bill({ month: '2026-05', quantity: 28_000, period: { from: '2026-04-10', to: '2026-05-09' } }),
    ]);
    const get = async () =>
      BookBills.parse((await r.get('/api/v1/book/bills?node=gov&from=2026-01&to=2026-06')).body).bills;
    const [may, march] = await get();
    expect(march).toMatchObject({
      billed: 30_000,
      metered: 30_000,
      difference: 0,
      share: 0,
      state: 'agrees',
    });
    const metered = 21 * 1_000 + (9 * 30_000) / 31;
    expect(may?.metered).toBeCloseTo(metered, 3);
    expect(may?.difference).toBeCloseTo(metered - 28_000, 3);
    expect(may?.share).toBeCloseTo((metered - 28_000) / 28_000, 6);
    expect(may).toMatchObject({ state: 'open', meters: ['grid'], completeness: 1 });
    const key = { node: 'house', carrier: 'electricity', account: 'house-el', month: '2026-05' };
    const said = await send(r, 'PUT', '/book/bills/explanation', {
      ...key,
      text: '含施工用电',
      recorded_by: '李四',
    });
    expect(said.status).toBe(200);
    expect((await get())[0]).toMatchObject({
      state: 'explained',
      entry: { explanation: { text: '含施工用电', by: '李四' } },
    });
    // Another bill in its place has to be explained anew.
    await enter(r, [
      bill({ month: '2026-05', quantity: 27_000, period: { from: '2026-04-10', to: '2026-05-09' } }),
    ]);
    expect((await get())[0]).toMatchObject({ state: 'open', entry: { explanation: null } });
    const overlap = await enter(r, [
      bill({ month: '2026-04', period: { from: '2026-03-20', to: '2026-04-09' } }),
    ]);
    expect(overlap.body).toMatchObject({
      errors: [{ path: 'entries[0].period_from', code: 'period_overlap' }],
    });
  });
});

describe('attachments', () => {
  const query = 'node=house&carrier=electricity&account=house-el&month=2026-03&recorded_by=z&name=a.png';
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
  const attach = (r: Rig, body: Uint8Array<ArrayBuffer>) =>
    r.app.request(`/api/v1/book/attachments?${query}`, { method: 'POST', body });

  test('are told by their content, come back as they were sent, and go', async () => {
    const r = await furnished();
    expect((await attach(r, png)).status).toBe(422);
    await enter(r, [bill()]);
    expect((await attach(r, new TextEncoder().encode('<svg onload="x">'))).status).toBe(422);
    expect((await attach(r, new Uint8Array(5 * 2 ** 20 + 1))).status).toBe(413);
    const made = AttachmentShape.parse(await (await attach(r, png)).json());
    expect(made).toMatchObject({ name: 'a.png', media_type: 'image/png', bytes: 11 });
    expect((await month(r, 'city', '2026-03')).attachments).toMatchObject([
      { no: made.no, sha256: made.sha256 },
    ]);
    const back = await r.app.request(`/api/v1/book/attachments/${made.no}`);
    expect(new Uint8Array(await back.arrayBuffer())).toEqual(png);
    expect(back.headers.get('content-security-policy')).toContain('sandbox');
    const gone = await r.app.request(`/api/v1/book/attachments/${made.no}?recorded_by=z`, {
      method: 'DELETE',
    });
    expect(gone.status).toBe(200);
    expect((await r.app.request(`/api/v1/book/attachments/${made.no}`)).status).toBe(404);
    for (let i = 0; i < 10; i++) expect((await attach(r, png)).status).toBe(200);
    expect((await attach(r, png)).status).toBe(422);
  });
});

describe('workbooks', () => {
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
});
