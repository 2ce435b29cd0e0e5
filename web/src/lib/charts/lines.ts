/** Load curves: one or more lines over the same steps, the first one in the carrier's colour. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Carrier } from '../../../../server/domain/meter.ts';
import type { Level } from '../../../../server/domain/time.ts';
import type { ConsumptionRow } from '../../../../server/http/schemas/consumption.ts';
import type { ReadingRow } from '../../../../server/http/schemas/readings.ts';
import { axisFigures, type Dates, exact, quantity } from '../i18n/format.ts';
import type { Palette } from './palette.ts';
import { categoryAxis, GRID, gapAreas, tip, tipIndex, tooltip, valueAxis } from './parts.ts';
import type { Twin } from './twin.ts';

export interface LoadLine {
  label: string;
  rows: readonly ConsumptionRow[];
}

export interface LoadView {
  carrier: Carrier;
  /** Unit of the hourly mean: kW, m³/h. */
  unit: string;
  /** The first is the one that is asked about; the others are what it is held against. */
  lines: readonly LoadLine[];
  now: number;
  dates: Dates;
  /** What the axis names: hours of a day, or days of a week. */
  axis: 'hours' | 'days';
}

/** Only whole hours are a mean: the running one would look like a fall in load. */
function value(row: ConsumptionRow | undefined, view: LoadView): number | null {
  if (!row) return null;
  return view.dates.zone.next('hour', Date.parse(row.start)) > view.now ? null : row.quantity;
}

/** As the legend draws them; dots are kept for what was recovered. */
const WIDTHS = [2.4, 1.5, 1.2] as const;

export function loadOption(view: LoadView, p: Palette): EChartsCoreOption {
  const { lines, dates, unit } = view;
  const main = lines[0]?.rows ?? [];
  const colour = p.carrier(view.carrier);
  const missing = main.map(
    (r) => r.quantity === null && dates.zone.next('hour', Date.parse(r.start)) <= view.now,
  );
  const labels = main.map((r) => {
    const at = Date.parse(r.start);
    return view.axis === 'hours'
      ? String(dates.zone.wall(at).hour)
      : `${dates.weekday(at)} ${dates.dayShort(at)}`;
  });
  const colours = lines.map((_, i) => (i === 0 ? colour : i === 1 ? p.ink2 : p.ink3));
  const xAxis = categoryAxis(p, labels, false);
  return {
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, right: 20 },
    tooltip: tooltip(p, (params) => {
      const i = tipIndex(params);
      const row = i === null ? undefined : main[i];
      if (!row || i === null) return '';
      const at = Date.parse(row.start);
      return tip(
        `${dates.weekday(at)} ${dates.step(at, 'hour')}`,
        lines.map((line, k) => ({
          label: line.label,
          value: quantity(value(line.rows[i], view), unit, dates.m),
          ...(colours[k] && { colour: colours[k] }),
        })),
      );
    }),
    xAxis:
      view.axis === 'hours'
        ? xAxis
        : {
            ...xAxis,
            axisLabel: { ...xAxis.axisLabel, interval: (i: number) => i % 24 === 12 },
            splitLine: { show: true, interval: (i: number) => i % 24 === 0, lineStyle: { color: p.line } },
          },
    yAxis: valueAxis(
      p,
      axisFigures(
        lines.flatMap((line) => line.rows.map((r) => value(r, view))),
        dates.m,
      ),
      { min: 0 },
    ),
    series: [
      // What was recovered is apportioned: the line is broken up there.
      {
        type: 'line',
        symbol: 'none',
        silent: true,
        z: 11,
        data: main.map((r, i) => (r.recovered || main[i - 1]?.recovered ? value(r, view) : null)),
        lineStyle: { color: p.surface, width: 3, type: [3, 4] },
        tooltip: { show: false },
      },
      ...lines.map((line, k) => ({
        type: 'line',
        name: line.label,
        symbol: 'none',
        sampling: 'lttb',
        z: 10 - k,
        data: main.map((_, i) => value(line.rows[i], view)),
        lineStyle: { color: colours[k], width: WIDTHS[k] ?? 1.2, type: k === 1 ? [6, 4] : 'solid' },
        itemStyle: { color: colours[k] },
        ...(k === 0 && {
          areaStyle: { color: colour, opacity: 0.1 },
          markArea: gapAreas(p, missing, dates.m.ground.gap),
        }),
      })),
    ],
  };
}

