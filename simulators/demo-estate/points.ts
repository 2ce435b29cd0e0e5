import type { Carrier } from '../../server/domain/meter.ts';
import type { Point, Uses } from '../model/model.ts';
import { OFFICES } from './places.ts';

/** Everything that is known about one metering point of the demo estate. */
export interface DemoPoint extends Point {
  name: string;
  node: string;
  item: string | null;
  unit: string;
  /** Highest plausible quantity per hour. */
  maxRate: number | null;
  gateway: string;
}

interface Row {
  id: string;
  name: string;
  node: string;
  parent: string | null;
  uses: Uses;
  item: string | null;
  trend: number;
  rest: number;
  jitter: number;
  /** Reports by radio on its own, not over the building's gateway. */
  alone: boolean;
}

type Extra = Partial<Pick<Row, 'item' | 'trend' | 'rest' | 'jitter' | 'alone'>>;

function meter(
  parent: string | null,
  id: string,
  name: string,
  node: string,
  uses: Uses,
  extra: Extra = {},
): Row {
  return {
    id,
    name,
    node,
    parent,
    uses,
    item: null,
    trend: 0.972,
    rest: 0,
    jitter: 0.07,
    alone: false,
    ...extra,
  };
}

/** A meter whose load is what its sub-meters see, and a share that none of them sees. */
function main(
  parent: string | null,
  id: string,
  name: string,
  node: string,
  rest: number,
  extra: Extra = {},
): Row {
  return meter(parent, id, name, node, {}, { rest, ...extra });
}

const FLOORS = OFFICES.flatMap((o) => o.floors.map((floor) => ({ floor, node: `gov-f${floor}` })));

const LIGHT = { item: '01A10', trend: 0.966 };
const LIFT = { item: '01C10', trend: 0.985, jitter: 0.15 };
const PUMP = { item: '01C20', trend: 0.975, jitter: 0.2 };
const FAN = { item: '01C30', trend: 0.97 };
const PLANT = { item: '01B10', trend: 0.962 };
const COIL = { item: '01B20', trend: 0.96 };
const SERVER = { item: '01D10', trend: 0.99, jitter: 0.02 };
const KITCHEN = { item: '01D30', trend: 0.97, jitter: 0.15 };
const OTHER = { item: '01D60', trend: 1.02, jitter: 0.15 };

