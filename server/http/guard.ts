import type { MiddlewareHandler } from 'hono';
import { cookieOf } from '../access/sessions.ts';
import { ProblemError } from './problem.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site's page has a browser send. Content types are no protection: a page may send
 * JSON to any address. Programs that are no browser send neither header and no sign-in of one, and pass; with a
 * browser's sign-in one of the two must say where the request comes from.
 */
export const sameSiteOnly: MiddlewareHandler = async (c, next) => {
  if (!SAFE.has(c.req.method)) {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    if (site === undefined && origin === undefined && cookieOf(c.req.raw.headers, 'session') !== null) {
      throw new ProblemError(403, 'neither Origin nor Sec-Fetch-Site says which page this comes from');
    }
    const foreign =
      site !== undefined
        ? site !== 'same-origin' && site !== 'none'
        : origin !== undefined && !isOwn(origin, c.req);
    if (foreign)
      throw new ProblemError(403, `a page of ${origin ?? 'another site'} may not change anything here`);
  }
  await next();
};

function isOwn(origin: string, request: { url: string; header(name: string): string | undefined }): boolean {
  const host = request.header('host') ?? new URL(request.url).host;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** How deep a body of JSON may be nested; what is taken has a few levels. */
const DEPTH_LIMIT = 64;

/** Refuses a body of JSON that is nested so deep that whoever walks through it runs out of stack. */
export const shallow: MiddlewareHandler = async (c, next) => {
  if (isDeep(await c.req.text())) {
    throw new ProblemError(400, `a body of JSON is nested at most ${DEPTH_LIMIT} deep`);
  }
  await next();
};

/** @param text JSON, or what somebody takes for it */
function isDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth > DEPTH_LIMIT) return true;
  }
  return false;
}

/** What the API answers is for whoever asked, now. */
export const apiHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};
