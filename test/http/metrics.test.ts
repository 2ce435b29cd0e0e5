import { expect, test } from 'vitest';
import { REASONS } from '../../server/domain/reading.ts';
import { PARTS } from '../../server/operations/health.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

/** Samples of a scrape by name with its labels, as in `name{a="b"}`; checks the format line by line. */
async function scrape(r: Rig): Promise<Map<string, number>> {
  const { response, body } = await r.get('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  for (const line of String(body).split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE ([a-z_0-9]+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      typed.add(type[1] as string);
      continue;
    }
    const sample = /^(([a-z_0-9]+?)(?:_bucket|_sum|_count)?(?:\{(?:[a-z_]+="[^"\\\n]*",?)+\})?) (\S+)$/.exec(
      line,
    );
    expect(sample, line).not.toBeNull();
    const [, name, family, value] = sample as unknown as [string, string, string, string];
    expect(typed.has(family) || typed.has(name.split('{')[0] as string), line).toBe(true);
    expect(Number.isFinite(Number(value)) || value === '+Inf', line).toBe(true);
    samples.set(name, Number(value));
  }
  return samples;
}

const reject = (reason: (typeof REASONS)[number]) => ({
  reason,
  detail: 'as said',
  source: 'meters/x/readings',
  kind: 'packet' as const,
  payload: Buffer.from('{}'),
  meter: null,
  time: null,
  value: null,
  receivedAt: 0,
});

test('the counters agree with the account that the health page shows, reason by reason', async () => {
  const r = await rig(ESTATE);
  await r.feed([
    ['gov-main', '2026-11-18T10:00:00+08:00', 100],
    ['gov-main', '2026-11-18T10:15:00+08:00', 101],
    ['lib-main', '2026-11-18T10:00:00+08:00', 5],
  ]);
  // One repeat; one that says something else for the same instant; two that could not be read.
  await r.feed([['gov-main', '2026-11-18T10:15:00+08:00', 101]]);
  await r.feed([['gov-main', '2026-11-18T10:15:00+08:00', 150]]);
  await r.reject(reject('broken_payload'), reject('unknown_meter'), reject('unknown_meter'));
  const m = await scrape(r);
  // received 8 = stored 3 + duplicate 1 + quarantined 4 (1 conflict + 1 broken payload + 2 unknown meters)
  expect(m.get('jieneng_readings_received_total')).toBe(8);
  expect(m.get('jieneng_readings_stored_total')).toBe(3);
  expect(m.get('jieneng_readings_duplicate_total')).toBe(1);
  const { account, quarantine } = (await r.get('/api/v1/health')).body as {
    account: Record<string, number>;
    quarantine: { reason: string; count: number }[];
  };
  expect(account).toEqual({ received: 8, stored: 3, duplicate: 1, quarantined: 4, pending: 0 });
  for (const [state, n] of Object.entries(account)) {
    expect(m.get(`jieneng_account_readings{state="${state}"}`), state).toBe(n);
  }
  for (const reason of REASONS) {
    const count = quarantine.find((q) => q.reason === reason)?.count ?? 0;
    expect(m.get(`jieneng_readings_quarantined_total{reason="${reason}"}`), reason).toBe(count);
    expect(m.get(`jieneng_quarantine_items{reason="${reason}"}`), reason).toBe(count);
  }
  // Six groups were committed, and each is in the histogram.
  expect(m.get('jieneng_journal_commit_seconds_count')).toBe(r.journal.commits.count);
  expect(m.get('jieneng_journal_commit_seconds_bucket{le="+Inf"}')).toBe(r.journal.commits.count);
  expect((m.get('jieneng_journal_commit_seconds_sum') as number) * 1000).toBeCloseTo(r.journal.commits.ms, 6);
  expect(m.has('jieneng_journal_commit_seconds_bucket{le="0.025"}')).toBe(true);
  expect(m.get('jieneng_ledger_up')).toBe(1);
  expect(m.get('jieneng_journal_size_bytes')).toBe(r.journal.bytes);
  expect(m.get('jieneng_journal_limit_bytes')).toBe(8 * 2 ** 30);
});

test('a scrape grows with the routes that were asked and not with the meters', async () => {
  const lines = async (meters: number): Promise<number> => {
    const list = Array.from({ length: meters }, (_, i) => ({
      ...{ id: `m${i}`, name: `m${i}`, node: 'b', carrier: 'electricity' },
    }));
    const r = await rig({ version: 1, nodes: [{ id: 'b', name: 'b', kind: 'building' }], meters: list });
    await r.feed(list.map(({ id }) => [id, '2026-11-18T10:00:00+08:00', 1]));
    await r.reject(...list.map(({ id }) => ({ ...reject('unknown_meter'), meter: id, source: id })));
    for (const { id } of list.slice(0, 20)) await r.get(`/api/v1/meters/${id}`);
    await scrape(r);
    return (await scrape(r)).size;
  };
  expect(await lines(2000)).toBe(await lines(2));
});

test('what fails is an alarm whatever it is: each part has its state', async () => {
  const r = await rig(ESTATE);
  const state = (m: Map<string, number>, part: string) => m.get(`jieneng_part_state{part="${part}"}`);
  const well = await scrape(r);
  expect(PARTS.map((part) => state(well, part))).toEqual(PARTS.map(() => 0));
  expect(well.get('jieneng_catalogue_up')).toBe(1);
  r.ledger.error = 'away';
  Object.defineProperty(r.catalogue, 'store', { value: { engine: 'postgresql', error: 'away' } });
  Object.defineProperty(r.journal, 'bytes', { value: 0.8 * r.journal.limitBytes });
  const wrong = await scrape(r);
  expect([state(wrong, 'ledger'), state(wrong, 'catalogue'), state(wrong, 'journal')]).toEqual([2, 2, 1]);
  expect(wrong.get('jieneng_catalogue_up')).toBe(0);
});

test('a conflict is counted once, however often it is asked', async () => {
  const r = await rig(ESTATE);
  await r.feed([['gov-main', '2026-11-18T10:00:00+08:00', 100]]);
  await r.feed([['gov-main', '2026-11-18T10:00:00+08:00', 150]]);
  const conflicts = 'jieneng_readings_quarantined_total{reason="conflict"}';
  expect((await scrape(r)).get(conflicts)).toBe(1);
  expect((await scrape(r)).get(conflicts)).toBe(1);
});

test('requests are counted by the template of their route and never by what was asked', async () => {
  const r = await rig(ESTATE);
  await r.get('/api/v1/meters/gov-main');
  await r.get('/api/v1/meters/lib-main');
  await r.get('/api/v1/meters/nobody-3f9c');
  await r.get('/api/v1/secret-3f9c?name=3f9c');
  await r.get('/secret-3f9c');
  await r.app.request('/api/v1/meters/gov-main', { method: 'BREW' });
  const { body } = await r.get('/metrics');
  expect(body).not.toContain('3f9c');
  expect(body).not.toContain('BREW');
  const m = await scrape(r);
  const requests = (labels: string): number | undefined => m.get(`jieneng_http_requests_total{${labels}}`);
  expect(requests('method="GET",route="/api/v1/meters/:id",status="2xx"')).toBe(2);
  expect(requests('method="GET",route="/api/v1/meters/:id",status="4xx"')).toBe(1);
  expect(requests('method="GET",route="/api/v1/*",status="4xx"')).toBe(1);
  // No dashboard is built here.
  expect(requests('method="GET",route="dashboard",status="5xx"')).toBe(1);
  expect(requests('method="other",route="/api/v1/*",status="4xx"')).toBe(1);
  expect(m.get('jieneng_http_request_seconds_count{method="GET",route="/api/v1/meters/:id"}')).toBe(3);
});

test('a scrape asks nothing of the time series, and tells how often others did', async () => {
  const r = await rig(ESTATE);
  await r.feed([['gov-main', '2026-11-18T10:00:00+08:00', 100]]);
  const operations = (m: Map<string, number>): [string, number][] =>
    [...m].filter(([name]) => name.startsWith('jieneng_timeseries_operation_seconds_count'));
  const before = operations(await scrape(r));
  expect(before).toContainEqual(['jieneng_timeseries_operation_seconds_count{operation="write"}', 1]);
  expect(operations(await scrape(r))).toEqual(before);
});

test('a time series that fails is down until it answers again', async () => {
  const r = await rig(ESTATE);
  const up = 'jieneng_timeseries_up{engine="duckdb"}';
  expect((await scrape(r)).get(up)).toBe(1);
  await expect(r.deps.timeseries.readings([1], 0.5, 1)).rejects.toThrow('0.5 is not a whole number');
  const down = await scrape(r);
  expect(down.get(up)).toBe(0);
  expect(down.get('jieneng_timeseries_errors_total{operation="readings"}')).toBe(1);
  await r.deps.timeseries.readings([1], 0, 1);
  expect((await scrape(r)).get(up)).toBe(1);
});

test('a request keeps its own id when that is well-formed and gets one otherwise', async () => {
  const r = await rig(ESTATE);
  const id = async (own?: string): Promise<string | null> => {
    const headers: Record<string, string> = own === undefined ? {} : { 'x-request-id': own };
    return (await r.app.request('/api/v1/tree', { headers })).headers.get('x-request-id');
  };
  expect(await id('gateway-7.a_B')).toBe('gateway-7.a_B');
  const made = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  expect(await id()).toMatch(made);
  expect(await id('two words')).toMatch(made);
  expect(await id('x'.repeat(65))).toMatch(made);
  // Also on what is refused and on what nobody foresaw, whose line in the log has the same one.
  const refused = await r.app.request('/api/v1/nothing', { headers: { 'x-request-id': 'mine' } });
  expect([refused.status, refused.headers.get('x-request-id')]).toEqual([404, 'mine']);
  r.journal.account = () => {
    throw new Error('as if the disk were gone');
  };
  const failed = await r.app.request('/api/v1/health', { headers: { 'x-request-id': 'mine-2' } });
  expect([failed.status, failed.headers.get('x-request-id')]).toEqual([500, 'mine-2']);
  expect(r.lines.at(-1)).toMatchObject({
    message: 'http: request failed',
    fields: { request_id: 'mine-2', method: 'GET', path: '/api/v1/health' },
  });
});
