import { expect, test } from 'vitest';
import { buildReport } from '../../server/reporting/report.ts';
import { years } from '../conservation/furnished-years.ts';
import { rowOf, sectionOf, sourcesOf, tableOf, textOf } from './sources.ts';

const now = Date.parse('2026-11-18T12:00:00+08:00');
const house = { kind: 'monthly', node: 'house', month: '2026-10', language: 'zh', now } as const;

test('a month in sentences and tables', async () => {
  const report = await buildReport(sourcesOf(await years()), house);
  expect(report).toMatchObject({
    title: '主楼2026年10月能源资源消费月报',
    issuer: '机关',
    scheme: { id: 'national-statistics' },
    computedAt: now,
  });
  const [scope, energy, uses, per] = textOf(sectionOf(report, 'summary'));
  expect(scope).toContain('主楼在线计量电、光伏发电、燃气、水、热力、汽油，共 10 块表计');
  // 8.957556 tce: 27,000 + 9,000 kWh × 0.1229, 900 m³ × 1.33, 60 GJ × 34.12, 1,200 L × 0.73 kg × 1.4714
  expect(energy).toContain('本月综合能耗 8.96 吨标准煤，同比上升 50.0 %（增加 2.99 吨标准煤），环比持平；');
  expect(uses).toContain('用电 27,000 千瓦时，同比上升 50.0 %，环比持平；');
  expect(per).toContain('人均用水量 0.75 立方米/人，同比上升 50.0 %');
  const table = tableOf(report, 'consumption_month');
  // (10,000 − 1,000) kWh × 3
  expect(rowOf(table, 'carrier', '电')).toMatchObject({
    quantity: { value: 27_000 },
    last_year: { value: 18_000 },
    change_last_year: { value: 27 / 18 - 1 },
    tce: { value: (27_000 * 0.1229) / 1000 },
  });
  expect(rowOf(table, 'carrier', '水').tce).toEqual({ value: null, lack: '不计入' });
});
