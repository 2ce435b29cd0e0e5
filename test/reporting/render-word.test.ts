import { expect, test } from 'vitest';
import type { Chart, Report, Table } from '../../server/reporting/model.ts';
import { cellText } from '../../server/reporting/render/figures.ts';
import { renderForms } from '../../server/reporting/render/forms.ts';
import { readWord, type WordRead } from './read-documents.ts';
import { sampleReport } from './sample.ts';

const TWIPS_PER_MM = 1440 / 25.4;

async function word(report: Report, redHead = false): Promise<WordRead> {
  const { docx } = await renderForms(report, ['docx'], { redHead });
  return readWord(docx);
}

/** Figures are kept together with their units. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const blocks = (report: Report) => report.sections.flatMap((s) => s.blocks);
const tablesOf = (report: Report): Table[] => blocks(report).filter((b): b is Table => b.kind === 'table');

test('every figure of the report is in the Word document, to the displayed digit, in its row and column', async () => {
  const report = sampleReport();
  const { tables, ...read } = await word(report);
  const paragraphs = read.paragraphs.map(plain);
  const expected = tablesOf(report).map((table) => [
    table.columns.map(({ head, unit }) => (unit === '' ? head : `${head}\n${unit}`)),
    ...table.rows.map(({ cells }) =>
      table.columns.map((column) => cellText(cells[column.key], column) + (cells[column.key]?.mark ?? '')),
    ),
  ]);
  // The last table holds who signs.
  expect(tables.slice(0, -1)).toEqual(expected);
  expect(tables.at(-1)).toEqual([['单位负责人：王建国', '统计负责人：李敏', '填表人：　　　　']]);

  for (const block of blocks(report)) {
    if (block.kind === 'paragraph') expect(paragraphs).toContain(block.text);
    if (block.kind === 'list') for (const item of block.items) expect(paragraphs).toContain(item);
    if (block.kind === 'table') for (const note of block.notes) expect(paragraphs.join('\n')).toContain(note);
  }
  expect(paragraphs[0]).toBe('示例市行政中心2026年12月能源资源消费情况报告');
  expect(paragraphs[1]).toBe('节能月报〔2026〕12号');
  expect(paragraphs).toContain('一、综述');
  expect(paragraphs).toContain('五、数据说明');
  expect(paragraphs).toContain('表 3　2026年各月用电量');
  expect(paragraphs.slice(-2)).toEqual(['示例市机关事务管理局', '2027年1月5日']);
});

test('it is laid out as an official document: A4, margins, exact lines, page numbers at the outer edge', async () => {
  const { part } = await word(sampleReport());
  const xml = part('word/document.xml');
  const sizes = [...xml.matchAll(/<w:pgSz ([^>]*)\/>/g)].map((m) => m[1]);
  // One upright part and then one across for the twelve months, on which the report ends.
  expect(sizes).toHaveLength(2);
  expect(sizes[1]).toContain('w:orient="landscape"');
  const margin = /<w:pgMar ([^>]*)\/>/.exec(xml)?.[1] ?? '';
  const mm = (side: string): number =>
    Number(new RegExp(`w:${side}="(\\d+)"`).exec(margin)?.[1]) / TWIPS_PER_MM;
  expect(['top', 'bottom', 'left', 'right'].map((side) => Math.round(mm(side)))).toEqual([37, 35, 28, 26]);
  expect(part('word/settings.xml')).toContain('evenAndOddHeaders');
  const footers = [...xml.matchAll(/<w:footerReference [^>]*w:type="(\w+)"/g)].map((m) => m[1]);
  expect(footers).toEqual(['default', 'even', 'default', 'even']);
  expect(part('word/footer1.xml')).toContain('PAGE');

  const styles = part('word/styles.xml');
  const body = /<w:style [^>]*w:styleId="Body".*?<\/w:style>/s.exec(styles)?.[0] ?? '';
  expect(body).toMatch(/w:line="579" w:lineRule="exact(ly)?"/);
  // Two characters of 16 points, 20 twips each.
  expect(body).toContain('w:firstLine="640"');
  expect(styles).toContain('w:eastAsia="仿宋_GB2312"');
  expect(part('word/fontTable.xml')).toContain('<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>');
});

test('heads of tables repeat, and no row is divided between pages', async () => {
  const { part, tables } = await word(sampleReport());
  const xml = part('word/document.xml');
  const data = tables.length - 1;
  expect(xml.match(/<w:tblHeader\/>/g)).toHaveLength(data);
  const rows = tables.reduce((all, table) => all + table.length, 0);
  expect(xml.match(/<w:cantSplit\/>/g)).toHaveLength(rows);
});

test('it tells programs what it is: title, author, language, and charts in words', async () => {
  const report = sampleReport();
  const { part } = await word(report);
  const core = part('docProps/core.xml');
  expect(core).toContain(`<dc:title>${report.title}</dc:title>`);
  expect(core).toContain('<dc:creator>示例市机关事务管理局</dc:creator>');
  expect(part('word/styles.xml')).toContain('w:eastAsia="zh-CN"');
  const charts = blocks(report).filter((b): b is Chart => b.kind === 'chart');
  for (const { description } of charts) {
    expect(part('word/document.xml')).toContain(`descr="${description}"`);
  }
});

test('a red head is only there when it is asked for', async () => {
  const plain = await word(sampleReport());
  const red = await word(sampleReport(), true);
  expect(plain.part('word/document.xml')).not.toContain('C00000');
  expect(red.part('word/document.xml')).toContain('C00000');
  expect(red.paragraphs.slice(0, 2)).toEqual(['示例市机关事务管理局', '节能月报〔2026〕12号']);
  // The number stands in the head, and not once more below the title.
  expect(red.paragraphs.filter((p) => p.includes('〔2026〕12号'))).toHaveLength(1);
});

test('in English', async () => {
  const { paragraphs, part } = await word(sampleReport({ language: 'en', number: null }));
  expect(paragraphs).toContain('1. 综述');
  expect(paragraphs.some((p) => p.startsWith('Table 1. '))).toBe(true);
  expect(part('word/styles.xml')).toContain('w:val="en-GB"');
});

test('a report with nothing in it is still a document', async () => {
  const { paragraphs } = await word(
    sampleReport({ sections: [], signature: { people: [], date: null }, number: null }),
  );
  expect(paragraphs[0]).toContain('示例市行政中心');
  expect(paragraphs.at(-1)).toBe('　　　　年　　月　　日');
});
