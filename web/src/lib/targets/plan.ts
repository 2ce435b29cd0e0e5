/** The fields of a plan as they are typed, and what is sent of them. */
import { MEASURE_STATES, type Measure } from '../../../../server/domain/target.ts';
import { isDay } from '../forms/dates.ts';
import { typedNumber } from '../forms/numbers.ts';
import type { Plan } from './types.ts';

export interface MeasureFields {
  name: string;
  quantity: string;
  unit: string;
  due: string;
  state: Measure['state'];
}

export interface PlanFields {
  measures: MeasureFields[];
  date: string;
  number: string;
  note: string;
  who: string;
}

export function planFields(plan: Plan | null, who: string): PlanFields {
  const first: MeasureFields = { name: '', quantity: '', unit: 'kWh', due: '', state: MEASURE_STATES[0] };
  return {
    measures: plan
      ? plan.measures.map((m) => ({
          name: m.name,
          quantity: m.saving ? String(m.saving.quantity) : '',
          unit: m.saving?.unit ?? 'kWh',
          due: m.due ?? '',
          state: m.state,
        }))
      : [first],
    date: plan?.filed?.date ?? '',
    number: plan?.filed?.number ?? '',
    note: plan?.note ?? '',
    who,
  };
}

export type MeasureFault = 'needed' | 'notPositive' | 'notDate' | 'together';

export function measureFaults(m: MeasureFields): Partial<Record<keyof MeasureFields, MeasureFault>> {
  const faults: Partial<Record<keyof MeasureFields, MeasureFault>> = {};
  if (m.name.trim() === '') faults.name = 'needed';
  const quantity = m.quantity.trim();
  if (quantity !== '') {
    if (!((typedNumber(quantity) ?? 0) > 0)) faults.quantity = 'notPositive';
    if (m.unit.trim() === '') faults.unit = 'together';
  }
  if (m.due !== '' && !isDay(m.due)) faults.due = 'notDate';
  return faults;
}

export function planBody(fields: PlanFields): unknown {
  return {
    measures: fields.measures.map((m) => ({
      name: m.name.trim(),
      saving: m.quantity.trim() === '' ? null : { quantity: typedNumber(m.quantity), unit: m.unit.trim() },
      due: m.due || null,
      state: m.state,
    })),
    filed: fields.date.trim() === '' ? null : { date: fields.date, number: fields.number.trim() },
    note: fields.note.trim() || null,
    recorded_by: fields.who.trim(),
  };
}
