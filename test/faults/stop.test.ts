import { request } from 'node:http';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import { directory } from '../support/directory.ts';
import { OF_THE_PAGE, signedInAt } from '../support/person.ts';
import { startServer, until } from '../support/server.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');

test('SIGTERM during two imports, with live clients and a gateway, ends within 5 s and loses nothing', async () => {
  const data = directory();
  const server = await startServer(data);
  const estate = {
    version: 1,
    nodes: [{ id: 'b', name: 'b', kind: 'building' }],
    meters: [0, 1, 2].map((i) => ({ id: `m${i}`, name: `m${i}`, node: 'b', carrier: 'electricity' })),
  };
  const applied = await server.fetch('/api/v1/estate', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(estate),
  });
  expect(applied.status).toBe(200);
  const cookie = await signedInAt(server, 'importer');
  const live = await fetch(`${server.url}/api/v1/live`, { headers: { cookie } });
  const endless = (to: object, meter: string): void => {
    const outgoing = request({
      ...to,
      method: 'POST',
      path: '/api/v1/readings?name=endless',
      headers: { ...OF_THE_PAGE, host: 'localhost', 'content-type': 'text/csv', cookie },
    });
    outgoing.on('error', () => {});
    outgoing.on('response', (incoming) => incoming.on('error', () => {}).resume());
    outgoing.write('meter,time,value\n');
    let i = 0;
    const more = (): void => {
      if (outgoing.destroyed) return;
      outgoing.write(`${meter},${START + i * 1000},${i++}\n`);
      setTimeout(more, 2);
    };
    more();
  };
  const { hostname, port } = new URL(server.url);
  endless({ hostname, port }, 'm1');
  endless({ socketPath: join(data, 'control.sock') }, 'm2');
  const client = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, { reconnectPeriod: 0 });
  client.on('error', () => {});
  const acknowledged = new Set<number>();
  let on = true;
  const gateway = (async () => {
    for (let i = 0; on; i++) {
      const time = START + i * 1000;
      const body = JSON.stringify({ time, value: i });
      const done = client.publishAsync('meters/m0/readings', body, { qos: 1 });
      // One that is not acknowledged before the end never settles.
      void done.then(
        () => acknowledged.add(time),
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  await until(
    async () => acknowledged.size,
    (n) => n > 100,
  );
  const { code, ms } = await server.stop();
  on = false;
  await gateway;
  client.end(true);
  await live.body?.cancel().catch(() => {});
  expect(code, server.log()).toBe(0);
  // The one time that is promised.
  expect(ms).toBeLessThan(5000);
  const again = await startServer(data);
  const health = await until(
    async () => (await (await again.fetch('/api/v1/health')).json()) as Health,
    (h) => h.account.pending === 0,
  );
  const { received, stored, duplicate, quarantined } = health.account;
  expect(received).toBe(stored + duplicate + quarantined);
  const answer = await again.fetch('/api/v1/readings?meter=m0&from=2026-01-01&to=2036-01-01&limit=10000');
  const { rows } = (await answer.json()) as { rows: { time: string }[] };
  const there = new Set(rows.map((r) => Date.parse(r.time)));
  expect([...acknowledged].filter((time) => !there.has(time))).toEqual([]);
  await again.stop();
});
