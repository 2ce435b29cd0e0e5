import type { Explanation } from '../domain/explanation.ts';
import type { Lack } from '../domain/indicator.ts';
import type { Node } from '../domain/meter.ts';
import { institutionsBelow } from './comparison.ts';
import type { Sources } from './ground.ts';
import { type Position, positionsOf, type QuotaYear, rowsOf } from './quotas.ts';
import { meterSeries } from './series.ts';

/** An explanation that is due or was written, with the figure as it is computed now. */
export interface Explained {
  node: Node;
  id: string;
  /** Undefined: due, nothing written yet. */
  written: Explanation | undefined;
  /** Undefined: the row that it was about no longer holds for the institution. */
  position: Position | undefined;
}

export interface ExplanationsOf {
  rows: Explained[];
  /** Institutions of which cannot be told whether they keep a quota. */
  unknown: { node: Node; lacks: Lack[] }[];
}

/**
 * Who has to explain a year's consumption to the bureau, and who has: every institution at or below the node
 * that was above the constraint value of a quota.
 * @param year a calendar year
 */
export async function explanationsOf(
  sources: Sources,
  node: string,
  year: QuotaYear,
): Promise<ExplanationsOf> {
  const { estate, policy } = sources;
  const inside = new Map(estate.subtree(node).map((n) => [n.id, n]));
  const written = policy.list('explanation').filter((e) => e.year === year.year && inside.has(e.node));
  const asked = new Set([...institutionsBelow(estate, node).map((n) => n.id), ...written.map((e) => e.node)]);
  if (asked.size === 0) asked.add(node);

  // One question to the store for all of them; without it each institution asks its own.
  await sources.months.perMonth(estate.metersBelow(node).map(meterSeries), year.from, year.to);
  const quotaRows = rowsOf(sources, year);
  const rows: Explained[] = [];
  const unknown: ExplanationsOf['unknown'] = [];
  for (const id of asked) {
    const of = inside.get(id);
    if (!of) continue;
    const positions = await positionsOf(sources, id, year, quotaRows);
    const seen = new Set<string>();
    for (const position of positions) {
      const { explanation } = position;
      if (!explanation) continue;
      seen.add(explanation.id);
      rows.push({
        node: of,
        id: explanation.id,
        written: policy.get('explanation', explanation.id),
        position,
      });
    }
    for (const one of written) {
      if (one.node === id && !seen.has(one.id)) {
        rows.push({ node: of, id: one.id, written: one, position: undefined });
      }
    }
    const lacks = positions.filter((p) => p.value === null).flatMap((p) => p.lacks);
    if (lacks.length > 0) unknown.push({ node: of, lacks: distinct(lacks) });
  }
  return { rows, unknown };
}

function distinct(lacks: readonly Lack[]): Lack[] {
  return [...new Map(lacks.map((l) => [`${l.reason} ${l.what} ${l.node ?? ''}`, l])).values()];
}
