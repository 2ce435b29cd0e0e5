import { expect, test } from 'vitest';
import type { Readiness } from '../../server/http/routes/readiness.ts';
import { ESTATE } from './estate.ts';
import { rig } from './rig.ts';

test('a server whose time series does not take readings lives and is not ready, with since when', async () => {
  const r = await rig(ESTATE);
  const ready = await r.get('/api/v1/health/ready');
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject({ ready: true, reasons: [] });
  r.clock('2026-11-18T12:05:00+08:00');
  r.ledger.error = 'as if it were away';
  const away = await r.get('/api/v1/health/ready');
  expect(away.status).toBe(503);
  const { reasons, parts } = away.body as Readiness;
  expect(reasons).toEqual([
    'ledger: the last hand-over of readings failed: as if it were away',
    'timeseries: the time series does not answer: as if it were away',
  ]);
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
  r.ledger.error = null;
  expect((await r.get('/api/v1/health/ready')).status).toBe(200);
});

test('a server that is stopping is not ready', async () => {
  const r = await rig(ESTATE);
  r.farewell();
  const { status, body } = await r.get('/api/v1/health/ready');
  expect([status, (body as Readiness).reasons]).toEqual([503, ['the server is stopping']]);
});
