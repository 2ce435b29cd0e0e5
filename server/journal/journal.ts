import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Reading, Reason, Reject } from '../domain/reading.ts';
import type { Revision } from '../domain/revision.ts';
import type { Sink } from '../intake/port.ts';
import { Batch, decodeBatch, encodeBatch } from './batch.ts';
import {
  causesOf,
  type DirtyMonth,
  type MonthOutcome,
  type RevisionFilter,
  readRevisions,
  readSuspects,
  type Suspect,
} from './outcome.ts';
import { PendingReadings } from './pending.ts';
import type { Answer, Request, WorkerSettings } from './protocol.ts';
import {
  type ClockReject,
  countQuarantine,
  type QuarantineFilter,
  type QuarantineRow,
  readClockRejects,
  readQuarantine,
} from './quarantine.ts';
import { NEWEST, prepareJournal } from './schema.ts';

export interface JournalSettings {
  file: string;
  maxBytes?: number;
  maxQuarantine?: number;
  maxQuarantineBytes?: number;
  maxRevisions?: number;
  /** Least time from one group's commit to the next, ms: under load it makes groups, at rest it costs nothing. */
  groupMs?: number;
  /** Readings and rejects that may wait for a commit; beyond it `append` fails instead of growing. */
  maxWaiting?: number;
  /** Bytes of payloads of rejects that may wait, likewise. */
  maxWaitingBytes?: number;
}

/**
 * A group of so many readings is worth its commit, which writes a page of 4 KiB at least. One that has more than a
 * few and fewer than that belongs to a stream, and waits twice as long for more.
 */
const WORTH_A_COMMIT = 100;
const A_FEW = 10;

/** More than any journal has: one step sees one state of it. */
const ALL_PAGES = 2 ** 31 - 1;

// From the clock on: an earlier process may have left readings under its own numbers.
let sources = Date.now();

/** A number for `appendFrom` and `release` by which the ledger's outcome can be asked; 0 is live. */
export function newSource(): number {
  return ++sources;
}

/** One group commit as the ledger reads it. */
export interface JournalEntry {
  seq: number;
  receivedAt: number;
  /** 0: live; otherwise the import that it belongs to. */
  source: number;
  readings: Reading[];
}

export interface AccountNumbers {
  received: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  pending: number;
}

/** What one group's commit held, and how long it took from its sending off to its confirmation, ms. */
export interface Committed {
  ms: number;
  readings: number;
  rejects: readonly Reject[];
}

export interface Decision {
  to: number;
  decision: Uint8Array;
}

type Statement = 'entries' | 'last' | 'account' | 'cursor' | 'dirty' | 'dirtyCount' | 'suspectCount';

interface Group {
  source: number;
  readings: Batch;
  rejects: Reject[];
  settled: Promise<number>;
  resolve: (seq: number) => void;
  reject: (error: Error) => void;
}

/**
 * Everything that was acknowledged, on disk, until the time series has it. Writing goes through one worker
 * thread in groups; reading is done here, on a connection of its own.
 */
export class Journal implements Sink {
  readonly #settings: Required<JournalSettings>;
  #worker: Worker | null = null;
  #db: DatabaseSync | null = null;
  #group: Group | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastCommit = 0;
  #committing = 0;
  #waiting = 0;
  #waitingBytes = 0;
  #nextId = 1;
  #failure: Error | null = null;
  readonly #asked = new Map<number, { resolve: (a: Answer) => void; reject: (e: Error) => void }>();
  readonly #listeners = new Set<(seq: number) => void>();
  #refusal: string | null = null;
  /**
   * Why nothing is taken: the thread has ended, until the next start, or the last commit failed, until one
   * succeeds; null when all is well.
   */
  get failure(): string | null {
    return this.#failure?.message ?? this.#refusal;
  }

  /** Size of the database's used pages after the last commit. */
  bytes = 0;
  /** Commits so far and the time they took, ms, for the health page and the benchmark. */
  readonly commits = { count: 0, ms: 0, readings: 0, live: 0 };
  #statements: Record<Statement, StatementSync> | null = null;
  #pending: PendingReadings | null = null;
  readonly #groups = new Set<(group: Committed) => void>();

