import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Intake, type IntakeOptions, startIntake } from '../../server/intake/intake.ts';
import { contextOf, json, MemorySink, NOW, silent, until } from './support.ts';

/** One way in for meters: where devices publish, and how the intake under test is reached by it. */
export interface Way {
  /** Address and options for a device. */
  device: { url: string; options?: IClientOptions };
  /** Of the intake under test; asked for each start. */
  intake: Pick<IntakeOptions, 'external' | 'host' | 'port' | 'sessionFile'>;
  stop(): Promise<void>;
}

export const METERS = Array.from({ length: 10 }, (_, i) => ({ id: `m${i}` }));
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const reading = (i: number): Buffer => json({ time: NOW / 1000 - 100_000 + i, value: i });
const values = (sink: MemorySink): number[] => sink.readings.map((r) => r.value);
/** What was stored at least once: after a break in the connection a reading may come twice, and that is right. */
export const distinct = (sink: MemorySink): number[] => [...new Set(values(sink))].sort((a, b) => a - b);

export interface Rig {
  sink: MemorySink;
  way(): Way;
  /** Starts the intake; settles when a packet gets through. */
  open(): Promise<Intake>;
  device(options?: IClientOptions): Promise<MqttClient>;
}

/** A sink, an intake and devices for each test, over a way in that is opened once. */
export function rigOf(openWay: () => Promise<Way>): Rig {
  let way: Way;
  let intakes: Intake[] = [];
  let clients: MqttClient[] = [];
  let tests = 0;
  const rig: Rig = {
    sink: new MemorySink(),
    way: () => way,
    async open() {
      const context = contextOf(METERS);
      const { sink } = rig;
      const { external } = way.intake;
      const options = {
        ...way.intake,
        // A session of its own for each test: what one leaves unacknowledged comes again in the same session.
        external: external && { ...external, clientId: `jieneng-${tests}` },
        ...{ sink, context: () => context, log: silent, reconnectMs: 50 },
      };
      const intake = await startIntake(options);
      intakes.push(intake);
      await until('the connection', () => intake.status().error === null);
      // Subscriptions follow the connection.
      const device = await rig.device();
      const before = sink.rejects.length;
      let probes = 0;
      await until(
        'the subscription',
        () => {
          if (sink.rejects.length === before) device.publish('meters/probe/readings', String(probes++));
          return sink.rejects.length > before;
        },
        20_000,
      );
      const last = `"element":${probes - 1}}`;
      await until('the last probe', () => sink.rejects.some((r) => String(r.payload).endsWith(last)));
      sink.rejects.length = before;
      return intake;
    },
    async device(options = {}) {
      const client = await connectAsync(way.device.url, {
        reconnectPeriod: 0,
        ...way.device.options,
        ...options,
      });
      client.on('error', () => {});
      clients.push(client);
      return client;
    },
  };
  beforeAll(async () => {
    way = await openWay();
  });
  beforeEach(() => {
    rig.sink = new MemorySink();
    tests++;
  });
  afterEach(async () => {
    rig.sink.failing = false;
    rig.sink.release();
    for (const client of clients) client.end(true);
    for (const intake of intakes) await intake.stop();
    intakes = [];
    clients = [];
  });
  afterAll(() => way?.stop());
  return rig;
}

