/** The shapes of the statistics forms. */
import { z } from '@hono/zod-openapi';
import { FORM_IDS } from '../../reporting/forms/edition.ts';

const Cell = z.object({
  /** null: it stays blank. */
  value: z.union([z.number(), z.string()]).nullable(),
  /** Decimals that are shown; null: text. */
  digits: z.number().int().nullable(),
  /** A sign that a note explains. */
  mark: z.string().nullable(),
});

export const Form = z
  .object({
    id: z.enum(FORM_IDS),
    title: z.string(),
    /** The title without what all of them begin with. */
    short: z.string(),
    header: z.object({
      number: z.string().nullable(),
      author: z.string().nullable(),
      approver: z.string().nullable(),
      approval: z.string().nullable(),
      valid_until: z.string().nullable(),
    }),
    unit: z.string(),
    credit_code: z.string().nullable(),
    period: z.string(),
    columns: z.array(
      z.object({
        key: z.string(),
        head: z.string(),
        unit: z.string(),
        code: z.string().nullable(),
      }),
    ),
    rows: z.array(z.object({ kind: z.enum(['row', 'total']), cells: z.record(z.string(), Cell) })),
    notes: z.array(z.string()),
    signature: z.array(z.object({ role: z.string(), name: z.string().nullable() })),
  })
  .openapi('Form');

export const Forms = z
  .object({
    node: z.string(),
    name: z.string(),
    period: z.string(),
    edition: z.object({ id: z.string(), name: z.string(), document: z.string() }),
    /** All that there are, to choose from. */
    editions: z.array(z.object({ id: z.string(), name: z.string() })),
    forms: z.array(Form),
  })
  .openapi('Forms', { description: 'Forms of the statistics, filled in; what is unknown is null' });

export type Forms = z.infer<typeof Forms>;
