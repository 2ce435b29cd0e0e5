import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import type { Zone } from '../domain/time.ts';
import type { RollupLevel, TimeSeries } from '../timeseries/port.ts';
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

interface Row extends Amount {
  start: number;
}

/** Asks for all pieces once and hands each row to the spans that it belongs to. */
async function collect<R extends Row>(
  zone: Zone,
  spans: readonly Span[],
  ask: (piece: Piece) => Promise<R[]>,
  add: (span: number, row: R) => void,
): Promise<void> {
  const own = spans.map((span) => cut(zone, span));
  const asked = joined(own.flat());
  const answers = await Promise.all(asked.map(ask));
  own.forEach((pieces, span) => {
    for (const piece of pieces) {
      const index = asked.findIndex(
        (a) => a.level === piece.level && a.from <= piece.from && piece.to <= a.to,
      );
      for (const row of answers[index] ?? []) {
        if (row.start >= piece.from && row.start < piece.to) add(span, row);
      }
    }
  });
}

/** The sum of a series over each span, micro; undefined where nothing is known. */
export async function amountsOf(
  timeseries: TimeSeries,
  zone: Zone,
  series: Series,
  spans: readonly Span[],
): Promise<(Amount | undefined)[]> {
  const out: (Amount | undefined)[] = spans.map(() => undefined);
  const meters = series.meters.map((m) => m.no);
  await collect(
    zone,
    spans,
    (p) => timeseries.sums(p.level, meters, p.from, p.to),
    (span, row) => {
      out[span] = plus(out[span] ?? NOTHING, row);
    },
  );
  return out;
}

/** The same per meter, by `Meter.no`. */
export async function amountsByMeter(
  timeseries: TimeSeries,
  zone: Zone,
  meters: readonly number[],
  spans: readonly Span[],
): Promise<Map<number, Amount>[]> {
  const out = spans.map(() => new Map<number, Amount>());
  await collect(
    zone,
    spans,
    (p) => timeseries.rollups(p.level, meters, p.from, p.to),
    (span, row) => {
      const of = out[span] as Map<number, Amount>;
      of.set(row.meter, plus(of.get(row.meter) ?? NOTHING, row));
    },
  );
  return out;
}

/** The smallest span of whole hours that holds [from, to). */
export function wholeHours(zone: Zone, from: number, to: number): Span {
  const end = zone.startOf('hour', to);
  return { from: zone.startOf('hour', from), to: end === to ? to : zone.next('hour', end) };
}
