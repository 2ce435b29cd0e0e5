import { quantityUnit } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Gateway, Node, NodeKind, VirtualMeter } from '../domain/meter.ts';
import type { FilePath, Issues } from './estate-document.ts';
import { checkCycles, type Draft, type Merged, merge, only, refer } from './estate-merge.ts';
import { checkPartCycles, checkParts } from './estate-parts.ts';
import type { Loose } from './estate-schema.ts';
import type { MeterEntry } from './meter-entry.ts';
import type { StoredProfile } from './profiles.ts';

export interface Drafts {
  nodes: readonly Draft<Node>[];
  meters: readonly Draft<MeterEntry>[];
  virtuals: readonly Draft<VirtualMeter>[];
  gateways: readonly Draft<Gateway>[];
  profiles: readonly Draft<StoredProfile>[];
}

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
  const points = merge<MeterEntry | VirtualMeter>(
    [...estate.meters, ...estate.virtuals],
    [...drafts.meters, ...drafts.virtuals],
    issues,
  );
  const meters = only(points, isReal);
  const virtuals = only(points, isVirtual);
  merge(estate.gateways, drafts.gateways, issues);
  merge([], drafts.profiles, issues);
  for (const { path, entry } of drafts.nodes) refer(nodes, 'node', entry.parent, [...path, 'parent'], issues);
  for (const { path, entry } of [...drafts.meters, ...drafts.virtuals]) {
    refer(nodes, 'node', entry.node, [...path, 'node'], issues);
    refer(points, 'meter', entry.parent, [...path, 'parent'], issues);
  }
  for (const { path, entry } of drafts.gateways) {
    refer(nodes, 'node', entry.node, [...path, 'node'], issues);
  }
  checkCycles(nodes, issues);
  checkCycles(points, issues);
  checkKinds(nodes, issues);
  checkNamespace(drafts, estate, issues);
  checkUpstream(points, issues);
  checkUnits(meters, issues);
  checkAddresses(meters, issues);
  checkParts(virtuals, points, issues);
  checkPartCycles(virtuals, issues);
}

/** Real and virtual meters share one namespace, so that an id alone names one of them. */
function checkNamespace(drafts: Drafts, estate: Estate, issues: Issues): void {
  const virtuals = new Set(estate.virtuals.map((v) => v.id));
  const taken = (path: FilePath, id: string | undefined, what: string): void =>
    issues.add([...path, 'id'], `${JSON.stringify(id)} is the id of a ${what} in the catalogue`);
  for (const { path, entry } of drafts.meters) {
    if (entry.id !== undefined && virtuals.has(entry.id)) taken(path, entry.id, 'virtual meter');
  }
  for (const { path, entry } of drafts.virtuals) {
    if (entry.id !== undefined && estate.meter(entry.id)) taken(path, entry.id, 'meter');
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

function checkUpstream(meters: Merged<MeterEntry | VirtualMeter>, issues: Issues): void {
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

function isVirtual(entry: Loose<MeterEntry> | Loose<VirtualMeter>): entry is Loose<VirtualMeter> {
  return 'plus' in entry;
}

function isReal(entry: Loose<MeterEntry> | Loose<VirtualMeter>): entry is Loose<MeterEntry> {
  return !isVirtual(entry);
}
