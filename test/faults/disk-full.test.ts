import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { until } from '../support/server.ts';
import { accountFor, Fleet, gateway, health, healthUntil, pour, serverWith } from './support.ts';

/** A disk of its own, in memory; null where mounting is not allowed. */
function smallDisk(megabytes: number): string | null {
  const path = directory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', path], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
  return path;
}

/** Takes what is left of a disk. @returns gives it back */
function fill(disk: string): () => void {
  const ballast = join(disk, 'ballast');
  const file = openSync(ballast, 'w');
  for (let size = 2 ** 20; size >= 1024; ) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch {
      size /= 2;
    }
  }
  closeSync(file);
  return () => rmSync(ballast);
}

const MOUNTS = smallDiskWorks();
function smallDiskWorks(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
if (!MOUNTS) console.warn('disk-full: skipped, a small disk is mounted by root only');

describe.skipIf(!MOUNTS)('disk full', () => {
  test('under the journal: the sender is told, and when there is space the same process goes on', async () => {
    const data = directory();
    const disk = smallDisk(24) as string;
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
    const disk = smallDisk(48) as string;
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
});
