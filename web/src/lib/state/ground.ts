/** A figure of a page, named so that its ground can be looked up and linked to. */
import type { Carrier } from '../../../../server/domain/meter.ts';
import type { Zone } from '../../../../server/domain/time.ts';

export interface GroundRef {
  /** meter: a real or a virtual one; several, with commas between, where the figure is their sum. */
  kind: 'node' | 'meter';
  id: string;
  /** Of a node. */
  carrier: Carrier | null;
  /** [from, to), epoch ms */
  from: number;
  to: number;
}

export function nodeGround(id: string, carrier: Carrier, period: { from: string; to: string }): GroundRef {
  return { kind: 'node', id, carrier, from: Date.parse(period.from), to: Date.parse(period.to) };
}

export function meterGround(id: string, period: { from: string; to: string }): GroundRef {
  return { kind: 'meter', id, carrier: null, from: Date.parse(period.from), to: Date.parse(period.to) };
}

/** As it stands in the address: node*gov*electricity*2026-11-01*2026-12-01; midnights are dates. */
export function groundText(ref: GroundRef, zone: Zone): string {
  const instant = (at: number): string => {
    const text = zone.iso(at);
    return zone.startOf('day', at) === at ? text.slice(0, 10) : text;
  };
  return [ref.kind, ref.id, ref.carrier ?? '', instant(ref.from), instant(ref.to)].join('*');
}

/** A figure of an address, its instants as the address has them. */
export interface GroundPlace {
  kind: GroundRef['kind'];
  ids: string[];
  carrier: string | null;
  from: string;
  to: string;
}

/** @returns null for what names no figure */
export function parseGround(text: string): GroundPlace | null {
  const [kind, id, carrier, from, to, ...rest] = text.split('*');
  if ((kind !== 'node' && kind !== 'meter') || !id || !from || !to || rest.length > 0) return null;
  return { kind, ids: kind === 'meter' ? id.split(',') : [id], carrier: carrier || null, from, to };
}
