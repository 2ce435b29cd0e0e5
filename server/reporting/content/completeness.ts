import { type Figure, figureOf, meterSeries } from '../../conservation/series.ts';
import { MICRO } from '../../domain/advance.ts';
import type { Lack } from '../../domain/indicator.ts';
import type { Meter } from '../../domain/meter.ts';
import type { Block, Row, Section } from '../model.ts';
import { type CarrierAmount, isComplete, type ReportGround, type Use } from './facts.ts';
import { completeness, fixed, percent } from './numbers.ts';
import { amountText, column, completenessCell, numberCell, sentences, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** A meter of which a part of the month was not measured. */
export interface MeterGap extends Figure {
  meter: Meter;
  unit: string;
}

export interface Gaps {
  meters: number;
  /** The least complete first. */
  gaps: MeterGap[];
}

/** More than this is measured but for rounding. */
export const WHOLE = 0.9999;

export async function gapsOf(ground: ReportGround, node: string, use: Use): Promise<Gaps> {
  const meters = ground.estate.metersBelow(node).filter((m) => m.register !== 'gauge');
  const list = meters.map(meterSeries);
  const { current } = use.period.inMonth;
  const sums = await ground.months.sums(list, [current]);
  const gaps = meters.flatMap((meter, i): MeterGap[] => {
    const series = list[i];
    if (!series) return [];
    const figure = figureOf(series, sums[i]?.[0], current.to - current.from);
    const isWhole = figure.completeness >= WHOLE && !figure.recovered && !figure.estimated;
    return isWhole ? [] : [{ meter, unit: series.unit, ...figure }];
  });
  gaps.sort((a, b) => a.completeness - b.completeness || a.meter.id.localeCompare(b.meter.id));
  return { meters: meters.length, gaps };
}

const SHOWN = 50;

/** What was measured, recovered and estimated, and which meters have gaps. */
export function completenessSection(ground: ReportGround, use: Use, of: Gaps, w: Words): Section {
  const words = w.completeness;
  if (use.carriers.length === 0) {
    return { id: 'completeness', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const blocks: Block[] = [
    { kind: 'paragraph', text: sentences(w, [gapText(of, w), ...shareTexts(use, w)]) },
    {
      kind: 'table',
      id: 'provenance',
      caption: words.caption,
      columns: [
        column.text('carrier', w.consumption.carrier),
        column.text('unit', w.consumption.unit),
        column.number('quantity', w.consumption.quantity, '', 2),
        column.number('measured', words.measured, '', 2),
        column.number('booked', words.booked, '', 2),
        column.number('recovered', words.recovered, '', 2),
        column.number('estimated', words.estimated, '', 2),
        column.share('completeness', w.consumption.completeness),
      ],
      rows: use.carriers.map(
        ({ carrier, unit, metered, month }): Row => ({
          kind: 'row',
          cells: {
            carrier: textCell(w.carriers[carrier]),
            unit: textCell(unitSign(w, unit)),
            quantity: numberCell(w, month.quantity),
            measured: metered ? numberCell(w, counted(month)) : numberCell(w, null, NO_METER),
            booked: month.booked === null ? { value: null, lack: words.notBooked } : { value: month.booked },
            recovered: numberCell(w, month.recovered),
            estimated: numberCell(w, month.estimated),
            completeness: completenessCell(month),
          },
        }),
      ),
      notes: [words.note],
    },
  ];
  if (of.gaps.length > 0) {
    blocks.push({
      kind: 'table',
      id: 'gaps',
      caption: words.gaps,
      columns: [
        column.text('meter', words.meter),
        column.text('node', words.node),
        column.text('carrier', w.consumption.carrier),
        column.text('unit', w.consumption.unit),
        column.number('quantity', w.consumption.quantity, '', 2),
        column.number('recovered', words.recovered, '', 2),
        column.number('estimated', words.estimated, '', 2),
        column.share('completeness', w.consumption.completeness),
      ],
      rows: of.gaps.slice(0, SHOWN).map((gap) => gapRow(ground, gap, w)),
      notes: of.gaps.length > SHOWN ? [w.more(fixed(of.gaps.length - SHOWN, 0))] : [],
    });
  }
  return { id: 'completeness', heading: words.heading, blocks };
}

const NO_METER: Lack[] = [{ reason: 'no_meter', what: 'measured' }];

/** What meters counted, without what was entered; null: nothing is known. */
function counted({ measured, booked }: CarrierAmount): number | null {
  if (measured === null || booked === null) return measured;
  return Math.round((measured - booked) * MICRO) / MICRO;
}

function gapText({ meters, gaps }: Gaps, w: Words): string {
  const words = w.completeness;
  if (meters === 0) return '';
  if (gaps.length === 0) return words.allWhole(fixed(meters, 0)) + w.stop;
  const silent = gaps.filter((g) => g.quantity === null).length;
  const parts = [words.some(fixed(meters, 0), fixed(gaps.length, 0))];
  if (silent > 0) parts.push(words.silent(fixed(silent, 0)));
  return parts.join(w.comma) + w.stop;
}

/** Of each carrier what was recovered or estimated, where there is such. */
export function shareTexts(use: Use, w: Words): string[] {
  const words = w.completeness;
  return use.carriers.flatMap(({ carrier, unit, month }) => {
    const parts: string[] = [];
    const share = (n: number): string => w.brackets(month.quantity ? percent(n / month.quantity) : '0 %');
    if (month.recovered)
      parts.push(words.wasRecovered(amountText(w, month.recovered, unit) + share(month.recovered)));
    if (month.estimated)
      parts.push(words.wasEstimated(amountText(w, month.estimated, unit) + share(month.estimated)));
    return parts.length === 0 ? [] : [[w.uses[carrier], parts.join(w.comma)].join(words.of) + w.stop];
  });
}

function gapRow({ estate }: ReportGround, { meter, unit, ...figure }: MeterGap, w: Words): Row {
  return {
    kind: 'row',
    cells: {
      meter: textCell(meter.name),
      node: textCell(estate.node(meter.node)?.name ?? meter.node),
      carrier: textCell(w.carriers[meter.carrier]),
      unit: textCell(unitSign(w, unit)),
      quantity: numberCell(w, figure.quantity),
      recovered: numberCell(w, figure.recovered),
      estimated: numberCell(w, figure.estimated),
      completeness: completenessCell(figure),
    },
  };
}

/** Of which carriers too little is known to compare them; empty: of none. */
export function weakText(use: Use, w: Words): string {
  const weak = use.carriers.filter((c) => !isComplete(c.month));
  const names = weak.map((c) => w.carriers[c.carrier] + w.brackets(completeness(c.month.completeness)));
  return weak.length === 0 ? '' : w.completeness.weak(names.join(w.and)) + w.stop;
}
