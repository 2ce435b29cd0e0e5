import { connect as dial, type Socket } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, type BrokerLimits, startBroker } from '../../server/intake/broker.ts';
import { contextOf, json, MemorySink, NOW, silent, until } from './support.ts';

const meters = Array.from({ length: 10 }, (_, i) => ({ id: `m${i}` }));
const context = contextOf(meters);

let sink: MemorySink;
let broker: Broker;
let clients: MqttClient[] = [];
let sockets: Socket[] = [];

const start = (limits: Partial<BrokerLimits> = {}) =>
  startBroker({ host: '127.0.0.1', port: 0, sink, context: () => context, limits, log: silent });

const client = async (options: IClientOptions = {}): Promise<MqttClient> => {
  const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    reconnectPeriod: 0,
    connectTimeout: 60_000,
    ...options,
  });
  made.on('error', () => {});
  clients.push(made);
  return made;
};

const raw = async (): Promise<Socket> => {
  const socket = dial(broker.port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await new Promise<void>((go) => socket.once('connect', () => go()));
  return socket;
};

const reading = (i: number) => json({ time: NOW / 1000 - 10_000 + i, value: i });

beforeEach(async () => {
  sink = new MemorySink();
  broker = await start();
});

afterEach(async () => {
  sink.release();
  for (const c of clients) c.end(true);
  for (const s of sockets) s.destroy();
  clients = [];
  sockets = [];
  await broker.stop();
});

describe('the embedded broker', () => {
  for (const qos of [1, 2] as const) {
    it(`acknowledges 1,000 readings of QoS ${qos} and has stored each`, async () => {
      const gateway = await client();
      const acknowledged = Array.from({ length: 1000 }, (_, i) =>
        gateway.publishAsync(`meters/m${i % 10}/readings`, reading(i), { qos }),
      );
      await Promise.all(acknowledged);
      expect(sink.readings.map((r) => r.value).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 1000 }, (_, i) => i),
      );
      expect(sink.rejects).toEqual([]);
    });
  }

  it('takes QoS 0', async () => {
    const gateway = await client();
    await gateway.publishAsync('meters/m1/readings', reading(7), { qos: 0 });
    await until('the reading', () => sink.readings.length === 1);
  });

  for (const qos of [1, 2] as const) {
    it(`does not acknowledge QoS ${qos} before the sink has settled`, async () => {
      const gateway = await client();
      let acknowledged = false;
      sink.hold();
      const done = gateway.publishAsync('meters/m1/readings', reading(1), { qos }).then(() => {
        acknowledged = true;
      });
      await until('the append', () => sink.appends === 1);
      await new Promise((go) => setTimeout(go, 150));
      expect(acknowledged).toBe(false);
      sink.release();
      await done;
      expect(sink.readings).toHaveLength(1);
    });
  }

  it('closes the connection unacknowledged when the sink fails, and stores what is sent again', async () => {
    const gateway = await client({ reconnectPeriod: 50, clientId: 'gw-1', clean: false });
    sink.failing = true;
    let closed = 0;
    gateway.on('close', () => closed++);
    let acknowledged = false;
    const done = gateway.publishAsync('meters/m1/readings', reading(1), { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await until('the connection closes', () => closed > 0);
    expect(acknowledged).toBe(false);
    expect(sink.readings).toEqual([]);
    sink.failing = false;
    await done;
    expect(sink.readings.map((r) => r.value)).toEqual([1]);
  });

  it('takes 10,000 bad packets, acknowledges each, and then a good one', async () => {
    const gateway = await client();
    for (let k = 0; k < 10; k++) {
      await Promise.all(
        Array.from({ length: 1000 }, () =>
          gateway.publishAsync('meters/m1/readings', '{"time":1700000000,"val', { qos: 1 }),
        ),
      );
    }
    await gateway.publishAsync('meters/m1/readings', reading(5), { qos: 1 });
    expect(sink.rejects).toHaveLength(10_000);
    expect(sink.readings.map((r) => r.value)).toEqual([5]);
    expect(broker.stats().packets).toBe(10_001);
  });

  for (const qos of [0, 1, 2] as const) {
    it(`passes over a packet of 10 MB (QoS ${qos}), acknowledges it and goes on`, async () => {
      const gateway = await client();
      const big = Buffer.alloc(10_000_000, 'x');
      await gateway.publishAsync('meters/m1/readings', big, { qos });
      await gateway.publishAsync('meters/m1/readings', reading(5), { qos: 1 });
      await until('both', () => sink.rejects.length === 1 && sink.readings.length === 1);
      expect(sink.rejects[0]).toMatchObject({
        reason: 'packet_too_large',
        kind: 'packet',
        source: 'meters/m1/readings',
      });
      // 10,000,000 bytes of payload + 2 of length + 18 of topic, + 2 of packet id where there is one
      expect(sink.rejects[0]?.detail).toContain(`${10_000_000 + 2 + 18 + (qos > 0 ? 2 : 0)} bytes`);
      expect(Buffer.from(sink.rejects[0]?.payload ?? []).equals(Buffer.alloc(1024, 'x'))).toBe(true);
      expect(broker.stats().oversize).toBe(1);
    });
  }

  it('closes on garbage before CONNECT without keeping it', async () => {
    const before = process.memoryUsage().rss;
    const socket = await raw();
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    const chunk = Buffer.alloc(1 << 20, 0x31);
    for (let i = 0; i < 64 && !closed; i++) {
      if (!socket.write(chunk))
        await Promise.race([
          new Promise((go) => socket.once('drain', go)),
          new Promise((go) => socket.once('close', go)),
        ]);
    }
    await until('the connection closes', () => closed);
    expect(broker.stats().refused).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('closes on a CONNECT that announces 200 MB', async () => {
    const socket = await raw();
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x60, 0, 4]));
    await until('the connection closes', () => closed);
    expect(broker.stats().refused).toBe(1);
  });

  it('closes on a packet length that never ends', async () => {
    const socket = await raw();
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    for (const byte of [0x10, 0xff, 0xff, 0xff, 0xff]) {
      socket.write(Buffer.of(byte));
      await new Promise((go) => setTimeout(go, 10));
    }
    await until('the connection closes', () => closed);
    expect(broker.stats().refused).toBe(1);
  });

  it('gives a connection that says nothing only its time', async () => {
    await broker.stop();
    broker = await start({ connectMs: 200 });
    const socket = await raw();
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    await until('the connection closes', () => closed, 5_000);
  });

  it('drops connections over the limit and serves the others', async () => {
    await broker.stop();
    broker = await start({ connections: 2 });
    const first = await client();
    await client();
    const third = await raw();
    let closed = false;
    third.on('close', () => {
      closed = true;
    });
    await until('the third closes', () => closed);
    await first.publishAsync('meters/m1/readings', reading(1), { qos: 1 });
    expect(broker.stats()).toMatchObject({ clients: 2, refused: 1 });
  });

  it('lets nobody who says nothing keep a client out, and those who are in stay', async () => {
    await broker.stop();
    broker = await start({ connections: 3 });
    const first = await client();
    const silentOnes = [await raw(), await raw()];
    const gone: Socket[] = [];
    for (const socket of silentOnes) socket.on('close', () => gone.push(socket));
    const second = await client();
    await until('the one that waited longest closes', () => gone.length > 0);
    expect(gone).toEqual([silentOnes[0]]);
    await client();
    await until('the other one closes', () => gone.length === 2);
    const late = await raw();
    await new Promise<void>((go) => late.once('close', () => go()));
    await first.publishAsync('meters/m1/readings', reading(1), { qos: 1 });
    await second.publishAsync('meters/m1/readings', reading(2), { qos: 1 });
    expect(broker.stats()).toMatchObject({ clients: 3, refused: 3 });
    first.end(true);
    await until('there is room', () => broker.stats().clients === 2);
    await (await client()).publishAsync('meters/m1/readings', reading(3), { qos: 1 });
  });

  it('is not held up by a subscriber that reads nothing', async () => {
    const slow = await client();
    await slow.subscribeAsync('#', { qos: 0 });
    slow.stream.pause?.();
    const gateway = await client();
    const fill = `${' '.repeat(60_000)}`;
    for (let i = 0; i < 400; i++) {
      await gateway.publishAsync(
        'meters/m1/readings',
        `{"time":${NOW / 1000 - 10_000 + i},"value":${i}}${fill}`,
        {
          qos: 1,
        },
      );
    }
    expect(sink.readings).toHaveLength(400);
    expect(broker.stats().dropped).toBeGreaterThan(0);
  });

  it('stores what a will says', async () => {
    const dying = await client({
      will: { topic: 'meters/m2/readings', payload: reading(42), qos: 1, retain: false },
    });
    dying.stream.destroy();
    await until('the will', () => sink.readings.length === 1);
    expect(sink.readings[0]).toMatchObject({ meter: 3, value: 42 });
  });

  it('retains nothing and forwards to those who listen', async () => {
    const gateway = await client();
    await gateway.publishAsync('meters/m1/readings', reading(1), { qos: 1, retain: true });
    const listener = await client();
    const heard: string[] = [];
    listener.on('message', (_topic, payload) => heard.push(String(payload)));
    await listener.subscribeAsync('meters/#', { qos: 1 });
    await gateway.publishAsync('meters/m1/readings', reading(2), { qos: 1, retain: true });
    await until('the message', () => heard.length > 0);
    expect(heard).toEqual([String(reading(2))]);
    expect(sink.readings.map((r) => r.value)).toEqual([1, 2]);
  });

  it('forwards again once somebody listens after a time when nobody did', async () => {
    const gateway = await client();
    for (let round = 0; round < 2; round++) {
      const listener = await client();
      const got: string[] = [];
      listener.on('message', (topic) => got.push(topic));
      await listener.subscribeAsync('meters/#', { qos: 0 });
      await gateway.publishAsync('meters/m1/readings', reading(2 * round), { qos: 1 });
      await until('forwarded', () => got.length === 1);
      await listener.endAsync();
      await until('the listener gone', () => broker.stats().clients === 1);
      // Nobody listens; it is stored and acknowledged all the same.
      await gateway.publishAsync('meters/m1/readings', reading(2 * round + 1), { qos: 1 });
    }
    expect(sink.readings.map((r) => r.value)).toEqual([0, 1, 2, 3]);
  });

  it('acknowledges what one commit holds in the order of the packets, one without readings in its place', async () => {
    const { promise: committed, resolve } = Promise.withResolvers<void>();
    let appended = 0;
    sink.append = () => {
      appended++;
      return committed;
    };
    const gateway = await client();
    const order: number[] = [];
    const payloads = [reading(0), json([]), json('no reading'), reading(1)];
    const sent = payloads.map((payload, i) =>
      gateway.publishAsync('meters/m1/readings', payload, { qos: 1 }).then(() => order.push(i)),
    );
    await until('three of four appended', () => appended === 3);
    expect(order).toEqual([]);
    resolve();
    await Promise.all(sent);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('keeps $SYS to itself', async () => {
    const curious = await client();
    const granted = await curious.subscribeAsync('$SYS/#').catch((e: Error) => e.message);
    expect(JSON.stringify(granted)).toMatch(/128|rror/);
    let closed = false;
    curious.on('close', () => {
      closed = true;
    });
    curious.publish('$SYS/x/new/clients', 'm1', { qos: 1 });
    await until('the connection closes', () => closed);
    expect(sink.appends).toBe(0);
  });

  it('answers the login of an Acrel meter', async () => {
    const acrel = await client();
    const heard: [string, string][] = [];
    acrel.on('message', (topic, payload) => heard.push([topic, String(payload)]));
    await acrel.subscribeAsync('/server/acrelHW/AWT100/login/12209263660002');
    await acrel.publishAsync('/gw/acrelHW/AWT100/login/12209263660002', '{"type":"login","ver":1011}', {
      qos: 1,
    });
    await until('the answer', () => heard.length > 0);
    expect(heard).toEqual([['/server/acrelHW/AWT100/login/12209263660002', '{"type":"login","res":1}']]);
    expect(sink.appends).toBe(0);
  });

  it('finishes appends in flight when it stops, and tells their senders', async () => {
    const gateway = await client();
    sink.hold();
    const done = gateway.publishAsync('meters/m1/readings', reading(1), { qos: 1 });
    await until('the append', () => sink.appends === 1);
    const stopped = broker.stop();
    setTimeout(() => sink.release(), 100);
    await done;
    await stopped;
    expect(sink.readings).toHaveLength(1);
    await expect(connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 })).rejects.toThrow();
  });

  it('stops within 2 s although the sink never settles and clients stay', async () => {
    const gateway = await client();
    gateway.publish('meters/m1/readings', reading(1), { qos: 1 });
    sink.hold();
    await client();
    const from = Date.now();
    // The append is never let go: a stop that waited for it would not end.
    await broker.stop();
    expect(Date.now() - from).toBeLessThan(2_500);
    expect(sink.readings).toEqual([]);
  });
});
