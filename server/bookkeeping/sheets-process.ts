import { Workbook, type Worksheet } from '@cj-tech-master/excelts';
import { plainOf } from './cells.ts';
import type { Bounds, Sheet, SheetsAnswer, SheetsTask } from './sheets.ts';
import { UnpackError, unpack } from './unpack.ts';

/** The process that reads workbooks, one after the other. */
process.on('message', (task: SheetsTask) => {
  void answer(task).then((read) => process.send?.(read));
});
process.on('disconnect', () => process.exit());

async function answer({ content, ...bounds }: SheetsTask): Promise<SheetsAnswer> {
  try {
    const workbook = new Workbook();
    const files = await unpack(content, bounds.bytes);
    // One row more than is taken, so that a longer file is noticed.
    await workbook.xlsx.loadFromFiles(files, { maxRows: bounds.rows + 1, maxCols: bounds.columns });
    return { sheets: workbook.worksheets.map((sheet) => sheetOf(sheet, bounds)) };
  } catch (error) {
    const why = error instanceof UnpackError ? `: ${error.message}` : ' that can be read';
    return { unreadable: `the file is no workbook (.xlsx)${why}` };
  }
}

function sheetOf(sheet: Worksheet, { rows, columns }: Bounds): Sheet {
  const values: Sheet['values'] = [];
  const merged = new Set<number>();
  const [height, width] = [Math.min(rows, sheet.rowCount), Math.min(columns, sheet.columnCount)];
  for (let row = 0; row < height; row++) {
    const line: Sheet['values'][number] = [];
    for (let column = 0; column < width; column++) {
      const cell = sheet.getCell(row + 1, column + 1);
      line.push(plainOf(cell.value));
      if (cell.isMerged) merged.add(row * columns + column);
    }
    values.push(line);
  }
  return { name: sheet.name, rowCount: sheet.rowCount, values, merged };
}
