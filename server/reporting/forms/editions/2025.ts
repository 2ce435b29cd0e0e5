import type { FormEdition } from '../edition.ts';
import {
  AREA,
  basicForm,
  CONSUMPTION,
  dataCentreForm,
  heatingForm,
  IDENTITY,
  NEW_ENERGY_VEHICLES,
  NOTES,
  PEOPLE,
  ROOM,
  SUMMARY_FORMS,
} from './parts.ts';

/** 2025-11-10: without 用地面积, 充电桩数量, 可再生能源应用 and UPS装机容量; heat as it is charged by meter. */
export const EDITION_2025: FormEdition = {
  id: '2025',
  name: '公共机构能源资源消费统计调查制度（2025年版）',
  from: '2025-11-10',
  document: '国管局 2025年11月10日印发（ecpi.ggj.gov.cn，2025年11月19日）',
  notes: NOTES,
  forms: [
    basicForm([...IDENTITY, AREA, PEOPLE, NEW_ENERGY_VEHICLES]),
    CONSUMPTION,
    dataCentreForm(ROOM),
    heatingForm('热力消费量（按热量收费）'),
    ...SUMMARY_FORMS,
  ],
};
