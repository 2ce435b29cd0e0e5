import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CODES, PARTS } from '../../server/operations/health.ts';
import { Metrics } from '../../server/operations/metrics.ts';
import { FACTS } from './facts.ts';

const CERTIFICATE = { subject: 'CN=a', validTo: 0, daysLeft: 1, error: null };
const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
/** Cells of the table below a heading. */
const rows = (heading: string): string[][] =>
  (guide.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| -'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

test('the guide lists every metric with its kind and labels, and no other', async () => {
  const metrics = new Metrics({ version: '1', engine: { engine: 'duckdb', version: '1' } }, 0);
  metrics.request('GET', '/api/v1/tree', 200, 0.01);
  metrics.operation('write', 0.01, true);
  const loop = { p50: 0, p99: 0, max: 0 };
  const text = await metrics.text(FACTS, {
    ...{ storeUp: true, catalogueUp: true, parts: [{ part: 'disk', state: 'ok' }] },
    ...{ loop, diskFree: 1, certificate: CERTIFICATE },
  });
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const labels = new Map<string, string>();
  for (const [, sample = '', list] of text.matchAll(/^([a-z_0-9]+)\{([^}]*)\}/gm)) {
    const family = kinds.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, '');
    const names = [...(list ?? '').matchAll(/([a-z_]+)="/g)].map(([, n]) => n).filter((n) => n !== 'le');
    if (names.length > 0) labels.set(family, `{${names.join()}}`);
  }
  const there = [...kinds].map(([name, kind]) => `${name}${labels.get(name ?? '') ?? ''} ${kind}`);
  const listed = rows('What to watch')
    .slice(1)
    .map(([, name, kind]) => `${name?.replaceAll('`', '')} ${kind}`);
  expect(there.length).toBeGreaterThan(40);
  expect(listed.sort()).toEqual(there.sort());
});

test('the guide lists every part and code, and no other', () => {
  const table = rows('Is it well').filter(([, , code]) => /^`[a-z]+_[a-z_]+`$/.test(code ?? ''));
  const codes = table.map(([, , code]) => code?.replaceAll('`', ''));
  expect(codes.sort()).toEqual(
    Object.keys(CODES)
      .filter((code) => code !== 'ok')
      .sort(),
  );
  const parts = table.flatMap(([, part]) => (part ? [part.replaceAll('`', '')] : []));
  expect(parts.sort()).toEqual([...PARTS].sort());
});
