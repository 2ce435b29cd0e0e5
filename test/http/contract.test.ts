import { expect, test } from 'vitest';
import { templateOf } from '../../server/bookkeeping/template.ts';
import { withExchange } from '../../server/domain/exchange.ts';
import { directory } from '../support/directory.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

const DAY = 'from=2026-11-17&to=2026-11-18';
const json = (body: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const TARGET = {
  node: 'city',
  indicator: 'electricity',
  base_year: 2025,
  base: { value: 1000, source: 'bill' },
  end_year: 2027,
  path: { kind: 'linear', reduction: 0.05 },
  recorded_by: 'me',
};

const BOOKED = { node: 'gov', carrier: 'lpg', month: '2026-10' } as const;
const PDF = new TextEncoder().encode('%PDF-1.7');
const KEY = { ...BOOKED, account: null, vehicle: null };

/** Enters a quantity without which there is nothing to explain or to attach to. */
function book(r: Rig): void {
  const nothing = { cost: null, period: null, meterNumber: null, collectedBy: null, collectedOn: null };
  r.catalogue.changeBook(
    [{ key: KEY, fields: { ...nothing, quantity: 5, unit: 'kg', note: null } }],
    'me',
    'me',
  );
}

function attached(r: Rig): number {
  book(r);
  return r.catalogue.attach(KEY, { name: 'bill.pdf', content: PDF }, 'me');
}

const FILING = 'gov:monthly:2026-10';
const BATCH = { node: 'gov', month: '2026-10', forms: ['xlsx'] };

async function checks(r: Rig): Promise<string[]> {
  const { body } = await r.get(`/api/v1/filings/${FILING}`);
  return (body as { checks: { check: { id: string } }[] }).checks.map(({ check }) => check.id);
}

const explanation = (check: string | undefined) => ({ month: '2026-10', check, text: 'so it was', by: 'me' });

/** Explains what is to be explained, and brings the filing as far as it can be published. */
async function submitted(r: Rig): Promise<void> {
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await r.app.request(`/api/v1/filings/${FILING}/${path}`, {
      method: 'POST',
      ...json(body),
    });
    expect([path, answer.status]).toEqual([path, 200]);
  };
  for (const check of await checks(r)) await post('explanations', explanation(check));
  await post('steps', { from: 'draft', action: 'submit', by: 'me' });
  await post('steps', { from: 'submitted', action: 'accept', by: 'me' });
}

/** A batch that is done. */
async function batch(r: Rig): Promise<string> {
  const answer = await r.app.request('/api/v1/batches', { method: 'POST', ...json(BATCH) });
  const { id } = (await answer.json()) as { id: string };
  await expect
    .poll(async () => ((await r.get(`/api/v1/batches/${id}`)).body as { state: string }).state, {
      timeout: 20_000,
    })
    .toBe('done');
  return id;
}

/** Routes that answer with something else than 200. */
const STATUS: Record<string, number> = { 'POST /api/v1/batches': 202 };

