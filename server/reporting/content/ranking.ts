import { valuesOf } from '../../conservation/indicators.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { IndicatorId } from '../../domain/indicator.ts';
import type { Node } from '../../domain/meter.ts';
import type { Block, Row, Section } from '../model.ts';
import { tonnes } from './consumption.ts';
import { isComparable, type ReportGround } from './facts.ts';
import { known } from './indicators.ts';
import { fixed, percent, SAME } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { changeCell, column, notesOf, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** What the nodes directly below one used, the most first. */
export interface Ranking {
  rows: Ranked[];
  whole: number | null;
  /** Nodes below of which nothing is metered. */
  unmetered: number;
}

type ValueOf = Awaited<ReturnType<typeof valuesOf>>[number]['values'][number][number];

interface Ranked {
  node: Node;
  /** This month and the same one a year ago, in the order of `SHOWN`. */
  values: [now: ValueOf, lastYear: ValueOf][];
}

const SHOWN = [
  'energy',
  'energy_per_m2',
  'energy_per_person',
  'electricity',
  'water',
] as const satisfies readonly IndicatorId[];

/** All in the scheme of the node above, so that they can be put beside each other. */
export async function rankingOf(ground: ReportGround, node: Node, period: ReportPeriod): Promise<Ranking> {
  const { estate } = ground;
  const below = estate.children(node.id);
  const metered = below.filter((n) => ground.months.series(n.id).some((s) => !s.gauge));
  const spans = [period.inMonth.current, period.inMonth.lastYear];
  const [own] = await valuesOf(ground, [node.id], ['energy'], spans);
  const found = await valuesOf(
    ground,
    metered.map((n) => n.id),
    SHOWN,
    spans,
    own?.conversion.scheme.id,
  );
  const rows = metered.map((n, i): Ranked => {
    const values = (found[i]?.values ?? []).map((v) => [v[0], v[1]] as [ValueOf, ValueOf]);
    return { node: n, values };
  });
  const size = (r: Ranked): number => r.values[0]?.[0].value ?? Number.NEGATIVE_INFINITY;
  rows.sort((a, b) => size(b) - size(a) || a.node.name.localeCompare(b.node.name, 'zh'));
  return { rows, whole: own?.values[0]?.[0]?.value ?? null, unmetered: below.length - metered.length };
}

/** Rows of the table, and bars of the chart. */
const ROWS = 200;
const BARS = 15;

/** @returns null where nothing is below the node */
export function rankingSection({ rows, whole, unmetered }: Ranking, w: Words): Section | null {
  if (rows.length === 0) return null;
  const words = w.ranking;
  const all = rows.slice(0, ROWS).map((r, i) => rowOf(r, i + 1, whole, w));
  const units = rows[0]?.values.map(([now]) => unitSign(w, now.unit)) ?? [];
  const blocks: Block[] = [
    {
      kind: 'table',
      id: 'ranking',
      caption: words.caption,
      columns: [
        column.number('rank', words.rank, '', 0),
        column.text('node', words.node),
        column.number('energy', words.energy, 'tce', 2),
        column.share('share', words.share),
        column.number('last_year', words.lastYear, 'tce', 2),
        column.change('change', words.change, ['energy', 'last_year']),
        column.number('per_m2', w.indicatorNames.energy_per_m2, units[1] ?? '', 2),
        column.number('per_person', w.indicatorNames.energy_per_person, units[2] ?? '', 2),
        column.number('electricity', w.carriers.electricity, units[3] ?? '', 2),
        column.number('water', w.carriers.water, units[4] ?? '', 2),
        column.share('completeness', words.completeness),
      ],
      rows: all,
      notes: [
        words.note,
        ...(unmetered > 0 ? [words.unmetered(fixed(unmetered, 0))] : []),
        ...(rows.length > ROWS ? [w.more(fixed(rows.length - ROWS, 0))] : []),
        ...notesOf(w, all),
      ],
    },
  ];
  const drawn = rows.filter((r) => r.values[0]?.[0].value != null).slice(0, BARS);
  if (drawn.length > 1) {
    blocks.push({
      kind: 'chart',
      id: 'ranking',
      caption: words.chart,
      form: 'bar',
      unit: 'tce',
      categories: drawn.map((r) => r.node.name),
      series: [
        { name: words.lastYear, values: drawn.map((r) => tonnes(r.values[0]?.[1].value ?? null)) },
        { name: words.now, values: drawn.map((r) => tonnes(r.values[0]?.[0].value ?? null)) },
      ],
      description: words.chartSaid(drawn.map((r) => r.node.name).join(w.and)),
    });
  }
  return { id: 'ranking', heading: words.heading, blocks };
}

function rowOf({ node, values }: Ranked, rank: number, whole: number | null, w: Words): Row {
  const [energy, perM2, perPerson, electricity, water] = values as [
    [ValueOf, ValueOf],
    [ValueOf, ValueOf],
    [ValueOf, ValueOf],
    [ValueOf, ValueOf],
    [ValueOf, ValueOf],
  ];
  const [now, then] = energy;
  const cell = (v: ValueOf): Row['cells'][string] => numberCell(w, v.value, v.lacks);
  return {
    kind: 'row',
    cells: {
      rank: now.value === null ? { value: null, lack: w.ranking.unranked } : { value: rank },
      node: textCell(node.name),
      energy: numberCell(w, tonnes(now.value), now.lacks),
      share: numberCell(w, changeOf(now.value, whole) === null ? null : (now.value ?? 0) / (whole ?? 1)),
      last_year: numberCell(w, tonnes(then.value), then.lacks),
      change: changeCell(w, known(now), known(then)),
      per_m2: cell(perM2[0]),
      per_person: cell(perPerson[0]),
      electricity: cell(electricity[0]),
      water: cell(water[0]),
      completeness: { value: now.completeness },
    },
  };
}

/** Who uses most, and whose use rose most among those that can be compared. */
export function rankingTexts({ rows, whole }: Ranking, w: Words): string[] {
  const words = w.ranking;
  const [first] = rows;
  const most = first?.values[0]?.[0].value ?? null;
  if (!first || rows.length < 2 || most === null || !whole) return [];
  const parts = [words.most(first.node.name, percent(most / whole))];
  const rises = rows.flatMap(({ node, values }) => {
    const [now, then] = values[0] ?? [];
    if (!now || !then || !isComparable(known(now), known(then))) return [];
    const change = changeOf(now.value, then.value);
    return change !== null && change >= SAME ? [{ node, change }] : [];
  });
  rises.sort((a, b) => b.change - a.change);
  const [rise] = rises;
  if (rise) parts.push(words.rose(fixed(rises.length, 0), rise.node.name, percent(rise.change)));
  return [parts.join(w.comma) + w.stop];
}
