import { positionsOf, type QuotaYear } from '../../conservation/quotas.ts';
import type { Check } from './check.ts';
import type { Checked } from './sources.ts';

/**
 * Where the 12 months that end with the month stand outside 引导值–约束值 of a quota. Above it is to be explained
 * (条例 art. 17); below it may be good, or something is not counted.
 */
export async function intensityChecks({ sources, node, span }: Checked): Promise<Check[]> {
  const { zone } = sources.estate;
  // A quota is of whole months.
  const to = span.to <= sources.now ? span.to : span.from;
  const year: QuotaYear = { from: zone.startOf('month', zone.shift(to, 'year', -1)), to, year: null };
  const positions = await positionsOf(sources, node, year);
  return positions.flatMap((p): Check[] => {
    if (p.quota === null || p.value === null) return [];
    const { constraint, leading } = p.quota.values;
    const above = p.verdict === 'above_constraint';
    const below = leading !== null && p.value < leading;
    if (!above && !below) return [];
    const bound = above ? constraint : leading;
    return [
      {
        id: `intensity:${p.metric}`,
        kind: 'intensity',
        severity: above ? 'must' : 'should',
        what: {
          carrier: null,
          id: p.quota.id,
          name: p.quota.standard,
          before: bound,
          against: p.metric,
        },
        link: { view: 'quotas', params: { node } },
        figure: {
          value: p.value,
          unit: p.quota.unit,
          share: bound === null ? null : p.value / bound - 1,
          low: leading,
          high: constraint,
        },
      },
    ];
  });
}
