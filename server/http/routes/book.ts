import { createRoute, z } from '@hono/zod-openapi';
import { bookMonths, bookOf } from '../../bookkeeping/book.ts';
import { reconcile } from '../../bookkeeping/reconciliation.ts';
import type { Sources } from '../../conservation/ground.ts';
import { BookError, type BookFault, faultsOf } from '../../domain/book-check.ts';
import { dayOf, monthAfter, monthOf } from '../../domain/month.ts';
import { authorOf } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import {
  BookBills,
  BookHistory,
  BookKeyQuery,
  BookMonth,
  BookMonths,
  BookPut,
  BookSaved,
  ExplanationPut,
} from '../schemas/book.ts';
import { month } from '../schemas/common.ts';
import {
  accountShape,
  attachmentShape,
  changeOf,
  entryShape,
  fieldsShape,
  keyShape,
  lineShape,
  totalShape,
} from '../shapes/book.ts';
import { type Api, problems } from './common.ts';

/** Months of a range, at most. */
const MONTHS = 60;
const HISTORY = 100;
export const preview = z
  .enum(['true', 'false'])
  .default('false')
  .openapi({ description: 'true: says what would be done, and does nothing' });

/** What the book is computed from, as of now. */
export function bookSources({ deps, months }: Pick<Api, 'deps' | 'months'>): Sources {
  return { estate: deps.estate(), policy: deps.catalogue.policy(), months, now: deps.now() };
}

