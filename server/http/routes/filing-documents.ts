import { createRoute, z } from '@hono/zod-openapi';
import { type FilingKey, filingId, stateOf } from '../../domain/filing.ts';
import { filingReport } from '../../reporting/filing/compose.ts';
import { contentsOf } from '../../reporting/filing/contents.ts';
import { reportIn } from '../../reporting/filing/frozen.ts';
import { revisionOf } from '../../reporting/filing/revision.ts';
import { REPORT_KINDS, REPORT_LANGUAGES, type Report } from '../../reporting/model.ts';
import { REPORT_FORMS } from '../../reporting/render/render.ts';
import { documentResponse, FORM_TYPES } from '../document.ts';
import { badField } from '../problem.ts';
import { FilingRevision } from '../schemas/filings.ts';
import { ReportDocument } from '../schemas/reports.ts';
import { revisionShape } from '../shapes/ledger.ts';
import { Month } from './checks.ts';
import { type Api, problems } from './common.ts';
import { checksNow, FilingId, filingSources, keyOf, submittedOf } from './filing-common.ts';
import { rendered } from './reports.ts';

const Binary = z.string().openapi({ format: 'binary' });

/** The documents of a filing, and how what was filed differs from what would be filed today. */
export function addFilingDocuments(api: Api): void {
  const { app, deps } = api;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings/{id}/reports/{kind}',
      tags: ['reporting'],
      summary: 'A report of a filing, as data or as a document',
      description:
        'From the submission on it is the report that was frozen, with the same figures for ever. Before it, and ' +
        'after a return, it is computed now, with the explanations given so far.',
      request: {
        params: FilingId.extend({ kind: z.enum(REPORT_KINDS) }),
        query: z.object({
          month: Month.optional().openapi({
            description: 'Of a quarter one of its months; otherwise the last',
          }),
          language: z.enum(REPORT_LANGUAGES).default('zh'),
          as: z.enum(['json', ...REPORT_FORMS]).default('json'),
          head: z.enum(['plain', 'red']).default('plain'),
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
        ...problems(400, 404, 500, 503),
      },
    }),
    async (c) => {
      const { id, kind } = c.req.valid('param');
      const { language, as, head, ...query } = c.req.valid('query');
      const key = keyOf(deps, id);
      const contents = contentsOf(deps.estate(), key).filter((one) => one.kind === kind);
      const month = query.month ?? contents.at(-1)?.month;
      const of = contents.find((one) => one.month === month);
      if (!of) throw badField('kind', `${filingId(key)} has no report ${kind}${month ? ` of ${month}` : ''}`);
      const report = await reportOf(key, { ...of, language });
      if (as === 'json') return c.json(report, 200);
      return documentResponse(report, as, await rendered(report, as, head === 'red'));
    },
  );

  async function reportOf(key: FilingKey, of: Pick<Report, 'kind' | 'month' | 'language'>): Promise<Report> {
    const state = stateOf(deps.catalogue.filings.get(key));
    if (state === 'draft' || state === 'returned') {
      const sources = filingSources(api);
      const checks = await checksNow(sources, key);
      return filingReport(sources, { ...of, node: key.node }, checks, { at: sources.now, by: null });
    }
    const report = reportIn(submittedOf(deps, key).filing, of);
    if (!report)
      throw badField('kind', `${filingId(key)} was filed without a report ${of.kind} of ${of.month}`);
    return report;
  }

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings/{id}/revision',
      tags: ['reporting'],
      summary: 'Every figure that would be another one if the filing were made of the data of today, and why',
      request: {
        params: FilingId,
        query: z.object({ language: z.enum(REPORT_LANGUAGES).default('zh') }),
      },
      responses: {
        200: { description: 'The revision', content: { 'application/json': { schema: FilingRevision } } },
        ...problems(400, 404, 500),
      },
    }),
    async (c) => {
      const key = keyOf(deps, c.req.valid('param').id);
      const { language } = c.req.valid('query');
      const sources = filingSources(api);
      const { estate } = sources;
      const filed = submittedOf(deps, key);
      const revision = await revisionOf(
        { ...sources, catalogue: deps.catalogue },
        key,
        filed.filing,
        language,
      );
      const reports = revision.reports.map(({ figures, ...report }) => ({
        ...report,
        figures: figures.map(({ section, table, ...figure }) => ({
          section: section.heading,
          table: table.caption,
          ...figure,
        })),
      }));
      const causes = revision.causes.flatMap((cause): FilingRevision['causes'] => {
        const at = estate.zone.iso(cause.at);
        if (cause.kind === 'change') return [{ ...cause, at }];
        const shape = revisionShape(estate, (v, meter) => deps.catalogue.changeOf(v, meter), cause.revision);
        return shape ? [{ kind: 'readings', at, revision: shape }] : [];
      });
      const frozenAt = estate.zone.iso(filed.filing.at);
      return c.json(
        { id: filingId(key), language, hash: filed.hash, frozen_at: frozenAt, reports, causes },
        200,
      );
    },
  );
}
