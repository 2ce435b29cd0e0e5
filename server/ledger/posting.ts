import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import type { Cause } from '../domain/revision.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { DirtyMonth } from '../journal/outcome.ts';
import type { HandOver, RollupWrite, TimeSeries } from '../timeseries/port.ts';
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
import { Turns } from './pace.ts';
import { conflictsOf, refusedOf } from './put-away.ts';
import { recomputeMonth } from './recompute.ts';
import type { MeterState } from './state.ts';
import { type Stored, storedOf } from './stored.ts';

export interface PostingDeps {
  journal: Journal;
  timeseries: TimeSeries;
  estate: () => Estate;
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

/**
 * Carries entries of the journal into the time series. It decides what each reading is (new, repeat, conflict),
 * writes the decision down, hands readings and rollups over as one, and only then moves the cursor. What the
 * recent end of each meter's history looks like it keeps in memory between one hand-over and the next.
 */
export class Posting {
  readonly imports = new ImportOutcomes();
  readonly clocks = new ClockWatch();
  /** What became of the readings that were handed over since the start. */
  readonly handedOver = { stored: 0, duplicate: 0, conflict: 0, refused: 0 };
  readonly #deps: PostingDeps;
  readonly #loader: StateLoader;
  readonly #states = new Map<number, MeterState>();
  readonly #stored = new Set<(stored: readonly Stored[]) => void>();
  readonly #recomputed = new Set<(months: readonly { meter: number; month: number }[]) => void>();
  readonly #written = new Set<(batch: HandOver) => void>();

  constructor(deps: PostingDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader(deps.timeseries);
  }

  /** As `Ledger.onStored`. */
  onStored(listener: (stored: readonly Stored[]) => void): () => void {
    this.#stored.add(listener);
    return () => this.#stored.delete(listener);
  }

  /** As `Ledger.onRecomputed`. */
  onRecomputed(listener: (months: readonly { meter: number; month: number }[]) => void): () => void {
    this.#recomputed.add(listener);
    return () => this.#recomputed.delete(listener);
  }

  /** As `Ledger.onWritten`. */
  onWritten(listener: (batch: HandOver) => void): () => void {
    this.#written.add(listener);
    return () => this.#written.delete(listener);
  }

  /** Reads everything anew before the next hand-over: what is in memory may not be in the store, or the reverse. */
  forget(): void {
    this.#states.clear();
    this.#loader.forget();
  }

  /** One hand-over: all readings of the entries, of which there is one at least. */
  async post(entries: readonly JournalEntry[]): Promise<void> {
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

  /**
   * Carries out a decision that a crash or an outage interrupted between writing it down and settling it.
   * @param after sequence before its entries, @param to of the last of them
   */
  async finish(after: number, to: number, decision: Uint8Array): Promise<void> {
    const { journal, timeseries } = this.#deps;
    const decided = decodeDecision(decision);
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
    this.forget();
  }

  /** Computes a month of some meters again from their readings. @param now epoch ms */
  async recompute(month: number, dirty: readonly DirtyMonth[], estate: Estate, now: number): Promise<void> {
    const { journal, timeseries } = this.#deps;
    const meters = dirty.map((d) => estate.meterByNo(d.meter)).filter((m) => m !== undefined);
    const reopened = new Map(dirty.map((d) => [d.meter, d]));
    const outcome = await recomputeMonth(timeseries, estate, meters, month, reopened, now);
    await journal.markClean(
      dirty.map((d) => [d.meter, d.month]),
      outcome,
    );
    for (const listener of this.#recomputed) listener(dirty);
    for (const m of meters) this.#states.get(m.no)?.recomputed(m, month, estate.zone);
  }

  /** As `Ledger.recompute`, while no hand-over is under way. */
  async mark(changes: readonly MeterChange[], catalogue: number, estate: Estate): Promise<void> {
    const { journal, timeseries, owns } = this.#deps;
    const dirty: DirtyMonth[] = [];
    for (const [cause, group] of Map.groupBy(changes, (c) => c.cause)) {
      const version = new Map(group.map((c) => [estate.meter(c.id)?.no, c.version]));
      const known = group.map((c) => estate.meter(c.id)).filter((m) => m !== undefined);
      const meters = owns ? known.filter(owns) : known;
      for (const [meter, month] of await monthsKnown(timeseries, meters, estate)) {
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
    await journal.markDirty(dirty, catalogue);
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
    if (this.#stored.size === 0) return;
    const stored = storedOf(result.newest, estate);
    for (const listener of this.#stored) listener(stored);
  }
}
