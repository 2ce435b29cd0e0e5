import type { ComparedIndicator } from '../../conservation/compared-indicators.ts';
import type { IndicatorValue } from '../../conservation/indicators.ts';
import { INDICATORS } from '../../domain/indicator.ts';
import type { Row, Section, Table } from '../model.ts';
import { monthOf } from './consumption.ts';
import type { Use } from './facts.ts';
import { figure } from './numbers.ts';
import {
  changeCell,
  column,
  completenessCell,
  inScale,
  notesOf,
  numberCell,
  scaled,
  textCell,
  unitSign,
} from './say.ts';
import type { Words } from './words.ts';

/** Per square metre and per person, and carbon: with the month before and a year ago. */
export function indicatorsSection(use: Use, w: Words): Section {
  const words = w.indicators;
  const rows: Row[] = [];
  const unmetered: string[] = [];
  for (const { id } of INDICATORS) {
    const of = use.month.get(id);
    if (!of || !isShown(id)) continue;
    if (of.value.numerator.terms.length === 0) {
      unmetered.push(w.indicatorNames[id]);
    } else {
      rows.push(rowOf(of, use.year.get(id), w));
    }
  }
  if (rows.length === 0) {
    return { id: 'indicators', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const table: Table = {
    kind: 'table',
    id: 'indicators',
    caption: words.caption(w.month(monthOf(use.period.month))),
    columns: [
      column.text('indicator', words.name),
      column.text('unit', words.unit),
      column.number('value', words.value, '', 2),
      column.number('previous', words.previous, '', 2),
      column.change('change_previous', words.changePrevious, ['value', 'previous']),
      column.number('last_year', words.lastYear, '', 2),
      column.change('change_last_year', words.changeLastYear, ['value', 'last_year']),
      column.number('year', words.year, '', 2),
      column.share('completeness', words.completeness),
    ],
    rows,
    notes: [
      words.scheme(use.conversion.scheme.name),
      ...denominatorNote(use, w),
      ...(unmetered.length > 0 ? [words.unmetered(unmetered.join(w.and))] : []),
      ...notesOf(w, rows),
    ],
  };
  return { id: 'indicators', heading: words.heading, blocks: [table] };
}

/** Amounts of one carrier stand in the table of consumption already. */
function isShown(id: string): boolean {
  return id === 'energy' || id === 'co2' || id.includes('_per_');
}

function rowOf(of: ComparedIndicator, year: ComparedIndicator | undefined, w: Words): Row {
  const now = known(of.value);
  const previous = known(of.previous);
  const lastYear = known(of.lastYear);
  const scale = scaled(of.value.unit);
  const cell = (v: IndicatorValue): Row['cells'][string] => numberCell(w, inScale(v.value, scale), v.lacks);
  const value = cell(of.value);
  return {
    kind: 'row',
    cells: {
      indicator: textCell(w.indicatorNames[of.value.id]),
      unit: textCell(unitSign(w, scale.unit)),
      value: isUnconfirmed(of.value) ? { ...value, mark: w.marks.unconfirmed } : value,
      previous: cell(of.previous),
      change_previous: changeCell(w, now, previous),
      last_year: cell(of.lastYear),
      change_last_year: changeCell(w, now, lastYear),
      year: year ? cell(year.value) : numberCell(w, null),
      completeness: completenessCell(of.value),
    },
  };
}

/** A value with its completeness, as amounts have them. */
export function known({ value, completeness }: IndicatorValue): {
  quantity: number | null;
  completeness: number;
} {
  return { quantity: value, completeness };
}

function isUnconfirmed({ value, numerator }: IndicatorValue): boolean {
  if (value === null) return false;
  return numerator.terms.some((t) =>
    [t.source, t.density?.source].some((s) => s?.confidence === 'unconfirmed'),
  );
}

/** The area and the headcount that were divided by. */
function denominatorNote(use: Use, w: Words): string[] {
  const said = new Map<string, string>();
  for (const { value } of use.month.values()) {
    const of = value.denominator;
    if (!of || of.value === null || said.has(of.attribute)) continue;
    const unit = of.attribute === 'people' ? 'p' : 'm²';
    said.set(
      of.attribute,
      w.indicators.denominator(
        w.attributes[of.attribute] ?? of.attribute,
        `${figure(of.value)} ${unitSign(w, unit)}`,
      ),
    );
  }
  return said.size === 0 ? [] : [w.indicators.denominators([...said.values()].join(w.and))];
}