export function loadTwin(view: LoadView): Twin {
  return {
    columns: [
      { label: view.dates.m.chart.time },
      ...view.lines.map((l) => ({ label: `${l.label} (${view.unit})`, numeric: true })),
    ],
    rows: (view.lines[0]?.rows ?? []).map((row, i) => [
      view.dates.step(Date.parse(row.start), 'hour' satisfies Level),
      ...view.lines.map((line) => value(line.rows[i], view)),
    ]),
  };
}

/**
 * What a display showed, against time. A pause of more than four intervals breaks the line: nobody knows
 * what the register did there.
 */
export function registerOption(
  view: {
    rows: readonly ReadingRow[];
    carrier: Carrier;
    /** Of the value, and its unit where it is one. */
    label: string;
    unit: string;
    intervalS: number;
    dates: Dates;
  },
  p: Palette,
): EChartsCoreOption {
  const { dates } = view;
  const colour = p.carrier(view.carrier);
  const data: [number, number | null][] = [];
  let last: number | null = null;
  for (const row of view.rows) {
    const at = Date.parse(row.time);
    if (last !== null && at - last > view.intervalS * 4000) data.push([wallMs(last, dates) + 1, null]);
    data.push([wallMs(at, dates), row.value]);
    last = at;
  }
  return {
    useUTC: true,
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, right: 28 },
    tooltip: tooltip(p, (params) => {
      const point: unknown = Array.isArray(params) ? params[0] : params;
      if (typeof point !== 'object' || point === null || !('value' in point) || !Array.isArray(point.value))
        return '';
      const [x, y]: unknown[] = point.value;
      if (typeof x !== 'number' || typeof y !== 'number') return '';
      const at = dates.zone.instant(x);
      return tip(`${dates.day(at)} ${dates.timeS(at)}`, [
        { label: view.label, value: `${exact(y)} ${view.unit}`, colour },
      ]);
    }),
    xAxis: {
      type: 'time',
      axisLine: { lineStyle: { color: p.lineStrong } },
      axisTick: { show: false },
      axisLabel: {
        color: p.ink3,
        fontFamily: p.font,
        fontSize: p.text,
        hideOverlap: true,
        customValues: timeTicks(data[0]?.[0] ?? 0, data.at(-1)?.[0] ?? 0, p.width),
        formatter: (x: number) => {
          const at = dates.zone.instant(x);
          const w = dates.zone.wall(at);
          return w.hour === 0 && w.minute === 0 ? dates.dayShort(at) : dates.time(at);
        },
      },
    },
    yAxis: valueAxis(p, exact, { scale: true }),
    series: [
      {
        type: 'line',
        symbol: view.rows.length < 100 ? 'circle' : 'none',
        symbolSize: 4,
        sampling: 'lttb',
        connectNulls: false,
        lineStyle: { color: colour, width: 2 },
        itemStyle: { color: colour },
        data,
      },
    ],
  };
}

const HOUR = 3_600_000;
const TICK_STEPS = [1, 2, 3, 6, 12, 24, 48, 120, 168, 240, 336, 720, 1440, 2880].map((h) => h * HOUR);
/** What a date takes, with the space to the next, px. */
const TICK_WIDTH = 76;

/** Instants at even steps between two, as many as have room; steps of days start at midnight. */
export function timeTicks(from: number, to: number, width: number): number[] {
  const room = Math.max(1, Math.floor((width - 90) / TICK_WIDTH));
  const step = TICK_STEPS.find((s) => (to - from) / s <= room) ?? Math.max(HOUR, to - from);
  const first = Math.ceil(from / Math.min(step, 24 * HOUR)) * Math.min(step, 24 * HOUR);
  const ticks: number[] = [];
  for (let at = first; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** ECharts knows two clocks, the browser's and UTC: the estate's wall clock is handed to it as UTC. */
export function wallMs(at: number, dates: Dates): number {
  return at + dates.zone.offset(at);
}
