import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../../server/http/listen.ts';
import { directory } from '../support/directory.ts';
import { signedInAt } from '../support/person.ts';
import { until } from '../support/server.ts';
import { accountFor, Fleet, gateway, health, pour, serverWith } from './support.ts';

/** A quiet gateway waits no longer for an acknowledgement than this, ms, on a machine that does other things too. */
const PATIENCE_MS = 15_000;
/** Length of the soak, s; none in CI, a quarter of an hour in the nightly form. */
const SOAK_S = Number(process.env.SOAK_S ?? 0);
/** What MQTT 3.1.1 writes for CONNECT with a client id of one letter, from `a` on, and SUBSCRIBE to everything. */
const connectAs = (i: number): Buffer =>
  Buffer.from([0x10, 13, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 1, 0x61 + i]);
const CONNECT = connectAs(0);
const SUBSCRIBE = Buffer.from([0x82, 6, 0, 1, 0, 1, 0x23, 0]);

/** One reading after the other. @returns how long each acknowledgement took, ms */
async function quietly(fleet: Fleet, client: MqttClient, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const sent = performance.now();
    expect(await fleet.send(client)).toBe(true);
    took.push(performance.now() - sent);
    await new Promise((pause) => setTimeout(pause, 20));
  }
  return took;
}

async function sockets(count: number, port: number, say: (i: number) => Buffer | null): Promise<Socket[]> {
  const opened = Array.from({ length: count }, (_, i) => {
    const socket = connect(port, '127.0.0.1', () => {
      const words = say(i);
      if (words) socket.write(words);
    });
    return socket.on('error', () => {});
  });
  onTestFinished(() => {
    for (const socket of opened) socket.destroy();
  });
  await Promise.all(opened.map((socket) => once(socket, 'connect')));
  return opened;
}

describe('others are served, and the account balances, beside', () => {
  test('gateways that flood', async () => {
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const floods = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => pour(fleet, await gateway(server, id), 300)),
    );
    const took = await quietly(fleet, await gateway(server, 'quiet'), 15);
    expect(Math.max(...took)).toBeLessThan(PATIENCE_MS);
    expect((await health(server)).status).not.toBe('failing');
    await Promise.all(floods.map((flood) => flood.end()));
    expect(fleet.count).toBeGreaterThan(1000);
    await accountFor(server, data, fleet);
    await server.stop();
  }, 120_000);

  test('10,000 poison packets, and a good one after them', async () => {
    const data = directory();
    const fleet = new Fleet(1);
    const server = await serverWith(data, fleet);
    const client = await gateway(server);
    const poison = ['{"time":', '[1]', 'null', '{"time":"noon","value":1}', '\\x00\\xff', '{"value":1e999}'];
    await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        client.publishAsync('meters/m0/readings', poison[i % poison.length] as string, { qos: 1 }),
      ),
    );
    expect(await fleet.send(client)).toBe(true);
    await accountFor(server, data, fleet, { quarantined: 10_000 });
    await server.stop();
  }, 120_000);

  test('clients that never read, over MQTT and as live pages', async () => {
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const { hostname, port } = new URL(server.url);
    const cookie = await signedInAt(server, 'deaf');
    const request = Buffer.from(
      `GET /api/v1/live HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${cookie}\r\n\r\n`,
    );
    const deaf = await sockets(100, Number(port), () => request);
    deaf.push(...(await sockets(20, server.mqttPort, (i) => Buffer.concat([connectAs(i), SUBSCRIBE]))));
    for (const socket of deaf) socket.pause();
    const stream = pour(fleet, await gateway(server), 200);
    const took = await quietly(fleet, await gateway(server, 'quiet'), 15);
    expect(Math.max(...took)).toBeLessThan(PATIENCE_MS);
    // Each is said to be there until it is cut off, and nothing is wrong because of them.
    const told = await health(server);
    expect(told.intake.clients).toBeGreaterThanOrEqual(2);
    expect(told.intake.clients).toBeLessThanOrEqual(2 + 20);
    expect(told.status).not.toBe('failing');
    await stream.end();
    await accountFor(server, data, fleet);
    expect((await server.stop()).code).toBe(0);
  }, 120_000);

  test('2,000 connections that say nothing, half a packet, too much before CONNECT, or a header by bytes', async () => {
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const half = CONNECT.subarray(0, 6);
    // A CONNECT that announces 200 MB, and begins with a part of it.
    const large = Buffer.concat([Buffer.from([0x10, 0x80, 0x84, 0xaf, 0x5f]), Buffer.alloc(65_536)]);
    const words = [null, half, CONNECT.subarray(0, 1), large];
    const idle = await sockets(1700, server.mqttPort, (i) => words[i % words.length] ?? null);
    const slow = await sockets(300, Number(new URL(server.url).port), () =>
      Buffer.from('GET / HTTP/1.1\r\nx'),
    );
    const took = await quietly(fleet, await gateway(server, 'quiet'), 20);
    expect(Math.max(...took)).toBeLessThan(PATIENCE_MS);
    expect((await health(server)).intake.clients).toBe(1);
    for (const socket of slow) socket.destroy();
    // Each has ten seconds for its CONNECT; the large ones are cut off at once.
    await until(
      async () => idle.filter((socket) => !socket.destroyed).length,
      (open) => open === 0,
      60_000,
    );
    await accountFor(server, data, fleet);
    await server.stop();
  }, 180_000);
});

