import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { Devices } from '../../server/access/devices.ts';
import { mosquittoHash } from '../../server/access/devices-secret.ts';
import { rulesFor } from '../../server/access/mqtt-rules.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { intakeTopics } from '../../server/intake/topics.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';
import { until } from '../intake/support.ts';
import { directory } from '../support/directory.ts';
import { mosquittoInstalled, NEEDED, startMosquitto } from '../support/mosquitto.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'gov', name: '政', kind: 'building' }],
  gateways: [{ id: 'gw', name: '网关', node: 'gov' }],
  meters: ['a', 'b'].map((id) => ({ id, name: id, node: 'gov', carrier: 'electricity', unit: 'kWh' })),
};

test.runIf(mosquittoInstalled)('a real mosquitto keeps to the rules that were made for it', async () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(ESTATE, 'test');
  const log = { warn: () => {} };
  const estate = () => catalogue.snapshot();
  const devices = new Devices({ store: catalogue.devices, estate, now: Date.now, anonymous: false, log });
  const rest = { topics: [], below: null, meters: [], clientId: null, expiresAt: null };
  const add = (kind: 'meter' | 'gateway', subject: string): string =>
    devices.add({ kind, subject, ...rest }, 'test').secret;
  const secrets: Record<string, string> = {
    a: add('meter', 'a'),
    b: add('meter', 'b'),
    gw: add('gateway', 'gw'),
  };
  devices.revoke('b', 'test');
  const intake = { user: 'jieneng', ...intakeTopics(compileProfiles()) };
  const files = rulesFor('mosquitto', { devices: devices.list(), intake, now: Date.now() });
  const at = directory();
  const content = (name: string): string => files.find((f) => f.name === name)?.content ?? '';
  writeFileSync(join(at, 'acl'), content('acl'));
  writeFileSync(
    join(at, 'passwords'),
    `jieneng:${mosquittoHash('our own', 10_000)}\n${content('passwords')}`,
  );
  const rules = [`acl_file ${join(at, 'acl')}`, `password_file ${join(at, 'passwords')}`];
  const broker = await startMosquitto([...NEEDED, ...rules, 'allow_anonymous false']);
  const clients: MqttClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.end(true);
    await broker.stop();
  });
  const connect = async (username?: string, password?: string): Promise<MqttClient> => {
    const who = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
    const options = { ...who, reconnectPeriod: 0, connectTimeout: 20_000 };
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, options);
    clients.push(client);
    return client;
  };
  await expect(connect()).rejects.toMatchObject({ code: 5 });
  await expect(connect('a', secrets.gw)).rejects.toMatchObject({ code: 5 });
  await expect(connect('b', secrets.b)).rejects.toMatchObject({ code: 5 });

  const heard: string[] = [];
  const ours = await connect('jieneng', 'our own');
  ours.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
  await ours.subscribeAsync(['meters/+/readings', 'gateways/+/readings'], { qos: 1 });
  const overheard: string[] = [];
  /** What is not allowed mosquitto acknowledges and drops, or ends the connection; a version to a version. */
  const tried = async (username: string, topic: string): Promise<void> => {
    const device = await connect(username, secrets[username]);
    const settled = new Promise<void>((go) => {
      device.once('close', () => go());
      device.publish(topic, username, { qos: 1 }, () => go());
    });
    await settled;
    device.end(true);
  };
  for (const topic of ['meters/b/readings', 'gateways/gw/readings', 'other', 'meters/a/readings']) {
    await tried('a', topic);
  }
  const spy = await connect('a', secrets.a);
  spy.on('message', (topic) => void overheard.push(topic));
  // It may be granted, and nothing sent.
  spy.subscribe('#', () => {});
  for (const topic of ['meters/a/readings', 'gateways/other/readings', 'gateways/gw/readings']) {
    await tried('gw', topic);
  }
  // In the order in which they came: what was not passed on was dropped.
  await until('both', () => heard.length === 2);
  expect(heard).toEqual(['meters/a/readings a', 'gateways/gw/readings gw']);
  expect(overheard).toEqual([]);
});
