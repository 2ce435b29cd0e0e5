import type { Socket } from 'node:net';

/**
 * Bounds the connections of a broker. When there are as many as there may be, the one that has waited longest without
 * being let in makes room for the next: who opens connections and says nothing, or never ends his handshake, keeps out
 * others of his kind and no gateway. Those who were let in stay.
 */
export class Entrance {
  readonly #limit: number;
  readonly #here = new Set<Socket>();
  /** By where they come from, since behind TLS another object is let in than the one that arrived; the oldest first. */
  readonly #waiting = new Map<string, Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Of each connection, before anything of it is read. @returns whether one was turned away for it, or itself */
  arrive(socket: Socket): boolean {
    const isFull = this.#here.size >= this.#limit;
    if (isFull) {
      const [oldest] = this.#waiting;
      if (!oldest) {
        socket.destroy();
        return true;
      }
      this.#leave(...oldest);
      oldest[1].destroy();
    }
    const from = origin(socket);
    this.#here.add(socket);
    this.#waiting.set(from, socket);
    socket.once('close', () => this.#leave(from, socket));
    return isFull;
  }

  /** It has become a client. */
  letIn(socket: Socket): void {
    this.#waiting.delete(origin(socket));
  }

  #leave(from: string, socket: Socket): void {
    this.#here.delete(socket);
    if (this.#waiting.get(from) === socket) this.#waiting.delete(from);
  }
}

function origin({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
