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
  /** For a fuel counted in litres: kg per litre, stated so that it can be questioned; null: none needed. */
  densityKgPerL: number | null;
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
  /** `national`, a grid region or a province; null: everywhere (fuels). */
  region: string | null;
  /** Calendar year of the factor; null: any year (fuels). */
  year: number | null;
  /** Series apart: two series are never mixed, e.g. `mee-average`. */
  series: string;
  source: Source;
}
