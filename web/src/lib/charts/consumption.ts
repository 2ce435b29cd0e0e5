/** Consumption by step against the year before: bars, with a mark for the basis. */
import type { EChartsCoreOption } from 'echarts/core';
import { HOUR_MS, type Level } from '../../../../server/domain/time.ts';
import type { ConsumptionRow } from '../../../../server/http/schemas/consumption.ts';
import { axisFigures, completeness, type Dates, figure, quantity, quantityParts } from '../i18n/format.ts';
import type { GroundRef } from '../state/ground.ts';
import type { Palette } from './palette.ts';
import {
  categoryAxis,
  GRID,
  gapAreas,
  hatch,
  type TipRow,
  tip,
  tipIndex,
  tooltip,
  valueAxis,
} from './parts.ts';
import type { Twin } from './twin.ts';

export interface ConsumptionView {
  rows: readonly ConsumptionRow[];
  /** The same steps a year before, by position; empty where there is nothing to compare with. */
  before: readonly ConsumptionRow[];
  level: Level;
  unit: string;
  /** Temperatures: a line, not a sum. */
  gauge: boolean;
  now: number;
  dates: Dates;
}

/** Below this completeness a bar is drawn pale. */
const FULL_ENOUGH = 0.9;

export function consumptionOption(view: ConsumptionView, p: Palette): EChartsCoreOption {
  const { rows, before, dates, level } = view;
  const m = dates.m;
  const carrier = rows[0]?.carrier ?? 'other';
  const colour = p.carrier(carrier);
  const started = rows.map((r) => Date.parse(r.start) < view.now);
  const running = rows.map((r, i) => started[i] && dates.zone.next(level, Date.parse(r.start)) > view.now);
  const missing = rows.map((r, i) => r.quantity === null && started[i] === true && !running[i]);
  const top = rows.reduce((best, r, i) => ((r.quantity ?? -1) > (rows[best]?.quantity ?? -1) ? i : best), 0);
  const pale = (i: number) =>
    running[i] || (rows[i]?.completeness ?? 1) + (rows[i]?.recovered ? 1 : 0) < FULL_ENOUGH ? 0.45 : 1;

  const bars = (key: 'measured' | 'recovered' | 'estimated') => ({
    type: 'bar',
    stack: 'quantity',
    barMaxWidth: 44,
    barCategoryGap: '28%',
    data: rows.map((r, i) => ({
      value: r[key] || null,
      itemStyle: {
        color: colour,
        opacity: pale(i),
        ...(key === 'recovered' && { decal: hatch(p) }),
        ...(key === 'estimated' && { color: p.ink3 }),
      },
    })),
  });
  // A short mark over each bar reads calmer than a line that connects what is not connected.
  const basis = {
    type: 'line',
    symbol: 'rect',
    showAllSymbol: true,
    symbolSize: [Math.min(48, (0.78 * Math.max(60, p.width - 60)) / Math.max(1, rows.length)), 2],
    z: 4,
    lineStyle: { width: 0 },
    itemStyle: { color: p.ink },
    data: rows.map((_, i) => before[i]?.quantity ?? null),
  };
  const line = {
    type: 'line',
    symbol: rows.length < 60 ? 'circle' : 'none',
    symbolSize: 5,
    sampling: 'lttb',
    lineStyle: { color: colour, width: 2 },
    itemStyle: { color: colour },
    data: rows.map((r) => r.quantity),
  };
  const series: Record<string, unknown>[] = view.gauge
    ? [line]
    : [bars('measured'), bars('recovered'), bars('estimated')];
  if (before.some((r) => r.quantity !== null)) series.push(basis);
  if (!view.gauge) series.push(...topLabel(view, top, p));
  if (series[0]) series[0].markArea = gapAreas(p, missing, m.ground.gap);

  return {
    textStyle: { fontFamily: p.font },
    grid: GRID,
    tooltip: tooltip(p, (params) => {
      const i = tipIndex(params);
      const row = i === null ? undefined : rows[i];
      return row && i !== null
        ? tip(dates.step(Date.parse(row.start), level), tipRows(view, i, running[i] === true, colour, p))
        : '';
    }),
    xAxis: categoryAxis(
      p,
      rows.map((r) => axisLabel(Date.parse(r.start), level, dates, rows.length)),
    ),
    yAxis: valueAxis(
      p,
      axisFigures(
        [...rows, ...before].map((r) => r.quantity),
        m,
      ),
      { scale: view.gauge },
    ),
    series,
  };
}

/**
 * The figure of the highest bar, above whatever stands within its width: bars and marks of the year before.
 * None where those reach so much higher that it would be read as theirs.
 */
