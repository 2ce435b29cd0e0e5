import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Log } from './deps.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Names the request in the log and in the answer. */
    requestId: string;
  }
}

export const REQUEST_ID = 'x-request-id';
const WELL_FORMED = /^[A-Za-z0-9._-]{1,64}$/;
/** From here on a request is slow. */
const SLOW_MS = 1000;
const PATH_LIMIT = 200;

/** Told of every request when its answer begins. */
export type Observed = (method: string, route: string, status: number, seconds: number) => void;

/**
 * Gives each request an id, its own if it brings one, and notes what became of it. The query is left out of
 * the log: it may hold whatever a person typed.
 */
export function observe(log: Log, observed: Observed): MiddlewareHandler {
  return async (c, next) => {
    const own = c.req.header(REQUEST_ID);
    const id = own !== undefined && WELL_FORMED.test(own) ? own : crypto.randomUUID();
    c.set('requestId', id);
    const started = performance.now();
    await next();
    const ms = performance.now() - started;
    c.res.headers.set(REQUEST_ID, id);
    // The handler that answered; `/*` is that of the dashboard's files.
    const path = routePath(c);
    const route = path === '*' || path === '/*' ? 'dashboard' : path;
    observed(c.req.method, route, c.res.status, ms / 1000);
    const fields = {
      request_id: id,
      method: c.req.method,
      route,
      path: c.req.path.slice(0, PATH_LIMIT),
      status: c.res.status,
      duration_ms: Math.round(ms * 10) / 10,
    };
    if (ms > SLOW_MS) log.warn(fields, 'http: slow request');
    else log.debug(fields, 'http: request');
  };
}
