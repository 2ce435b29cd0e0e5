import { createRoute, z } from '@hono/zod-openapi';
import { type Explained, explanationsOf } from '../../conservation/explanations.ts';
import { positionOf } from '../../conservation/quotas.ts';
import {
  type Explanation as DomainExplanation,
  EXPLANATION_STATES,
  ExplanationError,
  explanationId,
  stateOf,
  withEvent,
} from '../../domain/explanation.ts';
import type { Zone } from '../../domain/time.ts';
import { authorOf, demand, estateFor } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { Explanation, Explanations, ReviewBody, SubmitBody } from '../schemas/explanations.ts';
import { type Api, problems } from './common.ts';
import { overYear, sourcesOf } from './quotas.ts';

const SOURCE = 'explanation';

/** 说明: who is above a quota explains it, the bureau accepts it or returns it with remarks. */
export function addExplanations({ app, deps, months }: Api): void {
  const answer = {
    200: { description: 'The explanation', content: { 'application/json': { schema: Explanation } } },
    ...problems(400, 404, 413, 415),
  };
  /** As it stands now, with the figure as it is computed now. */
  const shown = async (written: DomainExplanation): Promise<Explanation> => {
    const sources = sourcesOf({ deps, months });
    const year = overYear(sources, written.year);
    const quota = sources.policy.get('quota', written.quota);
    const position = quota ? await positionOf(sources, written.node, quota.metric, year) : undefined;
    const same = position?.quota?.id === written.quota ? position : undefined;
    const node = nodeOf(sources.estate, written.node);
    return shapeOf(sources.estate.zone, { node, id: written.id, written, position: same }, written.year);
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/explanations',
      tags: ['conservation'],
      summary: 'Who was above a quota in a year, and how it was explained',
      description:
        'One per institution, quota and year. open: due, nothing was written yet. `unknown` names the ' +
        'institutions of which cannot be told whether they keep a quota.',
      request: {
        query: z.object({
          node: nodeId,
          year: z.coerce.number().int().min(1970).max(2100),
          state: z.enum(EXPLANATION_STATES).optional(),
        }),
      },
      responses: {
        200: { description: 'Explanations', content: { 'application/json': { schema: Explanations } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const sources = sourcesOf({ deps, months });
      const node = nodeOf(sources.estate, query.node).id;
      const { rows, unknown } = await explanationsOf(sources, node, overYear(sources, query.year));
      const explanations = rows
        .map((row) => shapeOf(sources.estate.zone, row, query.year))
        .filter((e) => query.state === undefined || e.state === query.state);
      return c.json(
        {
          node,
          year: query.year,
          explanations,
          unknown: unknown.map(({ node: of, lacks }) => ({ node: of.id, name: of.name, lacks })),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/explanations',
      tags: ['conservation'],
      summary: 'The institution explains why it was above a quota',
      description: 'The figure as it is then goes on record with the text. After a return it is sent again.',
      request: { body: { content: { 'application/json': { schema: SubmitBody } }, required: true } },
      responses: answer,
    }),
    async (c) => {
      const body = c.req.valid('json');
      const sources = sourcesOf({ deps, months });
      const node = nodeOf(sources.estate, body.node).id;
      const quota = sources.policy.get('quota', body.quota);
      if (!quota) throw badField('quota', `no quota ${JSON.stringify(body.quota)}`);
      const position = await positionOf(sources, node, quota.metric, overYear(sources, body.year));
      if (position.quota?.id !== quota.id) {
        throw badField('quota', `${JSON.stringify(quota.id)} does not hold for ${JSON.stringify(node)}`);
      }
      const { value, completeness } = position;
      const id = explanationId(node, body.year, quota.id);
      const begun = sources.policy.get('explanation', id) !== undefined;
      const explains = value !== null && (begun || position.verdict === 'above_constraint');
      const figure = explains
        ? { value, constraint: quota.values.constraint, unit: quota.unit, completeness }
        : null;
      const by = authorOf(c, body.by, 'by');
      const event = { action: 'submit', at: deps.now(), by, text: body.text, figure } as const;
      const first: DomainExplanation = { id, node, year: body.year, quota: quota.id, history: [] };
      meant(() =>
        deps.catalogue.changePolicy('explanation', id, (now) => withEvent(now ?? first, event), by, SOURCE),
      );
      return c.json(await shown(writtenOf(id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/explanations/{id}/review',
      tags: ['conservation'],
      summary: 'The bureau accepts an explanation, or returns it with remarks',
      request: {
        params: z.object({ id: z.string().min(1).max(160) }),
        body: { content: { 'application/json': { schema: ReviewBody } }, required: true },
      },
      responses: answer,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { action, text, by: given } = c.req.valid('json');
      const by = authorOf(c, given, 'by');
      const first = writtenOf(id);
      demand('supervise', first.node);
      const said = first.history.findLast((e) => e.action === 'submit')?.by;
      if (c.get('identity')?.kind === 'person' && said === by) {
        throw new ProblemError(403, `${by} wrote it; somebody else has to ${action} it`);
      }
      const event = { action, at: deps.now(), by, text, figure: null };
      meant(() =>
        deps.catalogue.changePolicy('explanation', id, (now) => withEvent(now ?? first, event), by, SOURCE),
      );
      return c.json(await shown(writtenOf(id)), 200);
    },
  );

  function writtenOf(id: string): DomainExplanation {
    const written = deps.catalogue.policy().get('explanation', id);
    // Ids name their node, so that one that is not seen is as unknown as one that there is not.
    if (!written || !estateFor(deps.wholeEstate(), 'read').node(written.node)) {
      throw new ProblemError(404, `no explanation ${JSON.stringify(id)}`, [
        { path: 'id', message: 'unknown' },
      ]);
    }
    return written;
  }
}

function shapeOf(zone: Zone, row: Explained, year: number): Explanation {
  const { node, id, written, position } = row;
  const last = written?.history.findLast((e) => e.figure !== null)?.figure ?? null;
  const quota = position?.quota ?? null;
  return {
    id,
    node: node.id,
    name: node.name,
    year,
    quota: written?.quota ?? quota?.id ?? '',
    standard: quota?.standard ?? null,
    metric: position?.metric ?? null,
    state: stateOf(written),
    value: position?.value ?? null,
    constraint: quota?.values.constraint ?? last?.constraint ?? null,
    unit: quota?.unit ?? last?.unit ?? null,
    completeness: position?.completeness ?? null,
    over: position?.verdict ? position.verdict === 'above_constraint' : null,
    history: (written?.history ?? []).map((e) => ({ ...e, at: zone.iso(e.at) })),
  };
}

/** What the domain refuses is a fault of the request that names its field. */
function meant<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExplanationError) throw badField(error.path, error.message);
    throw error;
  }
}
