import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether a disk can be mounted, which is root's; tests that need one say that they skip. */
export const mountable = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'jieneng-disk-'));
  try {
    mount(probe, 1);
    execFileSync('umount', [probe]);
    return true;
  } catch {
    console.warn('skipped: tests of full disks (only root may mount one)');
    return false;
  } finally {
    rmdirSync(probe);
  }
})();

/** A disk of its own, in memory, that goes when the test is over. */
export function smallDisk(megabytes: number): string {
  const path = mkdtempSync(join(tmpdir(), 'jieneng-disk-'));
  mount(path, megabytes);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', path]);
    rmdirSync(path);
  });
  return path;
}

function mount(path: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', path], { stdio: 'ignore' });
}

/** Takes what is left of a disk, but so many bytes. @returns gives it back */
export function fill(disk: string, but = 0): () => void {
  const ballast = join(disk, 'ballast');
  const spared = join(disk, 'spared');
  writeFileSync(spared, Buffer.alloc(but));
  const file = openSync(ballast, 'w');
  for (let size = 2 ** 20; size >= 1024; ) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch {
      size /= 2;
    }
  }
  closeSync(file);
  rmSync(spared);
  return () => rmSync(ballast);
}
