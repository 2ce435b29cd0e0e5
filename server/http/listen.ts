import { chmodSync, existsSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';

export interface Listening {
  port: number;
  /** Takes no more requests, lets those under way end within `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** What answers requests; `createApp` makes one. */
export interface App {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

const HEADERS_TIMEOUT_MS = 30_000;
const IDLE_CHECK_MS = 50;

/** @param at.port 0: any free one. @throws when the address cannot be had */
export async function listen(app: App, at: { host: string; port: number }): Promise<Listening> {
  const server = serverOf(app);
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
  const server = serverOf(app);
  await start(server, () => server.listen(path));
  chmodSync(path, 0o600);
  return { close: (graceMs) => close(server, graceMs) };
}

function serverOf(app: App): Server {
  return createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      // An import may take long to send.
      requestTimeout: 0,
    },
  }) as Server;
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
