import {
  type CellValueInput,
  encodeCol,
  type PageSetup,
  Workbook,
  type Worksheet,
} from '@cj-tech-master/excelts';
import type { Cell, Column, ColumnFormat, Report, Table } from '../model.ts';
import { cellText, isNumeric } from './figures.ts';
import { formulaOf, type Places } from './formulas.ts';
import { ems } from './layout.ts';
import { type LayoutWords, layoutWords } from './words.ts';

const FONT = '宋体';
const HEAD_FILL = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFEDF0ED' } } as const;
const LINE = { style: 'thin', color: { argb: 'FF5D6A63' } } as const;
const BORDER = { top: LINE, left: LINE, bottom: LINE, right: LINE };
const A4 = 9;
/** Points. */
const TEXT_SIZE = 11;
const CAPTION_SIZE = 14;
const LINE_HEIGHT = 15;
/** Characters; the widths of columns are counted in digits. */
const MIN_WIDTH = 8;
const MAX_WIDTH = 40;

/** The report's tables as a workbook: a cover, and a sheet for each with its derived columns as live formulas. */
export async function workbookOf(report: Report): Promise<Uint8Array> {
  const words = layoutWords(report.language);
  const workbook = new Workbook();
  workbook.creator = report.issuer;
  workbook.title = report.title;
  workbook.created = workbook.modified = new Date(report.computedAt);
  const tables = report.sections.flatMap((s) => s.blocks).filter((b): b is Table => b.kind === 'table');
  const names = sheetNames([
    words.cover.sheet,
    ...tables.map((table, i) => words.table(i + 1, table.caption)),
  ]);
  const cover = workbook.addWorksheet(names[0], { pageSetup: pageSetup('portrait') });
  writeCover(cover, report, words, tables, names.slice(1));
  for (const [i, table] of tables.entries()) {
    const sheet = workbook.addWorksheet(names[i + 1], { pageSetup: pageSetup('landscape') });
    writeTable(sheet, report, table, words, i + 1);
  }
  // It would read what it has just written once more; the tests do that, with LibreOffice.
  return workbook.xlsx.writeBuffer({ validate: false });
}

function pageSetup(orientation: PageSetup['orientation']): Partial<PageSetup> {
  const margins = { left: 0.6, right: 0.6, top: 0.75, bottom: 0.75, header: 0.3, footer: 0.3 };
  return { paperSize: A4, orientation, fitToPage: true, fitToWidth: 1, fitToHeight: 0, margins };
}

