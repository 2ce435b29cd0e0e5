import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Consumption } from '../../server/http/schemas/consumption.ts';
import type { Health } from '../../server/http/schemas/health.ts';
import { partOf } from '../../server/intake/part.ts';
import { directory } from '../support/directory.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { type Mosquitto, mosquittoInstalled, startMosquitto } from '../support/mosquitto.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';
import { METERS, range } from './contract.ts';

const PARTS = [1, 2];
const START = Date.parse('2026-01-01T00:00:00+08:00');
const HOUR_MS = 3_600_000;

const installed = [mosquittoInstalled, hasPostgres(), hasInflux()].every(Boolean);

describe.skipIf(!installed)('parts of an intake on one catalogue and one time series', () => {
  const postgres = new PostgresServer();
  const influx = new InfluxServer();
  let broker: Mosquitto;
  let device: MqttClient;
  const present = new Map<string, string>();

  beforeAll(async () => {
    await Promise.all([postgres.start(), influx.start()]);
    broker = await startMosquitto();
    device = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
    device.on('message', (topic, payload) => present.set(topic.split('/').at(-1) ?? '', payload.toString()));
    await device.subscribeAsync('jieneng/intake/jieneng/+');
  }, 180_000);

  afterAll(async () => {
    device?.end(true);
    await broker?.stop();
    await Promise.all([postgres.remove(), influx.remove()]);
  });

  const health = async (server: RunningServer): Promise<Health> =>
    (await (await server.fetch('/api/v1/health')).json()) as Health;
  /** What each meter used in January, kWh. */
  const january = async (server: RunningServer): Promise<(number | null)[]> => {
    const meters = METERS.map(({ id }) => `meter=${id}`).join('&');
    const path = `/api/v1/consumption?${meters}&by=month&from=2026-01-01&to=2026-02-01`;
    return ((await (await server.fetch(path)).json()) as Consumption).rows.map((row) => row.quantity);
  };
  const differing = async (server: RunningServer): Promise<{ differing: number; total: number }> => {
    const answer = await server.fetch('/api/v1/verify', { method: 'POST' });
    const last = (await answer.text()).trim().split('\n').at(-1) as string;
    return JSON.parse(last) as { differing: number; total: number };
  };
  const publish = (from: number, to: number): Promise<unknown> =>
    Promise.all(
      METERS.flatMap(({ id }) =>
        range(to - from).map((i) => {
          const hour = from + i;
          const payload = JSON.stringify({ time: START + hour * HOUR_MS, value: hour * 10 });
          return device.publishAsync(`meters/${id}/readings`, payload, { qos: 1 });
        }),
      ),
    );

  it('show the same figures, whoever is asked and whoever was told of a change', async () => {
    const common = {
      MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
      MQTT_PORT: '0',
      DATABASE_URL: postgres.schema(),
      INFLUX_URL: influx.url,
      INFLUX_DATABASE: influx.database(),
    };
    const directories = PARTS.map(() => directory());
    const start = (index: number): Promise<RunningServer> =>
      startServer(directories[index - 1] as string, {
        ...common,
        INTAKE_PART: `${index}/${PARTS.length}`,
      });
    const servers = [await start(1), await start(2)] as [RunningServer, RunningServer];
    try {
      const meters = METERS.map(({ id }) => ({
        ...{ id, name: id, node: 'b', carrier: 'electricity', unit: 'kWh', interval_s: 3600 },
      }));
      const nodes = [{ id: 'b', name: 'b', kind: 'building' }];
      const answer = await servers[0].fetch('/api/v1/estate', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version: 1, nodes, meters }),
      });
      expect(answer.status, await answer.text()).toBe(200);
      await until(
        () => health(servers[1]),
        (h) => h.meters.total === METERS.length,
      );
      await until(
        async () => present,
        (all) => PARTS.every((p) => all.get(`${p}`) === `${p}/2`),
      );

      // 48 readings of each meter, an hour and 10 kWh apart; part 2 is killed among them.
      await publish(0, 24);
      const rest = publish(24, 48);
      await servers[1].kill();
      await rest;
      servers[1] = await start(2);
      const all = METERS.map(() => 47 * 10);
      for (const server of servers) {
        await until(
          () => january(server),
          (values) => values.every((v, i) => v === all[i]),
        );
      }

      // A transformer of ratio 2 from the second day on, told to the part that does not compute the meter.
      const other = METERS.findIndex(({ id }) => partOf(id, 2) === 2);
      const change = await servers[0].fetch(`/api/v1/meters/m${other}/exchanges`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ at: '2026-01-02T00:00:00+08:00', continues: true, multiplier: 2 }),
      });
      expect(change.status, await change.text()).toBe(200);
      // 24 hours at 10 kWh, then 23 hours at 10 kWh × 2.
      all[other] = 24 * 10 + 23 * 10 * 2;
      for (const server of servers) {
        await until(
          () => january(server),
          (values) => values.every((v, i) => v === all[i]),
        );
        await until(
          () => health(server),
          (h) => h.account.pending === 0 && h.journal.recomputing === 0,
        );
      }

      const verified = [await differing(servers[0]), await differing(servers[1])];
      expect(verified.map((v) => v.differing)).toEqual([0, 0]);
      const accounts = [await health(servers[0]), await health(servers[1])].map((h) => h.account);
      expect(accounts.reduce((n, a) => n + a.stored, 0)).toBe(METERS.length * 48);
      for (const a of accounts) expect(a.received).toBe(a.stored + a.duplicate + a.quarantined);
    } finally {
      for (const server of servers) await server.kill();
    }
  }, 240_000);
});
