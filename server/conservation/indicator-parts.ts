import { MICRO } from '../domain/advance.ts';
import type { AnyMeter, Estate } from '../domain/estate.ts';
import type { Lack } from '../domain/indicator.ts';
import type { Policy } from '../domain/policy.ts';
import { countsAsEnergy } from '../domain/scheme.ts';
import type { SettingName } from '../domain/setting.ts';
import { DAY_MS } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { attributeOf } from './attributes.ts';
import type { LikeSpans } from './compared-indicators.ts';
import { type Conversion, conversionOf } from './conversion.ts';
import { metersBy, metersOfItems } from './ground.ts';
import { energyOf, type IndicatorGround } from './indicators.ts';
import { combined } from './parts.ts';
import { hasMachineRoom, IT_ITEM, MACHINE_ROOM_ITEM } from './presence.ts';
import { type LoadProfileOf, loadProfileOf } from './profile.ts';
import { coverage, nodeSeries, type Part, seriesOf, termsOf } from './series.ts';
import { type SharesOf, sharesOf } from './shares.ts';
import { cut, type Span } from './spans.ts';
import { together } from './together.ts';

/** The parts of a node's energy, kgce. */
export interface HeatingParts {
  heating: number | null;
  nonHeating: number | null;
  /** Of all of it; null where that is not known. */
  heatingShare: number | null;
  floorAreaM2: number | null;
  heatedAreaM2: number | null;
  /** Meters counted as heating beside those of the carrier heat, and the node where that was set. */
  meters: string[];
  setAt: string | null;
  completeness: number;
  lacks: Lack[];
}

/** Power usage effectiveness: all that a machine room draws, by what its IT equipment draws. */
export interface PueOf {
  /** False: there is no machine room, so that nothing is lacking. */
  applies: boolean;
  value: number | null;
  total: number | null;
  it: number | null;
  unit: string | null;
  totalMeters: string[];
  itMeters: string[];
  /** Share of the time for which both are known. */
  completeness: number;
  lacks: Lack[];
}

export interface PartsOf {
  conversion: Conversion;
  heating: HeatingParts;
  items: SharesOf['items'];
  profile: Pick<LoadProfileOf, 'nightShare' | 'holidayShare'>;
  pue: PueOf;
  pueLastYear: PueOf;
}

export interface PartsGround extends IndicatorGround {
  timeseries: TimeSeries;
}

/** Night and days off are told from single hours; of more than this they would say no more. */
const PROFILE_DAYS = 800;

/** What a node's indicators are made of, over a period. */
export async function partsOf(
  ground: PartsGround,
  node: string,
  spans: LikeSpans,
  scheme?: string,
): Promise<PartsOf> {
  const { estate, timeseries } = ground;
  const { current } = spans;
  const conversion = conversionOf(estate, ground.policy, node, scheme);
  const [electricity] = nodeSeries(estate, node, 'electricity');
  const short = current.to > current.from && current.to - current.from <= PROFILE_DAYS * DAY_MS;
  const [heating, shares, profile, pue, pueLastYear] = await Promise.all([
    heatingOf(ground, conversion, node, current),
    electricity ? sharesOf(timeseries, estate, node, 'electricity', current) : null,
    electricity && short ? loadProfileOf(timeseries, estate.zone, electricity, current) : null,
    pueOf(ground, node, current),
    pueOf(ground, node, spans.lastYear),
  ]);
  return {
    conversion,
    heating,
    items: shares?.items ?? [],
    profile: { nightShare: profile?.nightShare ?? null, holidayShare: profile?.holidayShare ?? null },
    pue,
    pueLastYear,
  };
}

/**
 * Heating is what meters of the carrier heat count, and what the setting `heating_meters` names. Where there
 * is neither nothing says which part of the energy heats.
 */
