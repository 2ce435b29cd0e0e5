import type { Correction, Exclusion, Metric, Quota, QuotaValues } from './quota.ts';
import { METRIC_RULES } from './quota.ts';
import type { Confidence, Source } from './scheme.ts';

/**
 * Quotas that are shipped. Shandong's are read in the records of an auditing program, which states that it
 * checked them with the text of the standards; the table of GB/T 51161 is from memory and stays unconfirmed.
 */

const SHANDONG = ['370000'];
const DB37_2672 = 'DB37/T 2672-2019 党政机关能源消耗定额标准';
const DB37_2673 = 'DB37/T 2673-2019 医疗机构能源消耗定额标准';
const DB37_4452 = 'DB37/T 4452-2021 山东省教育、卫生等服务业用水定额';
const GBT_51161 = 'GB/T 51161-2016 民用建筑能耗标准';
// Of github.com/ma1138569845/dechnicAuditor-agent, standards-values.md, which says that it was held against the standard.
const READ_IN = '转录自公开整理的标准数据（其称已与标准原文核对）';

type Limits = readonly [constraint: number, base: number | null, leading: number];

/** Machine rooms, kitchens and equipment for special purposes, with their floor area. */
const MACHINE_ROOM: Exclusion = {
  what: 'machine_room',
  items: ['01D10'],
  metersBy: 'machine_room_meters',
  nodesBy: null,
  nodes: [],
  area: 'machine_room_area_m2',
};
const APART: Exclusion = {
  what: 'special',
  items: ['01D00'],
  metersBy: 'apart_meters',
  nodesBy: 'apart_nodes',
  nodes: [],
  area: 'special_area_m2',
};
const SPECIAL: readonly Exclusion[] = [MACHINE_ROOM, APART];
/** Regular systems are lighting and sockets, air conditioning and power, over the whole building. */
const IRREGULAR: readonly Exclusion[] = SPECIAL.map((e) => ({ ...e, area: null }));

interface Row {
  id: string;
  standard: string;
  metric: Metric;
  limits: Limits;
  source: Source;
  regions?: readonly string[];
  types: readonly string[];
  levels?: readonly string[];
  zones?: readonly string[];
  variant?: string;
  scheme?: string;
  exclusions?: readonly Exclusion[];
  corrections?: readonly Correction[];
}

function quota(row: Row): Quota {
  const [constraint, base, leading] = row.limits;
  const values: QuotaValues = { constraint, base, leading };
  return {
    id: row.id,
    standard: row.standard,
    metric: row.metric,
    regions: row.regions ?? null,
    types: row.types,
    levels: row.levels ?? null,
    zones: row.zones ?? null,
    variant: row.variant ?? null,
    unit: METRIC_RULES[row.metric].unit,
    scheme: row.scheme ?? null,
    values,
    from: null,
    to: null,
    exclusions: row.exclusions ?? [],
    corrections: row.corrections ?? [],
    source: row.source,
  };
}

/** 市级以下 is everything below the city. */
const LEVELS: Readonly<Record<string, readonly string[]>> = { county: ['county', 'township'] };

/** A table of energy quotas of the DB37/T series by level and climate zone (寒冷 A, B of DB37/5026). */
function byLevel(
  of: {
    id: string;
    standard: string;
    type: string;
    table: number;
    metric: Metric;
    scheme?: string;
    exclusions?: readonly Exclusion[];
  },
  rows: readonly (readonly [level: string, zone: 'a' | 'b', ...limits: Limits, sure?: Confidence])[],
): Quota[] {
  const { id, standard, type, table, metric, scheme, exclusions } = of;
  return rows.map(([level, zone, constraint, base, leading, sure = 'verified']) =>
    quota({
      id: `${id}.${table}.${level}-${zone}`,
      standard,
      metric,
      limits: [constraint, base, leading],
      source: { text: `${standard}，表${table}，${READ_IN}`, confidence: sure },
      regions: SHANDONG,
      types: [type],
      levels: LEVELS[level] ?? [level],
      zones: [`cold_${zone}`],
      ...(scheme && { scheme }),
      ...(exclusions && { exclusions }),
    }),
  );
}

