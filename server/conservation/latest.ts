import type { Reading } from '../domain/reading.ts';
import type { TimeSeries } from '../timeseries/port.ts';

/**
 * A hand-over that an outage interrupted is not announced, so its newest readings may go unnoticed so long.
 * The question reads the whole history: 1 s for 40 million readings.
 */
const REFRESH_MS = 60 * 60_000;

/** The newest reading of each meter: read once from the store, then kept up by what is stored. */
export class LatestReadings {
  readonly #timeseries: TimeSeries;
  readonly #now: () => number;
  #known = new Map<number, Reading>();
  #readAt: number | null = null;
  #reading: Promise<void> | null = null;

  constructor(timeseries: TimeSeries, now: () => number) {
    this.#timeseries = timeseries;
    this.#now = now;
  }

  /** Takes note of a reading that has just been stored. */
  seen(reading: Reading): void {
    const known = this.#known.get(reading.meter);
    if (!known || reading.time >= known.time) this.#known.set(reading.meter, reading);
  }

  /** Has the store asked again next time, after an import or a retry. */
  invalidate(): void {
    this.#readAt = null;
  }

  /** By `Meter.no`. */
  async all(): Promise<ReadonlyMap<number, Reading>> {
    const now = this.#now();
    if (this.#readAt === null || now - this.#readAt >= REFRESH_MS) {
      this.#reading ??= this.#read(now).finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    return this.#known;
  }

  async #read(now: number): Promise<void> {
    this.#readAt = now;
    try {
      for (const reading of await this.#timeseries.latest()) this.seen(reading);
    } catch (error) {
      this.#readAt = null;
      throw error;
    }
  }
}
