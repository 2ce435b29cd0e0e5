import { expect, test } from 'vitest';
import type { BookCarrier, BookChange } from '../../server/domain/book.ts';
import { buildReport } from '../../server/reporting/report.ts';
import { years } from '../conservation/furnished-years.ts';
import { rowOf, sectionOf, sourcesOf, tableOf, textOf } from './sources.ts';

function entry(
  carrier: BookCarrier,
  month: string,
  quantity: number | null,
  unit: string,
  cost: number,
): BookChange {
  const fields = { quantity, unit, cost, period: null, meterNumber: null, collectedBy: null };
  return {
    key: { node: 'house', carrier, account: null, vehicle: null, month },
    fields: { ...fields, collectedOn: null, note: null },
  };
}

test('what no meter counts comes from the book and says so, and so does what was paid', async () => {
  const r = await years();
  r.catalogue.changeBook(
    [
      entry('diesel', '2025-10', 400, 'L', 3000),
      entry('diesel', '2026-10', 500, 'L', 3900.5),
      entry('electricity', '2026-10', null, 'kWh', 18_900),
      entry('electricity', '2026-09', null, 'kWh', 18_000),
    ],
    '张三',
    'entered',
  );
  const asked = {
    kind: 'monthly',
    node: 'house',
    month: '2026-10',
    language: 'zh',
    now: r.deps.now(),
  } as const;
  const report = await buildReport(sourcesOf(r), asked);
  const [scope, , uses] = textOf(sectionOf(report, 'summary'));
  expect(scope).toContain('主楼在线计量电、光伏发电、燃气、水、热力、汽油，共 10 块表计，柴油由台账登记，');
  expect(uses).toContain('用柴油 500 升，同比上升 25.0 %');
  const diesel = rowOf(tableOf(report, 'consumption_month'), 'carrier', '柴油');
  expect(diesel).toMatchObject({ quantity: { value: 500 }, last_year: { value: 400 } });
  // 500 L × 0.85 kg/L × 1.4571 kgce/kg, of which the density is not confirmed
  expect(diesel.tce?.value).toBeCloseTo((500 * 0.85 * 1.4571) / 1000, 12);
  expect(diesel.tce?.mark).toBe('†');
  const provenance = tableOf(report, 'provenance');
  expect(rowOf(provenance, 'carrier', '柴油')).toMatchObject({
    measured: { value: null, lack: '未计量' },
    booked: { value: 500 },
  });
  expect(rowOf(provenance, 'carrier', '电')).toMatchObject({
    measured: { value: 27_000 },
    booked: { value: null, lack: '无' },
  });
  const costs = tableOf(report, 'costs');
  expect(rowOf(costs, 'carrier', '柴油')).toMatchObject({
    cost: { value: 3900.5 },
    price: { value: 3900.5 / 500 },
    last_year: { value: 3000 },
    change: { value: 3900.5 / 3000 - 1 },
    year: { value: 3900.5 },
  });
  // A bill without a quantity is of what the meters counted.
  expect(rowOf(costs, 'carrier', '电')).toMatchObject({
    cost: { value: 18_900 },
    price: { value: 18_900 / 27_000 },
    last_year: { value: null, lack: '未登记' },
    year: { value: 36_900 },
  });
  expect(rowOf(costs, 'carrier', '合计')).toMatchObject({
    cost: { value: 22_800.5 },
    last_year: { value: 3000 },
    // Of electricity there is no bill of a year ago.
    change: { value: null, lack: '不可比' },
    year: { value: 40_800.5 },
  });
});
