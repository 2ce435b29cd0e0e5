import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { Zone } from '../domain/time.ts';
import type { RollupLevel, TimeSeries } from '../timeseries/port.ts';
import { type Amounts, amountsPer } from './parts.ts';
import type { Series } from './series.ts';

/** [from, to), both on the hour. */
export interface Span {
  from: number;
  to: number;
}

interface Piece extends Span {
  level: RollupLevel;
}

const FINER = { month: 'day', day: 'hour' } as const;

/** The whole months of a span, the days around them and the hours around those. */
export function cut(zone: Zone, span: Span, level: RollupLevel = 'month'): Piece[] {
  const { from, to } = span;
  if (from >= to) return [];
  if (level === 'hour') return [{ level, from, to }];
  const finer = FINER[level];
  const first = zone.startOf(level, from) === from ? from : zone.next(level, from);
  const last = zone.startOf(level, to);
  if (first >= last) return cut(zone, span, finer);
  return [
    ...cut(zone, { from, to: first }, finer),
    { level, from: first, to: last },
    ...cut(zone, { from: last, to }, finer),
  ];
}

/** Pieces of one level that overlap or touch, as one, so that each is asked for once. */
function joined(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  const sorted = [...pieces].sort((a, b) => a.level.localeCompare(b.level) || a.from - b.from);
  for (const piece of sorted) {
    const last = out[out.length - 1];
    if (last && last.level === piece.level && piece.from <= last.to) last.to = Math.max(last.to, piece.to);
    else out.push({ ...piece });
  }
  return out;
}

/** Tells what each of several series used over spans, micro: out of memory like `Months.sums`, or out of the store. */
export type Sums = (list: readonly Series[], spans: readonly Span[]) => Promise<(Amount | undefined)[][]>;

/** Out of the store. */
export function sumsOf(timeseries: TimeSeries, zone: Zone): Sums {
  return (list, spans) => amountsOfAll(timeseries, zone, list, spans);
}

/** The sum of each series over each span, micro; undefined where nothing is known. They share their queries. */
export async function amountsOfAll(
  timeseries: TimeSeries,
  zone: Zone,
  list: readonly Series[],
  spans: readonly Span[],
): Promise<(Amount | undefined)[][]> {
  const own = spans.map((span) => cut(zone, span));
  // Every piece is asked for once and handed to the spans that it belongs to.
  const asked = joined(own.flat());
  const answers = await Promise.all(
    asked.map(({ level, from, to }) => amountsPer(timeseries, zone, list, level, from, to)),
  );
  const over = (pieces: readonly Piece[], series: number): Amount | undefined => {
    let sum: Amount | undefined;
    for (const piece of pieces) {
      const index = asked.findIndex(
        (a) => a.level === piece.level && a.from <= piece.from && piece.to <= a.to,
      );
      const amounts: Amounts = answers[index]?.[series] ?? new Map();
      for (const [start, amount] of amounts) {
        if (start >= piece.from && start < piece.to) sum = plus(sum ?? NOTHING, amount);
      }
    }
    return sum;
  };
  return list.map((_, series) => own.map((pieces) => over(pieces, series)));
}

/** The smallest span of whole hours that holds [from, to). */
export function wholeHours(zone: Zone, from: number, to: number): Span {
  const end = zone.startOf('hour', to);
  return { from: zone.startOf('hour', from), to: end === to ? to : zone.next('hour', end) };
}
