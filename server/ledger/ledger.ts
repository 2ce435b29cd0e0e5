import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import type { Cause } from '../domain/revision.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { DirtyMonth } from '../journal/outcome.ts';
import {
  type HandOver,
  RefusedReadings,
  type RollupWrite,
  StoreUnavailable,
  type TimeSeries,
} from '../timeseries/port.ts';
import {
  accepted,
  type Classified,
  classify,
  type Decided,
  decodeDecision,
  encodeDecision,
} from './classify.ts';
import { ClockWatch } from './clocks.ts';
import { DirtyMonths, monthsKnown, monthsOfLate } from './dirty.ts';
import { ImportOutcomes } from './imports.ts';
import { StateLoader } from './loader.ts';
import { Arrivals, restAfter, Turns } from './pace.ts';
import { conflictsOf, putAwayRefused, refusedOf } from './put-away.ts';
import { recomputeMonth } from './recompute.ts';
import type { MeterState } from './state.ts';
import { type Stored, storedOf } from './stored.ts';

export interface LedgerDeps {
  journal: Journal;
  timeseries: TimeSeries;
  estate: () => Estate;
  log: { info(o: object, m: string): void; error(o: object, m: string): void };
  /** The clock, epoch ms. */
  now?: () => number;
  /** Whether a meter is computed here; where several processes divide the meters, each is by exactly one. */
  owns?: (meter: Meter) => boolean;
}

/** A meter that is described differently since a version of the catalogue. */
export interface MeterChange {
  id: string;
  cause: Cause;
  /** Version of the catalogue that the change led to. */
  version: number;
}

/** Readings in one hand-over: large enough to share its fixed cost, small enough not to stall the loop. */
const HAND_OVER = 10_000;
/** Beyond so many readings that wait, the stream goes first. */
const BACKLOG = 50_000;
/** Then months to be computed again wait for a pause in it, but no longer than this. */
const DIRTY_PATIENCE_MS = 15_000;
/** Months of meters computed again before the stream gets its turn: about a second. */
const DIRTY_AT_ONCE = 256;
/** Time that the stream has between two such turns, so that a month with many late readings is done once. */
const DIRTY_PAUSE_MS = 250;
/** With fewer readings that wait, the stream keeps up. */
const KEEPING_UP = 2000;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000, 30_000];
/** Longest that a store which asks for it is left alone. */
const LONGEST_RETRY_MS = 5 * 60_000;
/** How often it is looked whether a server that was not reached is there again. */
const OUTAGE_MS = 250;
/** Who waits for what is in the journal is told of an outage that lasts longer. */
const SHORT_OUTAGE_MS = 5000;

