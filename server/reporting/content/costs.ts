import { type BookTotal, changeOf, totalsOf } from '../../bookkeeping/totals.ts';
import { monthAfter } from '../../domain/month.ts';
import type { Row, Table } from '../model.ts';
import type { ReportGround } from './facts.ts';
import type { ReportPeriod } from './period.ts';
import { column, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** What was paid, by the book: of the month, of the same one a year ago and of the year so far. */
export interface Costs {
  month: BookTotal[];
  lastYear: BookTotal[];
  year: BookTotal[];
}

export async function costsOf(ground: ReportGround, node: string, period: ReportPeriod): Promise<Costs> {
  const { month, year } = period;
  const then = monthAfter(month, -12);
  const [now = [], lastYear = [], inYear = []] = await totalsOf(ground, node, [
    { from: month, to: month },
    { from: then, to: then, until: period.inMonth.lastYear.to },
    { from: `${year}-01`, to: month },
  ]);
  return { month: now, lastYear, year: inYear };
}

/** @returns null where nothing was paid, or nobody entered it */
export function costTable({ month, lastYear, year }: Costs, w: Words): Table | null {
  const costly = year.filter((t) => t.cost !== null);
  if (costly.length === 0) return null;
  const words = w.costs;
  const find = (list: readonly BookTotal[], of: BookTotal): BookTotal | undefined =>
    list.find((t) => t.carrier === of.carrier);
  const rows = costly.map((of): Row => {
    const now = find(month, of);
    const then = find(lastYear, of);
    const change = changeOf(now?.cost ?? null, then?.cost ?? null);
    return {
      kind: 'row',
      cells: {
        carrier: textCell(w.carriers[of.carrier]),
        cost: costCell(now?.cost, w),
        price: costCell(now?.price, w),
        unit: textCell(words.per(unitSign(w, of.unit))),
        last_year: costCell(then?.cost, w),
        change: change === null ? { value: null, lack: w.cells.unlike } : { value: change },
        year: costCell(of.cost, w),
      },
    };
  });
  const sum = (list: readonly BookTotal[]): number | null => {
    const known = list.flatMap((t) => t.cost ?? []);
    return known.length === 0 ? null : known.reduce((s, c) => s + Math.round(c * 100), 0) / 100;
  };
  const [now, then] = [sum(month), sum(lastYear)];
  // Sums of unlike carriers are no change.
  const alike = costly.every((of) => (find(month, of)?.cost == null) === (find(lastYear, of)?.cost == null));
  const change = alike ? changeOf(now, then) : null;
  rows.push({
    kind: 'total',
    sums: [...(now === null ? [] : ['cost']), ...(then === null ? [] : ['last_year']), 'year'],
    cells: {
      carrier: textCell(words.total),
      cost: costCell(now, w),
      price: { value: null, lack: '—' },
      unit: textCell(''),
      last_year: costCell(then, w),
      change: change === null ? { value: null, lack: w.cells.unlike } : { value: change },
      year: numberCell(w, sum(costly)),
    },
  });
  return {
    kind: 'table',
    id: 'costs',
    caption: words.caption,
    columns: [
      column.text('carrier', w.consumption.carrier),
      column.number('cost', words.cost, words.yuan, 2),
      column.number('price', words.price, '', 4),
      column.text('unit', words.priceUnit),
      column.number('last_year', words.lastYear, words.yuan, 2),
      column.change('change', words.change, ['cost', 'last_year']),
      column.number('year', words.year, words.yuan, 2),
    ],
    rows,
    notes: [words.note],
  };
}

function costCell(value: number | null | undefined, w: Words): Row['cells'][string] {
  return value == null ? { value: null, lack: w.costs.notEntered } : { value };
}
