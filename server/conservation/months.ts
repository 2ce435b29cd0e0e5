import type { Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { HandOver, RollupLevel, TimeSeries } from '../timeseries/port.ts';
import { Differences } from './differences.ts';
import { amountsPer, combined } from './parts.ts';
import { PeriodMatrix } from './period-matrix.ts';
import { bookedAmount, nodeSeries, type Part, type Series } from './series.ts';
import { cut, type Span } from './spans.ts';

const LEVELS = ['month', 'day', 'hour'] as const;
/** Spans whose months are kept. */
const SPANS = 100;

/**
 * What every meter used, by months and, where a span is not of whole ones, by days and hours, kept in memory:
 * a city's figures are sums over thousands of meters, and are asked for many at a time. It is told by the
 * ledger what changes, so that what it answers is what the store holds.
 */
export class Months {
  readonly #timeseries: TimeSeries;
  readonly #estate: () => Estate;
  readonly #levels: Record<RollupLevel, Level>;
  #zone = '';
  /** By the bounds of a span: the year of a quota is asked for by every institution. */
  readonly #monthsIn = new Map<string, readonly number[]>();
  #seriesOf: { estate: Estate; known: Map<string, readonly Series[]> } | null = null;

  constructor(timeseries: TimeSeries, estate: () => Estate) {
    this.#timeseries = timeseries;
    this.#estate = estate;
    this.#levels = {
      month: levelOf(timeseries, 'month'),
      day: levelOf(timeseries, 'day'),
      hour: levelOf(timeseries, 'hour'),
    };
  }

  /** `nodeSeries` of the estate as it is now, found once. */
  series(node: string, carrier?: Carrier): readonly Series[] {
    const estate = this.#estate();
    if (this.#seriesOf?.estate !== estate) this.#seriesOf = { estate, known: new Map() };
    const { known } = this.#seriesOf;
    const key = `${carrier ?? ''}\n${node}`;
    const found = known.get(key) ?? nodeSeries(estate, node, carrier);
    known.set(key, found);
    return found;
  }

  /** First instants of the months of [from, to), both bounds of months. */
  starts(from: number, to: number): readonly number[] {
    this.#checkZone();
    const key = `${from} ${to}`;
    const known = this.#monthsIn.get(key);
    if (known) return known;
    const found = this.#starts('month', from, to);
    if (this.#monthsIn.size >= SPANS) this.#monthsIn.clear();
    this.#monthsIn.set(key, found);
    return found;
  }

  /**
   * What each series used in each month of [from, to), both bounds of months, micro; undefined: nothing known.
   */
  async perMonth(list: readonly Series[], from: number, to: number): Promise<(Amount | undefined)[][]> {
    const starts = this.starts(from, to);
    return this.#loaded(list, [{ level: 'month', starts }], () =>
      list.map((series) => starts.map((start) => this.#amount(series, 'month', start))),
    );
  }

  /**
   * The sum of each series over each span, micro, like `amountsOfAll`: its whole months, the days around them
   * and the hours around those.
   * @param spans with bounds on the hour
   */
  async sums(list: readonly Series[], spans: readonly Span[]): Promise<(Amount | undefined)[][]> {
    this.#checkZone();
    const { zone } = this.#estate();
    const pieces = spans.map((span) =>
      cut(zone, span).map(({ level, from, to }) => ({ level, starts: this.#starts(level, from, to) })),
    );
    const sumOf = (series: Series, of: readonly Periods[]): Amount | undefined => {
      let sum: Amount | undefined;
      for (const { level, starts } of of) {
        for (const start of starts) {
          const amount = this.#amount(series, level, start);
          if (amount) sum = plus(sum ?? NOTHING, amount);
        }
      }
      return sum;
    };
    // Months are asked for together; single days of two years are not worth the days between them.
    const months = pieces.flat().flatMap((p) => (p.level === 'month' ? p.starts : []));
    const wanted: Periods[] = [
      { level: 'month', starts: [...new Set(months)].sort((a, b) => a - b) },
      ...pieces.flat().filter((p) => p.level !== 'month'),
    ];
    return this.#loaded(list, wanted, () => list.map((series) => pieces.map((of) => sumOf(series, of))));
  }

  /** Takes what the ledger has just written. */
  written({ hours, days, months }: Pick<HandOver, 'hours' | 'days' | 'months'>): void {
    const rows = { hour: hours, day: days, month: months };
    for (const level of LEVELS) {
      const { matrix, differences } = this.#levels[level];
      matrix.written(rows[level]);
      for (const row of rows[level]) differences.changed(row.meter, row.start, row.start + 1);
    }
  }

  /** What was computed again is read again. */
  changed(months: readonly { meter: number; month: number }[]): void {
    const { zone } = this.#estate();
    for (const { meter, month } of months) {
      const end = zone.next('month', month);
      for (const level of LEVELS) {
        const { matrix, differences } = this.#levels[level];
        matrix.changed(meter, month, end);
        differences.changed(meter, month, end);
      }
    }
  }

  #starts(level: RollupLevel, from: number, to: number): number[] {
    const { zone } = this.#estate();
    const out: number[] = [];
    for (let start = from; start < to; start = zone.next(level, start)) out.push(start);
    return out;
  }

  /** Does the work while all that it reads is in memory. */
  async #loaded<T>(list: readonly Series[], wanted: readonly Periods[], work: () => T): Promise<T> {
    for (const { level, starts } of wanted) this.#levels[level].matrix.hold(starts);
    try {
      for (const { level, starts } of wanted) {
        if (starts.length > 0) await this.#load(list, level, starts);
      }
      return work();
    } finally {
      for (const { level, starts } of wanted) this.#levels[level].matrix.release(starts);
    }
  }

  async #load(list: readonly Series[], level: RollupLevel, starts: readonly number[]): Promise<void> {
    const { matrix, differences } = this.#levels[level];
    const meters = new Set<number>();
    const open: Part[] = [];
    for (const series of list) {
      for (const { no } of series.meters) meters.add(no);
      for (const part of series.parts) {
        if (!isDifference(part)) for (const { meter } of part) meters.add(meter.no);
        else if (starts.some((start) => differences.lacks(part, start))) open.push(part);
      }
    }
    if (meters.size > 0) await matrix.load([...meters], starts);
    if (open.length === 0) return;
    const { zone } = this.#estate();
    const first = starts[0] as number;
    const to = zone.next(level, starts[starts.length - 1] as number);
    const alone = open.map((part): Series => ({ ...NO_SERIES, parts: [part] }));
    await differences.fill(open, starts, () => amountsPer(this.#timeseries, zone, alone, level, first, to));
  }

  #amount(series: Series, level: RollupLevel, start: number): Amount | undefined {
    const { matrix, differences } = this.#levels[level];
    let sum = matrix.sum(
      series.meters.map((m) => m.no),
      start,
    );
    for (const part of series.parts) {
      const amount = isDifference(part) ? differences.at(part, start) : known(matrix, part, start);
      if (amount) sum = plus(sum ?? NOTHING, amount);
    }
    if (series.booked.length === 0) return sum;
    const booked = bookedAmount(series, start, this.#estate().zone.next(level, start));
    return booked ? plus(sum ?? NOTHING, booked) : sum;
  }

  /** Another zone has other months. */
  #checkZone(): void {
    const { name } = this.#estate().zone;
    if (name === this.#zone) return;
    this.#zone = name;
    this.#monthsIn.clear();
    for (const level of LEVELS) {
      this.#levels[level].matrix.forget();
      this.#levels[level].differences.forget();
    }
  }
}

interface Periods {
  level: RollupLevel;
  /** In order of time. */
  starts: readonly number[];
}

interface Level {
  matrix: PeriodMatrix;
  differences: Differences;
}

function levelOf(timeseries: TimeSeries, level: RollupLevel): Level {
  return { matrix: new PeriodMatrix(timeseries, level), differences: new Differences() };
}

const NO_SERIES: Series = {
  id: '',
  carrier: 'other',
  unit: '',
  gauge: false,
  meters: [],
  parts: [],
  booked: [],
};

function isDifference(part: Part): boolean {
  return part.some((t) => t.factor < 0);
}

/** A sum of meters is what is known of them, but only as complete as its least complete one; see `parts.ts`. */
function known(matrix: PeriodMatrix, part: Part, start: number): Amount | undefined {
  let sum: Amount | undefined;
  let covered = Number.POSITIVE_INFINITY;
  for (const term of part) {
    const amount = matrix.at(term.meter.no, start);
    covered = Math.min(covered, amount?.coveredMs ?? 0);
    if (amount)
      sum = plus(sum ?? NOTHING, { ...combined([term], new Map([[term.meter.no, amount]])), coveredMs: 0 });
  }
  return sum && { ...sum, coveredMs: covered };
}
