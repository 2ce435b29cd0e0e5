import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  request,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a connection between program and server does to what passes. */
export type Wire = 'through' | 'cut' | 'hang' | { bytesPerS: number };

/**
 * A wire to a server that is cut, hangs or is slow when the test says so. `cut` refuses new connections and
 * ends those that are there.
 */
export class Relay {
  #wire: Wire = 'through';
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes that went to the server, by which a cut in the middle is placed. */
  sent = 0;
  /** Cuts the wire once so many more bytes went to the server. */
  cutAfter = Number.POSITIVE_INFINITY;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on, also for connections that are there; what hung goes through when it is `through` again. */
  set(wire: Wire): void {
    this.#wire = wire;
    for (const socket of this.#sockets) {
      if (wire === 'cut') socket.destroy();
      else if (wire === 'hang') socket.pause();
      else socket.resume();
    }
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#wire === 'cut') return void near.resetAndDestroy();
    const far = connect(this.#target, '127.0.0.1');
    this.#carry(near, far, true);
    this.#carry(far, near, false);
    if (this.#wire === 'hang') for (const s of [near, far]) s.pause();
  }

  #carry(from: Socket, to: Socket, counted: boolean): void {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on('data', (chunk: Buffer) => {
      if (counted) this.sent += chunk.length;
      if (counted && this.sent >= this.cutAfter) {
        this.cutAfter = Number.POSITIVE_INFINITY;
        return this.set('cut');
      }
      to.write(chunk);
      if (typeof this.#wire !== 'object') return;
      from.pause();
      setTimeout(
        () => {
          if (this.#wire !== 'hang') from.resume();
        },
        (chunk.length / this.#wire.bytesPerS) * 1000,
      );
    });
  }
}

/** What a gate in front of a server answers in its place; null lets the request through. */
export type Refuse = (
  path: string,
  body: string,
) => { status: number; body: string; headers?: Record<string, string> } | null;

/** A gate in front of a real server that answers some requests itself, as other editions or proxies would. */
export class Gate {
  refuse: Refuse = () => null;
  /** Requests that came, by path without its query. */
  readonly came: string[] = [];
  readonly #server: HttpServer;

  constructor(target: string) {
    this.#server = createHttp((incoming, response) => {
      void read(incoming).then((body) => {
        const path = incoming.url ?? '';
        this.came.push(path.split('?')[0] as string);
        const own = this.refuse(path, body.toString());
        if (own) return response.writeHead(own.status, own.headers).end(own.body);
        const { method, headers } = incoming;
        const onward = request(`${target}${path}`, { ...(method && { method }), headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on('error', () => response.destroy());
        onward.end(body);
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
