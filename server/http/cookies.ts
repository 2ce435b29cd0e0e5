import type { Context, MiddlewareHandler } from 'hono';
import { setCookie } from 'hono/cookie';
import { type Client, COOKIES, cookieOf } from '../access/sessions.ts';
import type { SignedIn } from '../access/sign-in.ts';
import { addressOf, isEncrypted } from './address.ts';

/** So long a browser is known without another sign-in. */
const BROWSER_S = 180 * 86_400;

/**
 * Over TLS a cookie of ours without the prefix is not looked at: a page of a neighbouring host, or whoever answers for
 * this one without TLS, can have put it there and so have somebody work in an account that is not his own.
 */
export const prefixedOnly: MiddlewareHandler = async (c, next) => {
  const cookie = c.req.header('cookie');
  if (cookie !== undefined && isEncrypted(c)) {
    const names = Object.values(COOKIES).map(({ plain }) => plain);
    const isPlain = (pair: string): boolean => names.some((name) => pair.trim().startsWith(`${name}=`));
    const kept = cookie.split(';').filter((pair) => !isPlain(pair));
    c.req.raw.headers.set('cookie', kept.join(';'));
  }
  await next();
};

/** The client of a request, for what is kept of a sign-in. */
export function clientOf(c: Context): Client {
  const agent = c.req.header('user-agent') ?? '';
  return { address: addressOf(c), agent, browser: cookieOf(c.req.raw.headers, 'browser') };
}

/** Gives the browser its sign-in; it goes with the browser's window. */
export function giveSession(c: Context, { token, browser }: SignedIn): void {
  give(c, 'session', token);
  if (browser !== null) give(c, 'browser', browser, BROWSER_S);
}

export function takeSession(c: Context): void {
  give(c, 'session', '', 0);
}

function give(c: Context, kind: keyof typeof COOKIES, value: string, maxAge?: number): void {
  const secure = isEncrypted(c);
  setCookie(c, COOKIES[kind][secure ? 'encrypted' : 'plain'], value, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure,
    ...(maxAge !== undefined && { maxAge }),
  });
}
