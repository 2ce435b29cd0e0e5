/**
 * The shapes of what stands behind a figure: readings as they are judged, what a person stated, where a
 * quantity comes from and when it last changed.
 */
import { z } from '@hono/zod-openapi';
import { VERDICTS } from '../../domain/judgement.ts';
import { CARRIERS } from '../../domain/meter.ts';
import { CAUSES } from '../../domain/revision.ts';
import { author, instant, quantity, share } from './common.ts';
import { Ceiling, Epoch } from './meters.ts';

const RegisterPoint = z.object({ time: instant, value: z.number() });

const Because = z.string().trim().min(1).max(500);

/** A reading with what is made of it. */
export const Judged = z
  .object({
    verdict: z.enum(VERDICTS),
    /** The believed readings beside it, where it is not plainly accepted. */
    previous: RegisterPoint.nullable(),
    next: RegisterPoint.nullable(),
  })
  .openapi('Judged');

export const Suspect = z
  .object({
    meter: z.string(),
    name: z.string(),
    node: z.string(),
    carrier: z.enum(CARRIERS),
    unit: z.string(),
    multiplier: z.number(),
    verdict: z.enum(['beyond_ceiling', 'suspected_exchange']),
    /** The last believed reading before the step, and the first after it. */
    previous: RegisterPoint,
    next: RegisterPoint,
    /** What the step would be per hour if it were consumption; null: the register fell. */
    rate: z.number().nullable(),
    ceiling: Ceiling.nullable(),
  })
  .openapi('Suspect', { description: 'A step of a register across which nothing is counted' });

export const CLOCK_TROUBLES = ['ahead', 'behind', 'one_time'] as const;

export const ClockTrouble = z
  .object({
    meter: z.string(),
    name: z.string(),
    node: z.string(),
    trouble: z.enum(CLOCK_TROUBLES),
    /** How far the device's clock is from the server's; null where it sends one time for many values. */
    offset_s: z.number().nullable(),
    count: z.number().int(),
    last_at: instant,
  })
  .openapi('ClockTrouble');

export const Findings = z
  .object({
    suspects: z.array(Suspect),
    clocks: z.array(ClockTrouble),
    /** How many there are in all; the lists are cut at 500. */
    totals: z.object({ suspects: z.number().int(), clocks: z.number().int() }),
  })
  .openapi('Findings', { description: 'What a metering engineer has to look into, newest first' });

export const ExchangeBody = z
  .object({
    at: z.string(),
    final: z.number().min(0).nullish(),
    initial: z.number().min(0).nullish(),
    multiplier: z.number().positive().optional(),
    rollover_at: z.number().positive().nullish(),
    max_rate: z.number().positive().nullish(),
    continues: z.boolean().optional(),
    note: z.string().trim().max(500).nullish(),
    recorded_by: author.optional(),
  })
  .openapi('Exchange');

export const CeilingBody = z
  .object({ max_rate: z.number().positive().nullable(), recorded_by: author.optional() })
  .openapi('CeilingBody');

export const ManualBody = z
  .object({ time: z.string(), value: z.number().min(0), reason: Because, recorded_by: author.optional() })
  .openapi('ManualReadingBody');

export const EstimateBody = z
  .object({
    from: z.string(),
    to: z.string(),
    quantity: z.number().min(0),
    reason: Because,
    recorded_by: author.optional(),
  })
  .openapi('EstimateBody');

export const WithdrawBody = z
  .object({ reason: Because, recorded_by: author.optional() })
  .openapi('WithdrawBody');

export const Statement = z
  .object({
    no: z.number().int(),
    kind: z.enum(['manual_reading', 'estimate']),
    /** Of a reading, its instant; of an estimate, its start. */
    from: instant,
    to: instant.nullable(),
    value: z.number().nullable(),
    quantity,
    reason: z.string(),
    recorded_by: z.string(),
    recorded_at: instant,
    withdrawn: z.object({ by: z.string(), at: instant, reason: z.string() }).nullable(),
  })
  .openapi('Statement', { description: 'What a person stated about a meter' });

export const Statements = z
  .object({ meter: z.string(), unit: z.string(), statements: z.array(Statement) })
  .openapi('Statements');

const Moved = z.object({ start: instant, before: quantity, after: quantity });

/** What a change of a meter's description does to its consumption. */
export const Effect = z
  .object({
    meter: z.string(),
    unit: z.string(),
    /** False: a preview, nothing was written down. */
    saved: z.boolean(),
    before: quantity,
    after: quantity,
    /** Only those that change. */
    months: z.array(Moved),
    /** The hours of three days around it, changed or not. */
    hours: z.array(Moved),
  })
  .openapi('Effect');

