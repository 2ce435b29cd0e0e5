import { MICRO } from '../../domain/advance.ts';
import { quantityUnit } from '../../domain/consumption.ts';
import type { Epoch, Estimate, ManualReading, Meter } from '../../domain/meter.ts';
import { CAUSES, type Cause, type Revision } from '../../domain/revision.ts';
import type { Amount } from '../../domain/rollup.ts';
import type { Suspect } from '../../journal/outcome.ts';
import type { Block, Row, Section } from '../model.ts';
import type { ReportGround } from './facts.ts';
import { fixed } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { amountText, column, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** What was wrong with the month's data, and what was done about it. */
export interface Anomalies {
  /** Steps across which nothing is counted until somebody settles them, oldest first. */
  suspects: { meter: Meter; found: Suspect }[];
  exchanges: { meter: Meter; before: Epoch; after: Epoch }[];
  manual: { meter: Meter; of: ManualReading }[];
  estimates: { meter: Meter; of: Estimate }[];
  revised: Revised[];
  /** Whether all revisions were looked at. */
  all: boolean;
}

/** What the revisions of a meter for one set of reasons come to. */
interface Revised {
  meter: Meter;
  causes: Cause[];
  count: number;
  hours: number;
  /** In the unit of the meter. */
  difference: number;
}

/** Revisions that are looked at, the newest first; rows of a table and items of a list. */
const REVISIONS = 2000;
const SHOWN = 50;

export function anomaliesOf(
  { estate, journal }: ReportGround,
  node: string,
  period: ReportPeriod,
): Anomalies {
  const { from, to } = period.inMonth.current;
  const meters = new Map(estate.metersBelow(node).map((m) => [m.no, m]));
  const within = (at: number): boolean => at >= from && at < to;
  const suspects = journal.suspects().flatMap((found) => {
    const meter = meters.get(found.meter);
    return meter && found.previousTime < to && found.time >= from ? [{ meter, found }] : [];
  });
  const list = [...meters.values()];
  const revisions =
    list.length > 0 ? journal.revisions({ meters: [...meters.keys()], from, to, limit: REVISIONS }) : [];
  return {
    suspects: suspects.reverse(),
    exchanges: list.flatMap((meter) =>
      meter.epochs.flatMap((after, i) => {
        const before = meter.epochs[i - 1];
        return before && after.from !== null && within(after.from) ? [{ meter, before, after }] : [];
      }),
    ),
    manual: list.flatMap((meter) => meter.manual.filter((m) => within(m.time)).map((of) => ({ meter, of }))),
    estimates: list.flatMap((meter) =>
      meter.estimates.filter((e) => e.from < to && e.to > from).map((of) => ({ meter, of })),
    ),
    revised: revisedOf(revisions, meters),
    all: revisions.length < REVISIONS,
  };
}

function revisedOf(revisions: readonly Revision[], meters: ReadonlyMap<number, Meter>): Revised[] {
  const out = new Map<string, Revised>();
  for (const { meter: no, causes, hours, before, after } of revisions) {
    const meter = meters.get(no);
    if (!meter || meter.register === 'gauge') continue;
    const key = `${no} ${causes.join(' ')}`;
    const known = out.get(key) ?? { meter, causes, count: 0, hours: 0, difference: 0 };
    out.set(key, {
      ...known,
      count: known.count + 1,
      hours: known.hours + hours,
      difference: known.difference + (total(after) - total(before)) / MICRO,
    });
  }
  return [...out.values()].sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

function total(amount: Amount | null): number {
  return amount ? amount.measured + amount.recovered + amount.estimated : 0;
}

export function anomaliesSection(ground: ReportGround, of: Anomalies, w: Words): Section {
  const words = w.anomalies;
  const items = [
    ...of.suspects.map((s) => suspectText(ground, s, w)),
    ...of.exchanges.map((e) => exchangeText(ground, e, w)),
    ...of.manual.map(({ meter, of: m }) => {
      const at = w.moment(ground.estate.zone.wall(m.time));
      return words.manual(meter.name, at, fixed(m.value, 2), m.reason, m.recordedBy) + w.stop;
    }),
    ...of.estimates.map(({ meter, of: e }) => {
      const span = words.span(
        w.moment(ground.estate.zone.wall(e.from)),
        w.moment(ground.estate.zone.wall(e.to)),
      );
      const amount = amountText(w, e.quantity, quantityUnit(meter));
      return words.estimate(meter.name, span, amount, e.reason, e.recordedBy) + w.stop;
    }),
  ];
  const blocks: Block[] = [];
  if (items.length === 0 && of.revised.length === 0) blocks.push({ kind: 'paragraph', text: words.none });
  if (of.suspects.length > 0) {
    blocks.push({ kind: 'paragraph', text: words.open(fixed(of.suspects.length, 0)) + w.stop });
  }
  if (items.length > 0) blocks.push({ kind: 'list', items: items.slice(0, SHOWN) });
  if (items.length > SHOWN) blocks.push({ kind: 'paragraph', text: w.more(fixed(items.length - SHOWN, 0)) });
  if (of.revised.length > 0) blocks.push(revisionTable(of, w));
  return { id: 'anomalies', heading: words.heading, blocks };
}

function suspectText(
  { estate }: ReportGround,
  { meter, found }: Anomalies['suspects'][number],
  w: Words,
): string {
  const words = w.anomalies;
  const at = w.moment(estate.zone.wall(found.time));
  const values = [fixed(found.previousValue, 2), fixed(found.value, 2)] as const;
  return words.suspect[found.verdict](meter.name, at, ...values) + w.stop;
}

function exchangeText(
  { estate }: ReportGround,
  { meter, before, after }: Anomalies['exchanges'][number],
  w: Words,
): string {
  const words = w.anomalies;
  const at = w.moment(estate.zone.wall(after.from ?? 0));
  const what = after.continues ? words.transformers : words.exchange;
  const parts = [what(meter.name, at)];
  if (!after.continues && before.final !== null && after.initial !== null) {
    parts.push(words.registers(fixed(before.final, 2), fixed(after.initial, 2)));
  }
  if (before.multiplier !== after.multiplier) {
    parts.push(words.multiplier(String(before.multiplier), String(after.multiplier)));
  }
  if (after.note) parts.push(after.note);
  if (after.recordedBy) parts.push(words.by(after.recordedBy));
  return parts.join(w.comma) + w.stop;
}

function revisionTable({ revised, all }: Anomalies, w: Words): Block {
  const words = w.anomalies;
  return {
    kind: 'table',
    id: 'revisions',
    caption: words.revisions,
    columns: [
      column.text('meter', words.meter),
      column.text('cause', words.cause),
      column.number('count', words.count, '', 0),
      column.number('hours', words.hours, 'h', 0),
      column.number('difference', words.difference, '', 2),
      column.text('unit', w.consumption.unit),
    ],
    rows: revised.slice(0, SHOWN).map(
      ({ meter, causes, count, hours, difference }): Row => ({
        kind: 'row',
        cells: {
          meter: textCell(meter.name),
          cause: textCell(
            CAUSES.filter((c) => causes.includes(c))
              .map((c) => words.causes[c])
              .join(w.and),
          ),
          count: { value: count },
          hours: { value: hours },
          difference: numberCell(w, difference),
          unit: textCell(unitSign(w, quantityUnit(meter))),
        },
      }),
    ),
    notes: [
      words.revisionNote,
      ...(all ? [] : [words.newest(fixed(REVISIONS, 0))]),
      ...(revised.length > SHOWN ? [w.more(fixed(revised.length - SHOWN, 0))] : []),
    ],
  };
}

/** What the summary says of them: only what is still open. */
export function anomalyTexts({ suspects }: Anomalies, w: Words): string[] {
  return suspects.length === 0 ? [] : [w.anomalies.open(fixed(suspects.length, 0)) + w.stop];
}
