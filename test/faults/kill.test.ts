import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { directory } from '../support/directory.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';

const KILLS = Number(process.env.KILLS ?? 20);
const METERS = 20;
const START = Date.parse('2026-01-01T00:00:00+08:00');
const estate = {
  version: 1,
  nodes: [{ id: 'b', name: 'b', kind: 'building' }],
  meters: Array.from({ length: METERS }, (_, i) => ({
    id: `m${i}`,
    name: `m${i}`,
    node: 'b',
    carrier: 'electricity',
  })),
};

async function applyEstate(server: RunningServer): Promise<void> {
  const response = await server.fetch('/api/v1/estate', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(estate),
  });
  expect(response.status, await response.text()).toBe(200);
}

async function health(server: RunningServer): Promise<Health> {
  return (await (await server.fetch('/api/v1/health')).json()) as Health;
}

async function stored(server: RunningServer, meter: string): Promise<Map<number, number>> {
  const out = new Map<number, number>();
  let from = '2026-01-01';
  for (;;) {
    const answer = await server.fetch(
      `/api/v1/readings?meter=${meter}&from=${encodeURIComponent(from)}&to=2036-01-01&limit=10000`,
    );
    const page = (await answer.json()) as Readings;
    for (const r of page.rows) out.set(Date.parse(r.time), r.value);
    if (!page.more) return out;
    from = page.rows[page.rows.length - 1]?.time as string;
  }
}

describe('kill -9', () => {
  test(`a gateway that sends 1,000 readings gets 1,000 acknowledgements and they are all there`, async () => {
    const data = directory();
    const server = await startServer(data);
    await applyEstate(server);
    const client = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, { clientId: 'gateway' });
    const sent = Array.from({ length: 1000 }, (_, i) =>
      client.publishAsync('meters/m0/readings', JSON.stringify({ time: START + i * 900_000, value: i }), {
        qos: 1,
      }),
    );
    await Promise.all(sent);
    await server.kill();
    client.end(true);
    const again = await startServer(data);
    await until(
      () => health(again),
      (h) => h.account.pending === 0,
    );
    expect((await stored(again, 'm0')).size).toBe(1000);
    expect((await health(again)).account).toEqual({
      received: 1000,
      stored: 1000,
      duplicate: 0,
      quarantined: 0,
      pending: 0,
    });
    await again.stop();
  });

  test(`${KILLS} times at random moments under load loses no acknowledged reading`, async () => {
    const data = directory();
    const acknowledged: Map<number, number>[] = estate.meters.map(() => new Map());
    let next = 0;
    let server = await startServer(data);
    await applyEstate(server);
    for (let kill = 0; kill < KILLS; kill++) {
      const client = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
        clientId: 'gateway',
        reconnectPeriod: 0,
      });
      client.on('error', () => {});
      let alive = true;
      const moment = 20 + Math.random() * 400;
      const killed = new Promise<void>((resolve) => {
        setTimeout(() => {
          alive = false;
          server.kill().then(resolve, resolve);
        }, moment);
      });
      // A window of packets in flight, as a gateway that catches up has.
      const lane = async (): Promise<void> => {
        while (alive) {
          const i = next++;
          const meter = i % METERS;
          const time = START + Math.floor(i / METERS) * 900_000;
          const value = Math.floor(i / METERS);
          const done = client.publishAsync(`meters/m${meter}/readings`, JSON.stringify({ time, value }), {
            qos: 1,
          });
          await done.then(
            () => acknowledged[meter]?.set(time, value),
            () => {},
          );
        }
      };
      const lanes = Promise.all(Array.from({ length: 50 }, lane));
      await killed;
      client.end(true);
      await Promise.race([lanes, new Promise((resolve) => setTimeout(resolve, 500))]);
      server = await startServer(data);
    }
    const settled = await until(
      () => health(server),
      (h) => h.account.pending === 0,
    );
    const { received, stored: kept, duplicate, quarantined } = settled.account;
    expect(received).toBe(kept + duplicate + quarantined);
    expect(quarantined).toBe(0);
    let total = 0;
    for (const [i, sent] of acknowledged.entries()) {
      const there = await stored(server, `m${i}`);
      total += there.size;
      const lost = [...sent].filter(([time, value]) => there.get(time) !== value);
      expect(lost).toEqual([]);
    }
    expect(total).toBe(kept);
    expect(acknowledged.reduce((n, m) => n + m.size, 0)).toBeGreaterThan(KILLS * 10);
    await server.stop();
  }, 300_000);
});
