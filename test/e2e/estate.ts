import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { readSettings } from '../../server/config.ts';
import { Zone } from '../../server/domain/time.ts';
import { asOperator } from '../../server/http/authorise.ts';
import { listen } from '../../server/http/listen.ts';
import type { Health } from '../../server/http/schemas/health.ts';
import type { ImportProgress } from '../../server/http/schemas/readings.ts';
import { type Server, serve } from '../../server/serve.ts';
import { demoEstate, pointsOf } from '../../simulators/estate.ts';
import { historyCsv } from '../../simulators/history.ts';
import { LoadModel } from '../../simulators/model/model.ts';
import { freePort } from '../support/port.ts';
import { until } from '../support/server.ts';
import { builtDashboard } from './dashboard.ts';

export const SEED = 1;
/** Where the estate is. */
export const ZONE = new Zone('Asia/Shanghai');

export interface EstateServer extends Server {
  /** Where the owner of the data directory comes in, who needs no sign-in and may do everything. */
  url: string;
  /** Where everybody else comes in. */
  front: string;
  /** mqtt://127.0.0.1:port of the embedded broker. */
  broker: string;
  /** The server's clock, epoch ms. It stands still unless it is moved. */
  clock: { at: number };
}

/**
 * The server on an empty data directory and free ports, with the dashboard of the present sources.
 * @param more settings beside these
 */
export async function emptyServer(at: number, more: Record<string, string> = {}): Promise<EstateServer> {
  const directory = mkdtempSync(join(tmpdir(), 'jieneng-e2e-'));
  const clock = { at };
  const settings = readSettings(
    {},
    {
      JIENENG_DATA: directory,
      HTTP_PORT: '0',
      MQTT_PORT: String(await freePort()),
      MQTT_ANONYMOUS: 'true',
      ...more,
    },
  );
  try {
    const server = await serve(settings, {
      version: '0.0.0',
      log: pino({ level: 'silent' }),
      webRoot: await builtDashboard(),
      now: () => clock.at,
    });
    const back = await listen(asOperator(server.app), { host: '127.0.0.1', port: 0 });
    return {
      ...server,
      url: `http://127.0.0.1:${back.port}`,
      front: server.url,
      broker: server.mqtt ?? '',
      clock,
      async stop() {
        await back.close(0);
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The demo estate with the history from one instant to another, at which the server's clock stands. */
export async function demoServer(from: number, at: number): Promise<EstateServer> {
  const server = await emptyServer(at);
  try {
    await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(demoEstate()));
    const csv = Readable.from(historyCsv({ seed: SEED, from, to: at }));
    const answer = await send(server, 'POST', '/api/v1/readings?name=history.csv', 'text/csv', csv);
    const last = JSON.parse(answer.trim().split('\n').at(-1) ?? '{}') as Partial<ImportProgress>;
    if (!last.done || last.quarantined !== 0) throw new Error(`history: ${answer.slice(-500)}`);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Sends a command, and waits until what it changed is computed.
 * @returns the text of an answer in the 200s; @throws with the text of any other.
 */
export async function send(
  server: Server,
  method: string,
  path: string,
  type: string,
  body: string | Readable,
): Promise<string> {
  const init: RequestInit & { duplex: 'half' } = {
    method,
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : (Readable.toWeb(body) as ReadableStream<Uint8Array>),
    duplex: 'half',
  };
  const response = await asOperator(server.app).fetch(new Request(`http://localhost${path}`, init));
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  await computed(server);
  return text;
}

/** Settles when every reading that is stored is in the figures, and nothing waits to be computed again. */
export async function computed(server: Server): Promise<void> {
  await until(
    async () => {
      const response = await asOperator(server.app).fetch(new Request('http://localhost/api/v1/health'));
      return ((await response.json()) as Health).journal;
    },
    (journal) => journal.pending === 0 && journal.recomputing === 0,
    60_000,
  );
}

export interface Packet {
  topic: string;
  payload: string;
}

/** Sends packets as one gateway does, in order; settles when the last is acknowledged. */
export async function publish(broker: string, packets: readonly Packet[]): Promise<void> {
  const client = await mqtt.connectAsync(broker, { connectTimeout: 5000, reconnectPeriod: 0 });
  try {
    for (const { topic, payload } of packets) await client.publishAsync(topic, payload, { qos: 1 });
  } finally {
    await client.endAsync();
  }
}

/** What the named meters of the demo estate show at an instant, as one packet of a gateway. */
export function shownAt(at: number, meters: readonly string[]): Packet {
  const points = pointsOf(demoEstate());
  const model = new LoadModel(points, SEED, ZONE);
  model.advance(at);
  const readings = meters.map((meter) => {
    const i = points.findIndex((p) => p.id === meter);
    if (i < 0) throw new Error(`the demo estate has no meter "${meter}"`);
    return { meter, time: ZONE.iso(at), value: model.value(i) };
  });
  return { topic: 'gateways/e2e/readings', payload: JSON.stringify({ readings }) };
}
