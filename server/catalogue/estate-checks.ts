import { quantityUnit } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Gateway, Node, NodeKind } from '../domain/meter.ts';
import { type FilePath, type Issues, spellPath } from './estate-document.ts';
import type { Loose } from './estate-schema.ts';
import type { MeterEntry } from './meters.ts';
import type { StoredProfile } from './profiles.ts';

/** An entry of the file as far as it could be read; what is wrong inside it has been said already. */
export interface Draft<T> {
  path: FilePath;
  entry: Loose<T>;
}

export interface Drafts {
  nodes: readonly Draft<Node>[];
  meters: readonly Draft<MeterEntry>[];
  gateways: readonly Draft<Gateway>[];
  profiles: readonly Draft<StoredProfile>[];
}

/** What stands there once the file is applied; `path` is null for what only the catalogue has. */
type Merged<T> = Map<string, { path: FilePath | null; entry: Loose<T> }>;

/** A node of the kind may stand below these; any may stand at the top. */
const PARENT_KINDS: Record<NodeKind, readonly NodeKind[]> = {
  region: ['region'],
  institution: ['region', 'institution', 'building'],
  building: ['region', 'institution', 'building'],
  space: ['region', 'institution', 'building', 'space'],
};

/**
 * Checks what has to agree between the entries of a file, and between them and the catalogue: the rules
 * hold for the estate as it would be afterwards.
 */
export function checkEstate(drafts: Drafts, estate: Estate, issues: Issues): void {
  const nodes = merge(estate.nodes, drafts.nodes, issues);
  const meters = merge<MeterEntry>(estate.meters, drafts.meters, issues);
  merge(estate.gateways, drafts.gateways, issues);
  merge([], drafts.profiles, issues);
  for (const { path, entry } of drafts.nodes) refer(nodes, 'node', entry.parent, [...path, 'parent'], issues);
  for (const { path, entry } of drafts.meters) {
    refer(nodes, 'node', entry.node, [...path, 'node'], issues);
    refer(meters, 'meter', entry.parent, [...path, 'parent'], issues);
  }
  for (const { path, entry } of drafts.gateways) {
    refer(nodes, 'node', entry.node, [...path, 'node'], issues);
  }
  checkCycles(nodes, issues);
  checkCycles(meters, issues);
  checkKinds(nodes, issues);
  checkUpstream(meters, issues);
  checkUnits(meters, issues);
  checkAddresses(meters, issues);
}

function merge<T extends { id: string }>(
  present: readonly T[],
  drafts: readonly Draft<T>[],
  issues: Issues,
): Merged<T> {
  const merged: Merged<T> = new Map(present.map((entry) => [entry.id, { path: null, entry }]));
  for (const { path, entry } of drafts) {
    if (entry.id === undefined) continue;
    const first = merged.get(entry.id)?.path;
    if (first)
      issues.add([...path, 'id'], `${JSON.stringify(entry.id)} is the id of ${spellPath(first)} already`);
    else merged.set(entry.id, { path, entry });
  }
  return merged;
}

function refer<T>(
  merged: Merged<T>,
  what: string,
  id: string | null | undefined,
  path: FilePath,
  issues: Issues,
): void {
  if (id === undefined || id === null || merged.has(id)) return;
  issues.add(path, `there is no ${what} ${JSON.stringify(id)}, neither in the file nor in the catalogue`);
}

function checkCycles<T extends { parent: string | null }>(merged: Merged<T>, issues: Issues): void {
  const parentOf = (id: string): string | null => merged.get(id)?.entry.parent ?? null;
  const order = new Map([...merged].filter(([, { path }]) => path).map(([id], i) => [id, i]));
  const done = new Set<string>();
  for (const start of merged.keys()) {
    const walk: string[] = [];
    const steps = new Map<string, number>();
    let id: string | null = start;
    while (id !== null && !done.has(id) && !steps.has(id)) {
      steps.set(id, walk.length);
      walk.push(id);
      id = parentOf(id);
    }
    for (const seen of walk) done.add(seen);
    const loop = id === null ? undefined : steps.get(id);
    if (loop === undefined) continue;
    const cycle = walk.slice(loop);
    // Said at the first of them in the file; the catalogue alone has no cycle, so there is one.
    const rank = (member: string): number => order.get(member) ?? Number.POSITIVE_INFINITY;
    const first = cycle.reduce((a, b) => (rank(b) < rank(a) ? b : a));
    const named = [...cycle.slice(cycle.indexOf(first)), ...cycle.slice(0, cycle.indexOf(first)), first];
    issues.add([...(merged.get(first)?.path ?? []), 'parent'], `makes a cycle: ${named.join(' → ')}`);
  }
}

