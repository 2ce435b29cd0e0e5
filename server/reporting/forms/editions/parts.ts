import type { BookCarrier } from '../../../domain/book.ts';
import type { FieldSource, FormField, FormHeader, FormPlan, SummaryBy } from '../edition.ts';

/** Fields that editions share, so that each file shows what is its own. */

/** What was seen of neither edition. */
export const NOTES: readonly string[] = [
  '表号、批准机关、批准文号、有效期至未见原文，留空。',
  '指标代码未见原文，留空。',
  '标注“*”的指标未在本版制度原文中核对，名称、单位和取舍以制度为准。',
  '旧版的人工煤气、煤油是否保留未知，本表未列。',
  '热力的计量单位（吉焦或千焦）未见原文。',
];

/** Nothing of the statutory header was seen for either edition but who issues it. */
const HEADER: FormHeader = {
  number: null,
  author: '国家机关事务管理局',
  approver: null,
  approval: null,
  validUntil: null,
};

export function field(
  key: string,
  name: string,
  unit: string,
  digits: number | null,
  source: FieldSource,
  confirmed = true,
): FormField {
  return { key, name, unit, code: null, digits, source, confirmed };
}

export function unconfirmed(...args: [string, string, string, number | null, FieldSource]): FormField {
  return field(...args, false);
}

export const part = (of: FormField): FormField => ({ ...of, part: true });

const used = (carrier: BookCarrier, unit: string): FieldSource => ({ of: 'quantity', carrier, unit });

export const IDENTITY: readonly FormField[] = [
  field('credit_code', '统一社会信用代码', '', null, { of: 'record', field: 'creditCode' }),
  field('name', '单位名称', '', null, { of: 'node', what: 'name' }),
  field('address', '单位地址', '', null, { of: 'record', field: 'address' }),
  field('postcode', '邮政编码', '', null, { of: 'record', field: 'postcode' }),
  field('phone', '联系电话', '', null, { of: 'record', field: 'phone' }),
  field('nature', '单位性质', '', null, { of: 'node', what: 'nature' }),
  unconfirmed('department', '主管部门', '', null, { of: 'record', field: 'department' }),
  unconfirmed('region', '行政区划代码', '', null, { of: 'node', what: 'region' }),
];
export const AREA = field('floor_area', '建筑面积', '平方米', 2, { of: 'attribute', name: 'floor_area_m2' });
export const PEOPLE = field('people', '用能人数', '人', 0, { of: 'attribute', name: 'people' });
export const NEW_ENERGY_VEHICLES = unconfirmed('new_energy_vehicles', '新能源汽车数量', '辆', 0, {
  of: 'attribute',
  name: 'new_energy_vehicles',
});

const CARRIERS: readonly FormField[] = [
  field('electricity', '电', '千瓦时', 2, used('electricity', 'kWh')),
  field('pv', '太阳能光电系统发电量', '千瓦时', 2, used('pv', 'kWh')),
  field('water', '水', '立方米', 2, used('water', 'm³')),
  field('coal', '煤炭', '吨', 3, used('coal', 't')),
  field('gas', '天然气', '立方米', 2, used('gas', 'm³')),
  unconfirmed('lpg', '液化石油气', '吨', 3, used('lpg', 't')),
  field('gasoline', '汽油', '升', 2, used('gasoline', 'L')),
  part(
    unconfirmed('gasoline_vehicles', '车辆用油', '升', 2, {
      of: 'vehicle_fuel',
      carrier: 'gasoline',
      unit: 'L',
    }),
  ),
  field('diesel', '柴油', '升', 2, used('diesel', 'L')),
  part(
    unconfirmed('diesel_vehicles', '车辆用油', '升', 2, { of: 'vehicle_fuel', carrier: 'diesel', unit: 'L' }),
  ),
  unconfirmed('heat', '热力', '吉焦', 3, used('heat', 'GJ')),
  unconfirmed('other', '其他能源', '吨标准煤', 3, used('other', 'tce')),
];

export const ROOM: readonly FormField[] = [
  unconfirmed('name', '机房名称', '', null, { of: 'room', what: 'name' }),
  field('area', '机房建筑面积', '平方米', 2, { of: 'room', what: 'area' }),
  field('power', '设备总功率', '千瓦', 2, { of: 'room', what: 'power' }),
  field('total', '总用电量', '千瓦时', 2, { of: 'room', what: 'total' }),
  field('it', '信息技术设备用电量', '千瓦时', 2, { of: 'room', what: 'it' }),
  field('cooling', '空调用电量', '千瓦时', 2, { of: 'room', what: 'cooling' }),
  field('lighting', '照明和附属设备用电量', '千瓦时', 2, { of: 'room', what: 'lighting' }),
];

