import { createRoute, z } from '@hono/zod-openapi';
import { monthAfter } from '../../domain/month.ts';
import { type Calendared, calendarOf, REMEMBERED_MONTHS } from '../../reporting/filing/calendar.ts';
import { badField } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import { FilingReminders, Filings } from '../schemas/filings.ts';
import { rowShape } from '../shapes/filings.ts';
import { Month } from './checks.ts';
import { type Api, problems } from './common.ts';

/** A calendar covers so many months at most. */
const MONTHS = 36;
const REMINDED = 20;

/** 报送: what is owed and filed at and below a node. */
export function addFilings({ app, deps }: Api): void {
  const calendar = (node: string, from: string, to: string): Calendared[] =>
    calendarOf(
      deps.estate(),
      deps.catalogue.policy().list('deadline'),
      deps.catalogue.filings.list(from, to),
      { node, from, to, now: deps.now(), enteredAt: deps.catalogue.filings.enteredAt() },
    );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings',
      tags: ['reporting'],
      summary: 'What a node and the institutions below it owe and filed, of periods that end in some months',
      description:
        'Deadlines are policy of the kind `deadline`. Where one says from which month on it holds, every period ' +
        'since is owed; otherwise only the one that runs and the one before it, and of that by whoever was in the estate before it was due.',
      request: { query: z.object({ node: nodeId, from: Month, to: Month }) },
      responses: {
        200: { description: 'Filings', content: { 'application/json': { schema: Filings } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { node, from, to } = c.req.valid('query');
      const { zone } = deps.estate();
      nodeOf(deps.estate(), node);
      if (from > to) throw badField('to', `must not be before from, ${from}`);
      if (to >= monthAfter(from, MONTHS)) throw badField('to', `at most ${MONTHS} months at a time`);
      const filings = calendar(node, from, to);
      const named = new Map(filings.flatMap(({ due }) => (due ? [[due.deadline.id, due.deadline]] : [])));
      const deadlines = [...named.values()];
      return c.json({ node, from, to, filings: filings.map((f) => rowShape(zone, f)), deadlines }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings/reminders',
      tags: ['reporting'],
      summary: 'What is late, due soon, returned, or waits for the bureau, at and below a node',
      request: {
        query: z.object({ node: nodeId, days: z.coerce.number().int().min(0).max(366).default(10) }),
      },
      responses: {
        200: { description: 'Reminders', content: { 'application/json': { schema: FilingReminders } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { node, days } = c.req.valid('query');
      const { zone } = deps.estate();
      nodeOf(deps.estate(), node);
      const today = zone.iso(deps.now()).slice(0, 7);
      // What somebody waits to have mended comes before what was never sent.
      const isReturned = (f: Calendared): number => Number(f.state === 'returned');
      const all = calendar(node, monthAfter(today, -REMEMBERED_MONTHS), today).sort(
        (a, b) => isReturned(b) - isReturned(a),
      );
      const some = (wanted: (f: Calendared) => boolean): z.infer<typeof FilingReminders>['late'] => {
        const found = all.filter(wanted);
        return { count: found.length, first: found.slice(0, REMINDED).map((f) => rowShape(zone, f)) };
      };
      return c.json(
        {
          node,
          late: some((f) => f.dueState === 'late'),
          due: some((f) => f.dueState === 'due' && f.state === 'draft' && (f.daysLeft ?? days) <= days),
          returned: some((f) => f.state === 'returned' && f.dueState !== 'late'),
          submitted: some((f) => f.state === 'submitted'),
        },
        200,
      );
    },
  );
}
