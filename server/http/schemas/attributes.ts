/** Attributes in time, and what kind of institution a node is. */
import { z } from '@hono/zod-openapi';
import { CLIMATE_ZONES, INSTITUTION_LEVELS, INSTITUTION_TYPES } from '../../domain/classification.ts';
import { author, day, instant } from './common.ts';

export const AttributeValue = z
  .object({
    /** First day on which it holds; it does until the next one. */
    from: day,
    value: z.number(),
    source: z.string().nullable(),
    recorded_by: z.string().nullable(),
    recorded_at: instant.nullable(),
  })
  .openapi('AttributeValue');

export const Classification = z
  .object({
    type: z.enum(INSTITUTION_TYPES).nullable(),
    level: z.enum(INSTITUTION_LEVELS).nullable(),
    zone: z.enum(CLIMATE_ZONES).nullable(),
    /** 6 digits of GB/T 2260, e.g. 320100. */
    region: z.string().nullable(),
  })
  .openapi('Classification');

export const Attributes = z
  .object({
    node: z.string(),
    attributes: z.array(
      z.object({
        name: z.string(),
        /** Null for one that the program does not know. */
        unit: z.string().nullable(),
        /** In order of their date; empty: not set here. */
        values: z.array(AttributeValue),
        /** Where the indicators take it from: the node itself, the sum of nodes below it, or nowhere. */
        from: z.enum(['own', 'below', 'nowhere']),
      }),
    ),
    /** What is set at the node itself. */
    classification: Classification,
    /** What holds: its own, or that of the nearest node above. */
    effective: Classification,
    /** Newest first, at most 200. */
    history: z.array(
      z.object({
        at: instant,
        by: z.string(),
        source: z.string(),
        /** Attribute name, or `classification`. */
        name: z.string(),
        before: z.unknown(),
        after: z.unknown(),
      }),
    ),
  })
  .openapi('Attributes');

export const AttributePut = z
  .object({
    /** The whole list; an empty one takes the attribute away. */
    values: z.array(
      z.object({ from: day, value: z.number(), source: z.string().trim().min(1).max(500).nullish() }),
    ),
    recorded_by: author.optional(),
  })
  .openapi('AttributePut');

export const ClassificationPut = Classification.partial()
  .extend({ recorded_by: author.optional() })
  .openapi('ClassificationPut');

export type Attributes = z.infer<typeof Attributes>;
export type Classification = z.infer<typeof Classification>;
