import { describe, expect, test } from 'vitest';
import type { BookChange, BookFields } from '../../server/domain/book.ts';
import { checksOf } from '../../server/reporting/checks/checks.ts';
import { type Monthly, monthlyRig, sourcesOf } from './monthly-rig.ts';

const found = async (used: Record<string, Monthly>, node = 'gov', month = '2026-10') =>
  checksOf(sourcesOf(await monthlyRig(used)), node, month);
const of = (checks: Awaited<ReturnType<typeof found>>, kind: string) => checks.filter((c) => c.kind === kind);

describe('what is consumed', () => {
  test('nothing jumps, nothing is missing: nothing is asked', async () => {
    expect(await found({}, 'tax')).toEqual([]);
  });

  test('a jump against last year beyond the limit, with both figures and where to look', async () => {
    // 25 % more than in October 2025
    const checks = await found({ 'gov-water': (m) => (m === '2026-10' ? 625 : 500) });
    expect(of(checks, 'change_last_year')).toEqual([
      {
        id: 'change_last_year:water',
        kind: 'change_last_year',
        severity: 'must',
        what: { carrier: 'water', id: null, name: null, before: 500, against: '2025-10' },
        link: { view: 'building', params: { node: 'gov', carrier: 'water', period: '2026-10' } },
        figure: { value: 625, unit: 'm³', share: 625 / 500 - 1, low: -0.2, high: 0.2 },
      },
    ]);
  });

  test('exactly the limit is no jump, and the limit of a node counts before that of the estate', async () => {
    const r = await monthlyRig({ 'gov-water': (m) => (m === '2026-10' ? 600 : 500) });
    expect(of(await checksOf(sourcesOf(r), 'gov', '2026-10'), 'change_last_year')).toEqual([]);
    const source = { text: 'test', confidence: 'unconfirmed' };
    const body = { name: 'change_last_year', node: 'city', value: 0.1, source };
    r.catalogue.putPolicy('limit', 'change_last_year:city', body, 'test', 'test');
    expect(of(await checksOf(sourcesOf(r), 'gov', '2026-10'), 'change_last_year')).toHaveLength(1);
  });

  test('a jump against the base year of a target', async () => {
    // 18 % less a year is within the limit, 1 − 0.82² = 32.8 % in two years is not.
    const r = await monthlyRig({
      'gov-water': (m) => ({ '2024': 1000, '2025': 820, '2026': 672.4 })[m.slice(0, 4)] ?? 0,
    });
    const target = {
      node: 'gov',
      indicator: 'water',
      base_year: 2024,
      end_year: 2026,
      path: { kind: 'linear', reduction: 0.05 },
    };
    r.catalogue.putPolicy('target', 'gov-water', target, 'test', 'test');
    const checks = await checksOf(sourcesOf(r), 'gov', '2026-10');
    expect(of(checks, 'change_last_year')).toEqual([]);
    const [jump] = of(checks, 'change_base').filter((c) => c.what.carrier === 'water');
    expect(jump?.what).toMatchObject({ before: 1000, against: '2024-10' });
    expect(jump?.figure.share).toBeCloseTo(672.4 / 1000 - 1, 12);
  });

  test('a carrier that was used and is not known any more is missing, not zero', async () => {
    const checks = await found({ 'gov-gas': (m) => (m >= '2026-10' ? null : 1000) });
    expect(of(checks, 'missing_carrier')).toMatchObject([
      {
        id: 'missing_carrier:gas',
        severity: 'must',
        what: { carrier: 'gas', before: 1000, against: '2025-10' },
        figure: { value: null },
      },
    ]);
    expect(of(checks, 'change_last_year')).toEqual([]);
  });

  test('a month that still runs is compared with the same days, and its gaps are told', async () => {
    const checks = await found({}, 'gov', '2026-11');
    // Nothing was read since 1 November.
    expect(of(checks, 'missing_carrier').map((c) => c.what.carrier)).toEqual(['electricity', 'water', 'gas']);
  });
});

test('people who are a fifth fewer are asked for; the area, unchanged, is not', async () => {
  const checks = await found({});
  expect(of(checks, 'people_changed')).toMatchObject([
    {
      id: 'people_changed',
      what: { id: 'people', before: 300, against: '2025-10' },
      figure: { value: 240, unit: 'p', share: 240 / 300 - 1, low: -0.1, high: 0.1 },
    },
  ]);
  expect(of(checks, 'area_changed')).toEqual([]);
  // In September there still were 300.
  expect(of(await found({}, 'gov', '2026-09'), 'people_changed')).toEqual([]);
});

test('intensity above the constraint value holds filing up, below the leading value is shown', async () => {
  // 市级 A: regular electricity 72.6 / 22.7 kWh/m²; 12 × 60,000 / 10,000 = 72, 12 × 62,000 / 10,000 = 74.4
  const high = of(await found({ 'gov-el': () => 62_000 }), 'intensity');
  const electric = high.find((c) => c.what.against === 'regular_electricity_per_m2');
  expect(electric).toMatchObject({ severity: 'must', figure: { high: 72.6, low: 22.7, unit: 'kWh/(m²·a)' } });
  expect(electric?.figure.value).toBeCloseTo((12 * 62_000) / 10_000, 9);
  const well = of(await found({}), 'intensity').map((c) => c.what.against);
  expect(well).not.toContain('regular_electricity_per_m2');
  // 12 × 10,000 / 5,000 = 24 lies between; with 9,000 it is 21.6, below.
  const low = of(await found({ 'tax-el': () => 9000 }, 'tax'), 'intensity');
  expect(low.find((c) => c.what.against === 'regular_electricity_per_m2')).toMatchObject({
    severity: 'should',
  });
});

