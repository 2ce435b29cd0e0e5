import type { EstateNode } from '../estate.ts';

/** The tree of the demo estate: a county-level administrative centre in a town that does not exist. */

type Dated = [from: string, value: number][];

function node(
  id: string,
  name: string,
  kind: EstateNode['kind'],
  parent: string | null,
  area_m2?: number,
  people: Dated = [],
  more: Pick<EstateNode, 'attributes' | 'classification'> = {},
): EstateNode {
  const attributes: EstateNode['attributes'] = { ...more.attributes };
  if (area_m2 !== undefined) attributes.floor_area_m2 = [{ from: '2024-01-01', value: area_m2 }];
  if (people.length > 0) attributes.people = people.map(([from, value]) => ({ from, value }));
  return {
    id,
    name,
    kind,
    ...(parent === null ? {} : { parent }),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(more.classification ? { classification: more.classification } : {}),
  };
}

function people(in2024: number, in2025: number, in2026: number): Dated {
  return [
    ['2024-01-01', in2024],
    ['2025-01-01', in2025],
    ['2026-01-01', in2026],
  ];
}

/** What a year of the statistics says of an institution. */
function held(values: Record<string, number>): Pick<EstateNode, 'attributes'> {
  return {
    attributes: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        [{ from: '2024-01-01', value, source: '公共机构能源资源消费统计台账（演示数据）' }],
      ]),
    ),
  };
}
const ORGAN = { classification: { type: 'organ', level: 'county' } } as const;
const CULTURE = { classification: { type: 'culture', level: 'county' } } as const;

/** Institutions of the main building and the floors that they hold. */
export const OFFICES = [
  { id: 'gov-office', name: '市人民政府办公室', floors: [3, 4, 5], people: people(524, 516, 505) },
  { id: 'gov-plan', name: '市发展和改革局', floors: [6, 7], people: people(338, 335, 331) },
  { id: 'gov-finance', name: '市财政局', floors: [8, 9], people: people(352, 349, 342) },
  { id: 'gov-land', name: '市自然资源和规划局', floors: [10, 11], people: people(361, 352, 348) },
] as const;
const FLOOR_M2 = 3750;

export function demoNodes(): EstateNode[] {
  return [
    node('anlan', '安澜市', 'region', null, undefined, [], {
      classification: { zone: 'hot_summer_cold_winter', region: '320000' },
    }),
    // Dinner, security, cleaning and visitors count at the building, not at an institution.
    node('centre', '安澜市行政中心', 'region', 'anlan', 125_000, people(2068, 2040, 2006)),

    node('gov', '办公主楼', 'building', 'centre', 47_000, people(1850, 1824, 1790), {
      ...ORGAN,
      ...held({
        heated_area_m2: 41_300,
        machine_room_area_m2: 650,
        special_area_m2: 2750,
        working_days: 250,
        working_hours: 2600,
      }),
    }),
    ...OFFICES.flatMap((o) => [
      node(o.id, o.name, 'institution', 'gov', o.floors.length * FLOOR_M2, o.people, {
        ...ORGAN,
        ...held({ heated_area_m2: o.floors.length * 3560, working_days: 250, working_hours: 2600 }),
      }),
      ...o.floors.map((f) => node(`gov-f${f}`, `${f} 层`, 'space', o.id, FLOOR_M2)),
    ]),
    node('gov-public', '主楼公共区域', 'space', 'gov', 8_450),
    node('gov-kitchen', '职工食堂', 'space', 'gov', 2_100),
    node('gov-it', '信息中心机房', 'space', 'gov', 650),
    node('gov-plant', '主楼冷热源与配电机房', 'space', 'gov', 2_050),

    node('cul', '文化中心综合楼', 'building', 'centre', 78_000, people(204, 202, 202), CULTURE),
    node('cul-centre', '市文化馆', 'institution', 'cul', 31_000, people(118, 116, 115), {
      ...CULTURE,
      ...held({ heated_area_m2: 28_600, working_days: 310, working_hours: 3100 }),
    }),
    node('cul-library', '图书馆', 'space', 'cul-centre', 12_000),
    node('cul-gallery', '展览厅', 'space', 'cul-centre', 8_000),
    node('cul-theatre', '剧场', 'space', 'cul-centre', 7_000),
    node('cul-studio', '群众活动室', 'space', 'cul-centre', 4_000),
    node('archive', '市档案馆', 'institution', 'cul', 14_000, people(62, 61, 60), {
      classification: { type: 'other_institution', level: 'county' },
      ...held({ heated_area_m2: 12_900, working_days: 250 }),
    }),
    node('archive-store', '档案库房', 'space', 'archive', 8_500),
    node('park', '地下车库', 'space', 'cul', 28_000),
    node('cul-public', '综合楼公共区域', 'space', 'cul', 3_200),
    node('cul-plant', '综合楼冷热源机房', 'space', 'cul', 1_800),

    {
      id: 'square',
      name: '广场绿地',
      kind: 'space',
      parent: 'centre',
      attributes: { site_area_m2: [{ from: '2024-01-01', value: 45_000 }] },
    },
  ];
}
