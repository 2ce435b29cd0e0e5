import type { EChartsCoreOption } from 'echarts/core';
import type { Chart, Report } from '../model.ts';

/** A chart as drawn: SVG whose text is text; width and height in px. */
export interface Drawing {
  svg: string;
  width: number;
  height: number;
}

/** As wide as the text of a page of A4; 13 px become 8 points there. */
const WIDTH = 720;
const HEIGHT = { monthly: 300, bulletin: 300, brief: 190 } as const;
const FONT_SIZE = 13;
const LINE_HEIGHT = 17;
/** With its caption this is a page of A4. */
const MAX_HEIGHT = 900;
/** Of the axis, its unit and the legend below bars that lie. */
const AXIS_HEIGHT = 76;

/** The bounds of the grid hold the labels of its axes too. */
const LABELS_INSIDE = { outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' };

const INK = '#14201b';
const INK_2 = '#43514a';
const LINE = '#dde3df';
const EDGE = '#5d6a63';
/** The dashboard's light colours, in an order in which neighbours differ in lightness too, for grey printers. */
const SERIES = ['#0b6b53', '#b9c4bd', '#c26a00', '#5eabef', '#93438a', '#c9b64b', '#5a5f5c', '#0b7f94'];
const DASHES: (number[] | 'solid')[] = ['solid', [6, 3], [2, 2], [8, 3, 2, 3]];
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

/** Every chart of the report by its id. */
export async function drawCharts(report: Report): Promise<Map<string, Drawing>> {
  const charts = report.sections.flatMap((s) => s.blocks).filter((b): b is Chart => b.kind === 'chart');
  const drawings = new Map<string, Drawing>();
  for (const chart of charts) drawings.set(chart.id, await drawChart(chart, HEIGHT[report.kind]));
  return drawings;
}

export async function drawChart(chart: Chart, height: number): Promise<Drawing> {
  const { init } = await import('./echarts.ts');
  const names = lyingNames(chart);
  const tall = names ? names.row * chart.categories.length + AXIS_HEIGHT : height;
  const plot = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: tall });
  try {
    plot.setOption(optionOf(chart, names));
    const svg = plot
      .renderToSVGString({ useViewBox: true })
      .replaceAll(/<style[^>]*>.*?<\/style>/gs, '')
      .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
      // Ids count on over the life of the process; a report must come out the same each time.
      .replaceAll(/\bzr\d+-/g, `${chart.id}-`);
    return { svg, width: WIDTH, height: tall };
  } finally {
    plot.dispose();
  }
}

function optionOf(chart: Chart, names: Names | null): EChartsCoreOption {
  const legend = chart.series.length > 1;
  const categories = {
    type: 'category',
    data: chart.categories,
    inverse: names !== null,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: EDGE } },
    axisLabel: {
      color: INK_2,
      fontSize: FONT_SIZE,
      lineHeight: LINE_HEIGHT,
      ...(names
        ? { interval: 0, width: names.width, overflow: names.broken ? 'break' : 'truncate' }
        : underBars(chart.categories)),
    },
  };
  const values = {
    type: 'value',
    name: chart.unit,
    nameTextStyle: {
      color: INK_2,
      fontSize: FONT_SIZE,
      ...(!names && { align: 'left', padding: [0, 0, 4, -4] }),
    },
    nameGap: names ? 26 : 12,
    ...(names && { nameLocation: 'middle' }),
    splitNumber: 4,
    splitLine: { lineStyle: { color: LINE } },
    axisLabel: {
      color: INK_2,
      fontSize: FONT_SIZE,
      formatter: (v: number) => v.toLocaleString('en-US', { maximumFractionDigits: 6 }).replace('-', '−'),
    },
  };
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: SERIES,
    textStyle: { fontFamily: 'sans-serif', fontSize: FONT_SIZE, color: INK },
    grid: {
      left: 8,
      right: 20,
      top: names ? 8 : 34,
      bottom: (legend ? 34 : 8) + (names ? 24 : 0),
      ...LABELS_INSIDE,
    },
    ...(legend && {
      legend: {
        bottom: 0,
        itemWidth: 24,
        itemHeight: 11,
        itemGap: 18,
        itemStyle: { borderWidth: 0 },
        textStyle: { fontSize: FONT_SIZE, color: INK_2 },
        data: chart.series.map(({ name, plan }) => ({ name, ...(plan && { itemStyle: { opacity: 0 } }) })),
      },
    }),
    xAxis: names ? values : categories,
    yAxis: names ? categories : values,
    series: chart.series.map((series, i) => seriesOf(chart, series, i, names !== null)),
  };
}

