/**
 * The journal's only writer, on a thread of its own: a commit with a full sync takes as long as the disk
 * takes, and meanwhile the main thread goes on reading packets into the next group.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Reject } from '../domain/reading.ts';
import { BY_COLUMNS, columnsOf, PACKED } from './batch.ts';
import { type HeldItem, HeldItems } from './held-items.ts';
import { causeBits, type DirtyMonth, outcomeWriter } from './outcome.ts';
import { pack } from './pack.ts';
import type { Answer, Ask, Request, WorkerSettings } from './protocol.ts';
import { NEWEST, prepareJournal } from './schema.ts';

const port = parentPort;
if (!port) throw new Error('the journal writer runs as a worker thread');
const settings = workerData as WorkerSettings;
const db = new DatabaseSync(settings.file);
prepareJournal(db);

const SHRINK_FREE_BYTES = 256 * 1024;
const SHRINK_MOST_BYTES = 8 * 2 ** 20;

const sql = (text: string): StatementSync => db.prepare(text);
const insertBatch = sql(
  'INSERT INTO journal (seq, received_at, source, n, batch, form) VALUES (?, ?, ?, ?, ?, ?)',
);
const insertReject = sql(
  'INSERT INTO quarantine (received_at, reason, detail, source, kind, meter, time, value, payload) VALUES (?,?,?,?,?,?,?,?,?)',
);
const count = sql(
  'INSERT INTO account (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n',
);
const quarantined = sql('SELECT id, source, meter, length(payload) AS bytes FROM quarantine ORDER BY id');
const takeQuarantined = sql(
  'DELETE FROM quarantine WHERE id = ? RETURNING id, source, meter, length(payload) AS bytes, reason',
);
const dropQuarantined = sql('DELETE FROM quarantine WHERE id IN (SELECT value FROM json_each(?))');
const decide = sql('UPDATE cursor SET decided_to = ?, decision = ?');
const settle = sql('UPDATE cursor SET seq = ?, decided_to = NULL, decision = NULL');
const handedOver = sql('SELECT coalesce(sum(n), 0) AS n FROM journal WHERE seq <= ?');
const prune = sql('DELETE FROM journal WHERE seq <= ?');
const addDirty = sql(
  `INSERT INTO dirty (meter, month, causes, open, catalogue) VALUES (?, ?, ?, ?, ?)
   ON CONFLICT (meter, month) DO UPDATE SET causes = causes | excluded.causes, open = min(open, excluded.open),
     catalogue = coalesce(excluded.catalogue, catalogue)`,
);
const dropDirty = sql('DELETE FROM dirty WHERE meter = ? AND month = ?');
const computedFor = sql('UPDATE cursor SET catalogue = ?');
const writeOutcome = outcomeWriter(db, settings.maxRevisions);
const pageCount = sql('PRAGMA page_count');
const freeCount = sql('PRAGMA freelist_count');
const pageSize = (sql('PRAGMA page_size').get() as { page_size: number }).page_size;

/** Number of the newest row, whether it is still there or handed over. */
let newest = (sql(NEWEST).get() as { seq: number }).seq;

const readHeld = (): HeldItems =>
  new HeldItems(
    { items: settings.maxQuarantine, bytes: settings.maxQuarantineBytes },
    quarantined.iterate() as Iterable<unknown> as Iterable<HeldItem>,
  );
let held = readHeld();

function usedBytes(): number {
  const pages = (pageCount.get() as { page_count: number }).page_count;
  const free = (freeCount.get() as { freelist_count: number }).freelist_count;
  return (pages - free) * pageSize;
}

/**
 * At its end a burst has left free pages behind, up to the whole log: the file goes back to what it holds, where
 * that is little enough not to keep a stop waiting.
 */
function shrink(): void {
  const free = (freeCount.get() as { freelist_count: number }).freelist_count * pageSize;
  if (free > SHRINK_FREE_BYTES && usedBytes() < SHRINK_MOST_BYTES) db.exec('VACUUM');
}

function quarantine(rejects: Reject[]): void {
  const reasons = new Map<string, number>();
  for (const r of rejects) {
    const { reason, source, meter, payload } = r;
    const { lastInsertRowid } = insertReject.run(
      ...[r.receivedAt, reason, r.detail, source, r.kind, meter, r.time, r.value, payload],
    );
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    held.add({ id: Number(lastInsertRowid), source, meter, bytes: payload.byteLength });
  }
  for (const [reason, n] of reasons) count.run(`quarantined:${reason}`, n);
  for (let ids = held.next(); ids.length > 0; ids = held.next()) dropQuarantined.run(JSON.stringify(ids));
}

function markDirty(months: readonly DirtyMonth[]): void {
  for (const { meter, month, causes, open, catalogue } of months) {
    // SQLite's integers end before infinity does.
    const until = Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, open));
    addDirty.run(meter, month, causeBits(causes), until, catalogue);
  }
}

function append(r: Extract<Request, { do: 'append' | 'release' }>): number {
  let seq = 0;
  if (r.batch) {
    seq = newest + 1;
    const packed = pack(columnsOf(r.batch));
    insertBatch.run(seq, r.receivedAt, r.source, r.n, packed ?? r.batch, packed ? PACKED : BY_COLUMNS);
  }
  if (r.rejects.length > 0) {
    quarantine(r.rejects);
    count.run('received', r.rejects.length);
  }
  return seq;
}

function perform(r: Request): number {
  switch (r.do) {
    case 'append':
      if (usedBytes() > settings.maxBytes) {
        throw new Error(
          `the journal is full: ${usedBytes()} of ${settings.maxBytes} bytes wait for the time series`,
        );
      }
      return append(r);
    case 'release': {
      // An item leaves quarantine and what it was read as takes its place: one in, n out, in one commit.
      const item = takeQuarantined.get(r.id) as (HeldItem & { reason: string }) | undefined;
      if (!item) return 0;
      held.released(item);
      count.run(`quarantined:${item.reason}`, -1);
      count.run('received', -1);
      return append(r);
    }
    case 'decide':
      markDirty(r.dirty);
      decide.run(r.to, r.decision);
      return 0;
    case 'settle': {
      const { n } = handedOver.get(r.to) as { n: number };
      count.run('received', n);
      count.run('stored', n - r.duplicates - r.conflicts.length);
      count.run('duplicate', r.duplicates);
      quarantine(r.conflicts);
      settle.run(r.to);
      prune.run(r.to);
      return 0;
    }
    case 'dirty':
      markDirty(r.months);
      if (r.catalogue !== undefined) computedFor.run(r.catalogue);
      return 0;
    case 'clean':
      for (const [meter, month] of r.months) dropDirty.run(meter, month);
      writeOutcome(r.months, r.outcome);
      return 0;
    case 'close':
      return 0;
  }
}

port.on('message', ({ id, request }: Ask) => {
  const answer: Answer = { id, seq: 0, bytes: 0, error: null };
  try {
    if (request.do === 'close') {
      try {
        shrink();
      } finally {
        db.close();
      }
    } else {
      db.exec('BEGIN IMMEDIATE');
      try {
        answer.seq = perform(request);
        db.exec('COMMIT');
        if (answer.seq > 0) newest = answer.seq;
      } catch (error) {
        // A full disk has ended the transaction already; what it said is to be heard.
        if (db.isTransaction) db.exec('ROLLBACK');
        held = readHeld();
        throw error;
      }
      answer.bytes = usedBytes();
    }
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  port.postMessage(answer);
  if (request.do === 'close') port.close();
});
port.postMessage({ id: 0, seq: 0, bytes: usedBytes(), error: null } satisfies Answer);
