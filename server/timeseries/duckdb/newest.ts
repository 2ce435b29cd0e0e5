import type { DuckDBConnection } from '@duckdb/node-api';
import type { Reading } from '../../domain/reading.ts';
import { append } from './append.ts';
import { fetchRows, fetchTable } from './fetch.ts';
import type { Meta } from './layout.ts';
import { READING, toReading } from './readings.ts';
import { whole } from './sql.ts';

/** What a hand-over changes of the newest readings. */
export interface Newer {
  newer: ReadonlyMap<number, Reading>;
  /** Rows of readings once it is made. */
  stored: number;
  /** Whether all of them are to be noted then. */
  isNoting: boolean;
}

/** The newest readings are noted after so many, or after so many for each meter if that is more. */
const NOTE_AFTER = 250_000;
const NOTE_PER_METER = 4;

/** The newest reading of each meter: in memory, and noted in the file now and then. */
export class NewestReadings {
  readonly #newest = new Map<number, Reading>();
  /** Rows of readings, and how many of them there were when the newest were noted. */
  #stored = 0;
  #noted = 0;

  /** What was noted, and what came after that. */
  async load(c: DuckDBConnection, meta: Meta): Promise<void> {
    const [stored] = (await fetchTable(c, 'SELECT count(*)::DOUBLE FROM readings'))[0] as [number];
    this.#stored = stored;
    this.#noted = meta.get('newest') ?? stored;
    const noted = await fetchRows(c, 'SELECT meter, time::DOUBLE, value, flags FROM newest', toReading);
    const since = await fetchRows(
      c,
      `SELECT meter, max(time)::DOUBLE, arg_max(value, time), arg_max(flags, time)
       FROM readings WHERE rowid >= ${whole(this.#noted)} GROUP BY meter`,
      toReading,
    );
    this.#newest.clear();
    for (const r of noted) this.#newest.set(r.meter, r);
    for (const r of since) if (r.time > this.#timeOf(r.meter)) this.#newest.set(r.meter, r);
  }

  #timeOf(meter: number): number {
    return this.#newest.get(meter)?.time ?? Number.NEGATIVE_INFINITY;
  }

  /** Those of the readings that become the newest of their meters. */
  among(readings: readonly Reading[]): Newer {
    const newer = new Map<number, Reading>();
    for (const r of readings) {
      if (r.time > (newer.get(r.meter)?.time ?? this.#timeOf(r.meter))) newer.set(r.meter, r);
    }
    const stored = this.#stored + readings.length;
    const due = Math.max(NOTE_AFTER, NOTE_PER_METER * this.#newest.size);
    return { newer, stored, isNoting: stored - this.#noted >= due };
  }

  /** Notes all of them, in the transaction that stores the readings. */
  async note(c: DuckDBConnection, { newer, stored }: Newer): Promise<void> {
    await c.run('DELETE FROM newest');
    await append(c, 'newest', READING, [...new Map([...this.#newest, ...newer]).values()]);
    await c.run(`UPDATE meta SET value = ${whole(stored)} WHERE name = 'newest'`);
  }

  committed({ newer, stored, isNoting }: Newer): void {
    for (const r of newer.values()) this.#newest.set(r.meter, r);
    this.#stored = stored;
    if (isNoting) this.#noted = stored;
  }

  all(): Reading[] {
    return [...this.#newest.values()];
  }
}
