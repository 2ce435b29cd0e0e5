import { once } from 'node:events';
import { connect } from 'node:net';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reject } from '../../server/domain/reading.ts';
import { startBroker } from '../../server/intake/broker.ts';
import { decode, TOPIC_LIMIT } from '../../server/intake/decode.ts';
import { importReadings } from '../../server/intake/import.ts';
import { ELEMENT_LIMIT, REJECT_LIMIT } from '../../server/intake/packet.ts';
import type { Sink } from '../../server/intake/port.ts';
import { retry } from '../../server/intake/retry.ts';
import { contextOf, json, MemorySink, NOW, packet, silent, text } from './support.ts';

const context = contextOf([{ id: 'm' }]);

describe('a client of the broker', () => {
  async function connected(subscriptions = 3) {
    const sink = new MemorySink();
    const options = { host: '127.0.0.1', port: 0, sink, context: () => context, log: silent };
    const broker = await startBroker({ ...options, limits: { subscriptions } });
    onTestFinished(() => broker.stop());
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
    client.on('error', () => {});
    onTestFinished(() => void client.end(true));
    return { sink, broker, client };
  }

  test('that subscribes to too much is refused the rest', async () => {
    const { broker, client } = await connected(3);
    const granted = await client.subscribeAsync(['a', 'b', 'c'], { qos: 0 });
    expect(granted.map((g) => g.qos)).toEqual([0, 0, 0]);
    await expect(client.subscribeAsync('d', { qos: 0 })).rejects.toThrow();
    expect(broker.stats().refused).toBe(1);
  });

  test('that sends to a topic which is too long is closed, and nothing of it is kept', async () => {
    const { sink, broker, client } = await connected();
    const gone = new Promise<void>((closed) => client.once('close', () => closed()));
    client.publish(`meters/${'m'.repeat(TOPIC_LIMIT)}/readings`, 'x', { qos: 1 });
    await gone;
    expect(sink.appends).toBe(0);
    expect(broker.stats().refused).toBe(1);
  });

  // Some to a read of the socket, one to a few, and larger than what is read ahead.
  test.each([9_900, 60_000, 250_000])(
    'that sends on packets of %i bytes while a commit hangs is read ahead to a bound, and waits itself for the rest',
    async (bytes) => {
      const hanging: Sink = { append: () => new Promise(() => {}) };
      const aheadBytes = 64 * 1024;
      const options = { host: '127.0.0.1', port: 0, sink: hanging, context: () => context, log: silent };
      const broker = await startBroker({ ...options, limits: { aheadBytes } });
      const socket = connect(broker.port, '127.0.0.1');
      onTestFinished(() => {
        socket.destroy();
        return broker.stop();
      });
      const payload = json({ time: NOW, value: 1, note: 'x'.repeat(bytes) });
      socket.write(packet(0x10, text('MQTT'), Buffer.of(4, 2, 0, 0), text('flood')));
      await once(socket, 'data');
      for (let id = 1; id <= 16_000_000 / bytes; id++)
        socket.write(packet(0x32, text('meters/m/readings'), Buffer.of(id >> 8, id & 255), payload));
      await expect.poll(() => broker.stats().bytes).toBeGreaterThanOrEqual(aheadBytes);
      // Others come and go meanwhile; each of their turns would read more of it.
      for (let i = 0; i < 20; i++) await (await connectAsync(`mqtt://127.0.0.1:${broker.port}`)).endAsync();
      // What is taken apart, what is read ahead of it, and a read of the socket over each.
      expect(broker.stats().bytes).toBeLessThan(bytes + 4 * (aheadBytes + 64 * 1024));
      expect(socket.writableLength).toBeGreaterThan(1_000_000);
    },
  );
});

test('packets that are next to nothing are read ahead to a bound as well', async () => {
  let appends = 0;
  const hanging: Sink = {
    append() {
      appends++;
      return new Promise(() => {});
    },
  };
  const options = { host: '127.0.0.1', port: 0, sink: hanging, context: () => context, log: silent };
  const broker = await startBroker({ ...options, limits: { aheadBytes: 1024 * 1024 } });
  const socket = connect(broker.port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
    return broker.stop();
  });
  socket.write(packet(0x10, text('MQTT'), Buffer.of(4, 2, 0, 0), text('flood')));
  await once(socket, 'data');
  const one = packet(0x32, text('a'), Buffer.of(0, 1));
  const sent = 2 ** 20;
  for (let i = 0; i < 64; i++) socket.write(Buffer.alloc((one.length * sent) / 64, one));
  // 1 MiB of them at 64 bytes each.
  await expect.poll(() => appends).toBeGreaterThanOrEqual(2 ** 14);
  for (let i = 0; i < 20; i++) await (await connectAsync(`mqtt://127.0.0.1:${broker.port}`)).endAsync();
  // Beside that a few reads of 64 KiB, which are nine thousand of seven bytes each.
  expect(appends).toBeLessThan(2 ** 14 + (4 * 65_536) / one.length);
});

