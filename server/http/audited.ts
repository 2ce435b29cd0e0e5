import type { Context, MiddlewareHandler } from 'hono';
import { getContext, tryGetContext } from 'hono/context-storage';
import type { AuditTrail } from '../access/audit.ts';
import type { Identity } from '../domain/access.ts';
import type { Actor, AuditInput } from '../domain/audit.ts';
import { addressOf } from './address.ts';
import { ACTIONS, ALWAYS, actionOf, CHANGES_NOTHING, GOES_ON, NO_BODY } from './audited-routes.ts';
import { routeOf } from './authorise.ts';
import { ProblemError } from './problem.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Whether what the request did stands in the trail already. */
    audited: true;
    /** What the row about the request says beyond its route. */
    auditDetail: AuditDetail;
  }
}

/** What a handler knows better than its route tells. */
export type AuditDetail = Partial<Pick<AuditInput, 'action' | 'target' | 'before' | 'after'>> & {
  /** Who it turned out to be, for a sign-in. */
  actor?: Pick<Actor, 'kind' | 'id' | 'name'>;
};

type Env = { Variables: { identity?: Identity | null; requestId?: string; audited: true } };
export type Audit = Pick<AuditTrail, 'write' | 'flush' | 'failure' | 'fault'>;

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Answers that are looked at in the browser; all others are taken away. */
const LOOKED_AT = /^(application\/(problem\+)?json|text\/event-stream|application\/x-ndjson|$)/;
const API = /^\/api(\/|$)|^\/metrics$/;

/** Who a request is of, for the trail. */
export function actorOf(c: Context): Actor {
  const { identity, requestId = '' } = c.var as Env['Variables'];
  const place = { address: addressOf(c), request: requestId };
  if (!identity) return { kind: 'nobody', id: '', name: '', ...place };
  if (identity.kind === 'operator') return { kind: 'operator', id: '', name: '', ...place };
  return { kind: 'person', id: identity.id, name: identity.name, ...place };
}

/**
 * Who is at work on behalf of a request, for what the catalogue writes; the request has its row by then.
 * @returns null outside of requests: the program works by itself
 */
export function actorInForce(): Actor | null {
  const c = tryGetContext<Env>();
  if (!c) return null;
  c.set('audited', true);
  return actorOf(c);
}

/** Says more about the running request than its route does. */
export function auditDetail(detail: AuditDetail): void {
  const c = getContext<{ Variables: { auditDetail: AuditDetail } }>();
  c.set('auditDetail', { ...c.get('auditDetail'), ...detail });
}

/**
 * Has a row for every request that changes something, is refused, or takes data away. What the catalogue wrote down
 * itself is not written twice. While nothing can be written down, nothing is changed; what is looked at or taken away
 * waits for its row.
 */
export function audited(audit: Audit): MiddlewareHandler {
  return async (c, next) => {
    if (!API.test(c.req.path)) return next();
    const route = routeOf(c);
    const safe = SAFE.has(c.req.method);
    if (!safe && !GOES_ON.has(route ?? '') && audit.failure !== null) {
      throw new ProblemError(
        503,
        `nothing may be changed while the audit trail cannot be written: ${audit.failure}`,
        undefined,
        { 'retry-after': '5' },
      );
    }
    await next();
    const { status } = c.res;
    const refused = status === 401 || status === 403 || status === 429;
    if (refused || (!safe && status >= 400)) {
      const outcome = refused ? 'refused' : 'failed';
      audit.write({ ...entryOf(c, route), outcome, status });
      return;
    }
    if (safe ? !takesAway(c, route) : isSettled(c, route)) return;
    const after = safe ? query(c) : await bodyOf(c, route);
    audit.write({ after, ...entryOf(c, route), outcome: 'done', status });
    // What was done is on disk before its answer is; what was looked at may wait for others.
    if (!safe) audit.flush();
  };
}

function entryOf(c: Context, route: string | null): Omit<AuditInput, 'outcome'> {
  const { actor, ...detail } = c.get('auditDetail') ?? {};
  return {
    action: route === null ? 'unknown' : (ACTIONS[route] ?? actionOf(route)),
    target: targetOf(c),
    ...detail,
    actor: { ...actorOf(c), ...actor },
  };
}

/** What the path names, else what the query does. */
function targetOf(c: Context): string {
  const named = Object.values(c.req.param()).filter((value) => value !== undefined);
  if (named.length > 0) return named.join('/');
  const { node, meter } = c.req.query();
  return node ?? meter ?? '';
}

function query(c: Context): object | null {
  const asked = c.req.query();
  return Object.keys(asked).length === 0 ? null : asked;
}

/** Whether an answer is a file rather than something to look at. */
function takesAway(c: Context, route: string | null): boolean {
  if (c.res.status !== 200 || c.req.method !== 'GET' || route === null) return false;
  if (ALWAYS.has(route)) return true;
  if (c.req.path === '/metrics') return false;
  // Whoever names the form wants a file of it, JSON too; the dashboard looks and names none.
  if (c.req.query('format') !== undefined) return true;
  return !LOOKED_AT.test(c.res.headers.get('content-type') ?? '');
}

/** Whether nothing is left to be said about a change: it stands in the trail, or there was none. */
function isSettled(c: Context, route: string | null): boolean {
  if (c.get('audited') && !(route !== null && ALWAYS.has(route))) return true;
  return CHANGES_NOTHING.has(route ?? '') || c.req.query('preview') === 'true';
}

async function bodyOf(c: Context, route: string | null): Promise<unknown> {
  const json = /^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '');
  if (!json || route === null || NO_BODY.test(route)) return query(c);
  try {
    return await c.req.json<unknown>();
  } catch {
    // It was not read, or is none.
    return query(c);
  }
}
