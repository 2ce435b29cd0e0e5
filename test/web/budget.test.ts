import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Manifest } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

const KB = 1024;
const path = (name: string): string => new URL(name, import.meta.url).pathname;
let out = '';
let manifest: Manifest = {};

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'jieneng-web-'));
  // A process of its own: under the test runner's NODE_ENV Svelte would build for development.
  execFileSync(
    process.execPath,
    [
      path('../../node_modules/vite/bin/vite.js'),
      'build',
      '--config',
      path('../../web/vite.config.ts'),
      '--outDir',
      out,
    ],
    { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'pipe', timeout: 100_000 },
  );
  manifest = JSON.parse(readFileSync(join(out, '.vite/manifest.json'), 'utf8')) as Manifest;
});

afterAll(() => rmSync(out, { recursive: true, force: true }));

/** The files that a page fetches before it can start: an entry and what it imports statically. */
function needed(...entries: string[]): Set<string> {
  const files = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`the manifest has no ${key}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const inner of chunk.imports ?? []) visit(inner);
  };
  for (const entry of entries) visit(entry);
  return files;
}

const gzipped = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file))).length, 0);

it('keeps shell and first view within 60 KB of JavaScript before charts', () => {
  for (const catalogue of ['zh', 'en']) {
    const shell = needed('index.html', 'src/views/Overview.svelte', `src/lib/i18n/${catalogue}.ts`);
    expect(gzipped(shell)).toBeGreaterThan(10 * KB);
    expect(gzipped(shell)).toBeLessThanOrEqual(60 * KB);
  }
});

it('keeps the chart chunk within 240 KB', () => {
  const shell = needed('index.html', 'src/views/Overview.svelte');
  const charts = [...needed('src/lib/charts/echarts.ts')].filter((file) => !shell.has(file));
  expect(gzipped(charts)).toBeGreaterThan(50 * KB);
  expect(gzipped(charts)).toBeLessThanOrEqual(240 * KB);
});

it('leaves no script in the page itself, for a policy that allows none', () => {
  const html = readFileSync(join(out, 'index.html'), 'utf8');
  for (const [tag, body] of [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((m) => [
    m[0],
    m[1],
  ])) {
    expect(tag).toMatch(/<script\b[^>]*\bsrc="/);
    expect(body).toBe('');
  }
  expect(html).not.toMatch(/\son\w+=/);
});