/** One good request for each route of the document. */
type Request = [string, RequestInit?];
const REQUESTS: Record<string, (r: Rig) => Request | Promise<Request>> = {
  'GET /api/v1/health': () => ['/api/v1/health'],
  'GET /api/v1/tree': () => ['/api/v1/tree'],
  'GET /api/v1/consumption': () => [`/api/v1/consumption?node=city&${DAY}`],
  'GET /api/v1/reports/{kind}': () => ['/api/v1/reports/monthly?node=gov&month=2026-11'],
  'GET /api/v1/summary': () => ['/api/v1/summary?node=city'],
  'GET /api/v1/shares': () => [`/api/v1/shares?node=gov&carrier=electricity&${DAY}`],
  'GET /api/v1/ranking': () => [`/api/v1/ranking?node=city&carrier=electricity&${DAY}`],
  'GET /api/v1/balance': () => [`/api/v1/balance?node=gov&${DAY}`],
  'GET /api/v1/load-profile': () => [`/api/v1/load-profile?meter=gov-main&${DAY}`],
  'GET /api/v1/meters': () => ['/api/v1/meters'],
  'GET /api/v1/meters/{id}': () => ['/api/v1/meters/gov-main'],
  'POST /api/v1/meters/{id}/exchanges': () => [
    '/api/v1/meters/gov-main/exchanges?preview=true',
    { method: 'POST', ...json({ at: '2026-11-17T12:00:00' }) },
  ],
  'DELETE /api/v1/meters/{id}/exchanges': (r) => {
    recorded(r);
    return [`/api/v1/meters/gov-cool/exchanges?at=${EXCHANGED}`, { method: 'DELETE' }];
  },
  'POST /api/v1/meters/{id}/ceiling': () => [
    '/api/v1/meters/gov-main/ceiling?preview=true',
    { method: 'POST', ...json({ max_rate: 500 }) },
  ],
  'POST /api/v1/meters/{id}/manual-readings': () => [
    '/api/v1/meters/gov-main/manual-readings',
    { method: 'POST', ...json({ time: '2026-11-16', value: 1, reason: 'read', recorded_by: 'me' }) },
  ],
  'POST /api/v1/meters/{id}/estimates': () => [
    '/api/v1/meters/gov-main/estimates?preview=true',
    {
      method: 'POST',
      ...json({ from: '2026-11-10', to: '2026-11-11', quantity: 5, reason: 'bill', recorded_by: 'me' }),
    },
  ],
  'GET /api/v1/meters/{id}/statements': () => ['/api/v1/meters/gov-main/statements'],
  'POST /api/v1/meters/{id}/statements/{no}/withdraw': () => [
    '/api/v1/meters/gov-main/statements/1/withdraw',
    { method: 'POST', ...json({ reason: 'wrong', recorded_by: 'me' }) },
  ],
  'GET /api/v1/findings': () => ['/api/v1/findings?node=gov'],
  'GET /api/v1/ground': () => [`/api/v1/ground?meter=gov-main&${DAY}`],
  'GET /api/v1/revisions': () => ['/api/v1/revisions?node=gov'],
  'GET /api/v1/readings': () => [`/api/v1/readings?meter=gov-main&${DAY}`],
  'POST /api/v1/readings': () => [
    '/api/v1/readings',
    { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'meter,time,value\n' },
  ],
  'GET /api/v1/live': () => ['/api/v1/live'],
  'GET /api/v1/quarantine': () => ['/api/v1/quarantine'],
  'POST /api/v1/quarantine/retry': () => ['/api/v1/quarantine/retry', { method: 'POST', ...json({}) }],
  'GET /api/v1/estate': () => ['/api/v1/estate'],
  'PUT /api/v1/estate': (r) => [
    '/api/v1/estate',
    { method: 'PUT', headers: { 'content-type': 'application/yaml' }, body: r.catalogue.exportEstate() },
  ],
  'GET /api/v1/nodes/{id}/attributes': () => ['/api/v1/nodes/gov/attributes'],
  'PUT /api/v1/nodes/{id}/attributes/{name}': () => [
    '/api/v1/nodes/gov/attributes/people',
    { method: 'PUT', ...json({ values: [{ from: '2024-01-01', value: 55 }] }) },
  ],
  'PUT /api/v1/nodes/{id}/classification': () => [
    '/api/v1/nodes/gov/classification',
    { method: 'PUT', ...json({ type: 'organ' }) },
  ],
  'GET /api/v1/quotas': () => ['/api/v1/quotas?node=gov&year=2025'],
  'GET /api/v1/comparison': () => [`/api/v1/comparison?node=city&indicator=electricity_per_m2&${DAY}`],
  'GET /api/v1/publicity': () => ['/api/v1/publicity?node=gov&year=2025'],
  'GET /api/v1/explanations': () => ['/api/v1/explanations?node=city&year=2025'],
  'POST /api/v1/explanations': async (r) => {
    await overQuota(r);
    const body = { node: 'gov', year: 2025, quota: 'q', text: 'a burst pipe', by: 'me' };
    return ['/api/v1/explanations', { method: 'POST', ...json(body) }];
  },
  'POST /api/v1/explanations/{id}/review': () => [
    '/api/v1/explanations/gov:2025:q/review',
    { method: 'POST', ...json({ action: 'accept', by: 'the bureau' }) },
  ],
  'GET /api/v1/policy': () => ['/api/v1/policy'],
  'PUT /api/v1/policy': () => [
    '/api/v1/policy',
    { method: 'PUT', headers: { 'content-type': 'application/yaml' }, body: 'version: 1\npolicy: []\n' },
  ],
  'GET /api/v1/policy/{kind}': () => ['/api/v1/policy/scheme'],
  'GET /api/v1/policy/{kind}/{id}': () => ['/api/v1/policy/scheme/national-statistics'],
  'PUT /api/v1/policy/{kind}/{id}': () => [
    '/api/v1/policy/setting/scheme:gov',
    { method: 'PUT', ...json({ body: { name: 'scheme', node: 'gov', values: ['db37-2672'] } }) },
  ],
  'DELETE /api/v1/policy/{kind}/{id}': () => ['/api/v1/policy/setting/scheme:gov', { method: 'DELETE' }],
  'GET /api/v1/policy/{kind}/{id}/history': () => ['/api/v1/policy/setting/scheme:gov/history'],
  'GET /api/v1/indicators': () => [`/api/v1/indicators?node=gov&below=city&${DAY}`],
  'GET /api/v1/indicators/parts': () => [`/api/v1/indicators/parts?node=gov&${DAY}`],
  'PUT /api/v1/targets/{id}': () => ['/api/v1/targets/t1', { method: 'PUT', ...json(TARGET) }],
  'GET /api/v1/targets': () => ['/api/v1/targets?node=city'],
  'GET /api/v1/targets/{id}': () => ['/api/v1/targets/t1'],
  'POST /api/v1/targets/{id}/split': () => [
    '/api/v1/targets/t1/split',
    { method: 'POST', ...json({ method: 'equal' }) },
  ],
  'DELETE /api/v1/targets/{id}': () => ['/api/v1/targets/t1', { method: 'DELETE' }],
  'GET /api/v1/forecast': () => ['/api/v1/forecast?node=gov&indicator=electricity'],
  'GET /api/v1/waterfall': () => [`/api/v1/waterfall?node=gov&indicator=electricity&${DAY}`],
  'PUT /api/v1/plans/{node}/{year}': () => [
    '/api/v1/plans/gov/2026',
    { method: 'PUT', ...json({ measures: [{ name: 'LED', state: 'planned' }], recorded_by: 'me' }) },
  ],
  'GET /api/v1/book': () => ['/api/v1/book?node=gov&month=2026-10'],
  'GET /api/v1/book/months': () => ['/api/v1/book/months?node=gov&from=2026-09&to=2026-10'],
  'PUT /api/v1/book/entries': () => [
    '/api/v1/book/entries',
    { method: 'PUT', ...json({ entries: [{ ...BOOKED, quantity: 5, unit: 'kg' }], recorded_by: 'me' }) },
  ],
  'GET /api/v1/book/history': () => [`/api/v1/book/history?${new URLSearchParams(BOOKED)}`],
  'GET /api/v1/book/bills': () => ['/api/v1/book/bills?node=gov&from=2026-09&to=2026-10'],
  'PUT /api/v1/book/bills/explanation': (r) => {
    book(r);
    const said = { ...BOOKED, text: 'estimated', recorded_by: 'me' };
    return ['/api/v1/book/bills/explanation', { method: 'PUT', ...json(said) }];
  },
  'GET /api/v1/book/template': () => ['/api/v1/book/template?node=gov&from=2026-09&to=2026-10'],
  'POST /api/v1/book/import': async (r) => {
    const of = { estate: r.catalogue.snapshot(), policy: r.catalogue.policy() };
    const body = new Uint8Array(await templateOf(of, 'gov', '2026-10', '2026-10'));
    return ['/api/v1/book/import?node=gov&recorded_by=me', { method: 'POST', body }];
  },
  'POST /api/v1/book/attachments': (r) => {
    book(r);
    const query = new URLSearchParams({ ...BOOKED, name: 'bill.pdf', recorded_by: 'me' });
    return [`/api/v1/book/attachments?${query}`, { method: 'POST', body: PDF }];
  },
  'GET /api/v1/book/attachments/{no}': (r) => [`/api/v1/book/attachments/${attached(r)}`],
  'DELETE /api/v1/book/attachments/{no}': (r) => [
    `/api/v1/book/attachments/${attached(r)}?recorded_by=me`,
    { method: 'DELETE' },
  ],
  'GET /api/v1/checks': () => ['/api/v1/checks?node=gov&month=2026-10'],
  'GET /api/v1/filings': () => ['/api/v1/filings?node=city&from=2026-09&to=2026-10'],
  'GET /api/v1/filings/reminders': () => ['/api/v1/filings/reminders?node=city'],
  'GET /api/v1/filings/{id}': () => [`/api/v1/filings/${FILING}`],
  'POST /api/v1/filings/{id}/explanations': async (r) => {
    const [check] = await checks(r);
    return [`/api/v1/filings/${FILING}/explanations`, { method: 'POST', ...json(explanation(check)) }];
  },
  'POST /api/v1/filings/{id}/steps': async (r) => {
    await submitted(r);
    const step = { from: 'accepted', action: 'publish', by: 'me' };
    return [`/api/v1/filings/${FILING}/steps`, { method: 'POST', ...json(step) }];
  },
  'GET /api/v1/filings/{id}/reports/{kind}': () => [`/api/v1/filings/${FILING}/reports/monthly`],
  'GET /api/v1/filings/{id}/revision': () => [`/api/v1/filings/${FILING}/revision`],
  'GET /api/v1/forms': () => ['/api/v1/forms?node=gov&period=2026-Q3'],
  'GET /api/v1/compliance': () => ['/api/v1/compliance?node=city&year=2026'],
  'POST /api/v1/batches': () => ['/api/v1/batches', { method: 'POST', ...json(BATCH) }],
  'GET /api/v1/batches': () => ['/api/v1/batches'],
  'GET /api/v1/batches/{id}': async (r) => [`/api/v1/batches/${await batch(r)}`],
  'GET /api/v1/batches/{id}/archive': async (r) => [`/api/v1/batches/${await batch(r)}/archive`],
  'DELETE /api/v1/batches/{id}': async (r) => [`/api/v1/batches/${await batch(r)}`, { method: 'DELETE' }],
  'GET /api/v1/plans': () => ['/api/v1/plans?node=gov'],
  'GET /api/v1/profiles': () => ['/api/v1/profiles'],
  'PUT /api/v1/profiles/{id}': () => [
    '/api/v1/profiles/own',
    {
      method: 'PUT',
      ...json({ name: 'n', topic: 'o/{d}', format: 'json', readings: [{ address: '{d}', value: 'v' }] }),
    },
  ],
  'POST /api/v1/profiles/test': () => [
    '/api/v1/profiles/test',
    { method: 'POST', ...json({ topic: 'meters/air/readings', payload: '{"value": 1}' }) },
  ],
  'POST /api/v1/verify': () => ['/api/v1/verify', { method: 'POST', ...json({}) }],
  'POST /api/v1/backup': () => [
    '/api/v1/backup',
    { method: 'POST', ...json({ directory: `${directory()}/b` }) },
  ],
};

