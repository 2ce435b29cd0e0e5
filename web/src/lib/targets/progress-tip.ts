import type { Palette } from '../charts/palette.ts';
import { type TipRow, tip } from '../charts/parts.ts';
import { completeness } from '../i18n/format.ts';
import type { Column } from './amounts.ts';
import type { ProgressMonth, ProgressView } from './progress.ts';

/** What a month says when it is pointed at. */
export function tipOf(view: ProgressView, row: ProgressMonth, column: Column, p: Palette): HTMLElement {
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
