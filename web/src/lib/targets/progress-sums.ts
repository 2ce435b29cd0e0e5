/** The year as sums: actual against the curve, the forecast with its interval, last year, and their names. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Palette } from '../charts/palette.ts';
import { GRID, tooltip, valueAxis } from '../charts/parts.ts';
import type { Column } from './amounts.ts';
import type { ProgressMonth, ProgressView } from './progress.ts';
import { tipOf } from './progress-tip.ts';

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
        fontSize: p.text,
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

export function sums(
  view: ProgressView,
  rows: ProgressMonth[],
  column: Column,
  p: Palette,
): EChartsCoreOption {
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
        fontSize: p.text,
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
