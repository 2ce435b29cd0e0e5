import { spawn } from 'node:child_process';

const root = new URL('../..', import.meta.url).pathname;

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a command as a user would, on a data directory. */
export function jieneng(
  data: string,
  args: string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--import', './server/compile-cache.ts', 'server/cli/main.ts', '--data', data, ...args],
    { cwd: root, env: { ...process.env, ...environment } },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}
