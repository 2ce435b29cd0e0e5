import type { Context, MiddlewareHandler } from 'hono';
import { addressOf, isEncrypted } from './address.ts';
import { RequestBudget } from './hardening-budget.ts';
import { ProblemError } from './problem.ts';

/** What is no page loads nothing, runs nothing and stands in no frame. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = {
  'content-security-policy': NOTHING,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()',
} as const;
/** A year, s. */
const HSTS = 'max-age=31536000';

/** What a browser is told with every answer; an answer that says it itself says it better. */
export const hardened: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
  // Browsers take no notice of it on a connection that anybody could have written it into.
  if (isEncrypted(c)) c.res.headers.set('strict-transport-security', HSTS);
};

/** What a request takes of the budget of its address; the others take 1. */
const COSTS: readonly (readonly [RegExp, number])[] = [
  [/^POST \/api\/v1\/(backup|verify|audit\/verification)$/, 200],
  [/^POST \/api\/v1\/batches$/, 200],
  [/^GET \/api\/v1\/(audit\/export|batches\/[^/]+\/archive)$/, 40],
  [/^GET \/api\/v1\/(filings\/[^/]+\/)?reports\/[^/]+$/, 20],
  [/^GET \/api\/v1\/(forms|filings\/[^/]+\/revision|book\/template)$/, 20],
];
/**
 * They cost hardly more than a refusal, and an orchestrator that shares an address with others (behind a proxy, a NAT)
 * would take one for a process that hangs, and restart it.
 */
const PROBES = new Set(['/api/v1/health/live', '/api/v1/health/ready']);
/** Of what goes out as a file of any size. */
const EXPORT_COST = 20;

/**
 * Bounds how much one address may ask for; what costs much counts as many requests.
 * @param perMinute requests in the long run, as many at once; 0: no bound
 * @param ticks a clock, ms
 */
export function bounded(perMinute: number, ticks: () => number): MiddlewareHandler {
  if (perMinute === 0) return (_, next) => next();
  const budget = new RequestBudget(perMinute, ticks);
  return async (c, next) => {
    const address = addressOf(c);
    // None: over the control socket, or from the program itself.
    if (address !== '' && !PROBES.has(c.req.path)) {
      const waitMs = budget.take(address, costOf(c));
      if (waitMs > 0) {
        throw new ProblemError(429, 'too many requests from this address', undefined, {
          'retry-after': String(Math.ceil(waitMs / 1000)),
        });
      }
    }
    await next();
  };
}

function costOf(c: Context): number {
  const { path } = c.req;
  // A HEAD is answered by the work of its GET.
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  if (method === 'GET' && c.req.query('format') === 'csv') return EXPORT_COST;
  return COSTS.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? 1;
}

const SECURITY_TXT = '/.well-known/security.txt';
/** How long the answer may be relied on, as RFC 9116 asks it to say. */
const VALID_DAYS = 180;

/**
 * Tells who wants to hear of a weakness (RFC 9116).
 * @param contact `mailto:…`, `https://…` or `tel:…`; undefined: there is no such file
 */
export function securityText(contact: string | undefined, now: () => number): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.path !== SECURITY_TXT || contact === undefined) return next();
    const until = new Date(now() + VALID_DAYS * 86_400_000);
    until.setUTCHours(0, 0, 0, 0);
    const text = `Contact: ${contact}\nExpires: ${until.toISOString()}\nPreferred-Languages: zh, en\n`;
    return c.body(text, 200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  };
}
