import type { Carrier } from './meter.ts';
import type { Coefficient, Scheme, Source } from './scheme.ts';

const verified = (text: string): Source => ({ text, confidence: 'verified' });
const derived = (text: string): Source => ({ text, confidence: 'derived' });
const unconfirmed = (text: string): Source => ({ text, confidence: 'unconfirmed' });

const YEARBOOK = verified('国家统计局 统计年鉴 附录: 每千瓦时折 0.1229 千克标准煤; GB/T 2589-2020');
const GENERAL = verified('GB/T 2589-2020 综合能耗计算通则 附录 A, as printed by several sources');
const CHONGQING = verified(
  '《重庆市公共机构节能“十三五”规划》 2015: 14482.41 万 m³ = 19.26 万 tce; in use in public-institution statistics',
);
const SHANDONG = verified('DB37/T 2672-2019 附录 B');
/** The densities that the statistics prescribe are not known; these fit what 重庆 printed for 2015. */
const GASOLINE = {
  kgPerL: 0.73,
  source: unconfirmed('common value; 重庆 2015: 7927.99 万 L = 8.52 万 tce implies 0.7300–0.7308'),
};
const DIESEL = {
  kgPerL: 0.85,
  source: unconfirmed(
    '重庆 2015: 506.81 万 L = 0.63 万 tce implies 0.8464–0.8598; 0.84 and 0.86 are common too',
  ),
};

function row(
  carrier: Carrier,
  unit: string,
  kgce: number,
  source: Source,
  density: Coefficient['density'] = null,
): Coefficient {
  return { carrier, unit, kgce, from: null, density, source };
}

/** What both schemes have alike: fuels by mass, heat by its equivalent. */
const FUELS = (source: Source): Coefficient[] => [
  row('coal', 'kg', 0.7143, source),
  row('gasoline', 'kg', 1.4714, source, GASOLINE),
  row('diesel', 'kg', 1.4571, source, DIESEL),
  row('lpg', 'kg', 1.7143, source),
  // 其他能源 is reported in standard coal.
  row('other', 'kgce', 1, derived('counted in standard coal')),
  row('heat', 'MJ', 0.03412, verified('GB/T 2589-2020, equivalent; DB37/T 2672-2019 附录 B')),
];

/**
 * What is shipped. Water is in neither: it is a resource of its own. Self-used photovoltaic electricity counts
 * as electricity does.
 */
export const BUILTIN_SCHEMES: readonly Scheme[] = [
  {
    id: 'national-statistics',
    name: '公共机构能源资源消费统计 (当量值)',
    from: null,
    to: null,
    coefficients: [
      row('electricity', 'kWh', 0.1229, YEARBOOK),
      row('pv', 'kWh', 0.1229, derived('as electricity: self-used photovoltaic electricity is consumption')),
      row('gas', 'm³', 1.33, CHONGQING),
      ...FUELS(GENERAL),
    ],
    source: derived(
      'from the totals that 重庆 published for 2015: the kinds add up to 110.75 万 tce without water',
    ),
  },
  {
    id: 'db37-2672',
    name: 'DB37/T 2672-2019 (等价值)',
    from: null,
    to: null,
    coefficients: [
      row('electricity', 'kWh', 0.31, SHANDONG),
      row('pv', 'kWh', 0.31, unconfirmed('as electricity; the standard was not seen to say so')),
      row('gas', 'm³', 1.2143, SHANDONG),
      ...FUELS(SHANDONG),
    ].map((c) =>
      c.carrier === 'coal' || c.carrier === 'lpg'
        ? { ...c, source: unconfirmed(`${GENERAL.text}; not seen in this standard`) }
        : c,
    ),
    source: SHANDONG,
  },
];
