import { createRoute, z } from '@hono/zod-openapi';
import type { AuditFilter } from '../../catalogue/audit.ts';
import { type AuditRow, OUTCOMES } from '../../domain/audit.ts';
import type { Zone } from '../../domain/time.ts';
import { csvResponse, csvText, inert, streamOf } from '../csv.ts';
import { badField } from '../problem.ts';
import { instantOf, time } from '../query.ts';
import { type AuditEntry, AuditPage, AuditVerdict } from '../schemas/audit.ts';
import { objectNamer } from '../shapes/audit-object.ts';
import { type Api, problems } from './common.ts';

export const AUDIT_COLUMNS =
  'no,at,until,count,who_kind,who_id,who_name,from,request,action,target,before,after,outcome,status,previous,hash';
/** Rows that are read at a time for an export. */
const CHUNK = 500;

const word = z.string().min(1).max(200);
const Filter = z.object({
  from: time.optional(),
  to: time.optional(),
  who: word.optional().openapi({ description: 'Id or name of a person or a device' }),
  action: word.optional().openapi({ example: 'sign_in' }),
  target: word.optional().openapi({ example: 'meter/gov-main' }),
  outcome: z.enum(OUTCOMES).optional(),
});

export function addAudit({ app, deps }: Api): void {
  const store = deps.catalogue.audit;
  const filterOf = ({ from, to, ...rest }: z.infer<typeof Filter>): AuditFilter => {
    const estate = deps.wholeEstate();
    const range = {
      from: from === undefined ? undefined : instantOf(estate, 'from', from),
      to: to === undefined ? undefined : instantOf(estate, 'to', to),
    };
    if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
      throw badField('to', 'must be after from');
    }
    return { ...rest, ...range };
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/audit',
      tags: ['audit'],
      summary: 'Who did what, when, from where, and what became of it; newest first',
      description: 'Reading it is written down as well.',
      request: {
        query: Filter.extend({
          before: z.coerce
            .number()
            .int()
            .min(1)
            .optional()
            .openapi({ description: 'Only rows before this number: `before` of the page that came before' }),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
      },
      responses: {
        200: { description: 'A page', content: { 'application/json': { schema: AuditPage } } },
        ...problems(400, 503),
      },
    }),
    (c) => {
      const { before = Number.MAX_SAFE_INTEGER, limit, ...filter } = c.req.valid('query');
      // What waits belongs to what is asked for.
      deps.audit.flush();
      const rows = store.before(before, limit + 1, filterOf(filter));
      const { zone } = deps.wholeEstate();
      const shown = rows.slice(0, limit);
      const head = store.head();
      const objectOf = objectNamer({
        estate: deps.estate(),
        policy: deps.catalogue.policy(),
        people: deps.accounts.people.list(),
        device: (name) => deps.devices.get(name),
      });
      return c.json(
        {
          entries: shown.map((row) => ({ ...entryOf(row, zone), object: objectOf(row) })),
          before: rows.length > limit ? (shown.at(-1)?.no ?? null) : null,
          head: head && { no: head.no, hash: head.hash },
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/audit/export',
      tags: ['audit'],
      summary: 'The rows as a file, newest first',
      description:
        'As JSON Lines each row is as it lies in the table, so that its hash can be computed again; as CSV a cell ' +
        'that a spreadsheet would run as a formula begins with an apostrophe.',
      request: { query: Filter.extend({ format: z.enum(['csv', 'jsonl']).default('csv') }) },
      responses: {
        200: {
          description: `The rows; as CSV with the columns ${AUDIT_COLUMNS}`,
          content: { 'text/csv': { schema: z.string() }, 'application/jsonl': { schema: z.string() } },
        },
        ...problems(400, 503),
      },
    }),
    (c) => {
      const { format, ...asked } = c.req.valid('query');
      const filter = filterOf(asked);
      deps.audit.flush();
      const { zone } = deps.wholeEstate();
      const name = `audit-${zone.iso(deps.now()).slice(0, 10)}`;
      async function* chunks(line: (row: AuditRow) => string): AsyncGenerator<string> {
        for (let before = Number.MAX_SAFE_INTEGER; ; ) {
          const rows = store.before(before, CHUNK, filter);
          yield rows.map((row) => `${line(row)}\n`).join('');
          if (rows.length < CHUNK) return;
          before = rows.at(-1)?.no ?? 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      if (format === 'csv')
        return csvResponse(
          name,
          AUDIT_COLUMNS,
          chunks((row) => csvOf(row, zone)),
        );
      const encoder = new TextEncoder();
      async function* bytes(): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunks((row) => JSON.stringify(row))) yield encoder.encode(chunk);
      }
      return new Response(streamOf(bytes()), {
        headers: {
          'content-type': 'application/jsonl',
          'content-disposition': `attachment; filename="${name}.jsonl"`,
          'cache-control': 'no-store',
        },
      });
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/audit/verification',
      tags: ['audit'],
      summary: 'Compares every row with its hash, with the row before it and with the heads kept outside',
      responses: {
        200: { description: 'What was found', content: { 'application/json': { schema: AuditVerdict } } },
        ...problems(503),
      },
    }),
    async (c) => {
      deps.audit.flush();
      return c.json(await deps.verifyAudit(), 200);
    },
  );
}

function entryOf(row: AuditRow, zone: Zone): Omit<AuditEntry, 'object'> {
  const { no, count, action, target, outcome, status, hash } = row;
  return {
    no,
    at: zone.iso(row.at),
    until: zone.iso(row.until),
    count,
    who: { kind: row.kind, id: row.who, name: row.name },
    from: row.address,
    request: row.request,
    action,
    target,
    before: detailOf(row.before),
    after: detailOf(row.after),
    outcome,
    status,
    hash,
  };
}

/** What somebody put into the table behind our back may be no JSON; it is shown as it is. */
function detailOf(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function csvOf(row: AuditRow, zone: Zone): string {
  const { no, count, kind, who, name, address, request, action, target } = row;
  return [
    ...[no, zone.iso(row.at), zone.iso(row.until), count, kind, who, name, address, request, action, target],
    ...[row.before, row.after, row.outcome, row.status, row.previous, row.hash],
  ]
    .map((cell) => csvText(inert(cell === null ? '' : String(cell))))
    .join(',');
}
