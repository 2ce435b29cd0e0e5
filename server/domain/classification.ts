/**
 * What kind of institution a node is, by which quotas and comparisons choose. Nothing is assumed: what nobody
 * said is null.
 */

/** 国家机关; 教育, 科技, 文化, 卫生, 体育 and other 事业单位; 社会团体 (the statistics' 单位性质). */
export const INSTITUTION_TYPES = [
  'organ',
  'education',
  'science',
  'culture',
  'health',
  'sports',
  'other_institution',
  'association',
] as const;
export type InstitutionType = (typeof INSTITUTION_TYPES)[number];

/** Of organs the level of administration; of schools and hospitals their grade. */
export const INSTITUTION_LEVELS = [
  'national',
  'province',
  'city',
  'county',
  'township',
  'university',
  'secondary_school',
  'primary_school',
  'kindergarten',
  'hospital_1',
  'hospital_2',
  'hospital_3',
] as const;
export type InstitutionLevel = (typeof INSTITUTION_LEVELS)[number];

/** 严寒 A–C, 寒冷 A–B, 夏热冬冷, 夏热冬暖, 温和. */
export const CLIMATE_ZONES = [
  'severe_cold_a',
  'severe_cold_b',
  'severe_cold_c',
  'cold_a',
  'cold_b',
  'hot_summer_cold_winter',
  'hot_summer_warm_winter',
  'mild',
] as const;
export type ClimateZone = (typeof CLIMATE_ZONES)[number];

export interface Classification {
  type: InstitutionType | null;
  level: InstitutionLevel | null;
  zone: ClimateZone | null;
  /** 6 digits of GB/T 2260, e.g. 320100 for Nanjing. */
  region: string | null;
}

export const UNCLASSIFIED: Readonly<Classification> = { type: null, level: null, zone: null, region: null };
