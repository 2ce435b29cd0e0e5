import type { Rollup, RollupLevel, RollupSum } from '../port.ts';
import type { NumberAt } from './fetch.ts';
import { isOneOf, whole } from './sql.ts';

export const ROLLUP_TABLE = { hour: 'hours', day: 'days', month: 'months' } as const;
export type RollupTable = (typeof ROLLUP_TABLE)[RollupLevel];

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
  from: string;
  to: string;
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
  readonly #waiting: Question[] = [];
  #isRunning = false;

  constructor(run: Run) {
    this.#run = run;
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
    const time = { from: whole(from), to: whole(to) };
    const table = ROLLUP_TABLE[level];
    return new Promise<Rollup[] | RollupSum[]>((resolve, reject) => {
      const key = `${kind} ${table} ${time.from} ${time.to}`;
      this.#waiting.push({ key, kind, table, meters, ...time, resolve, reject });
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

  async #answer(together: readonly Question[]): Promise<void> {
    const [first] = together as [Question, ...Question[]];
    if (first.kind === 'rollups') await this.#answerRollups(together, first);
    else if (together.length === 1) first.resolve(await this.#run(sumsOf(first), toSum(0)));
    else await this.#answerSums(together, first);
  }

  async #answerRollups(together: readonly Question[], { table, from, to }: Question): Promise<void> {
    const meters = together.length === 1 ? (together[0] as Question).meters : distinct(together);
    const rows = await this.#run(
      `SELECT meter, start::DOUBLE, measured::DOUBLE, recovered::DOUBLE, estimated::DOUBLE, covered::DOUBLE
       FROM ${table} WHERE start >= ${from} AND start < ${to} AND ${isOneOf(meters)} ORDER BY meter, start`,
      toRollup,
    );
    if (together.length === 1) {
      together[0]?.resolve(rows);
      return;
    }
    const byMeter = Map.groupBy(rows, (r) => r.meter);
    for (const { meters: own, resolve } of together) {
      resolve([...new Set(own)].sort((a, b) => a - b).flatMap((meter) => byMeter.get(meter) ?? []));
    }
  }

  async #answerSums(together: readonly Question[], { table, from, to }: Question): Promise<void> {
    const pairs = together.flatMap(({ meters }, i) => [...new Set(meters)].map((m) => `(${i},${whole(m)})`));
    const out = together.map((): RollupSum[] => []);
    await this.#run(
      `SELECT asker, start::DOUBLE, ${SUMS}
       FROM ${table} JOIN (VALUES ${pairs.join(',')}) AS asked (asker, meter) USING (meter)
       WHERE start >= ${from} AND start < ${to} AND ${isOneOf(distinct(together))}
       GROUP BY asker, start ORDER BY asker, start`,
      (at) => out[at(0)]?.push(toSum(1)(at)),
    );
    for (const [i, { resolve }] of together.entries()) resolve(out[i] as RollupSum[]);
  }
}

const SUMS =
  'sum(measured)::DOUBLE, sum(recovered)::DOUBLE, sum(estimated)::DOUBLE, sum(covered)::DOUBLE, count(*)::DOUBLE';

function sumsOf({ table, from, to, meters }: Question): string {
  return `SELECT start::DOUBLE, ${SUMS} FROM ${table}
    WHERE start >= ${from} AND start < ${to} AND ${isOneOf(meters)} GROUP BY start ORDER BY start`;
}

function distinct(questions: readonly Question[]): number[] {
  return [...new Set(questions.flatMap((q) => q.meters))];
}

function toRollup(at: NumberAt): Rollup {
  return {
    meter: at(0),
    start: at(1),
    measured: at(2),
    recovered: at(3),
    estimated: at(4),
    coveredMs: at(5),
  };
}

/** @param n the column in which the start stands */
function toSum(n: number): (at: NumberAt) => RollupSum {
  return (at) => ({
    start: at(n),
    measured: at(n + 1),
    recovered: at(n + 2),
    estimated: at(n + 3),
    coveredMs: at(n + 4),
    meters: at(n + 5),
  });
}
