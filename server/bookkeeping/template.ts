import type { DataValidation, Workbook, Worksheet } from '@cj-tech-master/excelts';
import type { Sources } from '../conservation/ground.ts';
import { BOOK_CARRIERS, BOOK_UNITS, bookUnit } from '../domain/book.ts';
import { monthAfter } from '../domain/month.ts';
import { type BookLine, linesOf } from './book.ts';
import { CARRIER_NAMES, COLUMNS, type ColumnKey } from './columns.ts';

export type TemplateLanguage = 'zh' | 'en';

/** Months of a workbook, at most. */
export const TEMPLATE_MONTHS = 36;
/** Lines of a workbook, at most: as many as an import takes. */
export const WORKBOOK_ROWS = 5_000;
const HEAD_ROW = 3;
const SPARE_ROWS = 50;
const HEAD_FILL = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFEDF0ED' } } as const;

const WORDS = {
  zh: {
    sheet: '台账',
    help: '填写说明',
    lists: '选项',
    title: (name: string, from: string, to: string) =>
      `${name} 能源资源消费台账（${from === to ? from : `${from} 至 ${to}`}）`,
    hint: '每行一条：一个月、一个能源品种、一个户号或一辆车。没有用量也没有费用的行不导入。',
    lines: [
      '一、月份写作 2026-12；账期起止和抄表日期写作 2026-12-31。',
      '二、用量不带单位，单位从“计量单位”列选择；单位写错的行不会被接受。',
      '三、电、水、气等有户号的，填供应单位账单上的户号；车辆用油填车牌号。户号和车辆先在系统中登记。',
      '四、账单填写实际账期的起止日（含当日），系统按这一账期与表计用量对账。',
      '五、费用以元为单位。只知道费用、不知道用量的，用量留空。',
      '六、不要合并单元格。公式可以使用，按其结果导入。',
      '七、有一处错误，整个文件都不导入；系统会逐行指出单元格地址和原因。',
    ],
    units: '各品种可用的计量单位',
    wrongUnit: '请从列表中选择计量单位',
    wrongCarrier: '请从列表中选择能源品种',
    wrongNumber: '请填写不小于 0 的数',
  },
  en: {
    sheet: 'Book',
    help: 'Instructions',
    lists: 'Lists',
    title: (name: string, from: string, to: string) =>
      `${name}: energy book (${from === to ? from : `${from} to ${to}`})`,
    hint: 'One line for a month, a carrier and an account or a vehicle. Lines without quantity and cost are not imported.',
    lines: [
      '1. A month is written 2026-12, a date 2026-12-31.',
      '2. Quantities have no unit; it is chosen in its own column. Lines with a wrong unit are refused.',
      '3. Name the account number of the supplier, or the plate of a vehicle. Both are registered in the system first.',
      '4. Of a bill, state the first and the last day of its period: it is held against the meters over exactly these days.',
      '5. Costs are in yuan. Where only the cost is known, leave the quantity empty.',
      '6. Do not merge cells. Formulas are taken by their value.',
      '7. One mistake, and nothing of the file is imported; each is named with its cell.',
    ],
    units: 'Units of each carrier',
    wrongUnit: 'Choose a unit of the list',
    wrongCarrier: 'Choose a carrier of the list',
    wrongNumber: 'Enter a number of at least 0',
  },
} as const;

/**
 * The book of a node as a workbook that can be filled in and imported again: a line for each account, vehicle
 * and carrier of each month, with what is entered already, and a sheet that explains it.
 * @param from first month, YYYY-MM; `to` the last one
 * @throws RangeError where there is no such node, or the workbook would be too long
 */
