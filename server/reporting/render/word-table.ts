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
import { CELL_PADDING, TOGETHER } from './layout.ts';
import { cellStyles, TWIPS_PER_POINT } from './word-style.ts';

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
  const styles = cellStyles(layout.size);
  const cell = (i: number, children: Paragraph[], shade?: string): TableCell =>
    new TableCell({
      width: { size: widths[i] as number, type: WidthType.DXA },
      verticalAlign: VerticalAlignTable.CENTER,
      ...(shade && { shading: { type: 'clear', color: 'auto', fill: shade } }),
      children,
    });

  const head = new TableRow({
    tableHeader: true,
    cantSplit: true,
    children: table.columns.map((column, i) => {
      const lines = column.unit === '' ? [column.head] : [column.head, column.unit];
      return cell(
        i,
        lines.map((text) => new Paragraph({ text, style: styles.head })),
        HEAD_SHADE,
      );
    }),
  });
  const rows = table.rows.map(
    (row, r) =>
      new TableRow({
        cantSplit: true,
        children: table.columns.map((column, i) => {
          const text = cellText(row.cells[column.key], column);
          const bold = row.kind === 'total';
          const mark = row.cells[column.key]?.mark;
          const children = [new TextRun(bold ? { text, bold } : text)];
          if (mark) children.push(new TextRun({ text: mark, bold, superScript: true }));
          // No page has one row of a table alone.
          const keepNext = r === last ? followed : together || r === 0 || r >= last - 2;
          const alignment = alignmentOf(row, column);
          return cell(i, [
            new Paragraph({
              style: styles.cell,
              ...(alignment && { alignment }),
              ...(keepNext && { keepNext }),
              children,
            }),
          ]);
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

/** Left where there is none. */
function alignmentOf(row: Row, column: Column): Align | null {
  if (!isNumeric(column)) return null;
  return typeof row.cells[column.key]?.value === 'number' ? AlignmentType.RIGHT : AlignmentType.CENTER;
}
