import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { send } from './city.ts';
import { cpuBetween, cpuTime } from './cpu.ts';
import type { Row } from './report.ts';
import { latencies, residentMb, temporary } from './run.ts';

/** Meters of the institution that is looked at by itself, each of them outermost. */
const CAMPUS = 1000;
/** Meters of every other institution: an electricity main with those below it, two of water, two of gas. */
const EACH = 20;
const BELOW = 15;
const END = Date.parse('2026-11-01T00:00:00+08:00');
/** Hours and readings of so many months before the end; no view of a year or month reads them. */
const FINE_MONTHS = 3;
const CPU_REPEATS = 20;

/** A city as its estate file says it: one campus of 1,000 mains, all others with one main for each carrier. */
function estateOf(meters: number): object {
  const institutions = (meters - CAMPUS) / EACH;
  const nodes: object[] = [
    { id: 'city', name: 'city', kind: 'region' },
    { id: 'campus', name: 'campus', kind: 'institution', parent: 'city' },
  ];
  const all: object[] = [];
  const add = (id: string, node: string, carrier: string, parent?: string): void => {
    const unit = carrier === 'electricity' ? 'kWh' : 'm³';
    all.push({
      id,
      name: id,
      node,
      carrier,
      unit,
      interval_s: 900,
      max_rate: 1000,
      ...(parent ? { parent } : {}),
    });
  };
  for (let i = 0; i < CAMPUS; i++) add(`campus-${i}`, 'campus', 'electricity');
  for (let i = 0; i < institutions; i++) {
    nodes.push({ id: `o${i}`, name: `o${i}`, kind: 'institution', parent: 'city' });
    nodes.push({ id: `b${i}`, name: `b${i}`, kind: 'building', parent: `o${i}` });
    add(`o${i}-main`, `b${i}`, 'electricity');
    for (let k = 0; k < BELOW; k++) add(`o${i}-${k}`, `b${i}`, 'electricity', `o${i}-main`);
    for (const carrier of ['water', 'gas'])
      for (let k = 0; k < 2; k++) add(`o${i}-${carrier}${k}`, `b${i}`, carrier);
  }
  return { version: 1, timezone: 'Asia/Shanghai', nodes, meters: all };
}

/** Writes rollups as the ledger would have left them: a year of readings would take an hour to send. */
async function furnish(directory: string, meters: number, months: number): Promise<void> {
  const zone = new Zone('Asia/Shanghai');
  const from = zone.shift(END, 'month', -months);
  const fine = zone.shift(END, 'month', -Math.min(months, FINE_MONTHS));
  const instance = await DuckDBInstance.create(join(directory, DUCKDB_FILE), { memory_limit: '1GB' });
  const c = await instance.connect();
  const rows = (table: string, starts: string, wide: number): Promise<unknown> =>
    c.run(`INSERT INTO ${table}
      SELECT m, s, (abs(hash(m * 7919 + s)) % 1000000)::BIGINT * ${wide}, 0, 0, ${wide}::BIGINT * ${HOUR_MS}
      FROM (${starts}) starts(s), range(1, ${meters + 1}) meters(m) ORDER BY s, m`);
  const list = (of: readonly number[]): string =>
    `SELECT unnest([${of.map((start) => `${start}::BIGINT`).join(',')}])`;
  await rows('months', list(zone.periods('month', from, END).map((p) => p.start)), 720);
  await rows('days', list(zone.periods('day', from, END).map((p) => p.start)), 24);
  await rows('hours', `SELECT unnest(range(${fine}, ${END}, ${HOUR_MS}))`, 1);
  await c.run(`INSERT INTO readings SELECT m, s, (s - ${from}) / 3600000.0 + m, 0
    FROM range(${fine}, ${END} + 1, ${HOUR_MS}) starts(s), range(1, ${meters + 1}) meters(m) ORDER BY s, m`);
  await c.run(`INSERT INTO newest SELECT m, ${END}, (${END} - ${from}) / 3600000.0 + m, 0
    FROM range(1, ${meters + 1}) meters(m)`);
  await c.run(`UPDATE meta SET value = (SELECT count(*) FROM readings) WHERE name = 'newest'`);
  await c.run('CHECKPOINT');
  c.closeSync();
  instance.closeSync();
  const store = new DuckDBTimeSeries({ directory });
  await store.start();
  await store.ordered();
  await store.stop();
}

