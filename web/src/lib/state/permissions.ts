import type { Permission } from '../../../../server/domain/access.ts';
import type { View } from './router.svelte.ts';

/** A permission, and the topmost nodes where it is held; null: everywhere. */
export interface Held {
  permission: Permission;
  nodes: readonly string[] | null;
}

/**
 * Whether a permission is held at a node.
 * @param path the node and those above it, in any order; empty: on everything; undefined: anywhere at all
 */
export function holds(held: readonly Held[], permission: Permission, path?: readonly string[]): boolean {
  return held.some(
    (h) =>
      h.permission === permission && (h.nodes === null || !path || path.some((n) => h.nodes?.includes(n))),
  );
}

/** What a page asks for, one of them; pages that are not named here show figures. */
const NEEDED: Partial<Record<View, readonly Permission[]>> = {
  health: ['tree'],
  start: ['meter'],
  target: ['supervise'],
  split: ['supervise'],
  operations: ['operate'],
  people: ['people'],
  devices: ['devices'],
  audit: ['audit'],
};

export function neededFor(view: View): readonly Permission[] {
  return NEEDED[view] ?? ['read'];
}

/** Pages that belong to the person, not to the estate: they stand without one. */
export const OF_PERSON: readonly View[] = ['desk', 'account', 'people', 'devices', 'audit', 'operations'];
