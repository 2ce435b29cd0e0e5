/** The running year of a target by months: curve, actual, forecast with its interval, budget, last year. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Palette } from '../charts/palette.ts';
import { categoryAxis, GRID, gapAreas, type TipRow, tip, tooltip, valueAxis } from '../charts/parts.ts';
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
  return columnOf(values, current.quantity_unit, dates.m, w.units);
}

export function progressOption(view: ProgressView, p: Palette): EChartsCoreOption {
  const rows = progressMonths(view);
  const column = progressColumn(view, rows);
  return view.mode === 'cumulative' ? sums(view, rows, column, p) : months(view, rows, column, p);
}

function tipOf(view: ProgressView, row: ProgressMonth, column: Column, p: Palette): HTMLElement {
  const { w, dates, mode } = view;
  const isSum = mode === 'cumulative';
  const text = (value: number | null): string =>
    value === null ? dates.m.number.unknown : `${column.text(value)} ${column.unit}`;
  const colour = view.colour(p);
  const out: TipRow[] = [];
  const actual = isSum ? row.actualTotal : row.actual;
  if (row.state !== 'ahead') {
    const label = isSum ? w.progress.actualTotal : w.progress.actual;
    out.push({
      label: row.state === 'running' ? `${label} (${w.progress.part})` : label,
      value: text(actual),
      colour,
    });
  }
  const planned = isSum ? row.plannedTotal : row.planned;
  if (planned !== null) {
    out.push({
      label: isSum ? w.progress.plannedTotal : w.progress.planned,
      value: text(planned),
      colour: p.ink2,
    });
  }
  const [forecast, low, high] = isSum
    ? [row.forecastTotal, row.lowTotal, row.highTotal]
    : [row.forecast, row.low, row.high];
  if (forecast !== null) out.push({ label: w.progress.forecast, value: text(forecast), colour });
  if (low !== null && high !== null) {
    out.push({
      label: w.progress.interval,
      value: `${column.text(low)} – ${column.text(high)} ${column.unit}`,
    });
  }
  const last = isSum ? row.lastYearTotal : row.lastYear;
  if (last !== null) out.push({ label: w.progress.lastYear, value: text(last), colour: p.ink3 });
  if (row.completeness !== null) {
    out.push({ label: w.progress.completeness, value: completeness(row.completeness) });
  }
  return tip(dates.m.date.month(dates.zone.wall(row.at)), out);
}

interface Label {
  at: [number, number];
  text: string;
  colour: string;
  position: 'right' | 'bottom';
  /** Moved by so much upwards, px. */
  up?: number;
}

/** Names beside the ends of lines: points that are not drawn, with their words. */
function labelled(labels: readonly Label[], p: Palette): Record<string, unknown> {
  return {
    type: 'line',
    silent: true,
    symbol: 'circle',
    symbolSize: 1,
    showAllSymbol: true,
    lineStyle: { width: 0 },
    itemStyle: { color: 'transparent' },
    tooltip: { show: false },
    z: 20,
    data: labels.map(({ at, text, colour, position, up = 0 }) => ({
      value: at,
      label: {
        show: true,
        position,
        distance: position === 'bottom' ? 10 : 6,
        offset: [0, -up],
        color: colour,
        fontFamily: p.font,
        fontSize: 12,
        fontWeight: 600,
        textBorderColor: p.surface,
        textBorderWidth: 3,
        formatter: text,
      },
    })),
  };
}

/** Moves names apart that would lie over each other, in units of the axis. */
function apart(labels: Label[], gap: number): Label[] {
  const sorted = [...labels].sort((a, b) => a.at[1] - b.at[1]);
  for (let i = 1; i < sorted.length; i++) {
    const [below, here] = [sorted[i - 1] as Label, sorted[i] as Label];
    if (here.at[1] - below.at[1] < gap) here.at = [here.at[0], below.at[1] + gap];
  }
  return sorted;
}

const HEIGHT = 300;

