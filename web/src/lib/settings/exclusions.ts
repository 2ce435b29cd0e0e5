/** What a quota does not count, and how it makes unlike use comparable: the rows of its form. */
import { typedList, typedNumber } from '../forms/numbers.ts';
import type { CorrectionBody, ExclusionBody } from './bodies.ts';

/** Names that the standards use; any other may be typed into a file. */
export const EXCLUDED = ['machine_room', 'special', 'kitchen', 'outdoor_lighting'] as const;
export const METERS_BY = ['machine_room_meters', 'apart_meters'] as const;
/** Attributes that tell the area of what is measured apart. */
export const AREAS = ['machine_room_area_m2', 'special_area_m2'] as const;

export interface ExclusionRow {
  what: string;
  /** Codes with commas between. */
  items: string;
  metersBy: string;
  /** The parts of the building that the setting `apart_nodes` names. */
  byNodes: boolean;
  area: string;
  /** Nodes that a file names: they stay. */
  nodes: readonly string[];
}

export function exclusionRow(of: ExclusionBody | null): ExclusionRow {
  return {
    what: of?.what ?? EXCLUDED[0],
    items: (of?.items ?? []).join(', '),
    metersBy: of?.meters_by ?? '',
    byNodes: of?.nodes_by === 'apart_nodes',
    area: of?.area ?? '',
    nodes: of?.nodes ?? [],
  };
}

export type ExclusionFault = 'codes' | 'nothing';

/** What is wrong with a row: sub-items that are no codes, or nothing that measures it apart. */
export function exclusionFault(row: ExclusionRow): ExclusionFault | null {
  const items = typedList(row.items);
  if (items.some((code) => !/^[0-9A-Z]{5}$/.test(code))) return 'codes';
  const isMeasured = items.length + row.nodes.length > 0 || row.metersBy !== '' || row.byNodes;
  return isMeasured ? null : 'nothing';
}

export function exclusionBody(row: ExclusionRow): ExclusionBody {
  return {
    what: row.what,
    items: typedList(row.items),
    nodes: [...row.nodes],
    ...(row.metersBy ? { meters_by: row.metersBy } : {}),
    ...(row.byNodes ? { nodes_by: 'apart_nodes' } : {}),
    ...(row.area ? { area: row.area } : {}),
  };
}

export interface CorrectionRow {
  kind: CorrectionBody['kind'];
  base: string;
  on: boolean;
  source: CorrectionBody['source'];
}

export function correctionRow(of: CorrectionBody): CorrectionRow {
  return { ...of, base: String(of.base) };
}

/** @returns null where the base is no number above 0 */
export function correctionBody(row: CorrectionRow): CorrectionBody | null {
  const base = typedNumber(row.base);
  return base === null || base <= 0 ? null : { kind: row.kind, base, on: row.on, source: { ...row.source } };
}
