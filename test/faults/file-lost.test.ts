import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JOURNAL_FILE, restore } from '../../server/backup.ts';
import { Journal } from '../../server/journal/journal.ts';
import { DUCKDB_FILE } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';
import { startServer, until } from '../support/server.ts';
import { accountFor, Fleet, gateway, health, healthUntil, pour, serverWith } from './support.ts';

describe("the time series' file", () => {
  test('deleted under way: said at once, what arrives waits in the journal, and a backup saves all of it', async () => {
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const stream = pour(fleet, await gateway(server));
    await healthUntil(server, (h) => h.account.stored > 500);
    rmSync(join(data, DUCKDB_FILE));
    const failing = await healthUntil(server, (h) => h.status === 'failing');
    expect(failing.timeseries.error).toMatch(/timeseries\.duckdb was deleted or replaced.*backup DIR/);
    const count = fleet.count;
    await until(
      async () => fleet.count,
      (n) => n > count + 500,
    );
    await stream.end();
    expect((await health(server)).account.pending).toBeGreaterThan(500);
    const copy = join(directory(), 'copy');
    const saved = await server.fetch('/api/v1/backup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ directory: copy }),
    });
    expect(saved.status, await saved.text()).toBe(200);
    await server.kill();
    const restored = join(directory(), 'restored');
    await restore(copy, restored);
    const again = await startServer(restored);
    await accountFor(again, restored, fleet);
    expect((await again.stop()).code).toBe(0);
  }, 120_000);

  test('gone at start: the server says that the past is missing, and takes what comes', async () => {
    const data = directory();
    const fleet = new Fleet(1);
    const server = await serverWith(data, fleet);
    const client = await gateway(server);
    for (let i = 0; i < 20; i++) await fleet.send(client);
    await healthUntil(server, (h) => h.account.stored === 20 && h.account.pending === 0);
    await server.stop();
    rmSync(join(data, DUCKDB_FILE));
    const again = await startServer(data);
    const { status, problems } = await health(again);
    expect(status).toBe('degraded');
    expect(problems.join('; ')).toMatch(/does not hold what was handed on to it before/);
    const next = await gateway(again);
    expect(await fleet.send(next)).toBe(true);
    await healthUntil(again, (h) => h.account.stored === 21 && h.account.pending === 0);
    await again.stop();
  }, 60_000);

  test('overwritten under way: the next start is refused with the way out, and the journal keeps what was not stored', async () => {
    const data = directory();
    const fleet = new Fleet();
    const first = await serverWith(data, fleet);
    const stream = pour(fleet, await gateway(first));
    await healthUntil(first, (h) => h.account.stored > 2000);
    await stream.end();
    // In the file and no longer in its log.
    expect((await first.stop()).code).toBe(0);
    const server = await startServer(data);
    const file = join(data, DUCKDB_FILE);
    const at = openSync(file, 'r+');
    for (let from = 3 * 4096; from < statSync(file).size; from += 4096) {
      writeSync(at, Buffer.alloc(2048, 0x5a), 0, 2048, from);
    }
    closeSync(at);
    const client = await gateway(server);
    const { account } = await health(server);
    for (let i = 0; i < 20; i++) expect(await fleet.send(client)).toBe(true);
    await server.kill();
    await expect(startServer(data)).rejects.toThrow(
      /timeseries\.duckdb cannot be opened: .*[Cc]orrupt.*`restore` puts a backup into a new directory/,
    );
    const journal = new Journal({ file: join(data, JOURNAL_FILE) });
    await journal.start();
    onTestFinished(() => journal.stop());
    expect(journal.account().received).toBe(account.received + 20);
  }, 60_000);
});
