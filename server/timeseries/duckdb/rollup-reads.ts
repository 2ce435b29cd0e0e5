import type { Rollup, RollupLevel, RollupSum } from '../port.ts';
import type { NumberAt } from './fetch.ts';
import type { OpenPeriods } from './open-periods.ts';
import { isOneOf, listOf, whole, within } from './sql.ts';
import { ROLLUP_TABLE, type RollupTable } from './tables.ts';

/** Questions that are answered by one look through a table, and meters in all of them. */
const MAX_TOGETHER = 16;
const MAX_METERS = 20_000;

type Run = <T>(sql: string, row: (at: NumberAt) => T) => Promise<T[]>;

interface Question {
  /** Questions with the same key can be answered together. */
  key: string;
  kind: 'rollups' | 'sums';
  table: RollupTable;
  meters: readonly number[];
  from: number;
  to: number;
  resolve: (rows: Rollup[] | RollupSum[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads rollups. No index leads to a meter, so that each question is a look through all rows of its time, and
 * the connection answers one at a time: those that wait for the same time are answered by one look, told
 * apart afterwards. A report asks three times for the days of two years, and several are made side by side.
 */
export class RollupReads {
  readonly #run: Run;
  readonly #open: OpenPeriods;
  readonly #waiting: Question[] = [];
  #isRunning = false;

  constructor(run: Run, open: OpenPeriods) {
    this.#run = run;
    this.#open = open;
  }

  /** In order of meter, then start. */
  rollups(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<Rollup[]> {
    return this.#ask<Rollup>('rollups', level, meters, from, to);
  }

  /** Summed over the meters, in order of start. */
  sums(level: RollupLevel, meters: readonly number[], from: number, to: number): Promise<RollupSum[]> {
    return this.#ask<RollupSum>('sums', level, meters, from, to);
  }

  async #ask<T extends Rollup | RollupSum>(
    kind: Question['kind'],
    level: RollupLevel,
    meters: readonly number[],
    from: number,
    to: number,
  ): Promise<T[]> {
    if (meters.length === 0) return [];
    const table = ROLLUP_TABLE[level];
    return new Promise<Rollup[] | RollupSum[]>((resolve, reject) => {
      const key = `${kind} ${table} ${whole(from)} ${whole(to)}`;
      this.#waiting.push({ key, kind, table, meters, from, to, resolve, reject });
      if (!this.#isRunning) void this.#answerAll();
    }) as Promise<T[]>;
  }

  async #answerAll(): Promise<void> {
    this.#isRunning = true;
    // What is asked in the same turn comes along.
    await Promise.resolve();
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift()) {
      const together = this.#takeAlike(first);
      try {
        await this.#answer(together);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isRunning = false;
  }

  #takeAlike(first: Question): Question[] {
    const together = [first];
    let meters = first.meters.length;
    for (let i = 0; i < this.#waiting.length && together.length < MAX_TOGETHER; ) {
      const next = this.#waiting[i] as Question;
      if (next.key === first.key && meters + next.meters.length <= MAX_METERS) {
        together.push(next);
        meters += next.meters.length;
        this.#waiting.splice(i, 1);
      } else i++;
    }
    return together;
  }

  #answer(together: readonly Question[]): Promise<void> {
    const [first] = together as [Question, ...Question[]];
    return first.kind === 'rollups'
      ? this.#answerRollups(together, first)
      : this.#answerSums(together, first);
  }

  #answerRollups(together: readonly Question[], { table, from, to }: Question): Promise<void> {
    const meters = distinct(together);
    return this.#open.during(
      () =>
        this.#look(
          `SELECT 1 AS part, meter, start::DOUBLE AS start, measured::DOUBLE, recovered::DOUBLE, estimated::DOUBLE, covered::DOUBLE
           FROM ${table} WHERE ${within(from, to)} AND ${isOneOf(meters)}
           UNION ALL SELECT 0, 0::UINTEGER, max(version)::DOUBLE, 0, 0, 0, 0 FROM open_periods ORDER BY part, meter, start`,
          toRollup,
        ),
      ({ version }) => version,
      ({ rows }, openOf) => {
        const byMeter = together.length === 1 ? null : Map.groupBy(rows, (r) => r.meter);
        for (const { meters: own, resolve } of together) {
          const asked = [...new Set(own)].sort((a, b) => a - b);
          const closed = byMeter ? asked.flatMap((meter) => byMeter.get(meter) ?? []) : rows;
          resolve(
            merged(
              closed,
              openIn(asked, from, to, (meter) => openOf(table, meter)),
            ),
          );
        }
      },
    );
  }

  #answerSums(together: readonly Question[], { table, meters, from, to }: Question): Promise<void> {
    const closed =
      together.length === 1
        ? `SELECT 1 AS part, 0 AS asker, start::DOUBLE AS start, ${SUMS} FROM ${table}
           WHERE ${within(from, to)} AND ${isOneOf(meters)} GROUP BY ${table}.start`
        : `SELECT 1 AS part, asker, start::DOUBLE AS start, ${SUMS}
           FROM ${table} JOIN (${askedBy(together)}) USING (meter)
           WHERE ${within(from, to)} GROUP BY asker, ${table}.start`;
    return this.#open.during(
      () =>
        this.#look(
          `${closed} UNION ALL SELECT 0, 0, max(version)::DOUBLE, 0, 0, 0, 0, 0 FROM open_periods ORDER BY part, asker, start`,
          (at) => ({ asker: at(1), sum: toSum(at) }),
        ),
      ({ version }) => version,
      ({ rows }, openOf) => {
        const out = together.map((): RollupSum[] => []);
        for (const { asker, sum } of rows) out[asker]?.push(sum);
        for (const [i, { meters, resolve }] of together.entries()) {
          const sums = out[i] as RollupSum[];
          const open = openIn([...new Set(meters)], from, to, (meter) => openOf(table, meter));
          resolve(open.length > 0 ? withOpen(sums, open) : sums);
        }
      },
    );
  }

  /** The rows, and the version of the open periods that belongs to them. */
  async #look<T>(sql: string, row: (at: NumberAt) => T): Promise<{ version: number; rows: T[] }> {
    const rows: T[] = [];
    let version = 0;
    await this.#run(sql, (at) => {
      if (at(0) > 0) rows.push(row(at));
      else version = at(2) ?? 0;
    });
    return { version, rows };
  }
}

