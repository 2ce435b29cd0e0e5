import type { Journal } from '../journal/journal.ts';

/** Beyond so many readings that wait, the stream goes first. */
const BACKLOG = 50_000;
/** Then months to be computed again wait for a pause in it, but no longer than this. */
const DIRTY_PATIENCE_MS = 15_000;
/** Time that the stream has between two turns of the months, so that one with many late readings is done once. */
const DIRTY_PAUSE_MS = 250;
/** With fewer readings that wait, the stream keeps up. */
const KEEPING_UP = 2000;

/** Which goes first of the two that wait in the journal: readings to be handed over, or months to be computed again. */
export class Precedence {
  /** By a clock that nobody steps. */
  #dirtySince: number | null = null;
  #dirtyDone = Number.NEGATIVE_INFINITY;
  /** Whether months go on waiting after the last turn, and whether the stream has had its turn since. */
  #dirtyGoesOn = false;
  #streamed = false;

  /** Whether months wait, as far as is known. */
  get isRecomputing(): boolean {
    return this.#dirtySince !== null;
  }

  /** Whether the readings go first. */
  streamFirst(journal: Pick<Journal, 'dirty' | 'account'>): boolean {
    this.#dirtySince ??= journal.dirty(1).length > 0 ? performance.now() : null;
    if (this.#dirtySince === null) return true;
    const { pending } = journal.account();
    if (pending < BACKLOG) {
      // Those that wait give late readings the time to come; the stream needs to keep up.
      if (this.#dirtyGoesOn && this.#streamed && pending < KEEPING_UP) return false;
      return performance.now() - this.#dirtyDone < DIRTY_PAUSE_MS;
    }
    return performance.now() - this.#dirtySince < DIRTY_PATIENCE_MS;
  }

  /** The stream has its turn. */
  streamed(): void {
    this.#streamed = true;
  }

  /** The months had a turn. @param goesOn whether more of them wait */
  recomputed(goesOn: boolean): void {
    this.#dirtyDone = performance.now();
    this.#dirtyGoesOn = goesOn;
    this.#streamed = false;
    this.#dirtySince = performance.now();
  }

  /** No month waits. */
  allClean(): void {
    this.#dirtySince = null;
  }
}
