import type { Classification } from './classification.ts';
import type { Source } from './scheme.ts';

/**
 * Consumption quotas (用能定额): what an institution of a type, level and climate zone may use in a year. A row
 * is data like any other: it names its standard, its coefficient scheme, its dates and where it was read.
 */

/** What a quota limits, each per year. Names are those of the standards' tables. */
export const METRICS = [
  'non_heating_energy_per_m2',
  'heating_energy_per_m2',
  'energy_per_m2',
  'energy_per_person',
  'regular_electricity_per_m2',
  'non_heating_electricity_per_m2',
  'electricity_per_m2',
  'electricity_per_person',
  'water_per_person',
  'eue',
] as const;
export type Metric = (typeof METRICS)[number];

/** What is divided: the parts of a `Ground` (`standing.ts`) that count, and in what they are counted. */
export interface MetricRule {
  /** energy: converted by the quota's scheme, kgce. electricity, water: that carrier alone, as it is counted. */
  of: 'energy' | 'electricity' | 'water' | 'machine_room';
  /** heating: only what heats. non_heating: neither that nor fuel of vehicles. all: everything. */
  part: 'all' | 'heating' | 'non_heating';
  per: 'floor_area_m2' | 'heated_area_m2' | 'people' | null;
  unit: string;
}

export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  /** 单位建筑面积非供暖能耗: Ejrcn = (E − Egn − Ejt) / M, DB37/T 2672-2019. */
  non_heating_energy_per_m2: {
    of: 'energy',
    part: 'non_heating',
    per: 'floor_area_m2',
    unit: 'kgce/(m²·a)',
  },
  /** 单位采暖建筑面积供暖能耗. */
  heating_energy_per_m2: { of: 'energy', part: 'heating', per: 'heated_area_m2', unit: 'kgce/(m²·a)' },
  energy_per_m2: { of: 'energy', part: 'all', per: 'floor_area_m2', unit: 'kgce/(m²·a)' },
  /** 人均综合能耗. */
  energy_per_person: { of: 'energy', part: 'all', per: 'people', unit: 'kgce/(p·a)' },
  /** 常规用能系统单位建筑面积电耗: lighting and sockets, air conditioning and power, without heating. */
  regular_electricity_per_m2: {
    of: 'electricity',
    part: 'non_heating',
    per: 'floor_area_m2',
    unit: 'kWh/(m²·a)',
  },
  /** 非供暖能耗指标 of GB/T 51161, which counts in electricity. */
  non_heating_electricity_per_m2: {
    of: 'electricity',
    part: 'non_heating',
    per: 'floor_area_m2',
    unit: 'kWh/(m²·a)',
  },
  electricity_per_m2: { of: 'electricity', part: 'all', per: 'floor_area_m2', unit: 'kWh/(m²·a)' },
  electricity_per_person: { of: 'electricity', part: 'all', per: 'people', unit: 'kWh/(p·a)' },
  /** 人均取水量. */
  water_per_person: { of: 'water', part: 'all', per: 'people', unit: 'm³/(p·a)' },
  /** 数据中心能量利用效率: electricity of the machine room ÷ that of its IT equipment. */
  eue: { of: 'machine_room', part: 'all', per: null, unit: '1' },
};

/**
 * The limits, the smaller the better. constraint: 约束值, or 通用值 of water; base: 基准值; leading: 引导值, or
 * 先进值 of water. Null: the standard has none.
 */
export interface QuotaValues {
  constraint: number;
  base: number | null;
  leading: number | null;
}

/** Something that is measured apart and counted neither in the consumption nor in the area. */
export interface Exclusion {
  /** machine_room, kitchen, special, or a name. */
  what: string;
  /** Sub-item codes of the meters that measure it; a code stands for all below it, as 01D10 does for 01D1A. */
  items: readonly string[];
  /** Settings of the institution that name meters, and nodes below it; null: none. */
  metersBy: 'machine_room_meters' | 'apart_meters' | null;
  nodesBy: 'apart_nodes' | null;
  /** Nodes below it by id. */
  nodes: readonly string[];
  /**
   * Attribute of the institution that has its floor area, m², where it is no nodes, which bring their own; null:
   * only the consumption is subtracted.
   */
  area: string | null;
}

