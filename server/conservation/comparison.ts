import {
  COMPLETENESS_LIMIT,
  changedALot,
  changeOf,
  type Quartiles,
  quartileOf,
  quartilesOf,
  ranksOf,
} from '../domain/comparison.ts';
import type { Estate } from '../domain/estate.ts';
import type { IndicatorId, Lack } from '../domain/indicator.ts';
import type { Node } from '../domain/meter.ts';
import type { Note } from '../domain/standing.ts';
import { attributeOf } from './attributes.ts';
import { conversionOf } from './conversion.ts';
import { type IndicatorGround, type IndicatorValue, valuesOf } from './indicators.ts';
import type { Span } from './spans.ts';

/** Which institutions are put beside each other; null: whatever. */
export interface Kind {
  type: string | null;
  level: string | null;
}

export interface Compared {
  node: Node;
  rank: number | null;
  quartile: 1 | 2 | 3 | 4 | null;
  value: number | null;
  completeness: number;
  previous: { value: number | null; rank: number | null; completeness: number };
  /** Ranks that it moved down, to a smaller figure, since the period before; among those that have both. */
  movement: number | null;
  change: number | null;
  lacks: Lack[];
  notes: Note[];
}

export interface Comparison {
  unit: string;
  /** In which all of them are told, whatever their own settings are; null: nothing is converted by one. */
  scheme: string | null;
  quartiles: Quartiles | null;
  rows: Compared[];
  /** The kinds of all institutions below the node. */
  kinds: (Kind & { count: number })[];
}

/**
 * The institutions of a kind below a node by an indicator, the smallest figure first, those without one last.
 * All of them in one coefficient scheme: that of the node, unless another is asked for.
 * @param against the period that movement is told against
 * @throws RangeError where there is no such scheme
 */
export async function comparisonOf(
  ground: IndicatorGround,
  node: string,
  indicator: IndicatorId,
  kind: Kind,
  span: Span,
  against: Span,
  asked?: string,
): Promise<Comparison> {
  const { estate, policy } = ground;
  const all = institutionsBelow(estate, node);
  const chosen = all.filter(({ id }) => {
    const { type, level } = estate.classification(id);
    return (kind.type === null || type === kind.type) && (kind.level === null || level === kind.level);
  });
  const conversion = conversionOf(estate, policy, node, asked);
  const ids = chosen.map((n) => n.id);
  const found = await valuesOf(ground, ids, [indicator], [span, against], conversion.scheme.id);
  const figures = found.map(({ values }) => values[0] as [IndicatorValue, IndicatorValue]);
  const ranks = ranksOf(figures.map(([now]) => now.value));
  const before = ranksOf(figures.map(([, then]) => then.value));
  const moved = movements(figures.map(([now, then]) => [now.value, then.value]));
  const values = figures.flatMap(([now]) => now.value ?? []);
  const quartiles = quartilesOf(values);

  const rows = chosen.map((of, i): Compared => {
    const [now, then] = figures[i] as [IndicatorValue, IndicatorValue];
    const notes = fairness(estate, of.id, now, then, span, against);
    const own = conversionOf(estate, policy, of.id);
    const region = found[i]?.conversion.region ?? null;
    if (now.id.startsWith('energy') && asked === undefined && own.scheme.id !== conversion.scheme.id) {
      notes.push({ note: 'other_scheme', what: own.scheme.id });
    }
    if (now.id.startsWith('co2') && region !== conversion.region) {
      notes.push({ note: 'other_scheme', what: region ?? 'factor_area' });
    }
    return {
      node: of,
      rank: ranks[i] ?? null,
      quartile: now.value === null ? null : quartileOf(quartiles, now.value),
      value: now.value,
      completeness: now.completeness,
      previous: { value: then.value, rank: before[i] ?? null, completeness: then.completeness },
      movement: moved[i] ?? null,
      change: changeOf(now.value, then.value),
      lacks: now.lacks,
      notes,
    };
  });
  rows.sort(
    (a, b) =>
      (a.rank ?? Number.POSITIVE_INFINITY) - (b.rank ?? Number.POSITIVE_INFINITY) ||
      a.node.id.localeCompare(b.node.id),
  );
  const scheme = indicator.startsWith('energy') ? conversion.scheme.id : null;
  return { unit: unitOf(figures), scheme, quartiles, rows, kinds: kindsOf(estate, all) };
}

/** Those of the subtree, the node itself among them. */
export function institutionsBelow(estate: Estate, node: string): Node[] {
  return estate.subtree(node).filter((n) => n.kind === 'institution');
}

/** How many ranks each moved among those that are known in both periods: a newcomer moves nobody. */
function movements(pairs: readonly (readonly [number | null, number | null])[]): (number | null)[] {
  const both = pairs.map(([now, then]) => now !== null && then !== null);
  const now = ranksOf(pairs.map(([value], i) => (both[i] ? value : null)));
  const then = ranksOf(pairs.map(([, value], i) => (both[i] ? value : null)));
  return pairs.map((_, i) => {
    const [a, b] = [now[i] ?? null, then[i] ?? null];
    return a === null || b === null ? null : b - a;
  });
}

/** What somebody who reads the row should know before he judges it. */
function fairness(
  estate: Estate,
  node: string,
  now: IndicatorValue,
  then: IndicatorValue,
  span: Span,
  against: Span,
): Note[] {
  const notes: Note[] = [];
  if (now.value !== null && now.completeness < COMPLETENESS_LIMIT) {
    notes.push({ note: 'completeness', what: 'now' });
  }
  if (then.value !== null && then.completeness < COMPLETENESS_LIMIT) {
    notes.push({ note: 'completeness', what: 'before' });
  }
  const changed = (name: string): boolean =>
    changedALot(attributeOf(estate, node, name, span).value, attributeOf(estate, node, name, against).value);
  if (changed('floor_area_m2')) notes.push({ note: 'area_changed', what: 'floor_area_m2' });
  if (changed('heated_area_m2')) notes.push({ note: 'area_changed', what: 'heated_area_m2' });
  if (changed('people')) notes.push({ note: 'people_changed', what: 'people' });
  for (const { reason, what } of now.lacks) if (reason === 'partly_set') notes.push({ note: reason, what });
  return notes;
}

function unitOf(figures: readonly (readonly [IndicatorValue, IndicatorValue])[]): string {
  const known = figures.find(([now]) => now.value !== null) ?? figures[0];
  return known?.[0].unit ?? '';
}

function kindsOf(estate: Estate, nodes: readonly Node[]): Comparison['kinds'] {
  const kinds = new Map<string, Kind & { count: number }>();
  for (const { id } of nodes) {
    const { type, level } = estate.classification(id);
    const key = `${type} ${level}`;
    const known = kinds.get(key) ?? { type, level, count: 0 };
    kinds.set(key, { ...known, count: known.count + 1 });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
