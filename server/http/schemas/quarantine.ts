/** What waits in quarantine, and what became of trying it again. */
import { z } from '@hono/zod-openapi';
import { REASONS } from '../../domain/reading.ts';
import { instant } from './common.ts';

export const QuarantineItem = z
  .object({
    id: z.number().int(),
    received_at: instant,
    reason: z.enum(REASONS),
    detail: z.string(),
    source: z.string(),
    kind: z.enum(['packet', 'reading']),
    meter: z.string().nullable(),
    time: instant.nullable(),
    value: z.number().nullable(),
    /** The first bytes of what arrived, as text; hex where it is no text. */
    preview: z.string(),
  })
  .openapi('QuarantineItem');

export const Quarantine = z
  .object({
    counts: z.array(z.object({ reason: z.enum(REASONS), count: z.number().int() })),
    items: z.array(QuarantineItem),
    more: z.boolean(),
  })
  .openapi('Quarantine');

export const RetryResult = z
  .object({
    tried: z.number().int(),
    stored: z.number().int(),
    duplicate: z.number().int(),
    quarantined: z.number().int(),
  })
  .openapi('RetryResult');

export type QuarantineItem = z.infer<typeof QuarantineItem>;
export type Quarantine = z.infer<typeof Quarantine>;
export type RetryResult = z.infer<typeof RetryResult>;
