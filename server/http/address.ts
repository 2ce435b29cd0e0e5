import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** The address that a request comes from; empty over the control socket and from the program itself. */
export function addressOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming?.socket.remoteAddress ?? '';
}
