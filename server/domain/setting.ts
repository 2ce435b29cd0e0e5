import type { Estate } from './estate.ts';

/**
 * What people choose once for a part of the tree. A setting of a node holds for everything below it that has
 * none of its own; one without a node holds for the whole estate.
 */
export const SETTINGS = [
  /** The coefficient scheme in which energy is told. */
  'scheme',
  /** The series of emission factors, e.g. `mee-average`. */
  'factor_series',
  /** Whose factor counts for electricity: `national`, `grid` or `province` (of the node's region code). */
  'factor_area',
  /** Meters that serve heating beside those of the carrier heat, e.g. of gas boilers. */
  'heating_meters',
  /** All that a machine room draws; without it the sub-item 01D10. */
  'machine_room_meters',
  /** What the IT equipment in it draws; without it the sub-item 01D1A. */
  'it_meters',
  /** Meters and nodes of what a quota does not count, e.g. kitchens; beside the sub-item 01D00. */
  'apart_meters',
  'apart_nodes',
  /** Rows of quotas that somebody chose, where the classification leaves more than one. */
  'quotas',
] as const;
export type SettingName = (typeof SETTINGS)[number];

/** Those whose value names meters. */
export const METER_SETTINGS: readonly SettingName[] = [
  'heating_meters',
  'machine_room_meters',
  'it_meters',
  'apart_meters',
];

export const FACTOR_AREAS = ['national', 'grid', 'province'] as const;
export type FactorArea = (typeof FACTOR_AREAS)[number];

export interface Setting {
  /** `name`, or `name:node`. */
  id: string;
  name: SettingName;
  node: string | null;
  /** One word, or ids of meters. */
  values: readonly string[];
}

export interface SettingOf {
  values: readonly string[];
  /** The node that it was set for; null: for the whole estate, or shipped. */
  node: string | null;
}

export function settingId(name: SettingName, node: string | null): string {
  return node === null ? name : `${name}:${node}`;
}

/**
 * The setting that holds at a node: its own, or that of the nearest node above, or that of the estate.
 * @param find looks a setting up by its id
 */
export function settingAt(
  estate: Estate,
  node: string,
  name: SettingName,
  find: (id: string) => Setting | undefined,
): SettingOf | null {
  for (const { id } of estate.path(node).reverse()) {
    const own = find(settingId(name, id));
    if (own) return { values: own.values, node: id };
  }
  const all = find(name);
  return all ? { values: all.values, node: null } : null;
}
