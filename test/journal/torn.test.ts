import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { decodeBatch, encodeBatch } from '../../server/journal/batch.ts';
import { Journal } from '../../server/journal/journal.ts';
import { prepareJournal } from '../../server/journal/schema.ts';
import { directory } from '../support/directory.ts';

/** Bytes of the log between two cuts; at night: CUT_STEP=5, and every one with CUT_STEP=1 (minutes). */
const STEP = Number(process.env.CUT_STEP ?? 41);

const START = Date.parse('2026-01-01T00:00:00+08:00');
const WAL_HEADER = 32;
const FRAME = 24 + 1024;

const readings = (count: number, value: number): Reading[] =>
  Array.from({ length: count }, (_, i) => ({
    meter: 1 + i,
    time: START + i,
    value: value + i / 3,
    flags: i % 3,
  }));

function reject(payload: Uint8Array): Reject {
  return {
    reason: 'broken_payload',
    detail: '不是 JSON',
    source: 'meters/m1/readings',
    kind: 'packet',
    payload,
    meter: null,
    time: null,
    value: null,
    receivedAt: START,
  };
}

interface Held {
  entries: { seq: number; readings: Reading[] }[];
  cursor: unknown;
  account: unknown[];
  payloads: string[];
}

/** All that matters in a journal's file, read as it would be at a start. */
function heldIn(file: string): Held {
  const db = new DatabaseSync(file);
  try {
    prepareJournal(db);
    return {
      entries: db
        .prepare('SELECT seq, n, batch, form FROM journal ORDER BY seq')
        .all()
        .map((r) => ({
          seq: r.seq as number,
          readings: decodeBatch(r.batch as Uint8Array, r.n as number, r.form as number),
        })),
      cursor: db.prepare('SELECT * FROM cursor').get(),
      account: db.prepare('SELECT * FROM account').all(),
      payloads: db
        .prepare('SELECT payload FROM quarantine ORDER BY id')
        .all()
        .map((r) => Buffer.from(r.payload as Uint8Array).toString('base64')),
    };
  } finally {
    db.close();
  }
}

interface Written {
  file: string;
  log: Buffer;
  /** Bytes of the log after each commit, and what was held then. */
  ends: number[];
  held: Held[];
}

/** A journal with a commit of every kind and size, copied as a process that dies leaves it. */
async function written(): Promise<Written> {
  const at = directory();
  const file = join(at, 'journal.sqlite');
  const journal = new Journal({ file, groupMs: 0 });
  await journal.start();
  const ends: number[] = [];
  const held: Held[] = [];
  const note = (): void => {
    ends.push(statSync(`${file}-wal`).size);
    const copy = join(at, 'seen.sqlite');
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    held.push(heldIn(copy));
  };
  try {
    note();
    const steps: (() => Promise<unknown>)[] = [
      () => journal.append(readings(1, 1), []),
      () => journal.append([], [reject(Buffer.alloc(0))]),
      () => journal.append(readings(300, 2), [reject(Buffer.from('{"电量":1'))]),
      () => journal.append([], [reject(Buffer.alloc(20_000, 255))]),
      () => journal.decide(2, Buffer.from('{}'), []),
      () => journal.settle(2, 1, []),
      () => journal.append(readings(400, 3), [reject(Buffer.from('🔌'))]),
    ];
    for (const step of steps) {
      await step();
      note();
    }
    const copy = join(at, 'copy.sqlite');
    copyFileSync(file, copy);
    return { file: copy, log: readFileSync(`${file}-wal`), ends, held };
  } finally {
    await journal.stop();
  }
}

test('wherever the log is cut, what was committed before the cut is there, and nothing else', async () => {
  const { file, log, ends, held } = await written();
  const first = ends[0] as number;
  const last = ends[ends.length - 2] as number;
  expect(log.length).toBe(ends.at(-1));
  const cuts = new Set([...ends, ...ends.map((end) => end - 1)].filter((cut) => cut >= first));
  for (let cut = first; cut <= log.length; cut += cut < last ? 11 * STEP : STEP) cuts.add(cut);
  const to = join(directory(), 'journal.sqlite');
  for (const cut of cuts) {
    copyFileSync(file, to);
    writeFileSync(`${to}-wal`, log.subarray(0, cut));
    const commits = ends.findLastIndex((end) => end <= cut);
    expect(heldIn(to), `cut at ${cut} of ${log.length}`).toEqual(held[commits]);
  }
});

test('whichever byte of the log is not what was written, nothing from its page on is believed', async () => {
  const { file, log, ends, held } = await written();
  const to = join(directory(), 'journal.sqlite');
  for (let at = (ends[0] as number) + 5; at < log.length; at += 7 * STEP) {
    const damaged = Buffer.from(log);
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
    copyFileSync(file, to);
    writeFileSync(`${to}-wal`, damaged);
    const frame = WAL_HEADER + Math.floor((at - WAL_HEADER) / FRAME) * FRAME;
    const commits = ends.findLastIndex((end) => end <= frame);
    expect(heldIn(to), `byte ${at} of ${log.length}`).toEqual(held[commits]);
  }
});

test('a journal whose last commit was cut off goes on with the number that it had', async () => {
  const { file, log, ends } = await written();
  const to = join(directory(), 'journal.sqlite');
  copyFileSync(file, to);
  writeFileSync(`${to}-wal`, log.subarray(0, (ends.at(-1) as number) - 100));
  const journal = new Journal({ file: to, groupMs: 0 });
  await journal.start();
  try {
    const { seq } = journal.cursor();
    expect([seq, journal.lastSeq()]).toEqual([2, 2]);
    expect(await journal.appendFrom(0, readings(5, 9), [])).toBe(3);
    expect(journal.entries(seq, 100).map((e) => e.readings)).toEqual([readings(5, 9)]);
  } finally {
    await journal.stop();
  }
});

test('a batch by columns that is not as many readings as its row says is damaged', () => {
  const batch = encodeBatch(readings(3, 1));
  expect(decodeBatch(batch, 3, 0)).toEqual(readings(3, 1));
  for (const n of [0, 2, 4]) {
    expect(() => decodeBatch(batch, n, 0)).toThrow(
      `journal batch of 63 bytes is not ${n} readings: it is damaged`,
    );
  }
});
