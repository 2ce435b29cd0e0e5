import type { Limit, LimitName } from './limit.ts';
import type { Source } from './scheme.ts';

/** 单价审核, 同比, 定比 and a query where people or area changed by over 10 % are practice (Hami 2022). */
const PRACTICE: Source = {
  text: '哈密市 2022 年公共机构能源资源消费统计审核要求：人数、面积变化超过 10 % 的须核实',
  confidence: 'verified',
};
const PROPOSED: Source = {
  text: '审核项目见哈密市 2022 年做法，限值未见规定，由本系统建议，可修改',
  confidence: 'unconfirmed',
};
const QUALITY: Source = {
  text: '重点用能单位数据质量要求：完整率不低于 90 %',
  confidence: 'verified',
};

const shipped = (name: LimitName, value: number, source: Source): Limit => ({
  id: name,
  name,
  node: null,
  value,
  source,
});

export const BUILTIN_LIMITS: readonly Limit[] = [
  shipped('change_last_year', 0.2, PROPOSED),
  shipped('change_base', 0.3, PROPOSED),
  shipped('people_change', 0.1, PRACTICE),
  shipped('area_change', 0.1, PRACTICE),
  shipped('completeness', 0.9, QUALITY),
  shipped('price_change', 0.2, PROPOSED),
  shipped('balance', 0.02, PROPOSED),
  shipped('bill_difference', 0.03, PROPOSED),
];