export async function heatingOf(
  ground: IndicatorGround,
  conversion: Conversion,
  node: string,
  span: Span,
): Promise<HeatingParts> {
  const { estate, policy, months } = ground;
  const own = metersBy(estate, policy, node, 'heating_meters');
  const meters = estate.topmost([...new Set([...estate.outermost(node, 'heat'), ...own])]);
  const byCarrier = Map.groupBy(meters, (m) => m.carrier);
  const heats = [...byCarrier.values()].map((list) => seriesOf(estate, node, list));
  const whole = months.series(node).filter((s) => !s.gauge && countsAsEnergy(conversion.scheme, s.carrier));
  const [part, all] = await Promise.all([
    energyOf(ground, conversion, heats, span),
    energyOf(ground, conversion, whole, span),
  ]);
  const lacks = heats.length === 0 ? [{ reason: 'no_meter' as const, what: 'heating' }] : [...part.lacks];
  for (const lack of all.lacks) {
    if (!lacks.some((l) => l.reason === lack.reason && l.what === lack.what)) lacks.push(lack);
  }
  const known = part.quantity !== null && all.quantity !== null;
  const nonHeating = known ? (all.quantity as number) - (part.quantity as number) : null;
  // Less than a millionth is the noise of adding.
  const impossible = nonHeating !== null && nonHeating < -1e-6;
  if (impossible) lacks.push({ reason: 'contradiction', what: 'heating' });
  const setting = policy.setting(estate, node, 'heating_meters');
  return {
    heating: part.quantity,
    nonHeating: impossible || nonHeating === null ? null : Math.max(0, nonHeating),
    heatingShare: known && !impossible && all.quantity ? (part.quantity as number) / all.quantity : null,
    floorAreaM2: attributeOf(estate, node, 'floor_area_m2', span).value,
    heatedAreaM2: attributeOf(estate, node, 'heated_area_m2', span).value,
    meters: own.map((m) => m.id),
    setAt: own.length > 0 ? (setting?.node ?? null) : null,
    completeness: heats.length === 0 ? all.completeness : Math.min(part.completeness, all.completeness),
    lacks,
  };
}

/** Of the time for which both are known: a ratio of different times would be none. */
export async function pueOf(
  { estate, policy, timeseries }: Pick<PartsGround, 'estate' | 'policy' | 'timeseries'>,
  node: string,
  span: Span,
): Promise<PueOf> {
  const total = roomMeters(estate, policy, node, 'machine_room_meters', MACHINE_ROOM_ITEM);
  const it = roomMeters(estate, policy, node, 'it_meters', IT_ITEM);
  const lacks: Lack[] = [];
  const applies = hasMachineRoom(estate, policy, node, span);
  if (applies && total.length === 0) lacks.push({ reason: 'no_meter', what: 'machine_room_meters' });
  if (applies && it.length === 0) lacks.push({ reason: 'no_meter', what: 'it_meters' });
  const base = { applies, totalMeters: total.map((m) => m.id), itMeters: it.map((m) => m.id), lacks };
  const nothing: PueOf = { ...base, value: null, total: null, it: null, unit: null, completeness: 0 };
  if (!applies || lacks.length > 0 || span.from >= span.to) return nothing;

  const parts = [termsOf(estate, total), termsOf(estate, it)] as [Part, Part];
  const nos = [...new Set(parts.flat().map((t) => t.meter.no))];
  const sums = [0, 0] as [number, number];
  let covered = 0;
  let known = false;
  for (const { level, from, to } of cut(estate.zone, span)) {
    await together(timeseries, estate.zone, [nos], level, from, to, (_, __, rows) => {
      const byMeter = new Map(rows.map((r) => [r.meter, r]));
      const amounts = parts.map((part) => combined(part, byMeter));
      known = true;
      covered += Math.min(...amounts.map((a) => a.coveredMs));
      amounts.forEach((a, i) => {
        sums[i as 0 | 1] += a.measured + a.recovered + a.estimated;
      });
    });
  }
  const { unit } = seriesOf(estate, node, total);
  const completeness = coverage(covered, span.to - span.from, 1);
  if (!known) return { ...nothing, unit, lacks: [{ reason: 'no_data', what: 'it_meters' }] };
  const [all, equipment] = sums;
  const found = { ...base, total: all / MICRO, it: equipment / MICRO, unit, completeness };
  if (equipment <= 0) return { ...found, value: null, lacks: [{ reason: 'no_data', what: 'it_meters' }] };
  if (equipment > all) {
    return { ...found, value: null, lacks: [{ reason: 'contradiction', what: 'it_meters' }] };
  }
  return { ...found, value: all / equipment };
}

/** Those that a setting names, or else those with the sub-item code; none within another. */
function roomMeters(
  estate: Estate,
  policy: Policy,
  node: string,
  setting: SettingName,
  item: string,
): readonly AnyMeter[] {
  const chosen = metersBy(estate, policy, node, setting);
  const meters = chosen.length > 0 ? chosen : metersOfItems(estate, node, [item]);
  return estate.topmost(meters.filter((m) => m.carrier === 'electricity'));
}
