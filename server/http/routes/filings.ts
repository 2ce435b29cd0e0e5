import { createRoute, z } from '@hono/zod-openapi';
import { dueOf } from '../../domain/deadline.ts';
import {
  type FilingAction,
  FilingError,
  type FilingKey,
  type FilingState,
  filingId,
  monthAfter,
  parseFilingId,
  StaleFilingError,
  stateOf,
  stepsFrom,
} from '../../domain/filing.ts';
import {
  type Calendared,
  calendared,
  calendarOf,
  endOf,
  REMEMBERED_MONTHS,
} from '../../reporting/filing/calendar.ts';
import { holdingUp } from '../../reporting/filing/checked.ts';
import { composeFiling, type FilingSources, filingChecks } from '../../reporting/filing/compose.ts';
import { contentsOf } from '../../reporting/filing/contents.ts';
import { freeze, TamperedFilingError } from '../../reporting/filing/frozen.ts';
import { frozenFiling } from '../../reporting/filing/read.ts';
import { revisionOf } from '../../reporting/filing/revision.ts';
import { REPORT_LANGUAGES } from '../../reporting/model.ts';
import { filedCheckShape, rowShape, stepShape } from '../filing-shapes.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf } from '../query.ts';
import {
  ExplainBody,
  FilingCheck,
  FilingDetail,
  FilingReminders,
  FilingRevision,
  Filings,
  StepBody,
} from '../schemas-filings.ts';
import { revisionShape } from '../shapes.ts';
import { Month } from './checks.ts';
import { type Api, problems } from './common.ts';
import { targetGround } from './targets.ts';

const Id = z.object({ id: z.string().min(1).max(160).openapi({ example: 'gov:monthly:2026-12' }) });
/** A calendar covers so many months at most. */
const MONTHS = 36;
const REMINDED = 20;

