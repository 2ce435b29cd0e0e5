import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Operations } from '../../server/http/schemas/operations.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

async function asked(r: Rig): Promise<Operations> {
  const { status, body } = await r.get('/api/v1/operations');
  expect(status).toBe(200);
  return Operations.parse(body);
}

/** Looks at the server again, some time after the last look. */
async function look(r: Rig): Promise<void> {
  await wait(5);
  r.deps.operations.look();
}

test('every look is a point of every curve, and the counts of the window are those of the account', async () => {
  const r = await rig(ESTATE);
  const before = await asked(r);
  expect([before.at, before.state, before.alarms]).toEqual([[], 'ok', []]);
  await r.feed([
    ['gov-main', '2026-11-18T10:00:00+08:00', 100],
    ['gov-main', '2026-11-18T10:15:00+08:00', 101],
  ]);
  await r.feed([['gov-main', '2026-11-18T10:15:00+08:00', 150]]);
  r.clock('2026-11-18T12:00:05+08:00');
  await look(r);
  r.clock('2026-11-18T12:00:10+08:00');
  await look(r);
  const { at, series, account, quarantined, operations, limits } = await asked(r);
  expect(at).toEqual(['2026-11-18T12:00:05+08:00', '2026-11-18T12:00:10+08:00']);
  for (const [name, values] of Object.entries(series)) expect(values, name).toHaveLength(2);
  // Three arrived before the first look, none after it.
  expect(series.received_per_s[0]).toBeGreaterThan(0);
  expect(series.received_per_s[1]).toBe(0);
  const [received, stored, conflicts] = [
    series.received_per_s[0] ?? 0,
    series.stored_per_s[0] ?? 0,
    series.quarantined_per_s[0] ?? 0,
  ];
  // All over the same time: of 3 readings 2 were stored and 1 contradicted.
  expect(stored / received).toBeCloseTo(2 / 3, 4);
  expect(conflicts / received).toBeCloseTo(1 / 3, 4);
  expect(account).toEqual({ received: 3, stored: 2, duplicate: 0, quarantined: 1, pending: 0 });
  expect(quarantined).toEqual([{ reason: 'conflict', count: 1 }]);
  expect(operations.find((o) => o.operation === 'write')).toMatchObject({ errors: 0 });
  expect(series.commit_p99_s[0]).toBeGreaterThan(0);
  expect(series.commit_p99_s[1]).toBeNull();
  expect(series.clients).toEqual([2, 2]);
  expect(series.memory_bytes[1]).toBeGreaterThan(10 * 2 ** 20);
  expect(limits.memory_bytes).toBeGreaterThan(series.memory_bytes[1] ?? 0);
  expect(limits).toMatchObject({ journal_bytes: 8 * 2 ** 30, clients: 5000, live_clients: 1000 });
});

test('what is wrong is told with since when and the worst first, and remembered when it is over', async () => {
  const r = await rig(ESTATE);
  const { account } = r.journal;
  r.journal.account = () => {
    throw new Error('as if the disk were gone');
  };
  expect((await r.get('/api/v1/health')).status).toBe(500);
  r.journal.account = account;
  r.clock('2026-11-18T12:01:00+08:00');
  await look(r);
  r.clock('2026-11-18T12:05:00+08:00');
  r.ledger.error = 'as if it were away';
  await look(r);
  const wrong = await asked(r);
  expect(wrong.state).toBe('failing');
  expect(wrong.alarms.map((a) => [a.part, a.code, a.since, a.until])).toEqual([
    ['timeseries', 'timeseries_unreached', '2026-11-18T12:05:00+08:00', null],
    ['ledger', 'ledger_failing', '2026-11-18T12:05:00+08:00', null],
    ['http', 'http_failing', '2026-11-18T12:01:00+08:00', null],
  ]);
  expect(wrong.alarms[0]).toMatchObject({ zh: '时序库没有应答', detail: 'as if it were away' });
  expect(wrong.parts.find((p) => p.part === 'journal')).toMatchObject({ state: 'ok', code: 'ok' });
  // The log says it once, however often it is asked.
  await asked(r);
  const said = (): unknown[] =>
    r.lines
      .filter(({ message }) => message.startsWith('operations: '))
      .map(({ fields, message }) => [message, fields]);
  expect(said()).toEqual([
    ['operations: a part wants attention', { part: 'http', code: 'http_failing', detail: '1 in a minute' }],
    [
      'operations: a part is failing',
      { part: 'ledger', code: 'ledger_failing', detail: 'as if it were away' },
    ],
    [
      'operations: a part is failing',
      { part: 'timeseries', code: 'timeseries_unreached', detail: 'as if it were away' },
    ],
  ]);
  r.clock('2026-11-18T12:06:00+08:00');
  r.ledger.error = null;
  // A minute of looks later nobody remembers the request that failed.
  for (let i = 0; i < 12; i++) await look(r);
  const well = await asked(r);
  expect([well.state, well.parts.every((p) => p.state === 'ok')]).toEqual(['ok', true]);
  expect(well.alarms.map((a) => [a.code, a.until])).toEqual([
    ['http_failing', '2026-11-18T12:06:00+08:00'],
    ['timeseries_unreached', '2026-11-18T12:06:00+08:00'],
    ['ledger_failing', '2026-11-18T12:06:00+08:00'],
  ]);
  // A quarter of an hour after that it is history.
  r.clock('2026-11-18T12:21:01+08:00');
  expect((await asked(r)).alarms).toEqual([]);
});

test('requests are in the curves with what failed of them, and the question asks nothing of the time series', async () => {
  const r = await rig(ESTATE);
  await look(r);
  for (let i = 0; i < 3; i++) await r.get('/api/v1/tree');
  await r.get('/api/v1/nothing');
  await look(r);
  const { series, operations } = await asked(r);
  expect(series.requests_per_s.at(-1)).toBeGreaterThan(0);
  expect(series.request_p99_s.at(-1)).toBeGreaterThan(0);
  expect(series.failed_requests_per_s.at(-1)).toBe(0);
  await look(r);
  expect((await asked(r)).operations).toEqual(operations);
});
