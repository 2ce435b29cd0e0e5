import type { AuditDraft, AuditStore } from '../catalogue/audit.ts';
import type { Actor, AuditInput } from '../domain/audit.ts';
import { archiveBefore } from './audit-archive.ts';
import { readHeads, writeHead } from './audit-heads.ts';

/** How long an entry may wait for others to be written with. */
const GATHER_MS = 250;
/** How soon a write that failed is tried again. */
const RETRY_MS = 1000;
/** Entries that wait; of what comes on top only the number is kept. */
const QUEUE_LIMIT = 5000;
/** Entries of one transaction. */
const BATCH = 1000;
/** What is refused again is counted, not listed; its number is written after this time, while it goes on twice as long … */
const REPEAT_MS = 60_000;
/** … and at most this long. */
const REPEAT_LIMIT_MS = 600_000;
/** Whose refusals are told apart; those of all others are one row. */
const REPEATED_LIMIT = 100;
/** How often the head is written down outside of the table. */
const HEAD_MS = 60_000;
const ARCHIVE_MS = 6 * 3_600_000;

interface Log {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AuditTrailOptions {
  store: AuditStore;
  /** Data directory: heads and archives lie there. */
  directory: string;
  /** How long rows stay in the table. */
  months: number;
  /** The clock, epoch ms. */
  now: () => number;
  log: Log;
}

/** Refusals and failures of one kind; the first was written already. */
interface Repeated {
  /** One of those that are counted. */
  one: AuditDraft;
  /** The last of them. */
  until: number;
  count: number;
  /** When their number is written. */
  writtenAt: number;
  waitMs: number;
}

const OTHERS: Actor = { kind: 'nobody', id: '', name: '', address: '', request: '' };

/**
 * Takes down what makes no change of the catalogue: sign-ins, refusals, exports. What is done is written in groups;
 * what is refused or fails again and again is counted, so that an attack costs a bounded number of rows a minute.
 * While nothing can be written, `failure` says so, entries wait, and whoever would change something is refused.
 */
export class AuditTrail {
  readonly #of: AuditTrailOptions;
  readonly #queue: AuditDraft[] = [];
  readonly #repeated = new Map<string, Repeated>();
  /** Entries that found the queue full. */
  #lost = 0;
  #failure: string | null = null;
  #fault: string | null = null;
  #flushing: NodeJS.Timeout | null = null;
  #timers: NodeJS.Timeout[] = [];
  #head = 0;
  #archiving: Promise<void> = Promise.resolve();

  constructor(options: AuditTrailOptions) {
    this.#of = options;
  }

