import { createRoute, z } from '@hono/zod-openapi';
import { institutionsBelow } from '../../conservation/comparison.ts';
import { stateOf } from '../../domain/filing.ts';
import {
  type BatchAsked,
  BatchBusyError,
  BatchError,
  type BatchForm,
  type Batch as Kept,
} from '../../reporting/batch.ts';
import { fileName } from '../../reporting/batch-archive.ts';
import { checkedMonth } from '../../reporting/checks/sources.ts';
import { frozenReport } from '../../reporting/filing/read.ts';
import type { Report } from '../../reporting/model.ts';
import { RenderBusyError } from '../../reporting/render/pool.ts';
import { renderReportForms } from '../../reporting/render/render.ts';
import { demand, estateFor } from '../authorise.ts';
import type { HttpDeps } from '../deps.ts';
import { attachmentName } from '../document.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeOf } from '../query.ts';
import { Batch, BatchBody, Batches } from '../schemas/batches.ts';
import { type Api, problems } from './common.ts';
import { computedNow } from './reports.ts';

const Id = z.object({ id: z.string().min(1).max(40) });
/** Files are collected in pieces of this size at least, or each header of an archive would be a packet. */
const PIECE = 64 * 1024;

/** The reports of all institutions of a region in one go. */
export function addBatches(api: Api): void {
  const { app, deps } = api;
  const { batches } = deps;
  // Documents are made when nobody asks any more, or in another life of the process.
  const behind: Api = {
    ...api,
    deps: Object.assign(Object.create(deps) as HttpDeps, { estate: deps.wholeEstate }),
  };
  batches.use({
    report: (asked, node) => reportOf(behind, asked, node),
    render: (report, forms) => renderReportForms<BatchForm>(report, forms),
    isBusy: (error) => error instanceof RenderBusyError,
  });
  const shape = ({ of, done, failures, createdAt, finishedAt, ...b }: Kept): Batch => {
    const { zone } = deps.estate();
    const names = new Map(of.map((o) => [o.node, o.name]));
    return {
      id: b.id,
      node: b.node,
      name: b.name,
      month: b.month,
      kind: b.kind,
      language: b.language,
      forms: [...b.forms],
      state: b.state,
      total: of.length,
      done,
      failures: failures.map((f) => ({ ...f, name: names.get(f.node) ?? f.node })),
      error: b.error,
      created_at: zone.iso(createdAt),
      finished_at: finishedAt === null ? null : zone.iso(finishedAt),
    };
  };
  /** Its documents are of its institutions, so all of them have to be seen. */
  const isSeen = (batch: Kept): boolean => {
    const estate = estateFor(deps.wholeEstate(), 'read');
    return nodesOf(batch).every((id) => estate.node(id));
  };
  const seen = (): z.infer<typeof Batches> => ({ batches: batches.list().filter(isSeen).map(shape) });
  const known = (batch: Kept | null, id: string): Kept => {
    if (!batch || !isSeen(batch)) throw nothing(id);
    return batch;
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/batches',
      tags: ['reporting'],
      summary: 'Batches of reports, the newest first',
      responses: {
        200: { description: 'Batches', content: { 'application/json': { schema: Batches } } },
      },
    }),
    (c) => c.json(seen(), 200),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/batches',
      tags: ['reporting'],
      summary: 'Makes the reports of a month of every institution at a node and below it',
      description:
        'What was filed is made as it was filed, the rest as it is now. The documents land on disk as they are ' +
        'made; after a restart a batch goes on where it stopped. At most 3 are open, and the last 10 are kept ' +
        'for 30 days.',
      request: { body: { required: true, content: { 'application/json': { schema: BatchBody } } } },
      responses: {
        202: { description: 'It is under way', content: { 'application/json': { schema: Batch } } },
        ...problems(400, 404, 413, 415, 503),
      },
    }),
    (c) => {
      const asked = c.req.valid('json');
      const estate = deps.estate();
      const node = nodeOf(estate, asked.node);
      try {
        checkedMonth(estate.zone, asked.month, deps.now());
        const of = institutionsBelow(estate, node.id).map(({ id, name }) => ({ node: id, name }));
        return c.json(shape(batches.create(asked, node.name, of)), 202);
      } catch (error) {
        if (error instanceof RangeError) throw badField('month', error.message);
        if (error instanceof BatchError) throw badField(error.path, error.message);
        if (error instanceof BatchBusyError) {
          throw new ProblemError(503, error.message, undefined, { 'retry-after': '30' });
        }
        throw error;
      }
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/batches/{id}',
      tags: ['reporting'],
      summary: 'How far a batch is',
      request: { params: Id },
      responses: {
        200: { description: 'The batch', content: { 'application/json': { schema: Batch } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { id } = c.req.valid('param');
      return c.json(shape(known(batches.get(id), id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/batches/{id}',
      tags: ['reporting'],
      summary: 'Cancels a batch that is open; removes one that is over, with its files',
      request: { params: Id },
      responses: {
        200: { description: 'Those that are left', content: { 'application/json': { schema: Batches } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { id } = c.req.valid('param');
      for (const node of nodesOf(known(batches.get(id), id))) demand('manage', node);
      if (!batches.remove(id)) known(batches.cancel(id), id);
      return c.json(seen(), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/batches/{id}/archive',
      tags: ['reporting'],
      summary: 'What a batch has made so far, as one zip archive',
      request: { params: Id },
      responses: {
        200: {
          description: 'The archive',
          content: { 'application/zip': { schema: z.string().openapi({ format: 'binary' }) } },
        },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { id } = c.req.valid('param');
      const batch = known(batches.get(id), id);
      const archive = batches.archive(id);
      if (!archive) throw nothing(id);
      const name = fileName(`${batch.name} ${batch.month}.zip`);
      return c.body(streamOf(archive), 200, {
        'content-type': 'application/zip',
        'content-disposition': `attachment; ${attachmentName(`reports-${batch.node}-${batch.month}.zip`, name)}`,
        'cache-control': 'no-store',
      });
    },
  );
}

function nodesOf({ node, of }: Kept): string[] {
  return [node, ...of.map((o) => o.node)];
}

function nothing(id: string): ProblemError {
  return new ProblemError(404, `no batch ${JSON.stringify(id)}`, [{ path: 'id', message: 'unknown' }]);
}

/** As it was filed, or computed now where it was not, or came back. */
async function reportOf(api: Api, { month, kind, language }: BatchAsked, node: string): Promise<Report> {
  const { deps } = api;
  const key = { node, form: 'monthly' as const, period: month };
  const state = stateOf(deps.catalogue.filings.get(key));
  if (state !== 'draft' && state !== 'returned') {
    const filed = frozenReport(deps.catalogue.filings, `${node}:monthly:${month}`, { kind, month, language });
    if (filed) return filed.report;
  }
  return computedNow(api, { kind, node, month, language });
}

/** Only as fast as it is read. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      let size = 0;
      while (size < PIECE) {
        const { done, value } = await chunks.next();
        if (done) {
          controller.close();
          return;
        }
        controller.enqueue(value);
        size += value.length;
      }
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}
