import { expect, test } from 'vitest';
import type { Facts } from '../../server/operations/facts.ts';
import { History, type Look, SERIES } from '../../server/operations/history.ts';
import { type Happened, Tally } from '../../server/operations/tally.ts';
import { FACTS } from './facts.ts';

const NOTHING: Happened = new Tally().take();
const look = (seconds: number, facts: Partial<Facts> = {}, happened: Partial<Happened> = {}): Look => ({
  facts: { ...FACTS, at: 1_000_000 + seconds * 1000, ...facts },
  happened: { ...NOTHING, ...happened },
  ticks: seconds * 1000,
  cpuS: seconds / 2,
  memory: 3,
  heap: 2,
  loopP99: 0.001,
  diskFree: null,
});

test('rates are over the time since the look before, whatever the clock did meanwhile', () => {
  const history = new History(5000);
  history.add(look(0));
  expect(history.points()).toEqual([]);
  history.add(
    look(
      10,
      {
        // An hour back: the clock was set.
        at: 1_000_000 - 3_600_000,
        lagS: 7,
        handedOver: { stored: 200, duplicate: 30, conflict: 4, refused: 1 },
        counts: { packets: 9, bytes: 9, oversize: 0, refused: 20, dropped: 40 },
      },
      { received: 250, rejected: new Map([['unknown_meter', 15]]), failed: 5 },
    ),
  );
  const [point] = history.points();
  expect(point).toMatchObject({
    at: 1_000_000 - 3_600_000,
    received_per_s: 250 / 10,
    stored_per_s: 200 / 10,
    duplicate_per_s: 30 / 10,
    // 15 that could not be read, 4 conflicts, 1 that the store refused
    quarantined_per_s: (15 + 4 + 1) / 10,
    refused_per_s: 20 / 10,
    dropped_per_s: 40 / 10,
    failed_requests_per_s: 5 / 10,
    lag_s: 7,
    // Half a core was busy all the time.
    cpu_cores: 0.5,
    // Nothing was committed, so nobody knows how long it would have taken.
    commit_p99_s: null,
    disk_free_bytes: null,
  });
  expect(Object.keys(point ?? {}).sort()).toEqual(['at', ...SERIES].sort());
  expect([...history.counts().quarantined]).toEqual([
    ['unknown_meter', 15],
    ['conflict', 4],
    ['store_refused', 1],
  ]);
});

test('a quarter of an hour is kept and no more, nor what is older after a long sleep', () => {
  const history = new History(5000);
  for (let i = 0; i <= 1000; i++) history.add(look(5 * i, {}, { byOperation: new Map([['write', 2]]) }));
  // 900 s / 5 s
  expect(history.points()).toHaveLength(180);
  expect(history.points().at(-1)?.at).toBe(1_000_000 + 5000 * 1000);
  expect([...history.counts().operations]).toEqual([['write', 180 * 2]]);
  history.add(look(5 * 1000 + 3600));
  expect(history.points()).toHaveLength(1);
  expect(history.counts().operations.size).toBe(0);
});

test('a tally tells medians and percentiles of what came since it was asked, and begins again', () => {
  const tally = new Tally();
  // 98 of 10 ms and 2 of a second: the median is among the former, the 99th of 100 among the latter.
  for (let i = 0; i < 98; i++) tally.request(200, 0.01);
  tally.request(500, 1);
  tally.request(503, 1);
  tally.operation('write', 0.5, true);
  tally.operation('sums', 90, false);
  tally.committed({
    ms: 4,
    readings: 3,
    rejects: [
      {
        reason: 'unknown_meter',
        detail: '',
        source: '',
        kind: 'reading',
        payload: Buffer.alloc(0),
        meter: null,
        time: null,
        value: null,
        receivedAt: 0,
      },
    ],
  });
  const happened = tally.take();
  expect(happened.requests.count).toBe(100);
  // Two digits are told: within 1 %.
  expect(Math.abs((happened.requests.p50 ?? 0) / 0.01 - 1)).toBeLessThan(0.01);
  expect(Math.abs((happened.requests.p99 ?? 0) / 1 - 1)).toBeLessThan(0.01);
  expect([happened.failed, happened.unforeseen, happened.received]).toEqual([2, 1, 3 + 1]);
  expect([...happened.rejected]).toEqual([['unknown_meter', 1]]);
  expect([...happened.byOperation, ...happened.errors]).toEqual([
    ['write', 1],
    ['sums', 1],
    ['write', 1],
  ]);
  // Whatever takes longer than a minute takes a minute.
  expect(Math.abs((happened.operations.p99 ?? 0) / 60 - 1)).toBeLessThan(0.01);
  expect(tally.take()).toEqual(NOTHING);
});
