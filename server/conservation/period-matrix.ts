import { type Amount, NOTHING } from '../domain/rollup.ts';
import type { Rollup, RollupLevel, TimeSeries } from '../timeseries/port.ts';

/** Rollups that one question to the engine brings, about. */
const ROWS = 100_000;
/** Cells that are kept at a level: 29 bytes each, so about 30 MB when an estate is large and much was asked. */
const CELLS = 1_000_000;

/** State of a cell. A stale one still holds what was known before. */
const UNREAD = 0;
const NONE = 1;
const KNOWN = 2;
const STALE = 4;

/** One period of all meters, by `Meter.no`. */
interface Column {
  measured: Float64Array;
  recovered: Float64Array;
  estimated: Float64Array;
  /** ms; a month has fewer than 2³² of them. */
  covered: Uint32Array;
  state: Uint8Array;
  /** When it was asked for, counted in questions. */
  asked: number;
}

/**
 * Rollups of one level as the time series holds them, in typed arrays: a meter's period is asked for once.
 * What is written is put in its place, what was computed again is read again when it is asked for.
 */
export class PeriodMatrix {
  readonly level: RollupLevel;
  readonly #timeseries: TimeSeries;
  readonly #cells: number;
  /** By the start of the period. */
  readonly #columns = new Map<number, Column>();
  /** Periods that somebody is about to read, and how many do. */
  readonly #held = new Map<number, number>();
  #width = 0;
  #asked = 0;
  #reading = 0;
  /** What was written or computed again while questions were under way, whose answers may be older. */
  readonly #meanwhile = new Map<string, 'written' | 'changed'>();

  constructor(timeseries: TimeSeries, level: RollupLevel, cells = CELLS) {
    this.#timeseries = timeseries;
    this.level = level;
    this.#cells = cells;
  }