function sums(view: ProgressView, rows: ProgressMonth[], column: Column, p: Palette): EChartsCoreOption {
  const { current, forecast, w, dates } = view;
  const colour = view.colour(p);
  const scaled = (value: number): number => value / column.divisor;
  const points = (of: (r: ProgressMonth) => number | null): [number, number | null][] =>
    rows.map((r, i) => {
      const value = of(r);
      return [i + 1, value === null ? null : scaled(value)];
    });
  const running = rows.findIndex((r) => r.state === 'running');
  const whole = rows.filter((r) => r.state === 'past').length;
  const today = running < 0 ? whole : running + (rows[running]?.part ?? 0);
  const measured: [number, number | null][] = [
    [0, 0],
    ...rows.flatMap((r, i): [number, number | null][] => {
      if (r.state === 'ahead') return [];
      return [[r.state === 'running' ? today : i + 1, r.actualTotal === null ? null : scaled(r.actualTotal)]];
    }),
  ];
  const start: [number, number | null] = [today, current.actual === null ? null : scaled(current.actual)];
  const ahead = (of: (r: ProgressMonth) => number | null): [number, number | null][] => [
    start,
    ...points(of).filter((_, i) => rows[i]?.state !== 'past'),
  ];
  const low = ahead((r) => r.lowTotal);
  const high = ahead((r) => r.highTotal);
  const hasBand = rows.some((r) => r.highTotal !== null);
  const wide = p.width >= 560;
  const largest = Math.max(
    ...[current.budget, forecast?.high, forecast?.total, rows.at(-1)?.lastYearTotal, current.actual].map(
      (v) => (v ? scaled(v) : 0),
    ),
  );
  const end = (value: number | null | undefined, text: string, ink: string): Label[] =>
    value == null ? [] : [{ at: [12, scaled(value)], text, colour: ink, position: 'right' }];
  const lastYear = rows.at(-1)?.lastYearTotal ?? null;
  const ends = apart(
    [
      ...end(
        rows.at(-1)?.forecastTotal,
        `${w.progress.forecast} ${column.text(forecast?.total ?? null)}`,
        colour,
      ),
      ...end(lastYear, `${w.progress.lastYear} ${column.text(lastYear)}`, p.ink3),
    ],
    (largest * 17) / (HEIGHT - 60),
  );
  const here: Label[] =
    current.actual === null || today > 10.5
      ? []
      : [
          {
            at: [today, scaled(current.actual)],
            text: `${w.progress.actual} ${column.text(current.actual)}`,
            colour,
            position: 'bottom',
          },
        ];
  const budget: Label[] =
    current.budget === null
      ? []
      : [
          {
            at: [0, scaled(current.budget)],
            text: view.budgetLabel,
            colour: p.ink,
            position: 'right',
            up: 11,
          },
        ];
  const line = (data: [number, number | null][], style: Record<string, unknown>, z: number) => ({
    type: 'line',
    symbol: 'none',
    silent: true,
    z,
    data,
    lineStyle: style,
  });
  return {
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, top: 28, right: wide ? 104 : 12 },
    tooltip: tooltip(p, (params) => {
      const at = axisValue(params);
      const row = at === null ? undefined : rows[Math.max(0, Math.min(11, Math.ceil(at) - 1))];
      return row ? tipOf(view, row, column, p) : '';
    }),
    xAxis: {
      type: 'value',
      min: 0,
      max: 12,
      interval: 1,
      axisLine: { lineStyle: { color: p.lineStrong } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        color: p.ink3,
        fontFamily: p.font,
        fontSize: 12,
        margin: 10,
        customValues: rows.map((_, i) => i + 0.5).filter((_, i) => p.width > 520 || i % 2 === 0),
        formatter: (x: number) => {
          const row = rows[Math.floor(x)];
          return row ? dates.m.date.monthShort(dates.zone.wall(row.at)) : '';
        },
      },
    },
    yAxis: valueAxis(p, (value) => column.axis(value * column.divisor), { min: 0 }),
    series: [
      ...(hasBand
        ? [
            { ...line(low, { width: 0 }, 1), stack: 'band', stackStrategy: 'all' },
            {
              ...line(
                high.map(([x, y], i): [number, number | null] => [
                  x,
                  y === null ? null : y - (low[i]?.[1] ?? y),
                ]),
                { width: 0 },
                1,
              ),
              stack: 'band',
              stackStrategy: 'all',
              areaStyle: { color: colour, opacity: 0.2 },
            },
          ]
        : []),
      line([[0, 0], ...points((r) => r.lastYearTotal)], { color: p.ink3, width: 1, opacity: 0.75 }, 3),
      line([[0, 0], ...points((r) => r.plannedTotal)], { color: p.ink2, width: 1.5, type: [6, 4] }, 4),
      ...(current.budget === null
        ? []
        : [
            line(
              [
                [0, scaled(current.budget)],
                [12, scaled(current.budget)],
              ],
              { color: p.ink, width: 1.5 },
              4,
            ),
          ]),
      line(
        ahead((r) => r.forecastTotal),
        { color: colour, width: 2, type: [2, 3] },
        6,
      ),
      {
        ...line(measured, { color: colour, width: 3 }, 8),
        // The pointer stops where there are figures.
        silent: false,
        itemStyle: { color: colour },
      },
      labelled([...(wide ? ends : []), ...(wide ? here : []), ...budget], p),
    ],
  };
}

