import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { freePort } from '../support/port.ts';

export interface Received {
  topic: string;
  payload: string;
}

/** A real broker on a port of its own that writes down what it acknowledged. */
export class TestBroker {
  readonly received: Received[] = [];
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #close: (() => Promise<void>) | undefined;

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** Listens; after `stop` on the same port again. `accept` returns false to refuse a packet and its sender. */
  async start(accept: () => boolean = () => true): Promise<void> {
    const broker = await Aedes.createBroker({
      authorizePublish: (_client, packet, done) => {
        if (!accept()) return done(new Error('refused'));
        this.received.push({ topic: packet.topic, payload: packet.payload.toString() });
        done(null);
      },
    });
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      broker.handle(socket);
    });
    this.#port ||= await freePort();
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#close = async () => {
      server.close();
      this.drop();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    };
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }

  /** Every reading that came over a gateway's or a meter's topic, in order of arrival. */
  readings(): { meter: string; time: string | number; value: number }[] {
    return this.received.flatMap(({ topic, payload }) => {
      const body: unknown = JSON.parse(payload);
      if (topic.startsWith('gateways/')) return (body as { readings: [] }).readings;
      const meter = topic.split('/')[1]!;
      const list = (Array.isArray(body) ? body : [body]) as { time: string; value: number }[];
      return list.map((r) => ({ meter, ...r }));
    });
  }
}

/** Waits until something holds, a minute at most. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
