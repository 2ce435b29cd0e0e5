import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { DOUBLE, DuckDBInstance, type DuckDBPreparedStatement, UINTEGER, UTINYINT } from '@duckdb/node-api';
import type { Reading } from '../../server/domain/reading.ts';
import { DAY_MS } from '../../server/domain/time.ts';
import { append, type Column } from '../../server/timeseries/duckdb/append.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { readingLine } from '../../server/timeseries/influx/lines.ts';
import { InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import type { Row } from './report.ts';
import { percentile, temporary } from './run.ts';

const START = Date.parse('2025-01-01T00:00:00+08:00');
const QUARTER = 900_000;
const METERS = 1000;
/** What the ledger hands over at once. */
const HAND_OVER = 10_000;
const LOOKS = 40;
const COLUMNS: readonly Column<Reading>[] = [
  [UINTEGER, (r) => r.meter],
  [DOUBLE, (r) => r.time],
  [DOUBLE, (r) => r.value],
  [UTINYINT, (r) => r.flags],
];

/** Quarter-hours of 1,000 meters in order of time, as a journal holds them. */
function history(from: number, count: number): Reading[] {
  return Array.from({ length: count }, (_, i) => {
    const step = Math.floor((from + i) / METERS);
    const meter = 1 + ((from + i) % METERS);
    return { meter, time: START + step * QUARTER, value: 1000 + step * 2.5 + meter / 100, flags: 0 };
  });
}

/** A store behind the port beside its own client, on the same machine in the same run. */
interface Beside {
  name: string;
  port: TimeSeries;
  rawWrite(readings: readonly Reading[]): Promise<void>;
  /** All rows of one meter in a span; how many there were. */
  rawRead(meter: number, from: number, to: number): Promise<number>;
  close(): Promise<void>;
}

async function duckdb(): Promise<Beside> {
  const [ours, theirs] = [temporary(), temporary()];
  const port = new DuckDBTimeSeries({ directory: ours.path });
  await port.start();
  const raw = await DuckDBInstance.create(`${theirs.path}/raw.duckdb`);
  const connection = await raw.connect();
  await connection.run('CREATE TABLE readings (meter UINTEGER, time BIGINT, value DOUBLE, flags UTINYINT)');
  const look: DuckDBPreparedStatement = await connection.prepare(
    'SELECT meter, time, value, flags FROM readings WHERE meter = $1 AND time >= $2 AND time < $3 ORDER BY meter, time',
  );
  return {
    name: 'DuckDB',
    port,
    async rawWrite(readings) {
      await append(connection, 'readings', COLUMNS, readings);
    },
    async rawRead(meter, from, to) {
      look.bindUInteger(1, meter);
      look.bindBigInt(2, BigInt(from));
      look.bindBigInt(3, BigInt(to));
      return (await (await look.runAndReadAll()).getRows()).length;
    },
    async close() {
      await port.stop();
      connection.closeSync();
      raw.closeSync();
      ours.remove();
      theirs.remove();
    },
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** The plainest client there is: one request of Node's own, the body made before. */
function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if ((answer.statusCode ?? 500) < 300) resolve(text);
        else reject(new Error(`${answer.statusCode}: ${text}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function influxdb(server: InfluxServer): Promise<Beside> {
  const [ours, theirs] = [server.database(), server.database()];
  const port = new InfluxTimeSeries({ url: server.url, database: ours });
  await port.start();
  await server.query(`CREATE DATABASE "${theirs}" WITH DURATION INF SHARD DURATION 90d`);
  return {
    name: 'InfluxDB',
    port,
    async rawWrite(readings) {
      for (let i = 0; i < readings.length; i += 5000) {
        const body = readings
          .slice(i, i + 5000)
          .map(readingLine)
          .join('\n');
        await post(`${server.url}/write?db=${theirs}&precision=ms`, body);
      }
    },
    async rawRead(meter, from, to) {
      const q = `SELECT value, flags FROM readings WHERE time >= ${from}ms AND time < ${to}ms AND meter = '${meter}'`;
      const answer = await post(
        `${server.url}/query?${new URLSearchParams({ db: theirs, q, epoch: 'ms' })}`,
        '',
      );
      const { results } = JSON.parse(answer) as { results: { series?: { values: unknown[] }[] }[] };
      return results[0]?.series?.[0]?.values.length ?? 0;
    },
    async close() {
      await port.stop();
      await server.query(`DROP DATABASE "${ours}"`);
      await server.query(`DROP DATABASE "${theirs}"`);
    },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Both engines written and read through the port beside their own clients, at one size and at ten times it.
 * Without an influxd on the path its rows are left out.
 * @param size readings of the smaller history; at least 200 steps of all meters
 * @param options.sizes the sizes of requests too, which takes a minute
 */
export async function engines(
  runs: number,
  size = 200_000,
  { sizes = true }: { sizes?: boolean } = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  const server = hasInflux() ? new InfluxServer() : null;
  await server?.start();
  try {
    for (const open of [duckdb, ...(server ? [() => influxdb(server)] : [])]) {
      for (const count of [size, size * 10]) {
        // The large one takes ten times as long: once.
        for (const row of await oneEngine(open, count, count === size ? runs : 1)) rows.push(row);
      }
    }
    if (server && sizes) rows.push(...(await batchSizes(server, runs)));
  } finally {
    await server?.remove();
  }
  return rows;
}

async function oneEngine(open: () => Promise<Beside>, count: number, runs: number): Promise<Row[]> {
  const figures = {
    write: [] as number[],
    rawWrite: [] as number[],
    read: [] as number[],
    rawRead: [] as number[],
  };
  let name = '';
  for (let run = 0; run < runs; run++) {
    const at = await open();
    name = at.name;
    let [ours, theirs] = [0, 0];
    for (let from = 0; from < count; from += HAND_OVER) {
      const readings = history(from, HAND_OVER);
      const batch = { cursor: from + HAND_OVER, readings, hours: [], days: [], months: [] };
      // In turn, so that neither finds a machine that the other does not.
      ours += await timed(() => at.port.write(batch));
      theirs += await timed(() => at.rawWrite(readings));
    }
    figures.write.push(count / (ours / 1000));
    figures.rawWrite.push(count / (theirs / 1000));
    const [read, raw]: [number[], number[]] = [[], []];
    for (let i = 0; i < LOOKS; i++) {
      const meter = 1 + ((i * 397) % METERS);
      const from = START;
      const to = START + 2 * DAY_MS;
      let found = 0;
      read.push(
        await timed(async () => {
          found = (await at.port.readings([meter], from, to)).length;
        }),
      );
      raw.push(
        await timed(async () => {
          if ((await at.rawRead(meter, from, to)) !== found) throw new Error('the two do not hold the same');
        }),
      );
    }
    figures.read.push(
      percentile(
        read.sort((a, b) => a - b),
        0.5,
      ),
    );
    figures.rawRead.push(
      percentile(
        raw.sort((a, b) => a - b),
        0.5,
      ),
    );
    await at.close();
  }
  const of = `${name}, ${(count / 1e6).toLocaleString('en-US')} M readings`;
  return [
    { what: `${of}: write through the port`, values: figures.write, unit: '/s', ceiling: figures.rawWrite },
    {
      what: `${of}: two days of a meter through the port, p50`,
      values: figures.read,
      unit: 'ms',
      ceiling: figures.rawRead,
    },
  ];
}

/** Lines in one request, packed or not, and how many requests at once: what the server takes fastest. */
export async function batchSizes(server: InfluxServer, runs: number, lines = 200_000): Promise<Row[]> {
  const all = history(0, lines).map(readingLine);
  const rows: Row[] = [];
  for (const packed of [false, true]) {
    for (const atOnce of [1, 2, 4]) {
      for (const size of [1000, 5000, 10_000, 20_000, 50_000]) {
        const values: number[] = [];
        for (let run = 0; run < runs; run++) {
          const database = server.database();
          await server.query(`CREATE DATABASE "${database}" WITH DURATION INF SHARD DURATION 90d`);
          const url = `${server.url}/write?db=${database}&precision=ms`;
          let next = 0;
          const lane = async (): Promise<void> => {
            while (next < lines) {
              const from = next;
              next += size;
              const body = all.slice(from, from + size).join('\n');
              if (packed) await post(url, gzipSync(body, { level: 1 }), { 'content-encoding': 'gzip' });
              else await post(url, body);
            }
          };
          const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, lane)));
          values.push(lines / (ms / 1000));
          await server.query(`DROP DATABASE "${database}"`);
        }
        const how = `${packed ? 'gzip' : 'plain'}, ${atOnce} at once`;
        rows.push({
          what: `InfluxDB, raw client, ${size.toLocaleString('en-US')} lines a request, ${how}`,
          values,
          unit: '/s',
        });
      }
    }
  }
  return rows;
}
