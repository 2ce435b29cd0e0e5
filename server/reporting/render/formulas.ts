import type { Column, Formula, Row, Table } from '../model.ts';

/** Live formulas of a workbook, for the cells that follow from others. */

/** As closely a formula must give the figure of the report again; what is left is the order of adding. */
const TOLERANCE = 1e-9;

/** Where a cell stands: letters of the column, number of the row in the sheet. */
export interface Places {
  letters: (columnIndex: number) => string;
  line: (rowIndex: number) => number;
}

/**
 * The formula of a cell, without `=`, or null where it has none. A formula is written only where it gives the
 * report's own figure: a share compared over months that both years know does not follow from the two sums
 * beside it, and a filed figure must not change when a spreadsheet computes.
 */
export function formulaOf(table: Table, rowIndex: number, column: Column, places: Places): string | null {
  const row = table.rows[rowIndex] as Row;
  const value = row.cells[column.key]?.value;
  if (typeof value !== 'number') return null;
  if (row.kind === 'total' && row.sums?.includes(column.key)) {
    return sumOver(table, column, value, places);
  }
  if (!column.formula) return null;
  const operands = column.formula.of.map((key) => row.cells[key]?.value);
  const known = operands.filter((v) => typeof v === 'number');
  // A sum adds what is known; everything else needs both.
  if (known.length === 0 || (known.length < operands.length && column.formula.op !== 'sum')) return null;
  if (!agrees(compute(column.formula.op, known), value)) return null;
  const references = column.formula.of.map((key) => {
    const at = table.columns.findIndex((c) => c.key === key);
    return `${places.letters(at)}${places.line(rowIndex)}`;
  });
  return expression(column.formula.op, references);
}

function sumOver(table: Table, column: Column, value: number, { letters, line }: Places): string | null {
  const at = letters(table.columns.indexOf(column));
  const ranges: [from: number, to: number][] = [];
  let sum = 0;
  for (const [i, row] of table.rows.entries()) {
    if (row.kind !== 'row') continue;
    const part = row.cells[column.key]?.value;
    if (typeof part === 'number') sum += part;
    const last = ranges.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else ranges.push([i, i]);
  }
  if (ranges.length === 0 || !agrees(sum, value)) return null;
  return `SUM(${ranges.map(([from, to]) => `${at}${line(from)}:${at}${line(to)}`).join(',')})`;
}

function compute(op: Formula['op'], of: readonly number[]): number {
  const [a, b] = of as [number, number];
  switch (op) {
    case 'ratio':
      return a / b;
    case 'change':
      return a / b - 1;
    case 'difference':
      return a - b;
    case 'product':
      return a * b;
    case 'sum':
      return of.reduce((x, y) => x + y, 0);
  }
}

function expression(op: Formula['op'], of: readonly string[]): string {
  const [a, b] = of as [string, string];
  switch (op) {
    case 'ratio':
      return `${a}/${b}`;
    case 'change':
      return `${a}/${b}-1`;
    case 'difference':
      return `${a}-${b}`;
    case 'product':
      return `${a}*${b}`;
    case 'sum':
      return `SUM(${of.join(',')})`;
  }
}

function agrees(computed: number, value: number): boolean {
  return Math.abs(computed - value) <= TOLERANCE * Math.max(1, Math.abs(value));
}
