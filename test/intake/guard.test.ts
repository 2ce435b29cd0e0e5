import { createServer, connect as dial, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { PACKET_LIMIT_BYTES } from '../../server/domain/reading.ts';
import { type Guard, guard } from '../../server/intake/guard.ts';
import { until } from './support.ts';

/** A PUBLISH of QoS 1 with its framing. */
function publish(topic: string, id: number, payload: Uint8Array, version5 = false): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.concat([
    Buffer.of(name.length >> 8, name.length & 255),
    name,
    Buffer.of(id >> 8, id & 255),
    // MQTT 5: properties of 5 bytes, message expiry 1 s
    version5 ? Buffer.of(5, 2, 0, 0, 0, 1) : Buffer.alloc(0),
  ]);
  return Buffer.concat([Buffer.of(0x32), lengthOf(head.length + payload.length), head, payload]);
}

function lengthOf(n: number): Buffer {
  const out: number[] = [];
  do {
    const low = n % 128;
    n = Math.floor(n / 128);
    out.push(n > 0 ? low | 128 : low);
  } while (n > 0);
  return Buffer.from(out);
}

const CONNECT = Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 0]);
const PING = Buffer.of(0xc0, 0);

interface Side {
  received(): Buffer;
  guard: Guard;
  refused: string[];
  chunks: number;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function pair(version5 = false): Promise<{ client: Socket; side: Side }> {
  const sides: Side[] = [];
  const server = createServer((socket) => {
    const received: Buffer[] = [];
    const refused: string[] = [];
    const side: Side = {
      received: () => Buffer.concat(received),
      guard: guard(socket, {
        expectConnect: true,
        version5,
        onBytes: () => {
          side.chunks++;
        },
        onRefused: (why) => refused.push(why),
      }),
      refused,
      chunks: 0,
    };
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => {});
    sides.push(side);
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const address = server.address();
  const client = dial(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  client.setNoDelay(true);
  client.on('error', () => {});
  closing.push(() => {
    client.destroy();
    server.close();
  });
  await until('the connection', () => sides.length === 1);
  return { client, side: sides[0] as Side };
}

/** Writes the bytes in pieces, giving each a chance to arrive by itself. */
async function write(client: Socket, bytes: Buffer, sizes: readonly number[]): Promise<void> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i] ?? bytes.length;
    await new Promise<void>((go) => client.write(bytes.subarray(at, at + size), () => go()));
    await new Promise((go) => setImmediate(go));
    at += size;
  }
}

describe('the guard', () => {
  it('lets every packet within its limit through byte for byte, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 30 }),
        async (payloads, sizes) => {
          const { client, side } = await pair();
          const packets = payloads.map((n, i) => publish(`meters/m${i}/readings`, i + 1, Buffer.alloc(n, i)));
          const sent = Buffer.concat([CONNECT, ...packets.flatMap((p) => [p, PING])]);
          await write(client, sent, sizes);
          await until('all bytes', () => side.received().length >= sent.length);
          expect(side.received().equals(sent)).toBe(true);
          expect(side.refused).toEqual([]);
          client.destroy();
        },
      ),
      { numRuns: 25 },
    );
  });

  for (const version5 of [false, true]) {
    it(`puts a small PUBLISH in the place of one over the limit (MQTT ${version5 ? 5 : '3.1.1'})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), async (sizes) => {
          const { client, side } = await pair(version5);
          const before = publish('a', 1, Buffer.from('x'), version5);
          const big = publish('meters/m/readings', 515, Buffer.alloc(PACKET_LIMIT_BYTES, 'y'), version5);
          const after = publish('b', 2, Buffer.from('z'), version5);
          await write(client, Buffer.concat([CONNECT, before, big, after]), [20, ...sizes]);
          await until('the packet behind', () => side.received().subarray(-after.length).equals(after));
          const got = side.received();
          const start = Buffer.concat([CONNECT, before]);
          expect(got.subarray(0, start.length).equals(start)).toBe(true);
          const small = got.subarray(start.length, got.length - after.length);
          expect(small[0]).toBe(0x32);
          const properties = version5 ? 1 : 0;
          // fixed header 3, topic 2 + 17, packet id 2, (empty properties), mark 24, beginning 1,024
          const head = 3 + 2 + 17 + 2 + properties;
          expect(small.length).toBeLessThanOrEqual(head + 24 + 1024);
          expect(small.subarray(5, 22).toString()).toBe('meters/m/readings');
          expect(small.readUInt16BE(22)).toBe(515);
          const cut = side.guard.unwrap(small.subarray(head));
          expect(cut?.bytes).toBe(2 + 17 + 2 + (version5 ? 6 : 0) + PACKET_LIMIT_BYTES);
          expect(cut?.payload.toString()).toMatch(/^y{1000,1024}$/);
          client.destroy();
        }),
        { numRuns: 15 },
      );
    });
  }

  it('does not take a payload for a stand-in because it looks like one', async () => {
    const { client, side } = await pair();
    await write(client, CONNECT, []);
    await until('the packet', () => side.received().length > 0);
    expect(side.guard.unwrap(Buffer.alloc(100))).toBeNull();
  });

  it('holds nothing of 100 MB that pass by', async () => {
    const { client, side } = await pair();
    const size = 100 * 2 ** 20;
    const before = process.memoryUsage().rss;
    client.write(CONNECT);
    client.write(Buffer.concat([Buffer.of(0x32), lengthOf(size), Buffer.of(0, 1, 97, 0, 1)]));
    const chunk = Buffer.alloc(2 ** 20);
    for (let left = size - 5; left > 0; left -= chunk.length) {
      if (!client.write(chunk.subarray(0, Math.min(chunk.length, left)))) {
        await new Promise((go) => client.once('drain', go));
      }
    }
    client.write(PING);
    await until('the packet behind', () => side.received().subarray(-2).equals(PING));
    expect(side.received().length).toBeLessThan(2000);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 2 ** 20);
  });

  it.each([
    ['a first packet that is no CONNECT', PING, 'first packet is no CONNECT'],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'first packet is no CONNECT'],
    ['a length of five bytes', Buffer.from([0x10, 255, 255, 255, 255, 1]), 'malformed packet length'],
    [
      'a CONNECT of 16 KiB and one byte',
      Buffer.from([0x10, 0x81, 0x80, 1, 0]),
      'packet of type 1 with 16385 bytes',
    ],
    [
      'a SUBSCRIBE of 1 MB',
      Buffer.concat([CONNECT, Buffer.of(0x82), lengthOf(1_000_000)]),
      'packet of type 8 with 1000000 bytes',
    ],
    [
      'a large PUBLISH with a topic of 5,000 bytes',
      Buffer.concat([CONNECT, Buffer.of(0x32), lengthOf(1_000_000), Buffer.of(5000 >> 8, 5000 & 255, 97)]),
      'topic of 5000 bytes',
    ],
    [
      'a large PUBLISH of QoS 3',
      Buffer.concat([CONNECT, Buffer.of(0x36), lengthOf(1_000_000), Buffer.of(0, 1, 97)]),
      'malformed QoS',
    ],
  ])('breaks off on %s', async (_name, bytes, why) => {
    const { client, side } = await pair();
    let closed = false;
    client.on('close', () => {
      closed = true;
    });
    client.write(bytes);
    await until('the connection closes', () => closed);
    expect(side.refused).toEqual([why]);
  });
});
