import { conversionOf } from '../../conservation/conversion.ts';
import { type HeatingParts, heatingOf, type PueOf, pueOf } from '../../conservation/indicator-parts.ts';
import { type LoadProfileOf, loadProfileOf } from '../../conservation/profile.ts';
import type { Block, Cell, Row, Section } from '../model.ts';
import type { ReportGround } from './facts.ts';
import { fixed, percent } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { column, notesOf, numberCell, sentences, textCell } from './say.ts';
import type { Words } from './words.ts';

/** When electricity is used, and what heats and computes. */
export interface Hours {
  /** Null: no electricity is metered. */
  now: LoadProfileOf | null;
  lastYear: LoadProfileOf | null;
  unit: string;
  heating: HeatingParts;
  pue: PueOf;
}

export async function hoursOf(ground: ReportGround, node: string, period: ReportPeriod): Promise<Hours> {
  const { estate, timeseries, months } = ground;
  const { current, lastYear } = period.inMonth;
  const [electricity] = months.series(node, 'electricity');
  const conversion = conversionOf(estate, ground.policy, node);
  const [now, then, heating, pue] = await Promise.all([
    electricity ? loadProfileOf(timeseries, estate.zone, electricity, current) : null,
    electricity ? loadProfileOf(timeseries, estate.zone, electricity, lastYear) : null,
    heatingOf(ground, conversion, node, current),
    pueOf(ground, node, current),
  ]);
  return { now, lastYear: then, unit: electricity?.unit ?? '', heating, pue };
}

export function hoursSection({ now, lastYear, unit, heating, pue }: Hours, w: Words): Section {
  const words = w.hours;
  const texts: string[] = [];
  if (now?.nightShare != null && now.holidayShare !== null) {
    texts.push(words.shares(percent(now.nightShare), percent(now.holidayShare)) + w.stop);
    if (now.nightBase !== null && now.workingMean) {
      texts.push(words.base(percent(now.nightBase / now.workingMean)) + w.stop);
    }
  } else texts.push(words.noHours);
  if (heating.heating !== null && heating.heatingShare !== null && heating.heating > 0) {
    texts.push(words.heating(percent(heating.heatingShare)) + w.stop);
  }
  if (pue.value !== null) texts.push(words.pue(fixed(pue.value, 2)) + w.stop);
  const blocks: Block[] = [{ kind: 'paragraph', text: sentences(w, texts) }];
  if (now?.nightShare != null) {
    const rows = [
      shareRow(w, words.night, now.nightShare, lastYear?.nightShare ?? null),
      shareRow(w, words.holiday, now.holidayShare, lastYear?.holidayShare ?? null),
    ];
    blocks.push({
      kind: 'table',
      id: 'hours',
      caption: words.caption,
      columns: [
        column.text('what', words.what),
        column.share('share', words.now),
        column.share('last_year', words.lastYear),
      ],
      rows,
      notes: [words.note, ...notesOf(w, rows)],
    });
    // Kilowatt-hours in an hour are kilowatts.
    const rate = unit.endsWith('Wh') ? unit.slice(0, -1) : `${unit}/h`;
    const bases = [
      baseRow(w, words.nightBase, now.nightBase, lastYear?.nightBase ?? null),
      baseRow(w, words.holidayBase, now.weekendBase, lastYear?.weekendBase ?? null),
      baseRow(w, words.workingMean, now.workingMean, lastYear?.workingMean ?? null),
    ];
    blocks.push({
      kind: 'table',
      id: 'base_load',
      caption: words.baseCaption,
      columns: [
        column.text('what', words.what),
        column.number('mean', words.now, rate, 2),
        column.number('last_year', words.lastYear, rate, 2),
        column.change('change', words.change, ['mean', 'last_year']),
      ],
      rows: bases,
      notes: [],
    });
  }
  return { id: 'hours', heading: words.heading, blocks };
}

function shareRow(w: Words, what: string, now: number | null, then: number | null): Row {
  return {
    kind: 'row',
    cells: { what: textCell(what), share: numberCell(w, now), last_year: numberCell(w, then) },
  };
}

function baseRow(w: Words, what: string, now: number | null, then: number | null): Row {
  const change: Cell = numberCell(w, now !== null && then ? now / then - 1 : null);
  return {
    kind: 'row',
    cells: { what: textCell(what), mean: numberCell(w, now), last_year: numberCell(w, then), change },
  };
}
