import type { Carrier } from '../../domain/meter.ts';
import type { Metric } from '../../domain/quota.ts';
import type { Check } from './check.ts';

/** What a check says in a sentence, in the languages of the reports; the dashboard shows the same. */

export type CheckLanguage = 'zh' | 'en';

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const PRICE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });
const SHARE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Names of carriers, as a subject and as they stand in 用…. */
const CARRIERS: Record<Carrier, { zh: string; en: string }> = {
  electricity: { zh: '电', en: 'electricity' },
  water: { zh: '水', en: 'water' },
  gas: { zh: '天然气', en: 'gas' },
  heat: { zh: '热力', en: 'heat' },
  cooling: { zh: '冷量', en: 'cooling' },
  coal: { zh: '煤炭', en: 'coal' },
  gasoline: { zh: '汽油', en: 'gasoline' },
  diesel: { zh: '柴油', en: 'diesel' },
  lpg: { zh: '液化石油气', en: 'LPG' },
  pv: { zh: '光伏发电', en: 'photovoltaic power' },
  other: { zh: '其他能源', en: 'other energy' },
  outdoor_temperature: { zh: '室外温度', en: 'outdoor temperature' },
  indoor_temperature: { zh: '室内温度', en: 'indoor temperature' },
};

const METRIC_NAMES: Record<Metric, { zh: string; en: string }> = {
  non_heating_energy_per_m2: { zh: '单位建筑面积非供暖能耗', en: 'Non-heating energy per m²' },
  heating_energy_per_m2: { zh: '单位供暖面积供暖能耗', en: 'Heating energy per heated m²' },
  energy_per_m2: { zh: '单位建筑面积综合能耗', en: 'Energy per m²' },
  energy_per_person: { zh: '人均综合能耗', en: 'Energy per person' },
  regular_electricity_per_m2: {
    zh: '常规用能系统单位建筑面积电耗',
    en: 'Electricity of regular systems per m²',
  },
  non_heating_electricity_per_m2: {
    zh: '非供暖能耗指标（折电）',
    en: 'Non-heating use per m², as electricity',
  },
  electricity_per_m2: { zh: '单位建筑面积电耗', en: 'Electricity per m²' },
  electricity_per_person: { zh: '人均用电量', en: 'Electricity per person' },
  water_per_person: { zh: '人均用水量', en: 'Water per person' },
  eue: { zh: '数据中心能源利用效率', en: 'Effectiveness of the data centre' },
};

const UNITS_ZH: Record<string, string> = { p: '人', d: '天', a: '年' };

function unitOf(unit: string, language: CheckLanguage): string {
  if (unit === '1') return '';
  if (language === 'en') return unit.replace(/\bp\b/, unit === 'p' ? 'people' : 'person');
  return unit.replace(/[a-z]+/gi, (word) => UNITS_ZH[word] ?? word);
}

interface Words {
  /** A figure with its unit. */
  figure: (value: number | null) => string;
  price: (value: number | null) => string;
  before: string;
  share: string;
  /** 上升 or 下降. */
  moved: string;
  carrier: string;
  metric: string;
  name: string;
  /** 2025年12月, or the day. */
  against: string;
  low: number | null;
  high: number | null;
}

function wordsOf({ what, figure }: Check, language: CheckLanguage): Words {
  const unit = unitOf(figure.unit, language);
  const say = (format: Intl.NumberFormat) => (value: number | null) =>
    value === null ? '—' : `${format.format(value)}${unit && ` ${unit}`}`;
  const up = (figure.share ?? 0) > 0;
  const metric = METRIC_NAMES[what.against as Metric];
  return {
    figure: say(NUMBER),
    price: say(PRICE),
    before: say(NUMBER)(what.before),
    share: `${SHARE.format(Math.abs(figure.share ?? 0) * 100)} %`,
    moved: language === 'zh' ? (up ? '上升' : '下降') : up ? 'up' : 'down',
    carrier: what.carrier === null ? '' : CARRIERS[what.carrier][language],
    metric: metric?.[language] ?? '',
    name: what.name ?? what.id ?? '',
    against: dateWord(what.against, language),
    low: figure.low,
    high: figure.high,
  };
}

function dateWord(date: string | null, language: CheckLanguage): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(date ?? '') ?? [];
  if (year === undefined || language === 'en') return date ?? '';
  return `${year}年${Number(month)}月${day === undefined ? '' : `${Number(day)}日`}`;
}

/** Cut off, so that what is below a limit does not read as if it were at it. */
function cut(share: number | null): number {
  return Math.floor((share ?? 0) * 1000 + 1e-9) / 1000;
}

function percent(share: number | null): string {
  return `${SHARE.format((share ?? 0) * 100)} %`;
}

type Say = (w: Words, check: Check) => string;

