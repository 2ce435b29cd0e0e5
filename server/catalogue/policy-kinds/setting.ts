import { z } from 'zod';
import {
  FACTOR_AREAS,
  METER_SETTINGS,
  SETTINGS,
  type Setting,
  type SettingName,
  settingId,
} from '../../domain/setting.ts';
import { type Fault, nullable, type PolicyKindOf, text } from './kind.ts';

/** Of a machine room only electricity is divided. */
const ELECTRIC: readonly SettingName[] = ['machine_room_meters', 'it_meters'];

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
    // What stands elsewhere would be left out without a word.
    const inside = s.node === null ? null : new Set(estate.subtree(s.node).map((n) => n.id));
    const elsewhere = `is not at or below ${JSON.stringify(s.node)}`;
    if (METER_SETTINGS.includes(s.name)) {
      s.values.forEach((id, i) => {
        const meter = estate.meter(id) ?? estate.virtual(id);
        const say = (message: string): void => void faults.push({ path: ['values', i], message });
        if (!meter) say(`no meter ${JSON.stringify(id)}`);
        else if (inside && !inside.has(meter.node)) say(`${JSON.stringify(id)} ${elsewhere}`);
        else if (ELECTRIC.includes(s.name) && meter.carrier !== 'electricity') {
          say(`${JSON.stringify(id)} counts ${meter.carrier}; ${s.name} are of electricity`);
        }
      });
      return faults;
    }
    if (s.name === 'apart_nodes') {
      s.values.forEach((id, i) => {
        const say = (message: string): void => void faults.push({ path: ['values', i], message });
        if (!estate.node(id)) say(`no node ${JSON.stringify(id)}`);
        else if (id === s.node) say(`${JSON.stringify(id)} cannot be apart from itself`);
        else if (inside && !inside.has(id)) say(`${JSON.stringify(id)} ${elsewhere}`);
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
