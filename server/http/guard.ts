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

/** What the API answers is for whoever asked, now. */
export const apiHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};
