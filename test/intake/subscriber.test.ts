import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Subscriber, type SubscriberOptions, startSubscriber } from '../../server/intake/subscriber.ts';
import { mosquittoInstalled, startMosquitto } from '../support/mosquitto.ts';
import { contextOf, json, MemorySink, NOW, silent, until } from './support.ts';

interface TestBroker {
  port: number;
  stop(): Promise<void>;
}

async function startAedes(options: AedesOptions = {}): Promise<TestBroker> {
  const broker = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const s of sockets) s.destroy();
      server.close();
      await new Promise<void>((go) => broker.close(() => go()));
    },
  };
}

/** The settings that a broker in front of jieneng needs: a queue that does not shed, no limit of 20 in flight. */
const startReal = (): Promise<TestBroker> =>
  startMosquitto(['max_queued_messages 0', 'max_inflight_messages 0']);

const meters = Array.from({ length: 10 }, (_, i) => ({ id: `m${i}` }));
const reading = (i: number) => json({ time: NOW / 1000 - 100_000 + i, value: i });
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe.each([
  ['aedes', () => startAedes(), 4, true],
  ['mosquitto', startReal, 5, mosquittoInstalled],
] as const)('the subscriber to %s', (_name, startBroker, version, available) => {
  let broker: TestBroker;
  let sink: MemorySink;
  let context = contextOf(meters);
  let subscribers: Subscriber[] = [];
  let clients: MqttClient[] = [];

  const subscribe = async (options: Partial<SubscriberOptions> = {}): Promise<Subscriber> => {
    const made = startSubscriber({
      access: { url: `mqtt://127.0.0.1:${broker.port}`, clientId: 'jieneng' },
      sink,
      context: () => context,
      log: silent,
      reconnectMs: 50,
      ...options,
    });
    subscribers.push(made);
    await until('the connection', () => made.stats().connected && made.stats().version === version);
    // Subscriptions follow the connection.
    const probe = await client();
    const before = sink.rejects.length;
    let probes = 0;
    await until('the subscription', () => {
      if (sink.rejects.length === before)
        probe.publish('meters/probe/readings', String(probes++), { qos: 0 });
      return sink.rejects.length > before;
    });
    const last = `"element":${probes - 1}}`;
    await until('the last probe', () => String(sink.rejects.at(-1)?.payload).endsWith(last));
    sink.rejects.length = 0;
    return made;
  };

  const client = async (options: IClientOptions = {}): Promise<MqttClient> => {
    const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, ...options });
    made.on('error', () => {});
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    if (!available) return;
    broker = await startBroker();
    sink = new MemorySink();
    context = contextOf(meters);
  });

  afterEach(async () => {
    if (!available) return;
    sink.release();
    for (const c of clients) c.end(true);
    for (const s of subscribers) await s.stop();
    clients = [];
    subscribers = [];
    await broker.stop();
  });

  const check = it.skipIf(!available);

  check('stores 3,000 readings, in order', async () => {
    await subscribe();
    const gateway = await client();
    await Promise.all(
      range(3000).map((i) => gateway.publishAsync(`meters/m${i % 10}/readings`, reading(i), { qos: 1 })),
    );
    await until('all readings', () => sink.readings.length >= 3000);
    expect(sink.readings.map((r) => r.value)).toEqual(range(3000));
  });

  check(
    'has many packets in flight while the sink has not settled, but not more than its limit',
    async () => {
      await subscribe({ inFlight: 50 });
      const gateway = await client();
      sink.hold();
      const from = sink.appends;
      await Promise.all(
        range(200).map((i) => gateway.publishAsync('meters/m1/readings', reading(i), { qos: 1 })),
      );
      await until('50 in flight', () => sink.appends - from >= 50);
      await new Promise((go) => setTimeout(go, 200));
      expect(sink.appends - from).toBe(50);
      sink.release();
      await until('all readings', () => sink.readings.length >= 200);
      expect(sink.readings.map((r) => r.value)).toEqual(range(200));
    },
  );

  check('does not acknowledge what was not stored: it comes again', async () => {
    await subscribe();
    const gateway = await client();
    sink.failing = true;
    await gateway.publishAsync('meters/m1/readings', reading(1), { qos: 1 });
    const first = sink.appends;
    await until('a second delivery', () => sink.appends > first);
    expect(sink.readings).toEqual([]);
    sink.failing = false;
    await until('the reading', () => sink.readings.length >= 1);
    expect(sink.readings.every((r) => r.value === 1)).toBe(true);
  });

  check('gets what was published while it was away', async () => {
    const first = await subscribe();
    await first.stop();
    const gateway = await client();
    await Promise.all(
      range(500).map((i) => gateway.publishAsync('meters/m1/readings', reading(i), { qos: 1 })),
    );
    expect(sink.readings).toEqual([]);
    await subscribe();
    await until('all readings', () => sink.readings.length >= 500);
    expect([...new Set(sink.readings.map((r) => r.value))].sort((a, b) => a - b)).toEqual(range(500));
  });

  check('takes 3,000 bad packets and then a good one', async () => {
    await subscribe();
    const gateway = await client();
    await Promise.all(range(3000).map(() => gateway.publishAsync('meters/m1/readings', '{"va', { qos: 1 })));
    await gateway.publishAsync('meters/m1/readings', reading(9), { qos: 1 });
    await until('the good one', () => sink.readings.length === 1);
    expect(sink.rejects).toHaveLength(3000);
  });

  check('quarantines a packet of 2 MB by its beginning', async () => {
    const subscriber = await subscribe();
    const gateway = await client();
    await gateway.publishAsync('meters/m1/readings', Buffer.alloc(2_000_000, 'x'), { qos: 1 });
    await gateway.publishAsync('meters/m1/readings', reading(9), { qos: 1 });
    await until('both', () => sink.readings.length === 1 && sink.rejects.length === 1);
    expect(sink.rejects[0]).toMatchObject({ reason: 'packet_too_large', source: 'meters/m1/readings' });
    expect(subscriber.stats().oversize).toBe(1);
  });

  check('subscribes to what a new profile asks for', async () => {
    const subscriber = await subscribe();
    const profile = {
      id: 'acme',
      name: 'ACME',
      topic: 'acme/+no',
      format: 'json',
      readings: [{ address: '{topic.no}', value: 'e', unit: 'kWh' }],
    };
    context = contextOf(meters, [profile]);
    await subscriber.refresh();
    const gateway = await client();
    await gateway.publishAsync('acme/m3', '{"e":12}', { qos: 1 });
    await until('the reading', () => sink.readings.length === 1);
    expect(sink.readings[0]).toMatchObject({ meter: 4, value: 12 });
  });

  check('takes a kept message for a reading only where it has a time of its own', async () => {
    const gateway = await client();
    await gateway.publishAsync('meters/m1/readings', '{"value":5}', { qos: 1, retain: true });
    await gateway.publishAsync('meters/m2/readings', reading(7), { qos: 1, retain: true });
    await subscribe();
    await until('the reading', () => sink.readings.length === 1);
    expect(sink.readings[0]).toMatchObject({ meter: 3, value: 7 });
  });

  check('connects when the broker comes later, and again when it is back', async () => {
    const { port } = broker;
    await broker.stop();
    const subscriber = startSubscriber({
      access: { url: `mqtt://127.0.0.1:${port}`, clientId: 'jieneng' },
      sink,
      context: () => context,
      log: silent,
      reconnectMs: 50,
    });
    subscribers.push(subscriber);
    await new Promise((go) => setTimeout(go, 200));
    expect(subscriber.stats().connected).toBe(false);
    await subscriber.stop();
    broker = await startBroker();
    await subscribe();
    expect(subscribers.at(-1)?.stats().connected).toBe(true);
  });
});

describe('the subscriber to a broker that refuses a subscription', () => {
  it('says which, and takes what the others bring', async () => {
    const broker = await startAedes({
      authorizeSubscribe: (_client, subscription, callback) =>
        callback(null, subscription.topic === 'gateways/+/readings' ? null : subscription),
    });
    const sink = new MemorySink();
    const context = contextOf(meters);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const subscriber = startSubscriber({
      access: { url, clientId: 'jieneng' },
      sink,
      context: () => context,
      log: silent,
      reconnectMs: 50,
    });
    await until('the warning', () => subscriber.stats().warnings.length > 0);
    expect(subscriber.stats().warnings).toEqual(['the broker refuses the subscription gateways/+/readings']);
    const gateway = await connectAsync(url);
    await gateway.publishAsync('meters/m1/readings', reading(5), { qos: 1 });
    await until('the reading', () => sink.readings.length === 1);
    await gateway.endAsync();
    await subscriber.stop();
    await broker.stop();
  });
});
