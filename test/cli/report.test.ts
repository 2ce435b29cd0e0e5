import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Report } from '../../server/reporting/model.ts';
import { readWord } from '../reporting/read-documents.ts';
import { directory } from '../support/directory.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `version: 1
timezone: Asia/Shanghai
nodes:
  - { id: gov, name: 行政中心, kind: institution }
`;
const ASKED = ['--node', 'gov', '--month', '2026-01'];

test('a report is written to a file or to stdout, and what is asked wrongly is named', async () => {
  const [data, out] = [join(directory(), 'data'), join(directory(), 'report.docx')];
  mkdirSync(data);
  expect((await jieneng(data, ['estate', 'apply', '-'], ESTATE)).code).toBe(0);

  const json = await jieneng(data, ['report', ...ASKED, '--as', 'json', '--out', '-']);
  expect(json.code, json.err).toBe(0);
  const report = JSON.parse(json.out) as Report;
  expect(report).toMatchObject({ kind: 'monthly', node: { id: 'gov', name: '行政中心' }, month: '2026-01' });

  const written = await jieneng(data, ['report', ...ASKED, '--head', 'red', '--out', out]);
  expect(written).toEqual({ code: 0, out: '', err: `${out} written\n` });
  expect(readWord(readFileSync(out)).paragraphs.join('')).toContain(report.title);

  const nowhere = await jieneng(data, ['report', ...ASKED, '--out', join(out, 'inside.docx')]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.err).toContain('inside.docx');
  const nobody = await jieneng(data, ['report', '--node', 'nobody', '--month', '2026-01', '--out', '-']);
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain('nobody');
  expect((await jieneng(data, ['report', ...ASKED, '--kind', 'weekly'])).code).toBe(2);
});
