import type { Carrier } from './meter.ts';

/**
 * What institutions are held to: a quantity, alone or per something. Names and units are those of the public
 * institutions' statistics (公共机构能源资源消费统计调查制度).
 */

/** energy: 综合能耗 by a coefficient scheme, kgce. co2: by emission factors, kgCO₂. A carrier: in its own unit. */
export type Numerator = 'energy' | 'co2' | Exclude<Carrier, 'outdoor_temperature' | 'indoor_temperature'>;

/** Attributes of a node that a quantity is divided by, each with values in time. */
export const DENOMINATORS = ['floor_area_m2', 'heated_area_m2', 'people'] as const;
export type Denominator = (typeof DENOMINATORS)[number];

export interface Indicator {
  id: string;
  numerator: Numerator;
  /** Null: the quantity itself. */
  denominator: Denominator | null;
}

export const INDICATORS = [
  { id: 'energy', numerator: 'energy', denominator: null },
  { id: 'energy_per_m2', numerator: 'energy', denominator: 'floor_area_m2' },
  { id: 'energy_per_person', numerator: 'energy', denominator: 'people' },
  { id: 'electricity', numerator: 'electricity', denominator: null },
  { id: 'electricity_per_m2', numerator: 'electricity', denominator: 'floor_area_m2' },
  { id: 'electricity_per_person', numerator: 'electricity', denominator: 'people' },
  { id: 'water', numerator: 'water', denominator: null },
  { id: 'water_per_person', numerator: 'water', denominator: 'people' },
  { id: 'gas', numerator: 'gas', denominator: null },
  { id: 'heat', numerator: 'heat', denominator: null },
  { id: 'heat_per_m2', numerator: 'heat', denominator: 'heated_area_m2' },
  { id: 'co2', numerator: 'co2', denominator: null },
  { id: 'co2_per_m2', numerator: 'co2', denominator: 'floor_area_m2' },
] as const satisfies readonly Indicator[];

export type IndicatorId = (typeof INDICATORS)[number]['id'];

/**
 * Why a figure is not there, or is weaker than it looks; every word of it is shown to people.
 *
 * no_meter: nothing measures it. no_data: nothing measured. no_attribute: area, people … not set. partly_set:
 * set for a part of the period only. no_scheme: the scheme does not hold in the period. no_coefficient,
 * no_factor: none for a carrier that was used. other_year: the emission factor of an earlier year was taken,
 * `what` says which. other_coefficient: coefficient or factor differ between the periods compared. no_quota,
 * no_target: unset. no_base: the base year has no data. weak_base: it was measured in part, so that the base is too low. too_short: not enough history. no_weather: no
 * outdoor temperature. no_model: the days follow none well enough. contradiction: parts exceed the whole.
 */
export const LACKS = [
  'no_meter',
  'no_data',
  'no_attribute',
  'partly_set',
  'no_scheme',
  'no_coefficient',
  'no_factor',
  'other_year',
  'other_coefficient',
  'no_quota',
  'no_target',
  'no_base',
  'weak_base',
  'too_short',
  'no_weather',
  'no_model',
  'contradiction',
] as const;

export interface Lack {
  reason: (typeof LACKS)[number];
  /** What is lacking: attribute, carrier, quota, year. */
  what: string;
  /** The node where it is to be set, where that is another one than the figure's. */
  node?: string;
}
