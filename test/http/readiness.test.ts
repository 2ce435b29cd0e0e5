import { expect, test } from 'vitest';
import type { Readiness } from '../../server/http/routes/readiness.ts';
import type { Health } from '../../server/http/schemas/health.ts';
import { ESTATE } from './estate.ts';
import { rig } from './rig.ts';

test('a server whose time series is away takes readings: it lives, is ready and fails, with since when', async () => {
  const r = await rig(ESTATE);
  const ready = await r.get('/api/v1/health/ready');
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject({ ready: true, reasons: [] });
  r.clock('2026-11-18T12:05:00+08:00');
  r.ledger.error = 'as if it were away';
  const away = await r.get('/api/v1/health/ready');
  expect(away.status).toBe(200);
  const { reasons, parts } = away.body as Readiness;
  expect(reasons).toEqual([]);
  expect(parts.find((p) => p.part === 'timeseries')).toEqual({
    part: 'timeseries',
    state: 'failing',
    code: 'timeseries_unreached',
    zh: '时序库没有应答',
    en: 'the time series does not answer',
    detail: 'as if it were away',
    since: '2026-11-18T12:05:00+08:00',
  });
  expect((await r.get('/api/v1/health/live')).body).toEqual({ live: true });
  expect((await r.get('/api/v1/health')).body).toMatchObject({
    status: 'failing',
    problems: ['the time series does not take readings: as if it were away'],
  });
  r.ledger.error = null;
  expect((await r.get('/api/v1/health')).body).toMatchObject({ status: 'ok', problems: [] });
});

test('a server that takes no readings lives and is not ready, with the reason', async () => {
  const r = await rig(ESTATE);
  const { limitBytes } = r.journal;
  Object.defineProperty(r.journal, 'bytes', { value: limitBytes, configurable: true });
  const full = await r.get('/api/v1/health/ready');
  expect([full.status, (full.body as Readiness).reasons]).toEqual([
    503,
    ['journal: the journal is full: 100 %'],
  ]);
  expect((await r.get('/api/v1/health/live')).status).toBe(200);
  const { status, problems } = (await r.get('/api/v1/health')).body as Health;
  expect([status, problems.length]).toEqual(['failing', 1]);
  Object.defineProperty(r.journal, 'bytes', { value: limitBytes - 1, configurable: true });
  expect((await r.get('/api/v1/health/ready')).status).toBe(200);
  expect(((await r.get('/api/v1/health')).body as Health).status).toBe('degraded');
});

test('a server that is stopping is not ready', async () => {
  const r = await rig(ESTATE);
  r.farewell();
  const { status, body } = await r.get('/api/v1/health/ready');
  expect([status, (body as Readiness).reasons]).toEqual([503, ['the server is stopping']]);
});
