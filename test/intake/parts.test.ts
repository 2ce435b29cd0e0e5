import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { type Intake, startIntake } from '../../server/intake/intake.ts';
import { partOf } from '../../server/intake/part.ts';
import { Roll } from '../../server/intake/roll.ts';
import { directory } from '../support/directory.ts';
import { type Mosquitto, mosquittoInstalled, startMosquitto } from '../support/mosquitto.ts';
import { type RunningServer, startServer, until as untilAnswer } from '../support/server.ts';
import { METERS, range, reading } from './contract.ts';
import { contextOf, json, MemorySink, NOW, silent, until } from './support.ts';

const PARTS = [1, 2];

describe.skipIf(!mosquittoInstalled)('intakes that divide a fleet', () => {
  let broker: Mosquitto;
  let device: MqttClient;
  /** Who of the parts has said that it is there and subscribed. */
  let present: Map<string, string>;

  const url = (): string => `mqtt://127.0.0.1:${broker.port}`;
  const all = (): Promise<void> =>
    until('all parts', () => PARTS.every((p) => present.get(`${p}`) === `${p}/${PARTS.length}`));

  beforeEach(async () => {
    broker = await startMosquitto();
    device = await connectAsync(url(), { reconnectPeriod: 0 });
    device.on('error', () => {});
    present = new Map();
    device.on('message', (topic, payload) => present.set(topic.split('/').at(-1) ?? '', payload.toString()));
    await device.subscribeAsync('jieneng/intake/jieneng/+');
  });

  afterEach(async () => {
    device.end(true);
    await broker.stop();
  });

  it("store each reading once in sum, in the order of each meter's", async () => {
    const sinks = PARTS.map(() => new MemorySink());
    const intakes: Intake[] = [];
    for (const index of PARTS) {
      const part = { index, of: PARTS.length };
      const context = { ...contextOf(METERS), part };
      const sink = sinks[index - 1] as MemorySink;
      const access = { url: url(), clientId: `jieneng-part-${index}` };
      const of = { host: '127.0.0.1', port: 0, sink, context: () => context, log: silent };
      const sessionFile = `${directory()}/mqtt-session`;
      intakes.push(
        await startIntake({ external: access, sessionFile, roll: new Roll(part, 'jieneng'), ...of }),
      );
    }
    await all();
    const sent = range(2000).map((i) =>
      i % 4 === 0
        ? device.publishAsync(
            'gateways/g1/readings',
            json({
              readings: METERS.map(({ id }) => ({ meter: id, time: NOW / 1000 - 100_000 + i, value: i })),
            }),
            { qos: 1 },
          )
        : device.publishAsync(`meters/m${i % 10}/readings`, reading(i), { qos: 1 }),
    );
    await Promise.all(sent);
    // 500 packets of a gateway with a reading of each of 10 meters, 1,500 of one reading.
    const expected = 500 * 10 + 1500;
    await until('all readings', () => sinks.reduce((n, s) => n + s.readings.length, 0) >= expected);
    const { estate } = contextOf(METERS);
    let total = 0;
    for (const [i, sink] of sinks.entries()) {
      total += sink.readings.length;
      for (const r of sink.readings) {
        expect(partOf(estate.meterByNo(r.meter)?.id ?? '', PARTS.length)).toBe(i + 1);
      }
      for (const meter of estate.meters) {
        const times = sink.readings.filter((r) => r.meter === meter.no).map((r) => r.time);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(new Set(times).size).toBe(times.length);
      }
    }
    expect(total).toBe(expected);
    for (const intake of intakes) await intake.stop();
    await until('that they have left the roll', () => [...present.values()].every((word) => word === ''));
  });

  describe('as processes', () => {
    let servers: RunningServer[] = [];
    const estate = (more: object[] = []): string =>
      JSON.stringify({
        version: 1,
        nodes: [{ id: 'b', name: 'b', kind: 'building' }],
        meters: [...METERS.map(({ id }) => ({ id, name: id, node: 'b', carrier: 'electricity' })), ...more],
        profiles: [
          {
            id: 'plant',
            name: 'Plant',
            topic: 'plant/+device',
            format: 'json',
            readings: [{ address: '{topic.device}', value: 'e', time: 't', unit: 'kWh' }],
          },
        ],
      });
    const start = (index: number, data: string): Promise<RunningServer> =>
      startServer(data, { MQTT_URL: url(), MQTT_PORT: '0', INTAKE_PART: `${index}/${PARTS.length}` });
    const apply = async (body: string): Promise<void> => {
      for (const server of servers) {
        const headers = { 'content-type': 'application/json' };
        const answer = await server.fetch('/api/v1/estate', { method: 'PUT', headers, body });
        expect(answer.status, await answer.text()).toBe(200);
      }
    };
    const health = async (server: RunningServer): Promise<Health> =>
      (await (await server.fetch('/api/v1/health')).json()) as Health;
    const accounts = (): Promise<Health['account'][]> =>
      Promise.all(servers.map(async (s) => (await health(s)).account));
    const sum = (of: Health['account'][], key: keyof Health['account']): number =>
      of.reduce((n, account) => n + account[key], 0);
    const stored = async (server: RunningServer, meter: string): Promise<number[]> => {
      const path = `/api/v1/readings?meter=${meter}&from=2020-01-01&to=2036-01-01&limit=10000`;
      return ((await (await server.fetch(path)).json()) as Readings).rows.map((r) => r.value);
    };

    afterEach(async () => {
      for (const server of servers) await server.kill();
      servers = [];
    });

    it('lose nothing when one is killed and started again; together their accounts balance', async () => {
      const directories = PARTS.map(() => directory());
      for (const index of PARTS) servers.push(await start(index, directories[index - 1] as string));
      await apply(estate());
      await all();

      // What no part would claim is of part 1; a meter that is not there, of the part of its name.
      const bad = ['gateways/g/readings', 'plant/dev-7', ...range(20).map((i) => `meters/x${i}/readings`)];
      for (const topic of bad) await device.publishAsync(topic, '{"e":5,"t":1795220100}', { qos: 1 });
      await untilAnswer(accounts, (of) => sum(of, 'quarantined') === bad.length, 30_000);

      const time = Date.parse('2026-01-01T00:00:00+08:00');
      const publish = (from: number, to: number): Promise<unknown> =>
        Promise.all(
          range(to - from).map((i) =>
            device.publishAsync(
              `meters/m${(from + i) % 10}/readings`,
              JSON.stringify({ time: time + (from + i) * 60_000, value: from + i }),
              { qos: 1 },
            ),
          ),
        );
      await publish(0, 1000);
      const sent = publish(1000, 3000);
      await servers[1]?.kill();
      await sent;
      await until('that part 2 has left the roll', () => present.get('2') === '');
      servers[1] = await start(2, directories[1] as string);
      await untilAnswer(accounts, (of) => sum(of, 'stored') === 3000 && sum(of, 'pending') === 0, 60_000);

      const after = await accounts();
      for (const { received, stored: kept, duplicate, quarantined } of after) {
        expect(received).toBe(kept + duplicate + quarantined);
      }
      expect(sum(after, 'quarantined')).toBe(bad.length);
      for (const { id } of METERS) {
        const owner = partOf(id, PARTS.length) - 1;
        const expected = range(3000).filter((i) => `m${i % 10}` === id);
        for (const [i, server] of servers.entries()) {
          expect(await stored(server, id), `${id} in part ${i + 1}`).toEqual(i === owner ? expected : []);
        }
      }

      // A device that was not known: its packet waits where its address says, its meter is of the other part.
      const waits = partOf('dev-7', PARTS.length);
      const id = range(100)
        .map((i) => `new-${i}`)
        .find((name) => partOf(name, PARTS.length) !== waits) as string;
      await apply(
        estate([{ id, name: id, node: 'b', carrier: 'electricity', address: 'dev-7', unit: 'kWh' }]),
      );
      const retried = await (servers[waits - 1] as RunningServer).fetch('/api/v1/quarantine/retry', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"reason":"unknown_meter"}',
      });
      expect(retried.status, await retried.text()).toBe(200);
      const owner = servers[2 - waits] as RunningServer;
      await untilAnswer(
        () => stored(owner, id),
        (values) => values.length === 1,
        30_000,
      );
      expect(await stored(owner, id)).toEqual([5]);
      expect(sum(await accounts(), 'quarantined')).toBe(bad.length - 1);
    });
  });
});
