import { createRoute, z } from '@hono/zod-openapi';
import { filingNotes } from '../../reporting/filing/notes.ts';
import { REPORT_KINDS, REPORT_LANGUAGES, type Report } from '../../reporting/model.ts';
import { RenderBusyError } from '../../reporting/render/pool.ts';
import { REPORT_FORMS, renderReport } from '../../reporting/render/render.ts';
import { buildReport, type ReportAsked } from '../../reporting/report.ts';
import { documentResponse, FORM_TYPES } from '../document.ts';
import { ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { ReportDocument } from '../schemas/reports.ts';
import { Month } from './checks.ts';
import { type Api, problems } from './common.ts';
import { reportSources } from './targets.ts';

const FIELDS = /^(node|month|kind): /;
const Binary = z.string().openapi({ format: 'binary' });

/** Reports computed now. What was filed is with the filings, and stays as it was. */
export function addReports(api: Api): void {
  const { app, deps } = api;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/reports/{kind}',
      tags: ['reporting'],
      summary: 'A report of a node and month, computed now, as data or as a document',
      description:
        'monthly: the month of a node. bulletin: a bureau on its institutions. brief: one page. As `html` a page ' +
        'that prints, as `docx` an official document, as `xlsx` its tables with live formulas; all of them show ' +
        'the same figures.',
      request: {
        params: z.object({ kind: z.enum(REPORT_KINDS) }),
        query: z.object({
          node: nodeId,
          month: Month,
          language: z.enum(REPORT_LANGUAGES).default('zh'),
          as: z.enum(['json', ...REPORT_FORMS]).default('json'),
          head: z
            .enum(['plain', 'red'])
            .default('plain')
            .openapi({ description: 'red: the issuer in red above a red line, for plain paper' }),
        }),
      },
      responses: {
        200: {
          description: 'The report',
          content: {
            'application/json': { schema: ReportDocument },
            'text/html': { schema: z.string() },
            [FORM_TYPES.docx]: { schema: Binary },
            [FORM_TYPES.xlsx]: { schema: Binary },
          },
        },
        ...problems(400, 404, 503),
      },
    }),
    async (c) => {
      const { kind } = c.req.valid('param');
      const { node, month, language, as, head } = c.req.valid('query');
      nodeOf(deps.estate(), node);
      let report: Report;
      try {
        report = await computedNow(api, { kind, node, month, language });
      } catch (error) {
        if (error instanceof RangeError) throw fieldFault(error);
        throw error;
      }
      if (as === 'json') return c.json(report, 200);
      return documentResponse(report, as, await rendered(report, as, head === 'red'));
    },
  );
}

/** @throws RangeError that begins with the field at fault */
export function computedNow(api: Api, asked: Omit<ReportAsked, 'now'>): Promise<Report> {
  const { deps } = api;
  const sources = reportSources(api);
  const now = deps.now();
  // A bulletin tells who has not filed.
  const filings = asked.kind === 'bulletin' && {
    filings: filingNotes({ ...sources, filings: deps.catalogue.filings }, asked.node, asked.month, now),
  };
  return buildReport(sources, { ...asked, now, ...filings });
}

/** @throws ProblemError when the server has too much to render already */
export async function rendered(
  report: Report,
  as: (typeof REPORT_FORMS)[number],
  redHead: boolean,
): Promise<Uint8Array> {
  try {
    return await renderReport(report, as, { redHead });
  } catch (error) {
    if (error instanceof RenderBusyError)
      throw new ProblemError(503, error.message, undefined, { 'retry-after': '10' });
    throw error;
  }
}

function fieldFault(error: RangeError): ProblemError {
  const path = FIELDS.exec(error.message)?.[1];
  return new ProblemError(400, error.message, path ? [{ path, message: error.message }] : undefined);
}
