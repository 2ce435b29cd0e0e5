import { z } from '@hono/zod-openapi';
import { ACTOR_KINDS, OUTCOMES } from '../../domain/audit.ts';
import { POLICY_KINDS } from '../../domain/policy.ts';
import { instant } from './common.ts';

/** What a target can be; `institution` is both a node and what is recorded of it. `node`: of a kind not known, for it is gone. */
export const OBJECT_KINDS = [
  'person',
  'device',
  'meter',
  'gateway',
  'filing',
  'node',
  'region',
  'building',
  'space',
  ...POLICY_KINDS,
] as const;

export const AuditEntry = z
  .object({
    no: z.number().int(),
    at: instant,
    /** Of the last of several alike. */
    until: instant,
    /** How many alike it stands for. */
    count: z.number().int(),
    who: z.object({
      kind: z.enum(ACTOR_KINDS),
      /** Empty where nobody is known. */
      id: z.string(),
      name: z.string(),
    }),
    /** Address; empty on the machine itself. */
    from: z.string(),
    /** As in the log. */
    request: z.string(),
    action: z.string().openapi({ example: 'meter.change' }),
    target: z.string().openapi({ example: 'meter/gov-main' }),
    object: z
      .object({
        kind: z.enum(OBJECT_KINDS),
        name: z.string().nullable(),
        /** Of a quota its metric, of a target its indicator. */
        of: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: 'What the target is and is called now; null where that is not known' }),
    /** As they were written down: secrets left out, long ones cut. Null: there was nothing. */
    before: z.unknown(),
    after: z.unknown(),
    outcome: z.enum(OUTCOMES),
    /** Of the HTTP answer; null where there was none. */
    status: z.number().int().nullable(),
    hash: z.string(),
  })
  .openapi('AuditEntry');
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditPage = z
  .object({
    entries: z.array(AuditEntry),
    /** For the next page; null: this is the last. */
    before: z.number().int().nullable(),
    head: z
      .object({ no: z.number().int(), hash: z.string() })
      .nullable()
      .openapi({ description: 'The newest row of all, to be written down elsewhere' }),
  })
  .openapi('AuditPage', { description: 'Newest first' });
export type AuditPage = z.infer<typeof AuditPage>;

export const AuditVerdict = z
  .object({
    rows: z.number().int(),
    first: z.number().int().nullable(),
    last: z.number().int().nullable(),
    /** Heads outside of the table that the rows were held against. */
    heads: z.number().int(),
    archives: z.number().int(),
    /** Archives that lie in another directory; what is in them was not compared. */
    elsewhere: z.array(z.string()),
    fault: z
      .object({
        no: z.number().int(),
        kind: z.enum(['changed', 'removed', 'moved', 'replaced', 'cut', 'archive', 'heads']),
        detail: z.string(),
      })
      .nullable(),
  })
  .openapi('AuditVerdict', {
    description: 'Whether the trail is as it was written; `fault` names the first row that is not',
  });
export type AuditVerdict = z.infer<typeof AuditVerdict>;