test('sub-meters above their main, beyond what meters may differ', async () => {
  // 30,000 + 32,000 = 62,000 against 60,000: 3.3 %
  const checks = await found({ 'gov-b': (m) => (m === '2026-10' ? 32_000 : 20_000) });
  expect(of(checks, 'submeters_above_main')).toMatchObject([
    {
      id: 'submeters_above_main:gov-el',
      what: { id: 'gov-el', before: 60_000 },
      figure: { value: 62_000, share: 2000 / 60_000, high: 0.02 },
    },
  ]);
  // 61,000: 1.7 %
  const near = await found({ 'gov-b': (m) => (m === '2026-10' ? 31_000 : 20_000) });
  expect(of(near, 'submeters_above_main')).toEqual([]);
});

test('a suspected exchange waits for a person, in the month in which the register fell', async () => {
  const r = await monthlyRig();
  // Of a single fall nobody knows whether it is a false zero; a register that goes on from there is another one.
  await r.feed(
    [10, 11, 12, 13, 14, 15, 16].map((day) => ['tax-el', `2026-11-${day}T00:00:00+08:00`, 7 + day]),
  );
  const checks = await checksOf(sourcesOf(r), 'tax', '2026-11');
  const [suspect] = of(checks, 'suspected_exchange');
  expect(suspect).toMatchObject({
    severity: 'must',
    what: { id: 'tax-el', against: '2026-11-10' },
    link: { view: 'meter', params: { meter: 'tax-el', node: 'tax', period: '2026-11' } },
  });
  expect(of(await checksOf(sourcesOf(r), 'tax', '2026-10'), 'suspected_exchange')).toEqual([]);
});

describe('what is booked', () => {
  const bill = (month: string, quantity: number, cost: number): BookChange => ({
    key: { node: 'gov', carrier: 'gasoline', account: null, vehicle: null, month },
    fields: {
      quantity,
      unit: 'L',
      cost,
      period: null,
      meterNumber: null,
      collectedBy: null,
      collectedOn: null,
      note: null,
    },
  });
  const source = { text: 'test', confidence: 'unconfirmed' };

  test('a unit price is held against the months before, and against a reference where there is one', async () => {
    const r = await monthlyRig();
    // 8 yuan a litre in August and September, 10 in October: 25 % more than the mean.
    const changes = [bill('2026-08', 100, 800), bill('2026-09', 300, 2400), bill('2026-10', 100, 1000)];
    r.catalogue.changeBook(changes, '张三', 'test');
    const price = async () => of(await checksOf(sourcesOf(r), 'gov', '2026-10'), 'unit_price');
    expect(await price()).toEqual([
      {
        id: 'unit_price:gasoline',
        kind: 'unit_price',
        severity: 'must',
        what: { carrier: 'gasoline', id: null, name: null, before: 3200 / 400, against: null },
        link: { view: 'book', params: { node: 'gov', period: '2026-10' } },
        figure: { value: 1000 / 100, unit: '元/L', share: 10 / 8 - 1, low: -0.2, high: 0.2 },
      },
    ]);
    const reference = { carrier: 'gasoline', region: '370000', unit: 'L', low: 7, high: 11, source };
    r.catalogue.putPolicy('price', 'petrol', reference, 'test', 'test');
    expect(await price()).toEqual([]);
    // That of the city counts before that of the province.
    r.catalogue.putPolicy('price', 'city', { ...reference, region: '370600', high: 9 }, 'test', 'test');
    expect(await price()).toMatchObject([{ what: { before: null }, figure: { value: 10, low: 7, high: 9 } }]);
  });

  test('a fuel that was booked last month and is not in this one is missing', async () => {
    const r = await monthlyRig();
    r.catalogue.changeBook([bill('2026-09', 300, 2400)], '张三', 'test');
    const missing = of(await checksOf(sourcesOf(r), 'gov', '2026-10'), 'missing_carrier');
    expect(missing).toMatchObject([{ what: { carrier: 'gasoline', before: 300, against: '2026-09' } }]);
  });

  test('a bill that differs from the meters is open until somebody explains it', async () => {
    const r = await monthlyRig();
    const account = {
      node: 'tax',
      carrier: 'electricity',
      name: '供电户号',
      number: '3201',
      meters: ['tax-el'],
    };
    r.catalogue.putPolicy('billing_account', 'tax-grid', account, 'test', 'test');
    const key = {
      node: 'tax',
      carrier: 'electricity' as const,
      account: 'tax-grid',
      vehicle: null,
      month: '2026-10',
    };
    const period = { from: '2026-10-01', to: '2026-10-31' };
    const fields = { ...(bill('', 0, 0).fields as BookFields), unit: 'kWh', period, cost: null };
    r.catalogue.changeBook([{ key, fields: { ...fields, quantity: 12_500 } }], '张三', 'test');
    const bills = async () => of(await checksOf(sourcesOf(r), 'tax', '2026-10'), 'bill_difference');
    // 10,000 kWh were metered: 2,500 less than billed.
    expect(await bills()).toMatchObject([
      {
        id: 'bill_difference:tax-grid',
        what: { before: 10_000, name: '供电户号' },
        figure: { value: 12_500, share: -2500 / 12_500, high: 0.03 },
      },
    ]);
    r.catalogue.explainBill(key, '含上月补收', '张三');
    expect(await bills()).toEqual([]);
  });
});

test('what is no month, or has not begun, is refused', async () => {
  const sources = sourcesOf(await monthlyRig());
  for (const month of ['2026-13', '2026', '2027-01']) {
    await expect(checksOf(sources, 'gov', month)).rejects.toThrow(RangeError);
  }
});
