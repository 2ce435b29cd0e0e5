import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import { directory } from '../support/directory.ts';
import { mosquittoInstalled, startMosquitto } from '../support/mosquitto.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';
import { METERS } from './contract.ts';

/** The nightly form asks for more. */
const KILLS = Number(process.env.EXTERNAL_KILLS ?? 3);
const START = Date.parse('2020-01-01T00:00:00+08:00');

describe.skipIf(!mosquittoInstalled)('kill -9 of a server that reads from mosquitto', () => {
  it(`${KILLS} times at random moments under load loses nothing that the broker took`, async () => {
    const broker = await startMosquitto();
    const data = directory();
    const environment = { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_PORT: '0' };
    const health = async (server: RunningServer): Promise<Health> =>
      (await (await server.fetch('/api/v1/health')).json()) as Health;
    let server = await startServer(data, environment);
    const device = await connectAsync(environment.MQTT_URL, { reconnectPeriod: 0 });
    let publishing = true;
    let acknowledged = 0;
    try {
      const applied = await server.fetch('/api/v1/estate', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          version: 1,
          nodes: [{ id: 'b', name: 'b', kind: 'building' }],
          meters: METERS.map(({ id }) => ({ id, name: id, node: 'b', carrier: 'electricity' })),
        }),
      });
      expect(applied.status, await applied.text()).toBe(200);
      // The broker keeps nothing for one who has not subscribed: the first message is sent until it arrives.
      await until(
        () => {
          device.publish('meters/m0/readings', JSON.stringify({ time: START, value: 0 }), { qos: 1 });
          return health(server);
        },
        (h) => h.account.received > 0,
      );
      const sender = async (lane: number): Promise<void> => {
        for (let i = 1; publishing; i++) {
          const payload = JSON.stringify({ time: START + i * 60_000, value: i });
          await device.publishAsync(`meters/m${lane}/readings`, payload, { qos: 1 });
          acknowledged++;
          // Some hundreds a second in all: what is tested are the moments, not the rate.
          await new Promise((go) => setTimeout(go, 10));
        }
      };
      const senders = METERS.map((_, lane) => sender(lane));
      for (let i = 0; i < KILLS; i++) {
        const { received } = (await health(server)).account;
        await until(
          () => health(server),
          (h) => h.account.received > received,
        );
        await new Promise((go) => setTimeout(go, Math.random() * 300));
        await server.kill();
        server = await startServer(data, environment);
      }
      publishing = false;
      await Promise.all(senders);
      // The first reading, once or repeated, and each of the others.
      const { account, intake } = await until(
        () => health(server),
        (h) => h.account.stored >= acknowledged + 1 && h.account.pending === 0,
      );
      expect(account.stored).toBe(acknowledged + 1);
      expect(account.received).toBe(account.stored + account.duplicate + account.quarantined);
      expect(account.quarantined).toBe(0);
      expect(intake.warnings).toEqual([]);
    } finally {
      publishing = false;
      device.end(true);
      await server.kill();
      await broker.stop();
    }
  }, 600_000);
});
