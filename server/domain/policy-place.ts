import type { Estate } from './estate.ts';
import type { PolicyKind } from './policy.ts';
import { METER_SETTINGS } from './setting.ts';

/**
 * Where an item of the policy belongs, and what of the tree it names, told from its body as files and the HTTP
 * door have it: so that an item of the past, of which nothing else is kept, is judged like one in force.
 */

export type ShownBody = Readonly<Record<string, unknown>>;

/** Decided above and in force below, so that whoever is below may read it. */
const HANDED_DOWN: readonly PolicyKind[] = ['setting', 'deadline', 'limit'];

/** The node that an item is of; null: it is common to all. */
export function nodeOfItem(kind: PolicyKind, id: string, body: ShownBody): string | null {
  // The record of an institution has the id of its node.
  if (kind === 'institution') return id;
  return typeof body.node === 'string' ? body.node : null;
}

/** Whether somebody who sees this much of the tree may read an item. */
export function isItemSeen(estate: Estate, kind: PolicyKind, id: string, body: ShownBody): boolean {
  const node = nodeOfItem(kind, id, body);
  if (node === null || estate.node(node)) return true;
  return (
    HANDED_DOWN.includes(kind) &&
    estate.roots().some((root) => estate.path(root.id).some((above) => above.id === node))
  );
}

/** Every node and meter that an item names beside the node that it is of. */
export function namedIn(kind: PolicyKind, body: ShownBody): { nodes: string[]; meters: string[] } {
  const named = { nodes: [] as string[], meters: [] as string[] };
  replaceNames(kind, body, (what, ids) => {
    named[what].push(...ids);
    return ids;
  });
  return named;
}

/** The item without the names of nodes and meters that are not seen. */
export function withoutUnseen(estate: Estate, kind: PolicyKind, body: ShownBody): Record<string, unknown> {
  return replaceNames(kind, body, (what, ids) =>
    ids.filter((id) => (what === 'nodes' ? estate.node(id) : (estate.meter(id) ?? estate.virtual(id)))),
  );
}

type Replace = (what: 'nodes' | 'meters', ids: string[]) => string[];

function replaceNames(kind: PolicyKind, body: ShownBody, replace: Replace): Record<string, unknown> {
  if (kind === 'billing_account' && body.meters !== undefined) {
    return { ...body, meters: replace('meters', texts(body.meters)) };
  }
  if (kind === 'setting' && METER_SETTINGS.some((name) => name === body.name)) {
    return { ...body, values: replace('meters', texts(body.values)) };
  }
  if (kind === 'setting' && body.name === 'apart_nodes') {
    return { ...body, values: replace('nodes', texts(body.values)) };
  }
  if (kind === 'quota' && Array.isArray(body.exclusions)) {
    const exclusions = body.exclusions.map((e: unknown) =>
      typeof e === 'object' && e !== null && 'nodes' in e
        ? { ...e, nodes: replace('nodes', texts(e.nodes)) }
        : e,
    );
    return { ...body, exclusions };
  }
  return { ...body };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}
