import type { Estate } from './estate.ts';
import type { Source } from './scheme.ts';

/** What the checks before filing hold figures against. A limit of a node holds for everything below it. */
export const LIMITS = [
  /** 同比: change against the like month of last year, as a share. */
  'change_last_year',
  /** 定比: change against the like month of the base year of a target, as a share. */
  'change_base',
  /** Change of people and of floor area against the like month of last year, as a share. */
  'people_change',
  'area_change',
  /** Least completeness of a month, 0–1. */
  'completeness',
  /** Where no reference price is set: difference from the mean price of the 12 months before, as a share. */
  'price_change',
  /** Sub-meters above their main, as a share of the main. */
  'balance',
  /** Difference of metered and billed quantity, as a share of the billed. */
  'bill_difference',
] as const;
export type LimitName = (typeof LIMITS)[number];

export interface Limit {
  /** `name`, or `name:node`. */
  id: string;
  name: LimitName;
  node: string | null;
  /** A share, 0–1 or above. */
  value: number;
  source: Source;
}

/** The limit that holds at a node: its own, or that of the nearest node above, or that of the estate. */
export function limitAt(
  estate: Estate,
  node: string,
  name: LimitName,
  find: (id: string) => Limit | undefined,
): Limit | null {
  for (const { id } of estate.path(node).reverse()) {
    const own = find(limitId(name, id));
    if (own) return own;
  }
  return find(name) ?? null;
}

export function limitId(name: LimitName, node: string | null): string {
  return node === null ? name : `${name}:${node}`;
}