const EXCHANGED = '2026-11-17T06:00:00Z';

function recorded(r: Rig): void {
  const at = Date.parse(EXCHANGED);
  const input = { at, recordedBy: null, recordedAt: null };
  r.catalogue.changeEpochs('gov-cool', (meter) => withExchange(meter, input), 'test', 'test');
}

/** 12 × 200 m³ / 50 people = 48 m³, of 25. */
async function overQuota(r: Rig): Promise<void> {
  r.catalogue.putPolicy(
    'quota',
    'q',
    {
      standard: 'a quota',
      metric: 'water_per_person',
      unit: 'm³/(p·a)',
      values: { constraint: 25 },
      source: { text: 'made up', confidence: 'unconfirmed' },
    },
    'test',
    'test',
  );
  const choice = { name: 'quotas', node: 'gov', values: ['q'] };
  r.catalogue.putPolicy('setting', 'quotas:gov', choice, 'test', 'test');
  const months = Array.from({ length: 13 }, (_, i) => new Date(Date.UTC(2025, i, 1) - 8 * 3_600_000));
  await r.feed(months.map((at, i) => ['gov-water', at.toISOString(), 200 * i]));
}

test('every route of the document answers, and every route that answers is in the document', async () => {
  const r = await rig(ESTATE);
  const { body } = await r.get('/api/v1/openapi.json');
  const document = body as { openapi: string; paths: Record<string, Record<string, { responses: object }>> };
  expect(document.openapi).toBe('3.1.0');
  const routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual(Object.keys(REQUESTS).sort());
  for (const [route, request] of Object.entries(REQUESTS)) {
    const [path, init] = await request(r);
    const response = await r.app.request(path, init);
    expect([route, response.status]).toEqual([route, STATUS[route] ?? 200]);
    await response.body?.cancel();
  }
});

