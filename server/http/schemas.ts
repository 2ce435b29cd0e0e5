/**
 * The shapes that cross the HTTP door: they validate what comes in, type what goes out, and become the
 * OpenAPI document. Instants are ISO 8601 with the estate's offset; quantities are numbers in the unit
 * beside them; completeness and shares are 0–1; null is "not known", never 0.
 */
import { z } from '@hono/zod-openapi';
import { VERDICTS } from '../domain/judgement.ts';
import { CARRIERS, DIRECTIONS, NODE_KINDS, REGISTER_KINDS } from '../domain/meter.ts';
import { REASONS } from '../domain/reading.ts';
import { LEVELS } from '../domain/time.ts';

export const instant = z.string().openapi({ example: '2026-11-21T00:00:00+08:00' });
export const quantity = z.number().nullable();
export const share = z.number().min(0).max(1);

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

export const Account = z
  .object({
    received: z.number().int(),
    stored: z.number().int(),
    duplicate: z.number().int(),
    quarantined: z.number().int(),
    /** Part of `stored`: on disk in the journal, not yet handed on to the ledger. */
    pending: z.number().int(),
  })
  .openapi('Account', { description: 'received = stored + duplicate + quarantined, exactly' });

export const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'failing']),
    /** What is wrong, in words; empty when ok. */
    problems: z.array(z.string()),
    version: z.string(),
    started_at: instant,
    now: instant,
    account: Account,
    quarantine: z.array(z.object({ reason: z.enum(REASONS), count: z.number().int() })),
    intake: z.object({
      mode: z.enum(['embedded', 'external', 'off']),
      address: z.string().nullable(),
      clients: z.number().int().nullable(),
      readings_per_s: z.number(),
      last_reading_at: instant.nullable(),
      /** What an external broker does that loses readings or may; also among the problems. */
      warnings: z.array(z.string()),
    }),
    journal: z.object({
      pending: z.number().int(),
      oldest_pending_s: z.number().nullable(),
      /** Months of meters that wait to be computed again. */
      recomputing: z.number().int(),
      bytes: z.number(),
    }),
    timeseries: z.object({
      engine: z.enum(['duckdb', 'influxdb']),
      version: z.string(),
      error: z.string().nullable(),
    }),
    meters: z.object({
      total: z.number().int(),
      silent: z.number().int(),
      never: z.number().int(),
      /** Steps of registers that wait for a person's word. */
      suspects: z.number().int(),
    }),
  })
  .openapi('Health');

export const DatedValue = z.object({ from: z.string(), value: z.number() });

export const NodeInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(NODE_KINDS),
    parent: z.string().nullable(),
    /** Carriers that have a meter at the node or below it. */
    carriers: z.array(CarrierName),
    meters: z.number().int(),
    attributes: z.record(z.string(), z.array(DatedValue)),
  })
  .openapi('Node');

export const Tree = z
  .object({ timezone: z.string(), nodes: z.array(NodeInfo) })
  .openapi('Tree', { description: 'Every node, parents before their children' });

export const ConsumptionRow = z
  .object({
    /** The meter, or the node. */
    id: z.string(),
    carrier: CarrierName,
    start: instant,
    quantity,
    unit: z.string(),
    measured: quantity,
    recovered: quantity,
    estimated: quantity,
    completeness: share,
  })
  .openapi('ConsumptionRow');

export const Consumption = z
  .object({ by: LevelName, from: instant, to: instant, rows: z.array(ConsumptionRow) })
  .openapi('Consumption');

/** A quantity of a period, with the period. */
export const PeriodQuantity = z.object({ from: instant, to: instant, quantity, completeness: share });

export const Comparison = z
  .object({
    /** From the period's start to now, the running hour included. */
    from: instant,
    to: instant,
    quantity,
    /** Share of the period up to the last full hour that measured intervals cover. */
    completeness: share,
    /** The same without the running hour: what the comparisons below are made with. */
    basis: PeriodQuantity,
    /** 环比: the like part of the period before. */
    previous: PeriodQuantity,
    change_previous: z.number().nullable(),
    /** 同比: the like part of the same period a year ago. */
    last_year: PeriodQuantity,
    change_last_year: z.number().nullable(),
  })
  .openapi('Comparison', { description: 'change = basis / other − 1; null where either is unknown or 0' });

export const CarrierSummary = z.object({
  carrier: CarrierName,
  unit: z.string(),
  /** Mean instead of sum (temperatures). */
  gauge: z.boolean(),
  today: Comparison,
  month: Comparison,
  year: Comparison,
});

export const Summary = z
  .object({ node: z.string(), now: instant, carriers: z.array(CarrierSummary) })
  .openapi('Summary');

export const Shares = z
  .object({
    node: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    total: quantity,
    completeness: share,
    items: z.array(
      z.object({
        /** Sub-item code; null: what no sub-meter accounts for. */
        item: z.string().nullable(),
        quantity,
        share: z.number().nullable(),
        meters: z.array(z.string()),
      }),
    ),
  })
  .openapi('Shares');

export const Ranking = z
  .object({
    node: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    rows: z.array(
      z.object({
        node: z.string(),
        quantity,
        completeness: share,
        share: z.number().nullable(),
        floor_area_m2: z.number().nullable(),
        per_m2: z.number().nullable(),
        people: z.number().nullable(),
        per_person: z.number().nullable(),
        last_year: quantity,
        change_last_year: z.number().nullable(),
      }),
    ),
  })
  .openapi('Ranking', { description: 'The nodes directly below, largest first' });

