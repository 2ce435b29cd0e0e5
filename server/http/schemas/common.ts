/**
 * The shapes that cross the HTTP door: they validate what comes in, type what goes out, and become the
 * OpenAPI document. Instants are ISO 8601 with the estate's offset; quantities are numbers in the unit
 * beside them; completeness and shares are 0–1; null is "not known", never 0.
 *
 * This file: what the shapes of several subjects are made of.
 */
import { z } from '@hono/zod-openapi';
import { LACKS } from '../../domain/indicator.ts';
import { CARRIERS } from '../../domain/meter.ts';
import { CONFIDENCES } from '../../domain/scheme.ts';
import { LEVELS } from '../../domain/time.ts';

export const instant = z.string().openapi({ example: '2026-11-21T00:00:00+08:00' });

export const quantity = z.number().nullable();

export const share = z.number().min(0).max(1);

/** A local day. */
export const day = z.string().openapi({ example: '2026-12-31' });

export const year = z.number().int();

export const CarrierName = z.enum(CARRIERS);

export const LevelName = z.enum(LEVELS);

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    /** Every fault at once, each with the path of its field. */
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), code: z.string().optional() }))
      .optional(),
  })
  .openapi('Problem', { description: 'RFC 9457 problem details' });

export const month = z
  .string()
  .regex(/^(19[7-9]\d|20\d\d)-(0[1-9]|1[0-2])$/, 'must be a month like 2026-12')
  .openapi({ example: '2026-12' });

export const author = z.string().trim().min(1).max(100);

export const Source = z.object({ text: z.string(), confidence: z.enum(CONFIDENCES) }).openapi('Source');

export const Lack = z
  .object({
    reason: z.enum(LACKS),
    /** Attribute, carrier, quota, year … */
    what: z.string(),
    /** The node where it is to be set, where that is another one than the figure's. */
    node: z.string().optional(),
  })
  .openapi('Lack', { description: 'Why a figure is not there, or is weaker than it looks' });

export type Problem = z.infer<typeof Problem>;
