import type { Carrier } from './meter.ts';
import type { Coefficient, Scheme, Source } from './scheme.ts';

const verified = (text: string): Source => ({ text, confidence: 'verified' });
const derived = (text: string): Source => ({ text, confidence: 'derived' });
const unconfirmed = (text: string): Source => ({ text, confidence: 'unconfirmed' });

const YEARBOOK = verified('国家统计局《统计年鉴》附录：每千瓦时折 0.1229 千克标准煤；GB/T 2589-2020');
const GENERAL = verified('GB/T 2589-2020 《综合能耗计算通则》附录 A，据多处转载');
const CHONGQING = verified(
  '《重庆市公共机构节能“十三五”规划》2015 年：14482.41 万 m³ 折 19.26 万 tce；公共机构统计中采用',
);
const SHANDONG = verified('DB37/T 2672-2019 附录 B');
/** The densities that the statistics prescribe are not known; these fit what 重庆 printed for 2015. */
const GASOLINE = {
  kgPerL: 0.73,
  source: unconfirmed('常用值；由重庆 2015 年 7927.99 万 L 折 8.52 万 tce 推得 0.7300–0.7308'),
};
const DIESEL = {
  kgPerL: 0.85,
  source: unconfirmed('由重庆 2015 年 506.81 万 L 折 0.63 万 tce 推得 0.8464–0.8598；0.84、0.86 也常用'),
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
  row('other', 'kgce', 1, derived('以标准煤计量')),
  row('heat', 'MJ', 0.03412, verified('GB/T 2589-2020（当量值）；DB37/T 2672-2019 附录 B')),
];

/**
 * What is shipped. Water is in neither: it is a resource of its own. Self-used photovoltaic electricity counts
 * as electricity does.
 */
export const BUILTIN_SCHEMES: readonly Scheme[] = [
  {
    id: 'national-statistics',
    name: '公共机构能源资源消费统计·当量值',
    from: null,
    to: null,
    coefficients: [
      row('electricity', 'kWh', 0.1229, YEARBOOK),
      row('pv', 'kWh', 0.1229, derived('同电力：自用的光伏发电计入消费')),
      row('gas', 'm³', 1.33, CHONGQING),
      ...FUELS(GENERAL),
    ],
    source: derived('由重庆 2015 年公布的合计推得：各能源品种（不含水）相加为 110.75 万 tce'),
  },
  {
    id: 'db37-2672',
    name: 'DB37/T 2672-2019·等价值',
    from: null,
    to: null,
    coefficients: [
      row('electricity', 'kWh', 0.31, SHANDONG),
      row('pv', 'kWh', 0.31, unconfirmed('同电力；未见标准如此规定')),
      row('gas', 'm³', 1.2143, SHANDONG),
      ...FUELS(SHANDONG),
    ].map((c) =>
      c.carrier === 'coal' || c.carrier === 'lpg'
        ? { ...c, source: unconfirmed(`${GENERAL.text}；本标准中未见`) }
        : c,
    ),
    source: SHANDONG,
  },
];
