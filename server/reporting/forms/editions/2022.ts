import type { FormEdition } from '../edition.ts';
import {
  AREA,
  basicForm,
  CONSUMPTION,
  dataCentreForm,
  field,
  heatingForm,
  IDENTITY,
  NEW_ENERGY_VEHICLES,
  NOTES,
  PEOPLE,
  ROOM,
  SUMMARY_FORMS,
} from './parts.ts';

/** 国管节能〔2022〕301号: 统一社会信用代码 in place of the organisation code, with 太阳能光电系统发电量. */
export const EDITION_2022: FormEdition = {
  id: '2022',
  name: '公共机构能源资源消费统计调查制度（2022年版）',
  from: '2022-09-01',
  document: '国管节能〔2022〕301号',
  notes: NOTES,
  forms: [
    basicForm([
      ...IDENTITY,
      AREA,
      field('land_area', '用地面积', '平方米', 2, { of: 'attribute', name: 'land_area_m2' }),
      PEOPLE,
      NEW_ENERGY_VEHICLES,
      field('charging_piles', '充电桩数量', '个', 0, { of: 'attribute', name: 'charging_piles' }),
      field('renewables', '可再生能源应用', '', null, { of: 'nothing' }),
    ]),
    CONSUMPTION,
    dataCentreForm([...ROOM, field('ups', 'UPS装机容量', '千伏安', 2, { of: 'room', what: 'ups' })]),
    heatingForm('热力消费量'),
    ...SUMMARY_FORMS,
  ],
};
