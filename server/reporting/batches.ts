import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import {
  type Batch,
  type BatchAsked,
  BatchBusyError,
  BatchError,
  type BatchForm,
  type BatchRecord,
  isOpen,
  KEPT_MS,
  LIMIT_INSTITUTIONS,
  LIMIT_KEPT,
  LIMIT_OPEN,
} from './batch.ts';
import { archiveOf, fileName } from './batch-archive.ts';
import { BatchStore } from './batch-store.ts';
import type { Report } from './model.ts';

export interface BatchSettings {
  /** Where their directories are. */
  directory: string;
  now: () => number;
  log: { error(fields: object, message: string): void };
}

/** What makes the documents; the HTTP side gives it, since it holds what reports are computed from. */
export interface BatchMaker {
  /** @throws RangeError where there is no such node or month */
  report(asked: BatchAsked, node: string): Promise<Report>;
  render(report: Report, forms: readonly BatchForm[]): Promise<Partial<Record<BatchForm, Uint8Array>>>;
  /** Whether it only has too much to do just now. */
  isBusy(error: unknown): boolean;
}

/** Twice as many as there are threads that render, so that what one needs is read while another is drawn. */
export const SIDE_BY_SIDE = 4;
const BUSY_MS = 500;
const MESSAGE = 300;

interface Kept {
  record: BatchRecord;
  done: number;
  stop: AbortController;
}

/**
 * Makes batches, one after the other. What is finished is on disk, so a batch that was cut short by the end of
 * the process goes on with what is missing.
 */