/**
 * Takes readings from the journal in order and turns them into consumption. It decides what each reading
 * is (new, repeat, conflict), writes the decision down, hands readings and rollups to the time series as
 * one, and only then moves the cursor. In-order readings extend the rollups directly; a late one marks its
 * months, which are then computed again from the raw readings.
 */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #loader: StateLoader;
  #states = new Map<number, MeterState>();
  #stopping = false;
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #hasten: (() => void) | null = null;
  #abandon: (() => void) | null = null;
  #unsubscribe: (() => void) | null = null;
  #held: Promise<unknown> = Promise.resolve();
  #failures = 0;
  /** By a clock that nobody steps. */
  #dirtySince: number | null = null;
  #dirtyDone = Number.NEGATIVE_INFINITY;
  /** Whether months go on waiting after the last turn, and whether the stream has had its turn since. */
  #dirtyGoesOn = false;
  #streamed = false;
  /** Those who wait for what is in the journal now. */
  #hurried = 0;
  /** Months that somebody waits for; each goes out of its set when it has been computed again. */
  readonly #awaited = new Set<Set<string>>();
  readonly imports = new ImportOutcomes();
  /**
   * Where the hand-over under way begins; null: none is. The journal shows the new cursor as soon as its own
   * thread has committed it, which may be before this one has counted what became of the readings.
   */
  #handing: number | null = null;
  readonly #listeners = new Set<(stored: readonly Stored[]) => void>();
  readonly #recomputed = new Set<(months: readonly { meter: number; month: number }[]) => void>();
  readonly #written = new Set<(batch: HandOver) => void>();
  readonly clocks = new ClockWatch();
  /** What became of the readings that were handed over since the start. */
  readonly handedOver = { stored: 0, duplicate: 0, conflict: 0, refused: 0 };
  /** Why the last hand-over failed; null when it did not. */
  error: string | null = null;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader(deps.timeseries);
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
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listener with months of meters whose rollups were computed again. */
  onRecomputed(listener: (months: readonly { meter: number; month: number }[]) => void): () => void {
    this.#recomputed.add(listener);
    return () => this.#recomputed.delete(listener);
  }

  /** Calls the listener with every hand-over that the time series has confirmed. */
  onWritten(listener: (batch: HandOver) => void): () => void {
    this.#written.add(listener);
    return () => this.#written.delete(listener);
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
    const { owns } = this.#deps;
    const estate = this.#deps.estate();
    await this.exclusive(async () => {
      const dirty: DirtyMonth[] = [];
      for (const [cause, group] of Map.groupBy(changes, (c) => c.cause)) {
        const version = new Map(group.map((c) => [estate.meter(c.id)?.no, c.version]));
        const known = group.map((c) => estate.meter(c.id)).filter((m) => m !== undefined);
        const meters = owns ? known.filter(owns) : known;
        for (const [meter, month] of await monthsKnown(this.#deps.timeseries, meters, estate)) {
          dirty.push({
            meter,
            month,
            causes: [cause],
            open: Number.MAX_SAFE_INTEGER,
            catalogue: version.get(meter) ?? catalogue,
          });
        }
        for (const { no } of meters) this.#states.delete(no);
      }
      await this.#deps.journal.markDirty(dirty, catalogue);
      this.#loader.forget();
    });
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
        this.#states.clear();
        this.#loader.forget();
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
          isRecomputing: this.#dirtySince !== null,
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
      await this.#finish(cursor.seq, cursor.decided.to, decodeDecision(cursor.decided.decision));
      return true;
    }
    const entries = journal.entries(cursor.seq, HAND_OVER);
    if (entries.length > 0 && this.#streamFirst()) {
      await this.#handOver(entries);
      return true;
    }
    const dirty = journal.dirty(DIRTY_AT_ONCE);
    if (dirty.length > 0) {
      await this.#recompute(dirty);
      this.#dirtyDone = performance.now();
      this.#dirtyGoesOn = dirty.length === DIRTY_AT_ONCE;
      this.#streamed = false;
      this.#dirtySince = performance.now();
      return true;
    }
    this.#dirtySince = null;
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
      this.#states.clear();
      this.#loader.forget();
      return true;
    }
  }

  /** Whether readings are handed over before months are computed again. */
  #streamFirst(): boolean {
    this.#dirtySince ??= this.#deps.journal.dirty(1).length > 0 ? performance.now() : null;
    if (this.#dirtySince === null) return true;
    const { pending } = this.#deps.journal.account();
    if (pending < BACKLOG) {
      // Those that wait give late readings the time to come; the stream needs to keep up.
      if (this.#dirtyGoesOn && this.#streamed && pending < KEEPING_UP) return false;
      return performance.now() - this.#dirtyDone < DIRTY_PAUSE_MS;
    }
    return performance.now() - this.#dirtySince < DIRTY_PATIENCE_MS;
  }

  async #handOver(entries: readonly JournalEntry[]): Promise<void> {
    this.#streamed = true;
    const { journal, timeseries } = this.#deps;
    const estate = this.#deps.estate();
    const to = (entries[entries.length - 1] as JournalEntry).seq;
    const readings = entries.flatMap((e) => e.readings);
    await this.#load(readings, estate);
    const result = await classify(readings, this.#states, estate, timeseries);
    await journal.decide(to, encodeDecision(result.decided), result.dirty);

    const hours: RollupWrite[] = [];
    const days: RollupWrite[] = [];
    const months: RollupWrite[] = [];
    const turns = new Turns();
    for (const no of result.touched) {
      if (turns.over) await turns.pass();
      const meter = estate.meterByNo(no);
      const state = this.#states.get(no);
      if (!meter || !state) continue;
      const rollups = state.advance(meter, estate.zone);
      if (!rollups) {
        state.settle(meter, estate.zone);
        continue;
      }
      for (const h of rollups.hours) hours.push(h);
      for (const d of rollups.days) days.push(d);
      for (const m of rollups.months) months.push(m);
    }
    hours.sort((a, b) => a.start - b.start);
    days.sort((a, b) => a.start - b.start);
    const batch = { cursor: to, readings: result.accepted, hours, days, months };
    await timeseries.write(batch);
    for (const listener of this.#written) listener(batch);
    await journal.settle(to, result.decided.duplicates.length, conflictsOf(readings, result.decided, estate));
    this.#tally(readings.length, result.decided);
    this.imports.count(entries, result.decided);
    const live = entries.findLast((e) => e.source === 0);
    if (live) {
      this.#report(result, estate);
      this.clocks.arrived(entries, estate);
    }
  }

  /** Carries out a decision that a crash or an outage interrupted between writing it down and settling it. */
  async #finish(after: number, to: number, decided: Decided): Promise<void> {
    const { journal, timeseries } = this.#deps;
    const estate = this.#deps.estate();
    const entries = journal.entries(after, Number.MAX_SAFE_INTEGER, to);
    const readings = entries.flatMap((e) => e.readings);
    const kept = accepted(readings, decided);
    const months = await this.#monthsOf(kept, estate);
    if (await timeseries.applied(to)) {
      // Nobody was told, for it was not known.
      for (const listener of this.#recomputed) listener(months);
    } else {
      // Marked first: a crash after the write finds it applied and asks no further.
      await journal.markDirty(months);
      await timeseries.write({ cursor: to, readings: kept, hours: [], days: [], months: [] });
    }
    const away = [...conflictsOf(readings, decided, estate), ...refusedOf(readings, decided, estate)];
    await journal.settle(to, decided.duplicates.length, away);
    this.#tally(readings.length, decided);
    this.imports.count(entries, decided);
    this.#states.clear();
    this.#loader.forget();
  }

  async #load(readings: readonly Reading[], estate: Estate): Promise<void> {
    const unknown = new Set<Meter>();
    const baseless: Meter[] = [];
    const seen = new Set<number>();
    for (const r of readings) {
      if (seen.has(r.meter)) continue;
      seen.add(r.meter);
      const meter = estate.meterByNo(r.meter);
      if (!meter) continue;
      const state = this.#states.get(r.meter);
      if (!state) unknown.add(meter);
      else if (!state.base) baseless.push(meter);
    }
    if (unknown.size > 0) {
      for (const [no, state] of await this.#loader.load([...unknown], estate)) this.#states.set(no, state);
    }
    if (baseless.length > 0) await this.#loader.loadBases(baseless, this.#states, estate);
  }

  async #recompute(dirty: readonly DirtyMonth[]): Promise<void> {
    const { journal, timeseries } = this.#deps;
    const estate = this.#deps.estate();
    const now = (this.#deps.now ?? Date.now)();
    for (const [month, group] of Map.groupBy(dirty, (d) => d.month)) {
      // What is left stays marked for the next start.
      if (this.#stopping) return;
      const meters = group.map((d) => estate.meterByNo(d.meter)).filter((m) => m !== undefined);
      const reopened = new Map(group.map((d) => [d.meter, d]));
      const outcome = await recomputeMonth(timeseries, estate, meters, month, reopened, now);
      await journal.markClean(
        group.map((d) => [d.meter, d.month]),
        outcome,
      );
      for (const listener of this.#recomputed) listener(group);
      for (const waiting of this.#awaited) for (const one of group) waiting.delete(monthKey(one));
      for (const m of meters) this.#states.get(m.no)?.recomputed(m, month, estate.zone);
    }
  }

  /** Every month that the readings can have changed, by their neighbours in the store. */
  async #monthsOf(readings: readonly Reading[], estate: Estate): Promise<DirtyMonth[]> {
    const dirty = new DirtyMonths(estate);
    const open = new Map<number, number>();
    for (const r of readings) open.set(r.meter, Math.min(r.time, open.get(r.meter) ?? r.time));
    for (const { meter, from, to } of await monthsOfLate(this.#deps.timeseries, estate, readings)) {
      dirty.mark(meter, from, to, [], open.get(meter.no) ?? 0);
    }
    return dirty.all();
  }

  #tally(readings: number, { duplicates, conflicts, refused = [] }: Decided): void {
    this.handedOver.duplicate += duplicates.length;
    this.handedOver.conflict += conflicts.length;
    this.handedOver.refused += refused.length;
    this.handedOver.stored += readings - duplicates.length - conflicts.length - refused.length;
  }

  #report(result: Classified, estate: Estate): void {
    if (this.#listeners.size === 0) return;
    const stored = storedOf(result.newest, estate);
    for (const listener of this.#listeners) listener(stored);
  }
}

function monthKey({ meter, month }: DirtyMonth): string {
  return `${meter} ${month}`;
}
