import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished } from 'vitest';
import type { Health } from '../../server/http/schemas/health.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';

/** First instant that a fleet reports of; a meter reports every quarter of an hour of simulated time. */
const START = Date.parse('2026-01-01T00:00:00+08:00');
const STEP_MS = 900_000;
/** Peak of the resident memory of a server in these tests, MB: at rest it has about 150. */
const MEMORY_MB = 700;
/** What a write-ahead log may have grown to, MB: SQLite folds it back at 4, DuckDB at 16. */
const WAL_MB = 64;

/** Meters of one building, and what their senders were told is stored. */
export class Fleet {
  readonly ids: readonly string[];
  readonly acknowledged: Map<number, number>[];
  #next = 0;

  constructor(meters = 20, prefix = 'm') {
    this.ids = Array.from({ length: meters }, (_, i) => `${prefix}${i}`);
    this.acknowledged = this.ids.map(() => new Map());
  }

  get count(): number {
    return this.acknowledged.reduce((n, m) => n + m.size, 0);
  }

  estate(): object {
    const meters = this.ids.map((id) => ({ id, name: id, node: 'b', carrier: 'electricity' }));
    return { version: 1, nodes: [{ id: 'b', name: 'b', kind: 'building' }], meters };
  }

  /** Sends the next reading of the fleet; true once it is acknowledged, false when the connection is gone. */
  async send(client: MqttClient): Promise<boolean> {
    const i = this.#next++;
    const meter = i % this.ids.length;
    const step = Math.floor(i / this.ids.length);
    const time = START + step * STEP_MS;
    const body = JSON.stringify({ time, value: step });
    try {
      await client.publishAsync(`meters/${this.ids[meter]}/readings`, body, { qos: 1 });
    } catch {
      return false;
    }
    this.acknowledged[meter]?.set(time, step);
    return true;
  }
}

/** A window of packets in flight, as a gateway that catches up has; `end` settles when the window is empty. */
export function pour(fleet: Fleet, client: MqttClient, window = 50): { end(): Promise<void> } {
  let on = true;
  const lane = async (): Promise<void> => {
    while (on && (await fleet.send(client)));
  };
  const lanes = Promise.all(Array.from({ length: window }, lane));
  return {
    async end() {
      on = false;
      // A packet that the broker did not acknowledge before its end settles only with the client's.
      await Promise.race([lanes, new Promise((done) => setTimeout(done, 500))]);
    },
  };
}

/** A client that does not connect again by itself. */
export async function gateway(server: { mqttPort: number }, clientId = 'gateway'): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, { clientId, reconnectPeriod: 0 });
  client.on('error', () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

/** The real program with the fleet's meters; it is killed when the test is over. */
export async function serverWith(
  data: string,
  fleet: Fleet,
  environment: Record<string, string> = {},
): Promise<RunningServer> {
  const server = await startServer(data, environment);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  const answer = await server.fetch('/api/v1/estate', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fleet.estate()),
  });
  expect(answer.status, await answer.text()).toBe(200);
  return server;
}

export async function health(server: Pick<RunningServer, 'fetch'>): Promise<Health> {
  return (await (await server.fetch('/api/v1/health')).json()) as Health;
}

/** Waits until the health page says so. */
export function healthUntil(
  server: Pick<RunningServer, 'fetch'>,
  holds: (health: Health) => boolean,
  ms = 60_000,
): Promise<Health> {
  return until(() => health(server), holds, ms);
}

/** Everything stored of a meter: time to value. */
export async function stored(
  server: Pick<RunningServer, 'fetch'>,
  meter: string,
): Promise<Map<number, number>> {
  const out = new Map<number, number>();
  let from = '2026-01-01';
  for (;;) {
    const query = new URLSearchParams({ meter, from, to: '2036-01-01', limit: '10000' });
    const page = (await (await server.fetch(`/api/v1/readings?${query}`)).json()) as Readings;
    for (const r of page.rows) out.set(Date.parse(r.time), r.value);
    if (!page.more) return out;
    from = page.rows.at(-1)?.time as string;
  }
}

/**
 * What must hold after every fault, once nothing waits any more: what was acknowledged is stored, the account
 * balances and agrees with the store, memory and write-ahead logs stayed bounded, and the health page is well.
 */
export async function accountFor(
  server: Pick<RunningServer, 'fetch' | 'pid'>,
  data: string,
  fleet: Fleet,
  expected: { quarantined?: number; status?: Health['status'] } = {},
): Promise<Health> {
  const settled = await healthUntil(server, (h) => h.account.pending === 0 && h.journal.recomputing === 0);
  const { account } = settled;
  expect(account.received).toBe(account.stored + account.duplicate + account.quarantined);
  expect(account.quarantined).toBe(expected.quarantined ?? 0);
  let rows = 0;
  for (const [i, id] of fleet.ids.entries()) {
    const there = await stored(server, id);
    rows += there.size;
    const sent = fleet.acknowledged[i] as Map<number, number>;
    const lost = [...sent].filter(([time, value]) => there.get(time) !== value);
    expect(lost, `acknowledged and not stored, of ${id}`).toEqual([]);
  }
  expect(rows).toBe(account.stored);
  expect(peakMemoryMb(server.pid)).toBeLessThan(MEMORY_MB);
  for (const file of ['journal.sqlite-wal', 'catalogue.sqlite-wal', 'timeseries.duckdb.wal']) {
    expect(megabytes(join(data, file)), file).toBeLessThan(WAL_MB);
  }
  expect(settled.status, settled.problems.join('; ')).toBe(expected.status ?? 'ok');
  return settled;
}

/** Largest resident memory that a process has had, MB. */
export function peakMemoryMb(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!found) throw new Error(`process ${pid} tells no peak of its memory`);
  return Number(found[1]) / 1024;
}

function megabytes(file: string): number {
  return existsSync(file) ? statSync(file).size / 2 ** 20 : 0;
}