test.each([
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
] as const)(
  '%s %s is a problem document that names the fault (%#)',
  async (method, path, init, status, names) => {
    const r = await rig(ESTATE);
    const response = await r.app.request(path, { method, ...init });
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const problem = JSON.parse(text) as { status: number; title: string; detail: string };
    expect([response.status, problem.status]).toEqual([status, status]);
    expect(problem.title.length).toBeGreaterThan(3);
    expect(text).toContain(names);
    expect(text).not.toMatch(/node_modules|\.ts:\d/);
  },
);

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

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
  ['a sibling of the site', { 'sec-fetch-site': 'same-site', origin: 'https://a.example' }, 403],
  ['an old browser on another site', { origin: 'https://evil.example' }, 403],
  ['a sandboxed page', { origin: 'null' }, 403],
  ['the dashboard', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }, 200],
  ['an old browser on the dashboard', { origin: 'http://localhost' }, 200],
  ['a program', {}, 200],
])('a change asked for by %s', async (_, headers, status) => {
  const r = await rig(ESTATE);
  const init = json({});
  const response = await r.app.request('http://localhost/api/v1/quarantine/retry', {
    method: 'POST',
    ...init,
    headers: { ...init.headers, ...headers },
  });
  expect(response.status).toBe(status);
});

test('another site may look at nothing but may ask', async () => {
  const r = await rig(ESTATE);
  const response = await r.app.request('/api/v1/tree', { headers: { origin: 'https://evil.example' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});
