import { comparisonOf } from '../../conservation/comparison.ts';
import { valuesOf } from '../../conservation/indicators.ts';
import { CHANGE_LIMIT, COMPLETENESS_LIMIT } from '../../domain/comparison.ts';
import type { IndicatorId } from '../../domain/indicator.ts';
import type { Node } from '../../domain/meter.ts';
import type { Block, Row, Section } from '../model.ts';
import { tonnes } from './consumption.ts';
import type { ReportGround } from './facts.ts';
import { fixed } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { column, notesOf, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** The institutions below a node beside each other, the least per square metre first. */
export interface Institutions {
  comparison: Awaited<ReturnType<typeof comparisonOf>>;
  /** By node, in the order of `BESIDE`. */
  beside: ReadonlyMap<string, readonly (number | null)[]>;
  units: readonly string[];
}

const BESIDE = [
  'energy',
  'energy_per_person',
  'electricity',
  'water',
] as const satisfies readonly IndicatorId[];

export async function institutionsOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
): Promise<Institutions> {
  const { current, lastYear } = period.inMonth;
  const any = { type: null, level: null };
  const comparison = await comparisonOf(ground, node.id, 'energy_per_m2', any, current, lastYear);
  comparison.rows = comparison.rows.filter((r) => r.node !== node);
  const ids = comparison.rows.map((r) => r.node.id);
  const found = await valuesOf(ground, ids, BESIDE, [current], comparison.scheme ?? undefined);
  const beside = new Map(found.map((f) => [f.node, f.values.map((v) => v[0]?.value ?? null)]));
  const units = BESIDE.map(
    (_, i) => found.find((f) => f.values[i]?.[0]?.value != null)?.values[i]?.[0]?.unit ?? '',
  );
  return { comparison, beside, units };
}

/** Rows of the table, and bars of the chart. */
const ROWS = 1000;
const BARS = 20;

export function institutionsSection({ comparison, beside, units }: Institutions, w: Words): Section {
  const words = w.institutions;
  const { rows, quartiles } = comparison;
  if (rows.length === 0) {
    return { id: 'ranking', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const unit = (i: number): string => unitSign(w, units[i] ?? '');
  const all = rows.slice(0, ROWS).map((of): Row => {
    const [energy, person, electricity, water] = beside.get(of.node.id) ?? [];
    const value = numberCell(w, of.value, of.lacks);
    // What makes the comparison unfair is said by a mark.
    const marked = of.value !== null && of.notes.length > 0;
    return {
      kind: 'row',
      cells: {
        rank: of.rank === null ? { value: null, lack: w.ranking.unranked } : { value: of.rank },
        node: textCell(of.node.name),
        per_m2: marked ? { ...value, mark: w.marks.unlike } : value,
        last_year: numberCell(w, of.previous.value),
        change: of.change === null ? { value: null, lack: w.cells.unlike } : { value: of.change },
        movement: textCell(movementText(of.movement, w)),
        energy: numberCell(w, tonnes(energy ?? null)),
        per_person: numberCell(w, person ?? null),
        electricity: numberCell(w, electricity ?? null),
        water: numberCell(w, water ?? null),
        completeness: { value: of.completeness },
      },
    };
  });
  const notes = notesOf(w, all).filter((n) => n !== w.marks.unlikeNote);
  const marked = all.some((r) => r.cells.per_m2?.mark !== undefined);
  const blocks: Block[] = [
    {
      kind: 'table',
      id: 'institutions',
      caption: words.caption,
      columns: [
        column.number('rank', words.rank, '', 0),
        column.text('node', words.node),
        column.number('per_m2', w.indicatorNames.energy_per_m2, unitSign(w, comparison.unit), 2),
        column.number('last_year', w.consumption.lastYear, unitSign(w, comparison.unit), 2),
        column.change('change', w.consumption.changeLastYear, ['per_m2', 'last_year']),
        column.text('movement', words.movement),
        column.number('energy', w.indicatorNames.energy, 'tce', 2),
        column.number('per_person', w.indicatorNames.energy_per_person, unit(1), 2),
        column.number('electricity', w.carriers.electricity, unit(2), 2),
        column.number('water', w.carriers.water, unit(3), 2),
        column.share('completeness', w.consumption.completeness),
      ],
      rows: all,
      notes: [
        words.note,
        ...(marked ? [words.unfair(`${COMPLETENESS_LIMIT * 100} %`, `${CHANGE_LIMIT * 100} %`)] : []),
        ...(quartiles
          ? [words.quartiles(fixed(quartiles.q1, 2), fixed(quartiles.median, 2), fixed(quartiles.q3, 2))]
          : []),
        ...(rows.length > ROWS ? [w.more(fixed(rows.length - ROWS, 0))] : []),
        ...notes,
      ],
    },
  ];
  const drawn = rows.filter((r) => r.value !== null).slice(-BARS);
  if (drawn.length > 1) {
    blocks.push({
      kind: 'chart',
      id: 'institutions',
      caption: words.chart,
      form: 'bar',
      unit: unitSign(w, comparison.unit),
      categories: drawn.map((r) => r.node.name),
      series: [
        { name: w.consumption.lastYear, values: drawn.map((r) => r.previous.value) },
        { name: w.ranking.now, values: drawn.map((r) => r.value) },
      ],
      description: words.chartSaid(drawn.map((r) => r.node.name).join(w.and)),
    });
  }
  return { id: 'ranking', heading: words.heading, blocks };
}

function movementText(movement: number | null, w: Words): string {
  if (movement === null) return w.institutions.newcomer;
  if (movement === 0) return w.institutions.unmoved;
  const by = fixed(Math.abs(movement), 0);
  return movement > 0 ? w.institutions.up(by) : w.institutions.down(by);
}
