import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { Journal, type JournalSettings, newSource } from '../../server/journal/journal.ts';
import { directory } from '../support/directory.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');
const DEADLINE_MS = 5_000;

async function open(settings: Partial<JournalSettings> = {}): Promise<Journal> {
  const journal = new Journal({ file: join(directory(), 'journal.sqlite'), ...settings });
  await journal.start();
  onTestFinished(() => journal.stop());
  return journal;
}

function readings(count: number, meter = 1): Reading[] {
  return Array.from({ length: count }, (_, i) => ({ meter, time: START + i * 1000, value: i, flags: 0 }));
}

function reject(payload: Uint8Array = Buffer.from('{}')): Reject {
  return {
    reason: 'broken_payload',
    detail: 'payload: not JSON',
    source: 'meters/m1/readings',
    kind: 'packet',
    payload,
    meter: null,
    time: null,
    value: null,
    receivedAt: START,
  };
}

function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject: fail } = Promise.withResolvers<never>();
  const timer = setTimeout(() => fail(new Error(`not settled within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

describe('group commit', () => {
  test('what arrives while a group waits is one commit, in order of arrival', async () => {
    const journal = await open({ groupMs: 50 });
    await journal.append(readings(1), []);
    await Promise.all(readings(100).map((r) => journal.append([r], [])));
    expect(journal.commits).toMatchObject({ count: 2, readings: 101 });
    const [, second] = journal.entries(0, 1000);
    expect(second?.readings).toEqual(readings(100));
    expect(journal.account()).toEqual({
      received: 101,
      stored: 101,
      duplicate: 0,
      quarantined: 0,
      pending: 101,
    });
  });

  test('an append is on disk when it settles', async () => {
    const file = join(directory(), 'journal.sqlite');
    const journal = new Journal({ file });
    await journal.start();
    onTestFinished(() => journal.stop());
    await journal.append(readings(3), [reject()]);
    const other = new DatabaseSync(file, { readOnly: true });
    expect(other.prepare('SELECT sum(n) AS n FROM journal').get()).toEqual({ n: 3 });
    expect(other.prepare('SELECT count(*) AS n FROM quarantine').get()).toEqual({ n: 1 });
    other.close();
  });

  test('live readings and imports side by side all settle, each under its own source', async () => {
    const journal = await open({ groupMs: 1 });
    const sources = [0, newSource(), newSource()];
    const appends: Promise<number>[] = [];
    for (let round = 0; round < 40; round++) {
      for (const source of sources) appends.push(journal.appendFrom(source, readings(5, source + 1), []));
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await within(Promise.all(appends));
    const per = new Map<number, number>();
    for (const e of journal.entries(0, 1_000_000)) {
      per.set(e.source, (per.get(e.source) ?? 0) + e.readings.length);
      expect(new Set(e.readings.map((r) => r.meter))).toEqual(new Set([e.source + 1]));
    }
    // 40 rounds of 5 readings from each of the three.
    expect([...per.values()]).toEqual([200, 200, 200]);
    expect(journal.account().received).toBe(600);
  });

  test('stopping commits what waits', async () => {
    const file = join(directory(), 'journal.sqlite');
    const journal = new Journal({ file, groupMs: 60_000 });
    await journal.start();
    const waiting = journal.append(readings(11), []);
    await journal.stop();
    await within(waiting);
    const again = new Journal({ file });
    await again.start();
    onTestFinished(() => again.stop());
    expect(again.account().pending).toBe(11);
  });
});
