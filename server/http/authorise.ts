import type { Context, ContextVariableMap, MiddlewareHandler } from 'hono';
import { getContext, tryGetContext } from 'hono/context-storage';
import { matchedRoutes } from 'hono/route';
import type { Access } from '../access/access.ts';
import { RULES, type Rule } from '../access/rules.ts';
import { type Identity, type Permission, reachOf } from '../domain/access.ts';
import type { Estate } from '../domain/estate.ts';
import { addressOf } from './address.ts';
import type { App } from './listen.ts';
import { badField, ProblemError } from './problem.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Whom the request comes from; null where the rule lets anyone in and nobody is signed in. */
    identity: Identity | null;
    rule: Rule;
    /** All of it, to tell what is not seen from what is not allowed. */
    wholeEstate: () => Estate;
  }
}

/** What only the server's own code puts into the environment of a request. */
export interface OperatorEnv {
  /** The request came over the control socket, or from the program itself. */
  operator?: true;
}

/** The same application for the program's own use and for whoever may open the data directory. */
export function asOperator(app: App): App {
  return { fetch: (request, env) => app.fetch(request, { ...env, operator: true } satisfies OperatorEnv) };
}

/**
 * Asks for each route who may ask for it, by the list of `access/rules.ts`; what is not in the list is refused.
 * @throws ProblemError 401 for nobody, 403 for somebody who may not
 */
export function authorise(access: Access, wholeEstate: () => Estate): MiddlewareHandler {
  return async (c, next) => {
    c.set('wholeEstate', wholeEstate);
    const name = routeOf(c);
    const isApi = c.req.path === '/api' || c.req.path.startsWith('/api/') || c.req.path === '/metrics';
    // The files of the dashboard hold nothing of anybody; what they show comes from the API.
    if (name === null && !isApi) return next();
    const rule = name === null ? SIGNED_IN : RULES[name];
    const operator = (c.env as OperatorEnv | undefined)?.operator === true;
    const identity: Identity | null = operator
      ? { kind: 'operator' }
      : await access.identify(c.req.raw.headers, addressOf(c));
    c.set('identity', identity);
    if (!rule) throw new ProblemError(403, `nobody may ask for ${name}: it has no rule`);
    c.set('rule', rule);
    const isMetrics = name === 'GET /metrics' && access.mayReadMetrics?.(c.req.raw.headers) === true;
    if (rule.needs !== 'anyone' && !isMetrics) allow(rule, identity, access);
    await next();
  };
}

const SIGNED_IN: Rule = { needs: 'signed_in' };

function allow({ needs, whole, early }: Rule, identity: Identity | null, access: Access): void {
  if (!identity) {
    if (!access.isSetUp()) throw new ProblemError(403, 'nobody can sign in yet: the set-up comes first');
    throw new ProblemError(401, 'not signed in');
  }
  if (identity.kind === 'person') {
    if (identity.mustChange && early !== 'change')
      throw first('must_change', 'the password has to be changed');
    if (!identity.mustChange && identity.mustEnrol && !early) {
      throw first('must_enrol', 'a second factor has to be set up');
    }
  }
  if (needs === 'anyone' || needs === 'signed_in') return;
  const reach = reachOf(identity, needs);
  if (reach.length === 0) throw new ProblemError(403, `this needs the permission ${needs}`);
  if (whole && reach !== 'all') {
    throw new ProblemError(
      403,
      `this needs the permission ${needs} on everything, not on a part of the tree`,
    );
  }
}

function first(code: string, what: string): ProblemError {
  const message = `${what} before anything else`;
  return new ProblemError(403, message, [{ path: '', message, code }]);
}

/** Method and path of the route that will answer, as the list has them; null: none does. */
export function routeOf(c: Context): string | null {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const found = matchedRoutes(c).find((r) => r.method === method && !r.path.endsWith('*'));
  return found ? `${method} ${found.path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}` : null;
}

