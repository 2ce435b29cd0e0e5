/** What the charts have in common: axes, grid, tooltips. */
import type { Palette } from './palette.ts';

export interface TipRow {
  label: string;
  value: string;
  /** The line or bar that it belongs to. */
  colour?: string;
}

/**
 * The content of a tooltip as elements, not as markup: names come from estate files, and a strict
 * Content-Security-Policy forbids style attributes in markup.
 */
export function tip(title: string, rows: readonly TipRow[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tip';
  const head = document.createElement('p');
  head.textContent = title;
  box.append(head);
  for (const row of rows) {
    const line = document.createElement('div');
    const mark = document.createElement('i');
    if (row.colour) mark.style.background = row.colour;
    const label = document.createElement('span');
    label.textContent = row.label;
    const value = document.createElement('b');
    value.textContent = row.value;
    line.append(mark, label, value);
    box.append(line);
  }
  return box;
}

/** The index that a tooltip of an axis is asked about. */
export function tipIndex(params: unknown): number | null {
  const first: unknown = Array.isArray(params) ? params[0] : params;
  if (typeof first !== 'object' || first === null || !('dataIndex' in first)) return null;
  return typeof first.dataIndex === 'number' ? first.dataIndex : null;
}

export function tooltip(p: Palette, formatter: (params: unknown) => HTMLElement | string) {
  return {
    trigger: 'axis',
    confine: true,
    transitionDuration: 0,
    backgroundColor: p.surface,
    borderColor: p.lineStrong,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: p.ink, fontFamily: p.font, fontSize: p.text + 1 },
    axisPointer: { type: 'line', lineStyle: { color: p.lineStrong, width: 1 }, z: 0 },
    formatter,
  };
}

export function categoryAxis(p: Palette, labels: readonly string[], gap = true) {
  return {
    type: 'category',
    data: labels,
    boundaryGap: gap,
    axisLine: { lineStyle: { color: p.lineStrong } },
    axisTick: { show: false },
    axisLabel: { color: p.ink3, fontFamily: p.font, fontSize: p.text, hideOverlap: true, margin: 10 },
  };
}

export function valueAxis(
  p: Palette,
  format: (value: number) => string,
  extra: Record<string, unknown> = {},
) {
  return {
    type: 'value',
    splitNumber: 4,
    axisLabel: { color: p.ink3, fontFamily: p.font, fontSize: p.text, formatter: format },
    splitLine: { lineStyle: { color: p.line, width: 1 } },
    ...extra,
  };
}

export const GRID = { left: 8, right: 16, top: 24, bottom: 4, containLabel: true };

/** Oblique lines: recovered. */
export function hatch(p: Palette) {
  return {
    symbol: 'rect',
    dashArrayX: [1, 0],
    dashArrayY: [2, 4],
    rotation: -Math.PI / 4,
    color: p.surface,
    symbolSize: 1,
  };
}

/** Bands behind the places where nothing is known: runs of consecutive missing steps. */
export function gapAreas(p: Palette, missing: readonly boolean[], label: string) {
  const data: [Record<string, unknown>, Record<string, unknown>][] = [];
  for (let i = 0; i < missing.length; i++) {
    if (!missing[i]) continue;
    const from = i;
    while (missing[i + 1]) i++;
    data.push([{ xAxis: from, name: i - from >= 1 || missing.length <= 14 ? label : '' }, { xAxis: i }]);
  }
  return {
    silent: true,
    itemStyle: { color: p.gap, opacity: 1 },
    label: { show: true, position: 'inside', color: p.ink3, fontSize: p.text, fontFamily: p.font },
    data,
  };
}
