import type { Reading } from '../domain/reading.ts';
import type { Level } from '../domain/time.ts';

/** Levels that are kept as rollups; a year is the sum of its months. */
export type RollupLevel = Exclude<Level, 'year'>;

/**
 * What one meter used in one hour, day or month. Quantities are whole millionths of the meter's unit, so
 * that sums are exact in any order on any engine; for a gauge they are the integral over hours.
 */
export interface Rollup {
  /** `Meter.no` */
  meter: number;
  /** Start of the period, epoch ms. */
  start: number;
  measured: number;
  recovered: number;
  estimated: number;
  /** How much of the period measured intervals cover, ms. */
  coveredMs: number;
}

/** A rollup to be written; `isNew` when the store holds none yet for that meter and period. */
export interface RollupWrite extends Rollup {
  isNew: boolean;
}

/** Everything that one hand-over from the journal changes, written as one. */
export interface HandOver {
  /** Journal sequence up to which this hand-over reaches. */
  cursor: number;
  readings: readonly Reading[];
  hours: readonly RollupWrite[];
  days: readonly RollupWrite[];
  months: readonly RollupWrite[];
}

/** Sum over several meters of the periods that start at one instant. */
export interface RollupSum {
  start: number;
  measured: number;
  recovered: number;
  estimated: number;
  coveredMs: number;
  /** Meters that have anything in the period. */
  meters: number;
}

export interface EngineInfo {
  engine: 'duckdb' | 'influxdb';
  /** `unknown` as long as a server was never reached. */
  version: string;
}

/** The store does not answer, or not as it should; the message says which and why, for people. */
export class StoreUnavailable extends Error {
  /** How long the store asks to be left alone, ms; null where it does not say. */
  retryAfterMs: number | null = null;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnavailable';
  }
}

/** Single readings that the store does not take; the other readings of the hand-over are in it, its rollups are not. */
export class RefusedReadings extends Error {
  readonly refused: readonly { reading: Reading; why: string }[];

  constructor(refused: readonly { reading: Reading; why: string }[]) {
    super(`the time series refuses ${refused.length} readings: ${refused[0]?.why}`);
    this.name = 'RefusedReadings';
    this.refused = refused;
  }
}

/** Why a server is not reached, in words, and since when, epoch ms. */
export interface Outage {
  since: number;
  why: string;
}

/** The rollups that take the place of all others in a span of time. */
export interface Recomputed {
  hours: readonly Rollup[];
  days: readonly Rollup[];
  months: readonly Rollup[];
}

export interface TimeSeries {
  /**
   * A server that is not reached is no reason to fail: it is looked for until it is there. What is told of the
   * engine is kept up to date.
   * @throws when the store cannot be opened, or must not be written to as it is
   */
  start(): Promise<EngineInfo>;
  stop(): Promise<void>;
  /** Null while the store is reached; engines inside the program have no outages of this kind. */
  outage?(): Outage | null;
  /** Where a server was found without anything of ours when it was first reached: its place, in words; else null. */
  foundEmpty?(): string | null;
  /** Gives up all answers that are waited for, so that nobody's stop has to wait for a server. */
  abandon?(): void;
  /**
   * Writes a hand-over durably; settles only when the store has confirmed it. Whoever does not know what
   * became of one asks `applied` first; after a false, writing its readings and rollups again changes nothing.
   * @throws RefusedReadings for single readings, StoreUnavailable where a server cannot be written to at all
   */
  write(batch: HandOver): Promise<void>;
  /**
   * Whether the hand-over that ends at this journal sequence is already in the store, whole. An engine
   * without transactions answers false and is written to again.
   */
  applied(cursor: number): Promise<boolean>;
  /** Puts these rollups in place of all that the meters have with from ≤ start < to, at every level. */
  replace(meters: readonly number[], from: number, to: number, rollups: Recomputed): Promise<void>;
  /** Those of the given readings whose meter and instant the store holds, with the stored value. */
  existing(readings: readonly Reading[]): Promise<Reading[]>;
  /** Readings of the meters with from ≤ time < to, in order of meter, then time; at most `limit`. */
  readings(meters: readonly number[], from: number, to: number, limit?: number): Promise<Reading[]>;
  /** The last reading before an instant of each meter that has one. */
  before(meters: readonly number[], time: number): Promise<Reading[]>;
  /** The first reading at or after an instant of each meter that has one. */
  after(meters: readonly number[], time: number): Promise<Reading[]>;
  /** The newest reading of each meter that has any. */
  latest(): Promise<Reading[]>;
  /** Rollups of each of the meters with from ≤ start < to, in order of meter, then start. */
  rollups(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<Rollup[]>;
  /** The same, summed over the meters, in order of start. */
  sums(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<RollupSum[]>;
  /** Writes a consistent copy into an existing directory while running; false where the engine has its own tools. */
  backup(directory: string): Promise<boolean>;
  /** Bytes on disk, null where the engine does not tell. */
  bytes(): Promise<number | null>;
}
