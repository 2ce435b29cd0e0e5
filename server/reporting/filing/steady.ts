import { setTimeout as wait } from 'node:timers/promises';

/** What is said of the figures that something is made of. */
export interface Figures {
  /** How many months of its meters wait to be computed again. */
  waiting(): number;
  /** Calls the listener when some of them have been. Returns the way to stop it. */
  onRecomputed(listener: () => void): () => void;
}

/** The figures went on changing. */
export class UnsteadyError extends Error {
  readonly waiting: number;
  constructor(waiting: number) {
    super(`its figures are being computed again: ${waiting} months of its meters wait`);
    this.waiting = waiting;
  }
}

const PATIENCE_MS = 10_000;
const LOOK_MS = 250;

/**
 * Does something that takes a while as of one state of the figures: not before all of them are computed, and again
 * where some were computed meanwhile. Late readings would otherwise leave two values of one month in one document.
 * @param patienceMs how long it may take until the figures stand still
 * @throws UnsteadyError when they do not within it
 */
export async function steadily<T>(
  figures: Figures,
  work: () => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    if (figures.waiting() === 0) {
      let changed = false;
      const stop = figures.onRecomputed(() => {
        changed = true;
      });
      try {
        const made = await work();
        if (!changed && figures.waiting() === 0) return made;
      } finally {
        stop();
      }
    } else await wait(LOOK_MS);
    if (performance.now() > deadline) throw new UnsteadyError(figures.waiting());
  }
}
