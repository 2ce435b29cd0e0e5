/** A report as data, as server/reporting/model.ts describes it; here so that the contract names every field. */
import { z } from '@hono/zod-openapi';
import { REPORT_KINDS, REPORT_LANGUAGES } from '../../reporting/model.ts';

const Cell = z.object({
  value: z.union([z.number(), z.string(), z.null()]).openapi({ description: 'In full precision' }),
  lack: z.string().optional().openapi({ description: 'Why there is no value' }),
  mark: z.string().optional().openapi({ description: 'A footnote sign that a note of the table explains' }),
});

const Column = z.object({
  key: z.string(),
  head: z.string(),
  unit: z.string(),
  format: z.object({
    type: z.enum(['text', 'number', 'share', 'change']),
    digits: z
      .number()
      .int()
      .optional()
      .openapi({ description: 'Decimal places; a share of 0.123 with 1 reads 12.3 %' }),
  }),
  formula: z
    .object({ op: z.enum(['ratio', 'change', 'difference', 'product', 'sum']), of: z.array(z.string()) })
    .optional()
    .openapi({ description: 'How the column follows from others of its row' }),
});

const Block = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('paragraph'), text: z.string() }),
  z.object({ kind: z.literal('list'), items: z.array(z.string()) }),
  z.object({
    kind: z.literal('table'),
    id: z.string(),
    caption: z.string(),
    columns: z.array(Column),
    rows: z.array(
      z.object({
        kind: z.enum(['row', 'total']),
        sums: z.array(z.string()).optional(),
        cells: z.record(z.string(), Cell),
      }),
    ),
    notes: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('chart'),
    id: z.string(),
    caption: z.string(),
    form: z.enum(['bar', 'line', 'stack']),
    unit: z.string(),
    categories: z.array(z.string()),
    series: z.array(
      z.object({
        name: z.string(),
        values: z.array(z.number().nullable()),
        plan: z.literal(true).optional(),
      }),
    ),
    description: z.string(),
  }),
]);

export const ReportDocument = z
  .object({
    model: z.number().int(),
    kind: z.enum(REPORT_KINDS),
    language: z.enum(REPORT_LANGUAGES),
    node: z.object({ id: z.string(), name: z.string() }),
    month: z.string(),
    zone: z.string(),
    issuer: z.string(),
    title: z.string(),
    number: z.string().nullable(),
    scheme: z.object({ id: z.string(), name: z.string() }),
    computedAt: z.number().openapi({ description: 'epoch ms' }),
    sections: z.array(z.object({ id: z.string(), heading: z.string(), blocks: z.array(Block) })),
    signature: z.object({
      people: z.array(z.object({ role: z.string(), name: z.string().nullable() })),
      date: z.string().nullable(),
    }),
  })
  .openapi('Report');
