import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { Devices } from '../../server/access/devices.ts';
import { startBroker } from '../../server/intake/broker.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';
import { contextOf, MemorySink, NOW, packet, silent, text } from './support.ts';

/**
 * In CI some hundred connections of a dozen packets, the same ones each time; the nightly form sends PACKETS=100000
 * of a SEED of its own.
 */
const PACKETS = Number(process.env.PACKETS ?? 4000);
const SEED = Number(process.env.SEED ?? 176_632_262);
const PER_CONNECTION = 12;
/** Half of them against a broker that lets everybody in, half as a device with a credential. */
const RUNS = Math.ceil(PACKETS / PER_CONNECTION / 2);
const CLOSED_MS = 10_000;

const id = fc.integer({ min: 0, max: 65_535 }).map((n) => Buffer.of(n >> 8, n & 255));
const name = fc.oneof(
  fc.constantFrom(
    'meters/m/readings',
    'meters/other/readings',
    'gateways/g/readings',
    '#',
    '+/+',
    '$SYS/#',
    '',
    '/',
    'a/../b',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const payload = fc.oneof(
  fc.constantFrom(`{"time":${NOW},"value":1}`, '{"readings":[]}', '[', '', '{"value":1e999}'),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

/** Packets as a client sends them, of both versions and some that only a server sends. */
const proper = fc.oneof(
  fc
    .record({
      id: fc.string({ maxLength: 30 }),
      version: fc.constantFrom(3, 4, 5, 131),
      flags: fc.integer({ max: 255, min: 0 }),
    })
    .map((c) =>
      packet(
        0x10,
        text(c.version === 3 ? 'MQIsdp' : 'MQTT'),
        Buffer.of(c.version, c.flags, 0, 60),
        text(c.id),
      ),
    ),
  fc
    .record({ topic: name, id, payload, head: fc.constantFrom(0x30, 0x31, 0x32, 0x33, 0x34, 0x3a, 0x36) })
    .map((p) => packet(p.head, text(p.topic), p.head & 6 ? p.id : Buffer.alloc(0), Buffer.from(p.payload))),
  fc
    .record({ id, filter: name, qos: fc.integer({ min: 0, max: 3 }) })
    .map((s) => packet(0x82, s.id, text(s.filter), Buffer.of(s.qos))),
  fc.record({ id, filter: name }).map((s) => packet(0xa2, s.id, text(s.filter))),
  fc.tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70, 0x20, 0x90, 0xb0), id).map(([head, n]) => packet(head, n)),
  fc.constantFrom(packet(0xc0), packet(0xd0), packet(0xe0), packet(0xf0)),
);

/** As it is, or with something done to its bytes. */
const mutated = fc
  .tuple(
    proper,
    fc.constantFrom('none', 'none', 'none', 'flip', 'cut', 'insert', 'twice', 'length'),
    fc.nat({ max: 255 }),
    fc.nat({ max: 255 }),
  )
  .map(([bytes, how, where, what]): Buffer => {
    const at = where % bytes.length;
    const copy = Buffer.from(bytes);
    if (how === 'flip') copy[at] = (copy[at] as number) ^ (what | 1);
    if (how === 'cut') return copy.subarray(0, at);
    if (how === 'insert') return Buffer.concat([copy.subarray(0, at), Buffer.of(what), copy.subarray(at)]);
    if (how === 'twice') return Buffer.concat([copy, copy]);
    if (how === 'length' && copy.length > 1) copy[1] = what;
    return copy;
  });

const connection = fc.record({
  /** Most get past the door, where there is more to break. */
  polite: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  packets: fc.array(mutated, { minLength: PER_CONNECTION, maxLength: PER_CONNECTION }),
  /** Bytes at a time: packets arrive in pieces, and several at once. */
  piece: fc.constantFrom(1, 7, 64, 65_536),
});

/** Secrets of the two meters that may sign in, behind a door of their own. */
function credentials(): { door: Devices; secrets: Map<string, string> } {
  const catalogue = temporaryCatalogue();
  const meters = ['m', 'honest', 'other'].map((id) => ({ id, name: id, node: 'b', carrier: 'electricity' }));
  catalogue.applyEstate({ version: 1, nodes: [{ id: 'b', name: 'b', kind: 'building' }], meters }, 'test');
  const estate = () => catalogue.snapshot();
  const store = catalogue.devices;
  const door = new Devices({ store, estate, now: Date.now, anonymous: false, log: silent });
  const wanted = door.without(estate()).filter((of) => of.name !== 'other');
  const made = door.addAll(wanted, 'test');
  return { door, secrets: new Map(made.map(({ device, secret }) => [device.name, secret])) };
}

test.each(['everybody', 'devices'])(
  `property: whatever bytes arrive, the broker lives and others are served (%s, seed ${SEED})`,
  async (who) => {
    const guarded = who === 'devices' ? credentials() : null;
    const secretOf = (name: string): string => guarded?.secrets.get(name) ?? '';
    const sink = new MemorySink();
    const context = contextOf([{ id: 'm' }, { id: 'honest' }, { id: 'other' }]);
    const broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      sink,
      context: () => context,
      ...(guarded && { door: guarded.door }),
      log: silent,
    });
    const honest = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      reconnectPeriod: 0,
      ...(guarded && { clientId: 'honest', username: 'honest', password: secretOf('honest') }),
    });
    let published = 0;
    let memory = 0;
    try {
      await fc.assert(
        fc.asyncProperty(connection, async ({ polite, packets, piece }) => {
          const socket = connect(broker.port, '127.0.0.1');
          socket.on('error', () => {});
          const closed = once(socket, 'close');
          await once(socket, 'connect');
          socket.resume();
          const hello = guarded
            ? packet(0x10, text('MQTT'), Buffer.of(4, 0xc2, 0, 60), ...['fuzz', 'm', secretOf('m')].map(text))
            : packet(0x10, text('MQTT'), Buffer.of(4, 2, 0, 60), text(`fuzz-${published}`));
          const bytes = Buffer.concat(polite ? [hello, ...packets] : packets);
          for (let at = 0; at < bytes.length && !socket.destroyed; at += piece) {
            socket.write(bytes.subarray(at, at + piece));
          }
          socket.end();
          // Whoever was there before is served beside it, and its readings arrive.
          const value = ++published;
          await honest.publishAsync('meters/honest/readings', JSON.stringify({ time: NOW - value, value }), {
            qos: 1,
          });
          expect(sink.readings.some((r) => r.meter === 2 && r.value === value)).toBe(true);
          if (guarded) {
            // Whatever it made of the bytes, nobody spoke for another.
            expect(sink.readings.filter((r) => r.meter === 3)).toEqual([]);
            expect(sink.readings.filter((r) => r.meter === 2)).toHaveLength(1);
          }
          sink.readings.length = 0;
          sink.rejects.length = 0;
          const deadline = new AbortController();
          await Promise.race([
            closed,
            wait(CLOSED_MS, undefined, { signal: deadline.signal }).then(() => {
              throw new Error('a connection that has ended is still open');
            }),
          ]).finally(() => deadline.abort());
          // What a fresh process needs is there after a tenth of the way.
          if (published === Math.ceil(RUNS / 10)) memory = heap();
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
      // Only the honest one is left, and nothing of the others.
      await expect.poll(() => broker.stats().clients, { timeout: CLOSED_MS }).toBe(1);
      expect(published).toBe(RUNS);
      expect(heap() - memory).toBeLessThan(20e6);
    } finally {
      await honest.endAsync(true);
      await broker.stop();
    }
  },
  1_800_000,
);

/** Bytes of objects that are in use; the collector is asked to look first. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
