/** Readings: as they are stored, imported and shown live. */
import { z } from '@hono/zod-openapi';
import { VERDICTS } from '../../domain/judgement.ts';
import { CarrierName, instant } from './common.ts';

export const ReadingRow = z
  .object({
    time: instant,
    value: z.number(),
    /** Why it may differ from an ordinary reading. */
    arrival_time: z.boolean(),
    imported: z.boolean(),
    /** A person read it by eye. */
    manual: z.boolean(),
    verdict: z.enum(VERDICTS),
    /** The believed readings beside one that is not plainly accepted. */
    previous: z.object({ time: instant, value: z.number() }).nullable(),
    next: z.object({ time: instant, value: z.number() }).nullable(),
  })
  .openapi('Reading');

export const Readings = z
  .object({
    meter: z.string(),
    unit: z.string(),
    multiplier: z.number(),
    from: instant,
    to: instant,
    /** True when the limit cut the list; ask again from the last time on. */
    more: z.boolean(),
    rows: z.array(ReadingRow),
  })
  .openapi('Readings');

export const ImportProgress = z
  .object({
    rows: z.number().int(),
    stored: z.number().int(),
    duplicate: z.number().int(),
    quarantined: z.number().int(),
    /** Lines of meters that whoever imports may not write to; nothing of them is kept. */
    refused: z.number().int().optional(),
    done: z.boolean(),
    /** The first faulty lines, each naming its line. */
    errors: z.array(z.string()).optional(),
  })
  .openapi('ImportProgress');

/** `event: reading` of GET /api/v1/live */
export const LiveReading = z
  .object({
    meter: z.string(),
    name: z.string(),
    node: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    time: instant,
    value: z.number(),
    /** Quantity since the reading before, in the unit; null when there was none. */
    advance: z.number().nullable(),
    /** Quantity per hour over the last quarter of an hour, as far as the readings reach. */
    rate: z.number().nullable(),
  })
  .openapi('LiveReading');

export type ReadingRow = z.infer<typeof ReadingRow>;
export type Readings = z.infer<typeof Readings>;
export type ImportProgress = z.infer<typeof ImportProgress>;
export type LiveReading = z.infer<typeof LiveReading>;
