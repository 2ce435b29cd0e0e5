/** What is to be done in a year, and its filing (备案). */
import { z } from '@hono/zod-openapi';
import { MEASURE_STATES } from '../../domain/target.ts';
import { author, day, year } from './common.ts';

const Measure = z.object({
  name: z.string(),
  saving: z.object({ quantity: z.number(), unit: z.string() }).nullable(),
  due: day.nullable(),
  state: z.enum(MEASURE_STATES),
});

export const PlanShape = z
  .object({
    node: z.string(),
    year,
    measures: z.array(Measure),
    /** 备案 */
    filed: z.object({ date: day, number: z.string() }).nullable(),
    note: z.string().nullable(),
  })
  .openapi('Plan');

export const PlanList = z.object({ node: z.string(), plans: z.array(PlanShape) }).openapi('Plans');

export const PlanBody = PlanShape.omit({ node: true, year: true })
  .partial({ measures: true, filed: true, note: true })
  .extend({
    /** What is left out of a measure is not known yet. */
    measures: z.array(Measure.partial({ saving: true, due: true })).optional(),
    recorded_by: author.optional(),
  })
  .openapi('PlanBody');
