import { createRoute } from '@hono/zod-openapi';
import { getContext } from 'hono/context-storage';
import { FILING_NEEDS } from '../../access/rules.ts';
import { dueOf } from '../../domain/deadline.ts';
import {
  type FilingAction,
  FilingError,
  type FilingKey,
  type FilingState,
  filingId,
  StaleFilingError,
  stateOf,
  stepsFrom,
  submissionOf,
} from '../../domain/filing.ts';
import { calendared, endOf } from '../../reporting/filing/calendar.ts';
import { explained, holdingUp } from '../../reporting/filing/checked.ts';
import { composeFiling, type FilingSources } from '../../reporting/filing/compose.ts';
import { contentsOf } from '../../reporting/filing/contents.ts';
import { freeze } from '../../reporting/filing/frozen.ts';
import { type Figures, steadily, UnsteadyError } from '../../reporting/filing/steady.ts';
import { authorOf, demand, holds } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeOf } from '../query.ts';
import { ExplainBody, FilingCheck, FilingDetail, StepBody } from '../schemas/filings.ts';
import { filedCheckShape, rowShape, stepShape } from '../shapes/filings.ts';
import { type Api, problems } from './common.ts';
import { checksNow, FilingId, filedOf, filingSources, keyOf } from './filing-common.ts';

/** One filing: how far it is, the steps that bring it on, and what is said about its checks. */
export function addFiling(api: Api): void {
  const { app, deps } = api;
  const store = deps.catalogue.filings;

  /**
   * A step of the bureau is taken from above, and not by the person who submitted: nobody accepts his own figures.
   * @throws ProblemError 403
   */
  const demandStep = (key: FilingKey, action: FilingAction): void => {
    if (FILING_NEEDS[action] === 'manage') {
      demand('manage', key.node);
      return;
    }
    const above = deps.wholeEstate().node(key.node)?.parent ?? null;
    if (!holds('supervise', above)) {
      throw new ProblemError(
        403,
        `to ${action} needs the permission supervise above ${JSON.stringify(key.node)}`,
      );
    }
    const identity = getContext().var.identity;
    if (identity?.kind === 'person' && submissionOf(store.get(key))?.by === identity.name) {
      throw new ProblemError(403, `${identity.name} submitted it; somebody else has to ${action} it`);
    }
  };
  const mayStep = (key: FilingKey, action: FilingAction): boolean => {
    try {
      demandStep(key, action);
      return true;
    } catch (error) {
      if (error instanceof ProblemError) return false;
      throw error;
    }
  };

  const detail = async (key: FilingKey): Promise<FilingDetail> => {
    const sources = filingSources(api);
    const { estate, now } = sources;
    const { zone } = estate;
    const filing = store.get(key);
    const state = stateOf(filing);
    const due = dueOf(estate, sources.policy.list('deadline'), key);
    const row = rowShape(zone, calendared(estate, nodeOf(estate, key.node), key, filing, due, now));
    const filed = filedOf(deps, key);
    const open = state === 'draft' || state === 'returned';
    const checks = filed && !open ? filed.filing.checks : await checksNow(sources, key);
    return {
      ...row,
      source: due?.deadline.source ?? null,
      ended: endOf(estate, key) <= now,
      steps: (filing?.steps ?? []).map((s) => stepShape(zone, s)),
      allowed: stepsFrom(state).filter(({ action }) => mayStep(key, action)),
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
      request: { params: FilingId },
      responses: {
        200: { description: 'The filing', content: { 'application/json': { schema: FilingDetail } } },
        ...problems(400, 404, 500),
      },
    }),
    async (c) => c.json(await detail(keyOf(deps, c.req.valid('param').id)), 200),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/filings/{id}/steps',
      tags: ['reporting'],
      summary: 'Submits, returns, accepts or publishes',
      description:
        'A step names the state that it starts from; when the filing has left it the answer is 409. The institution ' +
        'submits; the bureau above takes the other steps, not the person who submitted. A submission ' +
        'freezes the reports as of one state of the figures; it is refused with 422 while a check that must be mended ' +
        'or explained is open, and with 503 while months of its meters go on being computed again.',
      request: {
        params: FilingId,
        body: { required: true, content: { 'application/json': { schema: StepBody } } },
      },
      responses: {
        200: { description: 'As it is now', content: { 'application/json': { schema: FilingDetail } } },
        ...problems(400, 404, 409, 413, 415, 422, 503),
      },
    }),
    async (c) => {
      const key = keyOf(deps, c.req.valid('param').id);
      const { from, action, by: given, remark } = c.req.valid('json');
      demandStep(key, action);
      const by = authorOf(c, given, 'by');
      const frozen = action === 'submit' ? await frozenNow(key, from, by) : null;
      meant(() => store.step(key, from, { action, at: deps.now(), by, remark, frozen }));
      return c.json(await detail(key), 200);
    },
  );

  /** What a submission freezes. What cannot be submitted is refused before anything is computed. */
  async function frozenNow(key: FilingKey, from: FilingState, by: string): ReturnType<typeof composed> {
    const sources = filingSources(api);
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
    const own = new Set(sources.estate.metersBelow(key.node).map((m) => m.no));
    const figures: Figures = {
      waiting: () => deps.journal.dirty(-1).filter((m) => own.has(m.meter)).length,
      onRecomputed: (listener) =>
        deps.ledger.onRecomputed((months) => {
          if (months.some((m) => own.has(m.meter))) listener();
        }),
    };
    try {
      return await steadily(figures, () => composed(sources, key, by));
    } catch (error) {
      if (!(error instanceof UnsteadyError)) throw error;
      const path = 'figures';
      throw new ProblemError(503, error.message, [{ path, message: error.message }], { 'retry-after': '10' });
    }
  }

  async function composed(sources: FilingSources, key: FilingKey, by: string) {
    const checks = await checksNow(sources, key);
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
        params: FilingId,
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
      const key = keyOf(deps, c.req.valid('param').id);
      const { month, check: id, text, by: given } = c.req.valid('json');
      const by = authorOf(c, given, 'by');
      const sources = filingSources(api);
      const state = stateOf(store.get(key));
      if (state !== 'draft' && state !== 'returned') {
        throw new ProblemError(409, `${filingId(key)} is ${state}; it is explained before it is filed`);
      }
      const isIts = (check: { month: string; check: { id: string } }): boolean =>
        check.month === month && check.check.id === id;
      const found = (await checksNow(sources, key)).find(isIts);
      if (!found)
        throw badField('check', `${month} has no check ${JSON.stringify(id)}; it may be mended by now`);
      const figure = JSON.stringify(found.check.figure);
      const said = store.explain({ node: key.node, month, check: id, text, by, at: deps.now(), figure });
      const [now = found] = explained(month, [found.check], [said]);
      return c.json(filedCheckShape(sources.estate.zone, now), 200);
    },
  );
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