const ZH: Record<Check['kind'], Say> = {
  unit_price: (w, { figure, what }) =>
    w.low !== null && w.high !== null && what.before === null
      ? `${w.carrier}的单价为 ${w.price(figure.value)}，不在参考单价 ${PRICE.format(w.low)}–${w.price(w.high)} 之内。`
      : `${w.carrier}的单价为 ${w.price(figure.value)}，比前 12 个月平均单价 ${w.price(what.before)} ${w.moved} ${w.share}。`,
  change_last_year: (w, { figure }) =>
    `${w.carrier}的用量为 ${w.figure(figure.value)}，同比（${w.against} ${w.before}）${w.moved} ${w.share}，超过 ${percent(w.high)} 的限值。`,
  change_base: (w, { figure }) =>
    `${w.carrier}的用量为 ${w.figure(figure.value)}，比基期（${w.against} ${w.before}）${w.moved} ${w.share}，超过 ${percent(w.high)} 的限值。`,
  people_changed: (w, { figure }) =>
    `用能人数为 ${w.figure(figure.value)}，比${w.against}的 ${w.before}${w.moved} ${w.share}，超过 ${percent(w.high)}，须核实。`,
  area_changed: (w, { figure }) =>
    `建筑面积为 ${w.figure(figure.value)}，比${w.against}的 ${w.before}${w.moved} ${w.share}，超过 ${percent(w.high)}，须核实。`,
  intensity: (w, { figure, severity }) =>
    severity === 'must'
      ? `近 12 个月${w.metric}为 ${w.figure(figure.value)}，高于约束值 ${w.figure(w.high)}（${w.name}）。`
      : `近 12 个月${w.metric}为 ${w.figure(figure.value)}，低于引导值 ${w.figure(w.low)}（${w.name}），请核实是否漏计。`,
  completeness: (w, { figure }) =>
    `${w.carrier}的数据完整率为 ${percent(cut(figure.share))}，低于 ${percent(w.low)}。`,
  missing_carrier: (w) => `${w.against}用${w.carrier} ${w.before}，本月没有数据。`,
  submeters_above_main: (w, { figure }) =>
    `“${w.name}”的分表合计为 ${w.figure(figure.value)}，比总表的 ${w.before} 多 ${w.share}。`,
  suspected_exchange: (w) => `“${w.name}”的码值在${w.against}不连续，疑似换表未登记，其间用量未计入。`,
  bill_difference: (w, { figure }) =>
    `“${w.name}”${w.against}的账单为 ${w.figure(figure.value)}，与计量的 ${w.before} 相差 ${w.share}，尚未说明。`,
};

const EN: Record<Check['kind'], Say> = {
  unit_price: (w, { figure, what }) =>
    w.low !== null && w.high !== null && what.before === null
      ? `The unit price of ${w.carrier} is ${w.price(figure.value)}, outside the reference of ${PRICE.format(w.low)}–${w.price(w.high)}.`
      : `The unit price of ${w.carrier} is ${w.price(figure.value)}, ${w.moved} ${w.share} from the mean of the 12 months before, ${w.price(what.before)}.`,
  change_last_year: (w, { figure }) =>
    `Use of ${w.carrier} is ${w.figure(figure.value)}, ${w.moved} ${w.share} from ${w.before} in ${w.against}; the limit is ${percent(w.high)}.`,
  change_base: (w, { figure }) =>
    `Use of ${w.carrier} is ${w.figure(figure.value)}, ${w.moved} ${w.share} from ${w.before} in the base year’s ${w.against}; the limit is ${percent(w.high)}.`,
  people_changed: (w, { figure }) =>
    `People using energy: ${w.figure(figure.value)}, ${w.moved} ${w.share} from ${w.before} in ${w.against}; above ${percent(w.high)} it has to be verified.`,
  area_changed: (w, { figure }) =>
    `Floor area: ${w.figure(figure.value)}, ${w.moved} ${w.share} from ${w.before} in ${w.against}; above ${percent(w.high)} it has to be verified.`,
  intensity: (w, { figure, severity }) =>
    severity === 'must'
      ? `${w.metric} over the past 12 months is ${w.figure(figure.value)}, above the constraint value of ${w.figure(w.high)} (${w.name}).`
      : `${w.metric} over the past 12 months is ${w.figure(figure.value)}, below the leading value of ${w.figure(w.low)} (${w.name}); is all of it counted?`,
  completeness: (w, { figure }) =>
    `Data of ${w.carrier} are ${percent(cut(figure.share))} complete, below ${percent(w.low)}.`,
  missing_carrier: (w) =>
    `${w.before} of ${w.carrier} was used in ${w.against}; nothing is known of this month.`,
  submeters_above_main: (w, { figure }) =>
    `The meters below “${w.name}” add up to ${w.figure(figure.value)}, ${w.share} more than the ${w.before} of the main.`,
  suspected_exchange: (w) =>
    `The register of “${w.name}” breaks on ${w.against}: an exchange was probably not recorded, and nothing is counted across it.`,
  bill_difference: (w, { figure }) =>
    `The bill of “${w.name}” for ${w.against} says ${w.figure(figure.value)}, ${w.share} away from the metered ${w.before}, and nobody explained it.`,
};

const WORDS = { zh: ZH, en: EN } as const;

export function checkSentence(check: Check, language: CheckLanguage): string {
  const text = WORDS[language][check.kind](wordsOf(check, language), check);
  return language === 'en' ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
