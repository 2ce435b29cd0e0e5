import type { Socket } from 'node:net';
import type { Client } from 'aedes';

/** What aedes keeps for itself of how it reads. */
interface Reads {
  /** Packets that were read and are not answered. */
  _parsingBatch: number;
  /** One of them has been answered, or none was there: reads on after the last. */
  _nextBatch(): void;
  _parser: { parse(bytes: Buffer): void };
}

/**
 * aedes counts each arrival of bytes as an answered packet, so that of packets larger than one arrival it reads any
 * number while not one is stored. Here arriving bytes are read where no packet waits or where there is room for more
 * that do, and else after the last of them.
 * @param client of a connection of which nothing has been read yet
 * @param isRoom whether further packets of the connection may be read while some wait
 */
export function readInTurn(client: Client, socket: Socket, isRoom: () => boolean): void {
  const reads = client as Client & Reads;
  const next = reads._nextBatch;
  socket.off('readable', next);
  // Of a new connection aedes takes one packet for waiting, which is this first look.
  socket.once('readable', () => {
    next();
    socket.on('readable', () => {
      if (reads._parsingBatch <= 0) next();
      else if (isRoom()) {
        const bytes = socket.read() as Buffer | null;
        if (bytes) reads._parser.parse(bytes);
      }
    });
  });
}
