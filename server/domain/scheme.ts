import type { Carrier } from './meter.ts';

/** How sure a shipped number is; see `Source`. */
export const CONFIDENCES = ['verified', 'derived', 'unconfirmed'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** Where a number comes from. */
export interface Source {
  /** Document, number, page or address. */
  text: string;
  confidence: Confidence;
}

/** Converts a carrier into standard coal (标准煤). */
export interface Coefficient {
  carrier: Carrier;
  /** The unit that `kgce` is per, e.g. kWh, m³, kg, GJ, L. */
  unit: string;
  kgce: number;
  /** First month in which it holds, YYYY-MM-01; null: ever since. It holds until the next one of its carrier. */
  from: string | null;
  /** For a fuel counted in litres: its density, stated so that it can be questioned; null: none needed. */
  density: { kgPerL: number; source: Source } | null;
  source: Source;
}

/** A named, dated table; two figures in different schemes are never compared silently. */
export interface Scheme {
  id: string;
  name: string;
  /** First day on which it holds, YYYY-MM-DD; null: ever since. */
  from: string | null;
  /** First day after it; null: still in force. */
  to: string | null;
  coefficients: readonly Coefficient[];
  source: Source;
}

/** kgCO₂ per unit of a carrier, for a region and a year. */
export interface EmissionFactor {
  id: string;
  carrier: Carrier;
  unit: string;
  kgCo2: number;
  /** For a fuel counted in litres; null: none needed. */
  density: { kgPerL: number; source: Source } | null;
  /** `national`, a grid region or a province (6 digits of GB/T 2260); null: everywhere (fuels). */
  region: string | null;
  /** Calendar year of the factor; null: any year (fuels). */
  year: number | null;
  /** Series apart: two series are never mixed, e.g. `mee-average`. */
  series: string;
  source: Source;
}

/** What a unit is 1 of, in the base unit of its dimension. */
const UNITS: Record<string, { of: 'energy' | 'volume' | 'mass' | 'coal'; factor: number }> = {
  Wh: { of: 'energy', factor: 3.6e-6 },
  kWh: { of: 'energy', factor: 0.0036 },
  MWh: { of: 'energy', factor: 3.6 },
  MJ: { of: 'energy', factor: 0.001 },
  GJ: { of: 'energy', factor: 1 },
  L: { of: 'volume', factor: 0.001 },
  'm³': { of: 'volume', factor: 1 },
  kg: { of: 'mass', factor: 1 },
  t: { of: 'mass', factor: 1000 },
  kgce: { of: 'coal', factor: 1 },
  tce: { of: 'coal', factor: 1000 },
};

/**
 * How many `to` one `from` is; null where the two do not measure the same, or a density is needed and not
 * known. A density joins volume and mass; water has 1 kg/L.
 */
export function unitsPer(from: string, to: string, kgPerL: number | null): number | null {
  if (from === to) return 1;
  const a = UNITS[from];
  const b = UNITS[to];
  if (!a || !b) return null;
  // Whole powers of ten stay exact in this order: 1 MWh = 3.6 / 0.0036.
  if (a.of === b.of) return round(a.factor / b.factor);
  if (kgPerL === null) return null;
  if (a.of === 'volume' && b.of === 'mass') return round((a.factor * 1000 * kgPerL) / b.factor);
  if (a.of === 'mass' && b.of === 'volume') return round(a.factor / (1000 * kgPerL) / b.factor);
  return null;
}

/** Whether a density joins the two units. */
export function needsDensity(from: string, to: string): boolean {
  return unitsPer(from, to, null) === null;
}

/** 1 kWh is 0.0036 GJ, not 0.0036000000000000003: sixteen digits are more than a double keeps. */
function round(n: number): number {
  return Number(n.toPrecision(15));
}

/** Carriers that are no energy: water is a resource of its own in the statistics, temperatures are none. */
const NO_ENERGY: readonly Carrier[] = ['water', 'outdoor_temperature', 'indoor_temperature'];

export function isEnergy(carrier: Carrier): boolean {
  return !NO_ENERGY.includes(carrier);
}

/** Whether a carrier is part of 综合能耗. A scheme may say so of water by a coefficient. */
export function countsAsEnergy(scheme: Scheme, carrier: Carrier): boolean {
  return isEnergy(carrier) || scheme.coefficients.some((c) => c.carrier === carrier);
}

/** The coefficient of a carrier that holds in a month. @param month YYYY-MM-01 */
export function coefficientAt(scheme: Scheme, carrier: Carrier, month: string): Coefficient | null {
  let found: Coefficient | null = null;
  for (const c of scheme.coefficients) {
    if (c.carrier !== carrier || (c.from !== null && c.from > month)) continue;
    if (!found || (c.from ?? '') > (found.from ?? '')) found = c;
  }
  return found;
}

/** Whether a scheme holds on a day, YYYY-MM-DD. */
export function isInForce(scheme: Scheme, day: string): boolean {
  return (scheme.from === null || scheme.from <= day) && (scheme.to === null || day < scheme.to);
}

/** kgce of one unit as it is metered; null: the units do not convert, e.g. for want of a density. */
export function kgcePer(coefficient: Coefficient, unit: string): number | null {
  return per(
    coefficient.kgce,
    coefficient.unit,
    coefficient.density?.kgPerL ?? null,
    unit,
    coefficient.carrier,
  );
}

/** kgCO₂ of one unit as it is metered; null: the units do not convert. */
export function kgCo2Per(factor: EmissionFactor, unit: string): number | null {
  return per(factor.kgCo2, factor.unit, factor.density?.kgPerL ?? null, unit, factor.carrier);
}

function per(
  amount: number,
  perUnit: string,
  kgPerL: number | null,
  unit: string,
  carrier: Carrier,
): number | null {
  const units = unitsPer(unit, perUnit, carrier === 'water' ? 1 : kgPerL);
  return units === null ? null : amount * units;
}

/** What is looked for among the emission factors. */
export interface FactorWanted {
  carrier: Carrier;
  year: number;
  /** Of electricity and what else has one. */
  region: string | null;
  series: string;
}

/**
 * The emission factor of a carrier in a year: that of the year itself, or else the last one before it, as
 * factors are published years later. Fuels have one without region and year in any series.
 */
export function factorFor(factors: readonly EmissionFactor[], wanted: FactorWanted): EmissionFactor | null {
  let found: EmissionFactor | null = null;
  for (const f of factors) {
    if (f.carrier !== wanted.carrier) continue;
    if (f.region !== null && (f.region !== wanted.region || f.series !== wanted.series)) continue;
    if (f.year !== null && f.year > wanted.year) continue;
    if (!found || rank(f) > rank(found)) found = f;
  }
  return found;
}

/** One of a region before one of everywhere, a later year before an earlier one. */
function rank(f: EmissionFactor): number {
  return (f.region === null ? 0 : 10_000) + (f.year ?? 0);
}
