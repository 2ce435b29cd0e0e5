import { createRoute } from '@hono/zod-openapi';
import { REASONS } from '../../domain/reading.ts';
import { worstFirst } from '../../operations/health.ts';
import { type Point, SERIES, type SeriesName, WINDOW_S } from '../../operations/history.ts';
import { SAMPLE_MS } from '../../operations/operations.ts';
import { Operations, partState } from '../schemas/operations.ts';
import type { Api } from './common.ts';

/** Digits that are told: enough for a curve, and the answer is a third as long. */
const DIGITS = 6;

export function addOperations({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/operations',
      tags: ['status'],
      summary: 'What the server does now, how it went over the last 15 minutes, and what is wrong since when',
      responses: {
        200: { description: 'Operations', content: { 'application/json': { schema: Operations } } },
      },
    }),
    (c) => {
      const { zone } = deps.estate();
      const { facts, parts, past, points, counts, limits } = deps.operations.lately();
      const inForce = worstFirst(parts);
      const { intake } = facts;
      return c.json(
        {
          now: zone.iso(facts.at),
          version: deps.version,
          started_at: zone.iso(deps.startedAt),
          state: inForce[0]?.state ?? 'ok',
          parts: parts.map((p) => partState(p, zone)),
          alarms: [
            ...inForce.map((p) => ({ ...partState(p, zone), until: null })),
            ...past.map(({ until, ...p }) => ({ ...partState(p, zone), until: zone.iso(until) })),
          ],
          window_s: WINDOW_S,
          every_s: SAMPLE_MS / 1000,
          at: points.map(({ at }) => zone.iso(at)),
          series: seriesOf(points),
          limits: {
            journal_bytes: limits.journalBytes,
            clients: limits.clients,
            live_clients: limits.liveClients,
            memory_bytes: limits.memoryBytes,
            heap_bytes: limits.heapBytes,
            disk_low_bytes: limits.diskLowBytes,
          },
          account: facts.account,
          quarantined: REASONS.flatMap((reason) => {
            const count = counts.quarantined.get(reason);
            return count === undefined ? [] : [{ reason, count }];
          }),
          operations: [...counts.operations].map(([operation, count]) => ({
            operation,
            count,
            errors: counts.errors.get(operation) ?? 0,
          })),
          intake: {
            mode: intake.mode,
            address: intake.address,
            broker: intake.broker,
            last_reading_at: intake.lastReadingAt === null ? null : zone.iso(intake.lastReadingAt),
          },
          catalogue: { engine: deps.catalogue.store.engine, version: facts.catalogueVersion },
          timeseries: { ...deps.engine },
        } satisfies Operations,
        200,
      );
    },
  );
}

function seriesOf(points: readonly Point[]): Operations['series'] {
  const of = (name: SeriesName): (number | null)[] =>
    points.map(({ [name]: value }) => (value === null ? null : Number(value.toPrecision(DIGITS))));
  return Object.fromEntries(SERIES.map((name) => [name, of(name)])) as Operations['series'];
}
