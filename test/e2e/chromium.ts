import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where programs and builds that tests need are kept between runs; it goes with node_modules. */
const root = new URL('../..', import.meta.url).pathname;
export const CACHE = join(root, 'node_modules', '.cache', 'jieneng');
const UNPACK_MS = 60_000;

export interface Chromium {
  executable: string;
  /** What the environment must hold for it, beside the usual. */
  environment: Record<string, string>;
}

/**
 * The Chromium that @sparticuz/chromium carries, unpacked, with the libraries that a bare machine lacks.
 * CHROMIUM_PATH names another one.
 */
export async function chromium(): Promise<Chromium> {
  const named = process.env.CHROMIUM_PATH;
  if (named) return { executable: named, environment: {} };
  const about = join(root, 'node_modules/@sparticuz/chromium/package.json');
  const { version } = JSON.parse(readFileSync(about, 'utf8')) as { version: string };
  const directory = await onceIn(`chromium-${version}`, unpack);
  return {
    executable: join(directory, 'chromium'),
    environment: { LD_LIBRARY_PATH: join(directory, 'al2023', 'lib') },
  };
}

/**
 * A directory of the cache, made by `fill` when it is not there yet. It appears complete or not at all, so
 * that two test files may ask for it at once.
 */
export async function onceIn(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(CACHE, name);
  if (existsSync(directory)) return directory;
  mkdirSync(CACHE, { recursive: true });
  const staging = mkdtempSync(join(CACHE, `.${name}-`));
  try {
    await fill(staging);
    renameSync(staging, directory);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

/**
 * The package unpacks into the temporary directory of its process and takes for complete whatever it finds
 * there: so it gets a process and a directory of its own. Its libraries are unpacked only for a process
 * that runs at Amazon.
 */
async function unpack(directory: string): Promise<void> {
  const script = `const { default: c } = await import('@sparticuz/chromium'); await c.executablePath();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, TMPDIR: directory, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: UNPACK_MS,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`Chromium could not be unpacked (code ${code}):\n${said}`);
}
