/** What people decide beside the tree: policy items and their history. */
import { z } from '@hono/zod-openapi';
import { POLICY_KINDS } from '../../domain/policy.ts';
import { author, instant } from './common.ts';

export const PolicyKindName = z.enum(POLICY_KINDS);

export const PolicyItem = z
  .object({
    kind: PolicyKindName,
    id: z.string(),
    /** In the shape of the kind; see `PUT /policy/{kind}/{id}`. */
    body: z.record(z.string(), z.unknown()),
    /** builtin: shipped. own: entered here. */
    origin: z.enum(['builtin', 'own']),
    /** An own item in the place of a shipped one, which comes back when it is deleted. */
    replaces: z.boolean(),
    /** How often it was changed here. */
    changes: z.number().int(),
    changed_at: instant.nullable(),
    changed_by: z.string().nullable(),
  })
  .openapi('PolicyItem');

export const PolicyList = z
  .object({ kind: PolicyKindName, items: z.array(PolicyItem) })
  .openapi('PolicyList');

export const PolicyPut = z
  .object({
    body: z.record(z.string(), z.unknown()),
    recorded_by: author.optional(),
    /** Where it comes from, for the history, e.g. the number of a notice. */
    source: z.string().trim().min(1).max(500).optional(),
  })
  .openapi('PolicyPut');

export const PolicyHistory = z
  .object({
    kind: PolicyKindName,
    id: z.string(),
    /** Newest first; null: it was not there, or a shipped one held. */
    changes: z.array(
      z.object({
        at: instant,
        by: z.string(),
        source: z.string(),
        before: z.record(z.string(), z.unknown()).nullable(),
        after: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
    /** True where older ones are left out. */
    more: z.boolean(),
  })
  .openapi('PolicyHistory');

export const PolicyApplied = z
  .object({ created: z.number().int(), updated: z.number().int(), unchanged: z.number().int() })
  .openapi('PolicyApplied');

export type PolicyItem = z.infer<typeof PolicyItem>;
export type PolicyList = z.infer<typeof PolicyList>;
export type PolicyHistory = z.infer<typeof PolicyHistory>;
export type PolicyApplied = z.infer<typeof PolicyApplied>;
