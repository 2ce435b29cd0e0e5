import { totalOf } from '../../conservation/target-year.ts';
import type { TargetYear } from '../../conservation/targets.ts';
import {
  type TargetFigures,
  type TargetGround,
  targetFigures,
  targetsAbove,
  targetsAt,
} from '../../conservation/targets.ts';
import { indicatorOf, type Target } from '../../domain/target.ts';
import type { Block, Chart, Row, Section, Table } from '../model.ts';
import { completeness, fixed, percent } from './numbers.ts';
import { amountText, column, inScale, lackText, numberCell, scaled, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** Where the targets of a node stand, and where the year will end. */

export interface Targets {
  year: number;
  own: TargetFigures[];
  /** Of nodes above, of which it has no part. */
  above: Target[];
}

/** @param ground with the instant that the report speaks of as its `now` */
export async function targetsOf(ground: TargetGround, node: string, year: number): Promise<Targets> {
  const concerns = (t: Target): boolean => t.baseYear < year && year <= t.endYear;
  const own = targetsAt(ground, node).filter(concerns);
  const ahead = ground.estate.zone.wall(ground.now).year === year;
  return {
    year,
    own: await Promise.all(own.map((t) => targetFigures(ground, t, ahead))),
    above: targetsAbove(ground, node).filter(concerns),
  };
}

export function targetsSection(of: Targets, w: Words): Section {
  const words = w.targets;
  const blocks: Block[] = [];
  if (of.own.length === 0) blocks.push({ kind: 'paragraph', text: words.none(w.year(of.year)) });
  else blocks.push({ kind: 'list', items: of.own.map((t) => targetText(t, of.year, w)) }, ...tables(of, w));
  if (of.above.length > 0) {
    const names = of.above.map((t) => w.indicatorNames[t.indicator]);
    blocks.push({ kind: 'paragraph', text: words.above([...new Set(names)].join(w.and)) });
  }
  const chart = of.own.map((t) => curveChart(t, w)).find((c) => c !== null);
  if (chart) blocks.push(chart);
  return { id: 'targets', heading: words.heading, blocks };
}

/** A target in a sentence: what was used of it, against its curve, and how the year will end. */
export function targetText(of: TargetFigures, year: number, w: Words): string {
  const words = w.targets;
  const name = w.indicatorNames[of.target.indicator];
  const { current } = of;
  if (!current || current.year !== year) {
    return overText(
      of,
      of.years.find((y) => y.year === year),
      name,
      year,
      w,
    );
  }
  if (current.actual === null) return words.noActual(w.year(year), name, lackText(w, current.lacks)) + w.stop;
  const actual = amountText(w, current.actual, current.unit);
  const parts = [words.used(w.year(year), nameOfAmount(of, w), actual)];
  if (current.budget === null) return [...parts, words.noBudget].join(w.comma) + w.stop;
  parts.push(
    words.share(amountText(w, current.budget, current.unit), percent(current.actual / current.budget)),
  );
  const weak = current.completeness < WEAK;
  if (weak) parts.push(words.weak(completeness(current.completeness)));
  else if (current.raw?.share != null) {
    const { share, difference } = current.raw;
    const by = amountText(w, Math.abs(difference), current.unit);
    parts.push(
      Math.abs(share) < 0.0005
        ? words.onCurve
        : share < 0
          ? words.belowCurve(by, percent(share))
          : words.aboveCurve(by, percent(share)),
    );
  }
  const ends = weak ? [] : endText(of, w);
  const verdict = words.verdict(words.verdicts[current.verdict]);
  return [parts.join(w.comma), ...ends, verdict].join(w.semicolon) + w.stop;
}

/** The same in a few words, for the summary. */
export function targetGlance(of: TargetFigures, year: number, w: Words): string {
  const words = w.targets;
  const name = w.indicatorNames[of.target.indicator];
  const { current } = of;
  if (!current || current.year !== year) {
    const row = of.years.find((y) => y.year === year);
    if (!row || row.actual === null || !row.target) return words.glanceUnknown(name);
    return words.glance(name, percent(row.actual / row.target), resultOf(row, w));
  }
  if (current.actual === null || !current.budget) return words.glanceUnknown(name);
  return words.glance(name, percent(current.actual / current.budget), words.verdicts[current.verdict]);
}

/** All targets in one sentence; empty: there are none. */
export function targetsText({ own, year }: Targets, w: Words): string {
  if (own.length === 0) return '';
  const parts = own.map((t) => targetGlance(t, year, w));
  return w.targets.glances(w.year(year), parts.join(w.semicolon)) + w.stop;
}

/** Of a year of which less was measured nobody can say that it keeps to its curve. */
const WEAK = 0.9;

function endText({ current, outlook }: TargetFigures, w: Words): string[] {
  if (!current || current.actual === null || !outlook?.forecast) return [];
  const { total, low, high } = totalOf(current.actual, outlook.forecast);
  const said = (value: number): string => amountText(w, value, current.unit);
  const model = outlook.forecast.kind === 'model';
  const end = model ? w.targets.end(said(total)) : w.targets.endLine(said(total));
  const between = low === null || high === null ? '' : w.brackets(w.targets.between(said(low), said(high)));
  const left = current.remaining && current.remaining.quantity >= 0 ? current.remaining : null;
  return [
    end + between,
    ...(left?.perMonth != null
      ? [w.targets.left(said(left.quantity), fixed(left.months, 1).replace('.0', ''), said(left.perMonth))]
      : []),
  ];
}

function overText(
  of: TargetFigures,
  row: TargetYear | undefined,
  name: string,
  year: number,
  w: Words,
): string {
  const words = w.targets;
  if (!row || row.actual === null || row.target === null) {
    return words.noActual(w.year(year), name, lackText(w, row?.lacks ?? of.base.lacks)) + w.stop;
  }
  const parts = [
    words.over(w.year(year), name, amountText(w, row.actual, of.unit), amountText(w, row.target, of.unit)),
  ];
  const enough = row.completeness === null || row.completeness >= WEAK;
  if (!enough) parts.push(words.weak(completeness(row.completeness ?? 0)));
  parts.push(resultOf(row, w));
  return parts.join(w.comma) + w.stop;
}

/** A target per person is held against the amount that it allows. */
function nameOfAmount({ target }: TargetFigures, w: Words): string {
  const { numerator } = indicatorOf(target.indicator);
  const amount = w.targets.amounts[numerator] ?? numerator;
  return target.indicator.includes('_per_')
    ? amount + w.brackets(w.indicatorNames[target.indicator])
    : amount;
}

function tables(of: Targets, w: Words): Table[] {
  const words = w.targets;
  const rows = of.own.map((t) => rowOf(t, of.year, w));
  const indicator = column.text('indicator', words.indicator);
  const unit = column.text('unit', words.unit);
  const running = of.own.some((t) => t.current?.year === of.year);
  const progress: Table = {
    kind: 'table',
    id: 'targets',
    caption: words.caption(w.year(of.year)),
    columns: [
      indicator,
      unit,
      column.number('budget', words.budget, '', 2),
      column.number('actual', words.actual, '', 2),
      { ...column.share('used', words.usedShare), formula: { op: 'ratio', of: ['actual', 'budget'] } },
      column.number('expected', words.expected, '', 2),
      {
        ...column.number('difference', words.difference, '', 2),
        formula: { op: 'difference', of: ['actual', 'expected'] },
      },
      column.text('verdict', words.result),
    ],
    rows: rows.map(({ progress }) => ({ kind: 'row', cells: progress })),
    notes: [running ? words.note : words.noteOver],
  };
  // Of a year that is over nothing is left and nothing is to come.
  if (!running) return [progress];
  return [
    progress,
    {
      kind: 'table',
      id: 'target_forecast',
      caption: words.forecastCaption(w.year(of.year)),
      columns: [
        indicator,
        unit,
        column.number('remaining', words.remaining, '', 2),
        column.number('per_month', words.perMonth, '', 2),
        column.number('forecast', words.forecast, '', 2),
        column.number('low', words.low, '', 2),
        column.number('high', words.high, '', 2),
      ],
      rows: rows.flatMap(({ ahead }) => (ahead ? [{ kind: 'row', cells: ahead }] : [])),
      notes: [words.forecastNote],
    },
  ];
}

interface TargetCells {
  progress: Row['cells'];
  /** Null: the year is over. */
  ahead: Row['cells'] | null;
}

function rowOf(of: TargetFigures, year: number, w: Words): TargetCells {
  const words = w.targets;
  const { current, outlook } = of;
  if (current && current.year === year) {
    const { budget, actual, raw, lacks } = current;
    const scale = scaled(current.unit);
    const cell = (value: number | null, why = lacks): Row['cells'][string] =>
      numberCell(w, inScale(value, scale), why);
    const forecast = outlook?.forecast ?? null;
    const end = forecast && actual !== null ? totalOf(actual, forecast) : null;
    const why = outlook?.lacks ?? [];
    const names = { indicator: textCell(nameOfAmount(of, w)), unit: textCell(unitSign(w, scale.unit)) };
    return {
      progress: {
        ...names,
        budget: cell(budget),
        actual: cell(actual),
        used: numberCell(w, budget === null || actual === null ? null : actual / budget, lacks),
        expected: cell(raw?.expected ?? null),
        difference: cell(raw?.difference ?? null),
        verdict: textCell(words.verdicts[current.verdict]),
      },
      ahead: {
        ...names,
        remaining: cell(current.remaining?.quantity ?? null),
        per_month: cell(current.remaining?.perMonth ?? null),
        forecast: cell(end?.total ?? null, why),
        low: cell(end?.low ?? null, end ? TOO_SHORT : why),
        high: cell(end?.high ?? null, end ? TOO_SHORT : why),
      },
    };
  }
  const row = of.years.find((y) => y.year === year);
  const [target, actual] = [row?.target ?? null, row?.actual ?? null];
  const lacks = row?.lacks.length ? row.lacks : of.base.lacks;
  const scale = scaled(of.unit);
  const cell = (value: number | null): Row['cells'][string] => numberCell(w, inScale(value, scale), lacks);
  return {
    progress: {
      indicator: textCell(w.indicatorNames[of.target.indicator]),
      unit: textCell(unitSign(w, scale.unit)),
      budget: cell(target),
      actual: cell(actual),
      used: numberCell(w, target === null || actual === null ? null : actual / target, lacks),
      expected: cell(target),
      difference: cell(target === null || actual === null ? null : actual - target),
      verdict: textCell(resultOf(row, w)),
    },
    ahead: null,
  };
}

function resultOf(row: TargetYear | undefined, w: Words): string {
  if (row?.met == null) return w.targets.verdicts.unknown;
  return row.met ? w.targets.met : w.targets.missed;
}

const TOO_SHORT = [{ reason: 'too_short' as const, what: 'backtest' }];

/** The sum of the year so far against the curve of its target. */
function curveChart(of: TargetFigures, w: Words): Chart | null {
  const { current } = of;
  if (!current || current.budget === null || current.actual === null) return null;
  const words = w.targets;
  const name = nameOfAmount(of, w);
  const scale = scaled(current.unit);
  return {
    kind: 'chart',
    id: 'target_curve',
    caption: words.chart(w.year(current.year), name),
    form: 'line',
    unit: unitSign(w, scale.unit),
    categories: current.months.map((m) => w.monthShort(Number(m.month.slice(5)))),
    series: [
      { name: words.actual, values: current.months.map((m) => inScale(m.actualTotal, scale)) },
      { name: words.curve, values: current.months.map((m) => inScale(m.plannedTotal, scale)), plan: true },
    ],
    description: words.chartSaid(
      name,
      amountText(w, current.actual, current.unit),
      amountText(w, current.budget, current.unit),
    ),
  };
}