interface View {
  /** ms */
  p50: number;
  p99: number;
  /** What one answer costs all threads of the server, ms. */
  cpu: number;
}

interface Measured {
  startS: number;
  resident: number;
  after: number;
  views: Map<string, View>;
}

async function measure(meters: number, months: number): Promise<Measured> {
  const { path, remove } = temporary();
  try {
    const first = await startServer(path);
    await send(first, 'PUT', '/estate', estateOf(meters));
    await first.stop();
    await furnish(path, meters, months);
    const began = performance.now();
    const server = await startServer(path);
    try {
      const startS = (performance.now() - began) / 1000;
      const resident = residentMb(server.pid).now;
      const year = 'carrier=electricity&from=2025-11-01&to=2026-11-01';
      const views = new Map<string, View>();
      for (const by of ['month', 'day']) {
        for (const [name, node] of [
          ['the city', 'city'],
          [`an institution of ${CAMPUS.toLocaleString('en-US')} mains`, 'campus'],
          ['a building', 'b7'],
        ]) {
          const path = `/api/v1/consumption?node=${node}&by=${by}&${year}`;
          const { p50, p99 } = await latencies(server, path);
          views.set(`year of ${name} by ${by}`, { p50, p99, cpu: await cpuOf(server, path) });
        }
      }
      return { startS, resident, after: residentMb(server.pid).now, views };
    } finally {
      await server.stop();
    }
  } finally {
    remove();
  }
}

/** CPU of an answer: on a machine that others use too it grows with the work alone. */
async function cpuOf(server: RunningServer, path: string): Promise<number> {
  const before = cpuTime(server.pid);
  for (let i = 0; i < CPU_REPEATS; i++) await (await server.fetch(path)).arrayBuffer();
  const { main, journal, other } = cpuBetween(before, cpuTime(server.pid));
  return (main + journal + other) / CPU_REPEATS / 1000;
}

/** A city of 10,000 meters × 36 months; the same with a year and with ten years, and with a fifth of the meters. */
export async function largeCity(): Promise<Row[]> {
  const [meters, months] = [10_000, 36];
  const whole = await measure(meters, months);
  const short = await measure(meters, 12);
  const long = await measure(meters, 120);
  const small = await measure(meters / 5, months);
  const name = '10,000 meters × 36 months';
  const rows: Row[] = [
    { what: `${name}: start to listening`, values: [whole.startS], unit: 's', wanted: '< 5 s' },
    { what: `${name}: start, 2,000 meters`, values: [small.startS], unit: 's' },
    { what: `${name}: resident after start`, values: [whole.resident], unit: 'MB' },
    { what: `${name}: resident after the views`, values: [whole.after], unit: 'MB', wanted: '< 700 MB' },
    { what: `${name}: resident after the views, 2,000 meters`, values: [small.after], unit: 'MB' },
  ];
  for (const [view, { p50, p99, cpu }] of whole.views) {
    const wanted = view.includes('building') ? '≤ 15 ms' : '≤ 50 ms';
    rows.push({ what: `${name}: ${view}, p50`, values: [p50], unit: 'ms' });
    rows.push({ what: `${name}: ${view}, p99`, values: [p99], unit: 'ms', wanted });
    rows.push({ what: `${name}: ${view}, CPU`, values: [cpu], unit: 'ms' });
    const [one, ten] = [short.views.get(view), long.views.get(view)];
    if (!one || !ten) continue;
    rows.push({
      what: `10,000 meters: ${view}, ten years of history against one, p50`,
      values: [ten.p50 / one.p50],
      unit: 'times',
      wanted: '≤ 1.3',
    });
    rows.push({
      what: `10,000 meters: ${view}, ten years of history against one, CPU`,
      values: [ten.cpu / one.cpu],
      unit: 'times',
      wanted: '≤ 1.3',
    });
  }
  return rows;
}
