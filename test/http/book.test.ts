import { describe, expect, test } from 'vitest';
import {
  AttachmentShape,
  BookBills,
  BookHistory,
  BookMonths,
  BookSaved,
} from '../../server/http/schemas/book.ts';
import { bill, enter, furnished, month, send } from './book-house.ts';
import type { Rig } from './rig.ts';

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