/** The book (台账): what people enter of a month beside what meters count, and bills against meters. */
export function addBook({ app, deps, months }: Api): void {
  const sources = (): Sources => bookSources({ deps, months });
  const range = (from: string, to: string): void => {
    if (to < from) throw badField('to', `must not be before ${from}`);
    if (monthAfter(from, MONTHS) <= to) throw badField('to', `is more than ${MONTHS} months after ${from}`);
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/book',
      tags: ['book'],
      summary: 'A month of the book: every carrier, metered or entered, with its lines, cost, price and 同比',
      request: { query: z.object({ node: nodeId, month }) },
      responses: {
        200: { description: 'The month', content: { 'application/json': { schema: BookMonth } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const of = sources();
      const { estate } = of;
      const node = nodeOf(estate, query.node).id;
      if (query.month > monthOf(estate.zone, of.now)) throw badField('month', 'has not begun yet');
      const book = await bookOf(of, node, query.month);
      const entered = estate.subtree(node).filter((n) => estate.book.of(n.id, query.month).length > 0);
      const attachments = deps.catalogue.attachments(
        entered.map((n) => n.id),
        query.month,
      );
      return c.json(
        {
          node,
          month: book.month,
          running: book.running,
          cost: book.cost,
          rows: book.rows.map((row) => ({
            ...totalShape(row),
            last_year: row.lastYear && {
              quantity: row.lastYear.quantity,
              cost: row.lastYear.cost,
              price: row.lastYear.price,
              completeness: row.lastYear.completeness,
            },
            change: row.change,
            lines: row.lines.map((line) => lineShape(estate, line)),
          })),
          attachments: attachments.map((a) => attachmentShape(estate, a)),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/book/months',
      tags: ['book'],
      summary: 'Quantity, cost and price of each carrier, month by month',
      request: { query: z.object({ node: nodeId, from: month, to: month }) },
      responses: {
        200: { description: 'The months', content: { 'application/json': { schema: BookMonths } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const of = sources();
      const node = nodeOf(of.estate, query.node).id;
      range(query.from, query.to);
      const found = await bookMonths(of, node, query.from, query.to);
      return c.json(
        { node, months: found.map((m) => ({ month: m.month, totals: m.totals.map(totalShape) })) },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/book/entries',
      tags: ['book'],
      summary:
        'Enters quantities, costs and bills, all or nothing; what was there before stays in the history',
      request: {
        query: z.object({ preview }),
        body: { required: true, content: { 'application/json': { schema: BookPut } } },
      },
      responses: {
        200: { description: 'How many', content: { 'application/json': { schema: BookSaved } } },
        ...problems(400, 404, 413, 415, 422),
      },
    }),
    (c) => {
      const { entries, recorded_by } = c.req.valid('json');
      const author = authorOf(c, recorded_by);
      const changes = entries.map(changeOf);
      const whole = deps.wholeEstate();
      // One that there is not is a fault of its entry, told with all the others.
      for (const { key } of changes) if (whole.node(key.node)) nodeOf(deps.estate(), key.node);
      if (c.req.valid('query').preview === 'true') {
        const { estate, policy, now } = sources();
        const faults = faultsOf(changes, {
          estate,
          account: (id) => policy.get('billing_account', id),
          vehicle: (id) => policy.get('vehicle', id),
          today: dayOf(estate.zone, now),
        });
        return c.json({ saved: faults.length > 0 ? 0 : changes.length, faults }, 200);
      }
      return c.json(
        { saved: refusing(() => deps.catalogue.changeBook(changes, author, 'entered')), faults: [] },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/book/history',
      tags: ['book'],
      summary: 'What was ever entered of a month, carrier and account or vehicle',
      request: { query: BookKeyQuery },
      responses: {
        200: { description: 'Newest first', content: { 'application/json': { schema: BookHistory } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const key = c.req.valid('query');
      const { zone } = deps.estate();
      nodeOf(deps.estate(), key.node);
      const records = deps.catalogue.bookHistory(key, HISTORY).map((r) => ({
        deleted: r.fields === null,
        ...fieldsShape(r.fields ?? NO_FIELDS),
        recorded_by: r.author,
        recorded_at: zone.iso(r.recordedAt),
        source: r.source,
      }));
      return c.json({ records }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/book/bills',
      tags: ['book'],
      summary: 'Bills against what the meters counted over exactly the days of each bill',
      request: { query: z.object({ node: nodeId, from: month, to: month }) },
      responses: {
        200: { description: 'Newest first', content: { 'application/json': { schema: BookBills } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const of = sources();
      const { estate } = of;
      const node = nodeOf(estate, query.node).id;
      range(query.from, query.to);
      const bills = await reconcile(of, node, query.from, query.to);
      return c.json(
        {
          node,
          bills: bills.map((b) => ({
            ...b,
            account: accountShape(estate, b.account),
            meters: b.meters.filter((id) => estate.meter(id) ?? estate.virtual(id)),
            entry: entryShape(estate, b.entry),
            from: estate.zone.iso(b.from),
            to: estate.zone.iso(b.to),
          })),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/book/bills/explanation',
      tags: ['book'],
      summary: 'Says why a bill differs from the meters; another bill in its place needs another explanation',
      request: { body: { required: true, content: { 'application/json': { schema: ExplanationPut } } } },
      responses: {
        200: { description: 'How many', content: { 'application/json': { schema: BookSaved } } },
        ...problems(400, 404, 413, 415),
      },
    }),
    (c) => {
      const { text, recorded_by, ...key } = c.req.valid('json');
      nodeOf(deps.estate(), key.node);
      if (!deps.estate().book.at(key)) {
        throw new ProblemError(404, `nothing is entered of ${key.carrier} in ${key.month}`, [
          { path: 'month', message: 'nothing is entered' },
        ]);
      }
      deps.catalogue.explainBill(keyShape(key), text, authorOf(c, recorded_by));
      return c.json({ saved: 1, faults: [] }, 200);
    },
  );
}

const NO_FIELDS = {
  quantity: null,
  unit: '',
  cost: null,
  period: null,
  meterNumber: null,
  collectedBy: null,
  collectedOn: null,
  note: null,
};

/** Does the work; what cannot be entered becomes a problem that names every field. */
function refusing(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof BookError) throw refused(error.faults);
    throw error;
  }
}

function refused(faults: readonly BookFault[]): ProblemError {
  const errors = faults.map((f) => ({
    path: `entries[${f.index}].${f.field}`,
    message: f.message,
    code: f.code,
  }));
  const count = errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`;
  return new ProblemError(422, `${count}; nothing was entered`, errors);
}
