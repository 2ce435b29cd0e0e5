import { Document, isMap, isSeq, visit } from 'yaml';
import type { Estate } from '../domain/estate.ts';
import type { Epoch, Meter, Node, VirtualMeter } from '../domain/meter.ts';
import type { Zone } from '../domain/time.ts';
import type { EstateFile, ExchangeInFile, MeterInFile, NodeInFile, VirtualInFile } from './estate-file.ts';
import type { StoredProfile } from './profiles.ts';

/**
 * An estate as the text of an estate file; applied to an empty catalogue it gives the same estate. A part of one
 * becomes a whole of its own: what it hangs on elsewhere is left out, and virtual meters that are made of it.
 */
export function exportEstateFile(estate: Estate, profiles: readonly StoredProfile[]): string {
  const { zone } = estate;
  const virtuals = standing(estate);
  const ids = new Set([...estate.meters, ...virtuals].map((m) => m.id));
  const rooted = <T extends { parent: string | null }>(m: T): T =>
    m.parent === null || ids.has(m.parent) ? m : { ...m, parent: null };
  const file: EstateFile = {
    version: 1,
    timezone: zone.name,
    nodes: estate.nodes.map(nodeInFile),
    meters: estate.meters.map((m) => meterInFile(rooted(m), zone)),
    ...(virtuals.length > 0 && { virtual: virtuals.map((v) => virtualInFile(rooted(v))) }),
    ...(estate.gateways.length > 0 && {
      gateways: estate.gateways.map((g) => ({ id: g.id, name: g.name, ...(g.node && { node: g.node }) })),
    }),
    ...(profiles.length > 0 && { profiles: [...profiles] }),
  };
  // Equal parts are written out each time: an anchor would tie things together that only happen to agree.
  const document = new Document(file, { aliasDuplicateObjects: false });
  // Dated values and exchanges read best one to a line.
  visit(document, {
    Pair(_, pair) {
      const key = String(pair.key);
      if (key === 'profiles') return visit.SKIP;
      if (key === 'attributes' && isMap(pair.value)) {
        for (const { value } of pair.value.items) if (isSeq(value)) flowItems(value.items);
      }
      if ((key === 'plus' || key === 'minus') && isSeq(pair.value)) pair.value.flow = true;
      if (key === 'exchanges' && isSeq(pair.value)) flowItems(pair.value.items);
      return undefined;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The virtual meters of which every part is there, down to the real ones. */
function standing({ meters, virtuals }: Estate): readonly VirtualMeter[] {
  const ids = new Set([...meters, ...virtuals].map((m) => m.id));
  for (let left = virtuals; ; ) {
    const next = left.filter((v) => [...v.plus, ...v.minus].every((part) => ids.has(part)));
    if (next.length === left.length) return next;
    for (const v of left) if (!next.includes(v)) ids.delete(v.id);
    left = next;
  }
}

function flowItems(items: readonly unknown[]): void {
  for (const item of items) if (isMap(item)) item.flow = true;
}

function nodeInFile(node: Node): NodeInFile {
  // In a fixed order, so that equal estates are equal files.
  const attributes = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id: node.id,
    name: node.name,
    kind: node.kind,
    ...(node.parent && { parent: node.parent }),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(node.classification && {
      classification: Object.fromEntries(Object.entries(node.classification).filter(([, v]) => v !== null)),
    }),
  };
}

function meterInFile(m: Meter, zone: Zone): MeterInFile {
  const base = m.epochs[0] as Epoch;
  const exchanges = m.epochs.slice(1).map((e, i) => exchangeInFile(m.epochs[i] as Epoch, e, zone));
  return {
    id: m.id,
    name: m.name,
    node: m.node,
    carrier: m.carrier,
    ...(m.item && { item: m.item }),
    ...(m.parent && { parent: m.parent }),
    ...(m.address && { address: m.address }),
    register: m.register,
    unit: m.unit,
    ...(m.direction !== 'in' && { direction: m.direction }),
    ...(m.volatile && { volatile: true }),
    multiplier: base.multiplier,
    ...(base.rolloverAt !== null && { rollover_at: base.rolloverAt }),
    ...(base.maxRate !== null && { max_rate: base.maxRate }),
    interval_s: m.intervalS,
    ...(m.intervalLabel !== 'start' && { interval_label: m.intervalLabel }),
    ...(base.from !== null && { from: zone.iso(base.from) }),
    ...(base.initial !== null && { initial: base.initial }),
    ...(exchanges.length > 0 && { exchanges }),
  };
}

function virtualInFile(v: VirtualMeter): VirtualInFile {
  return {
    id: v.id,
    name: v.name,
    node: v.node,
    carrier: v.carrier,
    ...(v.item && { item: v.item }),
    ...(v.parent && { parent: v.parent }),
    plus: v.plus,
    ...(v.minus.length > 0 && { minus: v.minus }),
  };
}

function exchangeInFile(before: Epoch, after: Epoch, zone: Zone): ExchangeInFile {
  return {
    at: zone.iso(after.from as number),
    ...(before.final !== null && { final: before.final }),
    // A register that goes on shows one value there.
    ...(after.initial !== null && !after.continues && { initial: after.initial }),
    ...(after.continues && { continues: true }),
    // Only what changed; null says that what was known of the old device is not known of the new one.
    ...(after.multiplier !== before.multiplier && { multiplier: after.multiplier }),
    ...(after.rolloverAt !== before.rolloverAt && { rollover_at: after.rolloverAt }),
    ...(after.maxRate !== before.maxRate && { max_rate: after.maxRate }),
    ...(after.note !== null && { note: after.note }),
  };
}
