/** Who a target can be split among, what is asked for, and the parts as they are typed. */

import type { IndicatorId } from '../../../../server/domain/indicator.ts';
import type { Carrier } from '../../../../server/domain/meter.ts';
import {
  indicatorOf,
  isExtensive,
  SPLIT_METHODS,
  type SplitMethod,
} from '../../../../server/domain/target.ts';
import type { NodeInfo } from '../../../../server/http/schemas/estate.ts';
import { typedNumber } from '../forms/numbers.ts';
import type { EstateTree } from '../state/tree.ts';
import type { Split, SplitBody, TargetDetail } from './types.ts';

/** What counts in no sum of energy. */
const NO_ENERGY: readonly Carrier[] = ['water', 'outdoor_temperature', 'indoor_temperature'];

export type Level = 'below' | 'institutions';

/** The nodes directly below, or the uppermost institutions, that meter what the target is about. */
export function nodesBelow(tree: EstateTree, node: string, indicator: IndicatorId, level: Level): NodeInfo[] {
  const { numerator } = indicatorOf(indicator);
  const measures = (n: NodeInfo): boolean =>
    numerator === 'energy' || numerator === 'co2'
      ? n.carriers.some((c) => !NO_ENERGY.includes(c))
      : n.carriers.includes(numerator);
  const found = (id: string): readonly NodeInfo[] =>
    level === 'below'
      ? tree.children(id)
      : tree.children(id).flatMap((n) => (n.kind === 'institution' ? [n] : found(n.id)));
  return found(node).filter(measures);
}

/** Amounts can be divided in each way; what is per m² or person is lowered at each node. */
export function methodsOf(indicator: IndicatorId): readonly SplitMethod[] {
  return isExtensive(indicator)
    ? SPLIT_METHODS
    : SPLIT_METHODS.filter((m) => m === 'reduction' || m === 'hand');
}

/**
 * What is sent. By hand amounts are given as they are saved; of what is not divided the reductions, which are
 * typed in per cent.
 * @param typed by node, in the unit that the table tells
 * @param divisor that unit in the unit of the indicator
 */
export function splitBody(
  choice: { method: SplitMethod; nodes: readonly string[] },
  typed: Readonly<Record<string, string>>,
  indicator: IndicatorId,
  divisor: number,
): SplitBody {
  const body: SplitBody = { method: choice.method, nodes: [...choice.nodes] };
  if (choice.method !== 'hand') return body;
  const factor = isExtensive(indicator) ? divisor : 0.01;
  const given = choice.nodes.flatMap((node): [string, number][] => {
    const value = typedNumber(typed[node] ?? '');
    return value === null ? [] : [[node, Number((value * factor).toPrecision(12))]];
  });
  return { ...body, by_hand: Object.fromEntries(given) };
}

/** The parts as typed text, to begin by hand from what was computed. */
export function typedOf(split: Split, divisor: number): Record<string, string> {
  return Object.fromEntries(
    split.parts.map((part): [string, string] => {
      const value = split.extensive
        ? part.value && part.value / divisor
        : part.reduction && part.reduction * 100;
      return [part.node, value === null ? '' : String(Number(value.toPrecision(12)))];
    }),
  );
}

/** How a split begins: as it was saved last, or by the base. */
export interface SplitStart {
  method: SplitMethod;
  level: Level;
  excluded: ReadonlySet<string>;
  typed: Record<string, string>;
}

/** @param divisor that of the unit in which amounts are typed */
export function splitStart(
  { indicator, split }: Pick<TargetDetail, 'indicator' | 'split'>,
  nodes: Readonly<Record<Level, readonly Pick<NodeInfo, 'id'>[]>>,
  divisor: number,
): SplitStart {
  const methods = methodsOf(indicator);
  const first = nodes.below.length > 0 ? 'below' : 'institutions';
  const usual = methods.includes('base') ? 'base' : (methods[0] ?? 'hand');
  if (!split) return { method: usual, level: first, excluded: new Set(), typed: {} };
  const has = (level: Level) => split.nodes.every((id) => nodes[level].some((n) => n.id === id));
  const level = has(first) ? first : has('institutions') ? 'institutions' : first;
  const told = (value: number) => (isExtensive(indicator) ? value / divisor : value * 100);
  return {
    method: split.method,
    level,
    excluded: new Set(nodes[level].map((n) => n.id).filter((id) => !split.nodes.includes(id))),
    typed: Object.fromEntries(
      Object.entries(split.by_hand).map(([id, value]) => [id, String(Number(told(value).toPrecision(12)))]),
    ),
  };
}
