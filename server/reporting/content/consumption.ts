import type { WaterfallOf } from '../../conservation/waterfalls.ts';
import type { Block, Chart, Row, Section, Table } from '../model.ts';
import { type Costs, costTable } from './costs.ts';
import type { CarrierAmount, CarrierFact, ReportGround, Use } from './facts.ts';
import { changeCell, column, completenessCell, notesOf, numberCell, textCell, unitSign } from './say.ts';
import { causesTable } from './why.ts';
import type { Words } from './words.ts';

/** Consumption and standard coal per carrier, of the month and of the year so far. */
export function consumptionSection(
  ground: ReportGround,
  use: Use,
  causes: WaterfallOf | null,
  costs: Costs,
  w: Words,
): Section {
  const words = w.consumption;
  if (use.carriers.length === 0) {
    return { id: 'consumption', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const blocks: Block[] = [monthTable(use, w), yearTable(use, w)];
  const why = causes && causesTable(ground, use, causes, w);
  if (why) blocks.push(why);
  const paid = costTable(costs, w);
  if (paid) blocks.push(paid);
  const chart = monthsChart(use, w);
  if (chart) blocks.push(chart);
  return { id: 'consumption', heading: words.heading, blocks };
}

/** kgce as tonnes, as the tables have it. */
const TONNE = 1000;

function monthTable(use: Use, w: Words): Table {
  const words = w.consumption;
  const { period } = use;
  const energy = use.month.get('energy');
  const rows = use.carriers.map((of): Row => {
    const { month, previous, lastYear } = of;
    return {
      kind: 'row',
      cells: {
        ...namesOf(of, w),
        quantity: numberCell(w, month.quantity),
        previous: numberCell(w, previous.quantity),
        change_previous: changeCell(w, month, previous),
        last_year: numberCell(w, lastYear.quantity),
        change_last_year: changeCell(w, month, lastYear),
        tce: coalCell(use, of, month, w),
        completeness: completenessCell(month),
      },
    };
  });
  if (energy) {
    const now = { quantity: energy.value.value, completeness: energy.value.completeness };
    const previous = { quantity: energy.previous.value, completeness: energy.previous.completeness };
    const lastYear = { quantity: energy.lastYear.value, completeness: energy.lastYear.completeness };
    rows.push({
      kind: 'total',
      ...sumsOf(rows, ['tce'], now.quantity),
      cells: {
        carrier: textCell(words.total),
        unit: textCell('tce'),
        quantity: numberCell(w, tonnes(now.quantity), energy.value.lacks),
        previous: numberCell(w, tonnes(previous.quantity), energy.previous.lacks),
        change_previous: changeCell(w, now, previous),
        last_year: numberCell(w, tonnes(lastYear.quantity), energy.lastYear.lacks),
        change_last_year: changeCell(w, now, lastYear),
        tce: numberCell(w, tonnes(now.quantity), energy.value.lacks),
        completeness: completenessCell(now),
      },
    });
  }
  return {
    kind: 'table',
    id: 'consumption_month',
    caption: words.month(w.month(monthOf(period.month))),
    columns: [
      column.text('carrier', words.carrier),
      column.text('unit', words.unit),
      column.number('quantity', words.quantity, '', 2),
      column.number('previous', words.previous, '', 2),
      column.change('change_previous', words.changePrevious, ['quantity', 'previous']),
      column.number('last_year', words.lastYear, '', 2),
      column.change('change_last_year', words.changeLastYear, ['quantity', 'last_year']),
      column.number('tce', words.coal, 'tce', 2),
      column.share('completeness', words.completeness),
    ],
    rows,
    notes: [schemeNote(use, w), ...notesOf(w, rows)],
  };
}

function yearTable(use: Use, w: Words): Table {
  const words = w.consumption;
  const energy = use.year.get('energy');
  const rows = use.carriers.map((of): Row => {
    const { year, yearBefore } = of;
    return {
      kind: 'row',
      cells: {
        ...namesOf(of, w),
        year: numberCell(w, year.quantity),
        last_year: numberCell(w, yearBefore.quantity),
        change_last_year: changeCell(w, year, yearBefore),
        tce: coalCell(use, of, year, w),
        tce_last_year: coalCell(use, of, yearBefore, w),
        completeness: completenessCell(year),
      },
    };
  });
  if (energy) {
    const now = { quantity: energy.value.value, completeness: energy.value.completeness };
    const then = { quantity: energy.lastYear.value, completeness: energy.lastYear.completeness };
    rows.push({
      kind: 'total',
      ...sumsOf(rows, ['tce', 'tce_last_year'], now.quantity === null ? null : then.quantity),
      cells: {
        carrier: textCell(words.total),
        unit: textCell('tce'),
        year: numberCell(w, tonnes(now.quantity), energy.value.lacks),
        last_year: numberCell(w, tonnes(then.quantity), energy.lastYear.lacks),
        change_last_year: changeCell(w, now, then),
        tce: numberCell(w, tonnes(now.quantity), energy.value.lacks),
        tce_last_year: numberCell(w, tonnes(then.quantity), energy.lastYear.lacks),
        completeness: completenessCell(now),
      },
    });
  }
  return {
    kind: 'table',
    id: 'consumption_year',
    caption: words.year(w.month(monthOf(use.period.month))),
    columns: [
      column.text('carrier', words.carrier),
      column.text('unit', words.unit),
      column.number('year', words.sumYear, '', 2),
      column.number('last_year', words.lastYear, '', 2),
      column.change('change_last_year', words.changeLastYear, ['year', 'last_year']),
      column.number('tce', words.coal, 'tce', 2),
      column.number('tce_last_year', words.coalBefore, 'tce', 2),
      column.share('completeness', words.completeness),
    ],
    rows,
    notes: notesOf(w, rows),
  };
}

export function monthsChart(use: Use, w: Words): Chart | null {
  const { months, period } = use;
  if (months.every((m) => m.energy === null && m.lastYear === null)) return null;
  const words = w.consumption;
  const year = w.year(period.year);
  return {
    kind: 'chart',
    id: 'energy_by_month',
    caption: words.chart(year),
    form: 'bar',
    unit: 'tce',
    categories: months.map((m) => w.monthShort(m.month)),
    series: [
      { name: words.before, values: months.map((m) => tonnes(m.lastYear)) },
      { name: words.thisYear, values: months.map((m) => tonnes(m.energy)) },
    ],
    description: words.chartSaid(year, String(months.length)),
  };
}

/** The month by carrier against a year ago, as a page of its own has room for. */
export function carrierTable(use: Use, w: Words): Table {
  const whole = monthTable(use, w);
  const keys = ['carrier', 'unit', 'quantity', 'last_year', 'change_last_year'];
  return {
    ...whole,
    id: 'consumption_brief',
    columns: whole.columns.filter((c) => keys.includes(c.key)),
    rows: whole.rows.map(
      ({ kind, cells }): Row => ({
        kind,
        cells: Object.fromEntries(Object.entries(cells).filter(([key]) => keys.includes(key))),
      }),
    ),
  };
}

function namesOf(of: CarrierFact, w: Words): Row['cells'] {
  return { carrier: textCell(w.carriers[of.carrier]), unit: textCell(unitSign(w, of.unit)) };
}

/** What is no energy says so; a coefficient that nobody confirmed is marked. */
function coalCell(use: Use, of: CarrierFact, amount: CarrierAmount, w: Words): Row['cells'][string] {
  const term = use.month
    .get('energy')
    ?.value.numerator.terms.find((t) => t.carrier === of.carrier && t.unit === of.unit);
  if (!term) return { value: null, lack: w.cells.notEnergy };
  if (amount.kgce === null) {
    const lacks = amount.quantity === null ? [] : [{ reason: 'no_coefficient' as const, what: of.carrier }];
    return numberCell(w, null, lacks);
  }
  const sources = [term.source, term.density?.source];
  const value = amount.kgce / TONNE;
  return sources.some((s) => s?.confidence === 'unconfirmed')
    ? { value, mark: w.marks.unconfirmed }
    : { value };
}

/** A total is the sum of its rows only where nothing that it should hold is unknown. */
function sumsOf(rows: readonly Row[], keys: string[], total: number | null): Pick<Row, 'sums'> {
  const known = rows.some((r) => keys.every((k) => typeof r.cells[k]?.value === 'number'));
  return total !== null && known ? { sums: keys } : {};
}

export function tonnes(kg: number | null): number | null {
  return kg === null ? null : kg / TONNE;
}

export function monthOf(month: string): { year: number; month: number } {
  return { year: Number(month.slice(0, 4)), month: Number(month.slice(5)) };
}

function schemeNote(use: Use, w: Words): string {
  const { scheme } = use.conversion;
  const water = scheme.coefficients.some((c) => c.carrier === 'water');
  return water ? w.consumption.schemeWater(scheme.name) : w.consumption.scheme(scheme.name);
}
