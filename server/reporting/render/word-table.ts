import {
  AlignmentType,
  Paragraph,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  VerticalAlignTable,
  WidthType,
  Table as WordTable,
} from 'docx';
import type { Column, Row, Table } from '../model.ts';
import { cellText, isNumeric } from './figures.ts';
import type { TableLayout } from './layout.ts';
import { CELL_PADDING } from './layout.ts';
import { FONTS, TWIPS_PER_POINT } from './word-style.ts';

const HEAD_SHADE = 'EDF0ED';
const LINE = { style: 'single', size: 4, color: '5D6A63' } as const;
const BORDERS = {
  top: LINE,
  bottom: LINE,
  left: LINE,
  right: LINE,
  insideHorizontal: LINE,
  insideVertical: LINE,
};
/** A table of at most so many rows stays on one page. */
const TOGETHER = 8;
const SIDE = (CELL_PADDING / 2) * TWIPS_PER_POINT;

type Align = (typeof AlignmentType)[keyof typeof AlignmentType];

/**
 * The table with a head that repeats on each page, and rows that no page break divides.
 * @param followed whether notes follow, from which its end is not parted
 */
export function tableOf(table: Table, layout: TableLayout, followed: boolean): WordTable {
  const widths = layout.widths.map((points) => Math.round(points * TWIPS_PER_POINT));
  const last = table.rows.length - 1;
  const together = table.rows.length <= TOGETHER;
  const cell = (i: number, lines: TextRun[][], align: Align, keepNext: boolean, shade?: string): TableCell =>
    new TableCell({
      width: { size: widths[i] as number, type: WidthType.DXA },
      verticalAlign: VerticalAlignTable.CENTER,
      ...(shade && { shading: { type: 'clear', color: 'auto', fill: shade } }),
      children: lines.map((children) => new Paragraph({ alignment: align, keepNext, children })),
    });
  const size = layout.size * 2;
  const run = (
    text: string,
    more: { bold?: boolean; superScript?: boolean; heading?: boolean } = {},
  ): TextRun => {
    const { heading, ...style } = more;
    return new TextRun({ text, size, font: heading ? FONTS.heading : FONTS.table, ...style });
  };

  const head = new TableRow({
    tableHeader: true,
    cantSplit: true,
    children: table.columns.map((column, i) => {
      const lines = [[run(column.head, { heading: true })]];
      if (column.unit !== '') lines.push([run(column.unit)]);
      return cell(i, lines, AlignmentType.CENTER, true, HEAD_SHADE);
    }),
  });
  const rows = table.rows.map(
    (row, r) =>
      new TableRow({
        cantSplit: true,
        children: table.columns.map((column, i) => {
          const bold = row.kind === 'total';
          const mark = row.cells[column.key]?.mark;
          const runs = [run(cellText(row.cells[column.key], column), { bold })];
          if (mark) runs.push(run(mark, { superScript: true }));
          return cell(i, [runs], alignmentOf(row, column), r === last ? followed : together);
        }),
      }),
  );
  return new WordTable({
    rows: [head, ...rows],
    columnWidths: widths,
    width: { size: widths.reduce((a, b) => a + b, 0), type: WidthType.DXA },
    layout: TableLayoutType.FIXED,
    alignment: AlignmentType.CENTER,
    borders: BORDERS,
    margins: { left: SIDE, right: SIDE, top: 30, bottom: 30 },
  });
}

function alignmentOf(row: Row, column: Column): Align {
  if (!isNumeric(column)) return AlignmentType.LEFT;
  return typeof row.cells[column.key]?.value === 'number' ? AlignmentType.RIGHT : AlignmentType.CENTER;
}
