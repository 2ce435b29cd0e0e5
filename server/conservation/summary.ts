import type { Estate } from '../domain/estate.ts';
import type { Zone } from '../domain/time.ts';
import { change, figureOf, nodeSeries, type Series, weight } from './series.ts';
import type { Span, Sums } from './spans.ts';

export interface SpanQuantity extends Span {
  quantity: number | null;
  completeness: number;
}

/** A running period held against the like parts of the one before and of a year ago. */
export interface Compared extends SpanQuantity {
  basis: SpanQuantity;
  previous: SpanQuantity;
  changePrevious: number | null;
  lastYear: SpanQuantity;
  changeLastYear: number | null;
}

export interface SeriesSummary {
  series: Series;
  today: Compared;
  month: Compared;
  year: Compared;
}

const LEVELS = ['day', 'month', 'year'] as const;
type SummaryLevel = (typeof LEVELS)[number];

/** Today, this month and this year of a node, per carrier that a meter counts: a bill says nothing of today. */
export async function summaryOf(
  sums: Sums,
  estate: Estate,
  node: string,
  now: number,
): Promise<SeriesSummary[]> {
  const list = metered(estate, node);
  const spans = LEVELS.map((level) => spansOf(estate.zone, level, now));
  const found = await sums(list, spans.flat());
  return list.map((series, s) => {
    const [today, month, year] = spans.map((of, level) =>
      compared(
        series,
        of.map((span, i) => {
          // The running hour is asked for whole and counts as far as it has come.
          const to = i === 0 ? now : span.to;
          const { quantity, completeness } = figureOf(series, found[s]?.[level * 4 + i], to - span.from);
          return { from: span.from, to, quantity, completeness };
        }),
      ),
    ) as [Compared, Compared, Compared];
    return { series, today, month, year };
  });
}

function metered(estate: Estate, node: string): Series[] {
  return nodeSeries(estate, node).filter((series) => weight(series) > 0);
}

/** The running period, its part up to the last full hour, and the like parts before and a year ago. */
function spansOf(zone: Zone, level: SummaryLevel, now: number): [Span, Span, Span, Span] {
  const from = zone.startOf(level, now);
  const to = zone.startOf('hour', now);
  const like = (unit: SummaryLevel): Span => {
    const start = zone.startOf(level, zone.shift(from, unit, -1));
    const end = zone.startOf('hour', zone.shift(to, unit, -1));
    return { from: start, to: Math.max(start, Math.min(end, zone.next(level, start))) };
  };
  return [{ from, to: zone.next('hour', to) }, { from, to }, like(level), like('year')];
}

function compared(series: Series, parts: SpanQuantity[]): Compared {
  const [current, basis, previous, lastYear] = parts as [
    SpanQuantity,
    SpanQuantity,
    SpanQuantity,
    SpanQuantity,
  ];
  return {
    ...current,
    // Of the running hour the readings are not due yet, so it does not count as missing.
    completeness: basis.to > basis.from ? basis.completeness : current.completeness,
    basis,
    previous,
    changePrevious: change(series, basis.quantity, previous.quantity),
    lastYear,
    changeLastYear: change(series, basis.quantity, lastYear.quantity),
  };
}
