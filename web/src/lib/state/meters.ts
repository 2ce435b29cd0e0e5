/** Searching, filtering and sorting of the list of meters. */
import { CARRIERS, type Carrier } from '../../../../server/domain/meter.ts';
import type { MeterInfo } from '../../../../server/http/schemas/meters.ts';
import type { Twin } from '../charts/twin.ts';
import type { Dates } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';

/** In the order of how much they want attention. */
export const METER_STATES = ['silent', 'never', 'reporting'] as const satisfies readonly MeterInfo['state'][];

export interface MeterFilter {
  text: string;
  state: MeterInfo['state'] | null;
  carrier: Carrier | null;
}
export const NO_FILTER: MeterFilter = { text: '', state: null, carrier: null };

export type MeterColumn = 'name' | 'node' | 'item' | 'last' | 'seen' | 'days' | 'state';

/** How codes and ids are shown: the list is sorted by what people see. */
export interface MeterNames {
  node: (id: string) => string;
  item: (code: string | null) => string;
  carrier: Record<Carrier, string>;
}

/**
 * By carrier, then as the meters hang below one another: a main before its subs, equals by name. A meter
 * whose upstream one is not in the list, or measures another carrier, stands as a main.
 */
export function inTreeOrder(meters: readonly MeterInfo[]): MeterInfo[] {
  const collator = new Intl.Collator('zh-CN', { numeric: true });
  const byId = new Map(meters.map((m) => [m.id, m]));
  const below = new Map<string | null, MeterInfo[]>();
  for (const meter of meters) {
    const upstream = meter.parent === null ? undefined : byId.get(meter.parent);
    const key = upstream?.carrier === meter.carrier ? upstream.id : null;
    const level = below.get(key);
    if (level) level.push(meter);
    else below.set(key, [meter]);
  }
  const out = new Set<MeterInfo>();
  const visit = (key: string | null): void => {
    const level = (below.get(key) ?? []).sort(
      (a, b) => CARRIERS.indexOf(a.carrier) - CARRIERS.indexOf(b.carrier) || collator.compare(a.name, b.name),
    );
    for (const meter of level) {
      out.add(meter);
      visit(meter.id);
    }
  };
  visit(null);
  // Meters that name each other as upstream hang below nothing; none is left out.
  return [...out, ...meters.filter((meter) => !out.has(meter))];
}

/**
 * How many upstream meters of the same state stand above each in a list sorted by state: how far it is
 * set in. Meter id → levels.
 */
export function depthsByState(sorted: readonly MeterInfo[]): Map<string, number> {
  const byId = new Map(sorted.map((m) => [m.id, m]));
  const depths = new Map<string, number>();
  for (const meter of sorted) {
    const upstream = meter.parent === null ? undefined : byId.get(meter.parent);
    const isAbove = upstream?.state === meter.state && upstream.carrier === meter.carrier;
    depths.set(meter.id, isAbove ? (depths.get(upstream.id) ?? -1) + 1 : 0);
  }
  return depths;
}

/** Those that match, sorted by a column; equals in the order of the tree. */
export function selectMeters(
  meters: readonly MeterInfo[],
  filter: MeterFilter,
  sort: { column: MeterColumn; down: boolean },
  names: MeterNames,
): MeterInfo[] {
  const text = filter.text.trim().toLowerCase();
  const collator = new Intl.Collator('zh-CN', { numeric: true });
  const key = (m: MeterInfo): string | number => {
    if (sort.column === 'name') return m.name;
    if (sort.column === 'node') return names.node(m.node);
    if (sort.column === 'item') return names.item(m.item);
    if (sort.column === 'last') return m.last?.value ?? Number.NEGATIVE_INFINITY;
    if (sort.column === 'seen') return m.last ? Date.parse(m.last.time) : Number.NEGATIVE_INFINITY;
    if (sort.column === 'days') return m.days.reduce((s, d) => s + d.completeness, 0);
    return METER_STATES.indexOf(m.state);
  };
  return inTreeOrder(meters)
    .filter((m) => filter.state === null || m.state === filter.state)
    .filter((m) => filter.carrier === null || m.carrier === filter.carrier)
    .filter((m) => !text || m.name.toLowerCase().includes(text) || m.id.toLowerCase().includes(text))
    .map((meter) => ({ meter, key: key(meter) }))
    .sort((a, b) => {
      const order =
        typeof a.key === 'number' && typeof b.key === 'number'
          ? Math.sign(a.key - b.key) || 0
          : collator.compare(String(a.key), String(b.key));
      return sort.down ? -order : order;
    })
    .map((x) => x.meter);
}

export function meterTwin(
  meters: readonly MeterInfo[],
  names: MeterNames,
  m: Catalogue,
  dates: Dates,
  week: (meter: MeterInfo) => string,
): Twin {
  const c = m.meters.columns;
  return {
    columns: [c.id, c.name, c.node, c.carrier, c.item, c.last, c.seen, c.days, c.state].map((label) => ({
      label,
    })),
    rows: meters.map((x) => [
      x.id,
      x.name,
      names.node(x.node),
      names.carrier[x.carrier],
      names.item(x.item),
      x.last?.value ?? null,
      x.last ? dates.zone.iso(Date.parse(x.last.time)) : null,
      week(x),
      m.meters.states[x.state],
    ]),
  };
}
