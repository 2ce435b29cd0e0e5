/** So far the clock of the day may go against one that never steps before it counts as stepped, ms. */
const STEP_MS = 60_000;
/** After so long a new time of day is taken for the right one, ms. */
const SETTLED_MS = 3_600_000;

/**
 * Finds that the system's clock was put back or forward: what right clocks send then seems ahead of time or late. A machine
 * that stood still looks the same.
 */
export class ClockWatch {
  /** Time of day less ticks, as it was before the step. */
  #before: number;
  /** The same when it was looked at last, and since when, by ticks. */
  #last: { offset: number; since: number };

  /** @param now epoch ms @param ticks ms of a clock that never steps */
  constructor(now: number, ticks: number) {
    this.#before = now - ticks;
    this.#last = { offset: this.#before, since: ticks };
  }

  /** @returns by how much the clock was put forward, ms; negative: back; 0: it was not, or long ago */
  look(now: number, ticks: number): number {
    const offset = now - ticks;
    if (Math.abs(offset - this.#last.offset) > STEP_MS) this.#last = { offset, since: ticks };
    else this.#last.offset = offset;
    if (ticks - this.#last.since > SETTLED_MS) this.#before = offset;
    const stepped = offset - this.#before;
    return Math.abs(stepped) > STEP_MS ? stepped : 0;
  }
}
