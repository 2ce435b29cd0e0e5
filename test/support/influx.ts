import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './port.ts';

/** Whether a 1.x `influxd` is on the path; without one, tests of that engine are left out. */
export function hasInflux(): boolean {
  const answer = spawnSync('influxd', ['version'], { encoding: 'utf8', timeout: 60_000 });
  const found = answer.status === 0 && answer.stdout.includes('InfluxDB v1.');
  if (found) return true;
  const advice = 'no influxd 1.x on the path (Debian: apt-get install influxdb)';
  if (process.env.REQUIRE_ENGINES === '1') throw new Error(`${advice}, and REQUIRE_ENGINES=1 asks for it`);
  console.warn(`${advice}: the InfluxDB engine is not tested`);
  return false;
}

/** A real InfluxDB 1.x of its own: files in a temporary directory, ports of its own on the loopback. */
export class InfluxServer {
  #directory: string;
  readonly #http: string;
  #process: ChildProcess | null = null;
  /** Chosen at the first start, kept at the next ones. */
  #port = 0;
  #databases = 0;

  /**
   * @param http further lines of the [http] part of its configuration
   * @param directory where its files are; one of its own by default
   */
  constructor(http = '', directory = '') {
    this.#http = http;
    this.#directory = directory;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A name that no test of this server had before. */
  database(): string {
    return `test${++this.#databases}`;
  }

  async start(): Promise<void> {
    this.#directory ||= mkdtempSync(join(tmpdir(), 'jieneng-influx-'));
    this.#port ||= await freePort();
    const config = join(this.#directory, 'influxdb.conf');
    writeFileSync(config, this.#config());
    const child = spawn('influxd', ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    process.once('exit', () => child.kill('SIGKILL'));
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`influxd ${why}:\n${said.join('\n')}`));
      const timer = setTimeout(() => fail('does not listen after 120 s'), 120_000);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code) => fail(`ended with ${code}`));
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (said.length < 100) said.push(line);
        if (!/Listening on HTTP.*addr=127\.0\.0\.1:\d+/.test(line)) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the process, its files stay; SIGKILL is the plug pulled. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(timer);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Runs InfluxQL past the engine under test. */
  async query(q: string, db = '', headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`${this.url}/query`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ q, db, epoch: 'ms' }),
      signal: AbortSignal.timeout(60_000),
    });
    return response.text();
  }

  #config(): string {
    return `
reporting-enabled = false
bind-address = "127.0.0.1:0"
[meta]
  dir = "${this.#directory}/meta"
[data]
  dir = "${this.#directory}/data"
  wal-dir = "${this.#directory}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[http]
  bind-address = "127.0.0.1:${this.#port}"
  log-enabled = false
  ${this.#http}
`;
  }
}
