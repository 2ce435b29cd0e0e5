import type { Carrier } from './meter.ts';
import type { EmissionFactor, Source } from './scheme.ts';

/**
 * Average CO₂ of electricity, kgCO₂/kWh: 生态环境部 and 国家统计局, 电力二氧化碳排放因子. Which of them the
 * statistics of public institutions apply is not known; a setting chooses.
 */
const MEE_2022: Source = {
  text: '生态环境部、国家统计局公告（2024-12-20），2022 年电力二氧化碳排放因子',
  confidence: 'verified',
};
const MEE_2023: Source = {
  text: '生态环境部、国家统计局 公告2025年第47号（2025-12-31），2023 年电力二氧化碳排放因子',
  confidence: 'verified',
};
const MEE_2021: Source = {
  text: '公告2024年第12号（2024-04-12）确有此文，未见其中数值，须核对',
  confidence: 'unconfirmed',
};
const ETS: Source = {
  text: '环办气候函〔2023〕43号 全国电网平均排放因子，能源审计中常用',
  confidence: 'unconfirmed',
};
const AUDITS: Source = { text: '能源审计中通用', confidence: 'verified' };
const COMMON: Source = {
  text: '常用值；统计制度规定的密度未知',
  confidence: 'unconfirmed',
};

/** GB/T 2260 code, name, factor of 2022 and of 2023. None is published for 西藏. */
const PROVINCES: readonly (readonly [code: string, name: string, of2022: number, of2023: number])[] = [
  ['110000', '北京', 0.558, 0.5554],
  ['120000', '天津', 0.7041, 0.6796],
  ['130000', '河北', 0.7252, 0.6516],
  ['140000', '山西', 0.7096, 0.6634],
  ['150000', '内蒙古', 0.6849, 0.6479],
  ['210000', '辽宁', 0.5626, 0.4878],
  ['220000', '吉林', 0.4932, 0.4671],
  ['230000', '黑龙江', 0.5368, 0.5229],
  ['310000', '上海', 0.5849, 0.5737],
  ['320000', '江苏', 0.5978, 0.5827],
  ['330000', '浙江', 0.5153, 0.4974],
  ['340000', '安徽', 0.6782, 0.6553],
  ['350000', '福建', 0.4092, 0.4211],
  ['360000', '江西', 0.5752, 0.5836],
  ['370000', '山东', 0.641, 0.6191],
  ['410000', '河南', 0.6058, 0.5897],
  ['420000', '湖北', 0.4364, 0.4044],
  ['430000', '湖南', 0.49, 0.4976],
  ['440000', '广东', 0.4403, 0.4419],
  ['450000', '广西', 0.4044, 0.4476],
  ['460000', '海南', 0.4184, 0.3648],
  ['500000', '重庆', 0.5227, 0.5581],
  ['510000', '四川', 0.1404, 0.1564],
  ['520000', '贵州', 0.4989, 0.5683],
  ['530000', '云南', 0.1073, 0.1333],
  ['610000', '陕西', 0.6558, 0.6335],
  ['620000', '甘肃', 0.4772, 0.4471],
  ['630000', '青海', 0.1567, 0.1796],
  ['640000', '宁夏', 0.6423, 0.6187],
  ['650000', '新疆', 0.6231, 0.6021],
];

/** Of the grid regions, 2023. */
const GRIDS: readonly (readonly [id: string, of2023: number])[] = [
  ['north', 0.6361],
  ['northeast', 0.5122],
  ['east', 0.55],
  ['central', 0.5271],
  ['northwest', 0.5543],
  ['south', 0.4042],
  ['southwest', 0.2472],
];

/**
 * The grid region of each province, by the first two digits of its code, as the grids are drawn. 内蒙古 lies in
 * two of them and 西藏 has no factor, so both are left out.
 */
const GRID_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    north: '11 12 13 14 37',
    northeast: '21 22 23',
    east: '31 32 33 34 35',
    central: '36 41 42 43',
    northwest: '61 62 63 64 65',
    south: '44 45 46 52 53',
    southwest: '50 51',
  }).flatMap(([grid, provinces]) => provinces.split(' ').map((province) => [province, grid])),
);

/**
 * The region whose factor counts for a node; null: it is not known where the node is.
 * @param code 6 digits of GB/T 2260
 */
export function factorRegion(area: 'national' | 'grid' | 'province', code: string | null): string | null {
  if (area === 'national') return 'national';
  if (code === null) return null;
  return area === 'province' ? `${code.slice(0, 2)}0000` : (GRID_OF[code.slice(0, 2)] ?? null);
}

function electricity(
  year: number,
  region: string,
  kgCo2: number,
  source: Source,
  series = 'mee-average',
): EmissionFactor {
  const id = `${series}-${year}-${region}`;
  return { id, carrier: 'electricity', unit: 'kWh', kgCo2, density: null, region, year, series, source };
}

function fuel(carrier: Carrier, unit: string, kgCo2: number, kgPerL: number | null = null): EmissionFactor {
  const density = kgPerL === null ? null : { kgPerL, source: COMMON };
  return {
    id: carrier,
    carrier,
    unit,
    kgCo2,
    density,
    region: null,
    year: null,
    series: 'fuels',
    source: AUDITS,
  };
}

export const BUILTIN_FACTORS: readonly EmissionFactor[] = [
  electricity(2021, 'national', 0.5568, MEE_2021),
  electricity(2022, 'national', 0.5366, MEE_2022),
  electricity(2023, 'national', 0.5306, MEE_2023),
  ...PROVINCES.map(([code, , of2022]) => electricity(2022, code, of2022, MEE_2022)),
  ...PROVINCES.map(([code, , , of2023]) => electricity(2023, code, of2023, MEE_2023)),
  ...GRIDS.map(([id, of2023]) => electricity(2023, id, of2023, MEE_2023)),
  electricity(2023, 'national', 0.6096, MEE_2023, 'mee-without-traded'),
  electricity(2023, 'national', 0.8273, MEE_2023, 'mee-fossil'),
  electricity(2022, 'national', 0.5703, ETS, 'ets-grid'),
  fuel('gas', 'm³', 2.1622),
  fuel('gasoline', 'kg', 2.9251, 0.73),
  fuel('diesel', 'kg', 3.0959, 0.85),
  fuel('heat', 'GJ', 110),
];
