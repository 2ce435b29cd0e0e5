import { writeFileSync } from 'node:fs';
import { type ClientRequest, get } from 'node:http';
import { join } from 'node:path';
import { signedInAt } from '../support/person.ts';
import { cpuBetween, cpuTime } from './cpu.ts';
import type { Row } from './report.ts';
import { answerOf, generate, residentMb, temporary, withIdle, withServer } from './run.ts';

const METERS = 100;
const DEADLINE_MS = 60_000;
/** A burst of so many readings, one of each meter, each of which every client is told. */
const ROUNDS = 10;

/**
 * Browsers that watch live values: how long until the last of them has been told of everything in a burst, beside a
 * server that writes the same bytes to as many and does nothing else.
 */
export async function fanOut(clients: number): Promise<Row[]> {
  const rows: Row[] = [];
  await withServer(METERS, 900, async (server) => {
    const before = residentMb(server.pid).now;
    const cookie = await signedInAt(server, 'watcher');
    const watchers = await watch(`${server.url}/api/v1/live`, { cookie }, clients);
    const times: number[] = [];
    const costs: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const start = Date.UTC(2025, 0, 1) + round * 900_000;
        const registers = Array.from({ length: METERS }, (_, m) => 1000 + m + round);
        const told = watchers.told((round + 1) * METERS * clients);
        const used = cpuTime(server.pid);
        const began = performance.now();
        const load = { clients: 1, batch: METERS, seconds: 10, meters: METERS, stepMs: 900_000, start };
        await generate({ ...load, port: server.mqttPort, registers, messages: 1 });
        await told;
        times.push(performance.now() - began);
        const cpu = cpuBetween(used, cpuTime(server.pid));
        costs.push(cpu.main / (METERS * clients));
      }
    } finally {
      watchers.close();
    }
    const ceiling = await idle(clients, watchers.burst());
    const name = `live values to ${clients.toLocaleString('en-US')} clients, ${METERS} at once`;
    rows.push(
      {
        what: `${name}: until the last has all, the generator's start included`,
        values: times,
        unit: 'ms',
        ceiling: ceiling.times,
      },
      {
        what: `${name}: CPU an event and client, main thread`,
        values: costs,
        unit: 'µs',
        ceiling: ceiling.costs,
      },
      {
        what: `${name}: resident for a client`,
        values: [((residentMb(server.pid).now - before) * 1000) / clients],
        unit: 'kB',
      },
    );
  });
  return rows;
}

/** The same by a server that does nothing else. @param burst what each client is sent */
async function idle(clients: number, burst: string): Promise<{ times: number[]; costs: number[] }> {
  const times: number[] = [];
  const costs: number[] = [];
  const { path, remove } = temporary();
  const file = join(path, 'burst');
  writeFileSync(file, burst);
  try {
    await withIdle('./idle-stream.ts', async (port, pid) => {
      const watchers = await watch(`http://127.0.0.1:${port}/`, {}, clients);
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const told = watchers.told((round + 1) * METERS * clients);
          const used = cpuTime(pid);
          const began = performance.now();
          await answerOf('./idle-stream.ts', String(port), file);
          await told;
          times.push(performance.now() - began);
          costs.push(cpuBetween(used, cpuTime(pid)).main / (METERS * clients));
        }
      } finally {
        watchers.close();
      }
    });
  } finally {
    remove();
  }
  return { times, costs };
}

interface Watchers {
  /** Settles when all of them together have been told of so many readings. */
  told(events: number): Promise<void>;
  /** What one of them was sent with the first of each meter. */
  burst(): string;
  close(): void;
}

async function watch(url: string, headers: Record<string, string>, clients: number): Promise<Watchers> {
  const seen: string[] = [];
  const requests: ClientRequest[] = [];
  let events = 0;
  let failure: Error | null = null;
  await Promise.all(
    Array.from(
      { length: clients },
      (_, i) =>
        new Promise<void>((resolve, reject) => {
          const request = get(url, { agent: false as const, headers }, (response) => {
            if (response.statusCode !== 200) reject(new Error(`live: ${response.statusCode}`));
            let rest = '';
            response.on('data', (chunk: Buffer) => {
              const lines = (rest + chunk.toString('latin1')).split('\n');
              rest = lines.pop() ?? '';
              for (const line of lines) {
                if (line === 'event: reading') events++;
                if (i === 0 && seen.length < METERS && line.startsWith('data: {"meter"')) seen.push(line);
              }
            });
            resolve();
          });
          request.on('error', (error) => {
            failure = error;
            reject(error);
          });
          requests.push(request);
        }),
    ),
  );
  return {
    async told(wanted) {
      const deadline = performance.now() + DEADLINE_MS;
      while (events < wanted) {
        if (failure) throw failure;
        if (performance.now() > deadline)
          throw new Error(`${events} of ${wanted} events in ${DEADLINE_MS} ms`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    burst: () => seen.map((data) => `event: reading\n${data}\n\n`).join(''),
    close() {
      for (const request of requests) {
        request.removeAllListeners('error');
        request.on('error', () => {});
        request.destroy();
      }
    },
  };
}
