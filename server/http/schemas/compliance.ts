/** The shapes of the compliance list (条例 art. 37). */
import { z } from '@hono/zod-openapi';
import { FAILURES } from '../../domain/compliance.ts';
import { COMPLIANCE_STATES } from '../../reporting/compliance.ts';

const Row = z.object({
  failure: z.enum(FAILURES),
  /** shown by the system, entered by a person, missing, or not due. */
  state: z.enum(COMPLIANCE_STATES),
  /** What speaks for it or is lacking. */
  witnesses: z.array(
    z.object({
      what: z.string(),
      value: z.union([z.string(), z.number()]).nullable(),
      of: z.string().nullable(),
    }),
  ),
  /** What a person entered; policy of the kind `evidence`. */
  evidence: z
    .object({
      id: z.string(),
      text: z.string(),
      date: z.string(),
      number: z.string().nullable(),
      author: z.string(),
    })
    .nullable(),
});

export const ComplianceList = z
  .object({
    node: z.string(),
    year: z.number().int(),
    institutions: z.array(
      z.object({
        node: z.string(),
        name: z.string(),
        missing: z.number().int(),
        /** Always the eight of art. 37, in its order. */
        rows: z.array(Row),
      }),
    ),
  })
  .openapi('ComplianceList');