  /** Settles when the cells of the meters in these periods are as the store has them. */
  async load(meters: readonly number[], starts: readonly number[]): Promise<void> {
    let last = this.#width - 1;
    for (const no of meters) if (no > last) last = no;
    if (last >= this.#width) this.#widen(last + 1);
    this.#asked++;
    const columns = starts.map((start) => this.#used(start));
    const wanted = meters.filter((no) => columns.some((c) => isUnread(c.state[no])));
    if (wanted.length > 0) {
      const needed = starts.filter((_, i) => wanted.some((no) => isUnread(columns[i]?.state[no])));
      const first = needed[0] as number;
      const until = (needed[needed.length - 1] as number) + 1;
      const periods = starts.filter((s) => s >= first && s < until);
      const share = Math.max(1, Math.floor(ROWS / periods.length));
      for (let i = 0; i < wanted.length; i += share) {
        await this.#read(wanted.slice(i, i + share), periods, first, until);
      }
    }
    this.#evict();
  }

  /** Keeps these periods in memory until they are released as often. */
  hold(starts: readonly number[]): void {
    for (const start of starts) this.#held.set(start, (this.#held.get(start) ?? 0) + 1);
  }

  release(starts: readonly number[]): void {
    for (const start of starts) {
      const left = (this.#held.get(start) ?? 1) - 1;
      if (left > 0) this.#held.set(start, left);
      else this.#held.delete(start);
    }
  }

  async #read(meters: readonly number[], starts: readonly number[], from: number, to: number): Promise<void> {
    this.#reading++;
    try {
      const rows = await this.#timeseries.rollups(this.level, meters, from, to);
      const found = new Map<number, Map<number, Rollup>>();
      for (const row of rows) {
        const here = found.get(row.start) ?? new Map<number, Rollup>();
        found.set(row.start, here.set(row.meter, row));
      }
      for (const start of starts) {
        const column = this.#used(start);
        for (const no of meters) {
          const news = this.#meanwhile.get(`${no} ${start}`);
          if (news === 'written') continue;
          put(column, no, found.get(start)?.get(no));
          if (news === 'changed') column.state[no] = (column.state[no] as number) | STALE;
        }
      }
    } finally {
      if (--this.#reading === 0) this.#meanwhile.clear();
    }
  }

  /** Takes what was just written to the store. */
  written(rows: readonly Rollup[]): void {
    for (const row of rows) {
      if (this.#reading > 0) this.#meanwhile.set(`${row.meter} ${row.start}`, 'written');
      const column = this.#columns.get(row.start);
      if (column && row.meter < this.#width) put(column, row.meter, row);
    }
  }

  /** What the meter has in [from, to) is read again when it is asked for. */
  changed(meter: number, from: number, to: number): void {
    for (const [start, column] of this.#columns) {
      if (start < from || start >= to) continue;
      if (this.#reading > 0) this.#meanwhile.set(`${meter} ${start}`, 'changed');
      if (meter < this.#width) column.state[meter] = (column.state[meter] as number) | STALE;
    }
  }

  forget(): void {
    this.#columns.clear();
  }

  /** What a meter used in a period that was loaded; undefined: nothing is known. */
  at(meter: number, start: number): Amount | undefined {
    const column = this.#columns.get(start);
    if (!column || ((column.state[meter] ?? UNREAD) & KNOWN) === 0) return undefined;
    return {
      measured: column.measured[meter] as number,
      recovered: column.recovered[meter] as number,
      estimated: column.estimated[meter] as number,
      coveredMs: column.covered[meter] as number,
    };
  }

  /** Adds what meters used in a loaded period; undefined: nothing is known of any. */
  sum(meters: readonly number[], start: number): Amount | undefined {
    const column = this.#columns.get(start);
    if (!column) return undefined;
    const sum = { ...NOTHING };
    let any = false;
    for (const no of meters) {
      if (((column.state[no] ?? UNREAD) & KNOWN) === 0) continue;
      any = true;
      sum.measured += column.measured[no] as number;
      sum.recovered += column.recovered[no] as number;
      sum.estimated += column.estimated[no] as number;
      sum.coveredMs += column.covered[no] as number;
    }
    return any ? sum : undefined;
  }

  #used(start: number): Column {
    let column = this.#columns.get(start);
    if (!column) {
      column = columnOf(this.#width);
      this.#columns.set(start, column);
    }
    column.asked = this.#asked;
    return column;
  }

  #widen(width: number): void {
    this.#width = Math.max(width, Math.ceil(this.#width * 1.25));
    for (const [start, old] of this.#columns) {
      const column = columnOf(this.#width);
      column.measured.set(old.measured);
      column.recovered.set(old.recovered);
      column.estimated.set(old.estimated);
      column.covered.set(old.covered);
      column.state.set(old.state);
      column.asked = old.asked;
      this.#columns.set(start, column);
    }
  }

  /** Lets the periods go that nobody asked for in the longest time. */
  #evict(): void {
    if (this.#columns.size * this.#width <= this.#cells) return;
    for (const [start] of [...this.#columns].sort(([, a], [, b]) => a.asked - b.asked)) {
      if (this.#columns.size * this.#width <= this.#cells) return;
      if (!this.#held.has(start)) this.#columns.delete(start);
    }
  }
}

function isUnread(state: number | undefined): boolean {
  return state === undefined || state === UNREAD || (state & STALE) !== 0;
}

function put(column: Column, no: number, row: Rollup | undefined): void {
  column.measured[no] = row?.measured ?? 0;
  column.recovered[no] = row?.recovered ?? 0;
  column.estimated[no] = row?.estimated ?? 0;
  column.covered[no] = row?.coveredMs ?? 0;
  column.state[no] = row ? KNOWN : NONE;
}

function columnOf(width: number): Column {
  return {
    measured: new Float64Array(width),
    recovered: new Float64Array(width),
    estimated: new Float64Array(width),
    covered: new Uint32Array(width),
    state: new Uint8Array(width),
    asked: 0,
  };
}
