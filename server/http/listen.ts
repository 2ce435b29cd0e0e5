import { chmodSync, existsSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Certificates } from '../access/certificates.ts';

export interface Listening {
  port: number;
  /** Takes no more requests, lets those under way end within `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** What answers requests; `createApp` makes one. */
export interface App {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

export interface HttpLimits {
  /** Connections at a time; further ones are closed at once. */
  connections: number;
  /** Time for the headers of a request, from the connection's beginning or the first byte on, ms. */
  headersMs: number;
  /**
   * How long a body that is announced may stop coming, ms, and how long an answer may go untaken, which is noticed within
   * twice that; an import or an export as a whole may take for ever.
   */
  bodyPauseMs: number;
  /** How often connections are looked at, ms. */
  checkMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connections: 4000,
  headersMs: 30_000,
  bodyPauseMs: 60_000,
  checkMs: 5000,
};
const IDLE_CHECK_MS = 50;

/**
 * @param at.port 0: any free one
 * @param certificates with them HTTPS, and nothing else
 * @throws when the address cannot be had
 */
export async function listen(
  app: App,
  at: { host: string; port: number },
  limits: Partial<HttpLimits> = {},
  certificates: Certificates | null = null,
): Promise<Listening> {
  const server = serverOf(app, { ...HTTP_LIMITS, ...limits }, certificates);
  await start(server, () => server.listen(at.port, at.host));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return { port, close: (graceMs) => close(server, graceMs) };
}

/**
 * The same on a Unix domain socket that only its owner may use, for commands on the same machine.
 * @throws when another process listens there
 */
export async function listenSocket(app: App, path: string): Promise<Omit<Listening, 'port'>> {
  if (existsSync(path)) {
    if (await answers(path)) throw new Error(`${path}: another process listens there`);
    // Left behind by a process that was killed.
    rmSync(path);
  }
  const server = serverOf(app, HTTP_LIMITS, null);
  await start(server, () => server.listen(path));
  chmodSync(path, 0o600);
  return { close: (graceMs) => close(server, graceMs) };
}

function serverOf(app: App, limits: HttpLimits, certificates: Certificates | null): Server {
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    ...(certificates && { createServer: createSecureServer }),
    serverOptions: {
      ...(certificates && { ...certificates.context, ca: undefined, handshakeTimeout: limits.headersMs }),
      headersTimeout: limits.headersMs,
      // An import may take long to send.
      requestTimeout: 0,
      connectionsCheckingInterval: limits.checkMs,
    },
  }) as Server & SecureServer;
  server.maxConnections = limits.connections;
  server.on('request', (request, response) => {
    // Cut off is who owes the rest of a body, or does not take what was written; an answer may take long to be made.
    request.setTimeout(limits.bodyPauseMs, () => request.socket.destroy());
    response.on('timeout', (socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
  });
  if (certificates) {
    const stopListening = certificates.onChange(({ cert, key, minVersion }) =>
      server.setSecureContext({ cert, key, minVersion }),
    );
    server.once('close', stopListening);
  }
  return server;
}

function start(server: Server, begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    begin();
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection whose last answer ends only now would be kept alive for seconds.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close((error) => {
      clearTimeout(cut);
      clearInterval(idle);
      if (error && (error as NodeJS.ErrnoException).code !== 'ERR_SERVER_NOT_RUNNING') reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.setTimeout(1000, () => done(false));
  });
}