function axisValue(params: unknown): number | null {
  const first: unknown = Array.isArray(params) ? params[0] : params;
  if (typeof first !== 'object' || first === null || !('axisValue' in first)) return null;
  const value = Number(first.axisValue);
  return Number.isFinite(value) ? value : null;
}

function months(view: ProgressView, rows: ProgressMonth[], column: Column, p: Palette): EChartsCoreOption {
  const { dates, w } = view;
  const colour = view.colour(p);
  const scaled = (value: number | null): number | null => (value === null ? null : value / column.divisor);
  const missing = rows.map((r) => r.state === 'past' && r.actual === null);
  const room = Math.max(60, p.width - 70) / 12;
  const mark = (width: number, height: number, of: (r: ProgressMonth) => number | null, ink: string) => ({
    type: 'line',
    symbol: 'rect',
    showAllSymbol: true,
    symbolSize: [Math.min(64, width * room), height],
    z: 6,
    lineStyle: { width: 0 },
    itemStyle: { color: ink },
    data: rows.map((r) => scaled(of(r))),
  });
  const bar = { type: 'bar', barMaxWidth: 44, barCategoryGap: '34%', barGap: '-100%' };
  return {
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, top: 28 },
    tooltip: tooltip(p, (params) => {
      const first: unknown = Array.isArray(params) ? params[0] : params;
      const i =
        typeof first === 'object' && first !== null && 'dataIndex' in first ? Number(first.dataIndex) : -1;
      const row = rows[i];
      return row ? tipOf(view, row, column, p) : '';
    }),
    xAxis: categoryAxis(
      p,
      rows.map((r) => dates.m.date.monthShort(dates.zone.wall(r.at))),
    ),
    yAxis: valueAxis(p, (value) => column.axis(value * column.divisor), { min: 0 }),
    series: [
      {
        ...bar,
        name: w.progress.actual,
        z: 4,
        data: rows.map((r) => ({
          value: scaled(r.actual),
          itemStyle: {
            color: colour,
            opacity: r.state === 'running' || (r.completeness ?? 1) < 0.9 ? 0.5 : 1,
          },
        })),
        markArea: gapAreas(p, missing, w.progress.gap),
      },
      {
        ...bar,
        name: w.progress.forecast,
        z: 3,
        data: rows.map((r) => ({
          value: scaled(r.forecast),
          itemStyle: { color: 'transparent', borderColor: colour, borderWidth: 1.5, borderType: [3, 3] },
        })),
      },
      {
        ...bar,
        stack: 'band',
        silent: true,
        z: 1,
        itemStyle: { color: 'transparent' },
        data: rows.map((r) => scaled(r.low)),
      },
      {
        ...bar,
        stack: 'band',
        silent: true,
        z: 2,
        itemStyle: { color: colour, opacity: 0.22 },
        data: rows.map((r) => (r.high === null || r.low === null ? null : scaled(r.high - r.low))),
      },
      mark(0.8, 2.5, (r) => r.planned, p.ink),
      mark(0.45, 1.5, (r) => r.lastYear, p.ink3),
    ],
  };
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
