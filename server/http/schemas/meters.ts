/** Meters with their epochs and the state they are in. */
import { z } from '@hono/zod-openapi';
import { DIRECTIONS, REGISTER_KINDS } from '../../domain/meter.ts';
import { CarrierName, instant, quantity, share } from './common.ts';

export const Epoch = z.object({
  from: instant.nullable(),
  to: instant.nullable(),
  initial: z.number().nullable(),
  final: z.number().nullable(),
  multiplier: z.number(),
  rollover_at: z.number().nullable(),
  max_rate: z.number().nullable(),
  /** The device of the epoch before, with other transformers or another ceiling. */
  continues: z.boolean(),
  note: z.string().nullable(),
  recorded_by: z.string().nullable(),
  recorded_at: instant.nullable(),
});

/** Where the highest plausible quantity per hour comes from. */
export const Ceiling = z
  .object({
    rate: z.number(),
    source: z.enum(['given', 'learned']),
    /** Of a learned one: when, and from what. */
    learned_at: instant.nullable(),
    from: instant.nullable(),
    to: instant.nullable(),
    steps: z.number().int().nullable(),
  })
  .openapi('Ceiling');

export const MeterInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    node: z.string(),
    carrier: CarrierName,
    item: z.string().nullable(),
    parent: z.string().nullable(),
    register: z.enum(REGISTER_KINDS),
    unit: z.string(),
    interval_s: z.number(),
    multiplier: z.number(),
    epochs: z.array(Epoch),
    direction: z.enum(DIRECTIONS),
    volatile: z.boolean(),
    ceiling: Ceiling.nullable(),
    /** silent: no reading for more than 4 intervals (at least 1 h). */
    state: z.enum(['reporting', 'silent', 'never']),
    last: z.object({ time: instant, value: z.number(), arrival_time: z.boolean() }).nullable(),
    /** Completeness of the last 7 days, oldest first, today last (of its elapsed part). */
    days: z.array(z.object({ start: instant, completeness: share, quantity })),
  })
  .openapi('Meter');

export const MeterList = z.object({ now: instant, meters: z.array(MeterInfo) }).openapi('MeterList');

export type Epoch = z.infer<typeof Epoch>;
export type Ceiling = z.infer<typeof Ceiling>;
export type MeterInfo = z.infer<typeof MeterInfo>;
export type MeterList = z.infer<typeof MeterList>;
