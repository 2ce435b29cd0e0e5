import { describe, expect, test } from 'vitest';
import type { BookChange, BookFields } from '../../server/domain/book.ts';
import { Consumption } from '../../server/http/schemas/consumption.ts';
import { Indicators } from '../../server/http/schemas/indicators.ts';
import type { Rig } from '../http/rig.ts';
import { years } from './furnished-years.ts';

const NOTHING: BookFields = {
  quantity: null,
  unit: 'L',
  cost: null,
  period: null,
  meterNumber: null,
  collectedBy: null,
  collectedOn: null,
  note: null,
};

function entry(
  node: string,
  carrier: BookChange['key']['carrier'],
  month: string,
  quantity: number,
  unit: string,
): BookChange {
  const key = { node, carrier, account: null, vehicle: null, month };
  return { key, fields: { ...NOTHING, quantity, unit } };
}

async function energy(r: Rig, query: string) {
  const { status, body } = await r.get(`/api/v1/indicators?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  const { nodes } = Indicators.parse(body);
  const of = nodes[0]?.indicators.find((i) => i.id === 'energy');
  if (!of) throw new Error('no energy');
  return of;
}

describe('what is booked where no meter stands', () => {
  test('counts as energy with its own term, at the node and above, and the rest stays as it was', async () => {
    const r = await years('2026-11', ['grid', 'boiler', 'canteen', 'tap']);
    const before = await energy(r, 'node=house&from=2025-01-01&to=2026-01-01');
    // 24 months' worth × 10,000 kWh and 24 × 300 m³; what feeds back and the roof are silent here.
    r.catalogue.changeBook(
      Array.from({ length: 12 }, (_, m) =>
        entry('house', 'diesel', `2025-${String(m + 1).padStart(2, '0')}`, 100, 'L'),
      ),
      '张三',
      'test',
    );
    const after = await energy(r, 'node=house&from=2025-01-01&to=2026-01-01');
    // 12 × 100 L × 0.85 kg/L × 1.4571 kgce/kg.
    expect(after.numerator.terms.find((t) => t.carrier === 'diesel')).toMatchObject({
      quantity: 1_200,
      unit: 'L',
      booked: 1_200,
      completeness: 1,
      converted: expect.closeTo(1_200 * 0.85 * 1.4571, 6),
    });
    expect((after.value ?? 0) - (before.value ?? 0)).toBeCloseTo(1_200 * 0.85 * 1.4571, 6);
    const above = await energy(r, 'node=city&from=2025-01-01&to=2026-01-01');
    expect(above.value).toBeCloseTo(after.value ?? 0, 6);
    const { body } = await r.get(
      '/api/v1/consumption?node=house&carrier=diesel&by=month&from=2025-01-01&to=2025-03-01',
    );
    expect(Consumption.parse(body).rows).toMatchObject([
      { id: 'house', quantity: 100, measured: 100, completeness: 1 },
      { id: 'house', quantity: 100, measured: 100, completeness: 1 },
    ]);
  });

  test('a part of a month has its share of the days; months add up to the millionth', async () => {
    const r = await years('2026-11', ['grid']);
    r.catalogue.changeBook([entry('house', 'lpg', '2025-02', 100.000001, 'kg')], '张三', 'test');
    const part = async (from: string, to: string): Promise<number> =>
      (await energy(r, `node=house&from=${from}&to=${to}`)).numerator.terms.find((t) => t.carrier === 'lpg')
        ?.quantity ?? 0;
    const first = await part('2025-02-01', '2025-02-08');
    const rest = await part('2025-02-08', '2025-03-01');
    // 7 of 28 days.
    expect(first).toBe(25);
    expect(Math.round((first + rest) * 1e6)).toBe(100_000_001);
  });

  test('is as complete as its months: a hole is missing, what comes after the last is not due yet', async () => {
    const r = await years('2026-11', ['grid']);
    r.catalogue.changeBook(
      [entry('house', 'diesel', '2025-01', 10, 'L'), entry('house', 'diesel', '2025-03', 10, 'L')],
      '张三',
      'test',
    );
    const diesel = async (from: string, to: string) =>
      (await energy(r, `node=house&from=${from}&to=${to}`)).numerator.terms.find(
        (t) => t.carrier === 'diesel',
      );
    // January and March of the 90 days of the quarter: 62.
    expect((await diesel('2025-01-01', '2025-04-01'))?.completeness).toBeCloseTo(62 / 90, 9);
    expect(await diesel('2025-04-01', '2025-05-01')).toMatchObject({ quantity: null, completeness: 1 });
    expect(await diesel('2024-12-01', '2025-01-01')).toMatchObject({ quantity: null, completeness: 0 });
  });

  test('is not added where a meter counts the carrier at the node or above it', async () => {
    const r = await years('2026-11', ['grid', 'boiler', 'canteen']);
    const before = await energy(r, 'node=city&from=2025-01-01&to=2026-01-01');
    r.catalogue.changeBook([entry('house', 'gas', '2025-05', 999, 'm³')], '张三', 'test');
    expect((await energy(r, 'node=city&from=2025-01-01&to=2026-01-01')).value).toBe(before.value);
    // At the institution above the building the meter below says what was used.
    r.catalogue.changeBook([entry('gov', 'gas', '2025-05', 999, 'm³')], '张三', 'test');
    expect((await energy(r, 'node=gov&from=2025-01-01&to=2026-01-01')).value).toBe(before.value);
    // Another institution has no meter: its gas is added to that of the city, 700 m³ × 1.33.
    r.catalogue.changeBook([entry('school', 'gas', '2025-05', 700, 'm³')], '张三', 'test');
    const after = await energy(r, 'node=city&from=2025-01-01&to=2026-01-01');
    expect((after.value ?? 0) - (before.value ?? 0)).toBeCloseTo(700 * 1.33, 6);
    expect(after.numerator.terms.find((t) => t.carrier === 'gas')).toMatchObject({
      quantity: 7_200 + 700,
      booked: 700,
    });
    // The ground of the figure says so too.
    const ground = await r.get('/api/v1/ground?node=city&carrier=gas&from=2025-05-01&to=2025-06-01');
    expect(ground.body).toMatchObject({ quantity: 600 + 700, booked: 700 });
    const metered = await r.get('/api/v1/ground?node=house&carrier=gas&from=2025-05-01&to=2025-06-01');
    expect(metered.body).toMatchObject({ quantity: 600, booked: null });
  });

  test('tonnes and megawatt-hours come out in the unit of the book', async () => {
    const r = await years('2026-11', []);
    r.catalogue.changeBook(
      [entry('school', 'electricity', '2025-05', 1.5, 'MWh'), entry('school', 'coal', '2025-05', 2, 't')],
      '张三',
      'test',
    );
    const { numerator } = await energy(r, 'node=school&from=2025-05-01&to=2025-06-01');
    expect(numerator.terms.map((t) => [t.carrier, t.quantity, t.unit])).toEqual([
      ['electricity', 1_500, 'kWh'],
      ['coal', 2_000, 'kg'],
    ]);
    // 1,500 kWh × 0.1229 + 2,000 kg × 0.7143.
    expect(numerator.quantity).toBeCloseTo(184.35 + 1_428.6, 6);
  });
});
