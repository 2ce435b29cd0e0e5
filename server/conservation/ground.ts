import { dateOf } from '../domain/attribute.ts';
import type { AnyMeter, Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Policy } from '../domain/policy.ts';
import { type Exclusion, METRIC_RULES, type Quota } from '../domain/quota.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import { coefficientAt, countsAsEnergy, kgcePer, type Scheme } from '../domain/scheme.ts';
import type { SettingName } from '../domain/setting.ts';
import type { Ground, Note, Used } from '../domain/standing.ts';
import type { Zone } from '../domain/time.ts';
import type { Months } from './months.ts';
import { figureOf, type Series, seriesOf } from './series.ts';
import type { Span } from './spans.ts';

/** What figures of quotas and comparisons are computed from. */
export interface Sources {
  estate: Estate;
  policy: Policy;
  months: Pick<Months, 'perMonth' | 'sums' | 'series' | 'starts'>;
  /** epoch ms */
  now: number;
}

/** What is measured, without the attributes. */
export type Amounts = Pick<Ground, 'used' | 'heating' | 'transport' | 'apart' | 'machineRoom'>;

export interface Measured {
  amounts: Amounts;
  /** What is measured apart, subtracted or not. */
  apart: Apart[];
  completeness: number;
  /** Carriers of which nothing is known for a month, each with the first of them; null: for none of them. */
  unknown: { what: string; month: number | null }[];
  notes: Note[];
}

/** What an exclusion takes out: a node, or the meters of it that stand elsewhere. */
export interface Apart {
  /** The exclusion's. */
  what: string;
  meters: AnyMeter[];
  /** Where its floor area is set; null: it takes none. */
  area: { node: string; attribute: string } | null;
}

type Role = 'heating' | 'apart' | 'transport';

/** Meters of one role that are told in one line. */
interface Group {
  role: Role;
  what: string | null;
  meters: AnyMeter[];
}

/** Fuel of vehicles; what a boiler or a generator burns of it is named by `heating_meters`. */
const VEHICLE_FUELS: readonly Carrier[] = ['gasoline', 'diesel'];

/**
 * What an institution used in a year as far as a quota asks for it, and the parts of it that a quota leaves out.
 * A meter counts in one part only, and none beside the meter upstream of it.
 * @param keep whether it stays in although it is measured apart
 * @param span whole months
 */
export async function measuredFor(
  sources: Sources,
  node: string,
  quota: Quota,
  span: Span,
  keep: (apart: Apart) => boolean = () => false,
): Promise<Measured> {
  const { estate, policy } = sources;
  const { of, part } = METRIC_RULES[quota.metric];
  const scheme = quota.scheme === null ? null : (policy.get('scheme', quota.scheme) ?? null);
  const wanted = (carrier: Carrier): boolean => {
    if (of === 'water') return carrier === 'water';
    if (of === 'energy') return scheme !== null && countsAsEnergy(scheme, carrier);
    return carrier === 'electricity' || carrier === 'pv';
  };
  const carriers = estate.carriers(node).filter(wanted);
  const reader = new Reader(sources, scheme, span);

  if (of === 'machine_room') {
    const machineRoom = await machineRoomOf(sources, node, reader);
    const amounts = { used: [], heating: [], transport: [], apart: [], machineRoom };
    return { amounts, apart: [], ...reader.told() };
  }

  const heating: Group[] = carriers.includes('heat')
    ? [{ role: 'heating', what: null, meters: [...estate.outermost(node, 'heat')] }]
    : [];
  const own = metersBy(estate, policy, node, 'heating_meters').filter((m) => wanted(m.carrier));
  if (own.length > 0) heating.push({ role: 'heating', what: 'heating_meters', meters: own });

  const groups: Group[] = part === 'all' ? [] : [...heating];
  const notes: Note[] = [];
  const excluded = part === 'heating' ? [] : apartOf(estate, policy, node, quota.exclusions, wanted);
  for (const apart of excluded) {
    if (!keep(apart)) groups.push({ role: 'apart', what: apart.what, meters: apart.meters });
  }
  for (const { what } of part === 'heating' ? [] : quota.exclusions) {
    if (!excluded.some((e) => e.what === what)) notes.push({ note: 'apart_unmeasured', what });
  }
  if (part === 'non_heating') {
    for (const carrier of VEHICLE_FUELS) {
      if (wanted(carrier) && carriers.includes(carrier)) {
        groups.push({ role: 'transport', what: null, meters: [...estate.outermost(node, carrier)] });
      }
    }
  }

  const lines = separate(estate, groups);
  const linesOf = async (role: Role): Promise<Used[]> => {
    const used: Used[] = [];
    for (const { what, meters } of lines.filter((g) => g.role === role)) {
      for (const series of perCarrier(estate, node, meters)) used.push(...(await reader.used(series, what)));
    }
    return used;
  };
  const whole = carriers.flatMap((carrier) => sources.months.series(node, carrier).slice(0, 1));
  const used: Used[] = [];
  if (part !== 'heating') for (const series of whole) used.push(...(await reader.used(series, null)));
  // A part that was measured in some of the months is subtracted for those; only of the whole it is a lack.
  if (part !== 'heating') reader.partsFollow();
  const amounts = {
    used,
    heating: await linesOf('heating'),
    transport: await linesOf('transport'),
    apart: await linesOf('apart'),
    machineRoom: null,
  };
  const told = reader.told();
  return { amounts, apart: excluded, ...told, notes: [...notes, ...told.notes] };
}

