/** How the server is: its account, what is wrong, and what its upkeep (backup, verification) answers. */
import { z } from '@hono/zod-openapi';
import { REASONS } from '../../domain/reading.ts';
import { instant, LevelName, quantity } from './common.ts';

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
    /** Of everything that arrived; null for whoever neither runs the system nor sees all of it. */
    account: Account.nullable(),
    /** Of what whoever asks may see of it. */
    quarantine: z.array(z.object({ reason: z.enum(REASONS), count: z.number().int() })),
    intake: z.object({
      mode: z.enum(['embedded', 'external', 'off']),
      address: z.string().nullable(),
      /** This and the next two are of the whole system, as the account is. */
      clients: z.number().int().nullable(),
      readings_per_s: z.number().nullable(),
      last_reading_at: instant.nullable(),
      /** What an external broker says that it is. */
      broker: z.string().nullable(),
      /** What an external broker does that loses readings or may; also among the problems. */
      warnings: z.array(z.string()),
    }),
    /** As the account. */
    journal: z
      .object({
        pending: z.number().int(),
        oldest_pending_s: z.number().nullable(),
        /** Months of meters that wait to be computed again. */
        recomputing: z.number().int(),
        bytes: z.number(),
      })
      .nullable(),
    /** What changes rarely; while its database does not answer, what was read keeps serving. */
    catalogue: z.object({
      engine: z.enum(['sqlite', 'postgresql']),
      version: z.number().int(),
      error: z.string().nullable(),
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
      /** Meters are those that whoever asks sees. Steps of registers that wait for a person's word. */
      suspects: z.number().int(),
    }),
  })
  .openapi('Health');

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

export type Account = z.infer<typeof Account>;
export type HealthSeen = z.infer<typeof Health>;
/** As whoever runs the system, or sees all of it, is answered. */
export type Health = HealthSeen & {
  account: Account;
  intake: { readings_per_s: number };
  journal: NonNullable<HealthSeen['journal']>;
};
export type BackupResult = z.infer<typeof BackupResult>;
export type VerifyProgress = z.infer<typeof VerifyProgress>;
