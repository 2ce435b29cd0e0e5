import { Workbook } from '@cj-tech-master/excelts';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FilledForm, FilledRow } from '../../server/reporting/forms/filled.ts';
import { formsOf } from '../../server/reporting/forms/forms.ts';
import { formsWorkbook } from '../../server/reporting/forms/workbook.ts';
import { years } from '../conservation/furnished-years.ts';
import { hasOffice, Office } from '../support/office.ts';
import { monthlyRig, sourcesOf } from './monthly-rig.ts';

const form = (forms: readonly FilledForm[], id: string): FilledForm => {
  const found = forms.find((f) => f.id === id);
  if (!found) throw new Error(`no form ${id}`);
  return found;
};
const line = ({ rows }: FilledForm, name: string): FilledRow['cells'] => {
  const found = rows.find((r) => String(r.cells.name?.value).endsWith(name));
  if (!found) throw new Error(`no line ${name}`);
  return found.cells;
};

describe('forms of an institution', () => {
  test('quantities of the year in the units of the form; what nobody knows stays blank', async () => {
    const r = await years();
    const set = await formsOf(sourcesOf(r), 'gov', '2025');
    expect(set.edition.id).toBe('2025');
    expect(set.forms.map((f) => f.id)).toEqual(['basic', 'consumption', 'data_centre', 'heating']);
    const used = form(set.forms, 'consumption');
    // Each month of 2025 counts twice what `PER_MONTH` says; what is fed back is not used.
    expect(line(used, '电').value?.value).toBeCloseTo(12 * 2 * (10_000 - 1_000), 6);
    expect(line(used, '太阳能光电系统发电量').value?.value).toBeCloseTo(12 * 2 * 3_000, 6);
    expect(line(used, '天然气').value?.value).toBeCloseTo(12 * 2 * (200 + 100), 6);
    expect(line(used, '汽油').value?.value).toBeCloseTo(12 * 2 * 400, 6);
    expect(line(used, '热力').value?.value).toBeCloseTo(12 * 2 * 20, 6);
    for (const name of ['煤炭', '柴油', '液化石油气', '其他能源']) {
      expect(line(used, name).value?.value).toBeNull();
    }
    expect(line(used, '电').cost?.value).toBeNull();
    expect(line(used, '液化石油气').name?.mark).toBe('*');
    expect(used.header).toEqual({
      number: null,
      author: '国家机关事务管理局',
      approver: null,
      approval: null,
      validUntil: null,
    });
  });

  test('each machine room is a record with its own meters', async () => {
    const r = await years();
    const { rows } = form((await formsOf(sourcesOf(r), 'gov', '2025')).forms, 'data_centre');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.cells.total?.value).toBeCloseTo(12 * 2 * 3_000, 6);
    expect(rows[0]?.cells.it?.value).toBeCloseTo(12 * 2 * 2_000, 6);
    expect(rows[0]?.cells.cooling?.value).toBeNull();
    expect(rows[0]?.cells.area?.value).toBeNull();
  });

  test('heating has the heat, and what the settings name for it', async () => {
    const r = await years();
    const boiler = { name: 'heating_meters', node: 'gov', values: ['boiler'] };
    r.catalogue.putPolicy('setting', 'heating_meters:gov', boiler, 'test', 'test');
    const heating = form((await formsOf(sourcesOf(r), 'gov', '2025')).forms, 'heating');
    expect(line(heating, '供暖面积').value?.value).toBe(4_000);
    expect(line(heating, '独立供暖面积').value?.value).toBeNull();
    expect(line(heating, '供暖用天然气').value?.value).toBeCloseTo(12 * 2 * 200, 6);
    expect(line(heating, '热力消费量（按热量收费）').value?.value).toBeCloseTo(12 * 2 * 20, 6);
  });

  test('the record of the institution fills the head, the basic form and the signature', async () => {
    const r = await years();
    const record = { credit_code: '11320100MB1A2B3C4D', address: '示例路 1 号', statistician: '李四' };
    r.catalogue.putPolicy('institution', 'gov', record, 'test', 'test');
    const basic = form((await formsOf(sourcesOf(r), 'gov', '2025')).forms, 'basic');
    expect(basic.creditCode).toBe('11320100MB1A2B3C4D');
    expect(line(basic, '单位地址').value?.value).toBe('示例路 1 号');
    expect(line(basic, '联系电话').value?.value).toBeNull();
    expect(line(basic, '单位性质').value?.value).toBe('01 国家机关');
    expect(line(basic, '建筑面积').value?.value).toBe(5_000);
    expect(basic.signature).toEqual([
      { role: '单位负责人', name: null },
      { role: '统计负责人', name: '李四' },
      { role: '填表人', name: null },
    ]);
  });

  test('an edition is data: what 2025 dropped stands in 2022', async () => {
    const r = await years();
    const names = async (edition: string) =>
      (await formsOf(sourcesOf(r), 'gov', '2025', edition)).forms.flatMap((f) => [
        ...f.columns.map((c) => c.head),
        ...f.rows.map((row) => String(row.cells.name?.value)),
      ]);
    const [older, newer] = [await names('2022'), await names('2025')];
    for (const name of ['用地面积', '充电桩数量', '可再生能源应用', 'UPS装机容量', '热力消费量']) {
      expect(older).toContain(name);
      expect(newer).not.toContain(name);
    }
    // A period before the newer one was issued has the older one.
    expect((await formsOf(sourcesOf(r), 'gov', '2025-Q1')).edition.id).toBe('2022');
    await expect(formsOf(sourcesOf(r), 'gov', '2025', '1999')).rejects.toThrow('there are 2022, 2025');
    await expect(formsOf(sourcesOf(r), 'gov', '2025-Q5')).rejects.toThrow('no period');
  });

  test('a period that still runs says so, and what is not complete is marked with its share', async () => {
    const r = await monthlyRig({ 'gov-water': (m) => (m >= '2026-10' ? null : 500) });
    const used = form((await formsOf(sourcesOf(r), 'gov', '2026')).forms, 'consumption');
    expect(line(used, '水').value).toMatchObject({ value: 9 * 500, mark: '①' });
    expect(used.notes).toContain('统计期尚未结束，数据截至制表时。');
    expect(used.notes.join()).toContain('完整率最低');
  });
});

