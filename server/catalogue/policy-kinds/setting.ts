import { z } from 'zod';
import { FACTOR_AREAS, METER_SETTINGS, SETTINGS, type Setting, settingId } from '../../domain/setting.ts';
import { type Fault, nullable, type PolicyKindOf, text } from './kind.ts';

export const settingKind: PolicyKindOf<Setting> = {
  schema: z.strictObject({
    name: z.enum(SETTINGS),
    node: nullable(text(64)),
    values: z.array(text(64)).min(1, 'must have at least one').max(100),
  }),
  show: (s) => ({ name: s.name, ...(s.node && { node: s.node }), values: s.values }),
  check(s, { estate, policy }) {
    const faults: Fault[] = [];
    const wanted = settingId(s.name, s.node);
    if (s.id !== wanted) {
      faults.push({ path: ['name'], message: `the id of this setting is ${JSON.stringify(wanted)}` });
    }
    if (s.node !== null && !estate.node(s.node)) {
      faults.push({ path: ['node'], message: `no node ${JSON.stringify(s.node)}` });
    }
    if (METER_SETTINGS.includes(s.name)) {
      s.values.forEach((id, i) => {
        if (estate.meter(id) || estate.virtual(id)) return;
        faults.push({ path: ['values', i], message: `no meter ${JSON.stringify(id)}` });
      });
      return faults;
    }
    if (s.name === 'apart_nodes') {
      s.values.forEach((id, i) => {
        if (!estate.node(id)) faults.push({ path: ['values', i], message: `no node ${JSON.stringify(id)}` });
      });
      return faults;
    }
    if (s.name === 'quotas') {
      s.values.forEach((id, i) => {
        if (policy.get('quota', id)) return;
        faults.push({ path: ['values', i], message: `no quota ${JSON.stringify(id)}` });
      });
      return faults;
    }
    const [value = ''] = s.values;
    if (s.values.length > 1) faults.push({ path: ['values', 1], message: `${s.name} has one value` });
    if (s.name === 'scheme' && !policy.get('scheme', value)) {
      faults.push({ path: ['values', 0], message: `no scheme ${JSON.stringify(value)}` });
    }
    if (s.name === 'factor_area' && !FACTOR_AREAS.some((area) => area === value)) {
      faults.push({ path: ['values', 0], message: `must be one of ${FACTOR_AREAS.join(', ')}` });
    }
    if (s.name === 'factor_series' && !policy.list('factor').some((f) => f.series === value)) {
      faults.push({ path: ['values', 0], message: `no factor of a series ${JSON.stringify(value)}` });
    }
    return faults;
  },
};
