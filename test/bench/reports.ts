import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DAY_MS } from '../../server/domain/time.ts';
import type { Batch } from '../../server/http/schemas/batches.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { estateOf, readings, send } from './city.ts';
import type { Row } from './report.ts';
import { drained, generate, residentMb, temporary } from './run.ts';

const MONTHS = 26;
const METERS = 50;
const PACE = 500;
/** Long enough for a p99 of its own, short enough to be beside the batch all of its time. */
const SLICE_S = 4;
const POLL_MS = 500;
/** A second, on Linux. */
const CLOCK_TICKS = 100;

/** The monthly reports of a city in Word and Excel in one batch, and what the meters feel of it. */
export async function reports(institutions: number): Promise<Row[]> {
  const { path, remove } = temporary();
  const server = await startServer(path);
  try {
    await send(server, 'PUT', '/estate', estateOf(institutions));
    await send(server, 'PUT', '/estate', beside());
    const now = Date.now();
    const today = now - ((now + 8 * 3_600_000) % DAY_MS);
    const csv = readings(institutions, today - Math.round(MONTHS * 30.44) * DAY_MS, today);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: Readable.toWeb(Readable.from(csv, { objectMode: false })) as ReadableStream<Uint8Array>,
      duplex: 'half',
    };
    await (await server.fetch('/api/v1/readings?name=city.csv', init as RequestInit)).text();
    await drained(server);

    const before = await puback(server, 0);
    const month = new Date(today + 8 * 3_600_000 - 32 * DAY_MS).toISOString().slice(0, 7);
    const began = performance.now();
    const cpuBefore = cpuSeconds(server.pid);
    const asked = { node: 'city', month, forms: ['docx', 'xlsx'] };
    const answer = await server.fetch('/api/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    const { id } = (await answer.json()) as Batch;
    let memory = 0;
    let batch: Batch;
    const beside99: number[] = [];
    const watched = (async (): Promise<Batch> => {
      for (;;) {
        const found = (await (await server.fetch(`/api/v1/batches/${id}`)).json()) as Batch;
        memory = Math.max(memory, residentMb(server.pid).now);
        if (found.finished_at !== null) return found;
        await wait(POLL_MS);
      }
    })();
    let isDone = false;
    const metered = (async (): Promise<void> => {
      for (let slice = 1; !isDone; slice++) beside99.push(await puback(server, slice));
    })();
    batch = await watched;
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuSeconds(server.pid) - cpuBefore;
    isDone = true;
    await metered;
    if (batch.state !== 'done' || batch.failures.length > 0) {
      throw new Error(`the batch is ${batch.state}, ${batch.failures.length} failures`);
    }
    const archiveBegan = performance.now();
    const archive = await (await server.fetch(`/api/v1/batches/${id}/archive`)).arrayBuffer();
    const archived = performance.now() - archiveBegan;
    const name = `monthly reports of ${institutions}, Word and Excel`;
    const whole = institutions === 500;
    return [
      { what: name, values: [seconds], unit: 's', ...(whole && { wanted: '< 60 s' }) },
      {
        what: `${name}: processor time a report, intake included`,
        values: [(cpu * 1000) / institutions],
        unit: 'ms',
      },
      {
        what: `${name}: resident, peak`,
        values: [memory],
        unit: 'MB',
        ...(whole && { wanted: '< 1,000 MB' }),
      },
      { what: `${name}: PUBACK p99 before`, values: [before], unit: 'ms' },
      { what: `${name}: PUBACK p99 beside, ${PACE}/s`, values: beside99, unit: 'ms' },
      {
        what: `${name}: archive of ${(archive.byteLength / 1e6).toFixed(0)} MB`,
        values: [archived],
        unit: 'ms',
      },
    ];
  } finally {
    await server.stop();
    remove();
  }
}

/** Processor time of all threads of a process so far. */
function cpuSeconds(pid: number): number {
  // After the name, which may hold anything: state is the third field, utime and stime the 14th and 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** Meters that report over MQTT while the reports are made, in a building of their own. */
function beside(): object {
  return {
    version: 1,
    timezone: 'Asia/Shanghai',
    nodes: [{ id: 'b', name: 'bench', kind: 'building' }],
    meters: Array.from({ length: METERS }, (_, i) => ({
      id: `m${i}`,
      name: `m${i}`,
      node: 'b',
      carrier: 'electricity',
      interval_s: 900,
      max_rate: 1000,
    })),
  };
}

async function puback(server: RunningServer, slice: number): Promise<number> {
  const { p99 } = await generate({
    port: server.mqttPort,
    clients: 10,
    batch: 1,
    seconds: SLICE_S,
    meters: METERS,
    start: Date.UTC(2002, 0, 1) + slice * 60 * DAY_MS,
    stepMs: 900_000,
    perSecond: PACE,
  });
  return p99;
}
