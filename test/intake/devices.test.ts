import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Devices } from '../../server/access/devices.ts';
import type { Refused } from '../../server/access/devices-refusals.ts';
import { type Broker, startBroker } from '../../server/intake/broker.ts';
import type { DecodeContext } from '../../server/intake/decode.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { retry } from '../../server/intake/retry.ts';
import { temporaryCatalogue, temporaryPlace } from '../catalogue/temporary-catalogue.ts';
import { json, MemorySink, NOW, silent, until } from './support.ts';

const ESTATE = {
  version: 1,
  nodes: [
    { id: 'city', name: '市', kind: 'region' },
    { id: 'gov', name: '政', kind: 'building', parent: 'city' },
    { id: 'court', name: '法', kind: 'building', parent: 'city' },
  ],
  gateways: [
    { id: 'gw', name: '网关', node: 'gov' },
    { id: 'lost', name: '无处' },
  ],
  meters: [
    { id: 'a', name: 'A', node: 'gov', carrier: 'electricity', unit: 'kWh', address: 'dev/1' },
    { id: 'b', name: 'B', node: 'gov', carrier: 'electricity', unit: 'kWh' },
    { id: 'c', name: 'C', node: 'court', carrier: 'electricity', unit: 'kWh', address: 'dev/2' },
  ],
};

const PROFILE = {
  id: 'plant',
  name: 'plant',
  topic: 'plant/+device/up',
  format: 'json',
  each: 'rows.*',
  readings: [{ address: '{topic.device}/{id}', value: 'v', time: 't' }],
  reply: { topic: 'plant/{topic.device}/down', payload: 'ok' },
};

let clock: number;
let place: string;
let catalogue: ReturnType<typeof temporaryCatalogue>;
let devices: Devices;
let refused: Refused[];
let sink: MemorySink;
let broker: Broker;
let clients: MqttClient[];

const open = (anonymous = false): Devices =>
  new Devices({
    store: catalogue.devices,
    estate: () => catalogue.snapshot(),
    now: () => clock,
    anonymous,
    log: silent,
    onRefused: (of) => void refused.push(of),
  });

const context = (): DecodeContext => ({
  estate: catalogue.snapshot(),
  profiles: compileProfiles([PROFILE]),
  now: clock,
});

const listen = (door: Devices): Promise<Broker> =>
  startBroker({ host: '127.0.0.1', port: 0, sink, context, door, log: silent });

beforeEach(async () => {
  clock = NOW;
  refused = [];
  clients = [];
  place = temporaryPlace();
  catalogue = temporaryCatalogue({}, place);
  catalogue.applyEstate(ESTATE, 'test');
  devices = open();
  sink = new MemorySink();
  broker = await listen(devices);
});

afterEach(async () => {
  for (const client of clients) client.end(true);
  await broker.stop();
});

const base = { below: null, meters: [], topics: [], clientId: null, expiresAt: null };
const addMeter = (subject: string, more: object = {}): string =>
  devices.add({ ...base, kind: 'meter', subject, ...more }, 'test').secret;
const addGateway = (more: object = {}): string =>
  devices.add({ ...base, kind: 'gateway', subject: 'gw', ...more }, 'test').secret;

async function client(username: string, password: string, more: IClientOptions = {}): Promise<MqttClient> {
  const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    username,
    password,
    clientId: `${username}-1`,
    reconnectPeriod: 0,
    connectTimeout: 60_000,
    ...more,
  });
  made.on('error', () => {});
  clients.push(made);
  return made;
}

/** Settles when the broker has ended the connection. */
const closed = (of: MqttClient): Promise<void> => new Promise((go) => of.once('close', () => go()));

/** The return code of a CONNACK that refuses. */
async function refusal(options: IClientOptions): Promise<number> {
  try {
    const made = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      reconnectPeriod: 0,
      connectTimeout: 60_000,
      ...options,
    });
    clients.push(made);
  } catch (error) {
    return (error as { code: number }).code;
  }
  throw new Error('it was let in');
}

const at = (s: number) => NOW / 1000 - 10_000 + s;
const stored = (): string[] =>
  sink.readings.map((r) => `${catalogue.snapshot().meterByNo(r.meter)?.id} ${r.value}`);

