import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Workbook } from '@cj-tech-master/excelts';
import { expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `version: 1
timezone: Asia/Shanghai
nodes: [{ id: bureau, name: 市统计局, kind: institution }]
`;
const HEADS = ['单位编号', '月份', '能源品种', '计量单位', '用量', '费用（元）'];

async function workbook(file: string, rows: (string | number)[][]): Promise<string> {
  const book = new Workbook();
  const sheet = book.addWorksheet('台账');
  [HEADS, ...rows].forEach((row, r) => {
    row.forEach((value, c) => {
      sheet.getCell(r + 1, c + 1).value = value;
    });
  });
  writeFileSync(file, await book.xlsx.writeBuffer());
  return file;
}

test('a workbook is previewed, refused with its cells, entered, and comes out as CSV', async () => {
  const at = directory();
  const data = join(at, 'data');
  mkdirSync(data);
  expect((await jieneng(data, ['estate', 'apply', '-'], ESTATE)).code).toBe(0);
  const of = ['--node', 'bureau', '--by', '王五'];
  const wrong = await workbook(join(at, 'wrong.xlsx'), [
    ['bureau', '2025-01', '柴油', 'L', 100, 750],
    ['bureau', '2025-02', '柴油', '吨', '许多', 750],
  ]);
  const refused = await jieneng(data, ['book', 'import', wrong, ...of]);
  expect(refused.code).toBe(1);
  expect(refused.err.split('\n').slice(0, 1)).toEqual(['台账!E3: "许多" is not a number']);
  const right = await workbook(join(at, 'right.xlsx'), [
    ['bureau', '2025-01', '柴油', 'L', 100, 750],
    ['bureau', '2025-01', '煤', 't', 1.5, 1200],
  ]);
  expect(await jieneng(data, ['book', 'import', right, ...of, '--preview'])).toMatchObject({
    code: 0,
    err: '2 rows: 2 would be entered, 0 unchanged\n',
  });
  expect((await jieneng(data, ['book', 'import', right, ...of])).err).toBe(
    '2 rows: 2 entered, 0 unchanged\n',
  );
  const range = ['--node', 'bureau', '--from', '2025-01', '--to', '2025-01'];
  // 1.5 t are 1,500 kg; 1,200 ÷ 1,500 and 750 ÷ 100 yuan.
  expect((await jieneng(data, ['book', 'export', ...range])).out).toBe(
    'node,month,carrier,quantity,unit,booked,completeness,cost,price,origin\n' +
      'bureau,2025-01,coal,1500,kg,1500,1,1200,0.8,booked\n' +
      'bureau,2025-01,diesel,100,L,100,1,750,7.5,booked\n',
  );
  const template = await jieneng(data, ['book', 'template', ...range]);
  expect(template.code).toBe(0);
  expect(template.out.startsWith('PK')).toBe(true);
});
