import { Readable } from 'node:stream';
import { DAY_MS } from '../../server/domain/time.ts';
import { registers } from './history.ts';
import type { Row } from './report.ts';
import { directoryBytes, drained, health, latencies, residentMb, withServer } from './run.ts';

const QUARTER_MS = 900_000;
const START = Date.parse('2025-01-01T00:00:00+08:00');
const HISTORY_MS = 395 * DAY_MS;

/** Thirteen months through the CSV import, then the year view, then what it takes on disk. */
export async function imported(meters: number, stepMs: number): Promise<Row[]> {
  const rows: Row[] = [];
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
    rows.push({
      what: `${name}: on disk, rollups included`,
      values: [directoryBytes(data) / stored],
      unit: 'bytes a reading',
      ...(stepMs === QUARTER_MS ? { wanted: '≤ 8' } : {}),
    });
  });
  return rows;
}
