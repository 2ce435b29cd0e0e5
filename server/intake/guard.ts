import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { PACKET_LIMIT_BYTES } from '../domain/reading.ts';

/**
 * Follows MQTT framing ahead of the parser, which would otherwise hold a packet of any announced size in
 * memory, even before the client has said who it is (aedes#1086).
 *
 * A PUBLISH over the limit is passed over at the speed of the socket and replaced by a small one with the same
 * topic, QoS and packet id, so that it is acknowledged as any other and its sender does not repeat it for
 * ever. What stands in the small one is marked by a secret of the connection; `unwrap` recognises it.
 */
export interface Guard {
  /** The payload of an oversize packet's stand-in, and the true size; null for any other packet. */
  unwrap(payload: Uint8Array): { payload: Buffer; bytes: number } | null;
}

export interface GuardOptions {
  /** The first packet must be a CONNECT: true for a broker's side. */
  expectConnect: boolean;
  /** MQTT 5 puts properties between packet id and payload. */
  version5?: boolean;
  /** Called once, before the connection is destroyed. */
  onRefused(why: string): void;
  /** Called with every chunk that arrives. */
  onBytes(count: number): void;
}

/** A CONNECT carries a will at most, and comes from anybody: thousands of them are held until their last byte. */
const CONNECT_LIMIT_BYTES = 16 * 1024;
/** Packets other than PUBLISH have no reason to be longer. */
const OTHER_LIMIT_BYTES = 64 * 1024;
const TOPIC_LIMIT_BYTES = 4096;
const KEPT_BYTES = 1024;
const MARK_BYTES = 24;

const CONNECT = 1;
const PUBLISH = 3;

/** A socket, plain or encrypted, or the stream of a websocket. */
export type Guarded = Pick<Duplex, 'push' | 'destroy'>;

/**
 * Puts a guard on a socket that nobody has read from yet. It stands in the socket's own `push`, the method by
 * which arriving bytes enter the stream, so that whole chunks pass without a copy or a second stream.
 */
export function guard(socket: Guarded, options: GuardOptions): Guard {
  const push = socket.push.bind(socket);
  let first = options.expectConnect;
  let refused = false;
  /** Bytes of a header that the last chunk ended in. */
  let header = Buffer.alloc(0);
  /** Bytes of the current packet that are still to come. */
  let remaining = 0;
  let oversize: Oversize | null = null;
  let secret: Buffer | null = null;

  const refuse = (why: string): boolean => {
    refused = true;
    options.onRefused(why);
    // Not inside push: the stream is in the middle of reading.
    setImmediate(() => socket.destroy());
    return false;
  };

  /** Passes on what may pass of a chunk; false when the stream has enough for now. */
  const take = (chunk: Buffer): boolean => {
    let more = true;
    let from = 0;
    let at = 0;
    const forward = (to: number): void => {
      if (to > from) more = push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
      from = to;
    };
    while (at < chunk.length) {
      if (oversize) {
        const step = Math.min(remaining, chunk.length - at);
        const wrong = oversize.take(chunk.subarray(at, at + step));
        if (wrong) return refuse(wrong);
        at += step;
        from = at;
        remaining -= step;
        if (remaining === 0) {
          secret ??= randomBytes(16);
          more = push(oversize.standIn(secret));
          oversize = null;
        }
        continue;
      }
      if (remaining > 0) {
        const step = Math.min(remaining, chunk.length - at);
        at += step;
        remaining -= step;
        continue;
      }
      // A packet begins here, or in the bytes that were kept back of the chunk before.
      const kept = header.length;
      const length = readLength(header, chunk, at);
      if (length === MALFORMED) return refuse('malformed packet length');
      if (length === INCOMPLETE) {
        forward(at);
        header = Buffer.concat([header, chunk.subarray(at)]);
        return more;
      }
      const type = (kept > 0 ? (header[0] as number) : (chunk[at] as number)) >> 4;
      const flags = (kept > 0 ? (header[0] as number) : (chunk[at] as number)) & 0x0f;
      const headerEnd = at + lengthBytes(header, chunk, at) + 1 - kept;
      if (first && type !== CONNECT) return refuse('first packet is no CONNECT');
      first = false;
      if (length > limitOf(type)) {
        if (type !== PUBLISH) return refuse(`packet of type ${type} with ${length} bytes`);
        forward(at);
        oversize = new Oversize(flags, length, options.version5 ?? false);
        from = headerEnd;
      } else if (kept > 0) more = push(header);
      header = EMPTY;
      at = headerEnd;
      remaining = length;
    }
    forward(chunk.length);
    return more;
  };

  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (!Buffer.isBuffer(chunk)) return push(chunk, encoding);
    if (refused) return false;
    options.onBytes(chunk.length);
    return take(chunk);
  };

  return {
    unwrap(payload) {
      if (!secret || payload.byteLength < MARK_BYTES) return null;
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      if (!bytes.subarray(0, 16).equals(secret)) return null;
      return { payload: bytes.subarray(MARK_BYTES), bytes: Number(bytes.readBigUInt64BE(16)) };
    },
  };
}