type Variables = Pick<ContextVariableMap, 'identity' | 'rule' | 'wholeEstate'>;

/** The estate as far as whoever asks may see it under the rule of the route. @throws outside a request */
export function estateInForce(whole: Estate): Estate {
  const { identity, rule } = getContext<{ Variables: Variables }>().var;
  const { needs } = rule;
  if (needs === 'anyone' || needs === 'signed_in') return cutFor(whole, identity, 'tree');
  return cutFor(whole, identity, needs);
}

/** The estate as far as whoever asks holds a permission. @throws outside a request */
export function estateFor(whole: Estate, permission: Permission): Estate {
  return cutFor(whole, getContext<{ Variables: Variables }>().var.identity, permission);
}

function cutFor(whole: Estate, identity: Identity | null, permission: Permission): Estate {
  const reach = identity ? reachOf(identity, permission) : [];
  return reach === 'all' ? whole : whole.cut(reach);
}

/**
 * Whether whoever asks holds a permission at a node.
 * @param node null: on everything
 * @throws outside a request
 */
export function holds(permission: Permission, node: string | null): boolean {
  const { identity, wholeEstate } = getContext<{ Variables: Variables }>().var;
  if (!identity) return false;
  const reach = reachOf(identity, permission);
  if (reach === 'all') return true;
  return node !== null && wholeEstate().cut(reach).node(node) !== undefined;
}

/**
 * Asks for more than the rule of the route: a permission at a node, or on everything.
 * @throws ProblemError 404 for a node that is not seen, 403 where it is and the permission is not held
 */
export function demand(permission: Permission, node: string | null): void {
  if (holds(permission, node)) return;
  if (node !== null && !isSeen(node)) throw unknownNode(node);
  const where = node === null ? 'on everything' : `at ${JSON.stringify(node)}`;
  throw new ProblemError(403, `this needs the permission ${permission} ${where}`);
}

/** What is said of a node that is not in the estate of a request: forbidden where it is seen, else unknown. */
export function noNode(id: string): ProblemError {
  return isSeen(id) ? notHere(`node ${JSON.stringify(id)}`) : unknownNode(id);
}

/** Likewise of a meter, which is seen where figures are. */
export function noMeter(id: string): ProblemError {
  const whole = tryGetContext<{ Variables: Variables }>()?.var.wholeEstate?.();
  const node = (whole?.meter(id) ?? whole?.virtual(id))?.node;
  if (node !== undefined && isSeen(node, 'read')) return notHere(`meter ${JSON.stringify(id)}`);
  return new ProblemError(404, `no meter ${JSON.stringify(id)}`, [{ path: 'meter', message: 'unknown' }]);
}

function isSeen(node: string, permission: Permission = 'tree'): boolean {
  const c = tryGetContext<{ Variables: Variables }>();
  if (!c?.var.wholeEstate) return false;
  const whole = c.var.wholeEstate();
  return whole.node(node) !== undefined && cutFor(whole, c.var.identity, permission).node(node) !== undefined;
}

function notHere(what: string): ProblemError {
  const { needs } = getContext<{ Variables: Variables }>().var.rule;
  return new ProblemError(403, `this needs the permission ${needs} at ${what}`);
}

function unknownNode(id: string): ProblemError {
  return new ProblemError(404, `no node ${JSON.stringify(id)}`, [{ path: 'node', message: 'unknown' }]);
}

/**
 * Who answers for what a request writes: the person who is signed in, whatever the request says. Only the
 * operator may name somebody.
 * @param path of the field that names somebody
 * @throws ProblemError 400 where nobody is signed in as a person and nobody is named
 */
export function authorOf(c: Context, given: string | undefined, path = 'recorded_by'): string {
  const identity = c.get('identity');
  if (identity?.kind === 'person') return identity.name;
  if (given === undefined) throw badField(path, 'missing: who answers for it');
  return given;
}
