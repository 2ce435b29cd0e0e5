import { type Alignment, encodeCol, Workbook, type Worksheet } from '@cj-tech-master/excelts';
import { sheetNames } from '../render/workbook.ts';
import { type FilledCell, type FilledForm, type FormSet, shortTitle } from './filled.ts';

const FONT = '宋体';
const LINE = { style: 'thin', color: { argb: 'FF000000' } } as const;
const BORDER = { top: LINE, left: LINE, bottom: LINE, right: LINE };
const A4 = 9;
const A3 = 8;

/** What the law has at the head of a form, in its order. */
const HEADER = [
  ['表　　号', 'number'],
  ['制表机关', 'author'],
  ['批准机关', 'approver'],
  ['批准文号', 'approval'],
  ['有效期至', 'validUntil'],
] as const;

/** The forms of the statistics as a workbook, a sheet for each, in the layout of the form. */
export async function formsWorkbook(set: FormSet): Promise<Uint8Array> {
  const workbook = new Workbook();
  workbook.creator = set.node.name;
  workbook.title = `${set.edition.name} ${set.node.name} ${set.period}`;
  const names = sheetNames(set.forms.map((f) => shortTitle(f.title)));
  set.forms.forEach((form, i) => {
    const wide = form.columns.length > 6;
    const margins = { left: 0.5, right: 0.5, top: 0.6, bottom: 0.6, header: 0.3, footer: 0.3 };
    const sheet = workbook.addWorksheet(names[i], {
      pageSetup: {
        paperSize: paperOf(form),
        orientation: wide ? 'landscape' : 'portrait',
        fitToPage: true,
        fitToWidth: 1,
        fitToHeight: 0,
        margins,
      },
    });
    writeForm(sheet, form, set);
  });
  return workbook.xlsx.writeBuffer();
}

/** A summary has more columns than can be read on A4. */
function paperOf({ columns }: FilledForm): number {
  return columns.length > 10 ? A3 : A4;
}

function writeForm(sheet: Worksheet, form: FilledForm, set: FormSet): void {
  const last = form.columns.length;
  form.columns.forEach((c, i) => {
    sheet.getColumn(i + 1).width = c.width;
  });
  const line = (row: number, from: number, to: number, text: string, more: Partial<Alignment> = {}): void => {
    if (to > from) sheet.mergeCells(row, from, row, to);
    const cell = sheet.getCell(row, from);
    cell.value = text;
    cell.font = { name: FONT, size: 10 };
    cell.alignment = { vertical: 'middle', wrapText: true, ...more };
  };

  line(1, 1, last, form.title, { horizontal: 'center' });
  sheet.getCell(1, 1).font = { name: FONT, size: 16, bold: true };
  sheet.getRow(1).height = 34;
  // The head of the form stands at the right, who fills it in at the left.
  const right = Math.max(2, last - (last > 6 ? 3 : 1));
  HEADER.forEach(([label, key], i) => {
    line(2 + i, right, last, `${label}：${form.header[key] ?? ''}`);
  });
  const left = right - 1;
  line(4, 1, left, `统一社会信用代码：${form.creditCode ?? ''}`);
  line(5, 1, left, `${form.id.startsWith('by_') ? '汇总单位' : '填报单位'}：${form.unit}`);
  line(6, 1, left, `${form.period}　　${set.edition.name}`);

  const head = 7;
  const hasUnits = form.columns.some((c) => c.unit !== '');
  const codes = head + (hasUnits ? 2 : 1);
  form.columns.forEach((c, i) => {
    const cells = [c.head, ...(hasUnits ? [c.unit] : []), c.code ?? ''];
    cells.forEach((value, n) => {
      const cell = sheet.getCell(head + n, i + 1);
      cell.value = value;
      cell.font = { name: FONT, size: 10, bold: n === 0 };
      cell.border = BORDER;
      cell.alignment = { horizontal: 'center', vertical: 'middle', wrapText: true };
    });
  });
  // A head breaks where its column is narrow: a Chinese character is as wide as two digits.
  const lines = Math.max(...form.columns.map((c) => Math.ceil((2 * c.head.length + 1) / c.width)));
  sheet.getRow(head).height = 15 * lines + 3;
  const first = codes + 1;
  form.rows.forEach((row, r) => {
    form.columns.forEach((c, i) => {
      const cell = sheet.getCell(first + r, i + 1);
      cell.border = BORDER;
      cell.font = { name: FONT, size: 10, bold: row.kind === 'total' };
      const of = row.cells[c.key];
      if (of) write(cell, of, formulaOf(form, of, i, first, r));
    });
  });

  let at = first + form.rows.length + 1;
  const people = form.signature.map(({ role, name }) => `${role}：${name ?? '　　　　'}`);
  line(at++, 1, last, `${people.join('　　')}　　报出日期：　　　　年　　月　　日`);
  line(at++, 1, last, `制度依据：${set.edition.document}`);
  const width = form.columns.reduce((sum, c) => sum + c.width, 0);
  form.notes.forEach((note, i) => {
    line(at, 1, last, `${i === 0 ? '说明：' : '　　　'}${i + 1}. ${note}`);
    sheet.getRow(at++).height = 14 * Math.ceil((note.length * 2 + 10) / width);
  });
  sheet.views = [{ state: 'frozen', xSplit: 1, ySplit: codes }];
  sheet.pageSetup.printTitlesRow = `${head}:${codes}`;
}

function write(
  cell: ReturnType<Worksheet['getCell']>,
  { value, digits, mark }: FilledCell,
  formula: string | null,
): void {
  const isNumber = typeof value === 'number';
  if (isNumber) {
    cell.value = formula === null ? value : { formula, result: value };
    const places = digits ? `.${'0'.repeat(digits)}` : '';
    // The mark is part of the format, so that the figure stays a number.
    cell.numFmt = `#,##0${places}${mark ? `"${mark}"` : ''}`;
  } else if (value !== null) {
    cell.value = `${value}${mark ?? ''}`;
  }
  cell.alignment = { horizontal: isNumber ? 'right' : 'left', vertical: 'middle', wrapText: !isNumber };
}

/** @param row of the form, from 0 */
function formulaOf(
  form: FilledForm,
  { formula, value }: FilledCell,
  column: number,
  first: number,
  row: number,
): string | null {
  if (formula === null || value === null) return null;
  const letters = (i: number): string => encodeCol(i);
  if (formula.op === 'sum') {
    return `SUM(${letters(column)}${first}:${letters(column)}${first + row - 1})`;
  }
  const at = (key: string): string =>
    `${letters(form.columns.findIndex((c) => c.key === key))}${first + row}`;
  const times = formula.times === 1 ? '' : `*${formula.times}`;
  return `${at(formula.dividend)}${times}/${at(formula.divisor)}`;
}
