import { z } from 'zod';
import { FUELS, type Vehicle } from '../../domain/book.ts';
import { type Fault, nullable, type PolicyKindOf, text } from './kind.ts';

const month = z.string().regex(/^(19[7-9]\d|20\d\d)-(0[1-9]|1[0-2])$/, 'must be a month like 2026-01');

export const vehicleKind: PolicyKindOf<Vehicle> = {
  schema: z.strictObject({
    node: text(64),
    plate: text(32),
    fuel: z.enum(FUELS),
    from: nullable(month),
    to: nullable(month),
  }),
  show: (v) => ({
    node: v.node,
    plate: v.plate,
    fuel: v.fuel,
    ...(v.from !== null && { from: v.from }),
    ...(v.to !== null && { to: v.to }),
  }),
  check(v, { estate, policy }) {
    const faults: Fault[] = [];
    if (!estate.node(v.node)) faults.push({ path: ['node'], message: `no node ${JSON.stringify(v.node)}` });
    if (v.from !== null && v.to !== null && v.to < v.from) {
      faults.push({ path: ['to'], message: `must not be before ${v.from}` });
    }
    const same = policy
      .list('vehicle')
      .find((o) => o.id !== v.id && o.plate === v.plate && o.node === v.node);
    if (same) faults.push({ path: ['plate'], message: `is the plate of ${JSON.stringify(same.id)} already` });
    return faults;
  },
};
