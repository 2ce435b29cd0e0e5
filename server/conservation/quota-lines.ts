import type { AnyMeter, Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Policy } from '../domain/policy.ts';
import { type Exclusion, METRIC_RULES, type Quota } from '../domain/quota.ts';
import { countsAsEnergy, type Scheme } from '../domain/scheme.ts';
import type { Note } from '../domain/standing.ts';
import { metersBy, metersOfItems } from './chosen-meters.ts';
import type { Sources } from './ground.ts';
import { completed, type Series, seriesOf } from './series.ts';

/** What an exclusion takes out: a node, or the meters of it that stand elsewhere. */
export interface Apart {
  /** The exclusion's. */
  what: string;
  meters: AnyMeter[];
  /** Where its floor area is set; null: it takes none. */
  area: { node: string; attribute: string } | null;
}

export type Role = 'used' | 'heating' | 'apart' | 'transport';

/** A series that adds to a quota's numerator; heating is subtracted unless it is asked for, as apart and transport are. */
export interface Line {
  role: Role;
  /** Meter, node or exclusion; null: the institution itself. */
  what: string | null;
  series: Series;
}

export interface Lines {
  lines: Line[];
  /** What is measured apart, subtracted or not. */
  apart: Apart[];
  notes: Note[];
}

/** Meters of one role that are told in one line. */
interface Group {
  role: Role;
  what: string | null;
  meters: AnyMeter[];
  /** What is booked of their carriers is of the same role. */
  booked: readonly Carrier[];
}

/** Fuel of vehicles; what a boiler or a generator burns of it is named by `heating_meters`. */
const VEHICLE_FUELS: readonly Carrier[] = ['gasoline', 'diesel'];

/**
 * What a quota counts of an institution, and the parts of it that it leaves out. A meter counts in one part only,
 * and none beside the meter upstream of it.
 * @param scheme the quota's
 * @param keep whether it stays in although it is measured apart
 */
export function linesFor(
  { estate, policy, months }: Pick<Sources, 'estate' | 'policy' | 'months'>,
  node: string,
  quota: Quota,
  scheme: Scheme | null,
  keep: (apart: Apart) => boolean,
): Lines {
  const { of, part } = METRIC_RULES[quota.metric];
  const wanted = (carrier: Carrier): boolean => {
    if (of === 'water') return carrier === 'water';
    if (of === 'energy') return scheme !== null && countsAsEnergy(scheme, carrier);
    return carrier === 'electricity' || carrier === 'pv';
  };
  const whole = months.series(node).filter((s) => !s.gauge && wanted(s.carrier));
  const carriers = new Set(whole.map((s) => s.carrier));
  const groupOf = (role: Role, carrier: Carrier): Group[] =>
    carriers.has(carrier)
      ? [{ role, what: null, meters: [...estate.outermost(node, carrier)], booked: [carrier] }]
      : [];
  const own = metersBy(estate, policy, node, 'heating_meters').filter((m) => wanted(m.carrier));
  const heating = groupOf('heating', 'heat');
  if (own.length > 0) heating.push({ role: 'heating', what: 'heating_meters', meters: own, booked: [] });

  const groups: Group[] = part === 'all' ? [] : [...heating];
  const notes: Note[] = [];
  const apart = part === 'heating' ? [] : apartOf(estate, policy, node, quota.exclusions, wanted);
  for (const one of apart) {
    if (!keep(one)) groups.push({ role: 'apart', what: one.what, meters: one.meters, booked: [] });
  }
  for (const { what } of part === 'heating' ? [] : quota.exclusions) {
    if (!apart.some((e) => e.what === what)) notes.push({ note: 'apart_unmeasured', what });
  }
  if (part === 'non_heating')
    for (const carrier of VEHICLE_FUELS) groups.push(...groupOf('transport', carrier));

  const lines: Line[] =
    part === 'heating' ? [] : whole.map((series) => ({ role: 'used', what: null, series }));
  for (const { role, what, meters, booked } of separate(estate, groups)) {
    for (const list of Map.groupBy(meters, (m) => m.carrier).values()) {
      const series = seriesOf(estate, node, list);
      lines.push({
        role,
        what,
        series: booked.includes(series.carrier) ? completed(estate, series) : series,
      });
    }
    for (const carrier of booked) {
      if (meters.some((m) => m.carrier === carrier)) continue;
      const only = months.series(node, carrier).filter((s) => s.booked.length > 0);
      for (const series of only) lines.push({ role, what, series: { ...series, meters: [], parts: [] } });
    }
  }
  return { lines, apart, notes };
}

/**
 * What measures exclusions: all that is counted at their nodes, and meters by their code or by a setting. A meter
 * belongs to the first of them, a node before its meters.
 */
function apartOf(
  estate: Estate,
  policy: Policy,
  node: string,
  exclusions: readonly Exclusion[],
  wanted: (carrier: Carrier) => boolean,
): Apart[] {
  const inside = new Set(estate.subtree(node).map((n) => n.id));
  const taken = new Set<AnyMeter>();
  const take = (meters: readonly AnyMeter[]): AnyMeter[] => {
    const free = [...new Set(meters)].filter((m) => wanted(m.carrier) && !taken.has(m));
    for (const m of free) taken.add(m);
    return free;
  };
  const out: Apart[] = [];
  for (const { what, nodes, nodesBy, area } of exclusions) {
    const chosen = nodesBy === null ? [] : (policy.setting(estate, node, nodesBy)?.values ?? []);
    for (const id of new Set([...nodes, ...chosen])) {
      if (id === node || !inside.has(id)) continue;
      const below = [...estate.metersBelow(id), ...estate.virtualsBelow(id)];
      const meters = take(estate.topmost(below));
      for (const m of below) taken.add(m);
      if (meters.length > 0) {
        out.push({ what, meters, area: area === null ? null : { node: id, attribute: 'floor_area_m2' } });
      }
    }
  }
  for (const { what, items, metersBy: setting, area } of exclusions) {
    const named = setting === null ? [] : metersBy(estate, policy, node, setting);
    const meters = take([...metersOfItems(estate, node, items), ...named]);
    if (meters.length > 0) out.push({ what, meters, area: area === null ? null : { node, attribute: area } });
  }
  return out;
}

/** Each meter in the first group that has it, and in none where a meter of any group is upstream of it. */
function separate(estate: Estate, groups: readonly Group[]): Group[] {
  const groupOf = new Map<AnyMeter, Group>();
  for (const group of groups) {
    for (const meter of group.meters) if (!groupOf.has(meter)) groupOf.set(meter, group);
  }
  const top = new Set(estate.topmost([...groupOf.keys()]));
  return groups.map((group) => ({
    ...group,
    meters: group.meters.filter((m) => groupOf.get(m) === group && top.has(m)),
  }));
}