const SUMS =
  'sum(measured)::DOUBLE, sum(recovered)::DOUBLE, sum(estimated)::DOUBLE, sum(covered)::DOUBLE, count(*)::DOUBLE';

/** Open periods of the meters that begin in the span, in the order of the meters. */
function openIn(
  meters: readonly number[],
  from: number,
  to: number,
  openOf: (meter: number) => Rollup | undefined,
): Rollup[] {
  const out: Rollup[] = [];
  for (const meter of meters) {
    const row = openOf(meter);
    if (row && row.start >= from && row.start < to) out.push(row);
  }
  return out;
}

/** Both in order of meter, then start. */
function merged(closed: Rollup[], open: readonly Rollup[]): Rollup[] {
  if (open.length === 0) return closed;
  const out: Rollup[] = [];
  let i = 0;
  for (const row of open) {
    for (let r = closed[i]; r && (r.meter - row.meter || r.start - row.start) < 0; r = closed[++i])
      out.push(r);
    out.push(row);
  }
  for (; i < closed.length; i++) out.push(closed[i] as Rollup);
  return out;
}

function withOpen(sums: readonly RollupSum[], open: readonly Rollup[]): RollupSum[] {
  const byStart = new Map(sums.map((s) => [s.start, s]));
  for (const r of open) {
    const sum = byStart.get(r.start) ?? { ...NO_SUM, start: r.start };
    sum.measured += r.measured;
    sum.recovered += r.recovered;
    sum.estimated += r.estimated;
    sum.coveredMs += r.coveredMs;
    sum.meters++;
    byStart.set(r.start, sum);
  }
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

const NO_SUM = { measured: 0, recovered: 0, estimated: 0, coveredMs: 0, meters: 0 };

/** Who asks for which meter, as SQL has it. */
function askedBy(together: readonly Question[]): string {
  const pairs = together.flatMap(({ meters }, asker) =>
    [...new Set(meters)].map((meter) => ({ asker, meter })),
  );
  const [askers, meters] = [pairs.map((p) => p.asker), pairs.map((p) => p.meter)];
  return `SELECT unnest(${listOf(askers)}) AS asker, unnest(${listOf(meters)}) AS meter`;
}

function distinct(questions: readonly Question[]): number[] {
  return [...new Set(questions.flatMap((q) => q.meters))];
}

function toRollup(at: NumberAt): Rollup {
  return {
    meter: at(1),
    start: at(2),
    measured: at(3),
    recovered: at(4),
    estimated: at(5),
    coveredMs: at(6),
  };
}

function toSum(at: NumberAt): RollupSum {
  return {
    start: at(2),
    measured: at(3),
    recovered: at(4),
    estimated: at(5),
    coveredMs: at(6),
    meters: at(7),
  };
}
