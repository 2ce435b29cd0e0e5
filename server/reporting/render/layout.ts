import type { Table } from '../model.ts';
import { cellText, isNumeric } from './figures.ts';

/** How a table is set on paper, for the forms that have pages. */

/** A4 with the margins of GB/T 9704-2012, in mm. */
export const PAGE = {
  width: 210,
  height: 297,
  top: 37,
  right: 26,
  bottom: 35,
  left: 28,
} as const;

const POINTS_PER_MM = 72 / 25.4;
const PORTRAIT = (PAGE.width - PAGE.left - PAGE.right) * POINTS_PER_MM;
const LANDSCAPE = (PAGE.height - PAGE.top - PAGE.bottom) * POINTS_PER_MM;
/** Of the text in a table, points: 五号, 小五 and below. */
const SIZES = [10.5, 9, 8];
const SMALL_SIZES = [10.5, 9, 8, 7, 6.5];
/** Left and right of the text in a cell together, points. */
export const CELL_PADDING = 6;

export interface TableLayout {
  /** Whether it takes a page across. */
  landscape: boolean;
  /** Size of the text, points. */
  size: number;
  /** Of each column, points; together the width of the text of the page. */
  widths: number[];
}

/** Figures are never broken; names are where they must, and the page is turned when nothing else helps. */
export function layOut(table: Table): TableLayout {
  const needs = table.columns.map((column): { least: number; best: number } => {
    const numeric = isNumeric(column);
    let least = Math.max(breakable(column.head, 2), ems(column.unit));
    let best = Math.max(least, Math.min(ems(column.head), 5));
    for (const { cells } of table.rows) {
      const cell = cells[column.key];
      const text = cellText(cell, column) + (cell?.mark ?? '');
      const figure = numeric && typeof cell?.value === 'number';
      least = Math.max(least, figure ? ems(text) : breakable(text, 4));
      best = Math.max(best, ems(text));
    }
    return { least, best: Math.max(least, best) };
  });
  const needed = (size: number): number =>
    needs.reduce((all, { least }) => all + least * size + CELL_PADDING, 0);
  const upright = SIZES.find((size) => needed(size) <= PORTRAIT);
  const size = upright ?? SMALL_SIZES.find((s) => needed(s) <= LANDSCAPE) ?? 6.5;
  const width = upright ? PORTRAIT : LANDSCAPE;
  return { landscape: upright === undefined, size, widths: shareOut(needs, size, width) };
}

/** What is left after the least widths goes to those that would like more, then to all alike. */
function shareOut(needs: readonly { least: number; best: number }[], size: number, width: number): number[] {
  const least = needs.map((n) => n.least * size + CELL_PADDING);
  const wanted = needs.map((n) => (n.best - n.least) * size);
  const left = width - least.reduce((a, b) => a + b, 0);
  const wish = wanted.reduce((a, b) => a + b, 0);
  if (left <= 0) return least.map((w) => (w * width) / (width - left));
  const granted = wish > 0 ? Math.min(1, left / wish) : 0;
  const rest = (left - granted * wish) / needs.length;
  return least.map((w, i) => w + granted * (wanted[i] as number) + rest);
}

/** Width of the text in em. A Chinese character takes one, others a little more than half. */
export function ems(text: string): number {
  let width = 0;
  for (const c of text) width += c.charCodeAt(0) > 0x2e7f ? 1 : /[A-Z%@mW]/.test(c) ? 0.8 : 0.53;
  return width;
}

/** Width that a text needs at least, em: its longest Latin word, and as many Chinese characters in a line. */
function breakable(text: string, characters: number): number {
  const words = text.split(/[\s\u2e80-\uffff]+/).map(ems);
  return Math.max(Math.min(ems(text), characters), ...words);
}
