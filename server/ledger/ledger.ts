import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { DirtyMonth } from '../journal/outcome.ts';
import { type HandOver, RefusedReadings, StoreUnavailable } from '../timeseries/port.ts';
import { Arrivals, restAfter } from './pace.ts';
import { type MeterChange, Posting, type PostingDeps } from './posting.ts';
import { Precedence } from './precedence.ts';
import { putAwayRefused } from './put-away.ts';
import type { Stored } from './stored.ts';

export interface LedgerDeps extends PostingDeps {
  log: { info(o: object, m: string): void; error(o: object, m: string): void };
  /** The clock, epoch ms. */
  now?: () => number;
}

/** Readings in one hand-over: large enough to share its fixed cost, small enough not to stall the loop. */
const HAND_OVER = 10_000;
/** Months of meters computed again before the stream gets its turn: about a second. */
const DIRTY_AT_ONCE = 256;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000, 30_000];
/** Longest that a store which asks for it is left alone. */
const LONGEST_RETRY_MS = 5 * 60_000;
/** How often it is looked whether a server that was not reached is there again. */
const OUTAGE_MS = 250;
/** Who waits for what is in the journal is told of an outage that lasts longer. */
const SHORT_OUTAGE_MS = 5000;

/**
 * Takes readings from the journal in order and turns them into consumption. In-order readings extend the rollups
 * directly; a late one marks its months, which are then computed again from the raw readings. Here is decided when
 * each of that is done, what follows a failure, and who waits for what.
 */