/** What every way in must keep, whoever's broker it is. */
export function intakeContract(name: string, openWay: () => Promise<Way>): void {
  describe(name, () => {
    const rig = rigOf(openWay);
    /** A device that sends again what was not acknowledged, as one with a memory does. */
    const persistent = (id: string): Promise<MqttClient> =>
      rig.device({ clientId: id, clean: false, reconnectPeriod: 50 });

    it('stores 1,000 readings of 1,000 acknowledged', async () => {
      await rig.open();
      const device = await rig.device();
      await Promise.all(
        range(1000).map((i) => device.publishAsync(`meters/m${i % 10}/readings`, reading(i), { qos: 1 })),
      );
      await until('all readings', () => rig.sink.readings.length >= 1000);
      expect(values(rig.sink).sort((a, b) => a - b)).toEqual(range(1000));
      expect(rig.sink.rejects).toEqual([]);
    });

    it("keeps the order of each meter's readings", async () => {
      await rig.open();
      const device = await rig.device();
      const sent = range(1000).map((i) =>
        i % 3 === 0
          ? device.publishAsync(
              'gateways/g1/readings',
              json({ readings: [{ meter: 'm1', time: NOW / 1000 - 100_000 + i, value: i }] }),
              { qos: 1 },
            )
          : device.publishAsync(`meters/m${i % 3}/readings`, reading(i), { qos: 1 }),
      );
      await Promise.all(sent);
      await until('all readings', () => rig.sink.readings.length >= 1000);
      for (const meter of [2, 3]) {
        const of = rig.sink.readings.filter((r) => r.meter === meter).map((r) => r.time);
        expect(of.length).toBeGreaterThan(300);
        expect(of).toEqual([...of].sort((a, b) => a - b));
      }
    });

    it('quarantines a bad packet and takes the good one after it', async () => {
      await rig.open();
      const device = await rig.device();
      await device.publishAsync('meters/m1/readings', '{"va', { qos: 1 });
      await device.publishAsync('meters/m1/readings', reading(7), { qos: 1 });
      await until('both', () => rig.sink.readings.length === 1 && rig.sink.rejects.length === 1);
      expect(rig.sink.rejects[0]).toMatchObject({ reason: 'broken_payload', source: 'meters/m1/readings' });
      expect(values(rig.sink)).toEqual([7]);
    });

    it('takes 10,000 poison packets and then a good one', async () => {
      await rig.open();
      const device = await rig.device();
      const poison = ['{"va', '', '[[[', '{"time":"yesterday","value":1}', '\u0000\u00ff', '{"value":{}}'];
      await Promise.all(
        range(10_000).map((i) =>
          device.publishAsync('meters/m1/readings', poison[i % poison.length] as string, { qos: 1 }),
        ),
      );
      await device.publishAsync('meters/m1/readings', reading(9), { qos: 1 });
      await until('the good one', () => rig.sink.readings.length === 1);
      expect(values(rig.sink)).toEqual([9]);
      expect(rig.sink.rejects).toHaveLength(10_000);
    });

    it('quarantines a packet of 2 MB by its beginning and goes on', async () => {
      await rig.open();
      const device = await rig.device();
      await device.publishAsync('meters/m1/readings', Buffer.alloc(2_000_000, 'x'), { qos: 1 });
      await device.publishAsync('meters/m1/readings', reading(9), { qos: 1 });
      await until('both', () => rig.sink.readings.length === 1 && rig.sink.rejects.length === 1);
      const [large] = rig.sink.rejects;
      expect(large).toMatchObject({ reason: 'packet_too_large', source: 'meters/m1/readings' });
      expect(Buffer.from(large?.payload ?? []).toString()).toMatch(/^x{1000,1024}$/);
      expect(values(rig.sink)).toEqual([9]);
    });

    it('acknowledges nothing while the store refuses: it comes again', async () => {
      await rig.open();
      const device = await persistent('d1');
      rig.sink.failing = true;
      const sent = range(100).map((i) => device.publishAsync('meters/m1/readings', reading(i), { qos: 1 }));
      const first = rig.sink.appends;
      await until('two tries', () => rig.sink.appends >= first + 2);
      expect(rig.sink.readings).toEqual([]);
      rig.sink.failing = false;
      await Promise.all(sent);
      await until('all readings', () => distinct(rig.sink).length === 100);
      expect(distinct(rig.sink)).toEqual(range(100));
    });

    it('loses nothing when it is stopped in the middle and started again', async () => {
      const intake = await rig.open();
      const device = await persistent('d2');
      const acknowledged: number[] = [];
      const sent = range(2000).map(async (i) => {
        await device.publishAsync(`meters/m${i % 10}/readings`, reading(i), { qos: 1 });
        acknowledged.push(i);
      });
      await until('the first 200', () => rig.sink.readings.length >= 200);
      await intake.stop();
      const then = rig.sink.readings.length;
      await rig.open();
      await Promise.all(sent);
      await until('all readings', () => distinct(rig.sink).length === 2000);
      expect(distinct(rig.sink)).toEqual(acknowledged.sort((a, b) => a - b));
      expect(then).toBeLessThanOrEqual(2000);
    });
  });
}