describe('who comes in', () => {
  test('nobody without a name, with a wrong secret, or with a name that is not there', async () => {
    const secret = addMeter('a');
    expect(await refusal({ clientId: 'x' })).toBe(5);
    expect(await refusal({ username: 'a', password: `${secret}x`, clientId: 'x' })).toBe(4);
    expect(await refusal({ username: 'a', clientId: 'x' })).toBe(4);
    expect(await refusal({ username: 'nobody', password: secret, clientId: 'x' })).toBe(4);
    expect(await refusal({ username: 'a', password: secret, clientId: '' })).toBe(2);
    const meter = await client('a', secret);
    await meter.publishAsync('meters/a/readings', json({ time: at(0), value: 5 }), { qos: 1 });
    expect(stored()).toEqual(['a 5']);
  });

  test('anonymous clients come in where the setting says so, and to everything', async () => {
    const secret = addMeter('a', { clientId: 'bound' });
    await broker.stop();
    broker = await listen(open(true));
    const anyone = await client('', '', {
      username: undefined,
      password: undefined,
      clientId: 'x',
    } as object);
    await anyone.publishAsync('meters/c/readings', json({ time: at(0), value: 1 }), { qos: 1 });
    expect(stored()).toEqual(['c 1']);
    // Neither under the client id of a device, which would put it out, nor with half a credential.
    expect(await refusal({ clientId: 'bound' })).toBe(2);
    expect(await refusal({ username: 'a', password: 'wrong', clientId: 'bound' })).toBe(4);
    await client('a', secret, { clientId: 'bound' });
  });

  test('a credential is bound to the first client id that it came in with, and that id to it', async () => {
    const [a, b] = [addMeter('a'), addMeter('b', { clientId: 'given' })];
    const first = await client('a', a, { clientId: 'meter-a' });
    expect(await refusal({ username: 'a', password: a, clientId: 'another' })).toBe(2);
    expect(await refusal({ username: 'b', password: b, clientId: 'meter-b' })).toBe(2);
    expect(await refusal({ username: 'b', password: b, clientId: 'meter-a' })).toBe(2);
    expect(first.connected).toBe(true);
    // The same one again takes the connection over, as MQTT has it.
    const gone = closed(first);
    const again = await client('a', a, { clientId: 'meter-a' });
    await gone;
    expect(again.connected).toBe(true);
    devices.look();
    // Written down, for the next process.
    const { devices: written } = catalogue.devices.all();
    expect(written.map((d) => d.clientId)).toEqual(['meter-a', 'given']);
  });

  test('not after it has expired', async () => {
    const secret = addMeter('a', { expiresAt: NOW + 60_000 });
    const meter = await client('a', secret);
    const gone = closed(meter);
    clock = NOW + 60_000;
    devices.look();
    await gone;
    expect(await refusal({ username: 'a', password: secret, clientId: 'a-1' })).toBe(5);
  });

  test('with the old secret for as long as was chosen, and then with the new one alone', async () => {
    const old = addMeter('a');
    const { secret } = devices.rotate('a', 3_600_000);
    await client('a', old);
    const late = await client('a', old);
    clock = NOW + 3_599_999;
    devices.look();
    expect(late.connected).toBe(true);
    const gone = closed(late);
    clock = NOW + 3_600_000;
    devices.look();
    await gone;
    expect(await refusal({ username: 'a', password: old, clientId: 'a-1' })).toBe(4);
    await client('a', secret);
    // Without an overlap the old one is cut off at once.
    const [connected] = clients.slice(-1) as [MqttClient];
    const cut = closed(connected);
    devices.rotate('a', 0);
    await cut;
  });
});

