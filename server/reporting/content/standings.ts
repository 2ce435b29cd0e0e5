import { valuesOf } from '../../conservation/indicators.ts';
import { runningYear } from '../../conservation/target-year.ts';
import { baseOf, isSure, yearSpan } from '../../conservation/targets.ts';
import type { Node } from '../../domain/meter.ts';
import { type Target, targetValue } from '../../domain/target.ts';
import { isComplete, type ReportGround } from './facts.ts';

/** Where a target of an institution stands, without a forecast: those of a whole city would take minutes. */
export interface TargetStanding {
  node: Node;
  target: Target;
  unit: string;
  /** What the year may come to, and what its curve gives to the part that is over. */
  budget: number | null;
  expected: number | null;
  actual: number | null;
  completeness: number;
  /** (actual − expected) ÷ expected; null: not known, or the base was measured in part. */
  share: number | null;
}

/** The targets of nodes that hold in a year, as far as it is over at the ground's `now`. */
export async function standingsOf(
  ground: ReportGround,
  nodes: readonly Node[],
  year: number,
): Promise<TargetStanding[]> {
  const byNode = Map.groupBy(
    ground.policy.list('target').filter((t) => t.baseYear < year && year <= t.endYear),
    (t) => t.node,
  );
  const out: TargetStanding[] = [];
  for (const node of nodes) {
    for (const target of byNode.get(node.id) ?? []) out.push(await standingOf(ground, node, target, year));
  }
  return out;
}

async function standingOf(
  ground: ReportGround,
  node: Node,
  target: Target,
  year: number,
): Promise<TargetStanding> {
  const { zone } = ground.estate;
  const whole = yearSpan(ground, year);
  const [found] = await valuesOf(
    ground,
    [node.id],
    [target.indicator],
    [yearSpan(ground, target.baseYear), { from: whole.from, to: Math.min(whole.to, ground.now) }],
    target.scheme ?? undefined,
  );
  const [measured, value] = found?.values[0] ?? [];
  const from = baseOf(target, measured);
  const wanted = targetValue(target, from.value, year);
  const sure = isSure(from);
  const base = { node, target, unit: value?.unit ?? '' };
  if (ground.now >= whole.to) {
    const actual = value?.value ?? null;
    const completeness = value?.completeness ?? 0;
    return {
      ...base,
      budget: wanted,
      expected: wanted,
      actual,
      completeness,
      share: sure ? shareOf(actual, wanted) : null,
    };
  }
  const until = zone.startOf('day', ground.now);
  const outlook = { year, from: whole.from, until, history: [], forecast: null, lacks: [] };
  const running = await runningYear(ground, target, wanted, outlook);
  const { budget, actual, raw, completeness } = running;
  return {
    ...base,
    unit: running.unit,
    budget,
    expected: raw?.expected ?? null,
    actual,
    completeness,
    share: sure ? shareOf(actual, raw?.expected ?? null) : null,
  };
}

function shareOf(actual: number | null, expected: number | null): number | null {
  return actual === null || expected === null || expected <= 0 ? null : actual / expected - 1;
}

/** Above its curve for certain: what is not known can only add to it. */
export function isBehind({ share }: TargetStanding): boolean {
  return share !== null && share > 0;
}

/** Whether enough is known to say that it keeps to its curve. */
export function isKept(of: TargetStanding): boolean {
  return of.share !== null && of.share <= 0 && isComplete(of);
}