/** At most 31 characters, without what a sheet's name cannot have, each only once. */
export function sheetNames(wanted: readonly string[]): string[] {
  const taken = new Set<string>();
  return wanted.map((name) => {
    const plain = name.replaceAll(/[\\/?*[\]:'\p{Cc}]/gu, ' ').trim() || 'Sheet';
    let result = plain.slice(0, 31).trim();
    for (let n = 2; taken.has(result.toLowerCase()); n++) result = `${plain.slice(0, 27).trim()} ${n}`;
    taken.add(result.toLowerCase());
    return result;
  });
}

function writeCover(
  sheet: Worksheet,
  report: Report,
  words: LayoutWords,
  tables: readonly Table[],
  names: readonly string[],
): void {
  sheet.getColumn(1).width = 24;
  sheet.getColumn(2).width = 66;
  sheet.mergeCells(1, 1, 1, 2);
  const title = sheet.getCell(1, 1);
  title.value = report.title;
  title.font = { name: FONT, size: 18, bold: true };
  title.alignment = { horizontal: 'center', vertical: 'middle', wrapText: true };
  sheet.getRow(1).height = 60;

  const computed = new Intl.DateTimeFormat(words.tag, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: report.zone,
  }).format(report.computedAt);
  const facts: [string, string][] = [
    [words.cover.node, report.node.name],
    [words.cover.month, words.month(report.month)],
    ...(report.number === null ? [] : [[words.cover.number, report.number] as [string, string]]),
    [words.cover.issuer, report.issuer],
    [words.cover.scheme, report.scheme.name],
    [words.computed, computed],
    ...report.signature.people.map(({ role, name }): [string, string] => [role, name ?? '']),
    [words.reportDate, report.signature.date ?? words.blankDate],
  ];
  let line = 2;
  for (const [what, value] of facts) {
    line++;
    for (const [column, text] of [what, value].entries()) {
      const cell = sheet.getCell(line, column + 1);
      cell.value = text;
      cell.font = { name: FONT, size: TEXT_SIZE, bold: column === 0 };
      cell.border = BORDER;
      cell.alignment = { vertical: 'middle', wrapText: true };
    }
  }
  line += 2;
  const list = sheet.getCell(line, 1);
  list.value = words.tables;
  list.font = { name: FONT, size: TEXT_SIZE, bold: true };
  for (const [i, table] of tables.entries()) {
    const cell = sheet.getCell(++line, 1);
    sheet.mergeCells(line, 1, line, 2);
    cell.value = { text: words.table(i + 1, table.caption), hyperlink: `#'${names[i]}'!A1` };
    cell.font = { name: FONT, size: TEXT_SIZE, color: { argb: 'FF0B6B53' }, underline: true };
    cell.alignment = { wrapText: true };
  }
}

function writeTable(sheet: Worksheet, report: Report, table: Table, words: LayoutWords, no: number): void {
  const { columns } = table;
  const last = columns.length;
  const merged = (line: number, value: string, size: number, bold: boolean): void => {
    sheet.mergeCells(line, 1, line, last);
    const cell = sheet.getCell(line, 1);
    cell.value = value;
    cell.font = { name: FONT, size, bold };
    cell.alignment = { horizontal: bold ? 'center' : 'left', vertical: 'middle', wrapText: true };
  };
  merged(1, words.table(no, table.caption), CAPTION_SIZE, true);
  merged(2, `${report.node.name}　${words.month(report.month)}`, 10, false);

  const widths = columns.map((column) => widthOf(table, column));
  const room = widths.reduce((all, w) => all + w, 0);
  const caption = linesOf(words.table(no, table.caption), (room * TEXT_SIZE) / CAPTION_SIZE);
  sheet.getRow(1).height = 20 * caption + 8;
  const units = columns.some((c) => c.unit !== '');
  const headLine = 3;
  const first = headLine + (units ? 2 : 1);
  for (const [i, column] of columns.entries()) {
    for (const [line, value] of [column.head, column.unit].slice(0, units ? 2 : 1).entries()) {
      const cell = sheet.getCell(headLine + line, i + 1);
      cell.value = value;
      cell.font = { name: FONT, size: TEXT_SIZE, bold: line === 0 };
      cell.fill = HEAD_FILL;
      cell.border = BORDER;
      cell.alignment = { horizontal: 'center', vertical: 'middle', wrapText: true };
    }
    sheet.getColumn(i + 1).width = widths[i] as number;
  }

  const places: Places = { letters: (i) => encodeCol(i), line: (i) => first + i };
  for (const [r, row] of table.rows.entries()) {
    let lines = 1;
    for (const [i, column] of columns.entries()) {
      const of = row.cells[column.key];
      const cell = sheet.getCell(places.line(r), i + 1);
      cell.value = contentOf(of, column, formulaOf(table, r, column, places));
      cell.font = { name: FONT, size: TEXT_SIZE, bold: row.kind === 'total' };
      cell.border = BORDER;
      const figure = typeof of?.value === 'number' && isNumeric(column);
      const horizontal = figure ? 'right' : isNumeric(column) ? 'center' : 'left';
      const indent = horizontal === 'left' ? { indent: 1 } : {};
      cell.alignment = { horizontal, vertical: 'middle', wrapText: !figure, ...indent };
      if (figure) cell.numFmt = numberFormat(column.format, of.mark);
      else lines = Math.max(lines, linesOf(cellText(of, column), widths[i] as number));
    }
    sheet.getRow(places.line(r)).height = LINE_HEIGHT * lines + 3;
  }
  for (const [i, note] of table.notes.entries()) {
    const line = first + table.rows.length + i;
    merged(line, (i === 0 ? words.notes : '') + note, 9, false);
    sheet.getRow(line).height = LINE_HEIGHT * linesOf(words.notes + note, room);
  }
  sheet.views = [{ state: 'frozen', xSplit: 0, ySplit: first - 1 }];
  sheet.headerFooter.oddFooter = '&C— &P —';
  sheet.pageSetup.printTitlesRow = `${headLine}:${first - 1}`;
}

function linesOf(text: string, width: number): number {
  return Math.max(1, Math.ceil((2 * ems(text)) / (width - 1)));
}

function contentOf(cell: Cell | undefined, column: Column, formula: string | null): CellValueInput {
  const value = cell?.value ?? null;
  if (typeof value === 'number') return formula === null ? value : { formula, result: value };
  const text = cellText(cell, column) + (cell?.mark ?? '');
  return text === '' ? null : text;
}

/** As the other forms write the column; a mark is part of the format, so that the figure stays a number. */
export function numberFormat(format: ColumnFormat, mark?: string): string {
  if (format.type === 'text') return 'General';
  const places = format.digits > 0 ? `.${'0'.repeat(format.digits)}` : '';
  const after = mark ? `"${mark.replaceAll('"', '')}"` : '';
  if (format.type === 'number') return `#,##0${places}${after}`;
  const share = `#,##0${places} %${after}`;
  if (format.type === 'share') return share;
  // What rounds to nothing has no sign.
  const least = `0.${'0'.repeat(format.digits + 2)}5`;
  return `[>=${least}]+${share};[<=-${least}]-${share};0${places} %${after}`;
}

function widthOf(table: Table, column: Column): number {
  const texts = table.rows.map(({ cells }) => {
    const cell = cells[column.key];
    return cellText(cell, column) + (cell?.mark ?? '');
  });
  const widest = Math.max(ems(column.head), ems(column.unit), ...texts.map(ems));
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.ceil(widest * 2) + 4));
}
