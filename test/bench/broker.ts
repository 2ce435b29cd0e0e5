import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NEEDED, startMosquitto } from '../support/mosquitto.ts';
import { startServer, until } from '../support/server.ts';
import type { Row } from './report.ts';
import { drained, estateOf, generate, health, here, residentMb, temporary } from './run.ts';

const METERS = 1000;
const CLIENTS = 50;
const DEADLINE_MS = 300_000;
/** Past years of its own for each run, beside those of the embedded broker's runs. */
const START = (run: number): number => Date.UTC(2021 + run, 0, 1);

/** Readings a second from the first PUBLISH until the last acknowledged one has arrived. */
interface Measured {
  /** What mosquitto took from the gateways. */
  acknowledged: number;
  received: number;
}

/**
 * Readings one a message at QoS 1 through an external mosquitto (plain TCP, MQTT 5), as fast as it takes them
 * from 50 gateways: on disk here, and in the time series; beside a subscriber by MQTT.js and one by hand that
 * only acknowledge, each with a broker of its own in the same run. Generator, broker and subscriber share the
 * machine. What the broker has kept when the gateways end is part of the time.
 * @param seconds that the gateways send
 */
export async function externalBroker(runs: number, seconds: number): Promise<Row[]> {
  const stored: number[] = [];
  const through: number[] = [];
  const taken: number[] = [];
  const library: number[] = [];
  const raw: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < runs; run++) {
    library.push((await idle('mqttjs', seconds, run)).received);
    raw.push((await idle('raw', seconds, run)).received);
    const of = await ours(seconds, run);
    stored.push(of.received);
    taken.push(of.acknowledged);
    through.push(of.through);
    memory.push(of.memory);
  }
  const name = 'external mosquitto, QoS 1, 1 a message';
  return [
    { what: `${name}: durable`, values: stored, unit: '/s', ceiling: library, wanted: '≥ 15,000' },
    { what: `${name}: durable, beside a subscriber by hand`, values: stored, unit: '/s', ceiling: raw },
    { what: `${name}: through to the time series`, values: through, unit: '/s', ceiling: library },
    { what: `${name}: taken by the broker meanwhile`, values: taken, unit: '/s' },
    { what: `${name}: resident, peak`, values: memory, unit: 'MB' },
  ];
}

const load = (port: number, seconds: number, run: number) => ({
  port,
  clients: CLIENTS,
  batch: 1,
  seconds,
  meters: METERS,
  start: START(run),
  stepMs: 60_000,
});

async function idle(mode: 'mqttjs' | 'raw', seconds: number, run: number): Promise<Measured> {
  const broker = await startMosquitto(NEEDED);
  const child = spawn(process.execPath, [here('./idle-subscriber.ts'), mode, String(broker.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = { count: 0, at: 0 };
  try {
    await new Promise<void>((ready, failed) => {
      child.once('exit', (code) => failed(new Error(`the subscriber ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [count, at] = line.split(' ').map(Number) as [number, number | undefined];
        if (at === undefined) ready();
        else last = { count, at };
      });
    });
    const began = Date.now();
    const { acknowledged, seconds: took } = await generate(load(broker.port, seconds, run));
    await until(
      async () => last,
      ({ count }) => count >= acknowledged,
      DEADLINE_MS,
    );
    return { acknowledged: acknowledged / took, received: acknowledged / ((last.at - began) / 1000) };
  } finally {
    child.removeAllListeners('exit');
    child.kill();
    await broker.stop();
  }
}

async function ours(seconds: number, run: number): Promise<Measured & { through: number; memory: number }> {
  const broker = await startMosquitto(NEEDED);
  const { path, remove } = temporary();
  const server = await startServer(path, { MQTT_URL: `mqtt://127.0.0.1:${broker.port}`, MQTT_PORT: '0' });
  try {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(estateOf(METERS, 60));
    const answer = await server.fetch('/api/v1/estate', { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
    // Written once the broker has confirmed our subscriptions.
    await until(async () => existsSync(join(path, 'mqtt-session')), Boolean);
    const began = performance.now();
    const { acknowledged, seconds: took } = await generate(load(broker.port, seconds, run));
    await until(
      () => health(server),
      ({ account }) => account.received >= acknowledged,
      DEADLINE_MS,
    );
    const received = acknowledged / ((performance.now() - began) / 1000);
    await drained(server);
    const through = acknowledged / ((performance.now() - began) / 1000);
    const { account } = await health(server);
    if (account.received !== acknowledged || account.stored !== acknowledged) {
      throw new Error(`${acknowledged} sent, the account says ${JSON.stringify(account)}`);
    }
    return { acknowledged: acknowledged / took, received, through, memory: residentMb(server.pid).peak };
  } finally {
    await server.stop();
    await broker.stop();
    remove();
  }
}
