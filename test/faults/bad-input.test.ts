import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import type { Quarantine } from '../../server/http/schemas/quarantine.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { directory } from '../support/directory.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'b', name: 'b', kind: 'building' }],
  meters: [{ id: 'm', name: 'm', node: 'b', carrier: 'electricity' }],
};
const NOON = '2026-03-01T12:00:00+08:00';

async function put(server: RunningServer, estate: unknown): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.fetch('/api/v1/estate', {
    method: 'PUT',
    headers,
    body: JSON.stringify(estate),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('bad input', () => {
  test('gets a reason that names the place, is counted, and loses nothing else', async () => {
    const server = await startServer(directory());
    onTestFinished(async () => void (await server.stop()));
    expect((await put(server, ESTATE)).status).toBe(200);
    const client = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, { clientId: 'gateway' });
    onTestFinished(() => void client.end(true));
    const send = (topic: string, payload: string | Buffer): Promise<unknown> =>
      client.publishAsync(topic, payload, { qos: 1 });

    // Every one of them is acknowledged, or the gateway would send it for ever.
    await send('meters/m/readings', '{"time": "2026-03-01');
    await send('meters/nobody/readings', `{"time":"${NOON}","value":1}`);
    await send('meters/m/readings', Buffer.alloc(10 * 2 ** 20, 0x20));
    await send('meters/m/readings', `{"time":"${NOON}","value":"NaN"}`);
    await send('meters/m/readings', `{"time":"${NOON}","value":-5}`);
    await send('meters/m/readings', '{"time":"noon","value":1}');
    await send('meters/m/readings', '{"time":"2099-01-01","value":1}');
    await send('coffee/machine', 'empty');
    await send(
      'gateways/g/readings',
      `{"readings":[{"meter":"m","time":"${NOON}","value":7},{"meter":"m","time":"${NOON}","value":null}]}`,
    );

    const settled = await until(
      async () => (await (await server.fetch('/api/v1/health')).json()) as Health,
      (h) => h.account.received === 10 && h.account.pending === 0,
    );
    expect(settled.account).toEqual({ received: 10, stored: 1, duplicate: 0, quarantined: 9, pending: 0 });
    const { items } = (await (await server.fetch('/api/v1/quarantine')).json()) as Quarantine;
    const found = items.reverse().map((i) => `${i.reason} | ${i.source} | ${i.detail}`);
    expect(found).toEqual([
      expect.stringMatching(/^broken_payload \| meters\/m\/readings \| payload: not JSON: /),
      'unknown_meter | meters/nobody/readings | meter: "nobody" is not in the estate',
      expect.stringMatching(
        /^packet_too_large \| meters\/m\/readings \| packet: 104857\d\d bytes, at most 262144 are taken$/,
      ),
      'value_invalid | meters/m/readings | value: "NaN" is not a finite number',
      'value_negative | meters/m/readings | value: -5 is negative, which a cumulative register cannot show',
      'time_invalid | meters/m/readings | time: "noon" is not a time',
      'time_ahead | meters/m/readings | time: "2099-01-01" is more than 10 minutes ahead of the server\'s clock',
      expect.stringMatching(/^no_profile \| coffee\/machine \| /),
      'value_invalid | gateways/g/readings | readings[1].value: null is not a finite number',
    ]);
    const readings = (await (
      await server.fetch('/api/v1/readings?meter=m&from=2026-03-01&to=2026-03-02')
    ).json()) as Readings;
    expect(readings.rows.map((r) => [r.time, r.value])).toEqual([[NOON, 7]]);
  });

  test('an estate file with a cycle changes nothing and says where the cycle is', async () => {
    const server = await startServer(directory());
    onTestFinished(async () => void (await server.stop()));
    const node = (id: string, parent: string): object => ({ id, name: id, kind: 'building', parent });
    const answer = await put(server, { ...ESTATE, nodes: [node('b', 'c'), node('c', 'd'), node('d', 'b')] });
    expect(answer.status).toBe(422);
    const problem = JSON.parse(answer.text) as { errors: { path: string; message: string }[] };
    expect(problem.errors[0]?.path).toMatch(/^nodes\[\d\]\.parent$/);
    expect(problem.errors[0]?.message).toMatch(/b.*c.*d|c.*d.*b|d.*b.*c/);
    const tree = (await (await server.fetch('/api/v1/tree')).json()) as { nodes: unknown[] };
    expect(tree.nodes).toEqual([]);
  });

  test('a settings file with three mistakes keeps the server from starting and names all three', async () => {
    const data = directory();
    writeFileSync(join(data, 'settings.yaml'), 'HTTP_HOST: ""\nINFLUX_URL: ftp://x\nMQTT_PROT: 1883\n');
    const started = startServer(data);
    await expect(started).rejects.toThrow(
      /HTTP_HOST: .*\n.*INFLUX_URL: must be the address.*\n.*MQTT_PROT: there is no such setting/,
    );
  });
});