const GOV_ELECTRICITY: Row[] = [
  main(null, 'gov-main', '办公主楼总进线', 'gov', 0.012, { item: '01000' }),
  main('gov-main', 'gov-t1', '1# 变压器低压总柜', 'gov-plant', 0.022),
  main('gov-main', 'gov-t2', '2# 变压器低压总柜', 'gov-plant', 0.018),
  ...FLOORS.map(({ floor, node }, i) =>
    meter(
      'gov-t1',
      `gov-f${floor}-light`,
      `${floor} 层照明插座`,
      node,
      { officeLight: 43 + (i % 3) * 2.5, constant: 2.6 },
      LIGHT,
    ),
  ),
  meter(
    'gov-t1',
    'gov-f1-light',
    '1 层大厅照明插座',
    'gov-public',
    { officeLight: 46, corridor: 8, constant: 3 },
    LIGHT,
  ),
  meter(
    'gov-t1',
    'gov-f2-light',
    '2 层会议中心照明插座',
    'gov-public',
    { officeLight: 38, constant: 2 },
    LIGHT,
  ),
  meter(
    'gov-t1',
    'gov-f12-light',
    '12 层多功能厅照明插座',
    'gov-public',
    { officeLight: 27, constant: 2 },
    LIGHT,
  ),
  meter(
    'gov-t1',
    'gov-corridor',
    '走廊与应急照明',
    'gov-public',
    { corridor: 24 },
    { ...LIGHT, item: '01A20' },
  ),
  meter('gov-t1', 'gov-facade', '主楼泛光照明', 'gov-public', { facade: 42 }, { ...LIGHT, item: '01A30' }),
  meter('gov-t1', 'gov-lift-1', '1–3# 客梯', 'gov-public', { officeLift: 36, constant: 1.2 }, LIFT),
  meter('gov-t1', 'gov-lift-2', '4–6# 客梯与消防电梯', 'gov-public', { officeLift: 30, constant: 1.2 }, LIFT),
  meter('gov-t1', 'gov-pump', '生活水泵', 'gov-plant', { officeWater: 14, constant: 0.8 }, PUMP),
  meter(
    'gov-t1',
    'gov-drain',
    '排污泵与消防稳压泵',
    'gov-plant',
    { constant: 3.2 },
    { ...PUMP, jitter: 0.5 },
  ),
  meter('gov-t1', 'gov-fan', '通风机', 'gov-plant', { officeFan: 42 }, FAN),
  meter('gov-t1', 'gov-kettle', '各层开水器', 'gov-public', { kettle: 34 }, { item: '01D60' }),
  meter('gov-t1', 'gov-charge', '公务充电桩', 'gov-public', { charging: 55 }, OTHER),
  meter('gov-t2', 'gov-chiller-1', '1# 冷水机组', 'gov-plant', { officeCooling: 390 }, PLANT),
  meter('gov-t2', 'gov-chiller-2', '2# 冷水机组', 'gov-plant', { officeCooling: 330 }, PLANT),
  meter('gov-t2', 'gov-chilled-pump', '冷冻水泵', 'gov-plant', { officePump: 82 }, PLANT),
  meter('gov-t2', 'gov-cooling-pump', '冷却水泵与冷却塔', 'gov-plant', { officePump: 96 }, PLANT),
  ...FLOORS.map(({ floor, node }, i) =>
    meter(
      'gov-t2',
      `gov-f${floor}-ac`,
      `${floor} 层空调末端`,
      node,
      { officeCoil: 12 + (i % 4), constant: 0.3 },
      COIL,
    ),
  ),
  meter(
    'gov-t2',
    'gov-public-ac',
    '1、2、12 层空调末端',
    'gov-public',
    { officeCoil: 44, constant: 0.8 },
    COIL,
  ),
  meter('gov-t2', 'gov-kitchen-power', '食堂厨房动力', 'gov-kitchen', { kitchen: 95, constant: 7 }, KITCHEN),
  main('gov-t2', 'gov-it-main', '信息中心机房总表', 'gov-it', 0.015, { item: '01D10' }),
  meter('gov-it-main', 'gov-it-ups', '机房 UPS 输出', 'gov-it', { constant: 92 }, SERVER),
  meter(
    'gov-it-main',
    'gov-it-ac',
    '机房专用空调',
    'gov-it',
    { serverCooling: 46 },
    { ...SERVER, trend: 0.95 },
  ),
];

