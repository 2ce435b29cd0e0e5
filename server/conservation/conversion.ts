import { dateOf, firstInstant } from '../domain/attribute.ts';
import { factorRegion } from '../domain/builtin-factors.ts';
import type { Estate } from '../domain/estate.ts';
import type { Lack } from '../domain/indicator.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Policy } from '../domain/policy.ts';
import {
  type Coefficient,
  coefficientAt,
  type EmissionFactor,
  factorFor,
  isInForce,
  kgCo2Per,
  kgcePer,
  needsDensity,
  type Scheme,
  type Source,
} from '../domain/scheme.ts';
import type { FactorArea } from '../domain/setting.ts';
import type { Zone } from '../domain/time.ts';
import type { Span } from './spans.ts';

/** The scheme and the emission factors in which a node's figures are told. */
export interface Conversion {
  scheme: Scheme;
  /** asked: whoever asks chose the scheme. setting: that of `node`, null: of the estate. */
  by: 'asked' | 'setting';
  node: string | null;
  factors: readonly EmissionFactor[];
  series: string;
  /** Null: the setting wants the factor of the place, and nobody said where the node is. */
  region: string | null;
}

/** What one unit of a carrier is, and where that is written. */
export interface Rate {
  per: number;
  source: Source;
  factor: EmissionFactor | null;
  /** The density that was needed to come from litres to kg; null: none. */
  density: Coefficient['density'];
  lack: Lack | null;
}

/**
 * @param asked id of a scheme; without it that of the settings
 * @throws RangeError where there is no such scheme
 */
export function conversionOf(estate: Estate, policy: Policy, node: string, asked?: string): Conversion {
  const setting = policy.setting(estate, node, 'scheme');
  const id = asked ?? setting?.values[0] ?? '';
  const scheme = policy.get('scheme', id);
  if (!scheme) throw new RangeError(`no scheme ${JSON.stringify(id)}`);
  const area = (policy.setting(estate, node, 'factor_area')?.values[0] ?? 'national') as FactorArea;
  return {
    scheme,
    by: asked === undefined ? 'setting' : 'asked',
    node: asked === undefined ? (setting?.node ?? null) : null,
    factors: policy.list('factor'),
    series: policy.setting(estate, node, 'factor_series')?.values[0] ?? '',
    region: factorRegion(area, estate.classification(node).region),
  };
}

/** The parts of a span within which no coefficient changes and no year ends. */
export function cutAtChanges(zone: Zone, span: Span, schemes: Iterable<Scheme>): Span[] {
  const cuts = new Set<number>();
  for (const scheme of schemes) {
    for (const { from } of scheme.coefficients) if (from !== null) cuts.add(firstInstant(zone, from));
  }
  for (let at = zone.next('year', span.from); at < span.to; at = zone.next('year', at)) cuts.add(at);
  const inside = [...cuts].filter((at) => at > span.from && at < span.to).sort((a, b) => a - b);
  return [span.from, ...inside].map((from, i) => ({ from, to: inside[i] ?? span.to }));
}

/** Why a scheme cannot tell a span's energy, or null. */
export function schemeLack(zone: Zone, scheme: Scheme, span: Span): Lack | null {
  const last = dateOf(zone, Math.max(span.from, span.to - 1));
  if (isInForce(scheme, dateOf(zone, span.from)) && isInForce(scheme, last)) return null;
  return { reason: 'no_scheme', what: scheme.id };
}

/** kgce of one unit in a part of a span; a lack in its place where there is none. */
export function kgceRate(
  { scheme }: Conversion,
  zone: Zone,
  carrier: Carrier,
  unit: string,
  at: number,
): Rate | Lack {
  const coefficient = coefficientAt(scheme, carrier, `${dateOf(zone, at).slice(0, 7)}-01`);
  const per = coefficient && kgcePer(coefficient, unit);
  if (!coefficient || per === null) return { reason: 'no_coefficient', what: carrier };
  const density = needsDensity(unit, coefficient.unit) ? coefficient.density : null;
  return { per, source: coefficient.source, factor: null, density, lack: null };
}

/** kgCO₂ of one unit in a part of a span; a lack in its place where there is none. */
export function kgCo2Rate(
  of: Conversion,
  zone: Zone,
  carrier: Carrier,
  unit: string,
  at: number,
): Rate | Lack {
  const { year } = zone.wall(at);
  const factor = factorFor(of.factors, { carrier, year, region: of.region, series: of.series });
  const per = factor && kgCo2Per(factor, unit);
  if (!factor || per === null) {
    if (carrier === 'electricity' && of.region === null) return { reason: 'no_attribute', what: 'region' };
    return { reason: 'no_factor', what: carrier };
  }
  const older = factor.year !== null && factor.year < year;
  return {
    per,
    source: factor.source,
    factor,
    density: needsDensity(unit, factor.unit) ? factor.density : null,
    lack: older ? { reason: 'other_year', what: String(factor.year) } : null,
  };
}
