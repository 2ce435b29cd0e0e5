import { expect, test } from 'vitest';
import type { Report } from '../../server/reporting/model.ts';
import { cellText } from '../../server/reporting/render/figures.ts';
import { furnished } from './furnished.ts';

const ASKED = 'node=gov&month=2026-11';

test('a report is answered as data, as a page that runs nothing, and as downloads with a Chinese name', async () => {
  const r = await furnished();
  const { status, body } = await r.get(`/api/v1/reports/monthly?${ASKED}`);
  expect(status).toBe(200);
  const report = body as Report;
  expect(report).toMatchObject({ kind: 'monthly', language: 'zh', month: '2026-11', node: { id: 'gov' } });

  const page = await r.app.request(`/api/v1/reports/monthly?${ASKED}&as=html`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain(report.title.slice(0, 6));
  const tables = report.sections.flatMap((s) => s.blocks).filter((b) => b.kind === 'table');
  expect(tables.length).toBeGreaterThan(0);
  for (const table of tables) {
    for (const { cells } of table.rows) {
      for (const column of table.columns) expect(html).toContain(cellText(cells[column.key], column));
    }
  }

  const disposition = `filename="monthly-gov-2026-11.docx"; filename*=UTF-8''${encodeURIComponent(report.title)}.docx`;
  const word = await r.app.request(`/api/v1/reports/monthly?${ASKED}&as=docx`);
  expect(word.headers.get('content-disposition')).toBe(`attachment; ${disposition}`);
  // A zip archive, as both formats are.
  expect([...new Uint8Array(await word.arrayBuffer()).subarray(0, 2)]).toEqual([0x50, 0x4b]);
  const workbook = await r.app.request(`/api/v1/reports/monthly?${ASKED}&as=xlsx`);
  expect([...new Uint8Array(await workbook.arrayBuffer()).subarray(0, 2)]).toEqual([0x50, 0x4b]);
});

test('what cannot be reported is refused with the field that is wrong', async () => {
  const r = await furnished();
  const cases = [
    ['monthly?node=nobody&month=2026-11', 404, 'node'],
    ['monthly?node=gov&month=2026-13', 400, 'month'],
    ['monthly?node=gov&month=2027-01', 400, 'month'],
    ['weekly?node=gov&month=2026-11', 400, 'kind'],
    ['monthly?node=gov&month=2026-11&as=pdf', 400, 'as'],
    ['monthly?node=gov&month=2026-11&language=fr', 400, 'language'],
  ] as const;
  for (const [path, status, field] of cases) {
    const answer = await r.get(`/api/v1/reports/${path}`);
    expect(answer.status, path).toBe(status);
    expect(answer.body, path).toMatchObject({ errors: [{ path: field }] });
  }
});
