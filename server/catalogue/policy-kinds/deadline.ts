import { z } from 'zod';
import { type Deadline, SHIFTS } from '../../domain/deadline.ts';
import { FILING_FORMS, isPeriod } from '../../domain/filing.ts';
import { nullable, type PolicyKindOf, source, text } from './kind.ts';

export const deadlineKind: PolicyKindOf<Deadline> = {
  schema: z.strictObject({
    form: z.enum(FILING_FORMS),
    node: nullable(text(64)),
    region: nullable(z.string().regex(/^\d{6}$/, 'must be a code of 6 digits (GB/T 2260)')),
    from: nullable(z.string().refine((m) => isPeriod('monthly', m), 'must be a month like 2026-01')),
    months: z.number().int().min(0).max(12),
    day: z.number().int().min(1).max(31),
    shift: z.enum(SHIFTS).default('none'),
    source,
  }),
  show: ({ id: _, node, region, from, ...rest }) => ({
    ...rest,
    ...(node !== null && { node }),
    ...(region !== null && { region }),
    ...(from !== null && { from }),
  }),
  check({ node, region }, { estate }) {
    if (node !== null && region !== null) {
      return [{ path: ['region'], message: 'holds for a node or for a region, not for both' }];
    }
    if (node !== null && !estate.node(node)) {
      return [{ path: ['node'], message: `no node ${JSON.stringify(node)}` }];
    }
    return [];
  },
};
