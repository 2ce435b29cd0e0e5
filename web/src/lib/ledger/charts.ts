/** The curve of a register around a step, and the hours around it as they are and as they would be. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Carrier } from '../../../../server/domain/meter.ts';
import type { Effect } from '../../../../server/http/schemas/ledger.ts';
import type { ReadingRow } from '../../../../server/http/schemas/readings.ts';
import { timeTicks, wallMs } from '../charts/lines.ts';
import type { Palette } from '../charts/palette.ts';
import { categoryAxis, GRID, gapAreas, tip, tipIndex, tooltip, valueAxis } from '../charts/parts.ts';
import { axisFigures, type Dates, exact, quantity, register } from '../i18n/format.ts';
import type { LedgerWords } from './words.zh.ts';

/** Readings in order of time, of the old register and of the new one. */
export interface StepView {
  old: readonly Pick<ReadingRow, 'time' | 'value'>[];
  fresh: readonly Pick<ReadingRow, 'time' | 'value'>[];
  /** The step across which nothing is counted, or the instant that is asked about; epoch ms. */
  from: number;
  to: number;
  carrier: Carrier;
  /** Of the old register and the new one. */
  names: readonly [string, string];
  dates: Dates;
  words: LedgerWords;
}

type Dot = [number, number];

export function stepOption(view: StepView, p: Palette): EChartsCoreOption {
  const { dates, words, names } = view;
  const dots = (rows: StepView['old']): Dot[] =>
    rows.map((r) => [wallMs(Date.parse(r.time), dates), r.value]);
  const [old, fresh] = [dots(view.old), dots(view.fresh)];
  const both = [...old, ...fresh];
  const [first, last] = [both[0]?.[0] ?? 0, both.at(-1)?.[0] ?? 1];
  const isApart = apart(old, fresh);
  const colour = p.carrier(view.carrier);
  const line = (data: Dot[], k: number) => ({
    type: 'line',
    name: names[k],
    yAxisIndex: isApart ? k : 0,
    symbol: data.length < 120 ? 'circle' : 'none',
    symbolSize: 4,
    data,
    lineStyle: { color: k === 0 ? p.ink2 : colour, width: 2 },
    itemStyle: { color: k === 0 ? p.ink2 : colour },
    ...(k === 0 && {
      markArea: {
        silent: true,
        itemStyle: { color: p.gap, opacity: 1 },
        data: [[{ xAxis: wallMs(view.from, dates) }, { xAxis: wallMs(view.to, dates) }]],
      },
    }),
  });
  const axis = (k: number) =>
    valueAxis(p, exact, {
      scale: true,
      position: k === 0 ? 'left' : 'right',
      ...(isApart && {
        name: names[k],
        nameTextStyle: {
          color: k === 0 ? p.ink2 : colour,
          fontFamily: p.font,
          fontSize: p.text,
          align: k === 0 ? 'left' : 'right',
        },
      }),
      ...(k === 1 && { splitLine: { show: false } }),
    });
  return {
    useUTC: true,
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, top: isApart ? 34 : 24 },
    tooltip: { ...tooltip(p, (params) => pointTip(params, dates, words)), trigger: 'item' },
    xAxis: {
      type: 'time',
      min: first,
      max: last,
      axisLine: { lineStyle: { color: p.lineStrong }, onZero: false },
      axisTick: { show: false },
      axisLabel: {
        color: p.ink3,
        fontFamily: p.font,
        fontSize: p.text,
        hideOverlap: true,
        customValues: timeTicks(first, last, p.width),
        formatter: (x: number) => {
          const at = dates.zone.instant(x);
          return dates.zone.startOf('day', at) === at ? dates.dayShort(at) : dates.time(at);
        },
      },
    },
    yAxis: isApart ? [axis(0), axis(1)] : axis(0),
    series: [line(old, 0), line(fresh, 1)],
  };
}

/** Two registers that do not meet need a scale each, or both would be flat. */
function apart(old: readonly Dot[], fresh: readonly Dot[]): boolean {
  if (old.length === 0 || fresh.length === 0) return false;
  const range = (dots: readonly Dot[]) => {
    const values = dots.map((d) => d[1]);
    return [Math.min(...values), Math.max(...values)] as const;
  };
  const [a, b] = [range(old), range(fresh)];
  const gap = Math.max(b[0] - a[1], a[0] - b[1]);
  return gap > 2 * Math.max(a[1] - a[0], b[1] - b[0]);
}

function pointTip(params: unknown, dates: Dates, words: LedgerWords): HTMLElement | string {
  if (typeof params !== 'object' || params === null || !('value' in params) || !Array.isArray(params.value))
    return '';
  const [x, y]: unknown[] = params.value;
  if (typeof x !== 'number' || typeof y !== 'number') return '';
  const at = dates.zone.instant(x);
  return tip(`${dates.dayShort(at)} ${dates.timeS(at)}`, [{ label: words.meter.value, value: register(y) }]);
}

/** Bars as they would be, marks as they are. */
export function hoursOption(
  effect: Effect,
  carrier: Carrier,
  dates: Dates,
  words: LedgerWords,
  p: Palette,
): EChartsCoreOption {
  const { hours, unit } = effect;
  const colour = p.carrier(carrier);
  const step = (p.width - 60) / Math.max(1, hours.length);
  const hourOf = (i: number) => dates.zone.wall(Date.parse(hours[i]?.start ?? '')).hour;
  const labels = categoryAxis(
    p,
    hours.map((h, i) => {
      const at = Date.parse(h.start);
      return hourOf(i) === 0 ? dates.dayShort(at) : dates.time(at);
    }),
  );
  return {
    textStyle: { fontFamily: p.font },
    grid: GRID,
    tooltip: tooltip(p, (params) => {
      const hour = hours[tipIndex(params) ?? -1];
      if (!hour) return '';
      return tip(dates.step(Date.parse(hour.start), 'hour'), [
        { label: words.record.before, value: quantity(hour.before, unit, dates.m), colour: p.ink },
        { label: words.record.after, value: quantity(hour.after, unit, dates.m), colour },
      ]);
    }),
    xAxis: { ...labels, axisLabel: { ...labels.axisLabel, interval: (i: number) => hourOf(i) % 12 === 0 } },
    yAxis: valueAxis(
      p,
      axisFigures(
        hours.flatMap((h) => [h.before, h.after]),
        dates.m,
      ),
    ),
    series: [
      {
        type: 'bar',
        barCategoryGap: '24%',
        itemStyle: { color: colour },
        data: hours.map((h) => ({ value: h.after, itemStyle: { opacity: h.before === h.after ? 0.45 : 1 } })),
        markArea: gapAreas(
          p,
          hours.map((h) => h.after === null),
          '',
        ),
      },
      {
        type: 'line',
        symbol: 'rect',
        showAllSymbol: true,
        symbolSize: [Math.max(3, 0.8 * step), 2],
        lineStyle: { width: 0 },
        itemStyle: { color: p.ink },
        z: 4,
        data: hours.map((h) => (h.before === h.after ? null : h.before)),
      },
    ],
  };
}
