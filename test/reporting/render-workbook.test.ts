import { Workbook } from '@cj-tech-master/excelts';
import { expect, test } from 'vitest';
import type { Report, Table } from '../../server/reporting/model.ts';
import { cellText, isNumeric } from '../../server/reporting/render/figures.ts';
import { renderForms } from '../../server/reporting/render/forms.ts';
import { sampleReport } from './sample.ts';

async function workbook(report: Report): Promise<Workbook> {
  const { xlsx } = await renderForms(report, ['xlsx']);
  const read = new Workbook();
  await read.xlsx.load(xlsx);
  return read;
}

const tablesOf = (report: Report): Table[] =>
  report.sections.flatMap((s) => s.blocks).filter((b): b is Table => b.kind === 'table');

test('a sheet for each table holds every figure in full precision, derived ones as formulas', async () => {
  const report = sampleReport();
  const book = await workbook(report);
  const tables = tablesOf(report);
  expect(book.worksheets.map((s) => s.name)).toEqual([
    '封面',
    '表 1　各能源品种消费量、费用和折标准煤量',
    '表 2　2026年12月单位建筑面积电耗排名',
    '表 3　2026年各月用电量',
  ]);
  const formulas: string[] = [];
  for (const [t, table] of tables.entries()) {
    const sheet = book.worksheets[t + 1]!;
    for (const [r, row] of table.rows.entries()) {
      for (const [c, column] of table.columns.entries()) {
        const cell = sheet.getCell(5 + r, c + 1);
        const of = row.cells[column.key];
        const at = `${sheet.name}!${cell.address}`;
        if (typeof of?.value === 'number' && isNumeric(column)) {
          expect(cell.formula ? cell.result : cell.value, at).toBe(of.value);
          if (cell.formula) formulas.push(`${t + 1}!${cell.address}=${cell.formula}`);
        } else {
          expect(cell.text, at).toBe(cellText(of, column) + (of?.mark ?? ''));
        }
      }
    }
  }
  // 同比 of two carriers, kgce of two, the totals of kgce and cost; 39 intensities and a total; three sums.
  expect(formulas).toHaveLength(2 + 2 + 2 + 39 + 1 + 3);
  expect(formulas).toContain('1!E5=C5/D5-1');
  expect(formulas).toContain('1!H9=SUM(H5:H8)');
  expect(formulas).toContain('2!E5=C5/D5');
  expect(formulas).toContain('3!N5=SUM(B5,C5,D5,E5,F5,G5,H5,I5,J5,K5,L5,M5)');
});

test('sheets print across on A4, one page wide, with the head on each page and in view', async () => {
  const book = await workbook(sampleReport());
  for (const sheet of book.worksheets.slice(1)) {
    expect(sheet.pageSetup).toMatchObject({
      paperSize: 9,
      orientation: 'landscape',
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      printTitlesRow: '3:4',
    });
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 4 });
  }
  const [, consumption] = book.worksheets;
  expect(consumption?.getCell('C5').numFmt).toBe('#,##0.00"*"');
  expect(consumption?.getCell('E5').numFmt).toContain('+#,##0.0 %');
  expect(consumption?.getCell('H4').value).toBe('kgce');
});

test('the cover says what the workbook is of, and leads to each sheet', async () => {
  const report = sampleReport();
  const [cover] = (await workbook(report)).worksheets;
  const texts: string[] = [];
  cover!.eachRow((row) => row.eachCell((cell) => void texts.push(cell.text)));
  for (const text of [
    report.title,
    report.node.name,
    '2026年12月',
    report.issuer,
    report.scheme.name,
    '王建国',
  ]) {
    expect(texts).toContain(text);
  }
  // Computed at 18:30 UTC, which is half past two of the next day in the estate's zone.
  expect(texts.join('\n')).toContain('2027年1月1日 02:30');
  expect(texts).toContain('表 3　2026年各月用电量');
});
