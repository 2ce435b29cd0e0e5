import { createRoute, z } from '@hono/zod-openapi';
import type { Estate } from '../../domain/estate.ts';
import { REASONS } from '../../domain/reading.ts';
import type { Zone } from '../../domain/time.ts';
import type { QuarantineRow } from '../../journal/quarantine.ts';
import type { HttpDeps } from '../deps.ts';
import { Quarantine, type QuarantineItem, RetryResult } from '../schemas/quarantine.ts';
import { type Api, problems } from './common.ts';

const PREVIEW_BYTES = 200;
const RETRY_IDS = 1000;

const Reason = z.enum(REASONS);

export function addQuarantine({ app, deps, latest }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/quarantine',
      tags: ['quarantine'],
      summary: 'What arrived and is no reading, newest first, with the counts by reason',
      description:
        'Whoever answers for a part of the meters sees what names one of them; what names none, or one that there is ' +
        'not, only who answers for all.',
      request: {
        query: z.object({
          reason: Reason.optional(),
          before: z.coerce
            .number()
            .int()
            .min(1)
            .optional()
            .openapi({ description: 'Only ids below this one' }),
          limit: z.coerce.number().int().min(1).max(1000).default(50),
        }),
      },
      responses: {
        200: { description: 'Items', content: { 'application/json': { schema: Quarantine } } },
        ...problems(400),
      },
    }),
    (c) => {
      const { reason, before, limit } = c.req.valid('query');
      const { zone } = deps.estate();
      const mine = metersSeen(deps);
      const filter = {
        ...(reason && { reason }),
        ...(before && { before }),
        ...(mine && { meters: mine }),
        limit: limit + 1,
      };
      const rows = deps.journal.quarantine(filter);
      return c.json(
        {
          counts: deps.journal.quarantineCounts(mine ?? undefined),
          items: rows.slice(0, limit).map((row) => itemOf(zone, row)),
          more: rows.length > limit,
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/quarantine/retry',
      tags: ['quarantine'],
      summary: 'Reads items again, after the estate or a profile was mended',
      description: 'All of them, those of a reason, or those with the given ids.',
      request: {
        body: {
          content: {
            'application/json': {
              schema: z.object({
                reason: Reason.optional(),
                ids: z.array(z.number().int()).max(RETRY_IDS).optional(),
              }),
            },
          },
        },
      },
      responses: {
        200: { description: 'What became of them', content: { 'application/json': { schema: RetryResult } } },
        ...problems(400, 413, 415),
      },
    }),
    async (c) => {
      const { reason, ids } = c.req.valid('json');
      try {
        const mine = metersSeen(deps);
        const filter = { ...(reason && { reason }), ...(ids && { ids }), ...(mine && { meters: mine }) };
        return c.json(await deps.retryQuarantine(filter), 200);
      } finally {
        latest.invalidate();
      }
    },
  );
}

/** What items of the meters of a part are called in them; null: all are seen, also those of no meter. */
function metersSeen(deps: Pick<HttpDeps, 'estate' | 'wholeEstate'>): string[] | null {
  const estate = deps.estate();
  return estate === deps.wholeEstate() ? null : namesOf(estate);
}

/** The meters of an estate by the names that devices give them. */
export function namesOf({ meters }: Estate): string[] {
  return meters.flatMap(({ id, address }) => (address === null ? [id] : [id, address]));
}

function itemOf(zone: Zone, row: QuarantineRow): QuarantineItem {
  const { id, reason, detail, source, kind, meter, value } = row;
  return {
    id,
    received_at: zone.iso(row.receivedAt),
    reason,
    detail,
    source,
    kind,
    meter,
    time: row.time === null ? null : zone.iso(row.time),
    value,
    preview: previewOf(row.payload),
  };
}

/** The first bytes as text where they are text, else in hex. */
export function previewOf(payload: Uint8Array): string {
  const head = payload.subarray(0, PREVIEW_BYTES);
  try {
    // `stream` keeps a character that the cut went through from being an error.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    if (!/[^\P{Cc}\t\r\n]/u.test(text)) return text;
  } catch {
    // not text
  }
  return Buffer.from(head).toString('hex');
}