test.skipIf(SOAK_S === 0)(
  `${SOAK_S} s under load: memory stays, everything acknowledged is stored`,
  async () => {
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const stream = pour(fleet, await gateway(server), 4);
    const deadline = performance.now() + SOAK_S * 1000;
    const quiet = await gateway(server, 'quiet');
    while (performance.now() < deadline) {
      await quietly(fleet, quiet, 50);
      expect((await health(server)).status).not.toBe('failing');
    }
    await stream.end();
    await accountFor(server, data, fleet);
    expect((await server.stop()).code).toBe(0);
  },
  SOAK_S * 2000 + 600_000,
);

describe('an HTTP connection is cut off', () => {
  const app = { fetch: async (request: Request) => new Response(await request.text()) };

  test.each([
    ['that sends nothing', ''],
    ['that sends a header by bytes', 'POST / HTTP/1.1\r\nhost: a\r\nx'],
    ['whose body stops', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc'],
  ])('%s', async (_what, words) => {
    const limits = { headersMs: 300, bodyPauseMs: 300, checkMs: 50 };
    const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 }, limits);
    onTestFinished(() => close(0));
    const [socket] = await sockets(1, port, () => (words === '' ? null : Buffer.from(words)));
    await once((socket as Socket).resume(), 'close', { signal: AbortSignal.timeout(20_000) });
  });

  test('that does not take its answer, and one that takes it slowly is not', async () => {
    const line = new Uint8Array(65_536);
    let ended = 0;
    const endless = {
      fetch: async () =>
        new Response(
          new ReadableStream(
            { pull: (to) => to.enqueue(line), cancel: () => void ended++ },
            { highWaterMark: 0 },
          ),
        ),
    };
    const { port, close } = await listen(endless, { host: '127.0.0.1', port: 0 }, { bodyPauseMs: 1500 });
    onTestFinished(() => close(0));
    const get = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const [deaf, slow] = (await sockets(2, port, () => get)) as [Socket, Socket];
    deaf.pause();
    let taken = 0;
    slow.pause();
    const sip = setInterval(() => {
      taken += (slow.read() as Buffer | null)?.length ?? 0;
    }, 50);
    onTestFinished(() => clearInterval(sip));
    await until(
      async () => ended,
      (n) => n > 0,
      30_000,
    );
    expect(ended).toBe(1);
    const then = taken;
    await until(
      async () => taken,
      (bytes) => bytes > then + 10 * 65_536,
      30_000,
    );
    expect(slow.destroyed).toBe(false);
  }, 60_000);

  test('that is one too many', async () => {
    const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 }, { connections: 2 });
    onTestFinished(() => close(0));
    await sockets(2, port, () => null);
    const [third] = await sockets(1, port, () => null);
    await once((third as Socket).resume(), 'close', { signal: AbortSignal.timeout(20_000) });
  });

  test('and one whose answer takes longer than its body may pause is not', async () => {
    const slow = {
      fetch: async (request: Request) => {
        await new Promise((done) => setTimeout(done, 900));
        return new Response(await request.text());
      },
    };
    const { port, close } = await listen(slow, { host: '127.0.0.1', port: 0 }, { bodyPauseMs: 300 });
    onTestFinished(() => close(0));
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'all of it' });
    expect(await answer.text()).toBe('all of it');
  });
});
