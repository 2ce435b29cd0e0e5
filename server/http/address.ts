import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';

declare module 'hono' {
  interface ContextVariableMap {
    /** What is known of whoever sent the request; behind proxies that are trusted, as they tell it. */
    client: { address: string; encrypted: boolean };
  }
}

/** Entries of a chain of proxies that are looked at. */
const CHAIN_LIMIT = 20;

/** The address that a request comes from; empty over the control socket and from the program itself. */
export function addressOf(c: Context): string {
  return c.get('client')?.address ?? socketAddress(c);
}

/** Whether the request came over TLS, to us or to a proxy that is trusted. */
export function isEncrypted(c: Context): boolean {
  return c.get('client')?.encrypted ?? false;
}

/**
 * Finds out whom each request comes from. What a request says of itself is believed only of the proxies that the
 * settings name: from the nearest on back, the first address that is none of theirs.
 */
export function knowClient(trusted: readonly string[]): MiddlewareHandler {
  const proxies = proxyList(trusted);
  const isProxy = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  return async (c, next) => {
    let address = socketAddress(c);
    let encrypted = socketOf(c)?.encrypted === true;
    if (address !== '' && isProxy(address)) {
      encrypted ||= lastOf(c.req.header('x-forwarded-proto')) === 'https';
      const chain = (c.req.header('x-forwarded-for') ?? '').split(',').slice(-CHAIN_LIMIT);
      while (isProxy(address)) {
        const before = plain(chain.pop()?.trim() ?? '');
        if (isIP(before) === 0) break;
        address = before;
      }
    }
    c.set('client', { address, encrypted });
    await next();
  };
}

/** @param entries addresses and networks such as `10.0.0.0/8`. @throws Error naming the entry that is none */
export function proxyList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/');
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const length = bits === undefined ? most : Number(bits);
    if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? '0') || length > most) {
      throw new Error(`${JSON.stringify(entry)} is no address and no network`);
    }
    list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Whether only programs of the same machine can reach what listens on it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function socketOf(c: Context): TLSSocket | undefined {
  return ((c.env ?? {}) as Partial<HttpBindings>).incoming?.socket as TLSSocket | undefined;
}

function socketAddress(c: Context): string {
  return plain(socketOf(c)?.remoteAddress ?? '');
}

/** Without what a socket for both families puts before an address of IPv4. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function lastOf(list: string | undefined): string | undefined {
  return list?.split(',').at(-1)?.trim().toLowerCase();
}
