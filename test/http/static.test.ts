import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ESTATE } from './estate.ts';
import { buildWeb, rig } from './rig.ts';

test('without a built dashboard the page says how to build it', async () => {
  const r = await rig(ESTATE);
  const { status, body } = await r.get('/');
  expect(status).toBe(503);
  expect(body).toContain('npm run build');
});

test('hashed assets stay, pages are asked for again, scripts are our own', async () => {
  const r = await rig(ESTATE);
  buildWeb(r.deps.webRoot);
  const page = await r.app.request('/');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const asset = await r.app.request('/assets/index-abc123.js');
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(await asset.text()).toBe('export {};');

  const tag = page.headers.get('etag') as string;
  const again = await r.app.request('/', { headers: { 'if-none-match': tag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
  writeFileSync(join(r.deps.webRoot, 'index.html'), 'changed page');
  utimesSync(join(r.deps.webRoot, 'index.html'), new Date(), new Date(1e12));
  expect((await r.app.request('/', { headers: { 'if-none-match': tag } })).status).toBe(200);
});

test('every address of a view is the dashboard; a missing file is not', async () => {
  const r = await rig(ESTATE);
  buildWeb(r.deps.webRoot);
  for (const path of ['/building', '/meters/gov-main', '/%E6%A6%82%E8%A7%88?node=gov']) {
    const { status, body } = await r.get(path);
    expect([path, status, body]).toEqual([path, 200, '<!doctype html><title>jieneng</title>']);
  }
  expect((await r.get('/assets/gone.js')).status).toBe(404);
  expect((await r.get('/assets')).body).toBe('<!doctype html><title>jieneng</title>');
  const head = await r.app.request('/theme.js', { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '8', '']);
});

test('a backup is not put where everybody may fetch it, and what lies there is no part of the dashboard', async () => {
  const r = await rig(ESTATE);
  buildWeb(r.deps.webRoot);
  const link = join(r.deps.webRoot, '..', 'elsewhere');
  symlinkSync(r.deps.webRoot, link);
  for (const directory of [
    r.deps.webRoot,
    join(r.deps.webRoot, 'assets', 'copy'),
    `${r.deps.webRoot}/x/../assets/copy/again`,
    join(link, 'copy'),
  ]) {
    const answer = await r.app.request('/api/v1/backup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ directory }),
    });
    expect.soft([directory, answer.status]).toEqual([directory, 422]);
  }
  writeFileSync(join(r.deps.webRoot, 'assets', 'catalogue.sqlite'), 'hashes');
  writeFileSync(join(r.deps.webRoot, 'assets', 'audit-heads'), 'hashes');
  expect((await r.get('/assets/catalogue.sqlite')).status).toBe(404);
  expect((await r.get('/assets/audit-heads')).body).not.toBe('hashes');
});

test('nothing outside the dashboard is served', async () => {
  const r = await rig(ESTATE);
  buildWeb(r.deps.webRoot);
  const outside = join(r.deps.webRoot, '..', 'secret');
  mkdirSync(outside);
  writeFileSync(join(outside, 'key.txt'), 'secret key');
  symlinkSync(outside, join(r.deps.webRoot, 'link'));
  for (const path of [
    '/../secret/key.txt',
    '/..%2fsecret%2fkey.txt',
    '/assets/..%2f..%2fsecret%2fkey.txt',
    '/%2e%2e/secret/key.txt',
    '/..%5csecret%5ckey.txt',
    '/link/key.txt',
    '/.vite/manifest.json',
    '/theme.js%00.html',
    '/%zz',
  ]) {
    const { status, body } = await r.get(path);
    expect([path, status]).toEqual([path, 404]);
    expect(body).not.toContain('secret key');
  }
});
