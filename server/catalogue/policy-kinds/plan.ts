import { z } from 'zod';
import { MEASURE_STATES, type Plan, planId } from '../../domain/target.ts';
import { date, type Fault, lines, nullable, type PolicyKindOf, positive, text, year } from './kind.ts';

export const planKind: PolicyKindOf<Plan> = {
  schema: z.strictObject({
    node: text(64),
    year,
    measures: z
      .array(
        z.strictObject({
          name: text(300),
          saving: nullable(z.strictObject({ quantity: positive, unit: text(16) })),
          due: nullable(date),
          state: z.enum(MEASURE_STATES),
        }),
      )
      .max(200),
    filed: nullable(z.strictObject({ date, number: text(100) })),
    note: nullable(lines(5000)),
  }),
  show: (p) => ({
    node: p.node,
    year: p.year,
    measures: p.measures.map((m) => ({
      name: m.name,
      ...(m.saving && { saving: m.saving }),
      ...(m.due && { due: m.due }),
      state: m.state,
    })),
    ...(p.filed && { filed: p.filed }),
    ...(p.note && { note: p.note }),
  }),
  check(p, { estate }) {
    const faults: Fault[] = [];
    const wanted = planId(p.node, p.year);
    if (p.id !== wanted) {
      faults.push({ path: ['node'], message: `the id of this plan is ${JSON.stringify(wanted)}` });
    }
    if (!estate.node(p.node)) faults.push({ path: ['node'], message: `no node ${JSON.stringify(p.node)}` });
    return faults;
  },
};