  constructor(settings: JournalSettings) {
    this.#settings = {
      maxBytes: 8 * 2 ** 30,
      maxQuarantine: 100_000,
      maxQuarantineBytes: 2 ** 30,
      maxRevisions: 200_000,
      groupMs: 10,
      maxWaiting: 500_000,
      maxWaitingBytes: 64 * 2 ** 20,
      ...settings,
    };
  }

  async start(): Promise<void> {
    const { file, maxBytes, maxQuarantine, maxQuarantineBytes, maxRevisions } = this.#settings;
    const db = new DatabaseSync(file);
    prepareJournal(db);
    this.#db = db;
    this.#pending = new PendingReadings(db);
    this.#statements = {
      entries: db.prepare(
        'SELECT seq, received_at, source, n, batch, form FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
      ),
      last: db.prepare(NEWEST),
      account: db.prepare('SELECT name, n FROM account'),
      cursor: db.prepare('SELECT seq, decided_to, decision, catalogue FROM cursor'),
      suspectCount: db.prepare('SELECT count(*) AS n FROM suspect'),
      dirtyCount: db.prepare('SELECT count(*) AS n FROM dirty'),
      dirty: db.prepare(
        'SELECT meter, month, causes, open, catalogue FROM dirty ORDER BY month, meter LIMIT ?',
      ),
    };
    const workerData: WorkerSettings = { file, maxBytes, maxQuarantine, maxQuarantineBytes, maxRevisions };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: 'journal',
      workerData,
      // It holds one group at a time; V8's default young generation would be larger than all its data.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      this.#asked.set(0, { resolve: () => resolve(), reject });
      worker.on('message', (answer: Answer) => this.#answered(answer));
      worker.on('error', (error: Error) => this.#fail(error));
      worker.on('exit', (code) => this.#fail(new Error(`the journal's thread ended with code ${code}`)));
    });
  }

  /** Commits what waits, then closes. */
  async stop(): Promise<void> {
    if (!this.#worker) return;
    while (this.#group || this.#committing > 0) {
      if (this.#group) void this.#commit();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // A thread that has ended has nothing to close.
    if (!this.#failure) await this.#ask({ do: 'close' });
    this.#worker = null;
    this.#db?.close();
    this.#db = null;
    this.#pending = null;
    this.#statements = null;
  }

  /** Appends that become durable in one commit get one and the same promise. */
  append(readings: readonly Reading[], rejects: readonly Reject[]): Promise<unknown> {
    return this.appendFrom(0, readings, rejects);
  }

  /**
   * Like `append`, for an import that wants to know what became of its readings.
   * @returns the journal sequence that holds the readings
   */
  appendFrom(source: number, readings: readonly Reading[], rejects: readonly Reject[]): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    const n = readings.length + rejects.length;
    if (n === 0) return Promise.resolve(0);
    const bytes = payloadBytes(rejects);
    if (
      this.#waiting + n > this.#settings.maxWaiting ||
      // One packet is always taken, whatever its size.
      (this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#settings.maxWaitingBytes)
    ) {
      this.#refusal = `${this.#waiting} readings wait for the disk: no more are taken`;
      return Promise.reject(new Error(this.#refusal));
    }
    // One row has one source; the group of another source is sent off at once, ahead of this one.
    if (this.#group && this.#group.source !== source) void this.#commit();
    let group = this.#group;
    if (!group) {
      group = newGroup(source);
      this.#group = group;
      this.#schedule();
    }
    this.#waiting += n;
    this.#waitingBytes += bytes;
    group.readings.push(readings);
    for (const r of rejects) group.rejects.push(r);
    return group.settled;
  }

  #schedule(): void {
    if (this.#timer || this.#committing > 0) return;
    const wait = Math.max(0, this.#lastCommit + this.#settings.groupMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#commitOrWait();
    }, wait);
  }

  #commitOrWait(): void {
    const { groupMs } = this.#settings;
    const held = this.#group?.readings.length ?? 0;
    const left = this.#lastCommit + 2 * groupMs - performance.now();
    if (held <= A_FEW || held >= WORTH_A_COMMIT || left <= 0) {
      void this.#commit();
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#commitOrWait();
      },
      Math.min(left, groupMs / 4),
    );
  }

  async #commit(): Promise<void> {
    const group = this.#group;
    if (!group) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#group = null;
    this.#committing++;
    const started = performance.now();
    this.#lastCommit = started;
    const n = group.readings.length;
    const batch = n > 0 ? group.readings.encode() : null;
    try {
      const { seq } = await this.#ask(
        { do: 'append', receivedAt: Date.now(), source: group.source, n, batch, rejects: group.rejects },
        batch ? [batch.buffer as ArrayBuffer] : [],
      );
      const ms = performance.now() - started;
      this.commits.count++;
      this.commits.readings += n;
      if (group.source === 0) this.commits.live += n;
      this.commits.ms += ms;
      group.resolve(seq);
      for (const listener of this.#groups) listener({ ms, readings: n, rejects: group.rejects });
      if (seq > 0) for (const listener of this.#listeners) listener(seq);
    } catch (error) {
      this.#refusal = error instanceof Error ? error.message : String(error);
      group.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#waiting -= n + group.rejects.length;
      this.#waitingBytes -= payloadBytes(group.rejects);
      this.#committing--;
      if (this.#group) this.#schedule();
    }
  }

  /** Calls back after every commit that holds readings. */
  onCommit(listener: (seq: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back after every commit of a group, also of one that holds rejects alone. */
  onGroup(listener: (group: Committed) => void): () => void {
    this.#groups.add(listener);
    return () => this.#groups.delete(listener);
  }

  /** Above this size in bytes nothing more is taken. */
  get limitBytes(): number {
    return this.#settings.maxBytes;
  }

  /** Entries after a sequence, until they hold `maxReadings` or there are no more. */
  entries(after: number, maxReadings: number, upTo = Number.MAX_SAFE_INTEGER): JournalEntry[] {
    const out: JournalEntry[] = [];
    let n = 0;
    for (const row of this.#reading().entries.iterate(after, 10_000)) {
      const { seq, received_at, source, batch, form } = row as Record<string, unknown>;
      if ((seq as number) > upTo) break;
      const readings = decodeBatch(batch as Uint8Array, row.n as number, form as number);
      out.push({ seq: seq as number, receivedAt: received_at as number, source: source as number, readings });
      n += readings.length;
      if (n >= maxReadings) break;
    }
    return out;
  }

  /** Sequence of the newest commit that held readings, 0 before the first. */
  lastSeq(): number {
    return (this.#reading().last.get() as { seq: number }).seq;
  }

  account(): AccountNumbers {
    const db = this.#open();
    // One look at both, or what is handed over in between would be counted twice or not at all.
    db.exec('BEGIN');
    let rows: Record<string, unknown>[];
    let pending: number;
    try {
      rows = this.#reading().account.all();
      pending = this.#pending?.count() ?? 0;
    } finally {
      db.exec('COMMIT');
    }
    const n = new Map(rows.map((r) => [r.name as string, r.n as number]));
    let quarantined = 0;
    for (const [name, count] of n) if (name.startsWith('quarantined:')) quarantined += count;
    return {
      received: (n.get('received') ?? 0) + pending,
      stored: (n.get('stored') ?? 0) + pending,
      duplicate: n.get('duplicate') ?? 0,
      quarantined,
      pending,
    };
  }

  /** Arrival of the oldest entry that still waits for the ledger, epoch ms, or null. */
  oldestPending(): number | null {
    return this.#pending?.oldest() ?? null;
  }

  /** By reason, most first. @param meters only items that name one of these, as the device did */
  quarantineCounts(meters?: readonly string[]): { reason: Reason; count: number }[] {
    if (meters) return countQuarantine(this.#open(), meters);
    return this.#reading()
      .account.all()
      .filter((r) => (r.name as string).startsWith('quarantined:') && (r.n as number) > 0)
      .map((r) => ({ reason: (r.name as string).slice(12) as Reason, count: r.n as number }))
      .sort((a, b) => b.count - a.count);
  }

  /** Quarantined items, newest first. */
  quarantine(filter: QuarantineFilter): QuarantineRow[] {
    return readQuarantine(this.#open(), filter);
  }

  /** Meters whose readings are held because they are ahead of time, of arrivals from an instant on. */
  aheadOfTime(since: number): ClockReject[] {
    return readClockRejects(this.#open(), 'time_ahead', 'meter', since, 1);
  }

  /** Meters that sent several values for one instant, likewise. */
  oneTime(since: number, least: number): ClockReject[] {
    return readClockRejects(this.#open(), 'conflict', 'meter, time', since, least);
  }

  /** Takes an item out of quarantine and puts in what it is now read as, in one commit. */
  async release(
    source: number,
    id: number,
    readings: readonly Reading[],
    rejects: readonly Reject[],
  ): Promise<number> {
    const batch = readings.length > 0 ? encodeBatch(readings) : null;
    const request: Request = {
      do: 'release',
      source,
      id,
      receivedAt: Date.now(),
      n: readings.length,
      batch,
      rejects: [...rejects],
    };
    const { seq } = await this.#ask(request);
    if (seq > 0) for (const listener of this.#listeners) listener(seq);
    return seq;
  }

  /** How far the ledger has come, and the decision that it was about to carry out. */
  cursor(): { seq: number; decided: Decision | null } {
    const row = this.#reading().cursor.get() as {
      seq: number;
      decided_to: number | null;
      decision: Uint8Array | null;
    };
    const decided =
      row.decided_to === null ? null : { to: row.decided_to, decision: row.decision ?? new Uint8Array() };
    return { seq: row.seq, decided };
  }

  async decide(to: number, decision: Uint8Array, dirty: readonly DirtyMonth[]): Promise<void> {
    await this.#ask({ do: 'decide', to, decision, dirty });
  }

  async settle(to: number, duplicates: number, conflicts: Reject[]): Promise<void> {
    await this.#ask({ do: 'settle', to, duplicates, conflicts });
  }

  /** Months of a meter that wait for recomputation, oldest month first; a negative limit is none. */
  dirty(limit: number): DirtyMonth[] {
    return this.#reading()
      .dirty.all(limit)
      .map((r) => ({
        meter: r.meter as number,
        month: r.month as number,
        causes: causesOf(r.causes as number),
        open: r.open as number,
        catalogue: r.catalogue as number | null,
      }));
  }

  /** How many months of meters wait for recomputation. */
  recomputing(): number {
    return (this.#reading().dirtyCount.get() as { n: number }).n;
  }

  /** @param catalogue version of the catalogue whose changes these months complete */
  async markDirty(months: readonly DirtyMonth[], catalogue?: number): Promise<void> {
    await this.#ask(catalogue === undefined ? { do: 'dirty', months } : { do: 'dirty', months, catalogue });
  }

  /** Version of the catalogue up to which changed meters have been computed or marked dirty. */
  catalogueVersion(): number {
    return (this.#reading().cursor.get() as { catalogue: number }).catalogue;
  }

  /** Says that months were computed, what was found in them, and what changed. */
  async markClean(months: readonly [meter: number, month: number][], outcome: MonthOutcome): Promise<void> {
    await this.#ask({ do: 'clean', months, outcome });
  }

  /** Steps of registers across which nothing is counted, newest first. */
  suspects(): Suspect[] {
    return readSuspects(this.#open());
  }

  suspectCount(): number {
    return (this.#reading().suspectCount.get() as { n: number }).n;
  }

  /** What changed after it had been shown, newest first. */
  revisions(filter: RevisionFilter): Revision[] {
    return readRevisions(this.#open(), filter);
  }

  /**
   * Writes a consistent copy to a file that does not exist yet, as of the beginning of the copying. It reads
   * on a connection and a thread of its own, in one step: commits go on meanwhile, and do not begin it anew.
   */
  async backup(file: string): Promise<void> {
    const from = new DatabaseSync(this.#settings.file, { readOnly: true });
    try {
      await backup(from, file, { rate: ALL_PAGES });
    } finally {
      from.close();
    }
  }

  #ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Answer> {
    const worker = this.#worker;
    if (this.#failure) return Promise.reject(this.#failure);
    if (!worker) return Promise.reject(new Error('the journal is not open'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      worker.postMessage({ id, request }, transfer);
    });
  }

  #answered(answer: Answer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.bytes > 0) this.bytes = answer.bytes;
    if (answer.error === null) {
      this.#refusal = null;
      asked?.resolve(answer);
    } else asked?.reject(new Error(answer.error));
  }

  #fail(error: Error): void {
    if (!this.#worker) return;
    this.#failure = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #open(): DatabaseSync {
    if (!this.#db) throw new Error('the journal is not open');
    return this.#db;
  }

  #reading(): Record<Statement, StatementSync> {
    if (!this.#statements) throw new Error('the journal is not open');
    return this.#statements;
  }
}

function payloadBytes(rejects: readonly Reject[]): number {
  return rejects.reduce((sum, r) => sum + r.payload.byteLength, 0);
}

function newGroup(source: number): Group {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // A group nobody waits for any more (its connection is gone) must not end the process.
  promise.catch(() => {});
  return { source, readings: new Batch(), rejects: [], settled: promise, resolve, reject };
}
