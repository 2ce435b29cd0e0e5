import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Findings } from '../../server/intake/findings.ts';
import { rememberedIn } from '../../server/intake/remembered.ts';
import { type Subscriber, startSubscriber } from '../../server/intake/subscriber.ts';
import { type Mosquitto, mosquittoInstalled, NEEDED, startMosquitto } from '../support/mosquitto.ts';
import { distinct, METERS, range, reading } from './contract.ts';
import { contextOf, MemorySink, NOW, silent, until } from './support.ts';

describe.skipIf(!mosquittoInstalled)('what is found out about a broker', () => {
  let broker: Mosquitto;
  let directory = '';
  let sink: MemorySink;
  let subscribers: Subscriber[] = [];
  let clients: MqttClient[] = [];
  let said: string[] = [];

  const subscribe = async (profiles: readonly unknown[] = []): Promise<Subscriber> => {
    const context = contextOf(METERS, profiles);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const made = startSubscriber({
      access: { url, clientId: 'jieneng' },
      sink,
      context: () => context,
      log: { ...silent, warn: (fields) => said.push(JSON.stringify(fields)) },
      remembered: rememberedIn(join(directory, 'mqtt-session'), `${url} jieneng`),
      reconnectMs: 50,
    });
    subscribers.push(made);
    await until('the connection', () => made.stats().connected);
    return made;
  };
  const device = async (options: IClientOptions = {}): Promise<MqttClient> => {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5, ...options });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const publish = async (from: number, to: number): Promise<void> => {
    const client = await device();
    const sent = range(to - from).map((i) =>
      client.publishAsync('meters/m1/readings', reading(from + i), { qos: 1 }),
    );
    await Promise.all(sent);
  };
  const warned = (pattern: RegExp, of: Subscriber): Promise<void> =>
    until(`a warning of ${pattern}`, () => of.stats().warnings.some((w) => pattern.test(w)));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'jieneng-findings-'));
    sink = new MemorySink();
    said = [];
  });

  afterEach(async () => {
    for (const c of clients) c.end(true);
    for (const s of subscribers) await s.stop();
    clients = [];
    subscribers = [];
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is what its queue dropped while the program was not running', async () => {
    broker = await startMosquitto(['persistence true', 'max_queued_messages 10', 'sys_interval 1']);
    const first = await subscribe();
    await until('the version', () => first.stats().broker !== null);
    await publish(0, 1);
    await until('the first', () => sink.readings.length === 1);
    await first.stop();
    await publish(1, 2000);
    const second = await subscribe();
    await warned(/has dropped \d+ messages of some client since we look, also while we were away/, second);
    await second.stop();
    // It is not told again, and a third that finds nothing new says nothing.
    const third = await subscribe();
    await until('the version', () => third.stats().broker !== null);
    expect(third.stats().warnings).toEqual([]);
  }, 60_000);

  it('is nothing where the broker is as it should be, and its version', async () => {
    broker = await startMosquitto();
    const subscriber = await subscribe();
    await until('the version', () => subscriber.stats().broker !== null);
    expect(subscriber.stats().broker).toMatch(/^mosquitto version 2\./);
    expect(subscriber.stats().warnings).toEqual([]);
  });

  it('is that it was killed with our session saved: nothing is lost and nothing said', async () => {
    broker = await startMosquitto();
    const subscriber = await subscribe();
    await publish(0, 100);
    await until('the first hundred', () => sink.readings.length >= 100);
    await subscriber.stop();
    await publish(100, 300);
    await broker.save();
    await broker.kill();
    await broker.start();
    const again = await subscribe();
    await until('all readings', () => distinct(sink).length === 300);
    expect(distinct(sink)).toEqual(range(300));
    expect(again.stats()).toMatchObject({ sessionsLost: 0, warnings: [] });
  });

  it('is that it was killed while it sent: what was on its disk comes again', async () => {
    broker = await startMosquitto();
    const subscriber = await subscribe();
    await publish(0, 100);
    sink.hold();
    const from = sink.appends;
    await publish(100, 300);
    await until('200 in flight', () => sink.appends - from >= 200);
    await broker.save();
    await broker.kill();
    sink.release();
    await broker.start();
    await until('the connection', () => subscriber.stats().connected);
    await until('all readings', () => distinct(sink).length === 300);
    await publish(300, 310);
    await until('further ones', () => distinct(sink).length === 310);
    expect(subscriber.stats().sessionsLost).toBe(0);
  });

  it('is that it has forgotten our session, and readings come all the same', async () => {
    broker = await startMosquitto(['persistence false']);
    const subscriber = await subscribe();
    await publish(0, 10);
    await until('the readings', () => sink.readings.length === 10);
    await broker.kill();
    await broker.start();
    await warned(/had forgotten our session once, last at 2026-11-21T04:00:00\.000Z/, subscriber);
    await publish(10, 20);
    await until('further ones', () => sink.readings.length === 20);
    expect(subscriber.stats().sessionsLost).toBe(1);
    expect(said.join()).toContain('the broker has forgotten our session; messages in between may be missing');
  });

  it('is that it has forgotten our session while we were away', async () => {
    broker = await startMosquitto(['persistence false']);
    const first = await subscribe();
    await publish(0, 1);
    await until('the reading', () => sink.readings.length === 1);
    await first.stop();
    await broker.kill();
    await broker.start();
    const second = await subscribe();
    await warned(/had forgotten our session once/, second);
  });

  it('is what it is still subscribed to for a profile that went while we were away: that is left', async () => {
    broker = await startMosquitto([...NEEDED, 'log_type all']);
    const profile = {
      id: 'acme',
      name: 'ACME',
      topic: 'acme/+no',
      format: 'json',
      readings: [{ address: '{topic.no}', value: 'e', unit: 'kWh' }],
    };
    const first = await subscribe([profile]);
    const gateway = await device();
    await until('the subscription', () => /jieneng 1 acme\/\+/.test(broker.log()));
    // One alone: another on its way at the stop would wait for us without its profile.
    await gateway.publishAsync('acme/m1', '{"e":1}', { qos: 1 });
    await until('a reading of the profile', () => sink.readings.length > 0);
    await first.stop();
    await subscribe();
    await until('the end of the subscription', () =>
      /UNSUBSCRIBE from jieneng\s+\d+:\s+acme\/\+/.test(broker.log()),
    );
    await publish(0, 10);
    await until('readings of others', () => distinct(sink).length >= 10);
    expect(sink.rejects).toEqual([]);
  });

  it('is that it takes smaller packets than gateways may send', async () => {
    broker = await startMosquitto([...NEEDED, 'max_packet_size 20000']);
    const subscriber = await subscribe();
    await warned(/takes packets of at most 20000 bytes; gateways may send up to 262144/, subscriber);
  });

  it('is that it delivers at QoS 0 only', async () => {
    broker = await startMosquitto(['max_qos 0']);
    const subscriber = await subscribe();
    await warned(/delivers at QoS 0 only/, subscriber);
  });

  it('is that another client connects under our name', async () => {
    broker = await startMosquitto();
    const subscriber = await subscribe();
    await device({ clientId: 'jieneng', clean: false, reconnectPeriod: 50 });
    await warned(/ends our connections soon after .* is another client connected as jieneng\?/, subscriber);
  });

  it('is that its queue is too short for a pause', async () => {
    broker = await startMosquitto(['persistence true', 'max_queued_messages 20', 'sys_interval 1']);
    const first = await subscribe();
    await until('the version', () => first.stats().broker !== null);
    await first.stop();
    const watching = await subscribe();
    await until('the count of dropped messages', () => watching.stats().broker !== null);
    sink.hold();
    await publish(0, 5_000);
    sink.release();
    await warned(/has dropped \d+ messages of some client/, watching);
  });
});

