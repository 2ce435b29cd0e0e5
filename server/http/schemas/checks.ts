/** The shapes of what is looked at before a month is filed. */
import { z } from '@hono/zod-openapi';
import { CHECK_KINDS, SEVERITIES } from '../../reporting/checks/check.ts';
import { CarrierName, quantity } from './common.ts';

export const Check = z
  .object({
    /** The same for the same finding whenever it is looked for. */
    id: z.string(),
    kind: z.enum(CHECK_KINDS),
    /** must: neither mended nor explained, the month cannot be filed. */
    severity: z.enum(SEVERITIES),
    what: z.object({
      carrier: CarrierName.nullable(),
      /** Meter, attribute, quota or account; null: none. */
      id: z.string().nullable(),
      name: z.string().nullable(),
      /** What the figure was compared with. */
      before: quantity,
      /** Month, day or metric that it is compared with. */
      against: z.string().nullable(),
    }),
    /** Page of the dashboard where it can be mended. */
    link: z.object({ view: z.string(), params: z.record(z.string(), z.string()) }),
    figure: z.object({ value: quantity, unit: z.string(), share: quantity, low: quantity, high: quantity }),
    sentence: z.object({ zh: z.string(), en: z.string() }),
  })
  .openapi('Check');

export const Checks = z
  .object({ node: z.string(), month: z.string(), checks: z.array(Check) })
  .openapi('Checks', { description: 'Those that hold filing up first; at most 200' });

export type Check = z.infer<typeof Check>;
