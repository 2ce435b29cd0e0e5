/** 说明 of who was above a quota, and their review. */
import { z } from '@hono/zod-openapi';
import { EXPLANATION_ACTIONS, EXPLANATION_STATES } from '../../domain/explanation.ts';
import { METRICS } from '../../domain/quota.ts';
import { author, instant, Lack, quantity, share } from './common.ts';

export const ExplanationEvent = z.object({
  action: z.enum(EXPLANATION_ACTIONS),
  at: instant,
  by: z.string(),
  text: z.string(),
  /** The position that it speaks of, as it was then. */
  figure: z
    .object({ value: z.number(), constraint: z.number(), unit: z.string(), completeness: share })
    .nullable(),
});

export const Explanation = z
  .object({
    id: z.string(),
    node: z.string(),
    name: z.string(),
    year: z.number().int(),
    quota: z.string(),
    standard: z.string().nullable(),
    metric: z.enum(METRICS).nullable(),
    state: z.enum(EXPLANATION_STATES),
    /** As it is computed now; null: it cannot be. */
    value: quantity,
    constraint: quantity,
    unit: z.string().nullable(),
    completeness: share.nullable(),
    /** False: by what is known now it is within the quota. Null: cannot be told. */
    over: z.boolean().nullable(),
    /** Oldest first; never changed, only added to. */
    history: z.array(ExplanationEvent),
  })
  .openapi('Explanation');

export const Explanations = z
  .object({
    node: z.string(),
    year: z.number().int(),
    explanations: z.array(Explanation),
    /** Institutions whose positions could not be told, and why, so that none is missed. */
    unknown: z.array(z.object({ node: z.string(), name: z.string(), lacks: z.array(Lack) })),
  })
  .openapi('Explanations');

export const SubmitBody = z
  .object({
    node: z.string().min(1),
    year: z.number().int().min(1970).max(2100),
    quota: z.string().min(1),
    text: z.string().trim().min(1).max(5000),
    by: author.optional(),
  })
  .openapi('ExplanationSubmit');

export const ReviewBody = z
  .object({
    action: z.enum(['accept', 'return']),
    /** Remarks; a return has some. */
    text: z.string().trim().max(5000).default(''),
    by: author.optional(),
  })
  .openapi('ExplanationReview');

export type Explanation = z.infer<typeof Explanation>;
export type Explanations = z.infer<typeof Explanations>;
