import type { Reading } from '../../server/domain/reading.ts';
import type {
  HandOver,
  Recomputed,
  Rollup,
  RollupLevel,
  RollupSum,
  RollupWrite,
} from '../../server/timeseries/port.ts';

const LEVELS = ['hour', 'day', 'month'] as const;
const TABLES = [
  ['hour', 'hours'],
  ['day', 'days'],
  ['month', 'months'],
] as const;

/** What a time series should hold, as plain maps: by `Meter.no`, then by instant. */
export class StoreModel {
  readonly readings = new Map<number, Map<number, Reading>>();
  readonly #rollups: Record<RollupLevel, Map<number, Map<number, Rollup>>> = {
    hour: new Map(),
    day: new Map(),
    month: new Map(),
  };
  cursor = 0;

  /** All that it holds anything of. */
  get meters(): Set<number> {
    return new Set([...this.readings.keys(), ...LEVELS.flatMap((l) => [...this.#rollups[l].keys()])]);
  }

  rollup(level: RollupLevel, meter: number, start: number): Rollup | undefined {
    return this.#rollups[level].get(meter)?.get(start);
  }

  write({ cursor, readings, ...rows }: HandOver): void {
    for (const r of readings) of(this.readings, r.meter).set(r.time, r);
    for (const [level, name] of TABLES) this.#put(level, rows[name]);
    this.cursor = cursor;
  }

  replace(meters: readonly number[], from: number, to: number, rollups: Recomputed): void {
    for (const [level, name] of TABLES) {
      for (const meter of meters) {
        const own = of(this.#rollups[level], meter);
        for (const start of [...own.keys()]) if (start >= from && start < to) own.delete(start);
      }
      this.#put(level, rollups[name]);
    }
  }

  #put(level: RollupLevel, rows: readonly (Rollup | RollupWrite)[]): void {
    for (const row of rows) {
      const { meter, start, measured, recovered, estimated, coveredMs } = row;
      of(this.#rollups[level], meter).set(start, {
        meter,
        start,
        measured,
        recovered,
        estimated,
        coveredMs,
      });
    }
  }

  readingsOf(meters: readonly number[], from: number, to: number, limit = 0): Reading[] {
    const out = inOrder(meters).flatMap((m) => within(this.readings.get(m), (r) => r.time, from, to));
    return limit > 0 ? out.slice(0, limit) : out;
  }

  before(meters: readonly number[], time: number): Reading[] {
    return inOrder(meters).flatMap((m) => this.readingsOf([m], Number.NEGATIVE_INFINITY, time).slice(-1));
  }

  after(meters: readonly number[], time: number): Reading[] {
    return inOrder(meters).flatMap((m) => this.readingsOf([m], time, Number.POSITIVE_INFINITY, 1));
  }

  latest(): Reading[] {
    return this.before([...this.readings.keys()], Number.POSITIVE_INFINITY);
  }

  existing(asked: readonly Reading[]): Reading[] {
    const found = asked.flatMap((r) => this.readings.get(r.meter)?.get(r.time) ?? []);
    return [...new Set(found)].sort((a, b) => a.meter - b.meter || a.time - b.time);
  }

  rollups(level: RollupLevel, meters: readonly number[], from: number, to: number): Rollup[] {
    const own = this.#rollups[level];
    return inOrder(meters).flatMap((m) => within(own.get(m), (r) => r.start, from, to));
  }

  sums(level: RollupLevel, meters: readonly number[], from: number, to: number): RollupSum[] {
    const sums = new Map<number, RollupSum>();
    for (const r of this.rollups(level, meters, from, to)) {
      const sum = sums.get(r.start) ?? {
        start: r.start,
        measured: 0,
        recovered: 0,
        estimated: 0,
        coveredMs: 0,
        meters: 0,
      };
      sum.measured += r.measured;
      sum.recovered += r.recovered;
      sum.estimated += r.estimated;
      sum.coveredMs += r.coveredMs;
      sum.meters++;
      sums.set(r.start, sum);
    }
    return [...sums.values()].sort((a, b) => a.start - b.start);
  }
}

function of<T>(maps: Map<number, Map<number, T>>, meter: number): Map<number, T> {
  let own = maps.get(meter);
  if (!own) {
    own = new Map();
    maps.set(meter, own);
  }
  return own;
}

function inOrder(meters: readonly number[]): number[] {
  return [...new Set(meters)].sort((a, b) => a - b);
}

function within<T>(
  rows: ReadonlyMap<number, T> | undefined,
  at: (row: T) => number,
  from: number,
  to: number,
): T[] {
  const out: T[] = [];
  for (const row of rows?.values() ?? []) if (at(row) >= from && at(row) < to) out.push(row);
  return out.sort((a, b) => at(a) - at(b));
}
