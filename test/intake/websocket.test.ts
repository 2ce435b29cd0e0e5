import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { WEBSOCKET_MESSAGE_BYTES } from '../../server/intake/client-options.ts';
import { type Subscriber, startSubscriber } from '../../server/intake/subscriber.ts';
import { METERS, reading } from './contract.ts';
import { contextOf, MemorySink, silent, until } from './support.ts';

/** aedes writes a payload in one piece, which makes it one message of the websocket, however large. */
describe('a broker that sends large messages over a websocket', () => {
  let broker: Aedes;
  let server: WebSocketServer;
  let tcp: ReturnType<typeof createServer>;
  let subscriber: Subscriber;
  let device: MqttClient;
  let sink: MemorySink;

  beforeEach(async () => {
    broker = await Aedes.createBroker();
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mqtt' });
    await new Promise<void>((go) => server.once('listening', () => go()));
    server.on('connection', (socket) => {
      const stream = createWebSocketStream(socket);
      stream.on('error', () => {});
      broker.handle(stream as unknown as Parameters<typeof broker.handle>[0]);
    });
    tcp = createServer((socket) => broker.handle(socket));
    await new Promise<void>((go) => tcp.listen(0, '127.0.0.1', go));
    sink = new MemorySink();
    const context = contextOf(METERS);
    subscriber = startSubscriber({
      access: { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, clientId: 'jieneng' },
      sink,
      context: () => context,
      log: silent,
      reconnectMs: 50,
    });
    device = await connectAsync(`mqtt://127.0.0.1:${(tcp.address() as AddressInfo).port}`);
    await until('the connection', () => subscriber.stats().connected);
    await until('the first reading', () => {
      device.publish('meters/m1/readings', reading(0), { qos: 1 });
      return sink.readings.length > 0;
    });
  });

  afterEach(async () => {
    await subscriber.stop();
    device.end(true);
    for (const client of server.clients) client.terminate();
    server.close();
    tcp.close();
    await new Promise<void>((go) => broker.close(() => go()));
  });

  it('has one of 2 MB quarantined by its beginning', async () => {
    await device.publishAsync('meters/m2/readings', Buffer.alloc(2_000_000, 'x'), { qos: 1 });
    await device.publishAsync('meters/m2/readings', reading(9), { qos: 1 });
    await until('both', () => sink.rejects.length === 1 && sink.readings.some((r) => r.value === 9));
    expect(sink.rejects[0]).toMatchObject({ reason: 'packet_too_large', source: 'meters/m2/readings' });
  });

  it('is cut off at one that would not be held in memory, and the health page says so', async () => {
    await device.publishAsync('meters/m2/readings', Buffer.alloc(WEBSOCKET_MESSAGE_BYTES + 1, 'x'), {
      qos: 1,
    });
    const words = /sends messages of more than 16777216 bytes over its websocket/;
    await until('the warning', () => subscriber.stats().warnings.some((w) => words.test(w)));
    expect(sink.rejects).toEqual([]);
  });
});
