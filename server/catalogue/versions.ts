import { isDeepStrictEqual } from 'node:util';
import type { Meter } from '../domain/meter.ts';
import type { AuditStore } from './audit.ts';
import { type Change, type LogChange, writeChange } from './changes.ts';
import { CatalogueUnavailable, type Database } from './database.ts';
import { differsInConsumption } from './meter-entry.ts';
import { readRevision, writeRevision } from './settings.ts';
import { readState, type State } from './state.ts';

export interface CatalogueEvent {
  version: number;
  /** As in `ApplyResult`, counted from the last version that this process knew. */
  changedMeters: readonly string[];
}

export type CatalogueListener = (event: CatalogueEvent) => void;

/** The version of the catalogue that this process knows, the way to the next one, and who is told of it. */
export class Versions {
  readonly #db: Database;
  readonly #audit: AuditStore;
  readonly #now: () => number;
  readonly #listeners = new Set<CatalogueListener>();
  #mark: number;
  #state: State;

  /** @param now the clock of the change log, epoch ms */
  constructor(db: Database, audit: AuditStore, now: () => number) {
    this.#db = db;
    this.#audit = audit;
    this.#now = now;
    this.#mark = db.mark();
    this.#state = readState(db);
  }

  /** As of the newest version that is known; the same object until the next. */
  get state(): State {
    return this.#state;
  }

  /** As `Catalogue.onChange`. */
  onChange(listener: CatalogueListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Tells nobody any more. */
  close(): void {
    this.#listeners.clear();
  }

  /** As `Catalogue.refresh`. */
  refresh(): boolean {
    const mark = this.#db.mark();
    if (mark === this.#mark) return false;
    let next: State;
    try {
      next = this.#current();
    } catch (error) {
      if (error instanceof CatalogueUnavailable) return false;
      throw error;
    }
    this.#mark = mark;
    return this.#adopt(next);
  }

  /**
   * Does the work with the lock held, so that what is read is what is written over; then tells the listeners.
   * @param work logs what it changes; where it logs nothing there is no new version
   */
  write<T>(
    author: string,
    source: string,
    work: (current: State, log: LogChange, at: number) => T,
  ): { done: T; version: number } {
    const written = this.#db.write(() => {
      const current = this.#current();
      const stamp = { revision: current.revision + 1, createdAt: this.#now(), author, source };
      const changes: Change[] = [];
      const log: LogChange = (change) => {
        const whole = { ...stamp, ...change };
        writeChange(this.#db, whole);
        changes.push(whole);
      };
      const done = work(current, log, stamp.createdAt);
      this.#audit.addChanges(changes);
      if (changes.length === 0) return { done, version: current.revision };
      writeRevision(this.#db, stamp.revision);
      return { done, version: stamp.revision };
    });
    try {
      this.#adopt(this.#current());
    } catch (error) {
      // It is written; what it led to is read with the next look.
      if (!(error instanceof CatalogueUnavailable)) throw error;
    }
    return written;
  }

  /** Makes a state that was read the known one, and tells the listeners. */
  #adopt(next: State): boolean {
    const known = this.#state;
    if (next.revision === known.revision) return false;
    this.#state = next;
    const zoneChanged = next.estate.zone.name !== known.estate.zone.name;
    const changedMeters = next.estate.meters
      .filter((m) => {
        const before = known.estate.meter(m.id);
        return before !== undefined && (zoneChanged || needsRecompute(before, m));
      })
      .map((m) => m.id);
    for (const listener of [...this.#listeners]) listener({ version: next.revision, changedMeters });
    return true;
  }

  #current(): State {
    return readRevision(this.#db) === this.#state.revision ? this.#state : readState(this.#db, this.#state);
  }
}

/** Whether the consumption of a meter is another one: by its description, a ceiling or a statement. */
function needsRecompute(before: Meter, after: Meter): boolean {
  if (differsInConsumption(before, after) || before.learned?.rate !== after.learned?.rate) return true;
  return !isDeepStrictEqual([before.manual, before.estimates], [after.manual, after.estimates]);
}
