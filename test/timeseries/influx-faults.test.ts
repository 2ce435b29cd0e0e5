import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fill, mountable, smallDisk } from '../faults/small-disk.ts';
import { accountFor, Fleet, gateway, health, healthUntil, pour, serverWith } from '../faults/support.ts';
import { directory } from '../support/directory.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { Gate, Relay } from '../support/relay.ts';
import { until } from '../support/server.ts';

/** How long the server is away, s; the nightly form takes ten minutes. */
const OUTAGE_S = Number(process.env.OUTAGE_S ?? 3);
const FIGURES = '/api/v1/consumption?node=b&carrier=electricity&by=day&from=2026-01-01&to=2026-01-05';

describe.skipIf(!hasInflux())('InfluxDB', () => {
  const influx = new InfluxServer();
  beforeAll(() => influx.start());
  afterAll(() => influx.remove());

  async function relay(): Promise<Relay> {
    const wire = new Relay(influx.port);
    await wire.start();
    onTestFinished(() => wire.stop());
    return wire;
  }

  const settings = (url: string): Record<string, string> => ({
    INFLUX_URL: url,
    INFLUX_DATABASE: influx.database(),
  });

  test('not there at start: readings are taken, pages say so, and it goes on by itself', async () => {
    const [data, fleet, wire] = [directory(), new Fleet(), await relay()];
    wire.set('cut');
    const server = await serverWith(data, fleet, settings(wire.url));
    const client = await gateway(server);
    for (let i = 0; i < 200; i++) expect(await fleet.send(client)).toBe(true);
    const told = await health(server);
    expect(told.status).toBe('failing');
    expect(told.timeseries).toMatchObject({ engine: 'influxdb', version: 'unknown' });
    expect(told.timeseries.error).toMatch(
      new RegExp(`^not reached since 20\\d\\d-\\d\\d-\\d\\dT.*: InfluxDB at ${wire.url} cannot be reached: `),
    );
    expect(told.problems).toContain(`the time series does not take readings: ${told.timeseries.error}`);
    expect(told.account).toMatchObject({ received: 200, pending: 200 });
    const answer = await server.fetch(FIGURES);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(((await answer.json()) as { detail: string }).detail).toMatch(
      /^the time series is not available: InfluxDB at .* cannot be reached: (?!.*\n)/,
    );
    wire.set('through');
    const after = await accountFor(server, data, fleet);
    expect(after.timeseries.version).toMatch(/^1\./);
    expect((await server.fetch(FIGURES)).status).toBe(200);
    expect(server.log()).not.toMatch(/\\n\s+at /);
  }, 120_000);

  test('cut and restarted in the middle of batches', async () => {
    const [data, fleet, wire] = [directory(), new Fleet(), await relay()];
    const server = await serverWith(data, fleet, settings(wire.url));
    const load = pour(fleet, await gateway(server));
    for (let i = 0; i < (OUTAGE_S > 60 ? 5 : 1); i++) {
      wire.cutAfter = wire.sent + 40_000;
      const told = await healthUntil(server, (h) => h.status === 'failing');
      expect(told.timeseries.error).toMatch(/InfluxDB at .* cannot be reached/);
      await influx.stop('SIGKILL');
      await influx.start();
      wire.set('through');
      await healthUntil(server, (h) => h.timeseries.error === null);
    }
    await load.end();
    expect(fleet.count).toBeGreaterThan(1000);
    await accountFor(server, data, fleet);
  }, 180_000);

  test(
    `away for ${OUTAGE_S} s`,
    async () => {
      const [data, fleet] = [directory(), new Fleet()];
      const server = await serverWith(data, fleet, settings(influx.url));
      const load = pour(fleet, await gateway(server), OUTAGE_S > 60 ? 1 : 20);
      await until(
        async () => fleet.count,
        (n) => n > 500,
      );
      const gone = Date.now();
      await influx.stop();
      const before = fleet.count;
      await healthUntil(server, (h) => h.status === 'failing');
      while (Date.now() - gone < OUTAGE_S * 1000) {
        await new Promise((pause) => setTimeout(pause, 500));
        const { error } = (await health(server)).timeseries;
        const since = Date.parse(/^not reached since (\S+): /.exec(error ?? '')?.[1] ?? '');
        // Noticed by whichever question came first, with the page's own resolution of a second.
        expect(since, error ?? 'nothing is said').toBeGreaterThan(gone - 1000);
        expect(since).toBeLessThanOrEqual(Date.now());
      }
      expect(fleet.count).toBeGreaterThan(before);
      await load.end();
      await influx.start();
      await accountFor(server, data, fleet);
    },
    OUTAGE_S * 1000 + 240_000,
  );

  test('slow: what waits stays on disk, and arrives', async () => {
    const [data, fleet, wire] = [directory(), new Fleet(), await relay()];
    const server = await serverWith(data, fleet, settings(wire.url));
    wire.set({ bytesPerS: 20_000 });
    const load = pour(fleet, await gateway(server));
    const told = await healthUntil(server, (h) => h.account.pending > 2000);
    expect(told.account.received).toBe(
      told.account.stored + told.account.duplicate + told.account.quarantined,
    );
    await load.end();
    wire.set('through');
    await accountFor(server, data, fleet);
  }, 180_000);

  test('hangs: it is told, questions are answered with 503, and a stop does not wait for it', async () => {
    const [data, fleet, wire] = [directory(), new Fleet(), await relay()];
    const where = settings(wire.url);
    const server = await serverWith(data, fleet, where);
    const load = pour(fleet, await gateway(server), 20);
    await until(
      async () => fleet.count,
      (n) => n > 500,
    );
    wire.set('hang');
    await load.end();
    await healthUntil(server, (h) => h.status === 'failing');
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.fetch(FIGURES)));
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(await answer.text()).toMatch(/was silent for \d+ ms/);
    }
    const { code } = await server.stop();
    expect(code).toBe(0);
    expect(server.log()).not.toContain('a store does not close');
    wire.set('through');
    await accountFor(await serverWith(data, fleet, where), data, fleet);
  }, 180_000);

  test('refuses a reading: that one is put away with its answer, and stored by a retry', async () => {
    const [data, fleet] = [directory(), new Fleet()];
    const gate = new Gate(influx.url);
    await gate.start();
    onTestFinished(() => gate.stop());
    const words = 'partial write: no such value';
    gate.refuse = (path, body) =>
      path.startsWith('/write') && body.includes('readings,meter=7 value=13,')
        ? {
            status: 400,
            body: JSON.stringify({ error: words }),
            headers: { 'content-type': 'application/json' },
          }
        : null;
    const server = await serverWith(data, fleet, settings(gate.url));
    const client = await gateway(server);
    // Fleet meter 6 has number 7; its 14th reading is 13.
    for (let i = 0; i < 20 * 16; i++) expect(await fleet.send(client)).toBe(true);
    const own = fleet.acknowledged[6] as Map<number, number>;
    const [time] = [...own].find(([, value]) => value === 13) as [number, number];
    own.delete(time);
    await accountFor(server, data, fleet, { quarantined: 1 });
    const list = (await (await server.fetch('/api/v1/quarantine?limit=10')).json()) as {
      items: { reason: string; detail: string; meter: string; value: number }[];
    };
    expect(list.items).toEqual([
      expect.objectContaining({
        reason: 'store_refused',
        meter: 'm6',
        value: 13,
        detail: expect.stringMatching(
          new RegExp(
            `^meter m6 at 2026-01-01T03:15:00\\+08:00: 13 is not stored: InfluxDB at .*: ${words} \\(HTTP 400\\)`,
          ),
        ),
      }),
    ]);
    gate.refuse = () => null;
    const retried = await server.fetch('/api/v1/quarantine/retry', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'store_refused' }),
    });
    expect(await retried.json()).toMatchObject({ tried: 1, stored: 1, quarantined: 0 });
    own.set(time, 13);
    await accountFor(server, data, fleet);
  }, 180_000);

  test('refuses the credentials: nothing is put away, all of it waits', async () => {
    const [data, fleet] = [directory(), new Fleet()];
    const gate = new Gate(influx.url);
    await gate.start();
    onTestFinished(() => gate.stop());
    const server = await serverWith(data, fleet, settings(gate.url));
    const client = await gateway(server);
    gate.refuse = (path) =>
      path.startsWith('/write') ? { status: 401, body: '{"error":"authorization failed"}' } : null;
    for (let i = 0; i < 100; i++) expect(await fleet.send(client)).toBe(true);
    const told = await healthUntil(server, (h) => h.status === 'failing');
    expect(told.timeseries.error).toMatch(/authorization failed.*\(HTTP 401\): see INFLUX_TOKEN/);
    expect(told.account).toMatchObject({ pending: 100, quarantined: 0 });
    gate.refuse = () => null;
    await accountFor(server, data, fleet);
  }, 120_000);
});

describe.skipIf(!hasInflux() || !mountable)('InfluxDB on a disk of its own', () => {
  test('a full disk on its side: it is told, and nothing is lost when it has room and is started again', async () => {
    const disk = smallDisk(96);
    const influx = new InfluxServer('', disk);
    await influx.start();
    onTestFinished(() => influx.stop('SIGKILL'));
    const [data, fleet] = [directory(), new Fleet()];
    const server = await serverWith(data, fleet, {
      INFLUX_URL: influx.url,
      INFLUX_DATABASE: influx.database(),
    });
    const load = pour(fleet, await gateway(server), 20);
    await until(
      async () => fleet.count,
      (n) => n > 500,
    );
    const free = fill(disk);
    const told = await healthUntil(server, (h) => h.status === 'failing');
    expect(told.timeseries.error).toMatch(/no space left on device/);
    const before = fleet.count;
    await until(
      async () => fleet.count,
      (n) => n > before + 500,
    );
    await load.end();
    free();
    // 1.6.7 goes on refusing what its log once could not take, room or not, until it is started again.
    await influx.stop('SIGKILL');
    await influx.start();
    await accountFor(server, data, fleet);
  }, 240_000);
});
