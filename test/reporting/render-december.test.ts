import { Workbook } from '@cj-tech-master/excelts';
import { expect, test } from 'vitest';
import { REPORT_KINDS, REPORT_LANGUAGES, type Report, type Table } from '../../server/reporting/model.ts';
import { cellText, isNumeric } from '../../server/reporting/render/figures.ts';
import { renderForms } from '../../server/reporting/render/forms.ts';
import { buildReport } from '../../server/reporting/report.ts';
import { hasOffice, Office } from '../support/office.ts';
import { demoDecember } from './demo-december.ts';
import { readPage, readWord } from './read-documents.ts';
import { sourcesOf } from './sources.ts';

/** The December reports of the demo estate, in all forms: what is read back is what the report says. */

const CASES = REPORT_KINDS.flatMap((kind) => REPORT_LANGUAGES.map((language) => ({ kind, language })));
/** The city for the bulletin, its main building for the others. */
const NODE = { monthly: 'gov', bulletin: 'anlan', brief: 'gov' } as const;

const tablesOf = (report: Report): Table[] =>
  report.sections.flatMap((s) => s.blocks).filter((b): b is Table => b.kind === 'table');
const shown = (table: Table): string[][] =>
  table.rows.map(({ cells }) =>
    table.columns.map((c) => cellText(cells[c.key], c) + (cells[c.key]?.mark ?? '')),
  );

/** Built inside of a test, at whose end the stores are closed. */
async function december(cases: readonly (typeof CASES)[number][]): Promise<Report[]> {
  const rig = await demoDecember();
  const [sources, now] = [sourcesOf(rig), rig.deps.now()];
  return Promise.all(
    cases.map(({ kind, language }) =>
      buildReport(sources, { kind, node: NODE[kind], month: '2026-12', language, now }),
    ),
  );
}

test('every figure of every report is in the Word document, on the page and in the workbook', async () => {
  let formulas = 0;
  for (const report of await december(CASES)) {
    const { docx, xlsx, html } = await renderForms(report, ['docx', 'xlsx', 'html']);
    const name = `${report.kind} ${report.language}`;
    const tables = tablesOf(report);
    const expected = tables.map(shown);
    expect(tables.length, name).toBeGreaterThan(0);

    const word = readWord(docx).tables.slice(0, tables.length);
    expect(
      word.map((table) => table.slice(1)),
      name,
    ).toEqual(expected);
    expect(readPage(new TextDecoder().decode(html)), name).toEqual(expected);

    const book = new Workbook();
    await book.xlsx.load(xlsx);
    for (const [t, table] of tables.entries()) {
      const sheet = book.worksheets[t + 1]!;
      const first = table.columns.some((c) => c.unit !== '') ? 5 : 4;
      for (const [r, row] of table.rows.entries()) {
        for (const [c, column] of table.columns.entries()) {
          const value = row.cells[column.key]?.value;
          const cell = sheet.getCell(first + r, c + 1);
          if (cell.formula) formulas++;
          if (typeof value !== 'number' || !isNumeric(column)) continue;
          expect(cell.formula ? cell.result : cell.value, `${name} ${sheet.name}!${cell.address}`).toBe(
            value,
          );
        }
      }
    }
  }
  // 环比, 同比 and 完整率 of four carriers in three reports are hundreds; shares and totals come to them.
  expect(formulas).toBeGreaterThan(100);
}, 300_000);

test.skipIf(!hasOffice())(
  'in LibreOffice a brief is one page, and every cell of a workbook is what was written',
  async () => {
    const office = new Office();
    try {
      const [monthly, ...briefs] = await december([
        { kind: 'monthly', language: 'zh' },
        { kind: 'brief', language: 'zh' },
        { kind: 'brief', language: 'en' },
      ]);
      for (const brief of briefs) {
        const { docx } = await renderForms(brief, ['docx']);
        const pages = await office.words(await office.convert('brief.docx', docx, 'pdf'));
        expect(pages, brief.language).toHaveLength(1);
      }
      const { xlsx } = await renderForms(monthly!, ['xlsx']);
      const { formulas, differing } = await office.recalculated(xlsx);
      expect(formulas).toBeGreaterThan(20);
      expect(differing).toEqual([]);
    } finally {
      office.remove();
    }
  },
  300_000,
);
