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
const SMALL_SIZES = [10.5, 9, 8, 7.5, 6.5, 5.5];
/** Left and right of the text in a cell together, points. */
export const CELL_PADDING = 6;

/** A text longer than this, in em, is not given a line of its own. */
const LONG = 16;

/** Totals are bold, and so wider. */
const BOLD = 1.12;

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
    for (const { kind, cells } of table.rows) {
      const cell = cells[column.key];
      const text = cellText(cell, column) + (cell?.mark ?? '');
      const figure = numeric && typeof cell?.value === 'number';
      const width = ems(text) * (kind === 'total' ? BOLD : 1);
      least = Math.max(least, figure ? width : breakable(text, 4));
      best = Math.max(best, Math.min(width, LONG));
    }
    return { least, best: Math.max(least, best) };
  });
  const needed = (size: number): number =>
    needs.reduce((all, { least }) => all + least * size + CELL_PADDING, 0);
  const upright = SIZES.find((size) => needed(size) <= PORTRAIT);
  const size = upright ?? SMALL_SIZES.find((s) => needed(s) <= LANDSCAPE) ?? 5;
  const width = upright ? PORTRAIT : LANDSCAPE;
  return { landscape: upright === undefined, size, widths: shareOut(needs, size, width) };
}

/** What is left after the least widths: to the modest wishes first, and what nobody wishes for to all alike. */
function shareOut(needs: readonly { least: number; best: number }[], size: number, width: number): number[] {
  const widths = needs.map((n) => n.least * size + CELL_PADDING);
  const needed = widths.reduce((a, b) => a + b, 0);
  if (needed >= width) return widths.map((w) => (w * width) / needed);
  let left = width - needed;
  const wishes = needs
    .map((n, i) => ({ i, wish: (n.best - n.least) * size }))
    .sort((a, b) => a.wish - b.wish);
  for (const [done, { i, wish }] of wishes.entries()) {
    const granted = Math.min(wish, left / (wishes.length - done));
    widths[i] = (widths[i] as number) + granted;
    left -= granted;
  }
  return widths.map((w) => w + left / widths.length);
}

/**
 * Width of the text in em, rather too much than too little: where Times New Roman is missing, the font that
 * stands in for it is wider.
 */
export function ems(text: string): number {
  let width = 0;
  for (const c of text) {
    if (c.charCodeAt(0) > 0x2e7f) width += 1;
    else width += NARROW.has(c) ? 0.34 : c >= '0' && c <= '9' ? 0.64 : WIDE.has(c) ? 0.9 : 0.62;
  }
  return width;
}

const NARROW = new Set(" .,:;'!|ijlft()[]/");
const WIDE = new Set('ABCDEFGHKMNOPQRUVWXYwm%—@−+');

/** Width that a text needs at least, em: its longest Latin word, and as many Chinese characters in a line. */
function breakable(text: string, characters: number): number {
  const words = text.split(/[\s\u2e80-\uffff]+/).map(ems);
  return Math.max(Math.min(ems(text), characters), ...words);
}
