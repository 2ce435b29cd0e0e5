import { Workbook } from '@cj-tech-master/excelts';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { SheetsBusyError, SheetsError, sheetsOf } from '../../server/bookkeeping/sheets.ts';

/** A thread in place of the process took the whole program with it now and then. */
const BOMBS = 3;
const BOUNDS = { rows: 100, columns: 8, bytes: 4 * 2 ** 20 };

async function workbook(change: (sheet: string) => string = (sheet) => sheet): Promise<Uint8Array> {
  const made = new Workbook();
  const sheet = made.addWorksheet('a');
  sheet.getCell('B2').value = 7;
  sheet.getCell('A3').value = ' 单位 ';
  sheet.mergeCells('A3:B3');
  const files = unzipSync(new Uint8Array(await made.xlsx.writeBuffer()));
  const path = 'xl/worksheets/sheet1.xml';
  return zipSync({ ...files, [path]: strToU8(change(strFromU8(files[path] as Uint8Array))) });
}

test('a workbook is read as far as its bounds go', async () => {
  const [sheet] = await sheetsOf({ content: await workbook(), ...BOUNDS });
  expect(sheet).toMatchObject({ name: 'a', rowCount: 3 });
  expect(sheet?.values).toEqual([
    [null, null],
    [null, 7],
    ['单位', '单位'],
  ]);
  // Row 2 of the third line, 8 places to each.
  expect([...(sheet?.merged ?? [])]).toEqual([2 * 8, 2 * 8 + 1]);
});

test('a small file that asks for a billion cells fails alone, and the next one is read', async () => {
  const bomb = await workbook((sheet) => sheet.replace('"A3:B3"', '"A1:XFD1048576"'));
  expect(bomb.length).toBeLessThan(10_000);
  const asked = sheetsOf({ content: bomb, ...BOUNDS });
  const next = sheetsOf({ content: await workbook(), ...BOUNDS });
  await expect(asked).rejects.toThrow(new SheetsError('the workbook takes too much memory to read'));
  expect((await next)[0]?.values[1]).toEqual([null, 7]);
});

test('several of them one after the other end no more than what reads them', async () => {
  const bomb = await workbook((sheet) => sheet.replace('"A3:B3"', '"A1:XFD1048576"'));
  for (let i = 0; i < BOMBS; i++) {
    await expect(sheetsOf({ content: bomb, ...BOUNDS })).rejects.toThrow('too much memory');
  }
  expect((await sheetsOf({ content: await workbook(), ...BOUNDS }))[0]?.values[1]).toEqual([null, 7]);
}, 120_000);

test('no more than eight wait', async () => {
  const content = new TextEncoder().encode('no workbook');
  const all = await Promise.allSettled(Array.from({ length: 9 }, () => sheetsOf({ content, ...BOUNDS })));
  const reasons = all.map((one) => one.status === 'rejected' && one.reason instanceof SheetsBusyError);
  expect(reasons.filter((busy) => busy)).toHaveLength(1);
  expect(all.every(({ status }) => status === 'rejected')).toBe(true);
  await expect(sheetsOf({ content, ...BOUNDS })).rejects.toThrow('no workbook');
});