const CUL_ELECTRICITY: Row[] = [
  main(null, 'cul-main', '文化中心综合楼总进线', 'cul', 0.014, { item: '01000' }),
  main('cul-main', 'cul-t1', '3# 变压器低压总柜', 'cul-plant', 0.024),
  main('cul-main', 'cul-t2', '4# 变压器低压总柜', 'cul-plant', 0.016),
  meter(
    'cul-t1',
    'cul-library-light',
    '图书馆照明插座',
    'cul-library',
    { cultureLight: 128, constant: 7 },
    LIGHT,
  ),
  meter(
    'cul-t1',
    'cul-gallery-light',
    '展览厅照明插座',
    'cul-gallery',
    { cultureLight: 104, constant: 5 },
    LIGHT,
  ),
  meter(
    'cul-t1',
    'cul-studio-light',
    '活动室照明插座',
    'cul-studio',
    { cultureLight: 48, constant: 2 },
    LIGHT,
  ),
  meter('cul-t1', 'cul-theatre-light', '剧场照明插座', 'cul-theatre', { theatre: 78, constant: 3 }, LIGHT),
  meter(
    'cul-t1',
    'cul-stage',
    '舞台灯光音响',
    'cul-theatre',
    { theatre: 165, constant: 2 },
    { item: '01D60', jitter: 0.25 },
  ),
  meter('cul-t2', 'cul-chiller-1', '3# 冷水机组', 'cul-plant', { cultureCooling: 410 }, PLANT),
  meter('cul-t2', 'cul-chiller-2', '4# 冷水机组', 'cul-plant', { cultureCooling: 360 }, PLANT),
  meter('cul-t2', 'cul-plant-pump', '冷冻冷却水泵', 'cul-plant', { culturePump: 150 }, PLANT),
  meter('cul-t1', 'cul-library-ac', '图书馆空调末端', 'cul-library', { cultureCoil: 34 }, COIL),
  meter('cul-t1', 'cul-gallery-ac', '展览厅空调末端', 'cul-gallery', { cultureCoil: 30 }, COIL),
  meter('cul-t1', 'cul-theatre-ac', '剧场空调末端', 'cul-theatre', { theatre: 46, constant: 0.5 }, COIL),
  meter('cul-t1', 'cul-lift', '客梯与货梯', 'cul-public', { visitors: 38, constant: 1.5 }, LIFT),
  meter('cul-t1', 'cul-escalator', '自动扶梯', 'cul-public', { visitors: 44 }, LIFT),
  meter('cul-t2', 'cul-fan', '通风机', 'cul-plant', { visitors: 52 }, FAN),
  meter('cul-t2', 'cul-pump', '生活水泵', 'cul-plant', { visitors: 9, constant: 0.6 }, PUMP),
  meter('cul-t1', 'cul-facade', '综合楼泛光照明', 'cul-public', { facade: 72 }, { ...LIGHT, item: '01A30' }),
  meter('cul-t1', 'cul-cafe', '咖啡轻食厨房', 'cul-public', { visitors: 32, constant: 4 }, KITCHEN),
  main('cul-t2', 'archive-main', '档案馆总表', 'archive', 0.02, { item: '01000' }),
  meter(
    'archive-main',
    'archive-light',
    '档案馆照明插座',
    'archive',
    { officeLight: 40, constant: 2 },
    LIGHT,
  ),
  meter(
    'archive-main',
    'archive-store-light',
    '档案库房照明',
    'archive-store',
    { officeLight: 9, constant: 1 },
    LIGHT,
  ),
  meter('archive-main', 'archive-climate', '库房恒温恒湿机组', 'archive-store', { storeClimate: 62 }, COIL),
  meter(
    'archive-main',
    'archive-scan',
    '档案数字化机房',
    'archive',
    { constant: 34, officeLight: 8 },
    SERVER,
  ),
  meter('archive-main', 'archive-lift', '档案馆电梯', 'archive', { officeLift: 11, constant: 0.6 }, LIFT),
  main('cul-t2', 'park-main', '地下车库总表', 'park', 0.025, { item: '01000' }),
  // One direct meter of five digits: it passes 99,999.99 about once a year.
  meter('park-main', 'park-light', '车库照明', 'park', { garageLight: 17 }, LIGHT),
  meter('park-main', 'park-fan', '车库排风机', 'park', { garageFan: 46 }, FAN),
  meter('park-main', 'park-drain', '集水井排污泵', 'park', { constant: 2.4 }, { ...PUMP, jitter: 0.6 }),
  meter(
    'park-main',
    'park-charge-1',
    '充电桩一区',
    'park',
    { publicCharging: 66 },
    { ...OTHER, jitter: 0.3 },
  ),
  meter(
    'park-main',
    'park-charge-2',
    '充电桩二区',
    'park',
    { publicCharging: 48 },
    { ...OTHER, jitter: 0.3 },
  ),
];

const SQUARE_ELECTRICITY: Row[] = [
  main(null, 'square-main', '广场箱变总进线', 'square', 0.02, { item: '01000' }),
  meter(
    'square-main',
    'square-lamp',
    '路灯与庭院灯',
    'square',
    { streetLamp: 34 },
    { ...LIGHT, item: '01A30' },
  ),
  meter('square-main', 'square-landscape', '景观照明', 'square', { facade: 48 }, { ...LIGHT, item: '01A30' }),
  meter('square-main', 'square-fountain', '喷泉水泵', 'square', { fountain: 75 }, PUMP),
  meter('square-main', 'square-watering', '灌溉泵', 'square', { watering: 15 }, PUMP),
  meter(
    'square-main',
    'square-screen',
    '户外大屏',
    'square',
    { visitors: 22, constant: 1.5 },
    { item: '01D60' },
  ),
  meter('square-main', 'square-guard', '岗亭与监控', 'square', { constant: 4.5 }, { item: '01D60' }),
];

