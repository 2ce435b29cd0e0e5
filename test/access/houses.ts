import { expect } from 'vitest';
import type { Reject } from '../../server/domain/reading.ts';
import { json } from '../http/requests.ts';
import { hourly, type Rig, rig } from '../http/rig.ts';

/** What is B's and stands nowhere else: in each of its ids, names and texts, and a number that it shows. */
export const SECRET = 'zzz-secret';
export const SECRET_NUMBER = 73_919;
/** The two institutions; the second one is nobody's business but its own. */
export const A = 'alpha';
export const B = SECRET;

export const MONTH = '2026-10';
export const NOW = '2026-11-18T12:00:00+08:00';

function meter(id: string, node: string, more: object): Record<string, unknown> {
  const plain = { carrier: 'electricity', register: 'cumulative', unit: 'kWh', interval_s: 3600 };
  return { id, name: `表 ${id}`, node, ...plain, ...more };
}

function house(
  of: string,
  area: number,
): { nodes: object[]; meters: object[]; virtual: object[]; gateways: object[] } {
  const since = (value: number) => [{ from: '2024-01-01', value }];
  return {
    nodes: [
      {
        ...{ id: of, name: `单位 ${of}`, kind: 'institution', parent: 'region' },
        attributes: { floor_area_m2: since(area), people: since(50) },
        classification: { type: 'organ', level: 'city', zone: 'cold_a', region: '370600' },
      },
      { id: `${of}-house`, name: `楼 ${of}`, kind: 'building', parent: of },
    ],
    meters: [
      meter(`${of}-main`, of, { item: '01000', address: `${of}-address` }),
      meter(`${of}-sub`, `${of}-house`, { item: '01A00', parent: `${of}-main` }),
      meter(`${of}-water`, of, { carrier: 'water', unit: 'm³' }),
    ],
    virtual: [
      {
        id: `${of}-rest`,
        name: `其余 ${of}`,
        node: of,
        carrier: 'electricity',
        plus: [`${of}-main`],
        minus: [`${of}-sub`],
      },
    ],
    gateways: [{ id: `${of}-gateway`, name: `网关 ${of}`, node: of }],
  };
}

/** A region with two institutions side by side, each with everything that there can be of one. */
export async function houses(): Promise<Rig> {
  const [a, b] = [house(A, 1000), house(B, SECRET_NUMBER)];
  const r = await rig(
    {
      version: 1,
      timezone: 'Asia/Shanghai',
      nodes: [{ id: 'region', name: '示例地区', kind: 'region' }, ...a.nodes, ...b.nodes],
      meters: [...a.meters, ...b.meters],
      virtual: [...a.virtual, ...b.virtual],
      gateways: [...a.gateways, ...b.gateways],
    },
    {},
    NOW,
  );
  await common(r);
  for (const [of, perHour] of [
    [A, 4],
    [B, 7],
  ] as const)
    await furnish(r, of, perHour);
  return r;
}

async function send(r: Rig, method: string, path: string, body: object): Promise<unknown> {
  const answer = await r.app.request(`/api/v1${path}`, { method, ...json(body) });
  const text = await answer.text();
  expect([path, answer.status < 300 ? '' : text]).toEqual([path, '']);
  return JSON.parse(text);
}

const policy = (r: Rig, kind: string, id: string, body: object): Promise<unknown> =>
  send(r, 'PUT', `/policy/${kind}/${encodeURIComponent(id)}`, { body, recorded_by: 'me' });

/** Decided for everybody, and naming both. */
async function common(r: Rig): Promise<void> {
  await policy(r, 'setting', 'heating_meters', { name: 'heating_meters', values: [`${A}-sub`, `${B}-sub`] });
  await policy(r, 'setting', 'apart_nodes', { name: 'apart_nodes', values: [`${A}-house`, `${B}-house`] });
  await policy(r, 'setting', 'scheme:region', { name: 'scheme', node: 'region', values: ['db37-2672'] });
  await policy(r, 'quota', 'both', {
    ...{ standard: 'a quota', metric: 'water_per_person', unit: 'm³/(p·a)', values: { constraint: 0.01 } },
    exclusions: [{ what: 'kitchens', nodes: [`${A}-house`, `${B}-house`] }],
    source: { text: 'made up', confidence: 'unconfirmed' },
  });
}

