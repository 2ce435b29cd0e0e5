import { createRoute, z } from '@hono/zod-openapi';
import type { Check as Found } from '../../reporting/checks/check.ts';
import { checksOf } from '../../reporting/checks/checks.ts';
import type { CheckSources } from '../../reporting/checks/sources.ts';
import { checkSentence } from '../../reporting/checks/words.ts';
import { badField } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { type Check, Checks } from '../schemas/checks.ts';
import { type Api, problems } from './common.ts';

export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month like 2026-12')
  .openapi({ description: 'A month', example: '2026-12' });

/** What is to be mended or explained before a month is filed. */
export function addChecks({ app, deps, months }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/checks',
      tags: ['reporting'],
      summary: 'What is to be mended or explained before a month of a node is filed',
      description:
        'Unit prices, jumps against last year and the base year, people and area that changed, intensity ' +
        'outside 引导值–约束值, completeness, carriers that are missing, sub-meters above their main, suspected ' +
        'exchanges, bills that do not agree. Limits and reference prices are policy of the kinds `limit` and ' +
        '`price`. The id of a check stays the same while its finding does.',
      request: { query: z.object({ node: nodeId, month: Month }) },
      responses: {
        200: { description: 'The checks', content: { 'application/json': { schema: Checks } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { node: id, month } = c.req.valid('query');
      const sources = checkSourcesOf({ deps, months });
      const node = nodeOf(sources.estate, id).id;
      const checks = await checksOf(sources, node, month).catch((error: unknown) => {
        throw error instanceof RangeError ? badField('month', error.message) : error;
      });
      return c.json({ node, month, checks: checks.map(checkShape) }, 200);
    },
  );
}

/** What the checks are made from, as it is now. */
export function checkSourcesOf({ deps, months }: Pick<Api, 'deps' | 'months'>): CheckSources {
  return {
    estate: deps.estate(),
    policy: deps.catalogue.policy(),
    months,
    now: deps.now(),
    timeseries: deps.timeseries,
    suspects: () => deps.journal.suspects(),
  };
}

export function checkShape(check: Found): Check {
  const { link, ...rest } = check;
  const sentence = { zh: checkSentence(check, 'zh'), en: checkSentence(check, 'en') };
  return { ...rest, link: { view: link.view, params: { ...link.params } }, sentence };
}
