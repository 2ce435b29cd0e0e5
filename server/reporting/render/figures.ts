import type { Cell, Column, ColumnFormat } from '../model.ts';

/** Figures as all renderings of a report write them, so that they agree to the digit. */

/** What stands where nothing is known and nothing says why. */
export const NOTHING = '—';

const formats = new Map<string, Intl.NumberFormat>();

/**
 * The number as its column writes it: 86,420.5 · 12.3 % · +4.2 %, with a true minus sign.
 * It is rounded in decimal and half away from zero, as spreadsheets do: 1.005 with two digits is 1.01.
 */
export function figure(value: number, format: ColumnFormat): string {
  if (format.type === 'text') return String(value);
  const text = formatOf(format.type, format.digits).format(decimal(value));
  return (format.type === 'number' ? text : text.replace('%', ' %')).replace('-', '−');
}

/** What a cell shows, without its mark; a column that a row says nothing of stays blank. */
export function cellText(cell: Cell | undefined, column: Column): string {
  if (!cell) return '';
  const { value, lack } = cell;
  if (typeof value === 'number') return figure(value, column.format);
  return value ?? lack ?? (column.format.type === 'text' ? '' : NOTHING);
}

/** A text whose figures stay in one line with their sign or unit. */
export function glued(text: string): string {
  return text.replaceAll(/(\d) (?=[%A-Za-z])/g, '$1\u00a0');
}

/** Whether the column's cells are figures, set to the right. */
export function isNumeric(column: Column): boolean {
  return column.format.type !== 'text';
}

/** The number as 15 significant digits, which is what a spreadsheet sees of it. */
function decimal(value: number): Intl.StringNumericLiteral {
  return value.toPrecision(15) as Intl.StringNumericLiteral;
}

function formatOf(type: 'number' | 'share' | 'change', digits: number): Intl.NumberFormat {
  const key = `${type}:${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      style: type === 'number' ? 'decimal' : 'percent',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: type === 'change' ? 'exceptZero' : 'negative',
    });
    formats.set(key, format);
  }
  return format;
}
