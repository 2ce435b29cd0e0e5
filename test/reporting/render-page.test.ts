import { expect, test } from 'vitest';
import type { Report, Table } from '../../server/reporting/model.ts';
import { cellText } from '../../server/reporting/render/figures.ts';
import { renderForms } from '../../server/reporting/render/forms.ts';
import { readPage } from './read-documents.ts';
import { sampleReport } from './sample.ts';

async function page(report: Report): Promise<string> {
  return new TextDecoder().decode((await renderForms(report, ['html'])).html);
}

test('every figure is on the page, in its row and column', async () => {
  const report = sampleReport();
  const html = await page(report);
  const expected = report.sections
    .flatMap((s) => s.blocks)
    .filter((b): b is Table => b.kind === 'table')
    .map(({ columns, rows }) =>
      rows.map(({ cells }) => columns.map((c) => cellText(cells[c.key], c) + (cells[c.key]?.mark ?? ''))),
    );
  expect(readPage(html)).toEqual(expected);
});

test('it is a page of meaning that needs and runs nothing', async () => {
  const html = await page(sampleReport());
  expect(html).toMatch(/^<!doctype html>\n<html lang="zh-CN">/);
  expect(html).not.toMatch(/<script|<link|<img|src=|@import|url\((?!#)/);
  expect(html.match(/<h1>/g)).toHaveLength(1);
  expect(html.match(/<h2 /g)).toHaveLength(5);
  expect(html.match(/<caption /g)).toHaveLength(3);
  expect(html.match(/<th scope="col">/g)).toHaveLength(9 + 7 + 14);
  expect(html.match(/<svg role="img" aria-label="[^"]+"/g)).toHaveLength(4);
  expect(html.match(/<figcaption>/g)).toHaveLength(4);
  expect(html).toContain('@page { size: A4;');
  // Ids of clip paths and sections are unique on the page.
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('what people wrote is text and never markup', async () => {
  const evil = '<img src=x onerror="alert(1)"> & co';
  const html = await page(
    sampleReport({
      title: evil,
      issuer: evil,
      number: evil,
      sections: [
        {
          id: 's',
          heading: evil,
          blocks: [
            { kind: 'paragraph', text: evil },
            { kind: 'list', items: [evil] },
            {
              kind: 'table',
              id: 't',
              caption: evil,
              columns: [{ key: 'a', head: evil, unit: evil, format: { type: 'text' } }],
              rows: [{ kind: 'row', cells: { a: { value: evil, mark: evil } } }],
              notes: [evil],
            },
            {
              kind: 'chart',
              id: 'c',
              caption: evil,
              form: 'bar',
              unit: evil,
              categories: [evil],
              series: [
                { name: evil, values: [1] },
                { name: 'b', values: [2] },
              ],
              description: evil,
            },
          ],
        },
      ],
      signature: { people: [{ role: evil, name: evil }], date: evil },
    }),
  );
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; co');
});
