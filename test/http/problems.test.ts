import { expect, test } from 'vitest';
import { ESTATE } from './estate.ts';
import { DAY, json, TARGET } from './requests.ts';
import { rig } from './rig.ts';

/** What is answered to questions that cannot be answered. */
const PROBLEMS: [method: string, path: string, init: RequestInit, status: number, names: string][] = [
  // method, path, init, status, the field or word that names the fault
  ['GET', '/api/v1/nothing', {}, 404, '/api/v1/nothing'],
  ['GET', '/api/v2/health', {}, 404, '/api/v2/health'],
  ['GET', '/api/v1/summary?node=nowhere', {}, 404, 'nowhere'],
  ['GET', '/api/v1/summary', {}, 400, 'node'],
  ['GET', '/api/v1/meters/nobody', {}, 404, 'nobody'],
  ['GET', `/api/v1/consumption?meter=nobody&${DAY}`, {}, 404, 'nobody'],
  ['GET', '/api/v1/consumption?node=city&from=2026-11-18&to=2026-11-17', {}, 400, 'to'],
  ['GET', '/api/v1/consumption?node=city&from=soon&to=2026-11-17', {}, 400, 'from'],
  ['GET', '/api/v1/consumption?node=city&from=2026-02-30&to=2026-11-17', {}, 400, 'from'],
  ['GET', `/api/v1/consumption?node=city&by=week&${DAY}`, {}, 400, 'by'],
  ['GET', `/api/v1/consumption?node=city&carrier=tea&${DAY}`, {}, 400, 'carrier'],
  ['GET', `/api/v1/shares?node=lib&carrier=water&${DAY}`, {}, 404, 'water'],
  ['GET', `/api/v1/balance?node=lib&carrier=water&${DAY}`, {}, 404, 'water'],
  ['GET', `/api/v1/balance?node=gov&limit=5&${DAY}`, {}, 400, 'limit'],
  ['GET', '/api/v1/balance?node=gov', {}, 400, 'from'],
  ['GET', `/api/v1/readings?meter=air&limit=0&${DAY}`, {}, 400, 'limit'],
  ['GET', `/api/v1/readings?meter=air&meter=gov-main&${DAY}`, {}, 400, 'meter'],
  ['GET', '/api/v1/quarantine?reason=bad_luck', {}, 400, 'reason'],
  ['GET', '/api/v1/load-profile?meter=air&from=2020-01-01&to=2026-01-01', {}, 400, 'from'],
  ['GET', `/api/v1/indicators?${DAY}`, {}, 400, 'node'],
  ['GET', `/api/v1/indicators?node=gov&indicator=joy&${DAY}`, {}, 400, 'indicator'],
  ['GET', `/api/v1/indicators?node=gov&kind=building&${DAY}`, {}, 400, 'kind'],
  ['GET', `/api/v1/indicators?node=gov&scheme=mine&${DAY}`, {}, 404, 'mine'],
  ['GET', `/api/v1/indicators/parts?node=nowhere&${DAY}`, {}, 404, 'nowhere'],
  ['GET', '/api/v1/targets/none', {}, 404, 'none'],
  ['PUT', '/api/v1/targets/t', { method: 'PUT', ...json({ ...TARGET, node: 'moon' }) }, 422, 'moon'],
  ['PUT', '/api/v1/targets/t', { method: 'PUT', ...json({ ...TARGET, end_year: 2025 }) }, 422, 'end_year'],
  ['PUT', '/api/v1/targets/t', { method: 'PUT', ...json({ ...TARGET, indicator: 'energy' }) }, 422, 'scheme'],
  ['GET', '/api/v1/forecast?node=gov&indicator=energy&scheme=mine', {}, 400, 'mine'],
  ['GET', '/api/v1/waterfall?node=gov&indicator=energy&from=2027-01-01&to=2027-02-01', {}, 400, 'from'],
  ['GET', '/api/v1/policy/wishes', {}, 400, 'kind'],
  ['GET', '/api/v1/policy/scheme/mine', {}, 404, 'mine'],
  ['GET', '/api/v1/policy/scheme/mine/history', {}, 404, 'mine'],
  ['DELETE', '/api/v1/policy/scheme/mine', {}, 404, 'mine'],
  ['DELETE', '/api/v1/policy/scheme/db37-2672', {}, 422, 'came with the program'],
  ['GET', '/api/v1/nodes/nowhere/attributes', {}, 404, 'nowhere'],
  ['DELETE', '/api/v1/estate', {}, 405, 'GET, PUT, HEAD'],
  ['POST', '/api/v1/meters/gov-main', {}, 405, 'GET, HEAD'],
  ['POST', '/api/v1/backup', json({}), 400, 'directory'],
  ['POST', '/api/v1/backup', { headers: { 'content-type': 'application/json' }, body: '{"a' }, 400, 'JSON'],
  [
    'POST',
    '/api/v1/backup',
    { headers: { 'content-type': 'text/plain' }, body: '{}' },
    415,
    'application/json',
  ],
  ['POST', '/api/v1/profiles/test', json({ topic: 't', payload: 'x'.repeat(1 << 20) }), 413, '1 MiB'],
  ['POST', '/api/v1/somewhere', {}, 404, 'somewhere'],
  ['POST', '/', {}, 404, '/'],
];

test('every fault of a question is a problem document that names it', async () => {
  const r = await rig(ESTATE);
  for (const [method, path, init, status, names] of PROBLEMS) {
    const what = `${method} ${path} of ${status}`;
    const response = await r.app.request(path, { method, ...init });
    const text = await response.text();
    expect.soft(response.headers.get('content-type'), what).toBe('application/problem+json; charset=utf-8');
    const problem = JSON.parse(text) as { status: number; title: string; detail: string };
    expect.soft([response.status, problem.status], what).toEqual([status, status]);
    expect.soft(problem.title.length, what).toBeGreaterThan(3);
    expect.soft(text, what).toContain(names);
    expect.soft(text, what).not.toMatch(/node_modules|\.ts:\d/);
  }
});

test('several faults are told at once', async () => {
  const r = await rig(ESTATE);
  const { body } = await r.get('/api/v1/shares?carrier=tea&from=2026-01-01');
  expect((body as { errors: { path: string }[] }).errors.map((e) => e.path)).toEqual([
    'node',
    'carrier',
    'to',
  ]);
});

test('what nobody foresaw is told by an id that stands in the log', async () => {
  const r = await rig(ESTATE);
  r.deps.timeseries.sums = async () => {
    throw new Error('secret of the store');
  };
  const { status, body } = await r.get(`/api/v1/consumption?node=city&carrier=electricity&${DAY}`);
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain('secret');
  const id = /[0-9a-f-]{36}/.exec((body as { detail: string }).detail)?.[0];
  expect(JSON.stringify(r.lines)).toContain(id);
  expect(JSON.stringify(r.lines)).toContain('secret of the store');
});