function topLabel(view: ConsumptionView, top: number, p: Palette): Record<string, unknown>[] {
  const { rows, before } = view;
  const highest = rows[top]?.quantity ?? null;
  if (highest === null || highest <= 0) return [];
  const text = quantityParts(highest, view.unit, view.dates.m).figure;
  const step = Math.max(1, p.width - 70) / Math.max(1, rows.length);
  const reach = Math.ceil((text.length * 3.6 + 2) / step - 0.5);
  let clear = highest;
  for (let i = top - reach; i <= top + reach; i++) clear = Math.max(clear, before[i]?.quantity ?? 0);
  if (clear > 1.12 * highest) return [];
  return [
    {
      type: 'line',
      silent: true,
      symbol: 'circle',
      symbolSize: 1,
      showAllSymbol: true,
      z: 5,
      lineStyle: { width: 0 },
      itemStyle: { color: 'transparent' },
      tooltip: { show: false },
      data: rows.map((_, i) => (i === top ? clear : null)),
      label: {
        show: true,
        position: 'top',
        distance: 4,
        padding: [1, 3],
        backgroundColor: p.surface,
        color: p.ink,
        fontFamily: p.font,
        fontSize: p.text,
        fontWeight: 600,
        formatter: text,
      },
    },
  ];
}

function tipRows(view: ConsumptionView, i: number, running: boolean, colour: string, p: Palette): TipRow[] {
  const m = view.dates.m;
  const row = view.rows[i]!;
  const before = view.before[i]?.quantity ?? null;
  const out: TipRow[] = [
    {
      label: running ? `${m.chart.quantity} (${m.ground.running})` : m.chart.quantity,
      value: quantity(row.quantity, view.unit, m),
      colour,
    },
  ];
  if (row.recovered) out.push({ label: m.ground.recovered, value: `${figure(row.recovered)} ${view.unit}` });
  if (row.estimated) out.push({ label: m.ground.estimated, value: `${figure(row.estimated)} ${view.unit}` });
  if (row.quantity !== null)
    out.push({ label: m.ground.completeness, value: completeness(row.completeness) });
  if (before !== null)
    out.push({ label: m.chart.lastYear, value: quantity(before, view.unit, m), colour: p.ink });
  return out;
}

function axisLabel(at: number, level: Level, dates: Dates, steps: number): string {
  const w = dates.zone.wall(at);
  if (level === 'hour') return w.hour === 0 ? dates.dayShort(at) : String(w.hour);
  if (level === 'day' && steps <= 7) return `${dates.m.date.weekdays[w.weekday - 1]} ${dates.dayShort(at)}`;
  if (level === 'day') return w.day === 1 ? dates.dayShort(at) : String(w.day);
  return level === 'month' ? dates.m.date.monthShort(w) : String(w.year);
}

/** The step of a row, from its start to the next. */
export function stepSpan(row: ConsumptionRow, level: Level, dates: Dates): { from: number; to: number } {
  const from = Date.parse(row.start);
  return { from, to: dates.zone.next(level, from) };
}

/** @param ground what the figure of a step comes from */
export function consumptionTwin(view: ConsumptionView, ground?: (row: ConsumptionRow) => GroundRef): Twin {
  const m = view.dates.m;
  const rows = view.rows.filter((r) => Date.parse(r.start) < view.now + HOUR_MS);
  const hasBefore = view.before.some((r) => r.quantity !== null);
  return {
    columns: [
      { label: m.chart.time },
      {
        label: `${m.chart.quantity} (${view.unit})`,
        numeric: true,
        ground: ground && ((i) => (rows[i] ? ground(rows[i]) : null)),
      },
      { label: `${m.ground.recovered} (${view.unit})`, numeric: true },
      { label: m.ground.completeness, numeric: true },
      ...(hasBefore ? [{ label: `${m.chart.lastYear} (${view.unit})`, numeric: true }] : []),
    ],
    rows: rows.map((r, i) => [
      view.dates.step(Date.parse(r.start), view.level),
      r.quantity,
      r.recovered,
      r.quantity === null ? null : completeness(r.completeness),
      ...(hasBefore ? [view.before[i]?.quantity ?? null] : []),
    ]),
  };
}

/** Days of which a good part was apportioned: in a year of days they alone carry the mark. */
export function isMostlyRecovered(row: ConsumptionRow): boolean {
  return row.quantity !== null && (row.recovered ?? 0) > 0.3 * row.quantity;
}

export function hasQuantity(rows: readonly ConsumptionRow[]): boolean {
  return rows.some((r) => r.quantity !== null);
}