/** Makes measured values of unlike use comparable; the measured value is multiplied. */
export interface Correction {
  /**
   * use_hours: γ1 = 0.3 + 0.7 × base / T, T hours of use a year. density: γ2 = 0.7 + 0.3 × S / base, S m² per
   * person. Both GB/T 51161-2016.
   */
  kind: 'use_hours' | 'density';
  base: number;
  /** Whether it is applied; one that nobody confirmed is not. */
  on: boolean;
  source: Source;
}

export interface Quota {
  id: string;
  /** Number and title. */
  standard: string;
  metric: Metric;
  /** Codes of regions (GB/T 2260) where it holds; null: everywhere. The others alike: null is any. */
  regions: readonly string[] | null;
  /** Institution types. */
  types: readonly string[] | null;
  levels: readonly string[] | null;
  zones: readonly string[] | null;
  /** What else tells rows apart, in words, e.g. how it is heated; a person decides. Null: nothing. */
  variant: string | null;
  unit: string;
  /** Id of the coefficient scheme of an energy metric; null where nothing is converted. */
  scheme: string | null;
  values: QuotaValues;
  /** First day on which it holds, YYYY-MM-DD; null: not stated. */
  from: string | null;
  /** First day after it; null: still in force. */
  to: string | null;
  exclusions: readonly Exclusion[];
  corrections: readonly Correction[];
  source: Source;
}

export const CHOICE_STATES = ['chosen', 'none', 'unclassified', 'several', 'lost'] as const;

/**
 * chosen: exactly one row. none: no row fits. unclassified: `missing` would decide between `candidates`.
 * several: all of them fit, a person has to choose. lost: the row that a person chose is not in force.
 */
export type QuotaChoice =
  | { state: 'chosen'; quota: Quota; byHand: boolean; misfits: (keyof Classification)[] }
  | { state: 'none' }
  | { state: 'unclassified'; missing: (keyof Classification)[]; candidates: Quota[] }
  | { state: 'several'; candidates: Quota[] }
  | { state: 'lost'; id: string };

const CRITERIA = [
  ['type', 'types'],
  ['level', 'levels'],
  ['zone', 'zones'],
  ['region', 'regions'],
] as const satisfies readonly (readonly [keyof Classification, keyof Quota])[];

/**
 * The row that holds for an institution. It is never guessed: what the classification leaves open is told.
 * @param on day that decides which rows are in force, YYYY-MM-DD
 * @param byHand id of the row that a person chose; it stands even where the classification says otherwise
 */
export function chooseQuota(
  quotas: readonly Quota[],
  metric: Metric,
  of: Readonly<Classification>,
  on: string,
  byHand: string | null,
): QuotaChoice {
  const rows = quotas.filter((q) => q.metric === metric && inForce(q, on));
  if (byHand !== null) {
    const quota = rows.find((q) => q.id === byHand);
    if (!quota) return { state: 'lost', id: byHand };
    return { state: 'chosen', quota, byHand: true, misfits: fieldsWhere(quota, of, 'no') };
  }
  const candidates = rows.filter((q) => fieldsWhere(q, of, 'no').length === 0);
  const missing = [...new Set(candidates.flatMap((q) => fieldsWhere(q, of, 'open')))];
  const [first] = candidates;
  if (!first) return { state: 'none' };
  if (missing.length > 0) return { state: 'unclassified', missing, candidates };
  if (candidates.length > 1) return { state: 'several', candidates };
  return { state: 'chosen', quota: first, byHand: false, misfits: [] };
}

export function inForce(of: Pick<Quota, 'from' | 'to'>, on: string): boolean {
  return (of.from === null || of.from <= on) && (of.to === null || on < of.to);
}

/** The criteria of a row that an institution does not meet, or that nobody said whether it does. */
function fieldsWhere(
  quota: Quota,
  of: Readonly<Classification>,
  answer: 'no' | 'open',
): (keyof Classification)[] {
  return CRITERIA.flatMap(([field, list]) => {
    const wanted = quota[list];
    if (wanted === null) return [];
    const has = of[field];
    if (has === null) return answer === 'open' ? [field] : [];
    const fits = field === 'region' ? wanted.some((r) => isWithin(has, r)) : wanted.includes(has);
    return !fits && answer === 'no' ? [field] : [];
  });
}

/** Whether a place is a region or in it: 370602 is in 370600 and in 370000. */
export function isWithin(code: string, region: string): boolean {
  return code.startsWith(region.replace(/(00)+$/, ''));
}
