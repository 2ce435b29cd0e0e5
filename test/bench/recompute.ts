import { Readable } from 'node:stream';
import { DAY_MS } from '../../server/domain/time.ts';
import { type RunningServer, until } from '../support/server.ts';
import { registers } from './history.ts';
import type { Row } from './report.ts';
import { estateOf, generate, health, withServer } from './run.ts';

const QUARTER = 900_000;
const START = Date.parse('2023-01-01T00:00:00+08:00');
const METERS = 120;
const MONTHS_13_MS = 395 * DAY_MS;

async function importCsv(server: RunningServer, csv: AsyncIterable<Uint8Array>): Promise<void> {
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: Readable.toWeb(Readable.from(csv, { objectMode: false })) as ReadableStream<Uint8Array>,
    duplex: 'half',
  };
  await (await server.fetch('/api/v1/readings?name=bench.csv', init)).text();
}

/** What each meter's register showed last. */
async function newest(server: RunningServer): Promise<{ time: number; registers: number[] }> {
  const registers: number[] = [];
  let time = 0;
  const { meters } = (await (await server.fetch('/api/v1/meters')).json()) as {
    meters: { id: string; last: { time: string; value: number } }[];
  };
  for (const { id, last } of meters) {
    registers[Number(id.slice(1))] = last.value;
    time = Math.max(time, Date.parse(last.time));
  }
  return { time, registers };
}

/**
 * All meters described differently, so that 13 months are computed again while readings go on coming in where
 * the history ends: 200 a second are what 180,000 meters send on the quarter-hour.
 */
export async function recomputation(runs: number, readingsPerS: number): Promise<Row[]> {
  const seconds: number[] = [];
  const acknowledged: number[] = [];
  const p99: number[] = [];
  const months: number[] = [];
  await withServer(METERS, 900, async (server) => {
    await importCsv(server, registers(METERS, START, START + MONTHS_13_MS, QUARTER));
    for (let run = 0; run < runs; run++) {
      const last = await newest(server);
      const load = {
        clients: 10,
        batch: 10,
        perSecond: readingsPerS / 10,
        seconds: 20,
        meters: METERS,
        stepMs: QUARTER,
        port: server.mqttPort,
        start: last.time + QUARTER,
        registers: last.registers.map((r) => r + 2.5),
      };
      const stream = generate(load);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const described = estateOf(METERS, 900) as { meters: object[] };
      const body = JSON.stringify({
        ...described,
        meters: described.meters.map((m) => ({ ...m, multiplier: 2 + run })),
      });
      const began = performance.now();
      const headers = { 'content-type': 'application/json' };
      const answer = await server.fetch('/api/v1/estate', { method: 'PUT', headers, body });
      if (!answer.ok) throw new Error(await answer.text());
      const waiting = await until(
        () => health(server),
        (h) => h.journal.recomputing > METERS,
        10_000,
      );
      months.push(waiting.journal.recomputing);
      await until(
        () => health(server),
        (h) => h.journal.recomputing === 0,
        300_000,
      );
      seconds.push((performance.now() - began) / 1000);
      const result = await stream;
      acknowledged.push(result.acknowledged / result.seconds);
      p99.push(result.p99);
    }
  });
  const name = `${METERS} meters × 13 months computed again beside ${readingsPerS} readings/s`;
  return [
    { what: `${name}: meter-months`, values: months, unit: '' },
    { what: name, values: seconds, unit: 's', ...(readingsPerS <= 200 ? { wanted: '< 10 s' } : {}) },
    { what: `${name}: acknowledged meanwhile`, values: acknowledged, unit: '/s' },
    { what: `${name}: PUBLISH to PUBACK, p99`, values: p99, unit: 'ms' },
  ];
}

/** One late reading, through to all rollups, after 1, 12 and 36 months of history. */
export async function lateReading(times: number): Promise<Row[]> {
  const lengths = [1, 12, 36];
  const found: number[][] = lengths.map(() => []);
  await withServer(lengths.length, 900, async (server) => {
    const end = START + 36 * 30 * DAY_MS;
    for (const [i, months] of lengths.entries()) {
      await importCsv(server, renamed(registers(1, end - months * 30 * DAY_MS, end, QUARTER), `m${i}`));
    }
    for (let n = 0; n < times; n++) {
      for (const i of lengths.keys()) {
        // Between two quarters of the last month, where the register stands as at the first of them.
        const at = end - 10 * DAY_MS - n * QUARTER + 60_000;
        const range = `meter=m${i}&from=${new Date(at - 120_000).toISOString()}&to=${new Date(at).toISOString()}`;
        const before = (await (await server.fetch(`/api/v1/readings?${range}`)).json()) as {
          rows: { value: number }[];
        };
        const body = `meter,time,value\nm${i},${at},${before.rows[0]?.value}\n`;
        const began = performance.now();
        const headers = { 'content-type': 'text/csv' };
        await (
          await server.fetch('/api/v1/readings?name=late.csv', { method: 'POST', headers, body })
        ).text();
        found[i]?.push(performance.now() - began);
      }
    }
  });
  const [first] = found;
  return lengths.map((months, i) => ({
    what: `one late reading after ${months} months of history, through to the rollups`,
    values: found[i] as number[],
    unit: 'ms',
    ...(i > 0 && first ? { ceiling: first, wanted: '≤ 150 % of 1 month' } : {}),
  }));
}

async function* renamed(csv: AsyncIterable<Uint8Array>, id: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of csv)
    yield Buffer.from(Buffer.from(chunk).toString('utf8').replaceAll('m0,', `${id},`));
}
