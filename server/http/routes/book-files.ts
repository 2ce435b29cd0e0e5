import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { IMPORT_BYTES, readWorkbook, WorkbookError } from '../../bookkeeping/import.ts';
import { SheetsBusyError } from '../../bookkeeping/sheets.ts';
import { templateOf } from '../../bookkeeping/template.ts';
import { ATTACHMENT_BYTES, AttachmentError } from '../../catalogue/attachments.ts';
import { BookError } from '../../domain/book-check.ts';
import { dayOf } from '../../domain/month.ts';
import { authorOf, demand, estateFor } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { AttachmentShape, BookImport, BookKeyQuery } from '../schemas/book.ts';
import { author, month } from '../schemas/common.ts';
import { attachmentShape, keyShape } from '../shapes/book.ts';
import { bookSources, preview } from './book.ts';
import { type Api, problems } from './common.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const binary = z.string().openapi({ format: 'binary' });
/** Rows of a preview that are sent back. */
const SHOWN = 500;

/** Workbooks of the book, and photographed bills. */
export function addBookFiles({ app, deps, months }: Api): void {
  app.use('/book/import', limit(IMPORT_BYTES, 'a workbook'));
  app.use('/book/attachments', limit(ATTACHMENT_BYTES, 'an attachment'));

  app.openapi(
    createRoute({
      method: 'get',
      path: '/book/template',
      tags: ['book'],
      summary: 'The book of some months as a workbook that can be filled in and imported again',
      request: {
        query: z.object({
          node: nodeId,
          from: month,
          to: month,
          language: z.enum(['zh', 'en']).default('zh'),
        }),
      },
      responses: {
        200: { description: 'A workbook', content: { [XLSX]: { schema: binary } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { from, to, language, ...query } = c.req.valid('query');
      const of = bookSources({ deps, months });
      const node = nodeOf(of.estate, query.node);
      if (to < from) throw badField('to', `must not be before ${from}`);
      let content: Uint8Array;
      try {
        content = await templateOf(of, node.id, from, to, language);
      } catch (error) {
        throw error instanceof RangeError ? badField('to', error.message) : error;
      }
      const name = `book-${node.id}-${from}${to === from ? '' : `-${to}`}.xlsx`;
      return new Response(new Uint8Array(content), {
        headers: { 'content-type': XLSX, 'content-disposition': `attachment; filename="${name}"` },
      });
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/book/import',
      tags: ['book'],
      summary: 'Enters what a workbook says, all or nothing; every mistake is named with its cell',
      request: {
        query: z.object({
          node: nodeId,
          preview,
          name: z.string().max(200).default('workbook').openapi({ description: 'Of the file' }),
          recorded_by: author.optional(),
        }),
        body: { required: true, content: { [XLSX]: { schema: binary } } },
      },
      responses: {
        200: {
          description: 'What was entered; with faults, nothing was',
          content: { 'application/json': { schema: BookImport } },
        },
        ...problems(400, 404, 413, 422, 503),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const by = authorOf(c, query.recorded_by);
      const { estate, policy, now } = bookSources({ deps, months });
      const node = nodeOf(estate, query.node).id;
      const content = new Uint8Array(await c.req.arrayBuffer());
      const around = { estate, policy, node, today: dayOf(estate.zone, now) };
      const read = await readWorkbook(content, around).catch((error: unknown) => {
        if (error instanceof SheetsBusyError) {
          throw new ProblemError(503, error.message, undefined, { 'retry-after': '30' });
        }
        throw error instanceof WorkbookError ? new ProblemError(422, error.message) : error;
      });
      const { sheet, rows, unchanged, faults, changes } = read;
      const isPreview = query.preview === 'true';
      let saved = faults.length > 0 ? 0 : changes.length;
      if (!isPreview && saved > 0) {
        try {
          saved = deps.catalogue.changeBook(changes, by, query.name);
        } catch (error) {
          // Between the reading of the file and its entering somebody else changed the book.
          if (error instanceof BookError) throw new ProblemError(422, error.message);
          throw error;
        }
      }
      const entries = isPreview
        ? changes
            .slice(0, SHOWN)
            .flatMap(({ key, fields }) =>
              fields
                ? [{ ...keyShape(key), quantity: fields.quantity, unit: fields.unit, cost: fields.cost }]
                : [],
            )
        : [];
      return c.json({ sheet, rows, saved, unchanged, faults, entries }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/book/attachments',
      tags: ['book'],
      summary: 'Attaches a photographed bill to an entry: JPEG, PNG or PDF of at most 5 MiB',
      request: {
        query: BookKeyQuery.extend({
          name: z.string().trim().min(1).max(200),
          recorded_by: author.optional(),
        }),
        body: { required: true, content: { 'application/octet-stream': { schema: binary } } },
      },
      responses: {
        200: { description: 'The attachment', content: { 'application/json': { schema: AttachmentShape } } },
        ...problems(400, 404, 413, 422),
      },
    }),
    async (c) => {
      const { name, recorded_by, ...key } = c.req.valid('query');
      const by = authorOf(c, recorded_by);
      nodeOf(deps.estate(), key.node);
      const content = new Uint8Array(await c.req.arrayBuffer());
      let no: number;
      try {
        no = deps.catalogue.attach(keyShape(key), { name, content }, by);
      } catch (error) {
        throw error instanceof AttachmentError ? new ProblemError(422, `${name}: ${error.message}`) : error;
      }
      const attachment = deps.catalogue.attachment(no);
      if (!attachment) throw new Error(`the attachment ${no} was not written`);
      return c.json(attachmentShape(deps.estate(), attachment), 200);
    },
  );

  const Of = z.object({ no: z.coerce.number().int().min(1) });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/book/attachments/{no}',
      tags: ['book'],
      summary: 'An attachment as it was sent',
      request: { params: Of },
      responses: {
        200: { description: 'The file', content: { 'application/octet-stream': { schema: binary } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const found = deps.catalogue.attachment(c.req.valid('param').no);
      // Numbers follow one another, so that of one that is not seen nothing is told, not even that it is there.
      if (!found || !deps.estate().node(found.key.node)) throw nothing(c);
      // Shown in a page of its own with nothing that could run: what was uploaded is not trusted.
      return new Response(found.content, {
        headers: {
          'content-type': found.mediaType,
          'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(found.name)}`,
          'content-security-policy': "default-src 'none'; img-src 'self'; object-src 'self'; sandbox",
        },
      });
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/book/attachments/{no}',
      tags: ['book'],
      summary: 'Takes an attachment away',
      request: { params: Of, query: z.object({ recorded_by: author.optional() }) },
      responses: {
        200: {
          description: 'The attachment that is gone',
          content: { 'application/json': { schema: AttachmentShape } },
        },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { no } = c.req.valid('param');
      const found = deps.catalogue.attachment(no);
      if (!found || !estateFor(deps.wholeEstate(), 'read').node(found.key.node)) throw nothing(c);
      demand('manage', found.key.node);
      deps.catalogue.detach(no, authorOf(c, c.req.valid('query').recorded_by));
      return c.json(attachmentShape(deps.estate(), found), 200);
    },
  );
}

function limit(bytes: number, what: string) {
  return bodyLimit({
    maxSize: bytes,
    onError: () => {
      throw new ProblemError(413, `${what} has at most ${bytes / 2 ** 20} MiB`);
    },
  });
}

function nothing(c: Context): ProblemError {
  return new ProblemError(404, `no attachment ${c.req.param('no')}`, [{ path: 'no', message: 'unknown' }]);
}