export async function templateOf(
  { estate, policy }: Pick<Sources, 'estate' | 'policy'>,
  node: string,
  from: string,
  to: string,
  language: TemplateLanguage = 'zh',
): Promise<Uint8Array> {
  const of = estate.node(node);
  if (!of) throw new RangeError(`no node ${JSON.stringify(node)}`);
  const lines: BookLine[] = [];
  let count = 0;
  for (let month = from; month <= to; month = monthAfter(month, 1)) {
    if (++count > TEMPLATE_MONTHS) throw new RangeError(`a workbook has at most ${TEMPLATE_MONTHS} months`);
    lines.push(...linesOf(estate, policy, node, month));
  }
  if (lines.length > WORKBOOK_ROWS) {
    throw new RangeError(
      `a workbook has at most ${WORKBOOK_ROWS} lines; choose a node further down or fewer months`,
    );
  }
  const { Workbook } = await import('@cj-tech-master/excelts');
  const workbook = new Workbook();
  const w = WORDS[language];
  const sheet = workbook.addWorksheet(w.sheet, {
    views: [{ state: 'frozen', ySplit: HEAD_ROW, xSplit: 4 }],
    pageSetup: { paperSize: 9, orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
  });
  sheet.getCell(1, 1).value = w.title(of.name, from, to);
  sheet.getCell(1, 1).font = { bold: true, size: 14 };
  sheet.getCell(2, 1).value = w.hint;
  COLUMNS.forEach(({ width, [language]: head }, i) => {
    sheet.getColumn(i + 1).width = width;
    const cell = sheet.getCell(HEAD_ROW, i + 1);
    cell.value = head;
    cell.font = { bold: true };
    cell.fill = HEAD_FILL;
    cell.border = { bottom: { style: 'thin' } };
  });
  lines.forEach((line, i) => {
    const cells = cellsOf(line, estate.node(line.key.node)?.name ?? '', language);
    COLUMNS.forEach(({ key }, c) => {
      const value = cells[key];
      if (value !== null) sheet.getCell(HEAD_ROW + 1 + i, c + 1).value = value;
    });
  });
  addLists(workbook, sheet, lines.length + SPARE_ROWS, language);
  addHelp(workbook, language);
  return workbook.xlsx.writeBuffer();
}

function cellsOf(
  { key, account, vehicle, entry }: BookLine,
  name: string,
  language: TemplateLanguage,
): Record<ColumnKey, string | number | null> {
  return {
    node: key.node,
    name,
    month: key.month,
    carrier: CARRIER_NAMES[key.carrier][language],
    account: account?.number ?? vehicle?.plate ?? key.account ?? key.vehicle,
    unit: entry?.unit ?? bookUnit(key.carrier),
    quantity: entry?.quantity ?? null,
    cost: entry?.cost ?? null,
    period_from: entry?.period?.from ?? null,
    period_to: entry?.period?.to ?? null,
    meter_number: (entry ? entry.meterNumber : account?.meterNumber) ?? null,
    collected_by: entry?.collectedBy ?? null,
    collected_on: entry?.collectedOn ?? null,
    note: entry?.note ?? null,
  };
}

/** Lists to choose carriers and units from, and a lower bound for numbers. */
function addLists(workbook: Workbook, sheet: Worksheet, rows: number, language: TemplateLanguage): void {
  const w = WORDS[language];
  const lists = workbook.addWorksheet(w.lists, { state: 'hidden' });
  const carriers = BOOK_CARRIERS.map((c) => CARRIER_NAMES[c][language]);
  const units = [...new Set(Object.values(BOOK_UNITS).flat())];
  carriers.forEach((name, i) => {
    lists.getCell(i + 1, 1).value = name;
  });
  units.forEach((name, i) => {
    lists.getCell(i + 1, 2).value = name;
  });
  const at = (key: ColumnKey): number => COLUMNS.findIndex((c) => c.key === key) + 1;
  const listOf = (column: string, count: number, error: string): DataValidation => ({
    type: 'list',
    allowBlank: true,
    showErrorMessage: true,
    error,
    formulae: [`'${w.lists}'!$${column}$1:$${column}$${count}`],
  });
  for (let row = HEAD_ROW + 1; row <= HEAD_ROW + rows; row++) {
    sheet.getCell(row, at('carrier')).dataValidation = listOf('A', carriers.length, w.wrongCarrier);
    sheet.getCell(row, at('unit')).dataValidation = listOf('B', units.length, w.wrongUnit);
    for (const key of ['quantity', 'cost'] as const) {
      const cell = sheet.getCell(row, at(key));
      cell.numFmt = key === 'cost' ? '#,##0.00' : '#,##0.###';
      cell.dataValidation = {
        type: 'decimal',
        operator: 'greaterThanOrEqual',
        allowBlank: true,
        showErrorMessage: true,
        error: w.wrongNumber,
        formulae: [0],
      };
    }
  }
}

function addHelp(workbook: Workbook, language: TemplateLanguage): void {
  const w = WORDS[language];
  const help = workbook.addWorksheet(w.help);
  help.getColumn(1).width = 90;
  help.getColumn(2).width = 30;
  w.lines.forEach((line, i) => {
    help.getCell(i + 1, 1).value = line;
  });
  const first = w.lines.length + 2;
  help.getCell(first, 1).value = w.units;
  help.getCell(first, 1).font = { bold: true };
  BOOK_CARRIERS.forEach((carrier, i) => {
    help.getCell(first + 1 + i, 1).value = CARRIER_NAMES[carrier][language];
    help.getCell(first + 1 + i, 2).value = BOOK_UNITS[carrier].join('、');
  });
}
