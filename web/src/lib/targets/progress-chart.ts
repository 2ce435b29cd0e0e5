/** The running year of a target drawn by months, or as sums from its start. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Palette } from '../charts/palette.ts';
import { categoryAxis, GRID, gapAreas, tooltip, valueAxis } from '../charts/parts.ts';
import type { Column } from './amounts.ts';
import { type ProgressMonth, type ProgressView, progressColumn, progressMonths } from './progress.ts';
import { sums } from './progress-sums.ts';
import { tipOf } from './progress-tip.ts';

export function progressOption(view: ProgressView, p: Palette): EChartsCoreOption {
  const rows = progressMonths(view);
  const column = progressColumn(view, rows);
  return view.mode === 'cumulative' ? sums(view, rows, column, p) : months(view, rows, column, p);
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