/** The table of heating, by what heats; the same for all levels and zones. */
function byHeat(
  of: { id: string; standard: string; type: string },
  rows: readonly (readonly [variant: string, ...limits: Limits, sure?: Confidence])[],
): Quota[] {
  return rows.map(([variant, constraint, base, leading, sure = 'verified']) =>
    quota({
      id: `${of.id}.2.${variant}`,
      standard: of.standard,
      metric: 'heating_energy_per_m2',
      limits: [constraint, base, leading],
      source: { text: `${of.standard}，表2，${READ_IN}`, confidence: sure },
      regions: SHANDONG,
      types: [of.type],
      variant,
      scheme: 'db37-2672',
    }),
  );
}

const GOVERNMENT = { id: 'db37-2672', standard: DB37_2672, type: 'organ' };
const HOSPITAL = { id: 'db37-2673', standard: DB37_2673, type: 'health' };
const SCHEME = { scheme: 'db37-2672' };

const SHANDONG_GOVERNMENT: readonly Quota[] = [
  ...byLevel(
    { ...GOVERNMENT, ...SCHEME, table: 1, metric: 'non_heating_energy_per_m2', exclusions: SPECIAL },
    [
      ['province', 'b', 25.5, 16.6, 9.6],
      ['city', 'a', 21.9, 14.9, 7.2],
      ['city', 'b', 22.3, 15.6, 8.1],
      ['county', 'a', 20.0, 11.9, 6.5],
      ['county', 'b', 20.8, 12.6, 6.9],
    ],
  ),
  ...byHeat(GOVERNMENT, [
    ['district_heat', 12.7, 11.1, 8.3],
    ['air_conditioning', 12.4, 8.9, 6.4],
    ['gas_or_oil', 12.3, 8.4, 4.8],
  ]),
  ...byLevel({ ...GOVERNMENT, ...SCHEME, table: 3, metric: 'energy_per_person' }, [
    ['province', 'b', 1611.5, 1240.4, 700.9],
    ['city', 'a', 1300.8, 912.3, 665.9],
    ['city', 'b', 1557.1, 978.1, 698.2],
    ['county', 'a', 1197.8, 781.0, 453.7],
    ['county', 'b', 1293.4, 828.9, 478.0],
  ]),
  ...byLevel({ ...GOVERNMENT, table: 4, metric: 'regular_electricity_per_m2', exclusions: IRREGULAR }, [
    ['province', 'b', 81.0, 52.0, 35.5],
    ['city', 'a', 72.6, 49.9, 22.7],
    ['city', 'b', 80.0, 51.5, 31.9],
    ['county', 'a', 67.4, 39.5, 20.0],
    ['county', 'b', 75.8, 45.9, 26.2],
  ]),
  quota({
    id: 'db37-2672.5',
    standard: DB37_2672,
    metric: 'eue',
    limits: [2.2, 1.8, 1.4],
    source: { text: `${DB37_2672}，表5，${READ_IN}`, confidence: 'verified' },
    regions: SHANDONG,
    types: ['organ'],
  }),
  quota({
    id: 'db37-4452.organ',
    standard: DB37_4452,
    metric: 'water_per_person',
    // 通用值 25, 先进值 10: two values, no base.
    limits: [25, null, 10],
    source: { text: `${DB37_4452}，机关，${READ_IN}`, confidence: 'verified' },
    regions: SHANDONG,
    types: ['organ'],
  }),
];

