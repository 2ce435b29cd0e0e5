/**
 * `npm run bench`: what the program does on this machine, each figure with its spread and, where there is
 * one, the ceiling measured in the same run. Nothing is asserted; `npm run bench -- --quick` runs once.
 */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';
import type { RunningServer } from '../support/server.ts';
import { city } from './city.ts';
import { registers } from './history.ts';
import { lateReading, recomputation } from './recompute.ts';
import { printMachine, printTable, type Row } from './report.ts';
import { reports } from './reports.ts';
import { directoryBytes, drained, generate, health, residentMb, withIdleBroker, withServer } from './run.ts';

const quick = process.argv.includes('--quick');
const RUNS = quick ? 1 : 3;
const SECONDS = quick ? 2 : 4;
const METERS = 1000;
const QUARTER = 900_000;
const START = Date.parse('2025-01-01T00:00:00+08:00');
/** Each run has years of its own, all of them past: readings ahead of the clock would be quarantined. */
const RUN_START = (run: number): number => Date.UTC(1995 + run * 8, 0, 1);
const HISTORY_MS = 395 * DAY_MS;
const rows: Row[] = [];
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const packageVersion = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
      version: string;
    }
  ).version;
printMachine({
  duckdb: packageVersion('@duckdb/node-api'),
  aedes: packageVersion('aedes'),
  hono: packageVersion('hono'),
});

for (const batch of [1, 100]) {
  for (const clients of [1, 50, 500]) {
    say(`MQTT QoS 1, ${batch} a message, ${clients} clients …`);
    const load = { clients, batch, seconds: SECONDS, meters: METERS, stepMs: QUARTER };
    const ceiling: number[] = [];
    const acknowledged: number[] = [];
    const through: number[] = [];
    const p99: number[] = [];
    const memory: number[] = [];
    await withServer(METERS, 900, async (server) => {
      for (let run = 0; run < RUNS; run++) {
        const start = RUN_START(run);
        const idle = await withIdleBroker((port) => generate({ ...load, port, start }));
        ceiling.push(idle.acknowledged / idle.seconds);
        const began = performance.now();
        const result = await generate({ ...load, port: server.mqttPort, start });
        acknowledged.push(result.acknowledged / result.seconds);
        await drained(server);
        through.push(result.acknowledged / ((performance.now() - began) / 1000));
        p99.push(result.p99);
        memory.push(residentMb(server.pid).peak);
        const { received, stored, duplicate, quarantined } = (await health(server)).account;
        if (received !== stored + duplicate + quarantined) throw new Error('the account does not balance');
        if (quarantined + duplicate > 0)
          throw new Error(`${quarantined} quarantined, ${duplicate} duplicate`);
      }
    });
    const name = `MQTT QoS 1, ${batch} a message, ${clients} client${clients > 1 ? 's' : ''}`;
    const wanted = batch === 1 ? '≥ 20,000' : '≥ 150,000';
    rows.push({ what: `${name}: durable, acknowledged`, values: acknowledged, unit: '/s', ceiling });
    rows.push({ what: `${name}: through to the time series`, values: through, unit: '/s', ceiling, wanted });
    rows.push({ what: `${name}: PUBLISH to PUBACK, p99`, values: p99, unit: 'ms' });
    rows.push({ what: `${name}: resident, peak`, values: memory, unit: 'MB' });
  }
}

say('recomputation …');
rows.push(
  ...(await recomputation(RUNS, 200)),
  ...(await recomputation(1, 10_000)),
  ...(await lateReading(quick ? 5 : 20)),
);
await history(100, QUARTER);
await history(1000, HOUR_MS);
for (const institutions of [50, 500]) {
  say(`a city of ${institutions} institutions …`);
  rows.push(...(await city(institutions)));
}
for (const institutions of quick ? [50] : [50, 500]) {
  say(`monthly reports of ${institutions} institutions …`);
  rows.push(...(await reports(institutions)));
}
printTable(rows);

/** Thirteen months through the CSV import, then the year view. */
async function history(meters: number, stepMs: number): Promise<void> {
  say(`13 months of ${meters} meters …`);
  await withServer(meters, stepMs / 1000, async (server, data) => {
    const to = START + HISTORY_MS;
    const began = performance.now();
    const csv = Readable.from(registers(meters, START, to, stepMs), { objectMode: false });
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: Readable.toWeb(csv) as ReadableStream<Uint8Array>,
      duplex: 'half',
    };
    await (await server.fetch('/api/v1/readings?name=bench.csv', init)).text();
    await drained(server);
    const seconds = (performance.now() - began) / 1000;
    const { stored } = (await health(server)).account;
    const name = `${meters} meters × 13 months (${(stored / 1e6).toFixed(1)} M readings)`;
    rows.push({ what: `${name}: CSV import`, values: [stored / seconds], unit: 'rows/s' });
    for (const by of ['day', 'month']) {
      const { p50, p99 } = await latencies(
        server,
        `/api/v1/consumption?node=b&carrier=electricity&by=${by}&from=2025-02-01&to=2026-02-01`,
      );
      rows.push({ what: `${name}: year by ${by}, p50`, values: [p50], unit: 'ms' });
      rows.push({
        what: `${name}: year by ${by}, p99`,
        values: [p99],
        unit: 'ms',
        ...(meters === 1000 ? { wanted: '< 30 ms' } : {}),
      });
    }
    rows.push({
      what: `${name}: resident after import and queries`,
      values: [residentMb(server.pid).now],
      unit: 'MB',
      wanted: '< 500 MB',
    });
    await server.stop();
    const wanted = stepMs === QUARTER ? { wanted: '≤ 10' } : {};
    rows.push({
      what: `${name}: on disk, rollups included`,
      values: [directoryBytes(data) / stored],
      unit: 'bytes a reading',
      ...wanted,
    });
  });
}

async function latencies(server: RunningServer, path: string): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let i = 0; i < 120; i++) {
    const began = performance.now();
    const answer = await server.fetch(path);
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
    // The first ones warm caches and the compiler.
    if (i >= 20) times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: times[50] as number, p99: times[98] as number };
}
