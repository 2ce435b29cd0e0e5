import type { RunningServer } from '../support/server.ts';
import { type CpuTime, cpuBetween, cpuTime } from './cpu.ts';
import type { Load, LoadResult } from './generator.ts';
import type { WriterResult } from './journal-writer.ts';
import type { Row } from './report.ts';
import {
  answerOf,
  drained,
  generate,
  health,
  residentMb,
  withIdleBroker,
  withServer,
  writtenBytes,
} from './run.ts';

const METERS = 1000;
const QUARTER_MS = 900_000;
const START = Date.UTC(2002, 0, 1);
/**
 * Messages that one client has under way in the second of its runs. Whoever syncs a group every 10 ms acknowledges at
 * most what is under way in that time; a broker that does nothing acknowledges at once.
 */
const MANY_UNDER_WAY = 8000;
/** The pace at which delays are measured; flat out they say only how much the generator keeps under way. */
const PACE_PER_S = 30_000;

/**
 * Durable readings over MQTT QoS 1 into the embedded broker, beside a broker that acknowledges and does nothing
 * else and a journal that is written to without a network. Each is flat out in turn, so that a busy machine is
 * busy for all three. Readings through to the time series are told apart: in a burst the journal goes first.
 */
export async function embeddedIntake(runs: number, seconds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const batch of [1, 100]) {
    for (const clients of [1, 50, 500]) rows.push(...(await flatOut(runs, seconds, batch, clients)));
    if (batch === 1) rows.push(...(await flatOut(runs, seconds, batch, 1, MANY_UNDER_WAY)));
  }
  rows.push(...(await paced(runs, seconds)), ...(await written(seconds * 4)));
  return rows;
}

async function flatOut(
  runs: number,
  seconds: number,
  batch: number,
  clients: number,
  underWay?: number,
): Promise<Row[]> {
  const load = {
    clients,
    batch,
    seconds,
    meters: METERS,
    stepMs: QUARTER_MS,
    start: START,
    ...(underWay && { underWay }),
  };
  const many = underWay ? ` with ${underWay.toLocaleString('en-US')} under way` : '';
  const name = `MQTT QoS 1, ${batch} a message, ${clients} client${clients > 1 ? 's' : ''}${many}`;
  const rate = row(`${name}: durable, acknowledged`, '/s', batch === 1 ? '≥ 30,000, ≥ 70 %' : '≥ 250,000');
  const through = row(`${name}: through to the time series`, '/s');
  const memory = row(`${name}: resident, peak`, 'MB');
  const ceiling: number[] = [];
  const disk: number[] = [];
  const costs = {
    idle: [] as number[],
    main: [] as number[],
    journal: [] as number[],
    other: [] as number[],
  };
  await withServer(METERS * runs, 900, async (server) => {
    for (let run = 0; run < runs; run++) {
      const idle = await withIdleBroker((port, pid) => measured(pid, { ...load, port }));
      ceiling.push(perSecond(idle.result));
      costs.idle.push(idle.cpu.main);
      disk.push((await answerOf<WriterResult>('./journal-writer.ts', String(seconds / 2))).perSecond);
      const began = performance.now();
      // Meters of its own for each run, or their registers would fall back to where they began.
      const own = { ...load, port: server.mqttPort, firstMeter: run * METERS };
      const { result, cpu } = await measured(server.pid, own);
      rate.values.push(perSecond(result));
      for (const part of ['main', 'journal', 'other'] as const) costs[part].push(cpu[part]);
      await drained(server);
      through.values.push(result.acknowledged / ((performance.now() - began) / 1000));
      memory.values.push(residentMb(server.pid).peak);
      await balanced(server);
    }
  });
  rate.ceiling = ceiling;
  through.ceiling = ceiling;
  const rows = [rate, through, memory];
  if (batch === 1) {
    rows.splice(1, 0, {
      ...row(`${name}: durable, acknowledged, beside the journal alone`, '/s'),
      values: rate.values,
      ceiling: disk,
    });
    rows.push(
      { ...row(`${name}: CPU a message, main thread`, 'µs'), values: costs.main, ceiling: costs.idle },
      { ...row(`${name}: CPU a message, the journal's thread`, 'µs'), values: costs.journal },
      { ...row(`${name}: CPU a message, DuckDB, collector, file system`, 'µs'), values: costs.other },
    );
  }
  return rows;
}

