import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';

const DEBIAN = '/usr/lib/postgresql';

/** The newest installed server's programs, or null. */
function programs(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((v) => /^\d+$/.test(v)) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  const found = newest && join(DEBIAN, newest, 'bin');
  return found && existsSync(join(found, 'initdb')) ? found : null;
}

/** Whether a PostgreSQL server is installed; without one, tests of that engine are left out. */
export function hasPostgres(): boolean {
  if (programs()) return true;
  const advice = `no PostgreSQL server in ${DEBIAN} (Debian: apt-get install postgresql)`;
  if (process.env.REQUIRE_ENGINES === '1') throw new Error(`${advice}, and REQUIRE_ENGINES=1 asks for it`);
  console.warn(`${advice}: the catalogue is not tested on PostgreSQL`);
  return false;
}

/** The server refuses to run as root; then it runs as the user that its package made. */
function user(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A real PostgreSQL server of its own: files in a temporary directory, a port of its own on the loopback. */
export class PostgresServer {
  readonly user = 'jieneng';
  readonly password = 'not-for-logs';
  #directory = '';
  #process: ChildProcess | null = null;
  #port = 0;
  #schemas = 0;
  readonly #as = user();

  /** The address of a schema that no test of this server had before. */
  schema(name = `t${++this.#schemas}`): string {
    return `postgres://${this.user}:${this.password}@127.0.0.1:${this.#port}/postgres?schema=${name}`;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const bin = programs();
    if (!bin) throw new Error('no PostgreSQL server is installed');
    if (!this.#directory) {
      this.#directory = mkdtempSync(join(tmpdir(), 'jieneng-postgres-'));
      if (this.#as.uid !== undefined) chownSync(this.#directory, this.#as.uid, this.#as.gid as number);
      const password = join(this.#directory, 'password');
      execFileSync('sh', ['-c', `printf %s "$1" > "$2"`, 'sh', this.password, password], this.#as);
      execFileSync(
        join(bin, 'initdb'),
        [
          ...['-D', this.#data, '-U', this.user, '--pwfile', password],
          ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
        ],
        { ...this.#as, cwd: this.#directory, stdio: 'pipe', timeout: 60_000 },
      );
      this.#port = await freePort();
    }
    const settings = {
      port: this.#port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#directory,
      // Tests kill processes, not the machine: without fsync a kill loses nothing.
      fsync: 'off',
      shared_buffers: '16MB',
      autovacuum: 'off',
    };
    const options = Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]);
    const child = spawn(join(bin, 'postgres'), ['-D', this.#data, ...options], {
      ...this.#as,
      cwd: this.#directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    process.once('exit', () => child.kill('SIGKILL'));
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`postgres ${why}:\n${said}`));
      const timer = setTimeout(() => fail('is not ready after 120 s'), 120_000);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code) => fail(`ended with ${code}`));
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-20_000);
        if (!said.includes('ready to accept connections')) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Runs statements as one who is no part of the program. */
  sql(text: string): string {
    const bin = programs() ?? '';
    const address = `postgres://${this.user}:${this.password}@127.0.0.1:${this.#port}/postgres`;
    return execFileSync(join(bin, 'psql'), [address, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', text], {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 20_000,
    }).trim();
  }

  /** SIGSTOP is a server that hangs. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    // The connections are processes of their own.
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
    for (const p of [pid, ...children.trim().split(/\s+/).map(Number)]) {
      try {
        process.kill(p, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  }

  /** SIGINT ends the connections first; SIGQUIT ends at once, and the next start recovers. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
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
    await this.stop('SIGQUIT');
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }
}
