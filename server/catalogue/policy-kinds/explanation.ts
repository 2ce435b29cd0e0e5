import { z } from 'zod';
import { EVENTS, EXPLANATION_ACTIONS, type Explanation, explanationId } from '../../domain/explanation.ts';
import { lines, nullable, type PolicyKindOf, text, year } from './kind.ts';

const event = z.strictObject({
  action: z.enum(EXPLANATION_ACTIONS),
  at: z.number().int(),
  by: text(100),
  text: z.union([z.literal(''), lines(5000)]),
  figure: nullable(
    z.strictObject({
      value: z.number(),
      constraint: z.number(),
      unit: text(32),
      completeness: z.number().min(0).max(1),
    }),
  ),
});

/** What was explained stays as it was said: it changes only by one entry more, see `domain/explanation.ts`. */
export const explanationKind: PolicyKindOf<Explanation> = {
  guarded: true,
  schema: z.strictObject({
    node: text(64),
    year,
    quota: text(64),
    history: z.array(event).min(1).max(EVENTS),
  }),
  show: ({ id: _, ...explanation }) => explanation,
  check(explanation, { estate }) {
    const { node, quota } = explanation;
    const wanted = explanationId(node, explanation.year, quota);
    const faults =
      explanation.id === wanted ? [] : [{ path: [], message: `the id must be ${JSON.stringify(wanted)}` }];
    if (!estate.node(node)) faults.push({ path: [], message: `no node ${JSON.stringify(node)}` });
    return faults;
  },
};
