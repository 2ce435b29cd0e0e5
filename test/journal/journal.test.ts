import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { encodeBatch } from '../../server/journal/batch.ts';
import { Journal, type JournalSettings, newSource } from '../../server/journal/journal.ts';
import { JOURNAL_LAYOUT, prepareJournal } from '../../server/journal/schema.ts';
import { directory } from '../support/directory.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');
const DEADLINE_MS = 60_000;

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

  test('a group with more than a few readings waits as long again for enough of them', async () => {
    const groupMs = 2000;
    const journal = await open({ groupMs });
    await journal.append(readings(1), []);
    const began = performance.now();
    const first = journal.append(readings(20), []);
    // Past the time of a group, and before it is twice as much.
    await new Promise((resolve) => setTimeout(resolve, began + 1.3 * groupMs - performance.now()));
    expect(journal.commits.count).toBe(1);
    await within(Promise.all([first, journal.append(readings(80), [])]));
    expect(journal.entries(0, 1000).map((e) => e.readings.length)).toEqual([1, 20 + 80]);
    // A few are not kept for company.
    await within(journal.append(readings(10), []));
    await within(journal.append(readings(20), []));
    expect(journal.commits.count).toBe(4);
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
      for (const [i, source] of sources.entries()) {
        appends.push(journal.appendFrom(source, readings(5, i), []));
      }
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await within(Promise.all(appends));
    const per = new Map<number, number>();
    for (const e of journal.entries(0, 1_000_000)) {
      per.set(e.source, (per.get(e.source) ?? 0) + e.readings.length);
      expect(new Set(e.readings.map((r) => r.meter))).toEqual(new Set([sources.indexOf(e.source)]));
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

describe('bounds', () => {
  test('a full journal refuses, says why, and takes readings again when it has been handed on', async () => {
    const journal = await open({ maxBytes: 200_000, groupMs: 0 });
    let taken = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await journal.append(readings(1000), []);
        taken += 1000;
      }
    };
    await expect(within(fill())).rejects.toThrow(/the journal is full: \d+ of 200000 bytes wait/);
    expect(journal.account()).toMatchObject({ received: taken, stored: taken, pending: taken });
    const last = journal.lastSeq();
    await journal.decide(last, Buffer.from('{}'), []);
    await journal.settle(last, 0, []);
    await journal.append(readings(1000), []);
    expect(journal.account()).toMatchObject({ received: taken + 1000, pending: 1000 });
  });

  test('more readings than may wait for the disk are refused, the others are kept', async () => {
    const journal = await open({ maxWaiting: 100, groupMs: 50 });
    const first = journal.append(readings(80), []);
    await expect(journal.append(readings(21), [])).rejects.toThrow('80 readings wait for the disk');
    await journal.append(readings(20), []);
    await first;
    expect(journal.account().received).toBe(100);
  });

  test('more bytes of rejects than may wait are refused; one packet is always taken', async () => {
    const journal = await open({ maxWaitingBytes: 1000, groupMs: 50 });
    const large = journal.append([], [reject(Buffer.alloc(5000))]);
    await expect(journal.append([], [reject(Buffer.alloc(1))])).rejects.toThrow('wait for the disk');
    await large;
    await journal.append([], [reject(Buffer.alloc(1))]);
    expect(journal.account().quarantined).toBe(2);
  });
});

describe('quarantine', () => {
  test('holds so many items, the newest ones; their count stays', async () => {
    const journal = await open({ maxQuarantine: 10, groupMs: 0 });
    for (let i = 0; i < 3; i++)
      await journal.append(
        [],
        Array.from({ length: 9 }, () => reject()),
      );
    const kept = journal.quarantine({ limit: 100 });
    expect(kept.map((item) => item.id)).toEqual([27, 26, 25, 24, 23, 22, 21, 20, 19, 18]);
    expect(journal.account()).toMatchObject({ received: 27, quarantined: 27 });
  });

  test('who fills it pushes out what is his, and nobody else’s', async () => {
    const journal = await open({ maxQuarantine: 10, maxQuarantineBytes: 50_000, groupMs: 0 });
    const of = (source: string, meter: string | null = null, bytes = 10): Reject => ({
      ...reject(Buffer.alloc(bytes)),
      source,
      meter,
    });
    const sources = () => journal.quarantine({ limit: 100 }).map((item) => `${item.source} ${item.meter}`);
    const quiet = [of('gateways/quiet/readings'), of('ledger', 'm1'), of('plant/pump/1')];
    await journal.append([], quiet);
    // Below its own topic a device may invent as many as it likes, and a file has as many sources as lines.
    for (let i = 0; i < 30; i++) await journal.append([], [of(`plant/flood/${i}`), of(`a/b.csv:${i}`)]);
    await journal.append([], [of('ledger', 'm2'), of('gateways/flood/readings', null, 45_000)]);
    await journal.append([], [of('gateways/flood/readings', null, 45_000)]);
    const held = sources();
    // Ten, and then one of the two large ones.
    expect(held).toHaveLength(9);
    expect(held.slice(-3)).toEqual(['plant/pump/1 null', 'ledger m1', 'gateways/quiet/readings null']);
    expect(held).toContain('ledger m2');
    expect(held.filter((of) => of.startsWith('gateways/flood'))).toHaveLength(1);
    expect(held).toContain('plant/flood/29 null');
    expect(held).toContain('a/b.csv:29 null');
    // 3 + 30 × 2 + 2 + 1
    expect(journal.account()).toMatchObject({ received: 66, quarantined: 66 });
  });

  test('a new start knows whose is what', async () => {
    const settings = { file: join(directory(), 'journal.sqlite'), maxQuarantine: 4, groupMs: 0 };
    const before = await open(settings);
    await before.append([], [{ ...reject(), source: 'gateways/quiet/readings' }, reject(), reject()]);
    await before.stop();
    const journal = await open(settings);
    for (let i = 0; i < 9; i++) await journal.append([], [reject()]);
    expect(journal.quarantine({ limit: 10 }).map((item) => item.id)).toEqual([12, 11, 10, 1]);
  });

  test('items that were released make room: the old one beside them is not dropped for its age', async () => {
    const journal = await open({ maxQuarantine: 3, groupMs: 0 });
    await journal.append([], [reject(Buffer.from('old'))]);
    for (let i = 0; i < 5; i++) {
      await journal.append([], [reject()]);
      await journal.release(newSource(), i + 2, readings(1, i + 1), []);
    }
    expect(journal.quarantine({ limit: 10 }).map((item) => item.id)).toEqual([1]);
  });

  test('large packets drop the oldest instead of filling the journal for ever', async () => {
    const journal = await open({ maxBytes: 2_000_000, maxQuarantineBytes: 500_000, groupMs: 0 });
    for (let i = 0; i < 20; i++) await journal.append([], [reject(Buffer.alloc(200_000))]);
    await journal.append(readings(1), []);
    expect(journal.quarantine({ limit: 100 })).toHaveLength(2);
    expect(journal.account()).toMatchObject({ received: 21, quarantined: 20, stored: 1 });
  });

  test('an item that is released makes room for its readings in the account, once', async () => {
    const journal = await open({ groupMs: 0 });
    await journal.append(readings(2), [reject(), reject()]);
    const [item] = journal.quarantine({ limit: 1 });
    const source = newSource();
    const seq = await journal.release(source, item?.id as number, readings(5), []);
    expect(seq).toBeGreaterThan(0);
    // 2 + 5 readings and the item that is left.
    const account = { received: 8, stored: 7, duplicate: 0, quarantined: 1, pending: 7 };
    expect(journal.account()).toEqual(account);
    expect(await journal.release(source, item?.id as number, readings(5), [])).toBe(0);
    expect(journal.account()).toEqual(account);
    expect(journal.entries(0, 100).map((e) => e.source)).toEqual([0, source]);
  });
});

describe('the file', () => {
  test('of a newer layout is refused by name', async () => {
    const file = join(directory(), 'journal.sqlite');
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA user_version = ${JOURNAL_LAYOUT + 1}`);
    db.close();
    await expect(new Journal({ file }).start()).rejects.toThrow(
      `layout ${JOURNAL_LAYOUT + 1}, this program knows ${JOURNAL_LAYOUT}: use a newer jieneng`,
    );
  });

  test('of the layout before keeps its readings, its account and its numbers', async () => {
    const file = join(directory(), 'journal.sqlite');
    const db = new DatabaseSync(file);
    prepareJournal(db);
    // As the second layout had it: rows that number themselves, and an account that counts them on arrival.
    db.exec(`
      DROP TABLE journal;
      CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL,
        source INTEGER NOT NULL, n INTEGER NOT NULL, batch BLOB NOT NULL) STRICT;
      INSERT INTO account VALUES ('received', 9), ('stored', 7), ('duplicate', 2);
      UPDATE cursor SET seq = 4;
      PRAGMA user_version = 2;`);
    const insert = db.prepare('INSERT INTO journal VALUES (?, 1, 0, ?, ?)');
    insert.run(5, 2, encodeBatch(readings(2)));
    insert.run(6, 1, encodeBatch(readings(1)));
    db.close();
    const journal = new Journal({ file });
    await journal.start();
    try {
      // 9 came, 2 of them repeats and 3 still waiting.
      expect(journal.account()).toEqual({ received: 9, stored: 7, duplicate: 2, quarantined: 0, pending: 3 });
      expect(journal.entries(4, 100).map((e) => [e.seq, e.readings.length])).toEqual([
        [5, 2],
        [6, 1],
      ]);
      await journal.settle(6, 1, []);
      expect(journal.account()).toEqual({ received: 9, stored: 6, duplicate: 3, quarantined: 0, pending: 0 });
      // The numbers go on where they were though no row is left.
      expect(await journal.appendFrom(0, readings(1), [])).toBe(7);
    } finally {
      await journal.stop();
    }
  });

  test('of the third layout keeps the readings that stand by columns, and packs what comes', async () => {
    const file = join(directory(), 'journal.sqlite');
    const db = new DatabaseSync(file);
    prepareJournal(db);
    db.exec('ALTER TABLE journal DROP COLUMN form; PRAGMA user_version = 3;');
    const old = readings(30);
    db.prepare('INSERT INTO journal VALUES (1, 1, 0, 30, ?)').run(encodeBatch(old));
    db.close();
    const journal = new Journal({ file });
    await journal.start();
    try {
      const fresh = readings(30, 2);
      await journal.append(fresh, []);
      expect(journal.entries(0, 100).map((e) => e.readings)).toEqual([old, fresh]);
      const look = new DatabaseSync(file, { readOnly: true });
      const [first, second] = look.prepare('SELECT length(batch) AS bytes FROM journal ORDER BY seq').all();
      look.close();
      expect(first).toEqual({ bytes: 30 * 21 });
      // The first says its time in 6 bytes; the others a byte each for what it is and the meter, two for the second
      // that passed and one for the value.
      expect(second).toEqual({ bytes: 1 + 1 + 6 + 1 + 29 * (1 + 1 + 2 + 1) });
    } finally {
      await journal.stop();
    }
  });

  test('what it held and handed over takes no room after a stop', async () => {
    const file = join(directory(), 'journal.sqlite');
    const journal = new Journal({ file });
    await journal.start();
    await journal.append(readings(200_000), [reject()]);
    await journal.settle(journal.lastSeq(), 0, []);
    const free = journal.bytes;
    await journal.stop();
    expect(statSync(file).size).toBeLessThanOrEqual(free);
    const again = new Journal({ file });
    await again.start();
    try {
      expect(again.account()).toMatchObject({
        received: 200_001,
        stored: 200_000,
        quarantined: 1,
        pending: 0,
      });
      expect(again.quarantine({ limit: 10 })).toHaveLength(1);
    } finally {
      await again.stop();
    }
  });

  test('copied by a backup goes on with the same sequence', async () => {
    const at = directory();
    const journal = await open({ groupMs: 0 });
    for (let i = 0; i < 3; i++) await journal.append(readings(2), []);
    await journal.decide(3, Buffer.from('{}'), []);
    await journal.settle(3, 0, []);
    await journal.backup(join(at, 'copy.sqlite'));
    const copy = new Journal({ file: join(at, 'copy.sqlite') });
    await copy.start();
    onTestFinished(() => copy.stop());
    expect(await copy.appendFrom(0, readings(1), [])).toBe(4);
    expect(copy.entries(copy.cursor().seq, 10)).toHaveLength(1);
  });
});
