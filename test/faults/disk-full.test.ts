import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';
import { until } from '../support/server.ts';
import { fill, mountable, smallDisk } from './small-disk.ts';
import { accountFor, Fleet, gateway, health, healthUntil, pour, serverWith } from './support.ts';

describe.skipIf(!mountable)('disk full', () => {
  test('under the journal: the sender is told, and when there is space the same process goes on', async () => {
    const data = directory();
    const disk = smallDisk(24);
    // SQLite keeps its log beside the file that the link names.
    symlinkSync(join(disk, 'journal.sqlite'), join(data, 'journal.sqlite'));
    const fleet = new Fleet();
    const server = await serverWith(data, fleet);
    const before = pour(fleet, await gateway(server));
    await until(
      async () => fleet.count,
      (n) => n > 200,
    );
    const free = fill(disk);
    await before.end();
    const count = fleet.count;
    // The log's own space may take some more; then connection after connection ends without a PUBACK.
    const refused = await until(
      async () => {
        const client = await gateway(server);
        const sent = await Promise.race([
          fleet.send(client),
          new Promise<boolean>((gone) => client.once('close', () => gone(false))),
        ]);
        client.end(true);
        return sent;
      },
      (acknowledged) => !acknowledged,
    );
    expect(refused).toBe(false);
    const full = await healthUntil(server, (h) => h.status !== 'ok');
    expect(full.problems.join()).toMatch(/disk is full/);
    free();
    const after = pour(fleet, await gateway(server));
    await until(
      async () => fleet.count,
      (n) => n > count + 500,
    );
    await after.end();
    await healthUntil(server, (h) => h.status === 'ok');
    await accountFor(server, data, fleet);
    expect((await server.stop()).code).toBe(0);
  });

  test('under the time series: readings are acknowledged and wait, and follow when there is space', async () => {
    const disk = smallDisk(48);
    const elsewhere = directory();
    symlinkSync(join(elsewhere, 'journal.sqlite'), join(disk, 'journal.sqlite'));
    const fleet = new Fleet();
    const server = await serverWith(disk, fleet);
    const client = await gateway(server);
    const stream = pour(fleet, client);
    await until(
      async () => fleet.count,
      (n) => n > 200,
    );
    const free = fill(disk);
    const failing = await healthUntil(server, (h) => h.status === 'failing');
    expect(failing.timeseries.error).toMatch(/No space left|could not write/i);
    const count = fleet.count;
    await until(
      async () => fleet.count,
      (n) => n > count + 500,
    );
    expect((await health(server)).account.pending).toBeGreaterThan(0);
    free();
    await stream.end();
    await accountFor(server, disk, fleet);
    expect((await server.stop()).code).toBe(0);
  });

  test('while DuckDB folds back its log, which ends it: it is opened again and nothing is stored twice', async () => {
    const disk = smallDisk(24);
    const timeseries = new DuckDBTimeSeries({ directory: disk, walLimit: '1MB' });
    await timeseries.start();
    onTestFinished(() => timeseries.stop());
    let cursor = 0;
    const write = async (): Promise<void> => {
      const time = (i: number): number => (cursor * 5000 + i) * 1000;
      // Values that do not compress, so that the file needs room.
      const readings = Array.from({ length: 5000 }, (_, i) => ({
        meter: (i % 20) + 1,
        time: time(i),
        value: Math.random() * 1e9,
        flags: 0,
      }));
      await timeseries.write({ cursor: cursor + 1, readings, hours: [], days: [], months: [] });
    };
    for (; cursor < 3; cursor++) await write();
    // Room for a few entries of the log, and for nothing of what is folded back.
    const room = fill(disk, 2 ** 20);
    let refused = '';
    for (; refused === ''; cursor++) {
      await write().catch((error: unknown) => {
        refused = String(error);
      });
    }
    expect(refused).toMatch(/FATAL Error.*No space left on device/);
    await expect(timeseries.readings([1], 0, 1e15)).rejects.toThrow(/closed until it can be opened again/);
    room();
    // As the ledger does after any failure: it asks, and writes again what is not there.
    if (!(await timeseries.applied(cursor))) {
      cursor--;
      await write();
      cursor++;
    }
    for (const to = cursor + 3; cursor < to; cursor++) await write();
    const all = await timeseries.readings(
      Array.from({ length: 20 }, (_, i) => i + 1),
      0,
      1e15,
    );
    expect(all).toHaveLength(cursor * 5000);
    expect(new Set(all.map((r) => r.time)).size).toBe(cursor * 5000);
  }, 60_000);
});