/** Meters that a setting names, as far as they are at the node or below it. */
export function metersBy(estate: Estate, policy: Policy, node: string, name: SettingName): AnyMeter[] {
  const ids = policy.setting(estate, node, name)?.values ?? [];
  const inside = new Set(estate.subtree(node).map((n) => n.id));
  return ids.flatMap((id) => {
    const meter = estate.meter(id) ?? estate.virtual(id);
    return meter && inside.has(meter.node) ? [meter] : [];
  });
}

/** Meters at the node or below it that carry one of the codes or a code below it. */
export function metersOfItems(estate: Estate, node: string, items: readonly string[]): AnyMeter[] {
  const stems = items.map((item) => item.replace(/0+$/, ''));
  return [...estate.metersBelow(node), ...estate.virtualsBelow(node)].filter(
    ({ item }) => item !== null && stems.some((stem) => item.startsWith(stem)),
  );
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

function perCarrier(estate: Estate, node: string, meters: readonly AnyMeter[]): Series[] {
  return [...Map.groupBy(meters, (m) => m.carrier).values()].map((list) => seriesOf(estate, node, list));
}

async function machineRoomOf(
  { estate, policy }: Sources,
  node: string,
  reader: Reader,
): Promise<Ground['machineRoom']> {
  const quantity = async (setting: SettingName, item: string): Promise<number | null> => {
    const chosen = metersBy(estate, policy, node, setting);
    const meters = estate
      .topmost(chosen.length > 0 ? chosen : metersOfItems(estate, node, [item]))
      .filter((m) => m.carrier === 'electricity');
    if (meters.length === 0) return null;
    const lines = await reader.used(seriesOf(estate, node, meters), setting);
    return lines.length === 0 ? null : lines.reduce((sum, l) => sum + l.amount, 0);
  };
  const total = await quantity('machine_room_meters', '01D10');
  const it = await quantity('it_meters', '01D1A');
  return total === null || it === null ? null : { total, it };
}

/** kgce of one unit of a series in the month that begins at an instant; null: the scheme has none. */
function kgceOf(
  zone: Zone,
  scheme: Scheme | null,
  { carrier, unit }: Series,
): (month: number) => number | null {
  if (!scheme) return () => null;
  const at = (date: string): number | null => {
    const coefficient = coefficientAt(scheme, carrier, date);
    return coefficient && kgcePer(coefficient, unit);
  };
  // Most hold ever since, so that no month has to be looked at.
  const dated = scheme.coefficients.some((c) => c.carrier === carrier && c.from !== null);
  if (dated) return (month) => at(dateOf(zone, month));
  const always = at('');
  return () => always;
}

/** Reads series over the span, and keeps what is not known of them. */
class Reader {
  readonly #sources: Sources;
  readonly #scheme: Scheme | null;
  readonly #span: Span;
  #parts = false;
  #completeness = 1;
  #read = 0;
  readonly #unknown: Measured['unknown'] = [];
  readonly #notes: Note[] = [];

  constructor(sources: Sources, scheme: Scheme | null, span: Span) {
    this.#sources = sources;
    this.#scheme = scheme;
    this.#span = span;
  }

  /** What is read from now on is a part of what was read before. */
  partsFollow(): void {
    this.#parts = true;
  }

  /** A line for each stretch of months with one coefficient; none where nothing is known. */
  async used(series: Series, what: string | null): Promise<Used[]> {
    const { from, to } = this.#span;
    const { months, estate } = this.#sources;
    const starts = months.starts(from, to);
    const [amounts = []] = await months.perMonth([series], from, to);
    const coefficientOf = kgceOf(estate.zone, this.#scheme, series);
    const lines: (Omit<Used, 'amount'> & { sum: Amount })[] = [];
    let sum: Amount | undefined;
    let missing: number | null = null;
    starts.forEach((start, i) => {
      const amount = amounts[i];
      if (!amount) {
        missing ??= start;
        return;
      }
      sum = plus(sum ?? NOTHING, amount);
      const kgce = coefficientOf(start);
      const last = lines[lines.length - 1];
      if (last && last.kgce === kgce) last.sum = plus(last.sum, amount);
      else lines.push({ what, carrier: series.carrier, unit: series.unit, kgce, sum: amount });
    });
    if (missing !== null && this.#parts) {
      this.#notes.push({ note: 'partly_measured', what: what ?? series.carrier });
    } else if (missing !== null) {
      this.#unknown.push({ what: what ?? series.carrier, month: sum ? missing : null });
    }
    if (!this.#parts) {
      this.#read++;
      this.#completeness = Math.min(this.#completeness, figureOf(series, sum, to - from).completeness);
    }
    return lines.map(({ sum: amount, ...line }) => ({
      ...line,
      amount: figureOf(series, amount, 0).quantity ?? 0,
    }));
  }

  told(): Pick<Measured, 'completeness' | 'unknown' | 'notes'> {
    return {
      completeness: this.#read === 0 ? 0 : this.#completeness,
      unknown: this.#unknown,
      notes: this.#notes,
    };
  }
}
