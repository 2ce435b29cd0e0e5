import { createRoute, z } from '@hono/zod-openapi';
import { EDITIONS } from '../../reporting/forms/editions/index.ts';
import { type FormSet, shortTitle } from '../../reporting/forms/filled.ts';
import { formsOf } from '../../reporting/forms/forms.ts';
import { attachmentName, FORM_TYPES } from '../document.ts';
import { badField } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { Forms } from '../schemas/forms.ts';
import { type Api, problems } from './common.ts';
import { sourcesOf } from './quotas.ts';

const XLSX = FORM_TYPES.xlsx;

/** 公共机构能源资源消费统计: the forms of an institution, or the summaries of a region. */
export function addForms({ app, deps, months }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/forms',
      tags: ['reporting'],
      summary: 'The statistics forms of a node, filled in, as data or as a workbook in their layout',
      description:
        'Of an institution 基本信息, 能源资源消费状况, 数据中心机房 and 采暖; of a region the summaries by ' +
        'department, region and category. Without `edition` the one that holds at the end of the period. ' +
        'What nobody entered or measured is blank, never 0.',
      request: {
        query: z.object({
          node: nodeId,
          period: z.string().openapi({ description: 'Year, quarter or month', example: '2026-Q3' }),
          edition: z.string().optional(),
          as: z.enum(['json', 'xlsx']).default('json'),
        }),
      },
      responses: {
        200: {
          description: 'The forms',
          content: {
            'application/json': { schema: Forms },
            [XLSX]: { schema: z.string().openapi({ format: 'binary' }) },
          },
        },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { node: id, period, edition, as } = c.req.valid('query');
      const sources = sourcesOf({ deps, months });
      const node = nodeOf(sources.estate, id);
      if (node.kind === 'building' || node.kind === 'space') {
        throw badField('node', `the forms are of institutions and regions; ${node.id} is a ${node.kind}`);
      }
      const set = await formsOf(sources, node.id, period, edition).catch((error: unknown) => {
        if (!(error instanceof RangeError)) throw error;
        throw badField(/edition/.test(error.message) ? 'edition' : 'period', error.message);
      });
      if (as === 'json') return c.json(formsShape(set), 200);
      // The library for workbooks is large, and most starts of the server never need it.
      const { formsWorkbook } = await import('../../reporting/forms/workbook.ts');
      const name = `${node.name} ${period} 公共机构能源资源消费统计.xlsx`;
      return c.body(new Uint8Array(await formsWorkbook(set)), 200, {
        'content-type': XLSX,
        'content-disposition': `attachment; ${attachmentName(`forms-${node.id}-${period}.xlsx`, name)}`,
        'cache-control': 'no-store',
      });
    },
  );
}

function formsShape({ edition, node, period, forms }: FormSet): Forms {
  return {
    node: node.id,
    name: node.name,
    period,
    edition,
    editions: EDITIONS.map(({ id, name }) => ({ id, name })),
    forms: forms.map(({ header, creditCode, columns, rows, ...form }) => ({
      ...form,
      short: shortTitle(form.title),
      header: {
        number: header.number,
        author: header.author,
        approver: header.approver,
        approval: header.approval,
        valid_until: header.validUntil,
      },
      credit_code: creditCode,
      columns: columns.map(({ key, head, unit, code }) => ({ key, head, unit, code })),
      rows: rows.map(({ kind, cells }) => ({
        kind,
        cells: Object.fromEntries(
          Object.entries(cells).map(([key, { value, digits, mark }]) => [key, { value, digits, mark }]),
        ),
      })),
    })),
  };
}
