/** The running year of a target by months: curve, actual, forecast with its interval, budget, last year. */
import type { Palette } from '../charts/palette.ts';
import type { Twin } from '../charts/twin.ts';
import { completeness, type Dates } from '../i18n/format.ts';
import { type Column, columnOf } from './amounts.ts';
import { monthStart } from './sentences.ts';
import type { Current, Forecast } from './types.ts';
import type { TargetWords } from './words.zh.ts';

export interface ProgressView {
  current: Current;
  forecast: Forecast | null;
  mode: 'cumulative' | 'monthly';
  /** What the year's target is called beside its line. */
  budgetLabel: string;
  colour: (p: Palette) => string;
  w: TargetWords;
  dates: Dates;
}

/** A month as both drawings and the table need it; sums run from the start of the year. */
export interface ProgressMonth {
  month: string;
  at: number;
  planned: number | null;
  plannedTotal: number | null;
  actual: number | null;
  actualTotal: number | null;
  completeness: number | null;
  lastYear: number | null;
  lastYearTotal: number | null;
  /** Measured and to come; null before the running month. */
  forecast: number | null;
  low: number | null;
  high: number | null;
  forecastTotal: number | null;
  lowTotal: number | null;
  highTotal: number | null;
  state: 'past' | 'running' | 'ahead';
  /** Of a running month, the share of it that counts. */
  part: number;
}

export function progressMonths({ current, forecast, dates }: ProgressView): ProgressMonth[] {
  const until = Date.parse(current.until);
  const toCome = new Map(forecast?.months.map((m) => [m.month, m]));
  let last: number | null = 0;
  let end: number | null = 0;
  const rows = current.curve.map((c): ProgressMonth => {
    const at = monthStart(c.month, dates);
    const next = dates.zone.next('month', at);
    const state = next <= until ? 'past' : at < until ? 'running' : 'ahead';
    last = last === null || c.last_year === null ? null : last + c.last_year;
    const said = state === 'past' ? undefined : toCome.get(c.month);
    const total = state === 'past' ? c.actual : (said?.forecast ?? null);
    end = end === null || total === null ? null : end + total;
    return {
      month: c.month,
      at,
      planned: c.planned,
      plannedTotal: c.planned_total,
      actual: c.actual,
      actualTotal: c.actual_total,
      completeness: c.completeness,
      lastYear: c.last_year,
      lastYearTotal: last,
      forecast: said?.forecast ?? null,
      low: said?.low ?? null,
      high: said?.high ?? null,
      forecastTotal: state === 'past' ? null : end,
      lowTotal: null,
      highTotal: null,
      state,
      part: state === 'running' ? (until - at) / (next - at) : 1,
    };
  });
  return spread(rows, forecast, current);
}

/**
 * The interval of the sums: 0 at the last measured day, that of the year's end at the end, and between them
 * as the forecast quantity grows.
 */
function spread(rows: ProgressMonth[], forecast: Forecast | null, current: Current): ProgressMonth[] {
  const { actual } = current;
  const [total, low, high] = [forecast?.total ?? null, forecast?.low ?? null, forecast?.high ?? null];
  if (actual === null || total === null || low === null || high === null) return rows;
  const rest = total - actual;
  return rows.map((row) => {
    if (row.forecastTotal === null) return row;
    const share = rest > 0 ? Math.max(0, Math.min(1, (row.forecastTotal - actual) / rest)) : 1;
    return {
      ...row,
      lowTotal: Math.max(actual, row.forecastTotal - share * (total - low)),
      highTotal: row.forecastTotal + share * (high - total),
    };
  });
}

/** The unit and step of the whole drawing. */
export function progressColumn(view: ProgressView, rows: readonly ProgressMonth[]): Column {
  const { current, forecast, dates, w } = view;
  const values =
    view.mode === 'cumulative'
      ? [
          current.budget,
          forecast?.high ?? null,
          forecast?.total ?? null,
          current.actual,
          rows.at(-1)?.lastYearTotal ?? null,
        ]
      : rows.flatMap((r) => [r.planned, r.actual, r.high, r.forecast, r.lastYear]);
  return columnOf(values, current.quantity_unit, w, dates.m);
}

export function progressTwin(view: ProgressView): Twin {
  const rows = progressMonths(view);
  const { w, dates, current } = view;
  const column = progressColumn(view, rows);
  const isSum = view.mode === 'cumulative';
  const scaled = (value: number | null): number | null =>
    value === null ? null : Number((value / column.divisor).toPrecision(6));
  const named = (label: string): { label: string; numeric: true } => ({
    label: `${label} (${column.unit})`,
    numeric: true,
  });
  const until = Date.parse(current.until);
  return {
    columns: [
      { label: w.progress.month },
      named(isSum ? w.progress.plannedTotal : w.progress.planned),
      named(isSum ? w.progress.actualTotal : w.progress.actual),
      named(w.progress.forecast),
      named(w.progress.low),
      named(w.progress.high),
      named(w.progress.lastYear),
      { label: w.progress.completeness, numeric: true },
    ],
    rows: rows.map((r) => {
      const month = dates.m.date.month(dates.zone.wall(r.at));
      return [
        r.state === 'running' ? `${month} (${dates.span(r.at, until)})` : month,
        scaled(isSum ? r.plannedTotal : r.planned),
        r.state === 'ahead' ? '' : scaled(isSum ? r.actualTotal : r.actual),
        ...(isSum ? [r.forecastTotal, r.lowTotal, r.highTotal] : [r.forecast, r.low, r.high]).map((value) =>
          r.state === 'past' ? '' : scaled(value),
        ),
        scaled(isSum ? r.lastYearTotal : r.lastYear),
        r.completeness === null ? '' : completeness(r.completeness),
      ];
    }),
  };
}
