/** Which settings hold at a node, and where each of them was made. */

import type { NodeInfo } from '../../../../server/http/schemas/estate.ts';
import type { PolicyItem } from '../../../../server/http/schemas/policy.ts';
import { bodyOf, type SettingBody } from './bodies.ts';

export const CHOICES = [
  'scheme',
  'factor_series',
  'factor_area',
  'heating_meters',
  'machine_room_meters',
  'it_meters',
  'apart_meters',
  'apart_nodes',
  'quotas',
] as const;
export type Choice = (typeof CHOICES)[number];

export interface Chosen {
  name: Choice;
  values: string[];
  /** here: at the node. above: at `node`. estate, builtin: for all. none: not at all. */
  from: 'here' | 'above' | 'estate' | 'builtin' | 'none';
  node: NodeInfo | null;
}

/** @param path from the root down to the node */
export function chosenAt(items: readonly PolicyItem[], path: readonly NodeInfo[]): Chosen[] {
  const byId = new Map(items.map((i) => [i.id, i]));
  const here = path.at(-1);
  return CHOICES.map((name): Chosen => {
    for (const node of [...path].reverse()) {
      const item = byId.get(`${name}:${node.id}`);
      if (item)
        return {
          name,
          values: bodyOf<SettingBody>(item).values,
          from: node === here ? 'here' : 'above',
          node,
        };
    }
    const all = byId.get(name);
    if (!all) return { name, values: [], from: 'none', node: null };
    return {
      name,
      values: bodyOf<SettingBody>(all).values,
      from: all.origin === 'own' ? 'estate' : 'builtin',
      node: null,
    };
  });
}
