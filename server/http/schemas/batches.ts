/** The shapes of batches of reports. */
import { z } from '@hono/zod-openapi';
import { BATCH_FORMS, BATCH_STATES } from '../../reporting/batch.ts';
import { REPORT_KINDS, REPORT_LANGUAGES } from '../../reporting/model.ts';
import { instant } from './common.ts';

export const BatchBody = z
  .object({
    node: z.string().min(1),
    month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month like 2026-12'),
    kind: z.enum(REPORT_KINDS).default('monthly'),
    language: z.enum(REPORT_LANGUAGES).default('zh'),
    forms: z.array(z.enum(BATCH_FORMS)).min(1, 'must have at least one').max(BATCH_FORMS.length),
  })
  .openapi('BatchBody');

export const Batch = z
  .object({
    id: z.string(),
    node: z.string(),
    name: z.string(),
    month: z.string(),
    kind: z.enum(REPORT_KINDS),
    language: z.enum(REPORT_LANGUAGES),
    forms: z.array(z.enum(BATCH_FORMS)),
    state: z.enum(BATCH_STATES),
    /** Institutions, and those whose files are all made. */
    total: z.number().int(),
    done: z.number().int(),
    failures: z.array(z.object({ node: z.string(), name: z.string(), message: z.string() })),
    /** Why it stopped altogether. */
    error: z.string().nullable(),
    created_at: instant,
    finished_at: instant.nullable(),
  })
  .openapi('Batch');

export const Batches = z.object({ batches: z.array(Batch) }).openapi('Batches');

export type Batch = z.infer<typeof Batch>;
