import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `
version: 1
nodes: [{ id: gov, name: 政, kind: building }]
gateways: [{ id: gw, name: 网关, node: gov }]
meters: [{ id: gov-main, name: 总, node: gov, carrier: electricity, unit: kWh }]
`;

test('a credential is made without a server, works on one, and is revoked while it runs', async () => {
  const data = directory();
  writeFileSync(join(data, 'estate.yaml'), ESTATE);
  expect((await jieneng(data, ['estate', 'apply', join(data, 'estate.yaml')])).code).toBe(0);
  const added = await jieneng(data, ['device', 'add', 'gov-main', '--by', '王工']);
  expect([added.code, added.err]).toEqual([0, expect.stringContaining(' -i gov-main -u gov-main -P ')]);
  expect(added.err).toContain("-t 'meters/gov-main/readings' -m '{\"value\":1}'");
  const [, user, secret] = /^user {3}(\S+)\nsecret (\S{32})\n$/.exec(added.out) ?? [];
  expect(user).toBe('gov-main');

  const server = await startServer(data, { MQTT_ANONYMOUS: 'false' });
  const mqtt = { reconnectPeriod: 0, connectTimeout: 60_000 };
  const url = `mqtt://127.0.0.1:${server.mqttPort}`;
  try {
    await expect(connectAsync(url, mqtt)).rejects.toMatchObject({ code: 5 });
    const of = { ...mqtt, clientId: 'gov-main', username: 'gov-main', password: secret as string };
    const client = await connectAsync(url, of);
    await client.publishAsync('meters/gov-main/readings', '{"value":1}', { qos: 1 });
    const gone = new Promise<void>((go) => client.once('close', () => go()));
    expect((await jieneng(data, ['device', 'revoke', 'gov-main', '--by', '王工'])).err).toBe(
      'gov-main is revoked\n',
    );
    await gone;
    await expect(connectAsync(url, of)).rejects.toMatchObject({ code: 5 });

    const file = join(data, 'secrets.csv');
    expect((await jieneng(data, ['device', 'add', '--all', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^name,secret\ngw,\S{32}\ngov-main,\S{32}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // What is there is not written over: it may hold the only copy of a secret.
    const again = await jieneng(data, ['device', 'add', '--all', file]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('EEXIST')]);

    const { out } = await jieneng(data, ['device', 'list']);
    expect(
      out
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(',').slice(0, 3)),
    ).toEqual([
      ['gw', 'gateway', 'gw'],
      ['gov-main', 'meter', 'gov-main'],
    ]);
    const rotated = await jieneng(data, [
      'device',
      'rotate',
      'gw',
      '--overlap',
      '7d',
      '--expires',
      '2099-01-01',
    ]);
    expect(rotated.out).toMatch(/^user {3}gw\nsecret \S{32}\n$/);
    expect((await jieneng(data, ['device', 'rotate', 'gw', '--overlap', '8d'])).code).toBe(2);
    expect((await jieneng(data, ['device', 'rules', '--for', 'mosquitto', '--out', data])).code).toBe(0);
    expect(readFileSync(join(data, 'acl'), 'utf8')).toContain('user gw\ntopic write gateways/gw/readings\n');
  } finally {
    await server.stop();
  }
});

test('what is asked wrongly is told', async () => {
  const data = directory();
  writeFileSync(join(data, 'estate.yaml'), ESTATE);
  await jieneng(data, ['estate', 'apply', join(data, 'estate.yaml')]);
  expect(await jieneng(data, ['device', 'add', 'nowhere'])).toMatchObject({
    code: 1,
    err: 'no meter "nowhere"\nmeter: unknown\n',
  });
  expect((await jieneng(data, ['device', 'add'])).code).toBe(2);
  expect((await jieneng(data, ['device', 'revoke', 'nobody'])).err).toContain('no device "nobody"');
});