export const LoadProfile = z
  .object({
    id: z.string(),
    carrier: CarrierName,
    unit: z.string(),
    from: instant,
    to: instant,
    /** weekday 1 Monday – 7 Sunday, hour 0–23 of the local clock; mean quantity of that hour. */
    cells: z.array(
      z.object({
        weekday: z.number().int(),
        hour: z.number().int(),
        mean: z.number(),
        hours: z.number().int(),
      }),
    ),
    /** Mean of the hours 0–5 on working days, quantity per hour. */
    night_base: quantity,
    /** Mean of the hours 9–17 on non-working days. */
    weekend_base: quantity,
    /** Mean of the hours 9–17 on working days. */
    working_mean: quantity,
    night_share: z.number().nullable(),
    holiday_share: z.number().nullable(),
  })
  .openapi('LoadProfile');

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

export const QuarantineItem = z
  .object({
    id: z.number().int(),
    received_at: instant,
    reason: z.enum(REASONS),
    detail: z.string(),
    source: z.string(),
    kind: z.enum(['packet', 'reading']),
    meter: z.string().nullable(),
    time: instant.nullable(),
    value: z.number().nullable(),
    /** The first bytes of what arrived, as text; hex where it is no text. */
    preview: z.string(),
  })
  .openapi('QuarantineItem');

export const Quarantine = z
  .object({
    counts: z.array(z.object({ reason: z.enum(REASONS), count: z.number().int() })),
    items: z.array(QuarantineItem),
    more: z.boolean(),
  })
  .openapi('Quarantine');

export const RetryResult = z
  .object({
    tried: z.number().int(),
    stored: z.number().int(),
    duplicate: z.number().int(),
    quarantined: z.number().int(),
  })
  .openapi('RetryResult');

export const ImportProgress = z
  .object({
    rows: z.number().int(),
    stored: z.number().int(),
    duplicate: z.number().int(),
    quarantined: z.number().int(),
    done: z.boolean(),
    /** The first faulty lines, each naming its line. */
    errors: z.array(z.string()).optional(),
  })
  .openapi('ImportProgress');

export const EstateApplied = z
  .object({ created: z.number().int(), updated: z.number().int(), unchanged: z.number().int() })
  .openapi('EstateApplied');

export const ProfileList = z
  .object({
    profiles: z.array(
      z.object({
        id: z.string(),
        /** It came with the program; one's own of the same id takes its place. */
        builtin: z.boolean(),
        profile: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .openapi('ProfileList');

export const ProfileTest = z
  .object({
    /** A message that carries no reading and is not meant to. */
    ignored: z.boolean(),
    readings: z.array(z.object({ meter: z.string(), time: instant, value: z.number() })),
    rejects: z.array(z.object({ reason: z.enum(REASONS), detail: z.string() })),
  })
  .openapi('ProfileTest');

export const BackupResult = z
  .object({ files: z.array(z.string()), bytes: z.number() })
  .openapi('BackupResult');

export const VerifyProgress = z
  .object({
    /** Months of meters compared so far, and in all. */
    compared: z.number().int(),
    total: z.number().int(),
    differing: z.number().int(),
    /** The first of them; null: there is none. */
    differences: z.array(
      z.object({ meter: z.string(), level: LevelName, start: instant, stored: quantity, computed: quantity }),
    ),
    done: z.boolean(),
  })
  .openapi('VerifyProgress');

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

export type Problem = z.infer<typeof Problem>;
export type Account = z.infer<typeof Account>;
export type Health = z.infer<typeof Health>;
export type NodeInfo = z.infer<typeof NodeInfo>;
export type Tree = z.infer<typeof Tree>;
export type ConsumptionRow = z.infer<typeof ConsumptionRow>;
export type Consumption = z.infer<typeof Consumption>;
export type PeriodQuantity = z.infer<typeof PeriodQuantity>;
export type Comparison = z.infer<typeof Comparison>;
export type CarrierSummary = z.infer<typeof CarrierSummary>;
export type Summary = z.infer<typeof Summary>;
export type Shares = z.infer<typeof Shares>;
export type Ranking = z.infer<typeof Ranking>;
export type LoadProfile = z.infer<typeof LoadProfile>;
export type Epoch = z.infer<typeof Epoch>;
export type Ceiling = z.infer<typeof Ceiling>;
export type MeterInfo = z.infer<typeof MeterInfo>;
export type MeterList = z.infer<typeof MeterList>;
export type ReadingRow = z.infer<typeof ReadingRow>;
export type Readings = z.infer<typeof Readings>;
export type QuarantineItem = z.infer<typeof QuarantineItem>;
export type Quarantine = z.infer<typeof Quarantine>;
export type RetryResult = z.infer<typeof RetryResult>;
export type ImportProgress = z.infer<typeof ImportProgress>;
export type EstateApplied = z.infer<typeof EstateApplied>;
export type ProfileList = z.infer<typeof ProfileList>;
export type ProfileTest = z.infer<typeof ProfileTest>;
export type BackupResult = z.infer<typeof BackupResult>;
export type LiveReading = z.infer<typeof LiveReading>;
export type VerifyProgress = z.infer<typeof VerifyProgress>;