export class Batches {
  readonly #settings: BatchSettings;
  readonly #store: BatchStore;
  readonly #kept = new Map<string, Kept>();
  #maker: BatchMaker | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(settings: BatchSettings) {
    this.#settings = settings;
    this.#store = new BatchStore(settings.directory);
    for (const record of this.#store.all((id, error) =>
      settings.log.error({ err: error, batch: id }, 'reports: a batch cannot be read and is left alone'),
    )) {
      this.#kept.set(record.id, { record, done: this.#count(record), stop: new AbortController() });
    }
  }

  /** Says how documents are made. Nothing is made before `start` or `create`. */
  use(maker: BatchMaker): void {
    this.#maker = maker;
  }

  /** Goes on with what the last process left unfinished. */
  start(): void {
    for (const kept of this.#kept.values()) {
      if (!isOpen(kept.record)) continue;
      // What failed may have been mended.
      kept.record = { ...kept.record, state: 'waiting', failures: [] };
      kept.done = this.#count(kept.record);
    }
    this.#run();
  }

  /** What is under way is finished, the rest is left to the next process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Newest first. */
  list(): Batch[] {
    return [...this.#kept.values()]
      .map(({ record, done }) => ({ ...record, done }))
      .sort((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id));
  }

  get(id: string): Batch | null {
    const kept = this.#kept.get(id);
    return kept ? { ...kept.record, done: kept.done } : null;
  }

  /**
   * @param of the institutions
   * @throws BatchError where nothing can be made of it, BatchBusyError where too many are open
   */
  create(asked: BatchAsked, name: string, of: readonly { node: string; name: string }[]): Batch {
    if (of.length === 0) throw new BatchError('node', 'there is no institution at it or below it');
    if (of.length > LIMIT_INSTITUTIONS) {
      throw new BatchError('node', `has ${of.length} institutions; at most ${LIMIT_INSTITUTIONS} at a time`);
    }
    const open = [...this.#kept.values()].filter((k) => isOpen(k.record)).length;
    if (open >= LIMIT_OPEN)
      throw new BatchBusyError(`${open} batches wait or run; try again when one is done`);
    const record: BatchRecord = {
      ...asked,
      forms: [...new Set(asked.forms)],
      id: `${asked.month}-${randomBytes(4).toString('hex')}`,
      name,
      of: [...of],
      state: 'waiting',
      createdAt: this.#settings.now(),
      finishedAt: null,
      failures: [],
      error: null,
    };
    this.#store.write(record);
    this.#kept.set(record.id, { record, done: 0, stop: new AbortController() });
    this.#makeRoom();
    this.#run();
    return { ...record, done: 0 };
  }

  /** Stops it; what is made stays until it is removed. @returns null where there is none */
  cancel(id: string): Batch | null {
    const kept = this.#kept.get(id);
    if (kept && isOpen(kept.record)) {
      kept.stop.abort();
      this.#finish(kept, 'cancelled');
    }
    return this.get(id);
  }

  /** Removes one that is over, with its files. @returns false where there is none, or it is not over */
  remove(id: string): boolean {
    const kept = this.#kept.get(id);
    if (!kept || isOpen(kept.record)) return false;
    this.#kept.delete(id);
    this.#store.remove(id);
    return true;
  }

  /** What is made of it, as one archive; null where there is no such batch. */
  archive(id: string): AsyncGenerator<Uint8Array> | null {
    const kept = this.#kept.get(id);
    if (!kept) return null;
    const { of, forms, createdAt } = kept.record;
    const entries = of.flatMap(({ node, name }) =>
      forms
        .filter((form) => this.#store.has(id, node, form))
        .map((form) => ({
          path: this.#store.path(id, node, form),
          name: fileName(`${name}（${node}）.${form}`),
        })),
    );
    return archiveOf(entries, createdAt);
  }

  #count({ id, of, forms }: BatchRecord): number {
    return of.filter(({ node }) => forms.every((form) => this.#store.has(id, node, form))).length;
  }

  #run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = this.#all().finally(() => {
      this.#running = null;
      // One may have come while the last was put away.
      if (this.#maker && [...this.#kept.values()].some((k) => isOpen(k.record))) this.#run();
    });
  }

  async #all(): Promise<void> {
    // Whoever asked for it gets an answer first.
    await turn();
    for (;;) {
      const waiting = [...this.#kept.values()]
        .filter((k) => isOpen(k.record))
        .sort((a, b) => a.record.createdAt - b.record.createdAt);
      const [next] = waiting;
      if (!next || !this.#maker || this.#stopped) return;
      next.record.state = 'running';
      try {
        await this.#make(next, this.#maker);
        if (this.#stopped) return;
        if (isOpen(next.record)) this.#finish(next, 'done');
      } catch (error) {
        // A disk that is full fails the batch, not the server.
        next.record.error = messageOf(error);
        this.#settings.log.error({ err: error, batch: next.record.id }, 'reports: a batch failed');
        if (isOpen(next.record)) this.#finish(next, 'failed');
      }
    }
  }

  async #make(kept: Kept, maker: BatchMaker): Promise<void> {
    const { record } = kept;
    const todo = record.of.filter(
      ({ node }) => !record.forms.every((form) => this.#store.has(record.id, node, form)),
    );
    const work = async (): Promise<void> => {
      for (let next = todo.shift(); next && !this.#stopped; next = todo.shift()) {
        if (kept.stop.signal.aborted) return;
        await this.#makeOne(kept, maker, next.node);
        // Between two reports whatever else waits has its turn.
        await turn();
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  }

  async #makeOne(kept: Kept, maker: BatchMaker, node: string): Promise<void> {
    const { record } = kept;
    const missing = record.forms.filter((form) => !this.#store.has(record.id, node, form));
    for (;;) {
      let made: Partial<Record<BatchForm, Uint8Array>>;
      try {
        made = await maker.render(await maker.report(record, node), missing);
      } catch (error) {
        if (kept.stop.signal.aborted || this.#stopped) return;
        if (maker.isBusy(error)) {
          await wait(BUSY_MS);
          continue;
        }
        record.failures.push({ node, message: messageOf(error) });
        this.#store.write(record);
        return;
      }
      if (kept.stop.signal.aborted) return;
      for (const form of missing) {
        const bytes = made[form];
        if (bytes) await this.#store.put(record.id, node, form, bytes);
      }
      kept.done++;
      return;
    }
  }

  #finish(kept: Kept, state: BatchRecord['state']): void {
    kept.record.state = state;
    kept.record.finishedAt = this.#settings.now();
    try {
      this.#store.write(kept.record);
    } catch (error) {
      this.#settings.log.error(
        { err: error, batch: kept.record.id },
        'reports: the state of a batch was not kept',
      );
    }
  }

  /** The oldest that are over go first. */
  #makeRoom(): void {
    const over = this.list().filter((b) => !isOpen(b));
    const since = this.#settings.now() - KEPT_MS;
    for (const [i, { id, createdAt }] of over.entries()) {
      if (i >= LIMIT_KEPT || createdAt < since) this.remove(id);
    }
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE);
}
