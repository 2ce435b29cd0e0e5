import { createRoute, z } from '@hono/zod-openapi';
import { planId } from '../../domain/target.ts';
import { authorOf } from '../authorise.ts';
import { nodeId, nodeOf } from '../query.ts';
import { PlanBody, PlanList, PlanShape } from '../schemas/plans.ts';
import { planShape } from '../shapes/targets.ts';
import { type Api, problems } from './common.ts';

export function addPlans({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/plans',
      tags: ['targets'],
      summary: 'What a node means to do, by year, and what of it was filed (备案)',
      request: { query: z.object({ node: nodeId }) },
      responses: {
        200: { description: 'Newest first', content: { 'application/json': { schema: PlanList } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const node = nodeOf(deps.estate(), c.req.valid('query').node).id;
      const plans = deps.catalogue
        .policy()
        .list('plan')
        .filter((p) => p.node === node);
      plans.sort((a, b) => b.year - a.year);
      return c.json({ node, plans: plans.map(planShape) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/plans/{node}/{year}',
      tags: ['targets'],
      summary: 'Writes down the plan of a year, its measures and its filing',
      request: {
        params: z.object({ node: nodeId, year: z.coerce.number().int().min(1970).max(2100) }),
        body: { required: true, content: { 'application/json': { schema: PlanBody } } },
      },
      responses: {
        200: { description: 'As it is now', content: { 'application/json': { schema: PlanShape } } },
        ...problems(400, 404, 413, 415, 422),
      },
    }),
    (c) => {
      const { node: of, year } = c.req.valid('param');
      const node = nodeOf(deps.estate(), of).id;
      const { recorded_by, filed = null, note = null, ...body } = c.req.valid('json');
      const measures = (body.measures ?? []).map(({ saving = null, due = null, ...m }) => ({
        ...m,
        saving,
        due,
      }));
      const id = planId(node, year);
      const author = authorOf(c, recorded_by);
      deps.catalogue.putPolicy('plan', id, { node, year, measures, filed, note }, author, 'entered');
      const plan = deps.catalogue.policy().get('plan', id);
      if (!plan) throw new Error(`the plan ${id} was not written`);
      return c.json(planShape(plan), 200);
    },
  );
}
