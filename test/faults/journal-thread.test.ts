import type { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { composedWith } from './composed.ts';
import { accountFor, Fleet, gateway, healthUntil, pour } from './support.ts';

const threads = vi.hoisted(() => ({ started: [] as Worker[] }));
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>();
  class Watched extends real.Worker {
    constructor(...of: ConstructorParameters<typeof Worker>) {
      super(...of);
      threads.started.push(this);
    }
  }
  return { ...real, Worker: Watched };
});

test("the journal's thread dies: nothing more is acknowledged, the health page says so, a new start loses nothing", async () => {
  const data = directory();
  const fleet = new Fleet();
  const server = await composedWith(data, fleet);
  const stream = pour(fleet, await gateway(server));
  await healthUntil(server, (h) => h.account.stored > 500);
  expect(threads.started).toHaveLength(1);
  await threads.started[0]?.terminate();
  await stream.end();

  const failing = await healthUntil(server, (h) => h.status === 'failing');
  expect(failing.problems.join('; ')).toMatch(/the journal takes no readings.*thread ended with code 1/);
  const count = fleet.count;
  for (let i = 0; i < 3; i++) {
    const client = await gateway(server);
    const gone = new Promise<void>((closed) => client.once('close', () => closed()));
    await Promise.race([fleet.send(client), gone]);
    await gone;
  }
  expect(fleet.count).toBe(count);
  await server.stop();

  const again = await startServer(data);
  await accountFor(again, data, fleet);
  expect((await again.stop()).code).toBe(0);
});
