import type { Reading, Reject } from '../domain/reading.ts';
import { Batch } from './batch.ts';
import type { JournalThread } from './thread.ts';

export interface GroupSettings {
  /** Least time from one group's commit to the next, ms: under load it makes groups, at rest it costs nothing. */
  groupMs: number;
  /** Readings and rejects that may wait for a commit; beyond it `append` fails instead of growing. */
  maxWaiting: number;
  /** Bytes of payloads of rejects that may wait, likewise. */
  maxWaitingBytes: number;
}

/**
 * A group of so many readings is worth its commit, which writes a page of 4 KiB at least. One that has more than a
 * few and fewer than that belongs to a stream, and waits twice as long for more.
 */
const WORTH_A_COMMIT = 100;
const A_FEW = 10;

/** What one group's commit held, and how long it took from its sending off to its confirmation, ms. */
export interface Committed {
  ms: number;
  readings: number;
  rejects: readonly Reject[];
}

interface Group {
  source: number;
  readings: Batch;
  rejects: Reject[];
  settled: Promise<number>;
  resolve: (seq: number) => void;
  reject: (error: Error) => void;
}

/** Gathers what arrives into groups, each of which the journal's thread commits with one full sync. */
export class GroupCommit {
  /** Commits so far and the time they took, ms. */
  readonly commits = { count: 0, ms: 0, readings: 0, live: 0 };
  readonly #thread: JournalThread;
  readonly #settings: GroupSettings;
  readonly #committed: (seq: number) => void;
  readonly #listeners = new Set<(group: Committed) => void>();
  #group: Group | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastCommit = 0;
  #committing = 0;
  #waiting = 0;
  #waitingBytes = 0;

  /** @param committed is called after every commit that holds readings */
  constructor(thread: JournalThread, settings: GroupSettings, committed: (seq: number) => void) {
    this.#thread = thread;
    this.#settings = settings;
    this.#committed = committed;
  }

  /** As `Journal.appendFrom`. */
  append(source: number, readings: readonly Reading[], rejects: readonly Reject[]): Promise<number> {
    if (this.#thread.ended) return Promise.reject(this.#thread.ended);
    const n = readings.length + rejects.length;
    if (n === 0) return Promise.resolve(0);
    const bytes = payloadBytes(rejects);
    if (
      this.#waiting + n > this.#settings.maxWaiting ||
      // One packet is always taken, whatever its size.
      (this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#settings.maxWaitingBytes)
    ) {
      const why = `${this.#waiting} readings wait for the disk: no more are taken`;
      this.#thread.refused(why);
      return Promise.reject(new Error(why));
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

  /** Commits what waits; settles when nothing does. */
  async flush(): Promise<void> {
    while (this.#group || this.#committing > 0) {
      if (this.#group) void this.#commit();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** As `Journal.onGroup`. */
  onGroup(listener: (group: Committed) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
      const { seq } = await this.#thread.ask(
        { do: 'append', receivedAt: Date.now(), source: group.source, n, batch, rejects: group.rejects },
        batch ? [batch.buffer as ArrayBuffer] : [],
      );
      const ms = performance.now() - started;
      this.commits.count++;
      this.commits.readings += n;
      if (group.source === 0) this.commits.live += n;
      this.commits.ms += ms;
      group.resolve(seq);
      for (const listener of this.#listeners) listener({ ms, readings: n, rejects: group.rejects });
      if (seq > 0) this.#committed(seq);
    } catch (error) {
      this.#thread.refused(error instanceof Error ? error.message : String(error));
      group.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#waiting -= n + group.rejects.length;
      this.#waitingBytes -= payloadBytes(group.rejects);
      this.#committing--;
      if (this.#group) this.#schedule();
    }
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
