import { createRoute, z } from '@hono/zod-openapi';
import { balanceOf } from '../../conservation/balance.ts';
import { wholeHours } from '../../conservation/spans.ts';
import { ProblemError } from '../problem.ts';
import { nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { CarrierName } from '../schemas/common.ts';
import { Balance } from '../schemas/ledger.ts';
import { type Api, problems } from './common.ts';

/** Share of a main that meters and conductors may lose between it and its sub-meters. */
const LIMIT = 0.05;

const Query = z.object({
  node: nodeId,
  carrier: CarrierName.default('electricity'),
  from: time,
  to: time,
  limit: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(LIMIT)
    .openapi({ description: 'Share of a main above which its gap is too large' }),
});

export function addBalance({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/balance',
      tags: ['consumption'],
      summary: 'Every main at a node or below it, against the meters directly below it',
      description:
        'A main and what is below it are compared over the whole hours, up to the last full one, that are ' +
        'known for all of them; completeness says how much of the time that is. negative: those below show ' +
        'over 0.1 % more than the main. gap: the share that is missing is above the limit. unknown: no hour ' +
        'is known for all. In that order, the widest first. from and to are widened to whole hours.',
      request: { query: Query },
      responses: {
        200: { description: 'The mains', content: { 'application/json': { schema: Balance } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const { carrier, limit } = query;
      const estate = deps.estate();
      const { zone } = estate;
      const node = nodeOf(estate, query.node).id;
      const { from, to } = rangeOf(estate, query);
      const span = wholeHours(zone, from, to);
      const found = await balanceOf(deps.timeseries, estate, node, carrier, span, limit, deps.now());
      if (!found) {
        throw new ProblemError(404, `node ${JSON.stringify(node)} has no meter of ${carrier}`, [
          { path: 'carrier', message: 'no meter' },
        ]);
      }
      const isHere = ({ node }: { node: string }): boolean => estate.node(node) !== undefined;
      const mains = found.mains.map((m) => ({
        meter: m.meter.id,
        name: m.meter.name,
        node: m.meter.node,
        quantity: m.quantity,
        completeness: m.completeness,
        below: m.below,
        gap: m.gap,
        gap_share: m.share,
        state: m.state,
        children: m.children.map(({ meter, ...figure }) => ({
          meter: isHere(meter) ? meter.id : null,
          name: isHere(meter) ? meter.name : null,
          ...figure,
        })),
      }));

      return c.json(
        { node, carrier, unit: found.unit, from: zone.iso(found.from), to: zone.iso(found.to), limit, mains },
        200,
      );
    },
  );
}