describe('findings', () => {
  let now = NOW;
  const words: string[] = [];
  const made = (): Findings => {
    now = NOW;
    words.length = 0;
    return new Findings(
      'jieneng',
      (w) => words.push(w),
      () => now,
    );
  };
  const connack = (properties: object) => ({
    cmd: 'connack' as const,
    sessionPresent: true,
    properties,
  });

  it('tell a session that is kept for too short a time, and no more once it is kept', () => {
    const findings = made();
    findings.connected(connack({ sessionExpiryInterval: 3600 }), { sessionExpiry: 604_800 });
    const sentence =
      'the broker keeps our session for 3600 s after a disconnection, 604800 s are asked for: ' +
      'readings of a longer pause are lost';
    expect(findings.list()).toEqual([sentence]);
    findings.connected(connack({ sessionExpiryInterval: 3600 }), { sessionExpiry: 604_800 });
    expect(words).toEqual([sentence]);
    findings.connected(connack({}), { sessionExpiry: 604_800 });
    expect(findings.list()).toEqual([]);
  });

  it('tell that wildcards are not allowed', () => {
    const findings = made();
    findings.connected(connack({ wildcardSubscriptionAvailable: false }), { sessionExpiry: 1 });
    expect(findings.list()).toEqual([
      'the broker allows no wildcards in subscriptions, which the topics of meters need',
    ]);
  });

  it('tell what the broker ended the connection for, until one lasts', () => {
    const findings = made();
    findings.connected(connack({}), { sessionExpiry: 1 });
    findings.disconnected(0x8e);
    findings.closed(false);
    expect(findings.list()).toEqual(['another client has connected as jieneng and taken our session over']);
    findings.disconnected(0x97);
    expect(findings.list()).toEqual(['the broker has ended the connection: a quota is used up']);
    findings.held();
    expect(findings.list()).toEqual([]);
  });

  it('tell a lost session for a day', () => {
    const findings = made();
    findings.sessionLost();
    findings.sessionLost();
    now = NOW + 86_400_000 - 1;
    expect(findings.list()).toHaveLength(1);
    expect(findings.list()[0]).toMatch(/2 times, last at 2026-11-21T04:00:00\.000Z/);
    now = NOW + 86_400_000;
    expect(findings.list()).toEqual([]);
  });

  it('tell connections that end soon after they were accepted, from the third in a row on', () => {
    const findings = made();
    for (const expected of [0, 0, 1, 1]) {
      findings.connected(connack({}), { sessionExpiry: 1 });
      findings.closed(false);
      expect(findings.list()).toHaveLength(expected);
    }
    expect(findings.list()[0]).toMatch(/is another client connected as jieneng\?$/);
    findings.connected(connack({}), { sessionExpiry: 1 });
    findings.held();
    expect(findings.list()).toEqual([]);
  });

  it('take what the broker says of itself for a number only where it is one', () => {
    const findings = made();
    const dropped = '$SYS/broker/publish/messages/dropped';
    for (const text of ['5', 'many', '', '5']) findings.system(dropped, Buffer.from(text));
    expect(findings.list()).toEqual([]);
    findings.system(dropped, Buffer.from('12'));
    expect(findings.list()[0]).toMatch(/has dropped 7 messages/);
    findings.system('$SYS/brokers/emqx@127.0.0.1/version', Buffer.from('5.8.0'));
    expect(findings.version).toBe('5.8.0');
  });
});