/** Of hospitals only the row of 二级 A was checked by a second reading; the others stay unconfirmed. */
const SHANDONG_HOSPITALS: readonly Quota[] = [
  ...byLevel({ ...HOSPITAL, ...SCHEME, table: 1, metric: 'non_heating_energy_per_m2', exclusions: SPECIAL }, [
    ['hospital_3', 'a', 38.1, 30.3, 21.9, 'unconfirmed'],
    ['hospital_3', 'b', 39.1, 33.4, 22.6, 'unconfirmed'],
    ['hospital_2', 'a', 22.6, 15.3, 9.4],
    ['hospital_2', 'b', 33.9, 25.1, 15.7, 'unconfirmed'],
    ['hospital_1', 'a', 13.8, 8.0, 4.3, 'unconfirmed'],
    ['hospital_1', 'b', 17.5, 11.1, 5.9, 'unconfirmed'],
  ]),
  ...byHeat(HOSPITAL, [
    ['district_heat', 13.4, 10.0, 7.9, 'unconfirmed'],
    ['air_conditioning', 15.1, 9.2, 6.2, 'unconfirmed'],
    ['gas_or_oil', 12.3, 8.3, 5.5, 'unconfirmed'],
  ]),
  ...byLevel({ ...HOSPITAL, ...SCHEME, table: 3, metric: 'energy_per_person' }, [
    ['hospital_3', 'a', 944.8, 574.3, 482.1, 'unconfirmed'],
    ['hospital_3', 'b', 1159.4, 753.7, 509.0, 'unconfirmed'],
    ['hospital_2', 'a', 907.4, 556.9, 428.3],
    ['hospital_2', 'b', 1118.4, 642.7, 434.8, 'unconfirmed'],
    ['hospital_1', 'a', 781.0, 542.8, 338.6, 'unconfirmed'],
    ['hospital_1', 'b', 938.8, 623.8, 367.0, 'unconfirmed'],
  ]),
  ...byLevel({ ...HOSPITAL, table: 4, metric: 'regular_electricity_per_m2', exclusions: IRREGULAR }, [
    ['hospital_3', 'a', 118.1, 87.9, 68.7, 'unconfirmed'],
    ['hospital_3', 'b', 131.5, 97.5, 76.4, 'unconfirmed'],
    ['hospital_2', 'a', 73.1, 53.0, 34.9],
    ['hospital_2', 'b', 110.6, 79.6, 52.3, 'unconfirmed'],
    ['hospital_1', 'a', 55.1, 33.6, 21.5, 'unconfirmed'],
    ['hospital_1', 'b', 72.9, 45.9, 27.9, 'unconfirmed'],
  ]),
];

/** Zones of the national standard; 严寒和寒冷 is one there. */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  cold: ['severe_cold_a', 'severe_cold_b', 'severe_cold_c', 'cold_a', 'cold_b'],
  hot_summer_cold_winter: ['hot_summer_cold_winter'],
  hot_summer_warm_winter: ['hot_summer_warm_winter'],
  mild: ['mild'],
};
const CORRECTIONS: readonly Correction[] = [
  {
    kind: 'use_hours',
    base: 2500,
    on: true,
    source: { text: `${GBT_51161}: γ1 = 0.3 + 0.7·T0/T, T0 = 2500 h/a`, confidence: 'verified' },
  },
  {
    kind: 'density',
    base: 10,
    on: false,
    source: {
      text: `${GBT_51161}: γ2 = 0.7 + 0.3·S/S0, S0 = 10 m²/人，凭记忆录入，须与标准原文核对`,
      confidence: 'unconfirmed',
    },
  },
];
const OUTDOORS: Exclusion = {
  ...APART,
  what: 'outdoor_lighting',
  items: ['01A30'],
  metersBy: null,
  nodesBy: null,
  area: null,
};

/** Class A: windows that open; B: closed façade with mechanical ventilation. */
const OFFICES = (
  [
    ['organ', 'class_a', [55, 45], [70, 55], [65, 50], [50, 40]],
    ['office', 'class_a', [65, 55], [85, 70], [80, 65], [65, 50]],
    ['organ', 'class_b', [70, 50], [90, 65], [80, 60], [60, 45]],
    ['office', 'class_b', [80, 60], [110, 80], [100, 75], [70, 55]],
  ] as const
).flatMap(([type, variant, ...perZone]) =>
  Object.entries(ZONES).map(([zone, zones], i) => {
    const [constraint, leading] = perZone[i] as readonly [number, number];
    return quota({
      id: `gbt51161.${type}.${variant}.${zone}`,
      standard: GBT_51161,
      metric: 'non_heating_electricity_per_m2',
      limits: [constraint, null, leading],
      source: {
        text: `${GBT_51161}，表5.2.1，凭记忆录入，须与标准原文核对`,
        confidence: 'unconfirmed',
      },
      types: [type],
      zones,
      variant,
      exclusions: [...SPECIAL, OUTDOORS],
      corrections: CORRECTIONS,
    });
  }),
);

export const BUILTIN_QUOTAS: readonly Quota[] = [...SHANDONG_GOVERNMENT, ...SHANDONG_HOSPITALS, ...OFFICES];
