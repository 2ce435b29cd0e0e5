import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS } from '../../domain/time.ts';
import { fetchTable } from './fetch.ts';
import { atomically, type Meta } from './layout.ts';
import type { Change } from './open-periods.ts';
import { whole, within } from './sql.ts';
import type { RollupTable } from './tables.ts';

/** Rows that DuckDB keeps together, and knows the least and the greatest value of in each column. */
const ROW_GROUP = 122_880;
const GROUPS = 8;
export const STRETCH_ROWS = GROUPS * ROW_GROUP;

/** Ten thousand meters have three row groups of months a decade: they are not worth it. */
const ORDERED = ['hours', 'days'] as const satisfies RollupTable[];
type Ordered = (typeof ORDERED)[number];

interface State {
  /** Periods that begin before this lie in ordered stretches; null: none does. */
  until: number | null;
  /** Rows since then that are in no stretch yet, and how many there are to be before it is worth a look. */
  fresh: number;
  wanted: number;
  /** Rows that came later into stretches, and the earliest start of one. */
  late: number;
  earliest: number;
  /** The newest start in the table. */
  newest: number;
}

const NAME = { hours: 'hours_ordered', days: 'days_ordered' } as const satisfies Record<Ordered, string>;

/**
 * Puts ended stretches of the hours and days in order of meter. Rows arrive in order of time, so that the year of
 * one meter is looked for in all row groups of that year. Whenever enough rows for eight groups have ended they
 * are written anew, an eighth of the meters in each group; within a group they stay in order of time, since a sum
 * over all meters is slower by half when each row belongs to another period than the one before. One meter is
 * then looked for in one or two groups of eight.
 */
export class Stretches {
  readonly #rows: number;
  #tables = new Map<Ordered, State>();

  /** @param rows of a stretch */
  constructor(rows: number) {
    this.#rows = rows;
  }

