import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { type Client, COOKIES, cookieOf } from '../access/sessions.ts';
import type { SignedIn } from '../access/sign-in.ts';
import { addressOf, isEncrypted } from './address.ts';

/** So long a browser is known without another sign-in. */
const BROWSER_S = 180 * 86_400;

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
