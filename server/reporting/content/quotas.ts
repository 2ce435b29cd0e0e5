import { type Position, positionsOf, type QuotaYear, quotaYear, rowsOf } from '../../conservation/quotas.ts';
import { meterSeries } from '../../conservation/series.ts';
import type { Node } from '../../domain/meter.ts';
import type { Block, Cell, Row, Section, Table } from '../model.ts';
import type { ReportGround } from './facts.ts';
import { fixed, percent } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { amountText, column, lackText, notesOf, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** Quotas of an institution, or of all those below a region: over the twelve months up to the report's. */
export interface Quotas {
  year: QuotaYear;
  of: { node: Node; positions: Position[] }[];
  /** Told by institution. */
  below: boolean;
}

export async function quotasOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
): Promise<Quotas | null> {
  const { estate } = ground;
  // Of a whole year explanations are due; of other twelve months they are not.
  const isWhole = !period.running && period.month.endsWith('-12');
  const year = quotaYear(estate.zone, ground.now, isWhole ? period.year : null);
  if (!year) return null;
  const inside = estate.subtree(node.id).filter((n) => n.kind === 'institution' && n !== node);
  const below = node.kind === 'region';
  const nodes = below ? inside : [node];
  // One question to the store for all of them.
  await ground.months.perMonth(estate.metersBelow(node.id).map(meterSeries), year.from, year.to);
  const of: Quotas['of'] = [];
  const rows = rowsOf(ground, year);
  for (const one of nodes) {
    const positions = await positionsOf(ground, one.id, year, rows);
    // Who has no machine room has nothing to say of it.
    of.push({ node: one, positions: positions.filter((p) => p.applies) });
  }
  return { year, of, below };
}

/** Rows of a table of institutions. */
const SHOWN = 200;

export function quotasSection(ground: ReportGround, quotas: Quotas, w: Words): Section {
  const words = w.quotas;
  const told = quotas.of.flatMap(({ node, positions }) => positions.map((p) => ({ node, position: p })));
  if (told.length === 0) {
    return { id: 'quotas', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const blocks: Block[] = [{ kind: 'paragraph', text: quotaTexts(quotas, w).join(w.gap) }];
  const shown = quotas.below ? told.filter((t) => t.position.verdict === 'above_constraint') : told;
  if (shown.length > 0) blocks.push(table(ground, quotas, shown.slice(0, SHOWN), w));
  if (shown.length > SHOWN) {
    blocks.push({ kind: 'paragraph', text: w.more(fixed(shown.length - SHOWN, 0)) });
  }
  return { id: 'quotas', heading: words.heading, blocks };
}

/** How many quotas are kept, and which are not. */
export function quotaTexts(quotas: Quotas, w: Words): string[] {
  const words = w.quotas;
  const all = quotas.of.flatMap((o) => o.positions);
  const known = all.filter((p) => p.value !== null && p.verdict !== null);
  if (all.length === 0) return [];
  if (known.length === 0) return [words.onlyUnknown(fixed(all.length, 0)) + w.stop];
  const over = known.filter((p) => p.verdict === 'above_constraint');
  const parts: string[] = [];
  if (quotas.below) {
    const judged = quotas.of.filter((o) => o.positions.some((p) => p.value !== null)).length;
    const bad = quotas.of.filter((o) => o.positions.some((p) => p.verdict === 'above_constraint')).length;
    parts.push(words.belowCount(fixed(judged, 0), fixed(bad, 0), fixed(over.length, 0)));
  } else if (over.length === 0) parts.push(words.allWithin(fixed(known.length, 0)));
  else
    parts.push(
      words.some(fixed(known.length, 0), fixed(over.length, 0), over.map((p) => overText(p, w)).join(w.and)),
    );
  const open = all.length - known.length;
  if (open > 0) parts.push(words.unknown(fixed(open, 0)));
  const said = [parts.join(w.semicolon) + w.stop];
  if (known.some((p) => p.quota?.source.confidence === 'unconfirmed')) said.push(words.unconfirmed);
  return said;
}

function overText({ metric, value, quota }: Position, w: Words): string {
  const name = w.metrics[metric];
  if (value === null || !quota) return name;
  return name + w.brackets(w.quotas.over(percent(value / quota.values.constraint - 1)));
}

function table(
  { estate }: ReportGround,
  { year, below }: Quotas,
  list: readonly { node: Node; position: Position }[],
  w: Words,
): Table {
  const words = w.quotas;
  const rows = list.map(({ node, position }) => rowOf(node, position, below, w));
  const last = estate.zone.wall(year.to - 1);
  const first = estate.zone.wall(year.from);
  const standards = [...new Set(list.flatMap(({ position }) => position.quota?.standard ?? []))];
  return {
    kind: 'table',
    id: 'quotas',
    caption: words.caption(w.month(first), w.month(last)),
    columns: [
      ...(below ? [column.text('node', words.node)] : []),
      column.text('metric', words.metric),
      column.text('unit', words.unit),
      column.number('value', words.value, '', 2),
      column.number('constraint', words.constraint, '', 2),
      column.number('base', words.base, '', 2),
      column.number('leading', words.leading, '', 2),
      column.change('over', words.gap, ['value', 'constraint']),
      column.text('verdict', words.result),
      column.share('completeness', words.completeness),
    ],
    rows,
    notes: [
      ...(standards.length > 0 ? [words.standards(standards.join(w.semicolon))] : []),
      words.on(w.day(last)),
      ...notesOf(w, rows),
    ],
  };
}

function rowOf(node: Node, position: Position, below: boolean, w: Words): Row {
  const words = w.quotas;
  const { quota, value, lacks, verdict, metric } = position;
  const limit = (n: number | null | undefined): Cell =>
    n == null ? { value: null, lack: words.noLimit } : { value: n };
  const unconfirmed = quota?.source.confidence === 'unconfirmed';
  const constraint = limit(quota?.values.constraint);
  return {
    kind: 'row',
    cells: {
      ...(below ? { node: textCell(node.name) } : {}),
      metric: textCell(w.metrics[metric]),
      unit: textCell(quota ? unitSign(w, quota.unit) : ''),
      value: numberCell(w, value, lacks),
      constraint: unconfirmed ? { ...constraint, mark: w.marks.unconfirmed } : constraint,
      base: limit(quota?.values.base),
      leading: limit(quota?.values.leading),
      over:
        value === null || !quota
          ? numberCell(w, null, lacks)
          : { value: value / quota.values.constraint - 1 },
      verdict: textCell(verdict === null ? lackText(w, lacks) : verdictWord(position, w)),
      completeness: value === null ? numberCell(w, null, lacks) : { value: position.completeness },
    },
  };
}

/** Water has other names for its limits. */
export function verdictWord({ metric, verdict }: Pick<Position, 'metric' | 'verdict'>, w: Words): string {
  if (verdict === null) return w.cells.unknown;
  return metric === 'water_per_person' ? w.quotas.verdictsWater[verdict] : w.quotas.verdicts[verdict];
}

/** What has to be saved in a year to come down to the constraint value; null: nothing, or not known. */
export function excessText({ excess, excessUnit }: Position, w: Words): string | null {
  if (excess.constraint === null || excess.constraint <= 0 || excessUnit === null) return null;
  return amountText(w, excess.constraint, excessUnit);
}
