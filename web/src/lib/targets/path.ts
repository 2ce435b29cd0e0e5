/** The years of a target: what each is to reach, what each came to. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Palette } from '../charts/palette.ts';
import { categoryAxis, GRID, tip, tipIndex, tooltip, valueAxis } from '../charts/parts.ts';
import type { Twin } from '../charts/twin.ts';
import { percent } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { type Column, columnOf, toldOf } from './amounts.ts';
import type { TargetView } from './types.ts';
import type { TargetWords } from './words.zh.ts';

export interface PathView {
  target: TargetView;
  colour: (p: Palette) => string;
  w: TargetWords;
  m: Catalogue;
}

interface PathYear {
  year: number;
  kind: 'base' | 'past' | 'running' | 'future';
  target: number | null;
  actual: number | null;
  forecast: number | null;
  reduction: number | null;
  met: boolean | null;
}

export function pathYears({ target }: PathView): PathYear[] {
  const { current, forecast } = target;
  const told = current && toldOf(target, current);
  const isSame = told?.unit === target.unit;
  return [
    {
      year: target.base_year,
      kind: 'base',
      target: null,
      actual: target.base.value,
      forecast: null,
      reduction: null,
      met: null,
    },
    ...target.years.map((y): PathYear => {
      const running = y.state === 'running' && told && isSame;
      return {
        year: y.year,
        kind: y.state,
        target: y.target,
        actual: running ? told.of(current?.actual ?? null) : y.actual,
        forecast: running ? (told.of(forecast?.total ?? null) ?? null) : null,
        reduction: y.reduction,
        met: y.met,
      };
    }),
  ];
}

/** The unit and step of the whole drawing. */
export const pathColumn = (view: PathView, years: readonly PathYear[] = pathYears(view)): Column =>
  columnOf(
    years.flatMap((y) => [y.target, y.actual, y.forecast]),
    view.target.unit,
    view.w,
    view.m,
  );

export function pathOption(view: PathView, p: Palette): EChartsCoreOption {
  const years = pathYears(view);
  const { w } = view;
  const scale = pathColumn(view, years);
  const scaled = (value: number | null): number | null => (value === null ? null : value / scale.divisor);
  const colour = view.colour(p);
  const bar = { type: 'bar', barMaxWidth: 52, barCategoryGap: '38%', barGap: '-100%' };
  const room = p.width / Math.max(1, years.length);
  const base = years[0]?.actual ?? null;
  return {
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, top: 30, right: 20 },
    tooltip: tooltip(p, (params) => {
      const year = years[tipIndex(params) ?? -1];
      if (!year) return '';
      const say = (value: number): string => `${scale.text(value)} ${scale.unit}`;
      return tip(String(year.year), [
        ...(year.target === null ? [] : [{ label: w.years.target, value: say(year.target), colour: p.ink }]),
        ...(year.actual === null
          ? []
          : [
              {
                label: year.kind === 'base' ? w.years.base : w.years.actual,
                value: say(year.actual),
                colour,
              },
            ]),
        ...(year.forecast === null ? [] : [{ label: w.years.forecast, value: say(year.forecast) }]),
        ...(year.reduction === null
          ? []
          : [{ label: w.years.reduction, value: reductionText(year.reduction) }]),
      ]);
    }),
    xAxis: categoryAxis(
      p,
      years.map((y) => String(y.year)),
    ),
    yAxis: valueAxis(p, (value) => scale.axis(value * scale.divisor), { min: 0 }),
    series: [
      {
        ...bar,
        z: 3,
        data: years.map((y) => ({
          value: scaled(y.actual),
          itemStyle: {
            color: y.kind === 'base' ? p.ink3 : colour,
            opacity: y.kind === 'running' ? 0.5 : y.kind === 'base' ? 0.45 : 0.9,
          },
        })),
      },
      {
        ...bar,
        z: 2,
        data: years.map((y) => ({
          value: scaled(y.forecast),
          itemStyle: { color: 'transparent', borderColor: colour, borderWidth: 1.5, borderType: [3, 3] },
        })),
      },
      {
        type: 'line',
        symbol: 'circle',
        symbolSize: 7,
        showAllSymbol: true,
        z: 6,
        // The path starts at the base.
        data: years.map((y, i) => ({
          value: scaled(i === 0 ? base : y.target),
          symbolSize: i === 0 ? 0.1 : 7,
          label: {
            show: (i === 0 ? base : y.target) !== null && (room >= 58 || i === years.length - 1),
            formatter: scale.text(i === 0 ? base : y.target),
          },
        })),
        lineStyle: { color: p.ink, width: 1.5 },
        itemStyle: { color: p.ink },
        label: {
          position: 'top',
          distance: 6,
          color: p.ink,
          fontFamily: p.font,
          fontSize: p.text,
          fontWeight: 600,
          textBorderColor: p.surface,
          textBorderWidth: 3,
        },
      },
    ],
  };
}

export function reductionText(share: number): string {
  return share < 0 ? `−${percent(share)}` : percent(share);
}

export function pathTwin(view: PathView): Twin {
  const years = pathYears(view);
  const { w } = view;
  const scale = pathColumn(view, years);
  const scaled = (value: number | null): number | null =>
    value === null ? null : Number((value / scale.divisor).toPrecision(6));
  return {
    columns: [
      { label: w.years.year },
      { label: `${w.years.target} (${scale.unit})`, numeric: true },
      { label: `${w.years.actual} (${scale.unit})`, numeric: true },
      { label: `${w.years.forecast} (${scale.unit})`, numeric: true },
      { label: w.years.reduction, numeric: true },
      { label: w.years.met },
    ],
    rows: years.map((y) => [
      String(y.year),
      y.kind === 'base' ? '' : scaled(y.target),
      y.kind === 'future' ? '' : scaled(y.actual),
      y.kind === 'running' ? scaled(y.forecast) : '',
      y.reduction === null ? '' : reductionText(y.reduction),
      resultText(y, w),
    ]),
  };
}

function resultText(year: PathYear, w: TargetWords): string {
  if (year.kind === 'base') return w.years.base;
  if (year.kind === 'running') return w.years.running;
  if (year.met === null) return '';
  return year.met ? w.years.metYes : w.years.metNo;
}

/** The path in words. */
export function pathText(
  target: Pick<TargetView, 'path' | 'base_year' | 'end_year'>,
  w: TargetWords,
): string {
  const { path } = target;
  if (path.kind === 'values') return w.years.values;
  const [from, to] = [String(target.base_year), String(target.end_year)];
  const share = percent(path.reduction);
  if (path.kind === 'linear')
    return (path.reduction < 0 ? w.years.linearUp : w.years.linear)(share, from, to);
  return (path.reduction < 0 ? w.years.compoundUp : w.years.compound)(share, from, to);
}
