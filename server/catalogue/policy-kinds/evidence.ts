import { z } from 'zod';
import { type Evidence, evidenceId, FAILURES } from '../../domain/compliance.ts';
import { date, type Fault, lines, nullable, type PolicyKindOf, text, year } from './kind.ts';

export const evidenceKind: PolicyKindOf<Evidence> = {
  schema: z.strictObject({
    node: text(64),
    year,
    failure: z.enum(FAILURES),
    text: lines(2000),
    date,
    number: nullable(text(100)),
    author: text(100),
  }),
  show: ({ id: _, number, ...e }) => ({ ...e, ...(number && { number }) }),
  check(e, { estate }) {
    const faults: Fault[] = [];
    const wanted = evidenceId(e.node, e.year, e.failure);
    if (e.id !== wanted) {
      faults.push({ path: ['failure'], message: `the id of this evidence is ${JSON.stringify(wanted)}` });
    }
    if (!estate.node(e.node)) faults.push({ path: ['node'], message: `no node ${JSON.stringify(e.node)}` });
    return faults;
  },
};