export class Ledger {
  readonly imports: Posting['imports'];
  readonly clocks: Posting['clocks'];
  /** What became of the readings that were handed over since the start. */
  readonly handedOver: Posting['handedOver'];
  /** Why the last hand-over failed; null when it did not. */
  error: string | null = null;
  readonly #deps: LedgerDeps;
  readonly #posting: Posting;
  readonly #precedence = new Precedence();
  #stopping = false;
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #hasten: (() => void) | null = null;
  #abandon: (() => void) | null = null;
  #unsubscribe: (() => void) | null = null;
  #held: Promise<unknown> = Promise.resolve();
  #failures = 0;
  /** Those who wait for what is in the journal now. */
  #hurried = 0;
  /** Months that somebody waits for; each goes out of its set when it has been computed again. */
  readonly #awaited = new Set<Set<string>>();
  /**
   * Where the hand-over under way begins; null: none is. The journal shows the new cursor as soon as its own
   * thread has committed it, which may be before this one has counted what became of the readings.
   */
  #handing: number | null = null;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#posting = new Posting(deps);
    this.imports = this.#posting.imports;
    this.clocks = this.#posting.clocks;
    this.handedOver = this.#posting.handedOver;
  }

  start(): void {
    this.#unsubscribe = this.#deps.journal.onCommit(() => this.#wake?.());
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe?.();
    this.#abandon?.();
    await this.#running;
  }

  onStored(listener: (stored: readonly Stored[]) => void): () => void {
    return this.#posting.onStored(listener);
  }

  /** Calls the listener with months of meters whose rollups were computed again. */
  onRecomputed(listener: (months: readonly { meter: number; month: number }[]) => void): () => void {
    return this.#posting.onRecomputed(listener);
  }

  /** Calls the listener with every hand-over that the time series has confirmed. */
  onWritten(listener: (batch: HandOver) => void): () => void {
    return this.#posting.onWritten(listener);
  }

  /** True when everything committed so far is in the time series, rollups of late months included. */
  get idle(): boolean {
    const { journal } = this.#deps;
    return journal.lastSeq() <= journal.cursor().seq && journal.dirty(1).length === 0;
  }

  /**
   * Settles when what was committed up to now is in the time series, rollups of late months included, whatever
   * goes on arriving; rejects when the time series refuses.
   */
  async drained(): Promise<void> {
    const { journal } = this.#deps;
    const to = journal.lastSeq();
    const waiting = new Set<string>();
    this.#hurried++;
    this.#hasten?.();
    try {
      await this.#until(() => journal.cursor().seq >= to && (this.#handing === null || this.#handing > to));
      for (const month of journal.dirty(-1)) waiting.add(monthKey(month));
      this.#awaited.add(waiting);
      await this.#until(() => waiting.size === 0);
    } finally {
      this.#hurried--;
      this.#awaited.delete(waiting);
    }
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#stopping) throw new Error('the ledger is stopping');
      const out = this.#deps.timeseries.outage?.();
      const lasting = this.#failures > 2 || (out && Date.now() - out.since > SHORT_OUTAGE_MS);
      if (this.error !== null && lasting) throw new StoreUnavailable(this.error);
      this.#wake?.();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Runs work while no hand-over is under way, for a consistent copy of journal and time series. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#held.then(work, work);
    this.#held = run.catch(() => {});
    return run;
  }

  /**
   * Marks all that is known of these meters for recomputation, after they were described differently.
   * @param catalogue version of the catalogue that says so
   */
  async recompute(changes: readonly MeterChange[], catalogue: number): Promise<void> {
    const estate = this.#deps.estate();
    await this.exclusive(() => this.#posting.mark(changes, catalogue, estate));
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { journal } = this.#deps;
    const arrivals = new Arrivals(performance.now(), journal.commits.live);
    while (!this.#stopping) {
      let worked = false;
      const began = performance.now();
      try {
        worked = await this.exclusive(() => this.#withoutRefused(() => this.#step()));
        this.#failures = 0;
        this.error = null;
      } catch (error) {
        // What was added to the states may not be in the store: read them again before the next try.
        this.#posting.forget();
        this.error = error instanceof Error ? error.message : String(error);
        const usual = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)] as number;
        const asked = error instanceof StoreUnavailable ? error.retryAfterMs : null;
        const wait = Math.max(usual, Math.min(asked ?? 0, LONGEST_RETRY_MS));
        this.#deps.log.error({ err: error, retry_ms: wait }, 'ledger: hand-over failed');
        await this.#sleep(wait, 'stop');
        while (!this.#stopping && this.#deps.timeseries.outage?.()) await this.#sleep(OUTAGE_MS, 'stop');
        continue;
      }
      if (!worked) await this.#sleep(1000, 'readings');
      else if (this.#hurried === 0) {
        const now = performance.now();
        const rest = restAfter({
          workedMs: now - began,
          arrivingPerS: arrivals.perSecond(now, journal.commits.live),
          waiting: journal.account().pending,
          oldestMs: Date.now() - (journal.oldestPending() ?? Date.now()),
          isRecomputing: this.#precedence.isRecomputing,
        });
        if (rest > 0) await this.#sleep(rest, 'haste');
      }
    }
  }

  /**
   * @param until what ends it early beside `stop`: new readings, or somebody who waits for what is there; after a
   * failure neither, or each of them would be a try and a line of log
   */
  async #sleep(ms: number, until: 'readings' | 'haste' | 'stop'): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      if (until === 'readings') this.#wake = wake;
      if (until === 'haste') this.#hasten = wake;
      this.#abandon = wake;
      if (this.#stopping) wake();
    });
    this.#wake = this.#hasten = this.#abandon = null;
  }

  /** One hand-over, or one month of late readings when there is none; false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const cursor = this.#deps.journal.cursor();
    this.#handing = cursor.seq + 1;
    try {
      return await this.#stepFrom(cursor);
    } finally {
      this.#handing = null;
    }
  }

  async #stepFrom(cursor: ReturnType<Journal['cursor']>): Promise<boolean> {
    const { journal } = this.#deps;
    if (cursor.decided) {
      await this.#posting.finish(cursor.seq, cursor.decided.to, cursor.decided.decision);
      return true;
    }
    const entries = journal.entries(cursor.seq, HAND_OVER);
    if (entries.length > 0 && this.#precedence.streamFirst(journal)) {
      await this.#handOver(entries);
      return true;
    }
    const dirty = journal.dirty(DIRTY_AT_ONCE);
    if (dirty.length > 0) {
      await this.#recompute(dirty);
      this.#precedence.recomputed(dirty.length === DIRTY_AT_ONCE);
      return true;
    }
    this.#precedence.allClean();
    if (entries.length > 0) await this.#handOver(entries);
    return entries.length > 0;
  }

  /**
   * What the time series refuses is noted in the decision, which is then carried out without it: the rest is
   * stored, and the months are computed from what is stored.
   */
  async #withoutRefused(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof RefusedReadings)) throw error;
      await putAwayRefused(this.#deps.journal, error);
      this.#posting.forget();
      return true;
    }
  }

  async #handOver(entries: readonly JournalEntry[]): Promise<void> {
    this.#precedence.streamed();
    await this.#posting.post(entries);
  }

  async #recompute(dirty: readonly DirtyMonth[]): Promise<void> {
    const estate = this.#deps.estate();
    const now = (this.#deps.now ?? Date.now)();
    for (const [month, group] of Map.groupBy(dirty, (d) => d.month)) {
      // What is left stays marked for the next start.
      if (this.#stopping) return;
      await this.#posting.recompute(month, group, estate, now);
      for (const waiting of this.#awaited) for (const one of group) waiting.delete(monthKey(one));
    }
  }
}

function monthKey({ meter, month }: DirtyMonth): string {
  return `${meter} ${month}`;
}
