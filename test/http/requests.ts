import { expect } from 'vitest';
import { templateOf } from '../../server/bookkeeping/template.ts';
import { withExchange } from '../../server/domain/exchange.ts';
import { directory } from '../support/directory.ts';
import { ACCESS_REQUESTS, ACCESS_STATUS } from './access-requests.ts';
import { DEVICE_REQUESTS, DEVICE_STATUS } from './device-requests.ts';
import type { Rig } from './rig.ts';

export const DAY = 'from=2026-11-17&to=2026-11-18';
export const json = (body: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const TARGET = {
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
export const STATUS: Record<string, number> = {
  'POST /api/v1/batches': 202,
  ...ACCESS_STATUS,
  ...DEVICE_STATUS,
};

/** One good request for each route of the document. */
type Request = [string, RequestInit?];
export const REQUESTS: Record<string, (r: Rig) => Request | Promise<Request>> = {
  ...ACCESS_REQUESTS,
  ...DEVICE_REQUESTS,
  'GET /api/v1/health': () => ['/api/v1/health'],
  'GET /api/v1/health/live': () => ['/api/v1/health/live'],
  'GET /api/v1/health/ready': () => ['/api/v1/health/ready'],
  'GET /api/v1/operations': () => ['/api/v1/operations'],
  'GET /api/v1/tree': () => ['/api/v1/tree'],
  'GET /api/v1/audit': () => ['/api/v1/audit'],
  'GET /api/v1/audit/export': () => ['/api/v1/audit/export'],
  'POST /api/v1/audit/verification': () => ['/api/v1/audit/verification', { method: 'POST' }],
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
  'POST /api/v1/explanations/{id}/review': async (r) => {
    const post = async (path: string, body: object): Promise<unknown> =>
      (await r.app.request(path, { method: 'POST', ...json(body) })).body?.cancel();
    // Written by somebody else than who asks, whoever that is: nobody accepts what is his own.
    await post('/api/v1/explanations/gov:2025:q/review', {
      action: 'return',
      text: 'which one?',
      by: 'bureau',
    });
    const said = { node: 'gov', year: 2025, quota: 'q', text: 'a burst pipe in March', by: 'me' };
    await post('/api/v1/explanations', said);
    return [
      '/api/v1/explanations/gov:2025:q/review',
      { method: 'POST', ...json({ action: 'accept', by: 'the bureau' }) },
    ];
  },
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