function limitOf(type: number): number {
  if (type === PUBLISH) return PACKET_LIMIT_BYTES;
  return type === CONNECT ? CONNECT_LIMIT_BYTES : OTHER_LIMIT_BYTES;
}

const EMPTY = Buffer.alloc(0);
const INCOMPLETE = -1;
const MALFORMED = -2;

/** Remaining length of the packet whose first byte is the first of `header`, or of `chunk` at `at`. */
function readLength(header: Buffer, chunk: Buffer, at: number): number {
  let value = 0;
  let factor = 1;
  for (let i = 1; i <= 4; i++) {
    const byte = i < header.length ? header[i] : chunk[at + i - header.length];
    if (byte === undefined) return INCOMPLETE;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  return MALFORMED;
}

/** How many bytes that length is written in; only for a length that `readLength` could read. */
function lengthBytes(header: Buffer, chunk: Buffer, at: number): number {
  let i = 1;
  while (((i < header.length ? header[i] : chunk[at + i - header.length]) ?? 0) >= 0x80) i++;
  return i;
}

/** A PUBLISH over the limit while it goes by: its beginning is kept, the rest is counted. */
class Oversize {
  readonly #flags: number;
  readonly #length: number;
  readonly #version5: boolean;
  #kept: Buffer = EMPTY;
  #wanted = 2;

  constructor(flags: number, length: number, version5: boolean) {
    this.#flags = flags;
    this.#length = length;
    this.#version5 = version5;
  }

  get #qos(): number {
    return (this.#flags >> 1) & 3;
  }

  /** @returns why the connection cannot go on, or null. */
  take(part: Buffer): string | null {
    if (this.#qos === 3) return 'malformed QoS';
    let at = 0;
    while (this.#kept.length < this.#wanted && at < part.length) {
      const end = Math.min(part.length, at + this.#wanted - this.#kept.length);
      this.#kept = Buffer.concat([this.#kept, part.subarray(at, end)]);
      at = end;
      if (this.#kept.length === 2) {
        const topic = this.#kept.readUInt16BE(0);
        if (topic > TOPIC_LIMIT_BYTES) return `topic of ${topic} bytes`;
        this.#wanted = 2 + topic + (this.#qos > 0 ? 2 : 0) + KEPT_BYTES;
      }
    }
    return null;
  }

  /** The small PUBLISH in its place: payload = secret, true size, beginning of the payload. */
  standIn(secret: Buffer): Buffer {
    const head = 2 + this.#kept.readUInt16BE(0) + (this.#qos > 0 ? 2 : 0);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(this.#length));
    const body = Buffer.concat([
      this.#kept.subarray(0, head),
      this.#version5 ? Buffer.of(0) : EMPTY,
      secret,
      size,
      this.#kept.subarray(head + (this.#version5 ? propertiesLength(this.#kept, head) : 0)),
    ]);
    // Never retained: it would stand for a value later.
    const first = (PUBLISH << 4) | (this.#flags & 0x0e);
    const length = [body.length & 0x7f];
    for (let rest = body.length >> 7; rest > 0; rest >>= 7) {
      length[length.length - 1] = (length[length.length - 1] as number) | 0x80;
      length.push(rest & 0x7f);
    }
    return Buffer.concat([Buffer.of(first, ...length), body]);
  }
}

/** Bytes that MQTT 5 properties take, their own length included. */
function propertiesLength(bytes: Buffer, at: number): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return i + 1 + value;
    factor *= 128;
  }
  return bytes.length;
}