describe('summaries of a region', () => {
  test('by department, region and category, with sums that say what they lack', async () => {
    const r = await monthlyRig();
    r.catalogue.putPolicy('institution', 'gov', { department: '市机关事务管理局' }, 'test', 'test');
    const set = await formsOf(sourcesOf(r), 'city', '2025');
    expect(set.forms.map((f) => f.id)).toEqual(['by_department', 'by_region', 'by_category']);
    const departments = form(set.forms, 'by_department');
    expect(departments.rows.map((row) => row.cells.group?.value)).toEqual([
      '市机关事务管理局',
      '未登记主管部门',
      '合计',
    ]);
    const total = departments.rows[2]?.cells;
    expect(total?.institutions?.value).toBe(2);
    expect(total?.electricity?.value).toBeCloseTo(12 * (60_000 + 10_000), 6);
    // 市税务局 has no water meter: none is missing.
    expect(total?.water).toMatchObject({ value: 12 * 500, mark: null });
    expect(total?.floor_area?.value).toBe(15_000);
    // (840,000 kWh × 0.1229 + 12,000 m³ × 1.33) ÷ 15,000 m²
    expect(total?.energy_per_area?.value).toBeCloseTo((840_000 * 0.1229 + 12_000 * 1.33) / 15_000, 9);
    expect(total?.cost?.value).toBeNull();
    expect(form(set.forms, 'by_category').rows.map((row) => row.cells.group?.value)).toEqual([
      '01 国家机关',
      '合计',
    ]);
    expect(form(set.forms, 'by_region').rows[0]?.cells.group?.value).toBe('示例市本级');
  });

  test('an institution without area leaves no figure per area', async () => {
    const r = await years();
    const { rows } = form((await formsOf(sourcesOf(r), 'city', '2025')).forms, 'by_category');
    const total = rows.find((row) => row.kind === 'total')?.cells;
    // The school has no area.
    expect(total?.floor_area).toMatchObject({ value: 5_000, mark: '②' });
    expect(total?.energy_per_area?.value).toBeNull();
  });
});

test('the workbook has the figures as numbers, sums as formulas, blanks as blanks', async () => {
  const r = await monthlyRig();
  const set = await formsOf(sourcesOf(r), 'city', '2025');
  const workbook = new Workbook();
  await workbook.xlsx.load(await formsWorkbook(set));
  expect(workbook.worksheets.map((s) => s.name)).toEqual([
    '能源资源消费统计汇总（按部门）',
    '能源资源消费统计汇总（按行政区域）',
    '能源资源消费统计汇总（按分类）',
  ]);
  const [sheet] = workbook.worksheets;
  if (!sheet) throw new Error('no sheet');
  const departments = form(set.forms, 'by_department');
  const column = (key: string): number => departments.columns.findIndex((c) => c.key === key) + 1;
  // Title, header of five lines, heads, units and codes.
  const first = 10;
  expect(sheet.getCell(1, 1).value).toBe('公共机构能源资源消费统计汇总（按部门）');
  expect(sheet.getCell(first, column('electricity')).value).toBeCloseTo(12 * 70_000, 6);
  const total = sheet.getCell(first + 1, column('electricity')).value as { formula: string; result: number };
  expect(total.formula).toMatch(/^SUM\(([A-Z]+)10:\1(10)\)$/);
  expect(total.result).toBeCloseTo(12 * 70_000, 6);
  expect(sheet.getCell(first, column('coal')).value).toBeNull();
  const ratio = sheet.getCell(first, column('energy_per_area')).value as { formula: string; result: number };
  const letter = (key: string) => sheet.getColumn(column(key)).letter;
  expect(ratio.formula).toBe(`${letter('energy')}10*1000/${letter('floor_area')}10`);
});

test.runIf(hasOffice())(
  'LibreOffice computes what was written',
  async () => {
    const r = await monthlyRig();
    const office = new Office();
    onTestFinished(() => office.remove());
    const bytes = await formsWorkbook(await formsOf(sourcesOf(r), 'city', '2025'));
    const { formulas, differing } = await office.recalculated(bytes);
    // In each of three summaries the total has a sum for 8 columns and 3 quotients, every group its quotients.
    expect(formulas).toBeGreaterThan(3 * 10);
    expect(differing).toEqual([]);
  },
  120_000,
);