const WATER: Row[] = [
  main(null, 'gov-w-main', '办公主楼总水表', 'gov', 0.03),
  ...OFFICES.map((o) =>
    meter(
      'gov-w-main',
      `${o.id}-w`,
      `${o.floors[0]}–${o.floors.at(-1)} 层用水`,
      o.id,
      { officeWater: o.floors.length * 0.85 },
      { jitter: 0.35, trend: 0.96 },
    ),
  ),
  meter(
    'gov-w-main',
    'gov-public-w',
    '主楼公共卫生间',
    'gov-public',
    { officeWater: 1.7 },
    { jitter: 0.4, trend: 0.96 },
  ),
  meter(
    'gov-w-main',
    'gov-kitchen-w',
    '食堂用水',
    'gov-kitchen',
    { kitchen: 3.4, constant: 0.03 },
    { jitter: 0.25, trend: 0.97 },
  ),
  meter('gov-w-main', 'gov-tower-w', '冷却塔补水', 'gov-plant', { coolingWater: 4.8 }, { jitter: 0.2 }),
  meter(
    'gov-w-main',
    'gov-hot-w',
    '生活热水补水',
    'gov-plant',
    { officeWater: 0.5, kitchen: 0.9 },
    { jitter: 0.3 },
  ),
  main(null, 'cul-w-main', '文化中心综合楼总水表', 'cul', 0.03),
  meter(
    'cul-w-main',
    'cul-library-w',
    '图书馆用水',
    'cul-library',
    { visitors: 1.5 },
    { jitter: 0.4, trend: 0.96 },
  ),
  meter(
    'cul-w-main',
    'cul-theatre-w',
    '剧场用水',
    'cul-theatre',
    { theatre: 3.2 },
    { jitter: 0.4, trend: 0.96 },
  ),
  meter(
    'cul-w-main',
    'cul-toilet-w',
    '综合楼公共卫生间',
    'cul-public',
    { visitors: 2.4, leak: 0.85 },
    { jitter: 0.3, trend: 0.97 },
  ),
  meter('cul-w-main', 'cul-tower-w', '冷却塔补水', 'cul-plant', { coolingWater: 5.2 }, { jitter: 0.2 }),
  meter('cul-w-main', 'cul-cafe-w', '咖啡轻食用水', 'cul-public', { visitors: 0.7 }, { jitter: 0.4 }),
  meter(
    'cul-w-main',
    'archive-w',
    '档案馆用水',
    'archive',
    { officeWater: 0.55 },
    { jitter: 0.4, trend: 0.97 },
  ),
  meter('cul-w-main', 'park-w', '车库冲洗用水', 'park', { officeWater: 0.25 }, { jitter: 0.8 }),
  main(null, 'square-w-main', '广场总水表', 'square', 0.04, { alone: true }),
  meter(
    'square-w-main',
    'square-green-1-w',
    '东区绿化灌溉',
    'square',
    { watering: 13 },
    { jitter: 0.1, trend: 0.94, alone: true },
  ),
  meter(
    'square-w-main',
    'square-green-2-w',
    '西区绿化灌溉',
    'square',
    { watering: 11 },
    { jitter: 0.1, trend: 0.94, alone: true },
  ),
  meter(
    'square-w-main',
    'square-fountain-w',
    '喷泉补水',
    'square',
    { fountain: 2.6 },
    { jitter: 0.2, alone: true },
  ),
  meter(
    'square-w-main',
    'square-toilet-w',
    '广场公厕',
    'square',
    { visitors: 0.9 },
    { jitter: 0.4, alone: true },
  ),
];

const GAS: Row[] = [
  main(null, 'gov-g-main', '办公主楼燃气总表', 'gov', 0.005),
  meter('gov-g-main', 'gov-kitchen-g', '食堂灶具燃气', 'gov-kitchen', { kitchen: 44 }, { jitter: 0.2 }),
  meter(
    'gov-g-main',
    'gov-boiler-g',
    '热水锅炉燃气',
    'gov-plant',
    { hotWater: 30, officeHeat: 14, constant: 0.4 },
    { jitter: 0.1, trend: 0.955 },
  ),
  main(null, 'cul-g-main', '文化中心综合楼燃气总表', 'cul', 0.005),
  meter('cul-g-main', 'cul-cafe-g', '咖啡轻食燃气', 'cul-public', { visitors: 4.2 }, { jitter: 0.3 }),
  meter(
    'cul-g-main',
    'cul-boiler-g',
    '剧场热水锅炉燃气',
    'cul-plant',
    { theatre: 6, cultureHeat: 22, constant: 0.2 },
    { jitter: 0.1, trend: 0.955 },
  ),
];

