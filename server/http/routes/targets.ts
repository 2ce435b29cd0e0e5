import { createRoute, z } from '@hono/zod-openapi';
import { type SplitChoice, SplitError, splitOf } from '../../conservation/target-split.ts';
import {
  partsOf,
  type TargetGround,
  targetFigures,
  targetsAbove,
  targetsAt,
  unitOf,
} from '../../conservation/targets.ts';
import { planId, type Target } from '../../domain/target.ts';
import type { ReportSources } from '../../reporting/report.ts';
import { authorOf, demand, estateFor } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { Split, SplitBody, TargetBody, TargetDetail, TargetList } from '../schemas/targets.ts';
import { planShape, splitShape, targetShape, targetView } from '../shapes/targets.ts';
import { type Api, problems } from './common.ts';

const Id = z.object({ id: z.string().min(1).max(160) });
const NOBODY = 'http';

/** What the figures of targets are computed from. */
export function targetGround({ deps, months, forecasts }: Api): TargetGround {
  const { timeseries } = deps;
  return {
    estate: deps.estate(),
    policy: deps.catalogue.policy(),
    months,
    forecasts,
    timeseries,
    now: deps.now(),
  };
}

/** What reports are built from. */
export function reportSources(api: Api): ReportSources {
  const { months, pastForecasts, deps } = api;
  return { ...targetGround({ ...api, forecasts: pastForecasts }), months, journal: deps.journal };
}

/** How the parts of a target were measured out: amounts of the end year, or the reduction of each. */
function lastSplit(parts: readonly Target[]): z.infer<typeof TargetDetail>['split'] {
  const method = parts[0]?.split ?? null;
  if (method === null) return null;
  const given = parts.flatMap(({ node, path }): [string, number][] => {
    const value = path.kind === 'values' ? path.values.at(-1)?.value : path.reduction;
    return value === undefined ? [] : [[node, value]];
  });
  return {
    method,
    nodes: parts.map((p) => p.node),
    by_hand: method === 'hand' ? Object.fromEntries(given) : {},
  };
}