/** Calls `check` for each child and parent of which the file has at least one. */
function eachPair<T extends { parent: string | null }>(
  merged: Merged<T>,
  check: (child: Loose<T>, parent: Loose<T>, childPath: FilePath | null, parentPath: FilePath | null) => void,
): void {
  for (const child of merged.values()) {
    const parent = child.entry.parent == null ? undefined : merged.get(child.entry.parent);
    if (parent && (child.path || parent.path)) check(child.entry, parent.entry, child.path, parent.path);
  }
}

function checkKinds(nodes: Merged<Node>, issues: Issues): void {
  eachPair(nodes, (child, parent, childPath, parentPath) => {
    if (!child.kind || !parent.kind || PARENT_KINDS[child.kind].includes(parent.kind)) return;
    const allowed = PARENT_KINDS[child.kind].join(', ');
    const message = `a ${child.kind} stands below ${allowed} or at the top, not below the ${parent.kind}`;
    if (childPath) issues.add([...childPath, 'parent'], `${message} ${JSON.stringify(parent.id)}`);
    else issues.add([...(parentPath ?? []), 'kind'], `${message} that ${JSON.stringify(child.id)} is in`);
  });
}

function checkUpstream(meters: Merged<MeterEntry>, issues: Issues): void {
  eachPair(meters, (child, parent, childPath, parentPath) => {
    if (!child.carrier || !parent.carrier || child.carrier === parent.carrier) return;
    if (childPath) {
      issues.add(
        [...childPath, 'parent'],
        `${JSON.stringify(parent.id)} is a meter of ${parent.carrier}, this one of ${child.carrier}`,
      );
    } else {
      issues.add(
        [...(parentPath ?? []), 'carrier'],
        `${JSON.stringify(child.id)} below it is a meter of ${child.carrier}`,
      );
    }
  });
}

/** Meters of a carrier are added up, so their quantities have one unit; a gauge is never added up. */
function checkUnits(meters: Merged<MeterEntry>, issues: Issues): void {
  const first = new Map<string, { id: string; quantity: string }>();
  // What the catalogue has and the file leaves alone says the unit; otherwise the first in the file does.
  const ordered = [...meters.values()].sort((a, b) => Number(a.path !== null) - Number(b.path !== null));
  for (const { path, entry } of ordered) {
    const { id, carrier, unit, register } = entry;
    if (!id || !carrier || !unit || !register || register === 'gauge') continue;
    const quantity = quantityUnit({ register, unit });
    const known = first.get(carrier);
    if (!known) first.set(carrier, { id, quantity });
    else if (path && known.quantity !== quantity) {
      issues.add(
        [...path, 'unit'],
        `makes ${quantity}, but ${JSON.stringify(known.id)} counts ${carrier} in ${known.quantity}, and the two ` +
          'are added up: choose one unit and put the conversion into multiplier',
      );
    }
  }
}

/** A payload profile finds a meter by its address, or by its id: either may lead to one meter only. */
function checkAddresses(meters: Merged<MeterEntry>, issues: Issues): void {
  const owners = new Map<string, { id: string; path: FilePath | null }>();
  for (const [id, { path, entry }] of meters) {
    if (!entry.address) continue;
    const at = (p: FilePath | null): FilePath => [...(p ?? []), 'address'];
    const owner = owners.get(entry.address);
    if (owner) {
      const [here, other] = path ? [path, owner.id] : [owner.path, id];
      issues.add(
        at(here),
        `${JSON.stringify(entry.address)} is the address of ${JSON.stringify(other)} already`,
      );
    } else {
      owners.set(entry.address, { id, path });
    }
    const namesake = entry.address === id ? undefined : meters.get(entry.address);
    if (!namesake || !(path || namesake.path)) continue;
    if (path) issues.add(at(path), `${JSON.stringify(entry.address)} is the id of another meter`);
    else issues.add([...(namesake.path ?? []), 'id'], `is the address of ${JSON.stringify(id)} already`);
  }
}
