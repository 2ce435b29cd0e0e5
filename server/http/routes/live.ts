import type { HttpBindings } from '@hono/node-server';
import { createRoute, z } from '@hono/zod-openapi';
import { reachOf } from '../../domain/access.ts';
import { ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { type Api, problems } from './common.ts';
import { seesWhole } from './status.ts';

export function addLive({ app, deps, live }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/live',
      tags: ['readings'],
      summary: 'Readings as they are stored, as server-sent events',
      description:
        '`hello` once, `reading` (LiveReading) for the newest value of a meter, `account` (Account) every 2 s ' +
        'for whoever runs the system or sees all of it. ' +
        'A client that falls behind gets the newest value of each meter; one that takes nothing is sent away.',
      request: { query: z.object({ node: nodeId.optional() }) },
      responses: {
        200: { description: 'Events without end', content: { 'text/event-stream': { schema: z.string() } } },
        ...problems(400, 404, 503),
      },
    }),
    (c) => {
      const { node } = c.req.valid('query');
      if (node !== undefined) nodeOf(deps.estate(), node);
      const identity = c.get('identity');
      const who = identity?.kind === 'person' ? identity.id : '';
      // The router answers HEAD by this handler and takes nothing from its body.
      const isHead = c.req.method === 'HEAD';
      if (isHead ? live.full : !live.admits(who)) {
        throw new ProblemError(503, 'too many live clients', undefined, { 'retry-after': '10' });
      }
      const headers = {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      };
      if (isHead) return new Response(null, { headers });
      // Absent when a test calls the application without a socket.
      const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
      const watching = {
        node: node ?? null,
        reach: identity ? reachOf(identity, 'read') : [],
        account: seesWhole(),
        session: identity?.kind === 'person' ? identity.session : null,
        who,
      };
      const stream = live.open(watching, () => outgoing?.destroy());
      return new Response(stream, { headers });
    },
  );
}
