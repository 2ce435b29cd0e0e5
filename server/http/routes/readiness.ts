import { createRoute, z } from '@hono/zod-openapi';
import { CODES, REFUSING } from '../../operations/health.ts';
import { PartState, partState } from '../schemas/operations.ts';
import type { Api } from './common.ts';

const Readiness = z
  .object({
    ready: z.boolean(),
    /** Why not, in words; empty when ready. */
    reasons: z.array(z.string()),
    parts: z.array(PartState),
  })
  .openapi('Readiness');
export type Readiness = z.infer<typeof Readiness>;

/**
 * Liveness and readiness apart: a restart helps against a process that hangs, not against a store that is away; and to be
 * taken out of service helps against neither, as long as the journal takes what comes.
 */
export function addReadiness({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health/live',
      tags: ['status'],
      summary: 'That the process answers; it asks no store',
      responses: {
        200: {
          description: 'It does',
          content: { 'application/json': { schema: z.object({ live: z.literal(true) }) } },
        },
      },
    }),
    (c) => c.json({ live: true as const }, 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health/ready',
      tags: ['status'],
      summary: 'Whether readings are taken and kept, and each part with since when it is as it is',
      responses: {
        200: { description: 'Ready', content: { 'application/json': { schema: Readiness } } },
        503: {
          description: 'Not ready, with the reasons',
          content: { 'application/json': { schema: Readiness } },
        },
      },
    }),
    (c) => {
      const { zone } = deps.estate();
      const parts = deps.operations.parts();
      const reasons = parts
        .filter((p) => REFUSING.has(p.code))
        .map((p) => `${p.part}: ${CODES[p.code][1]}${p.detail === null ? '' : `: ${p.detail}`}`);
      if (deps.signal.aborted) reasons.unshift('the server is stopping');
      const ready = reasons.length === 0;
      const body = {
        ready,
        reasons,
        parts: parts.map((p) => partState(p, zone)),
      };
      return c.json(body, ready ? 200 : 503);
    },
  );
}
