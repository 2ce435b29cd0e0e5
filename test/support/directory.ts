import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory that goes when the test is over. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'jieneng-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
