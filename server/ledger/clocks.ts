import { intervalStart } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import { FLAG } from '../domain/reading.ts';
import { HOUR_MS } from '../domain/time.ts';
import type { JournalEntry } from '../journal/journal.ts';

/** What the arrival of a meter's readings says about its clock. */
export interface ClockOffset {
  /** `Meter.no` */
  meter: number;
  /** Clock of the device − clock of the server, ms. */
  offsetMs: number;
  /** Arrivals that say so. */
  arrivals: number;
  /** The newest of them, epoch ms. */
  at: number;
}

/** A device may buffer, so a late reading says nothing; that none of a day comes in time does. */
const BEHIND_MS = 5 * 60_000;
const AHEAD_MS = 60_000;
const LEAST_ARRIVALS = 8;
/** Two such windows are kept: the least delay is that of half a day to a day. */
const WINDOW_MS = 12 * HOUR_MS;

interface Watch {
  since: number;
  /** Least delay in the window, and in the one before. */
  least: number;
  before: number;
  arrivals: number;
  arrivalsBefore: number;
  at: number;
}

/** Watches how late the newest readings of live meters arrive; kept in memory, it fills within hours. */
export class ClockWatch {
  readonly #watches = new Map<number, Watch>();

  /** Looks at the newest reading of each meter and live entry: a late one behind it was buffered. */
  arrived(entries: readonly JournalEntry[], estate: Estate): void {
    for (const { source, receivedAt, readings } of entries) {
      if (source !== 0) continue;
      const newest = new Map<number, number>();
      for (const r of readings) {
        const timed = (r.flags & FLAG.arrivalTime) === 0;
        if (timed && r.time > (newest.get(r.meter) ?? 0)) newest.set(r.meter, r.time);
      }
      for (const [no, time] of newest) {
        const meter = estate.meterByNo(no);
        if (meter) this.seen(meter, time, receivedAt);
      }
    }
  }

  /** @param receivedAt arrival of a meter's newest reading, epoch ms */
  seen(meter: Meter, time: number, receivedAt: number): void {
    // The reading of an interval cannot come before the interval is over.
    const due =
      meter.register === 'interval'
        ? intervalStart(meter, { time, value: 0 }) + meter.intervalS * 1000
        : time;
    const delay = receivedAt - due;
    let watch = this.#watches.get(meter.no);
    if (!watch) {
      const never = Number.POSITIVE_INFINITY;
      watch = { since: receivedAt, least: never, before: never, arrivals: 0, arrivalsBefore: 0, at: 0 };
      this.#watches.set(meter.no, watch);
    }
    if (receivedAt - watch.since >= WINDOW_MS) {
      watch.before = watch.least;
      watch.arrivalsBefore = watch.arrivals;
      watch.least = Number.POSITIVE_INFINITY;
      watch.arrivals = 0;
      watch.since = receivedAt;
    }
    watch.least = Math.min(watch.least, delay);
    watch.arrivals++;
    watch.at = receivedAt;
  }

  /** The meters whose clocks are off. */
  offsets(): ClockOffset[] {
    const out: ClockOffset[] = [];
    for (const [meter, w] of this.#watches) {
      const arrivals = w.arrivals + w.arrivalsBefore;
      const delay = Math.min(w.least, w.before);
      if (arrivals < LEAST_ARRIVALS || (delay < BEHIND_MS && delay > -AHEAD_MS)) continue;
      out.push({ meter, offsetMs: -delay, arrivals, at: w.at });
    }
    return out;
  }
}