async function furnish(r: Rig, of: string, perHour: number): Promise<void> {
  const number = of === B ? SECRET_NUMBER : 11;
  const source = { text: `source ${of}`, confidence: 'unconfirmed' };
  const months = Array.from({ length: 23 }, (_, i) =>
    new Date(Date.UTC(2025, i, 1) - 8 * 3_600_000).toISOString(),
  );
  await r.feed(
    [`${of}-main`, `${of}-sub`, `${of}-water`].flatMap((id, m) =>
      months.map((at, i): [string, string, number] => [id, at, (i * number * perHour) / (m + 1)]),
    ),
  );
  const last = (22 * number * perHour) / 1;
  await r.feed(hourly(`${of}-main`, '2026-11-17T00:00:00+08:00', 30, () => perHour, last + 500));
  // A register that falls, of which nobody wrote anything down, and hours that were computed again.
  await r.feed([
    ...hourly(`${of}-sub`, '2026-11-16T00:00:00+08:00', 30, () => 1, last),
    ...hourly(`${of}-sub`, '2026-11-17T07:00:00+08:00', 28, () => 1, 5),
  ]);
  await r.feed([[`${of}-main`, '2026-11-17T00:30:00+08:00', last + 501]]);

  await policy(r, 'setting', `quotas:${of}`, { name: 'quotas', node: of, values: ['both'] });
  await policy(r, 'setting', `it_meters:${of}`, { name: 'it_meters', node: of, values: [`${of}-sub`] });
  await policy(r, 'deadline', `deadline-${of}`, {
    ...{ form: 'monthly', node: of, from: '2026-09', months: 1, day: 7, source },
  });
  await policy(r, 'limit', `completeness:${of}`, { name: 'completeness', node: of, value: 0.5, source });
  await policy(r, 'evidence', `${of}:2026:audit`, {
    ...{ node: of, year: 2026, failure: 'audit', text: `audited ${of}`, date: '2026-05-01', author: of },
  });
  await policy(r, 'institution', of, { address: `address ${of}`, head: `head ${of}` });
  await policy(r, 'billing_account', `${of}-account`, {
    ...{
      node: of,
      carrier: 'electricity',
      name: `account ${of}`,
      number: `${number}`,
      meters: [`${of}-main`],
    },
  });
  await policy(r, 'vehicle', `${of}-vehicle`, { node: of, plate: `鲁F ${of}`, fuel: 'gasoline' });
  await send(r, 'PUT', `/targets/${of}-target`, {
    ...{
      node: of,
      indicator: 'electricity',
      base_year: 2025,
      base: { value: number * 10, source: `bill ${of}` },
    },
    ...{ end_year: 2027, path: { kind: 'linear', reduction: 0.05 }, note: `note ${of}`, recorded_by: 'me' },
  });
  await send(r, 'PUT', `/plans/${of}/2026`, {
    measures: [{ name: `LED ${of}`, state: 'planned' }],
    recorded_by: 'me',
  });
  await send(r, 'PUT', '/book/entries', {
    entries: [
      { node: of, carrier: 'lpg', month: MONTH, quantity: number, unit: 'kg', note: `gas ${of}` },
      {
        ...{
          node: of,
          carrier: 'electricity',
          account: `${of}-account`,
          month: MONTH,
          quantity: number,
          unit: 'kWh',
        },
        ...{ period: { from: '2026-10-01', to: '2026-10-31' }, cost: number },
      },
    ],
    recorded_by: `clerk ${of}`,
  });
  const key = { node: of, carrier: 'lpg', account: null, vehicle: null, month: MONTH } as const;
  r.catalogue.attach(key, { name: `${of}.pdf`, content: new TextEncoder().encode(`%PDF-1.7 ${of}`) }, 'me');
  await send(r, 'POST', `/meters/${of}-water/manual-readings`, {
    ...{ time: '2026-11-10', value: 22 * number * perHour, reason: `read ${of}`, recorded_by: 'me' },
  });
  await send(r, 'POST', '/explanations', {
    node: of,
    year: 2025,
    quota: 'both',
    text: `burst ${of}`,
    by: 'me',
  });
  await r.reject(...rejects(of));
  const { id } = (await send(r, 'POST', '/batches', { node: of, month: MONTH, forms: ['xlsx'] })) as {
    id: string;
  };
  await expect
    .poll(async () => ((await r.get(`/api/v1/batches/${id}`)).body as { state: string }).state, {
      timeout: 60_000,
    })
    .toBe('done');
  await filed(r, of);
}

function rejects(of: string): Reject[] {
  const at = Date.parse('2026-11-18T09:00:00+08:00');
  const reading = { kind: 'reading', time: at, value: 5, receivedAt: at } as const;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return [
    {
      ...{ ...reading, reason: 'value_invalid', detail: `value of ${of}`, source: `gateways/${of}/readings` },
      ...{ meter: `${of}-main`, payload: text(JSON.stringify({ meter: `${of}-main`, value: 'x' })) },
    },
    {
      ...{
        ...reading,
        reason: 'unknown_meter',
        detail: `${of}-lost is not in the estate`,
        source: `meters/${of}`,
      },
      ...{ meter: `${of}-lost`, payload: text(JSON.stringify({ meter: `${of}-lost`, value: 5 })) },
    },
  ];
}

/** Explains what is open and submits; the figures of the filing are frozen. */
async function filed(r: Rig, of: string): Promise<void> {
  const path = `/api/v1/filings/${of}:monthly:${MONTH}`;
  const { checks } = (await r.get(path)).body as { checks: { check: { id: string } }[] };
  for (const { check } of checks) {
    await send(r, 'POST', `/filings/${of}:monthly:${MONTH}/explanations`, {
      ...{ month: MONTH, check: check.id, text: `so it was ${of}`, by: 'me' },
    });
  }
  await send(r, 'POST', `/filings/${of}:monthly:${MONTH}/steps`, {
    from: 'draft',
    action: 'submit',
    by: 'me',
  });
}

/** Everything of B is another than before. */
export async function changeB(r: Rig): Promise<void> {
  await r.feed([
    [`${B}-main`, '2026-11-16T00:00:00+08:00', 22 * SECRET_NUMBER * 7 + 100],
    [`${B}-water`, '2026-11-17T00:00:00+08:00', 9_999_999],
    [`${B}-main`, '2026-11-18T11:00:00+08:00', 22 * SECRET_NUMBER * 7 + 40_000],
  ]);
  await r.reject(...rejects(B));
  await send(r, 'PUT', `/nodes/${B}/attributes/people`, { values: [{ from: '2024-01-01', value: 5 }] });
  await send(r, 'PUT', '/book/entries', {
    entries: [{ node: B, carrier: 'lpg', month: MONTH, quantity: 5, unit: 'kg' }],
    recorded_by: 'me',
  });
  await send(r, 'PUT', `/plans/${B}/2026`, { measures: [], recorded_by: 'me' });
  await send(r, 'POST', `/filings/${B}:monthly:${MONTH}/steps`, {
    from: 'submitted',
    action: 'return',
    by: 'you',
    remark: 'r',
  });
  await r.deps.settled();
}
