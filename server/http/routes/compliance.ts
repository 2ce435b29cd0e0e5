import { createRoute, z } from '@hono/zod-openapi';
import { complianceOf } from '../../reporting/compliance.ts';
import { nodeId, nodeOf } from '../query.ts';
import { ComplianceList } from '../schemas/compliance.ts';
import { type Api, problems } from './common.ts';
import { sourcesOf } from './quotas.ts';

/** 公共机构节能条例 art. 37: what is punished, and what speaks against it. */
export function addCompliance({ app, deps, months }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/compliance',
      tags: ['reporting'],
      summary:
        'The eight failures of 条例 art. 37 for each institution at a node and below it, with evidence',
      description:
        'Plan filed, metering by user, kind and item, statistician and ledger, annual report on the year ' +
        'before, quotas explained, energy post, audit, data given. What the system cannot know is entered as ' +
        'policy of the kind `evidence` under `node:year:failure`.',
      request: {
        query: z.object({
          node: nodeId,
          year: z.coerce.number().int().min(1970).max(2100),
        }),
      },
      responses: {
        200: { description: 'The list', content: { 'application/json': { schema: ComplianceList } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { node: id, year } = c.req.valid('query');
      const sources = {
        ...sourcesOf({ deps, months }),
        filings: (from: string, to: string, node: string) => deps.catalogue.filings.list(from, to, node),
      };
      const node = nodeOf(sources.estate, id).id;
      const found = await complianceOf(sources, node, year);
      const institutions = found.map(({ rows, ...of }) => ({
        ...of,
        missing: rows.filter((r) => r.state === 'missing').length,
        rows: rows.map(({ evidence, ...row }) => ({
          ...row,
          evidence: evidence && {
            id: evidence.id,
            text: evidence.text,
            date: evidence.date,
            number: evidence.number,
            author: evidence.author,
          },
        })),
      }));
      return c.json({ node, year, institutions }, 200);
    },
  );
}