  /** Compares the table with what was its head the last time, and begins to write heads down. */
  start(): void {
    try {
      this.#fault = this.#look();
    } catch (error) {
      this.#fault = reason(error);
    }
    if (this.#fault !== null) this.#of.log.error({ fault: this.#fault }, 'audit: the trail is not whole');
    const every = (ms: number, work: () => void): void => {
      const timer = setInterval(work, ms);
      timer.unref();
      this.#timers.push(timer);
    };
    every(HEAD_MS, () => {
      this.#countRepeated();
      this.#writeHead();
    });
    every(ARCHIVE_MS, () => this.archive());
    this.archive();
  }

  /** Writes what waits, and the head. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#archiving;
    this.#countRepeated(true);
    this.flush();
    this.#writeHead();
    if (this.#flushing) clearTimeout(this.#flushing);
  }

  /** Why nothing can be written at present; null: it can. */
  get failure(): string | null {
    return this.#failure;
  }

  /** What was found wrong with the trail at start, in a sentence; null: nothing. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Takes an entry down; never throws, never waits. */
  write(entry: AuditInput): void {
    const draft = { ...entry, at: this.#of.now() };
    if (entry.outcome === 'done') this.#put(draft);
    else this.#refused(draft);
  }

  /** Writes everything that waits now, so that it is on disk before an answer goes out. */
  flush(): void {
    if (this.#flushing) clearTimeout(this.#flushing);
    this.#flushing = null;
    try {
      while (this.#queue.length > 0 || this.#lost > 0) {
        const drafts = this.#queue.slice(0, BATCH);
        const lost = this.#lost;
        if (lost > 0) {
          const action = 'audit.lost';
          drafts.push({ actor: OTHERS, at: this.#of.now(), action, count: lost, outcome: 'failed' });
        }
        this.#of.store.write(drafts);
        this.#queue.splice(0, Math.min(BATCH, this.#queue.length));
        this.#lost -= lost;
      }
      if (this.#failure !== null) this.#of.log.info({}, 'audit: entries are written again');
      this.#failure = null;
    } catch (error) {
      const why = reason(error);
      if (this.#failure === null) this.#of.log.error({ err: error }, 'audit: nothing can be written');
      this.#failure = why;
      this.#later(RETRY_MS);
    }
  }

  /** Writes what waits, and the head outside of the table, as is done by itself once a minute. */
  anchor(): void {
    this.flush();
    this.#writeHead();
  }

  /** Moves what is older than it has to stay into a file. */
  archive(): void {
    const { store, directory, months, now, log } = this.#of;
    const limit = new Date(now());
    limit.setUTCMonth(limit.getUTCMonth() - months);
    this.#archiving = this.#archiving
      .then(() => archiveBefore(store, directory, limit.getTime(), now))
      .then((archived) => {
        for (const { file, firstNo, lastNo } of archived) {
          log.info({ file, first: firstNo, last: lastNo }, 'audit: rows were archived');
        }
      })
      .catch((error: unknown) => log.error({ err: error }, 'audit: nothing could be archived'));
  }

  #put(draft: AuditDraft): void {
    if (this.#queue.length >= QUEUE_LIMIT) this.#lost++;
    else this.#queue.push(draft);
    this.#later(this.#failure === null ? GATHER_MS : RETRY_MS);
  }

  #later(ms: number): void {
    if (this.#flushing) return;
    this.#flushing = setTimeout(() => this.flush(), ms);
    this.#flushing.unref();
  }

  #refused(draft: AuditDraft): void {
    const { actor, action, outcome } = draft;
    this.#countRepeated();
    let key = JSON.stringify([actor.kind, actor.id, actor.address, action, outcome]);
    let known = this.#repeated.get(key);
    if (!known && this.#repeated.size >= REPEATED_LIMIT) {
      key = 'others';
      known = this.#repeated.get(key);
    }
    const one = key === 'others' ? { ...draft, actor: OTHERS, action: 'many', target: '' } : draft;
    if (!known) {
      const writtenAt = draft.at + REPEAT_MS;
      this.#repeated.set(key, { one, until: draft.at, count: 0, writtenAt, waitMs: REPEAT_MS });
      this.#put(one);
      return;
    }
    if (known.count === 0) known.one = one;
    else if (known.one.target !== one.target) known.one = { ...known.one, target: '' };
    known.count += draft.count ?? 1;
    known.until = draft.at;
  }

  /** Writes the numbers whose time has come; what was not refused again meanwhile is forgotten. */
  #countRepeated(all = false): void {
    const now = this.#of.now();
    for (const [key, of] of this.#repeated) {
      if (of.writtenAt > now && !all) continue;
      if (of.count === 0) {
        // It paused; whoever goes on is not told as new.
        if (all || now >= of.writtenAt + of.waitMs) this.#repeated.delete(key);
        continue;
      }
      this.#put({ ...of.one, until: of.until, count: of.count });
      of.count = 0;
      of.waitMs = Math.min(2 * of.waitMs, REPEAT_LIMIT_MS);
      of.writtenAt = now + of.waitMs;
    }
  }

  #writeHead(): void {
    const { store, directory, log } = this.#of;
    try {
      const head = store.head();
      if (!head || head.no === this.#head) return;
      const { no, hash } = head;
      writeHead(directory, { at: new Date(this.#of.now()).toISOString(), no, hash });
      this.#head = no;
      log.info({ no, hash }, 'audit: head of the trail');
    } catch (error) {
      log.error({ err: error }, 'audit: the head of the trail could not be written down');
    }
  }

  /** Whether the row that was the newest the last time is still the same. */
  #look(): string | null {
    const { store, directory } = this.#of;
    const last = readHeads(directory).at(-1);
    if (!last) return null;
    this.#head = last.no;
    const row = store.at(last.no);
    if (row?.hash === last.hash) return null;
    if (!row && store.archives().some(({ lastNo }) => lastNo >= last.no)) return null;
    return `the audit trail has ${row ? 'another row' : 'no row'} ${last.no} than at ${last.at}: \`jieneng verify --audit\` tells more`;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