test('the connections of a broker together are read ahead to a bound', async () => {
  const hanging: Sink = { append: () => new Promise(() => {}) };
  const limits = { aheadBytes: 1024 * 1024, allAheadBytes: 200_000 };
  const options = { host: '127.0.0.1', port: 0, sink: hanging, context: () => context, log: silent };
  const broker = await startBroker({ ...options, limits });
  onTestFinished(() => broker.stop());
  const payload = json({ time: NOW, value: 1, note: 'x'.repeat(9_900) });
  const floods = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const socket = connect(broker.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write(packet(0x10, text('MQTT'), Buffer.of(4, 2, 0, 0), text(`flood-${i}`)));
      await once(socket, 'data');
      for (let id = 1; id <= 1600; id++)
        socket.write(packet(0x32, text('meters/m/readings'), Buffer.of(id >> 8, id & 255), payload));
      return socket;
    }),
  );
  await expect.poll(() => broker.stats().bytes).toBeGreaterThanOrEqual(limits.allAheadBytes);
  for (let i = 0; i < 20; i++) await (await connectAsync(`mqtt://127.0.0.1:${broker.port}`)).endAsync();
  // Beside that each has what was read of it at first, and what its socket holds.
  expect(broker.stats().bytes).toBeLessThan(limits.allAheadBytes + 8 * 3 * 64 * 1024);
  for (const socket of floods) expect(socket.writableLength).toBeGreaterThan(1_000_000);
});

/** Takes what is imported, and hands nothing of it on. */
const NOWHERE = {
  newSource: () => 1,
  appendFrom: async () => 1,
  outcome: () => ({ stored: 0, duplicate: 0, conflict: 0 }),
  forgetOutcome: () => {},
  drained: async () => {},
  forward: async () => {},
};

test('a packet of too many readings waits in quarantine as a whole', () => {
  const payload = json(Array.from({ length: ELEMENT_LIMIT + 1 }, () => 1));
  const { readings, rejects } = decode({ topic: 'meters/m/readings', payload }, NOW, context);
  expect(readings).toEqual([]);
  expect(rejects.map((r) => [r.kind, r.detail])).toEqual([
    ['packet', expect.stringMatching(/20001 elements, at most 20000 are taken/)],
  ]);
});

test('a packet of bad elements beyond a number is one item of quarantine, and read as a whole again', () => {
  const good = [1, 2, 3].map((value) => ({ time: NOW - value * 1000, value }));
  const ahead = Array.from({ length: REJECT_LIMIT + 1 }, (_, i) => ({
    time: NOW + 7e5 + i * 1000,
    value: i,
  }));
  const bad = Array.from({ length: REJECT_LIMIT + 1 }, (_, i) => ({
    time: NOW - 1e6 - i * 1000,
    value: 'x',
  }));
  const topic = 'meters/m/readings';
  const read = (list: unknown[]) => decode({ topic, payload: json(list) }, NOW, context);
  // As many as may be, each for itself.
  expect(read([...good, ...bad.slice(1)]).rejects).toHaveLength(REJECT_LIMIT);
  const { readings, rejects } = read([...good, ...bad, ...ahead]);
  expect(readings.map((r) => r.value)).toEqual([1, 2, 3]);
  const whole = rejects.filter((r) => r.kind === 'packet');
  expect(whole).toMatchObject([
    {
      reason: 'value_invalid',
      detail: '1001 elements, [3].value: "x" is not a finite number',
      source: topic,
    },
  ]);
  // What is ahead of time is taken in by itself when it is due, each reading for itself.
  expect(rejects.filter((r) => r.reason === 'time_ahead')).toHaveLength(REJECT_LIMIT + 1);
  expect(rejects).toHaveLength(REJECT_LIMIT + 2);
  const later = retry(whole[0] as Reject, { ...context, now: NOW + 1e7 });
  expect(later.readings).toHaveLength(3 + REJECT_LIMIT + 1);
  // Meters that nobody has entered yet are told one by one, however many a gateway has.
  const unknown = Array.from({ length: 3000 }, (_, i) => ({ meter: `new-${i}`, value: 1 }));
  const gateway = decode(
    { topic: 'gateways/g/readings', payload: json({ readings: [...unknown, ...bad] }) },
    NOW,
    context,
  );
  expect(gateway.rejects.map((r) => r.kind).filter((kind) => kind === 'reading')).toHaveLength(3000);
  expect(gateway.rejects).toHaveLength(3001);
});

test('an import with a line that does not end ends there, and names it', async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<string> {
    yield 'meter,time,value\n';
    for (;;) {
      sent++;
      yield 'x'.repeat(1000);
    }
  }
  const rows = importReadings(endless(), 'file', NOWHERE, () => context);
  await expect(rows.next()).rejects.toThrow('line 2: longer than 4096 characters');
  expect(sent).toBe(5);
});

test('an import waits when the time series does not follow, and reads no further', async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<string> {
    yield 'meter,time,value\n';
    for (;;) {
      let lines = '';
      for (let i = 0; i < 1000; i++) lines += `m,${NOW - 1_000_000_000 + sent++ * 1000},1\n`;
      yield lines;
    }
  }
  const rows = importReadings(endless(), 'file', NOWHERE, () => context, 20);
  let read = 0;
  // As long as it reads on it tells of more rows; then of the same again and again.
  for (let same = 0; same < 5; ) {
    const { value } = await rows.next();
    const now = (value as { rows: number }).rows;
    same = now === read ? same + 1 : 0;
    read = now;
  }
  expect(read).toBeGreaterThan(200_000);
  // At most one batch of 5,000 over it.
  expect(read).toBeLessThanOrEqual(205_000);
  expect(sent).toBeLessThan(210_000);
  await rows.return(undefined);
}, 60_000);