export const Revision = z
  .object({
    no: z.number().int(),
    meter: z.string(),
    name: z.string(),
    node: z.string(),
    unit: z.string(),
    at: instant,
    causes: z.array(z.enum(CAUSES)),
    /** The change of the meter's description that led to it, where one did. */
    change: z.object({ author: z.string(), source: z.string(), at: instant }).nullable(),
    month: instant,
    /** From the first changed hour to the end of the last. */
    from: instant,
    to: instant,
    hours: z.number().int(),
    /** Quantity of the changed hours. */
    before: quantity,
    after: quantity,
  })
  .openapi('Revision');

export const Revisions = z.object({ revisions: z.array(Revision), more: z.boolean() }).openapi('Revisions');

const Amounts = z.object({
  quantity,
  measured: quantity,
  recovered: quantity,
  estimated: quantity,
  completeness: share,
});

export const PIECES = ['measured', 'recovered', 'estimated', 'unknown', 'break'] as const;

export const Piece = z
  .object({
    kind: z.enum(PIECES),
    from: instant,
    to: instant,
    /** The readings that it is the difference of; null for an estimate and what is unknown. */
    first: RegisterPoint.nullable(),
    last: RegisterPoint.nullable(),
    /** Readings from the first to the last, both included. */
    readings: z.number().int(),
    multiplier: z.number().nullable(),
    /** The part inside the period, and the whole. */
    quantity,
    whole: quantity,
    /** How a recovered quantity is spread over its hours. */
    apportioned: z.enum(['typical', 'flat']).nullable(),
    /** The widest boundary that it was split at. */
    crosses: z.enum(['day', 'month', 'year']).nullable(),
    /** Of an estimate or a reading by eye. */
    reason: z.string().nullable(),
    recorded_by: z.string().nullable(),
  })
  .openapi('Piece');

export const GroundPart = Amounts.extend({
  /** Null: a meter that whoever asks may not see; its part of the figure is told all the same. */
  id: z.string().nullable(),
  name: z.string().nullable(),
  kind: z.enum(['meter', 'virtual']),
  /** −1: subtracted. */
  sign: z.union([z.literal(1), z.literal(-1)]),
}).openapi('GroundPart');

export const Ground = Amounts.extend({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['meter', 'virtual', 'node']),
  carrier: z.enum(CARRIERS),
  unit: z.string(),
  gauge: z.boolean(),
  from: instant,
  to: instant,
  /** The part of it that was entered into the book (台账), where no meter counts; null: none. */
  booked: quantity,
  /** What it is the sum of; empty for a meter. */
  parts: z.array(GroundPart),
  /** In order of time, for a meter; cut at 500. */
  pieces: z.array(Piece),
  set_aside: z.array(RegisterPoint.extend(Judged.shape)),
  epochs: z.array(Epoch),
  ceiling: Ceiling.nullable(),
  /** The newest that touch the period. */
  revisions: z.array(Revision),
  more: z.boolean(),
}).openapi('Ground', { description: 'Which readings a figure comes from' });

export const BALANCE_STATES = ['ok', 'gap', 'negative', 'unknown'] as const;

export const Balance = z
  .object({
    node: z.string(),
    carrier: z.enum(CARRIERS),
    unit: z.string(),
    from: instant,
    to: instant,
    /** Share of the main above which a gap is too large. */
    limit: share,
    mains: z.array(
      z.object({
        meter: z.string(),
        name: z.string(),
        node: z.string(),
        quantity,
        completeness: share,
        /** Sum of the meters directly below it. */
        below: quantity,
        gap: quantity,
        gap_share: z.number().nullable(),
        state: z.enum(BALANCE_STATES),
        /** Null: a meter that whoever asks may not see. */
        children: z.array(Amounts.extend({ meter: z.string().nullable(), name: z.string().nullable() })),
      }),
    ),
  })
  .openapi('Balance', { description: 'Mains against their sub-meters, the widest gap first' });

export type Judged = z.infer<typeof Judged>;
export type Suspect = z.infer<typeof Suspect>;
export type ClockTrouble = z.infer<typeof ClockTrouble>;
export type Findings = z.infer<typeof Findings>;
export type ExchangeBody = z.infer<typeof ExchangeBody>;
export type ManualBody = z.infer<typeof ManualBody>;
export type EstimateBody = z.infer<typeof EstimateBody>;
export type WithdrawBody = z.infer<typeof WithdrawBody>;
export type Statement = z.infer<typeof Statement>;
export type Statements = z.infer<typeof Statements>;
export type Effect = z.infer<typeof Effect>;
export type Revision = z.infer<typeof Revision>;
export type Revisions = z.infer<typeof Revisions>;
export type Piece = z.infer<typeof Piece>;
export type GroundPart = z.infer<typeof GroundPart>;
export type Ground = z.infer<typeof Ground>;
export type Balance = z.infer<typeof Balance>;
