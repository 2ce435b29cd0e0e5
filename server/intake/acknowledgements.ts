import type { Socket } from 'node:net';
import type { Client, PublishPacket } from 'aedes';
import type { Reply } from './packet.ts';

/** Packets whose readings become durable in one commit: the sink gave all of them the same promise. */
interface Commit {
  stored: Promise<unknown>;
  packets: Arrived[];
}

/** A connection, as far as its packets that wait go. */
export interface InOrder {
  /** The commit that its last packet waits for; null when none waits. */
  last: Commit | null;
  /** Of all that wait. */
  waitingBytes: number;
}

/** A packet that came in over the embedded broker. */
export interface Arrived {
  /** null for what the broker publishes itself. */
  client: Client | null;
  packet: PublishPacket;
  peer: InOrder | null;
  /** What its device waits to be told. */
  reply: Reply | null;
  /** Lets aedes go on; with an error it closes the connection. */
  callback(error?: Error | null): void;
}

interface Options {
  /** Of packets that may wait before no more are read beside them, of a connection and of all. */
  aheadBytes: { ofOne: number; ofAll: number };
  /** Whether nobody has subscribed to anything. */
  alone(): boolean;
  answer(reply: Reply): void;
  /** Called when a packet could not be stored, before its connection is closed. */
  failed(client: Client | null, error: unknown): void;
}

/** Packets of the embedded broker between their arrival and their acknowledgement. */
export class Acknowledgements {
  readonly #options: Options;
  #commit: Commit | null = null;
  #bytes = 0;
  /** Packets whose commit has not settled. */
  waiting = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Acknowledges it once what the sink promised has come. */
  after(stored: Promise<unknown>, packet: Arrived): void {
    if (this.#commit?.stored !== stored) this.#commit = this.#follow(stored);
    this.#wait(packet, this.#commit);
    if (packet.peer) packet.peer.last = this.#commit;
  }

  /** Acknowledges it, of which nothing is stored, when all before it of its connection are. */
  inTurn(packet: Arrived): void {
    const last = packet.peer?.last;
    if (last) this.#wait(packet, last);
    else this.#acknowledge([packet]);
  }

  /** Whether packets of a connection wait for their commit, and more of it may be read beside them. */
  isRoom(peer: InOrder): boolean {
    const { ofOne, ofAll } = this.#options.aheadBytes;
    return peer.last !== null && peer.waitingBytes < ofOne && this.#bytes < ofAll;
  }

  #wait(packet: Arrived, commit: Commit): void {
    commit.packets.push(packet);
    this.waiting++;
    const bytes = sizeOf(packet);
    this.#bytes += bytes;
    if (packet.peer) packet.peer.waitingBytes += bytes;
  }

  #follow(stored: Promise<unknown>): Commit {
    const commit: Commit = { stored, packets: [] };
    const settled = (): readonly Arrived[] => {
      if (this.#commit === commit) this.#commit = null;
      this.waiting -= commit.packets.length;
      for (const packet of commit.packets) {
        const bytes = sizeOf(packet);
        this.#bytes -= bytes;
        if (!packet.peer) continue;
        packet.peer.waitingBytes -= bytes;
        if (packet.peer.last === commit) packet.peer.last = null;
      }
      return commit.packets;
    };
    stored.then(
      () => this.#acknowledge(settled()),
      (error: unknown) => {
        const why = error instanceof Error ? error : new Error(String(error ?? 'not stored'));
        for (const { client, callback } of settled()) {
          this.#options.failed(client, error);
          callback(why);
        }
      },
    );
    return commit;
  }

  #acknowledge(packets: readonly Arrived[]): void {
    // Who subscribes is to get what passes by at its QoS; then aedes acknowledges.
    if (this.#options.alone()) writePubacks(packets);
    for (const { callback, reply } of packets) {
      callback(null);
      if (reply) this.#options.answer(reply);
    }
  }
}

/** What a packet takes at least: one of seven bytes is as much to keep and to commit as one of sixty. */
const LEAST_BYTES = 64;

function sizeOf({ packet }: Arrived): number {
  return Math.max(LEAST_BYTES, packet.payload.length + packet.topic.length);
}

/** Head and remaining length of a PUBACK; its packet id follows. */
const PUBACK = 0x4002;
const PUBACK_BYTES = 4;

/**
 * Writes the PUBACKs of the packets at QoS 1, those of a connection in one piece and in the order of the packets;
 * for aedes the packets are of QoS 0 from then on, which it does not acknowledge. By itself it makes three writes of
 * each PUBACK. A connection that does not take them is left to aedes, which waits for it and cuts it off.
 */
function writePubacks(packets: readonly Arrived[]): void {
  const ofSocket = new Map<Socket, number[]>();
  for (const { client, packet } of packets) {
    // A will is published for a connection that is gone, and has no packet id.
    if (client === null || packet.qos !== 1 || packet.messageId === undefined) continue;
    const socket = client.conn as Socket;
    if (socket.destroyed || socket.writableNeedDrain) continue;
    packet.qos = 0;
    const ids = ofSocket.get(socket);
    if (ids) ids.push(packet.messageId);
    else ofSocket.set(socket, [packet.messageId]);
  }
  for (const [socket, ids] of ofSocket) {
    const bytes = Buffer.allocUnsafe(ids.length * PUBACK_BYTES);
    let at = 0;
    for (const id of ids) {
      bytes.writeUInt16BE(PUBACK, at);
      bytes.writeUInt16BE(id, at + 2);
      at += PUBACK_BYTES;
    }
    socket.write(bytes);
  }
}
