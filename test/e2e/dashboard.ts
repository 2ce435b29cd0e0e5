import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { onceIn } from './chromium.ts';

const root = new URL('../..', import.meta.url).pathname;

/** The dashboard built from the present sources; built once for each state of them. @returns its directory */
export async function builtDashboard(): Promise<string> {
  return onceIn(`dashboard-${sourceHash()}`, async (directory) => {
    await build({
      configFile: join(root, 'web/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: directory, emptyOutDir: true },
    });
  });
}

/** What the dashboard is made of: its own files, the domain that it shares, and the versions of its parts. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  };
  const walk = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const below = join(path, name);
      if (statSync(join(root, below)).isDirectory()) walk(below);
      else add(below);
    }
  };
  for (const path of ['web/src', 'web/public', 'server/domain']) walk(path);
  for (const path of ['web/index.html', 'web/vite.config.ts', 'package-lock.json']) add(path);
  return hash.digest('hex').slice(0, 16);
}