const HEAT: Row[] = [
  main(null, 'gov-h-main', '办公主楼热力入口', 'gov', 0.035),
  ...OFFICES.map((o) =>
    meter(
      'gov-h-main',
      `${o.id}-h`,
      `${o.floors[0]}–${o.floors.at(-1)} 层采暖`,
      o.id,
      { officeHeat: o.floors.length * 0.78 },
      { jitter: 0.05, trend: 0.96 },
    ),
  ),
  meter(
    'gov-h-main',
    'gov-public-h',
    '1、2、12 层采暖',
    'gov-public',
    { officeHeat: 2.1 },
    { jitter: 0.05, trend: 0.96 },
  ),
  main(null, 'cul-h-main', '文化中心综合楼热力入口', 'cul', 0.04),
  meter(
    'cul-h-main',
    'cul-centre-h',
    '市文化馆采暖',
    'cul-centre',
    { cultureHeat: 6.8 },
    { jitter: 0.05, trend: 0.96 },
  ),
  meter(
    'cul-h-main',
    'archive-h',
    '市档案馆采暖',
    'archive',
    { cultureHeat: 1.3, constant: 0 },
    { jitter: 0.05, trend: 0.97 },
  ),
];

/** Gateways, one per building, and the platform behind the meters that report on their own. */
export const GATEWAYS = [
  { id: 'gw-gov', name: '办公主楼采集网关', node: 'gov' },
  { id: 'gw-cul', name: '文化中心综合楼采集网关', node: 'cul' },
  { id: 'gw-square', name: '广场采集网关', node: 'square' },
] as const;
/** No gateway: the meter publishes under its own topic. */
export const ALONE = '';

interface Kind {
  unit: string;
  intervalS: number;
  rolloverAt: number;
}

const ELECTRICITY: Kind = { unit: 'kWh', intervalS: 900, rolloverAt: 1_000_000 };
const SLOW = { intervalS: 3600, rolloverAt: 100_000 };

export function demoPoints(): DemoPoint[] {
  const rows = (gateway: string, kind: Kind, carrier: Carrier, list: Row[]): DemoPoint[] =>
    points(gateway, kind, carrier, list);
  const gatewayOf = (id: string): string =>
    id.startsWith('gov') ? 'gw-gov' : id.startsWith('square') ? 'gw-square' : 'gw-cul';
  const slow = (unit: string, carrier: Carrier, list: Row[]): DemoPoint[] =>
    points('', { unit, ...SLOW }, carrier, list).map((p, i) =>
      list[i]!.alone ? p : { ...p, gateway: gatewayOf(p.id) },
    );
  return [
    ...rows('gw-gov', ELECTRICITY, 'electricity', GOV_ELECTRICITY),
    ...rows('gw-cul', ELECTRICITY, 'electricity', CUL_ELECTRICITY),
    ...rows('gw-square', ELECTRICITY, 'electricity', SQUARE_ELECTRICITY),
    ...slow('m3', 'water', WATER),
    ...slow('m3', 'gas', GAS),
    ...slow('GJ', 'heat', HEAT),
    {
      ...meter(null, 'weather-t', '室外气温', 'centre', {}),
      carrier: 'outdoor_temperature',
      register: 'gauge',
      unit: '°C',
      multiplier: 1,
      rolloverAt: null,
      maxRate: null,
      intervalS: 900,
      gateway: ALONE,
    },
  ];
}

function points(gateway: string, kind: Kind, carrier: Carrier, list: Row[]): DemoPoint[] {
  const peaks = new Map<string, number>();
  const peakOf = (row: Row): number => {
    const subs = list.filter((r) => r.parent === row.id);
    const own = Object.values(row.uses).reduce((sum, peak) => sum + peak, 0);
    return subs.reduce((sum, sub) => sum + peakOf(sub), own) * (1 + row.rest);
  };
  for (const row of list) peaks.set(row.id, peakOf(row));
  return list.map((row) => {
    const peak = peaks.get(row.id)!;
    const multiplier = carrier === 'electricity' ? ratio(peak) : 1;
    return {
      ...row,
      carrier,
      register: 'cumulative',
      unit: kind.unit,
      multiplier,
      rolloverAt: multiplier === 1 ? Math.min(kind.rolloverAt, 100_000) : kind.rolloverAt,
      maxRate: upTo(peak * 1.8 * (1 + row.jitter)),
      intervalS: kind.intervalS,
      gateway,
    };
  });
}

/** The current transformers sold, as x/5; below 25 kW a meter is connected directly. */
const TRANSFORMERS = [
  75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000,
];

function ratio(peak_kW: number): number {
  if (peak_kW < 25) return 1;
  const ampere = (peak_kW * 1.3) / (Math.sqrt(3) * 0.4 * 0.9);
  return (TRANSFORMERS.find((t) => t >= ampere) ?? 4000) / 5;
}

/** The next number with one digit and zeros, or half of it. */
function upTo(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Number((Math.ceil(value / step) * step).toPrecision(3));
}