/** Room for names at the left of bars that lie; px. */
interface Names {
  width: number;
  /** Height of a category. */
  row: number;
  /** Whether a name takes several lines where it is long. */
  broken: boolean;
}

/** Bars lie when their names are too long to stand under them, as long as a page is high enough for all. */
function lyingNames({ form, categories, series }: Chart): Names | null {
  if (form === 'line' || categories.length === 0) return null;
  const longest = Math.max(...categories.map(widthOf));
  if (longest <= 2 * roomFor(categories)) return null;
  const width = Math.min(longest, 20 * FONT_SIZE);
  const lines = Math.ceil(longest / (width - FONT_SIZE));
  const bars = form === 'stack' ? 1 : series.filter((s) => !s.plan).length;
  const most = (MAX_HEIGHT - AXIS_HEIGHT) / categories.length;
  if (most < LINE_HEIGHT) return null;
  const row = Math.min(most, Math.max(lines * LINE_HEIGHT, bars * 14) + 10);
  return { width: width + 2, row, broken: lines * LINE_HEIGHT <= row };
}

/** Width that each category has under the bars; px. */
function roomFor(categories: readonly string[]): number {
  return (WIDTH - 90) / Math.max(1, categories.length);
}

function underBars(categories: readonly string[]): object {
  const room = roomFor(categories);
  const longest = Math.max(0, ...categories.map(widthOf));
  if (longest + 6 <= room) return { interval: 0 };
  // Two lines where they help; otherwise every second or third name, as ECharts finds room.
  return room >= 3 * FONT_SIZE ? { interval: 0, width: room - 4, overflow: 'break' } : { hideOverlap: true };
}

/** px; a Chinese character is as wide as it is high, others about half. */
function widthOf(text: string): number {
  let width = 0;
  for (const c of text) width += c.charCodeAt(0) > 0x2e7f ? FONT_SIZE : 0.58 * FONT_SIZE;
  return width;
}

/** Of two columns side by side the earlier one is pale, so that what the report is about stands out. */
function colourOf({ form, series }: Chart, i: number): number {
  return form === 'bar' && series.filter((s) => !s.plan).length === 2 ? 1 - i : i;
}

function seriesOf(chart: Chart, series: Chart['series'][number], i: number, lying: boolean): object {
  const common = { name: series.name, data: series.values.map((v) => v ?? '-'), silent: true };
  if (series.plan) {
    const lineStyle = { color: INK, width: 1.8, type: [6, 4] };
    return { ...common, type: 'line', symbol: 'none', lineStyle, itemStyle: { color: INK }, z: 3 };
  }
  const colour = SERIES[colourOf(chart, i) % SERIES.length];
  if (chart.form === 'line') {
    return {
      ...common,
      type: 'line',
      connectNulls: false,
      symbol: SYMBOLS[i % SYMBOLS.length],
      symbolSize: 6,
      lineStyle: { width: 2, type: DASHES[i % DASHES.length] },
      itemStyle: { color: i === 1 ? EDGE : colour },
    };
  }
  return {
    ...common,
    type: 'bar',
    barMaxWidth: lying ? 20 : 34,
    barGap: '10%',
    ...(chart.form === 'stack' && { stack: 'all' }),
    itemStyle: { color: colour, borderColor: chart.form === 'stack' ? '#ffffff' : EDGE, borderWidth: 0.6 },
  };
}