/** Delays at a pace that the machine can hold. */
async function paced(runs: number, seconds: number): Promise<Row[]> {
  const load = { clients: 50, batch: 1, seconds, meters: METERS, stepMs: QUARTER_MS, start: START };
  const name = `MQTT QoS 1, ${PACE_PER_S.toLocaleString('en-US')} messages/s offered`;
  const rate = row(`${name}: acknowledged`, '/s');
  const p50 = row(`${name}: PUBLISH to PUBACK, p50`, 'ms');
  const p99 = row(`${name}: PUBLISH to PUBACK, p99`, 'ms', '≤ 25 ms');
  const commit = row(`${name}: the journal's commit, p99, at most`, 'ms', '≤ 25 ms');
  const idle: LoadResult[] = [];
  await withServer(METERS * runs, 900, async (server) => {
    for (let run = 0; run < runs; run++) {
      idle.push(await withIdleBroker((port) => generate({ ...load, port, perSecond: PACE_PER_S })));
      const before = await commits(server);
      const own = { ...load, port: server.mqttPort, firstMeter: run * METERS, perSecond: PACE_PER_S };
      const result = await generate(own);
      rate.values.push(perSecond(result));
      p50.values.push(result.p50);
      p99.values.push(result.p99);
      commit.values.push(commitP99(before, await commits(server)));
      await drained(server);
      await balanced(server);
    }
  });
  rate.ceiling = idle.map(perSecond);
  p50.ceiling = idle.map((r) => r.p50);
  p99.ceiling = idle.map((r) => r.p99);
  return [rate, p50, p99, commit];
}

/** Bytes that reach the disk for each reading, log files and checkpoints included. */
async function written(seconds: number): Promise<Row[]> {
  const meters = 10_000;
  const rows: Row[] = [];
  for (const pace of [5000, PACE_PER_S]) {
    await withServer(meters, 900, async (server) => {
      const before = writtenBytes(server.pid);
      const load = { clients: 50, batch: 1, seconds, meters, stepMs: QUARTER_MS, start: START };
      const result = await generate({ ...load, port: server.mqttPort, perSecond: pace });
      await drained(server);
      rows.push({
        ...row(
          `10,000 meters at quarter-hours, ${pace.toLocaleString('en-US')}/s: written to disk`,
          'bytes a reading',
        ),
        values: [(writtenBytes(server.pid) - before) / result.acknowledged],
        wanted: '≤ 150',
      });
      await balanced(server);
    });
  }
  return rows;
}

async function measured(pid: number, load: Load): Promise<{ result: LoadResult; cpu: CpuTime }> {
  const before = cpuTime(pid);
  const result = await generate(load);
  const used = cpuBetween(before, cpuTime(pid));
  const messages = result.acknowledged / load.batch;
  return {
    result,
    cpu: { main: used.main / messages, journal: used.journal / messages, other: used.other / messages },
  };
}

/** How many commits took at most so many seconds, by the journal's own numbers. */
async function commits(server: RunningServer): Promise<Map<number, number>> {
  const text = await (await server.fetch('/metrics')).text();
  const buckets = text.matchAll(/^jieneng_journal_commit_seconds_bucket\{le="([^"]+)"\} (\d+)/gm);
  return new Map(
    [...buckets].map(([, le, n]) => [le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(n)]),
  );
}

/** Upper end of the bucket that holds the slowest of 99 in a hundred of the commits between two looks, ms. */
function commitP99(before: Map<number, number>, after: Map<number, number>): number {
  const since = (le: number): number => (after.get(le) ?? 0) - (before.get(le) ?? 0);
  const all = since(Number.POSITIVE_INFINITY);
  for (const le of [...after.keys()].sort((a, b) => a - b)) if (since(le) >= 0.99 * all) return le * 1000;
  return Number.NaN;
}

async function balanced(server: RunningServer): Promise<void> {
  const { received, stored, duplicate, quarantined } = (await health(server)).account;
  if (received !== stored + duplicate + quarantined) throw new Error('the account does not balance');
  if (quarantined + duplicate > 0) throw new Error(`${quarantined} quarantined, ${duplicate} duplicate`);
}

function perSecond({ acknowledged, seconds }: LoadResult): number {
  return acknowledged / seconds;
}

function row(what: string, unit: string, wanted?: string): Row {
  return { what, values: [], unit, ...(wanted === undefined ? {} : { wanted }) };
}