const heating = (carrier: BookCarrier, unit: string): FieldSource => ({ of: 'heating', carrier, unit });

/** @param heatName changed in 2025 */
function heatingFields(heatName: string): FormField[] {
  return [
    field('area', '供暖面积', '平方米', 2, { of: 'attribute', name: 'heated_area_m2' }),
    part(
      field('independent_area', '独立供暖面积', '平方米', 2, {
        of: 'attribute',
        name: 'independent_heated_area_m2',
      }),
    ),
    part(
      field('central_area', '集中供暖面积', '平方米', 2, { of: 'attribute', name: 'central_heated_area_m2' }),
    ),
    unconfirmed('electricity', '供暖用电', '千瓦时', 2, heating('electricity', 'kWh')),
    unconfirmed('gas', '供暖用天然气', '立方米', 2, heating('gas', 'm³')),
    unconfirmed('coal', '供暖用煤炭', '吨', 3, heating('coal', 't')),
    unconfirmed('diesel', '供暖用柴油', '升', 2, heating('diesel', 'L')),
    field('heat', heatName, '吉焦', 3, heating('heat', 'GJ')),
  ];
}

/** The columns of a summary; which the prescribed tables have is not known. */
const SUMMARY: readonly FormField[] = [
  unconfirmed('institutions', '机构数量', '个', 0, { of: 'institutions' }),
  { ...AREA, confirmed: false },
  { ...PEOPLE, confirmed: false },
  unconfirmed('electricity', '电', '千瓦时', 2, used('electricity', 'kWh')),
  unconfirmed('water', '水', '立方米', 2, used('water', 'm³')),
  unconfirmed('coal', '煤炭', '吨', 3, used('coal', 't')),
  unconfirmed('gas', '天然气', '立方米', 2, used('gas', 'm³')),
  unconfirmed('gasoline', '汽油', '升', 2, used('gasoline', 'L')),
  unconfirmed('diesel', '柴油', '升', 2, used('diesel', 'L')),
  unconfirmed('heat', '热力', '吉焦', 3, used('heat', 'GJ')),
  unconfirmed('other', '其他能源', '吨标准煤', 3, used('other', 'tce')),
  unconfirmed('energy', '能源消费总量', '吨标准煤', 3, { of: 'energy' }),
  unconfirmed('cost', '费用', '元', 2, { of: 'cost' }),
  unconfirmed('energy_per_area', '单位建筑面积能耗', '千克标准煤/平方米', 2, {
    of: 'ratio',
    dividend: 'energy',
    divisor: 'floor_area',
    times: 1000,
  }),
  unconfirmed('energy_per_person', '人均综合能耗', '千克标准煤/人', 2, {
    of: 'ratio',
    dividend: 'energy',
    divisor: 'people',
    times: 1000,
  }),
  unconfirmed('water_per_person', '人均用水量', '立方米/人', 2, {
    of: 'ratio',
    dividend: 'water',
    divisor: 'people',
    times: 1,
  }),
];

export function basicForm(fields: readonly FormField[]): FormPlan {
  return {
    id: 'basic',
    title: '公共机构基本信息',
    header: HEADER,
    notes: ['单位性质代码为 2009 年版代码，现行代码未见原文。'],
    layout: 'lines',
    costs: false,
    fields,
  };
}

export const CONSUMPTION: FormPlan = {
  id: 'consumption',
  title: '公共机构能源资源消费状况',
  header: HEADER,
  notes: ['数据中心机房用电量已包含在本表电的消费量内。'],
  layout: 'lines',
  costs: true,
  fields: CARRIERS,
};

export function dataCentreForm(fields: readonly FormField[]): FormPlan {
  return {
    id: 'data_centre',
    title: '公共机构数据中心机房能源消费状况',
    header: HEADER,
    notes: ['每个机房填报一行，各项电量取自各自的计量表。'],
    layout: 'records',
    fields,
  };
}

export function heatingForm(heatName: string): FormPlan {
  return {
    id: 'heating',
    title: '公共机构采暖能源资源消费状况',
    header: HEADER,
    notes: ['按供暖季填报，供暖季结束后在统计年度内上报；本表为统计期内的供暖用能。'],
    layout: 'lines',
    costs: false,
    fields: heatingFields(heatName),
  };
}

const summaryForm = (id: FormPlan['id'], by: SummaryBy, what: string): FormPlan => ({
  id,
  title: `公共机构能源资源消费统计汇总（按${what}）`,
  header: HEADER,
  notes: ['综合表的规定栏目未见原文。'],
  layout: 'summary',
  by,
  fields: SUMMARY,
});

export const SUMMARY_FORMS: readonly FormPlan[] = [
  summaryForm('by_department', 'department', '部门'),
  summaryForm('by_region', 'region', '行政区域'),
  summaryForm('by_category', 'category', '分类'),
];