  async load(c: DuckDBConnection, meta: Meta): Promise<void> {
    this.#tables = new Map();
    for (const table of ORDERED) {
      const until = meta.get(NAME[table]) ?? null;
      const [fresh, newest] = (
        await fetchTable(
          c,
          `SELECT count(*)::DOUBLE, max(start)::DOUBLE FROM ${table} WHERE start >= ${whole(until ?? Number.NEGATIVE_INFINITY)}`,
        )
      )[0] as [number, number | null];
      this.#tables.set(table, {
        until,
        fresh,
        wanted: this.#rows,
        late: 0,
        earliest: Number.POSITIVE_INFINITY,
        newest: newest ?? Number.NEGATIVE_INFINITY,
      });
    }
  }

  /** Takes note of what a committed change put into the tables. */
  committed({ tables }: Pick<Change, 'tables'>): void {
    for (const [table, state] of this.#tables) {
      for (const { start } of tables[table].fresh) {
        if (start > state.newest) state.newest = start;
        if (state.until === null || start >= state.until) state.fresh++;
        else {
          state.late++;
          if (start < state.earliest) state.earliest = start;
        }
      }
    }
  }

  /** The table that has enough rows for a stretch, or null. */
  get due(): Ordered | null {
    for (const [table, { fresh, late, wanted }] of this.#tables) if (fresh + late >= wanted) return table;
    return null;
  }

  /**
   * Orders one stretch of the table, if one has ended; while it does, nothing else may be written. Whatever
   * becomes of it, the rows are there once.
   */
  async order(c: DuckDBConnection, table: Ordered): Promise<void> {
    const state = this.#tables.get(table) as State;
    // If it fails or finds none, not with every hand-over again.
    state.wanted = state.fresh + state.late + Math.ceil(this.#rows / GROUPS);
    const from = await this.#beginning(c, table, state);
    const found = await this.#ended(c, table, state, from);
    if (!found) return;
    const span = `start >= ${whole(from)} AND start < ${whole(found.to)}`;
    const bounds = await this.#boundsOf(c, table, span);
    await atomically(c, async () => {
      const [last] = (await fetchTable(c, `SELECT max(rowid)::DOUBLE FROM ${table} WHERE ${span}`))[0] as [
        number,
      ];
      // One part after the other: what is sorted at once, or put by in a table, is in memory.
      let written = 0;
      for (const [i, first] of bounds.entries()) {
        const next = bounds[i + 1];
        const part = `meter >= ${whole(first)}${next === undefined ? '' : ` AND meter < ${whole(next)}`}`;
        const sql = `INSERT INTO ${table} SELECT * FROM ${table} WHERE ${span} AND ${part} ORDER BY start, meter`;
        written += (await c.run(sql)).rowsChanged;
      }
      // Rows that a transaction has added have greater numbers than all that were there before it.
      const { rowsChanged } = await c.run(`DELETE FROM ${table} WHERE ${span} AND rowid <= ${whole(last)}`);
      if (rowsChanged !== written) {
        throw new Error(`${table}: ${rowsChanged} rows are to be put in order, and ${written} were written`);
      }
      await c.run(`DELETE FROM meta WHERE name = '${NAME[table]}'`);
      await c.run(`INSERT INTO meta VALUES ('${NAME[table]}', ${whole(found.to)})`);
    });
    state.until = found.to;
    state.fresh = Math.max(0, state.fresh - found.rows);
    state.wanted = this.#rows;
  }

  /**
   * Where the next stretch begins. Ordered ones are begun again from the earliest that got late rows when these
   * are half as many as all: a history that is imported behind the present is then written three times in all.
   */
  async #beginning(c: DuckDBConnection, table: Ordered, state: State): Promise<number> {
    if (state.until === null) return Number.NEGATIVE_INFINITY;
    if (state.late < this.#rows) return state.until;
    const [rows] = (
      await fetchTable(
        c,
        `SELECT count(*)::DOUBLE FROM ${table} WHERE ${within(state.earliest, state.until)}`,
      )
    )[0] as [number];
    if (2 * state.late < rows) return state.until;
    const { earliest } = state;
    state.fresh += rows;
    state.late = 0;
    state.earliest = Number.POSITIVE_INFINITY;
    state.until = earliest;
    return earliest;
  }

  /** Where a stretch that begins there ends, and its rows; null when what came since is not enough. */
  async #ended(
    c: DuckDBConnection,
    table: Ordered,
    { newest }: State,
    from: number,
  ): Promise<{ to: number; rows: number } | null> {
    let begin = from;
    if (from === Number.NEGATIVE_INFINITY) {
      begin =
        ((await fetchTable(c, `SELECT min(start)::DOUBLE FROM ${table}`))[0] as [number | null])[0] ?? 0;
    }
    // Not all that came since at once: of a large history that would be a look through everything each time.
    for (let days = 1; ; days *= 2) {
      const to = begin + days * DAY_MS;
      const starts = (await fetchTable(
        c,
        `SELECT start::DOUBLE, count(*)::DOUBLE FROM ${table} WHERE ${within(begin, to)} GROUP BY start ORDER BY start`,
      )) as [number, number][];
      let rows = 0;
      for (const [start, count] of starts) {
        // Rows of the newest start, and of the one before it, are still coming.
        if (rows >= this.#rows) return start < newest ? { to: start, rows } : null;
        rows += count;
      }
      if (to > newest) return null;
    }
  }

  /** The first meter of each part, so that a part fills a row group. */
  async #boundsOf(c: DuckDBConnection, table: Ordered, span: string): Promise<number[]> {
    const meters = (await fetchTable(
      c,
      `SELECT meter::DOUBLE, count(*)::DOUBLE FROM ${table} WHERE ${span} GROUP BY meter ORDER BY meter`,
    )) as [number, number][];
    const bounds: number[] = [];
    let rows = Number.POSITIVE_INFINITY;
    for (const [meter, count] of meters) {
      if (rows + count > this.#rows / GROUPS) {
        bounds.push(meter);
        rows = 0;
      }
      rows += count;
    }
    return bounds;
  }
}