export function addTargets(api: Api): void {
  const { app, deps } = api;
  const targetOf = (id: string): Target => {
    const target = deps.catalogue.policy().get('target', id);
    if (!target || !estateFor(deps.wholeEstate(), 'read').node(target.node)) {
      throw new ProblemError(404, `no target ${JSON.stringify(id)}`, [{ path: 'id', message: 'unknown' }]);
    }
    return target;
  };
  /** Null where it is not seen. */
  const nodeOfTarget = (id: string): string | null => {
    const node = deps.catalogue.policy().get('target', id)?.node;
    return node !== undefined && deps.estate().node(node) ? node : null;
  };

  const detail = async (target: Target): Promise<z.infer<typeof TargetDetail>> => {
    const ground = targetGround(api);
    const figures = await targetFigures(ground, target);
    const parts = figures.current ? await partsOf(ground, target, figures.current) : [];
    return {
      ...targetView(ground.estate.zone, figures, nodeOfTarget),
      parts: parts.map(({ lastYear, ...part }) => ({ ...part, last_year: lastYear })),
      split: lastSplit(
        ground.policy.list('target').filter((t) => t.from === target.id && ground.estate.node(t.node)),
      ),
    };
  };

  const glance = async (id: string): Promise<z.infer<typeof TargetList>> => {
    const ground = targetGround(api);
    const { zone } = ground.estate;
    const node = nodeOf(ground.estate, id).id;
    const figures = await Promise.all(targetsAt(ground, node).map((t) => targetFigures(ground, t)));
    const plan = ground.policy.get('plan', planId(node, zone.wall(ground.now).year));
    return {
      node,
      now: zone.iso(ground.now),
      targets: figures.map((f) => targetView(zone, f, nodeOfTarget)),
      above: await Promise.all(
        targetsAbove(ground, node).map(async (t) => targetShape(t, await unitOf(ground, t), nodeOfTarget)),
      ),
      plan: plan ? planShape(plan) : null,
    };
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/targets',
      tags: ['targets'],
      summary: 'The targets of a node at one glance: path, actual, curve, forecast, verdict, what is left',
      request: { query: z.object({ node: nodeId }) },
      responses: {
        200: { description: 'Its targets', content: { 'application/json': { schema: TargetList } } },
        ...problems(400, 404),
      },
    }),
    async (c) => c.json(await glance(c.req.valid('query').node), 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/targets/{id}',
      tags: ['targets'],
      summary: 'A target with the nodes below that made the difference',
      request: { params: Id },
      responses: {
        200: { description: 'The target', content: { 'application/json': { schema: TargetDetail } } },
        ...problems(400, 404),
      },
    }),
    async (c) => c.json(await detail(targetOf(c.req.valid('param').id)), 200),
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/targets/{id}',
      tags: ['targets'],
      summary: 'Creates a target, or changes it',
      description: 'A part of another target stays one; what came of a split is then set by hand.',
      request: {
        params: Id,
        body: { required: true, content: { 'application/json': { schema: TargetBody } } },
      },
      responses: {
        200: { description: 'As it is now', content: { 'application/json': { schema: TargetDetail } } },
        ...problems(400, 404, 413, 415, 422),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { recorded_by, ...body } = c.req.valid('json');
      const author = authorOf(c, recorded_by);
      const before = deps.catalogue.policy().get('target', id);
      if (before) demand('supervise', targetOf(id).node);
      demand('supervise', body.node);
      const from = before?.from ?? null;
      deps.catalogue.putPolicy(
        'target',
        id,
        { ...body, from, split: from === null ? null : 'hand' },
        author,
        'entered',
      );
      return c.json(await detail(targetOf(id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/targets/{id}',
      tags: ['targets'],
      summary: 'Drops a target; what was split off it stays',
      request: { params: Id, query: z.object({ recorded_by: z.string().trim().min(1).max(100).optional() }) },
      responses: {
        200: {
          description: 'What its node has left',
          content: { 'application/json': { schema: TargetList } },
        },
        ...problems(400, 404, 422),
      },
    }),
    async (c) => {
      const { id, node } = targetOf(c.req.valid('param').id);
      demand('supervise', node);
      const author = authorOf(c, c.req.valid('query').recorded_by ?? NOBODY);
      deps.catalogue.dropPolicy('target', id, author, 'dropped');
      return c.json(await glance(node), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/targets/{id}/split',
      tags: ['targets'],
      summary: 'Measures a target out to the nodes below; saves the parts where `save` says so',
      description:
        'Amounts are divided in whole steps of `resolution` that add up; what is left is shown. Indicators ' +
        'per m² or person are not divided: each node lowers its own value. Saving again replaces the parts.',
      request: {
        params: Id,
        body: { required: true, content: { 'application/json': { schema: SplitBody } } },
      },
      responses: {
        200: { description: 'The parts', content: { 'application/json': { schema: Split } } },
        ...problems(400, 404, 413, 415, 422),
      },
    }),
    async (c) => {
      const target = targetOf(c.req.valid('param').id);
      demand('supervise', target.node);
      const { method, nodes, by_hand, resolution, save, recorded_by } = c.req.valid('json');
      const choice: SplitChoice = {
        method,
        byHand: by_hand ?? {},
        ...(nodes && { nodes }),
        ...(resolution !== undefined && { resolution }),
      };
      const ground = targetGround(api);
      for (const node of nodes ?? []) nodeOf(ground.estate, node);
      const split = await splitOf(ground, target, choice).catch((error: unknown) => {
        throw error instanceof SplitError ? badField(error.field, error.message) : error;
      });
      if (save) {
        saveParts(
          target,
          split.parts.flatMap((p) => p.target ?? []),
          authorOf(c, recorded_by),
        );
      }
      return c.json(splitShape(target, split, save), 200);
    },
  );

  /** All of them or none; parts of nodes that get none any more go. */
  function saveParts(target: Target, parts: readonly Target[], author: string): void {
    const kept = new Set(parts.map((p) => p.id));
    const policy = parts.map(({ id, baseYear, endYear, ...body }) => ({
      kind: 'target',
      id,
      body: { ...body, base_year: baseYear, end_year: endYear },
    }));
    const before = deps.catalogue.policy().list('target');
    deps.catalogue.applyPolicy({ version: 1, policy }, author, `split of ${target.id}`);
    for (const { id, from } of before) {
      if (from === target.id && !kept.has(id)) {
        deps.catalogue.dropPolicy('target', id, author, `split of ${target.id}`);
      }
    }
  }
}
