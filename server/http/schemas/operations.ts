/** How the parts of the server are and how it went over the last minutes. */
import { z } from '@hono/zod-openapi';
import { REASONS } from '../../domain/reading.ts';
import type { Zone } from '../../domain/time.ts';
import { CODE_NAMES, CODES, PARTS, type Part, STATES } from '../../operations/health.ts';
import { SERIES, type SeriesName } from '../../operations/history.ts';
import { instant } from './common.ts';
import { Account } from './health.ts';

const part = {
  part: z.enum(PARTS),
  state: z.enum(STATES),
  code: z.enum(CODE_NAMES),
  zh: z.string(),
  en: z.string(),
  /** The cause in the words of the part itself. */
  detail: z.string().nullable(),
  since: instant,
};
export const PartState = z.object(part).openapi('PartState');
const Alarm = z
  .object({ ...part, until: instant.nullable() })
  .openapi('Alarm', { description: '`until` is null while it is in force' });

const bytes = z.number();
const series = z.array(z.number().nullable());
const count = z.number().int();

export const Operations = z
  .object({
    now: instant,
    version: z.string(),
    started_at: instant,
    /** The worst of the parts. */
    state: z.enum(STATES),
    parts: z.array(PartState),
    /** In force first, the worst before the others and causes before what follows from them; then those that ended within the window, newest first. */
    alarms: z.array(Alarm),
    window_s: z.number(),
    every_s: z.number(),
    /** When each look was taken; as many as each series has values. */
    at: z.array(instant),
    series: z
      .object(Object.fromEntries(SERIES.map((name) => [name, series])) as Record<SeriesName, typeof series>)
      .openapi({ description: 'Oldest first; null where nothing happened or nothing is known' }),
    limits: z.object({
      journal_bytes: bytes,
      /** Of the embedded broker; null where the broker is another's. */
      clients: count.nullable(),
      live_clients: count,
      memory_bytes: bytes,
      heap_bytes: bytes,
      /** Below it the disk is said to be low. */
      disk_low_bytes: bytes,
    }),
    account: Account,
    /** What went to quarantine within the window, by reason. */
    quarantined: z.array(z.object({ reason: z.enum(REASONS), count })),
    /** Operations of the time series within the window, by name. */
    operations: z.array(z.object({ operation: z.string(), count, errors: count })),
    intake: z.object({
      mode: z.enum(['embedded', 'external', 'off']),
      address: z.string().nullable(),
      broker: z.string().nullable(),
      last_reading_at: instant.nullable(),
    }),
    catalogue: z.object({ engine: z.enum(['sqlite', 'postgresql']), version: count }),
    timeseries: z.object({ engine: z.enum(['duckdb', 'influxdb']), version: z.string() }),
  })
  .openapi('Operations');
export type Operations = z.infer<typeof Operations>;
export type PartState = z.infer<typeof PartState>;

/** A part with the sentences of its code and its instants in the estate's zone. */
export function partState({ since, ...of }: Part, zone: Zone): PartState {
  const [zh, en] = CODES[of.code];
  return { ...of, zh, en, since: zone.iso(since) };
}
