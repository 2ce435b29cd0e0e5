/** Arrivals a second from which on hand-overs share what each of them writes, whatever is in it. */
const STREAM_PER_S = 10;
/** Then one begins so long after the one before: who watches sees no difference, the disk is written half as much. */
const STREAM_MS = 400;
/** Arrivals a second from which on they are a burst that hand-overs make room for. */
const BURST_PER_S = 5000;
/** In a burst the ledger rests so many times as long as it worked: acknowledging comes first on the machine. */
const REST_PER_WORK = 4;
/** With so many readings that wait, or one that waits so long, it rests no more. */
const MOST_WAITING = 500_000;
const LONGEST_WAIT_MS = 10_000;
/** The longest rest at a time. */
const LONGEST_REST_MS = 500;

export interface Pace {
  /** How long the last hand-over took, ms. */
  workedMs: number;
  /** Live readings that came in a second lately. */
  arrivingPerS: number;
  /** Readings in the journal that are not handed over yet. */
  waiting: number;
  /** How long the oldest of them has been there, ms. */
  oldestMs: number;
  /** Whether months wait to be computed again, which begins when the stream has had its turn. */
  isRecomputing: boolean;
}

/**
 * How long to wait before the next hand-over, ms. Readings are safe once they are in the journal, so those of a stream
 * are handed over a few times a second, and in a burst the journal goes first and the time series follows within
 * seconds; the more waits, the shorter the rest.
 */
export function restAfter({ workedMs, arrivingPerS, waiting, oldestMs, isRecomputing }: Pace): number {
  if (arrivingPerS < STREAM_PER_S) return 0;
  const ofBurst = arrivingPerS < BURST_PER_S ? 0 : workedMs * REST_PER_WORK;
  const ofStream = isRecomputing ? 0 : STREAM_MS - workedMs;
  const room = 1 - Math.max(waiting / MOST_WAITING, oldestMs / LONGEST_WAIT_MS);
  return Math.min(LONGEST_REST_MS, Math.max(0, Math.max(ofBurst, ofStream) * room));
}

/** How long what came is remembered at least, ms. */
const LATELY_MS = 1000;

/** How many readings came in a second, of the last one to two seconds. */
export class Arrivals {
  #before: { at: number; count: number };
  #since: { at: number; count: number };

  /** @param now ms, and @param count of all that have come until then, as in `perSecond` */
  constructor(now: number, count: number) {
    this.#since = { at: now, count };
    this.#before = this.#since;
  }

  perSecond(now: number, count: number): number {
    if (now - this.#since.at >= LATELY_MS) {
      this.#before = this.#since;
      this.#since = { at: now, count };
    }
    return ((count - this.#before.count) / Math.max(now - this.#before.at, LATELY_MS)) * 1000;
  }
}

/** Lets everything else have its turn when work has gone on for so long. */
const TURN_MS = 4;

/** Divides long work on the main thread, which has packets to read and commits to acknowledge meanwhile. */
export class Turns {
  #began = performance.now();

  /** To be awaited now and then between two steps of the work; costs nothing while the turn is young. */
  get over(): boolean {
    return performance.now() - this.#began > TURN_MS;
  }

  /** Settles when everything that was due has had its turn. */
  async pass(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#began = performance.now();
  }
}
