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
const UNITS: Record<string, { of: 'energy' | 'volume' | 'mass'; factor: number }> = {
  Wh: { of: 'energy', factor: 3.6e-6 },
  kWh: { of: 'energy', factor: 0.0036 },
  MWh: { of: 'energy', factor: 3.6 },
  MJ: { of: 'energy', factor: 0.001 },
  GJ: { of: 'energy', factor: 1 },
  L: { of: 'volume', factor: 0.001 },
  'm³': { of: 'volume', factor: 1 },
  kg: { of: 'mass', factor: 1 },
  t: { of: 'mass', factor: 1000 },
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

/** 1 kWh is 0.0036 GJ, not 0.0036000000000000003: sixteen digits are more than a double keeps. */
function round(n: number): number {
  return Number(n.toPrecision(15));
}
