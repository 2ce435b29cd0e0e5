import type { Column, Table } from '../model.ts';
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
/** A brief is no document of that standard; it has to fit on one page. */
export const BRIEF_PAGE = { ...PAGE, top: 24, bottom: 24 } as const;

const POINTS_PER_MM = 72 / 25.4;
const PORTRAIT = (PAGE.width - PAGE.left - PAGE.right) * POINTS_PER_MM;
const LANDSCAPE = (PAGE.height - PAGE.top - PAGE.bottom) * POINTS_PER_MM;
/** Of the text in a table, points: 五号, 小五, …, 六号. */
const SIZES = [10.5, 9, 8, 7.5];
const SMALL_SIZES = [9, 8, 7.5, 6.5, 5.5];
const LEAST_SIZE = 5;
/** A table of at most so many rows stays on one page. */
export const TOGETHER = 8;
/** Every size that a table may be set in, points. */
export const TABLE_SIZES = [...new Set([...SIZES, ...SMALL_SIZES, LEAST_SIZE])];
/** Left and right of the text in a cell together, points. */
export const CELL_PADDING = 6;

/** A text longer than this, in em, is not given a line of its own. */
const LONG = 16;

/** Em that a name gets before the text of the table is made smaller. */
const COMFORT = 7;

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
  const needs = table.columns.map((column) => needOf(table, column));
  const fits = (size: number, room: number, wish: 'least' | 'comfort'): boolean =>
    needs.reduce((all, need) => all + need[wish] * size + CELL_PADDING, 0) <= room;
  // Rather somewhat smaller than names in crumbs, rather crumbs than a page across.
  const upright =
    SIZES.find((size) => fits(size, PORTRAIT, 'comfort')) ??
    SIZES.slice(1).find((size) => fits(size, PORTRAIT, 'least'));
  const across =
    SIZES.find((size) => fits(size, LANDSCAPE, 'comfort')) ??
    SMALL_SIZES.find((size) => fits(size, LANDSCAPE, 'least')) ??
    LEAST_SIZE;
  const landscape = upright === undefined;
  const size = upright ?? across;
  return { landscape, size, widths: shareOut(needs, size, landscape ? LANDSCAPE : PORTRAIT) };
}

/** Of a column, in em. */
interface Need {
  /** With this nothing is cut that must not be. */
  least: number;
  /** With this names stand in a line or two. */
  comfort: number;
  /** With this everything but long texts stands in one line. */
  best: number;
}

function needOf(table: Table, column: Column): Need {
  const numeric = isNumeric(column);
  const head = Math.max(breakable(column.head, 2), breakable(column.unit, 4));
  const need = { least: head, comfort: head, best: Math.max(head, Math.min(ems(column.head), 5)) };
  for (const { kind, cells } of table.rows) {
    const cell = cells[column.key];
    const text = cellText(cell, column) + (cell?.mark ?? '');
    const figure = numeric && typeof cell?.value === 'number';
    const width = ems(text) * (kind === 'total' ? BOLD : 1);
    need.least = Math.max(need.least, figure ? width : breakable(text, 4));
    need.comfort = Math.max(
      need.comfort,
      figure ? width : breakable(text, Math.min(width, Math.max(COMFORT, width / 2))),
    );
    need.best = Math.max(need.best, Math.min(width, LONG));
  }
  need.comfort = Math.max(need.least, Math.min(need.comfort, LONG));
  need.best = Math.max(need.comfort, need.best);
  return need;
}

/** What is left after the least widths: to the modest wishes first, and what nobody wishes for to all alike. */
function shareOut(needs: readonly Need[], size: number, width: number): number[] {
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
    else width += NARROW.has(c) ? 0.36 : c >= '0' && c <= '9' ? 0.64 : WIDE.has(c) ? 1 : 0.66;
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
