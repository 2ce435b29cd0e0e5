import { z } from 'zod';
import { LIMITS, type Limit, limitId } from '../../domain/limit.ts';
import { type Fault, nullable, type PolicyKindOf, source, text } from './kind.ts';

export const limitKind: PolicyKindOf<Limit> = {
  schema: z.strictObject({
    name: z.enum(LIMITS),
    node: nullable(text(64)),
    value: z.number().min(0, 'must not be below 0').max(10, 'must be a share, e.g. 0.2 for 20 %'),
    source,
  }),
  show: (l) => ({ name: l.name, ...(l.node && { node: l.node }), value: l.value, source: l.source }),
  check(l, { estate }) {
    const faults: Fault[] = [];
    const wanted = limitId(l.name, l.node);
    if (l.id !== wanted) {
      faults.push({ path: ['name'], message: `the id of this limit is ${JSON.stringify(wanted)}` });
    }
    if (l.node !== null && !estate.node(l.node)) {
      faults.push({ path: ['node'], message: `no node ${JSON.stringify(l.node)}` });
    }
    if (l.name === 'completeness' && l.value > 1) {
      faults.push({ path: ['value'], message: 'a completeness is at most 1' });
    }
    return faults;
  },
};