describe('what a device may do', () => {
  test('a meter publishes its own readings; for any other topic the connection ends', async () => {
    const secret = addMeter('a');
    for (const topic of ['meters/b/readings', 'gateways/a/readings', 'meters/a/readings/', 'other']) {
      const meter = await client('a', secret);
      let acknowledged = false;
      const gone = closed(meter);
      meter.publish(topic, json({ time: at(0), value: 1 }), { qos: 1 }, (error) => {
        acknowledged = !error;
      });
      await gone;
      expect(acknowledged, topic).toBe(false);
    }
    expect(sink.readings).toEqual([]);
    expect(sink.rejects).toEqual([]);
    expect(broker.stats().refused).toBe(4);
    // Told once a minute for a device and address, and on the health page.
    expect(refused).toEqual([
      {
        device: 'a',
        from: '127.0.0.1',
        why: expect.stringContaining('"meters/b/readings"'),
        count: 1,
        at: NOW,
      },
    ]);
    expect(devices.recentRefusals()[0]).toMatch(
      /^device a at 127\.0\.0\.1 was refused 4 times: it published/,
    );
    clock = NOW + 60_000;
    devices.look();
    expect(refused[1]?.count).toBe(3);
  });

  test('a gateway reports for the meters below its node; others wait in quarantine for a person', async () => {
    const gateway = await client('gw', addGateway());
    const readings = [
      { meter: 'a', time: at(0), value: 1 },
      { meter: 'c', time: at(0), value: 2 },
      { meter: 'b', time: at(0), value: 3 },
      // Ahead of time it would be taken in by itself when its time has come.
      { meter: 'c', time: NOW / 1000 + 3600, value: 4 },
      { meter: 'nowhere', time: at(0), value: 5 },
    ];
    await gateway.publishAsync('gateways/gw/readings', json({ readings }), { qos: 1 });
    expect(stored()).toEqual(['a 1', 'b 3']);
    expect(sink.rejects.map((r) => [r.reason, r.meter, r.value])).toEqual([
      ['not_allowed', 'c', 4],
      ['unknown_meter', 'nowhere', 5],
      ['not_allowed', 'c', 2],
    ]);
    expect(sink.rejects[2]?.detail).toBe('device gw may not report for meter c');
    // A person releases it.
    const released = retry(sink.rejects[2] as (typeof sink.rejects)[0], context());
    expect(released.rejects).toEqual([]);
    expect(released.readings).toEqual([{ meter: 3, time: at(0) * 1000, value: 2, flags: 0 }]);
  });

  test('named meters, or another node, take the place of the gateway’s own', async () => {
    const named = await client('gw', addGateway({ meters: ['c'] }));
    const of = (meter: string, value: number) => json({ readings: [{ meter, time: at(value), value }] });
    await named.publishAsync('gateways/gw/readings', of('a', 1), { qos: 1 });
    await named.publishAsync('gateways/gw/readings', of('c', 2), { qos: 1 });
    expect(stored()).toEqual(['c 2']);
    devices.revoke('gw', 'test');
    const whole = await client('gw', addGateway({ below: 'city' }));
    await whole.publishAsync('gateways/gw/readings', of('a', 3), { qos: 1 });
    await whole.publishAsync('gateways/gw/readings', of('c', 4), { qos: 1 });
    expect(stored()).toEqual(['c 2', 'a 3', 'c 4']);
  });

  test('a device of a profile publishes to its topics, and hears its own answers only', async () => {
    const { secret } = devices.add(
      { ...base, name: 'dev', kind: 'topics', subject: null, topics: ['plant/dev/#'], below: 'gov' },
      'test',
    );
    const device = await client('dev', secret);
    const heard: string[] = [];
    device.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    const granted = async (topic: string): Promise<number | undefined> =>
      device.subscribeAsync(topic, { qos: 0 }).then(
        ([of]) => of?.qos,
        () => 0x80,
      );
    expect(await granted('plant/dev/down')).toBe(0);
    expect(await granted('plant/other/down')).toBe(0x80);
    expect(await granted('plant/+/down')).toBe(0x80);
    expect(await granted('#')).toBe(0x80);
    expect(await granted('plant/dev/up')).toBe(0x80);
    const rows = [
      { id: 1, v: 7, t: at(0) },
      { id: 2, v: 8, t: at(0) },
    ];
    await device.publishAsync('plant/dev/up', json({ rows }), { qos: 1 });
    expect(stored()).toEqual(['a 7']);
    expect(sink.rejects.map((r) => [r.reason, r.meter])).toEqual([['not_allowed', 'c']]);
    await until('the answer', () => heard.length > 0);
    expect(heard).toEqual(['plant/dev/down ok']);
  });

  test('a Sparkplug node hears when it is to be born again, and no other node', async () => {
    const { secret } = devices.add(
      { ...base, name: 'node', kind: 'topics', subject: null, topics: ['spBv1.0/g/+/n'], below: 'gov' },
      'test',
    );
    const node = await client('node', secret);
    expect(await node.subscribeAsync('spBv1.0/g/NCMD/n')).toMatchObject([{ qos: 0 }]);
    await expect(node.subscribeAsync('spBv1.0/g/NCMD/other')).rejects.toThrow();
  });

  test('a will is a publish like any other', async () => {
    const secret = addMeter('a');
    const will = (topic: string) => ({
      topic,
      payload: json({ time: at(1), value: 9 }),
      qos: 1,
      retain: false,
    });
    expect(
      await refusal({
        username: 'a',
        password: secret,
        clientId: 'a-1',
        will: will('meters/b/readings') as never,
      }),
    ).toBe(5);
    const meter = await client('a', secret, { will: will('meters/a/readings') as never });
    meter.stream.destroy();
    await until('the will', () => sink.readings.length === 1);
    expect(stored()).toEqual(['a 9']);
    // Of one that was cut off, it is nobody's.
    const cut = await client('a', secret, { will: will('meters/a/readings') as never });
    const gone = closed(cut);
    devices.revoke('a', 'test');
    await gone;
    await until('nobody is there', () => broker.stats().clients === 0);
    expect(stored()).toEqual(['a 9']);
  });
});

describe('revoked', () => {
  test('by this process: cut off at once, and not let in again', async () => {
    const secret = addMeter('a');
    const meter = await client('a', secret);
    const gone = closed(meter);
    devices.revoke('a', 'test');
    await gone;
    expect(await refusal({ username: 'a', password: secret, clientId: 'a-1' })).toBe(5);
  });

  test('by another process of the same catalogue: as soon as it is looked', async () => {
    devices.start();
    const secret = addMeter('a');
    const meter = await client('a', secret);
    const gone = closed(meter);
    const elsewhere = temporaryCatalogue({}, place);
    elsewhere.devices.revoke(devices.get('a')?.no as number, 'elsewhere', clock);
    await gone;
    expect(await refusal({ username: 'a', password: secret, clientId: 'a-1' })).toBe(5);
    devices.stop();
  });
});
