import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import type { Committed } from '../../server/journal/group-commit.ts';
import { Journal } from '../../server/journal/journal.ts';
import { directory } from '../support/directory.ts';

const readings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, i) => ({ meter: 1, time: i * 1000, value: i, flags: 0 }));

async function open(file: string): Promise<Journal> {
  const journal = new Journal({ file, groupMs: 0 });
  await journal.start();
  return journal;
}

test('what waits is what came less what was settled, after a restart too', async () => {
  const file = join(directory(), 'journal.sqlite');
  let journal = await open(file);
  onTestFinished(() => journal.stop());
  const rows: { seq: number; n: number }[] = [];
  const waits = (): number => rows.reduce((sum, row) => sum + row.n, 0);
  expect(journal.account().pending).toBe(0);
  expect(journal.oldestPending()).toBeNull();
  // More rows than the list is cut at, some settled one by one and some many at once, to nothing in between.
  for (let i = 0; i < 1200; i++) {
    const n = 1 + (i % 5);
    rows.push({ seq: await journal.appendFrom(0, readings(n), []), n });
    if (i % 300 === 299) {
      const upTo = rows[i === 599 ? rows.length - 1 : Math.floor(rows.length / 2)]?.seq as number;
      await journal.settle(upTo, 0, []);
      rows.splice(0, rows.findIndex((row) => row.seq === upTo) + 1);
      expect(journal.account().pending).toBe(waits());
    }
  }
  expect(waits()).toBeGreaterThan(0);
  expect(journal.entries(0, Number.MAX_SAFE_INTEGER).reduce((sum, e) => sum + e.readings.length, 0)).toBe(
    waits(),
  );
  expect(journal.oldestPending()).toBe(journal.entries(0, 1)[0]?.receivedAt);
  await journal.stop();
  journal = await open(file);
  expect(journal.account().pending).toBe(waits());
});

test('every commit of a group is told with what it held', async () => {
  const journal = await open(join(directory(), 'journal.sqlite'));
  onTestFinished(() => journal.stop());
  const seen: Committed[] = [];
  const leave = journal.onGroup((group) => void seen.push(group));
  await journal.append(readings(3), []);
  leave();
  await journal.append(readings(1), []);
  expect(seen).toEqual([{ ms: expect.any(Number), readings: 3, rejects: [] }]);
  expect(seen[0]?.ms).toBeGreaterThan(0);
});
