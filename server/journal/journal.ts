import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Reading, Reason, Reject } from '../domain/reading.ts';
import type { Revision } from '../domain/revision.ts';
import type { Sink } from '../intake/port.ts';
import { decodeBatch, encodeBatch } from './batch.ts';
import { type Committed, GroupCommit, type GroupSettings } from './group-commit.ts';
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
import type { WorkerSettings } from './protocol.ts';
import {
  type ClockReject,
  countQuarantine,
  type QuarantineFilter,
  type QuarantineRow,
  readClockRejects,
  readQuarantine,
} from './quarantine.ts';
import { NEWEST, prepareJournal } from './schema.ts';
import { JournalThread } from './thread.ts';

export interface JournalSettings extends Partial<Omit<WorkerSettings, 'file'>>, Partial<GroupSettings> {
  file: string;
}

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

export interface Decision {
  to: number;
  decision: Uint8Array;
}

type Statement = 'entries' | 'last' | 'account' | 'cursor' | 'dirty' | 'dirtyCount' | 'suspectCount';

/**
 * Everything that was acknowledged, on disk, until the time series has it. Writing goes through one worker
 * thread in groups; reading is done here, on a connection of its own.
 */
export class Journal implements Sink {
  readonly #settings: Required<JournalSettings>;
  readonly #thread = new JournalThread();
  readonly #groups: GroupCommit;
  readonly #listeners = new Set<(seq: number) => void>();
  #db: DatabaseSync | null = null;
  #statements: Record<Statement, StatementSync> | null = null;
  #pending: PendingReadings | null = null;

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
    this.#groups = new GroupCommit(this.#thread, this.#settings, (seq) => this.#committed(seq));
  }

  /**
   * Why nothing is taken: the thread has ended, until the next start, or the last commit failed, until one
   * succeeds; null when all is well.
   */
  get failure(): string | null {
    return this.#thread.failure;
  }

  /** Size of the database's used pages after the last commit. */
  get bytes(): number {
    return this.#thread.bytes;
  }

  /** Commits so far and the time they took, ms, for the health page and the benchmark. */
  get commits(): GroupCommit['commits'] {
    return this.#groups.commits;
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
    await this.#thread.start({ file, maxBytes, maxQuarantine, maxQuarantineBytes, maxRevisions });
  }

  /** Commits what waits, then closes. */
  async stop(): Promise<void> {
    if (!this.#thread.isOpen) return;
    await this.#groups.flush();
    await this.#thread.close();
    this.#db?.close();
    this.#db = null;
    this.#pending = null;
    this.#statements = null;
  }

  /** Appends that become durable in one commit get one and the same promise. */
  append(readings: readonly Reading[], rejects: readonly Reject[]): Promise<unknown> {
    return this.#groups.append(0, readings, rejects);
  }

  /**
   * Like `append`, for an import that wants to know what became of its readings.
   * @returns the journal sequence that holds the readings
   */
  appendFrom(source: number, readings: readonly Reading[], rejects: readonly Reject[]): Promise<number> {
    return this.#groups.append(source, readings, rejects);
  }

  /** Calls back after every commit that holds readings. */
  onCommit(listener: (seq: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back after every commit of a group, also of one that holds rejects alone. */
  onGroup(listener: (group: Committed) => void): () => void {
    return this.#groups.onGroup(listener);
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
    const { seq } = await this.#thread.ask({
      do: 'release',
      source,
      id,
      receivedAt: Date.now(),
      n: readings.length,
      batch,
      rejects: [...rejects],
    });
    if (seq > 0) this.#committed(seq);
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
    await this.#thread.ask({ do: 'decide', to, decision, dirty });
  }

  async settle(to: number, duplicates: number, conflicts: Reject[]): Promise<void> {
    await this.#thread.ask({ do: 'settle', to, duplicates, conflicts });
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
    await this.#thread.ask(
      catalogue === undefined ? { do: 'dirty', months } : { do: 'dirty', months, catalogue },
    );
  }

  /** Version of the catalogue up to which changed meters have been computed or marked dirty. */
  catalogueVersion(): number {
    return (this.#reading().cursor.get() as { catalogue: number }).catalogue;
  }

  /** Says that months were computed, what was found in them, and what changed. */
  async markClean(months: readonly [meter: number, month: number][], outcome: MonthOutcome): Promise<void> {
    await this.#thread.ask({ do: 'clean', months, outcome });
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

  #committed(seq: number): void {
    for (const listener of this.#listeners) listener(seq);
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