/** 报送: what is owed, how far it is, what was filed, and how it differs from what would be filed today. */
export function addFilings(api: Api): void {
  const { app, deps } = api;
  const store = deps.catalogue.filings;
  const sourcesOf = (): FilingSources => ({
    ...targetGround(api),
    months: api.months,
    journal: deps.journal,
    suspects: () => deps.journal.suspects(),
    filings: store,
  });
  const calendar = (node: string, from: string, to: string): Calendared[] =>
    calendarOf(deps.estate(), deps.catalogue.policy().list('deadline'), store.list(from, to), {
      node,
      from,
      to,
      now: deps.now(),
    });
  const keyOf = (id: string): FilingKey => {
    const key = parseFilingId(id);
    if (!key) {
      throw new ProblemError(
        404,
        `${JSON.stringify(id)} is no filing; they are named like gov:monthly:2026-12`,
        [{ path: 'id', message: 'unknown' }],
      );
    }
    nodeOf(deps.estate(), key.node);
    return key;
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings',
      tags: ['reporting'],
      summary: 'What a node and the institutions below it owe and filed, of periods that end in some months',
      description:
        'Deadlines are policy of the kind `deadline`. Where one says from which month on it holds, every period ' +
        'since is owed; otherwise only the one that runs and the one before it.',
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
      const deadlines = [...named.values()].map(({ id, form, source }) => ({ id, form, source }));
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
      const all = calendar(node, monthAfter(today, -REMEMBERED_MONTHS), today);
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

  const detail = async (key: FilingKey): Promise<FilingDetail> => {
    const sources = sourcesOf();
    const { estate, now } = sources;
    const { zone } = estate;
    const filing = store.get(key);
    const state = stateOf(filing);
    const due = dueOf(estate, sources.policy.list('deadline'), key);
    const row = rowShape(zone, calendared(estate, nodeOf(estate, key.node), key, filing, due, now));
    const filed = untampered(() => frozenFiling(store, key));
    const open = state === 'draft' || state === 'returned';
    const checks = filed && !open ? filed.filing.checks : await checked(sources, key);
    return {
      ...row,
      source: due?.deadline.source ?? null,
      ended: endOf(estate, key) <= now,
      steps: (filing?.steps ?? []).map((s) => stepShape(zone, s)),
      allowed: stepsFrom(state),
      checks: checks.map((check) => filedCheckShape(zone, check)),
      holding: holdingUp(checks).length,
      reports: contentsOf(estate, key),
      hash: filed?.hash ?? null,
    };
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings/{id}',
      tags: ['reporting'],
      summary: 'A filing: its state and steps, what may follow, its checks and its reports',
      description:
        'What was frozen is compared with its hash; where it is not what was filed the answer is 500.',
      request: { params: Id },
      responses: {
        200: { description: 'The filing', content: { 'application/json': { schema: FilingDetail } } },
        ...problems(400, 404, 500),
      },
    }),
    async (c) => c.json(await detail(keyOf(c.req.valid('param').id)), 200),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/filings/{id}/steps',
      tags: ['reporting'],
      summary: 'Submits, returns, accepts or publishes',
      description:
        'A step names the state that it starts from; when the filing has left it the answer is 409. A submission ' +
        'freezes the reports; it is refused with 422 while a check that must be mended or explained is open.',
      request: {
        params: Id,
        body: { required: true, content: { 'application/json': { schema: StepBody } } },
      },
      responses: {
        200: { description: 'As it is now', content: { 'application/json': { schema: FilingDetail } } },
        ...problems(400, 404, 409, 413, 415, 422),
      },
    }),
    async (c) => {
      const key = keyOf(c.req.valid('param').id);
      const { from, action, by, remark } = c.req.valid('json');
      const frozen = action === 'submit' ? await frozenNow(key, from, by) : null;
      meant(() => store.step(key, from, { action, at: deps.now(), by, remark, frozen }));
      return c.json(await detail(key), 200);
    },
  );

  /** What a submission freezes. What cannot be submitted is refused before anything is computed. */
  async function frozenNow(key: FilingKey, from: FilingState, by: string): ReturnType<typeof composed> {
    const sources = sourcesOf();
    const state = stateOf(store.get(key));
    const submit: FilingAction = 'submit';
    meant(() => {
      if (state !== from) throw new StaleFilingError(key, from, state);
      if (!stepsFrom(state).some((s) => s.action === submit)) {
        throw new FilingError('action', `what is ${state} cannot be submitted`);
      }
      if (endOf(sources.estate, key) > sources.now) {
        throw new FilingError('period', `${key.period} has not ended; it can be filed once it has`);
      }
    });
    return composed(sources, key, by);
  }

  async function composed(sources: FilingSources, key: FilingKey, by: string) {
    const checks = await checked(sources, key);
    const holding = holdingUp(checks);
    if (holding.length > 0) {
      throw new ProblemError(
        422,
        `${holding.length} ${holding.length === 1 ? 'check is' : 'checks are'} neither mended nor explained; nothing was filed`,
        holding.map(({ check, month }) => ({
          path: `${month}/${check.id}`,
          message: filedCheckShape(sources.estate.zone, { check, month, state: 'open', explanation: null })
            .check.sentence.en,
        })),
      );
    }
    return freeze(await composeFiling(sources, key, checks, by));
  }

  app.openapi(
    createRoute({
      method: 'post',
      path: '/filings/{id}/explanations',
      tags: ['reporting'],
      summary: 'Explains a check of a month that is not filed yet; the explanation goes into the report',
      description:
        'The figure as it is then goes on record with the text. Each explanation stays; the newest counts.',
      request: {
        params: Id,
        body: { required: true, content: { 'application/json': { schema: ExplainBody } } },
      },
      responses: {
        200: {
          description: 'The check with its explanation',
          content: { 'application/json': { schema: FilingCheck } },
        },
        ...problems(400, 404, 409, 413, 415),
      },
    }),
    async (c) => {
      const key = keyOf(c.req.valid('param').id);
      const { month, check: id, text, by } = c.req.valid('json');
      const sources = sourcesOf();
      const state = stateOf(store.get(key));
      if (state !== 'draft' && state !== 'returned') {
        throw new ProblemError(409, `${filingId(key)} is ${state}; it is explained before it is filed`);
      }
      const isIts = (check: { month: string; check: { id: string } }): boolean =>
        check.month === month && check.check.id === id;
      const found = (await checked(sources, key)).find(isIts);
      if (!found)
        throw badField('check', `${month} has no check ${JSON.stringify(id)}; it may be mended by now`);
      const figure = JSON.stringify(found.check.figure);
      store.explain({ node: key.node, month, check: id, text, by, at: deps.now(), figure });
      const explained = (await checked(sources, key)).find(isIts) ?? found;
      return c.json(filedCheckShape(sources.estate.zone, explained), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/filings/{id}/revision',
      tags: ['reporting'],
      summary: 'Every figure that would be another one if the filing were made of the data of today, and why',
      request: {
        params: Id,
        query: z.object({ language: z.enum(REPORT_LANGUAGES).default('zh') }),
      },
      responses: {
        200: { description: 'The revision', content: { 'application/json': { schema: FilingRevision } } },
        ...problems(400, 404, 500),
      },
    }),
    async (c) => {
      const key = keyOf(c.req.valid('param').id);
      const { language } = c.req.valid('query');
      const sources = sourcesOf();
      const { estate } = sources;
      const filed = untampered(() => frozenFiling(store, key));
      if (!filed) throw new ProblemError(404, `${filingId(key)} was not submitted yet`);
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

async function checked(sources: FilingSources, key: FilingKey): ReturnType<typeof filingChecks> {
  try {
    return await filingChecks(sources, key);
  } catch (error) {
    if (error instanceof RangeError) throw badField('id', error.message);
    throw error;
  }
}

/** What the domain refuses is a fault of the request that names its field, or a conflict. */
function meant(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof FilingError) throw badField(error.path, error.message);
    if (error instanceof StaleFilingError) {
      throw new ProblemError(409, error.message, [{ path: 'from', message: `it is ${error.state} by now` }]);
    }
    throw error;
  }
}

/** What is stored and is not what was filed is named, for nobody else can mend it. */
function untampered<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TamperedFilingError) throw new ProblemError(500, error.message);
    throw error;
  }
}
