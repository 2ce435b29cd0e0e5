import { expect, test } from 'vitest';
import { readSettings } from '../../server/config.ts';
import { RequestBudget } from '../../server/http/hardening-budget.ts';
import { ESTATE } from './estate.ts';
import { buildWeb, rig } from './rig.ts';

/** As the socket of a request would have it. */
const from = (remoteAddress: string, encrypted = false): object => ({
  incoming: { socket: { remoteAddress, encrypted } },
});

test('every answer says what a browser may do with it, errors and files too', async () => {
  const r = await rig(ESTATE);
  buildWeb(r.deps.webRoot);
  const answers: [path: string, status: number, init?: RequestInit][] = [
    ['/api/v1/tree', 200],
    ['/api/v1/nothing', 404],
    ['/api/v1/backup', 400, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
    ['/api/v1/openapi.json', 200],
    ['/metrics', 200],
    ['/', 200],
    ['/assets/index-abc123.js', 200],
    ['/assets/gone.js', 404],
  ];
  for (const [path, status, init] of answers) {
    const { headers, status: answered } = await r.app.request(path, init);
    expect.soft([path, answered]).toEqual([path, status]);
    const policy = headers.get('content-security-policy') ?? '';
    expect.soft(policy, path).toContain("default-src 'none'");
    expect.soft(policy, path).toContain("frame-ancestors 'none'");
    expect.soft(policy, path).not.toContain('unsafe');
    expect.soft(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect.soft(headers.get('referrer-policy'), path).toBe('no-referrer');
    expect.soft(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
    expect.soft(headers.get('cross-origin-resource-policy'), path).toBe('same-origin');
    expect.soft(headers.get('permissions-policy'), path).toContain('camera=()');
    expect.soft(headers.has('strict-transport-security'), path).toBe(false);
    if (path.startsWith('/api/')) expect.soft(headers.get('cache-control'), path).toBe('no-store');
  }
});

test('over TLS a browser is told to come over TLS for a year; on a connection that anybody may write into it is not', async () => {
  const r = await rig(ESTATE, { trustedProxies: ['10.0.0.1'] });
  const hsts = async (env: object, headers: Record<string, string> = {}): Promise<string | null> =>
    (await r.app.request('/api/v1/health/live', { headers }, env)).headers.get('strict-transport-security');
  // 365 × 24 × 3,600 s
  expect(await hsts(from('192.0.2.7', true))).toBe('max-age=31536000');
  expect(await hsts(from('192.0.2.7'))).toBeNull();
  expect(await hsts(from('10.0.0.1'), { 'x-forwarded-proto': 'https' })).toBe('max-age=31536000');
  // Anybody may say that of himself.
  expect(await hsts(from('192.0.2.7'), { 'x-forwarded-proto': 'https' })).toBeNull();
});

test('an address may ask for so much, then waits; others are served, and so is the program itself', async () => {
  let at = 0;
  const r = await rig(ESTATE, { requestsPerMinute: 300, ticks: () => at, trustedProxies: ['10.0.0.1'] });
  const ask = async (env: object, path = '/api/v1/tree', headers: Record<string, string> = {}) =>
    r.app.request(path, { headers }, env);
  const statuses = async (env: object, times: number): Promise<number[]> => {
    const out: number[] = [];
    for (let i = 0; i < times; i++) out.push((await ask(env)).status);
    return out;
  };
  const attacker = from('192.0.2.7');
  expect(new Set(await statuses(attacker, 300))).toEqual(new Set([200]));
  const refused = await ask(attacker);
  // 300 a minute are 5 a second: the next one is there within a second.
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  // A report counts as twenty: 20 / 5 a second.
  expect(
    (await ask(attacker, '/api/v1/reports/monthly?node=gov&month=2026-10')).headers.get('retry-after'),
  ).toBe('4');
  // So does the question for its headers, for which it is made as well.
  const head = await r.app.request('/api/v1/reports/monthly', { method: 'HEAD' }, attacker);
  expect(head.headers.get('retry-after')).toBe('4');
  expect((await ask(from('192.0.2.8'))).status).toBe(200);
  expect((await ask({})).status).toBe(200);
  // Of an orchestrator behind the same address a refusal would be a restart.
  for (const probe of ['live', 'ready']) {
    expect((await ask(attacker, `/api/v1/health/${probe}`)).status, probe).toBe(200);
  }
  expect((await ask(attacker, '/api/v1/health')).status).toBe(429);
  // What somebody says of himself does not help him; what a trusted proxy says of him counts.
  expect((await ask(attacker, undefined, { 'x-forwarded-for': '192.0.2.9' })).status).toBe(429);
  const behind = { 'x-forwarded-for': '192.0.2.7' };
  expect((await ask(from('10.0.0.1'), undefined, behind)).status).toBe(429);
  expect((await ask(from('10.0.0.1'), undefined, { 'x-forwarded-for': '198.51.100.1' })).status).toBe(200);
  at = 2000;
  // Two seconds bring 2 × 5 requests.
  expect((await statuses(attacker, 11)).filter((s) => s === 200)).toHaveLength(10);
  r.deps.audit.flush();
  const rows = r.catalogue.audit.before(Number.MAX_SAFE_INTEGER, 10, { outcome: 'refused' });
  expect(rows.map(({ address, status }) => [address, status])).toContainEqual(['192.0.2.7', 429]);
});

test('a network of IPv6 is one address, and what is remembered is bounded', () => {
  let now = 0;
  const budget = new RequestBudget(300, () => now);
  for (let i = 0; i < 300; i++) expect(budget.take(`2001:db8:0:1::${i.toString(16)}`, 1)).toBe(0);
  expect(budget.take('2001:db8:0:1:ffff::1', 1)).toBeGreaterThan(0);
  expect(budget.take('2001:db8:0:2::1', 1)).toBe(0);
  expect(budget.take('::1', 1)).toBe(0);
  // Put back by an hour, the clock neither brings nor takes.
  now = -3_600_000;
  expect(budget.take('2001:db8:0:1::1', 1)).toBeGreaterThan(0);
  for (let i = 0; i < 50_000; i++) budget.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1);
  expect(budget.size).toBe(10_000);
  // What costs more than a minute brings is had once all of it is there.
  expect(budget.take('192.0.2.200', 1000)).toBe(0);
  expect(budget.take('192.0.2.200', 1000)).toBe(60_000);
});

test('who finds a weakness is told whom to tell, where somebody is named', async () => {
  const named = await rig(ESTATE, { securityContact: 'mailto:security@example.gov.cn' });
  const { status, body, response } = await named.get('/.well-known/security.txt');
  expect([status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  // 180 days after 18 November 2026.
  expect(body).toBe(
    'Contact: mailto:security@example.gov.cn\nExpires: 2027-05-17T00:00:00.000Z\nPreferred-Languages: zh, en\n',
  );
  expect((await (await rig(ESTATE)).get('/.well-known/security.txt')).status).toBe(404);
});

test('settings that would undo it are refused at start', () => {
  const wrong = (setting: string, value: string): string => {
    try {
      readSettings({ JIENENG_DATA: '/nowhere', [setting]: value });
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(wrong('AUDIT_MONTHS', '5')).toBe('environment: AUDIT_MONTHS: must be at least 6 months, by law');
  expect(wrong('AUDIT_MONTHS', 'never')).toBe('environment: AUDIT_MONTHS: must be a number of months');
  expect(wrong('RATE_LIMIT', '10')).toBe('environment: RATE_LIMIT: must be 0 or 300 to 1000000');
  expect(wrong('SECURITY_CONTACT', 'somebody')).toBe(
    'environment: SECURITY_CONTACT: must begin with mailto:, https:// or tel:',
  );
  // A line of its own in the answer would be another field.
  expect(wrong('SECURITY_CONTACT', 'mailto:a@b\nExpires: 2099-01-01')).toContain('must begin with');
  expect(readSettings({ JIENENG_DATA: '/nowhere' })).toMatchObject({ AUDIT_MONTHS: 24, RATE_LIMIT: 6000 });
});

/** A body that says nothing of its length and has no end. */
function endless(): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode('{'.repeat(2 ** 18));
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}

test('no route takes a body of any length', async () => {
  const r = await rig(ESTATE);
  const { paths } = (await r.get('/api/v1/openapi.json')).body as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
  };
  // An import streams: it is taken in pieces, of which none stays in memory.
  const streamed = new Set(['post /api/v1/readings']);
  let asked = 0;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { requestBody }] of Object.entries(methods)) {
      if (!requestBody || streamed.has(`${method} ${path}`)) continue;
      const type = Object.keys(requestBody.content)[0] as string;
      const to = path.replaceAll(/\{[^}]+\}/g, 'x1');
      const query = /attachments|import/.test(path)
        ? '?node=gov&carrier=gas&month=2026-01&name=a.pdf&by=x&recorded_by=x'
        : '';
      const init: RequestInit & { duplex: 'half' } = {
        method: method.toUpperCase(),
        headers: { 'content-type': type, 'transfer-encoding': 'chunked' },
        body: endless(),
        duplex: 'half',
      };
      const answer = await r.app.request(`${to}${query}`, init);
      expect.soft(answer.status, `${method} ${path}`).toBe(413);
      asked++;
    }
  }
  expect(asked).toBeGreaterThan(20);
}, 120_000);
