import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report, Table } from '../../server/reporting/model.ts';
import { cellText, isNumeric } from '../../server/reporting/render/figures.ts';
import { renderForms } from '../../server/reporting/render/forms.ts';
import { hasOffice, Office, type PdfPage } from '../support/office.ts';
import { sampleReport } from './sample.ts';

/** The documents as LibreOffice sees them: it lays out, recalculates and prints. */

const POINTS_PER_MM = 72 / 25.4;
const DEADLINE = 180_000;

const tablesOf = (report: Report): Table[] =>
  report.sections.flatMap((s) => s.blocks).filter((b): b is Table => b.kind === 'table');

describe.skipIf(!hasOffice())('in LibreOffice', { timeout: DEADLINE }, () => {
  let office: Office;
  beforeAll(() => {
    office = new Office();
  });
  afterAll(() => office.remove());

  async function pdfOf(report: Report): Promise<PdfPage[]> {
    const { docx } = await renderForms(report, ['docx']);
    return office.words(await office.convert('report.docx', docx, 'pdf'));
  }

  test('the Word document keeps within its margins, with figures unbroken, heads repeated and pages numbered', async () => {
    const report = sampleReport();
    const pages = await pdfOf(report);
    expect(pages.length).toBeGreaterThan(3);
    for (const [i, { width, height, words }] of pages.entries()) {
      const upright = height > width;
      expect([Math.round(width / POINTS_PER_MM), Math.round(height / POINTS_PER_MM)]).toEqual(
        upright ? [210, 297] : [297, 210],
      );
      const [left, right] = upright ? [28, 26] : [35, 37];
      for (const word of words) {
        expect(word.left, word.text).toBeGreaterThan(left * POINTS_PER_MM - 1);
        expect(word.right, word.text).toBeLessThan(width - right * POINTS_PER_MM + 1);
      }
      const text = words.map((w) => w.text).join('');
      expect(text).toContain(`—${i + 1}—`);
      // 名次 and 定额对照 are the first and the last head of the table that goes over several pages.
      if (/示例市第(12|30)办公区/.test(text)) expect(text).toMatch(/名次.*定额对照/s);
    }

    const text = pages.map(({ words }) => words.map((w) => w.text).join(' ')).join(' ');
    for (const table of tablesOf(report)) {
      for (const { cells } of table.rows) {
        for (const column of table.columns.filter(isNumeric)) {
          if (typeof cells[column.key]?.value !== 'number') continue;
          const figure = cellText(cells[column.key], column).replace(/ %$/, '');
          expect(text, `${table.id} ${column.key}`).toContain(figure);
        }
      }
    }
  });

  test('a number that is too wide for its place is never cut into two lines', async () => {
    const report = sampleReport();
    const months = tablesOf(report).at(-1)!;
    const huge: Table = {
      ...months,
      rows: months.rows.map((row) => ({
        ...row,
        cells: Object.fromEntries(
          Object.entries(row.cells).map(([key, { value }]) => [
            key,
            { value: typeof value === 'number' ? value * 10 : value },
          ]),
        ),
      })),
    };
    const pages = await pdfOf({ ...report, sections: [{ id: 's', heading: '附表', blocks: [huge] }] });
    const text = pages.flatMap(({ words }) => words.map((w) => w.text));
    for (const { cells } of huge.rows) {
      for (const column of huge.columns.filter(isNumeric)) {
        expect(text).toContain(cellText(cells[column.key], column));
      }
    }
  });

  test('the workbook recalculated gives every cell that was written', async () => {
    const { xlsx } = await renderForms(sampleReport(), ['xlsx']);
    // 同比 and kgce of two carriers each and their totals, 39 intensities and a total, three sums of months.
    expect(await office.recalculated(xlsx)).toEqual({ formulas: 2 + 2 + 2 + 39 + 1 + 3, differing: [] });
  });

  test('the workbook prints each sheet on pages of one width, without ###', async () => {
    const { xlsx } = await renderForms(sampleReport(), ['xlsx']);
    const pages = await office.words(await office.convert('report.xlsx', xlsx, 'pdf'));
    // The cover, one page for each of the short tables, two for the ranking.
    expect(pages).toHaveLength(1 + 1 + 2 + 1);
    const text = pages.map(({ words }) => words.map((w) => w.text).join(' ')).join(' ');
    expect(text).not.toContain('###');
    expect(text).toContain('86,420.26*');
    expect(text).toContain('-4.2 %');
  });
});
