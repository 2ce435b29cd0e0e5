import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, type Certificates, FOR_CLIENT, FOR_SERVER } from './certificates.ts';
import { freePort } from './port.ts';

/** Whether a real broker is installed; tests against it say that they skip. @throws in CI, where it must be */
export const mosquittoInstalled = ((): boolean => {
  if (spawnSync('mosquitto', ['-h']).error === undefined) return true;
  if (process.env.REQUIRE_ENGINES === '1') {
    throw new Error('mosquitto is not installed: apt-get install mosquitto');
  }
  console.warn('skipped: tests against mosquitto (apt-get install mosquitto, and /usr/sbin in PATH)');
  return false;
})();

/** What a broker before jieneng needs: docs/external-broker.md. */
export const NEEDED = ['persistence true', 'max_queued_messages 0', 'max_inflight_messages 0'];

export interface Mosquitto {
  port: number;
  /** Port that asks for a client certificate; 0 without `tls`. */
  tlsPort: number;
  log(): string;
  kill(): Promise<void>;
  /** Starts again on the same ports and with what it has saved. @param more further lines of its configuration */
  start(more?: readonly string[]): Promise<void>;
  /** Has it write its sessions to disk, as it does every `autosave_interval`. */
  save(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a mosquitto of its own on free ports, in a directory that goes with it.
 * @param lines of its configuration beside listener and access
 * @param tls also a listener that asks for a certificate of this authority
 */
export async function startMosquitto(
  lines: readonly string[] = NEEDED,
  tls: { ca: string; server: Certificates } | null = null,
): Promise<Mosquitto> {
  const directory = mkdtempSync(join(tmpdir(), 'jieneng-mosquitto-'));
  const file = join(directory, 'mosquitto.conf');
  const port = await freePort();
  const tlsPort = tls ? await freePort() : 0;
  let child: ChildProcess | null = null;
  let gone = Promise.resolve();
  let text = '';
  const start = async (more: readonly string[] = []): Promise<void> => {
    const configuration = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      `persistence_location ${directory}/`,
      'user root',
      'log_dest stderr',
      ...lines,
      ...more,
    ];
    if (tls) {
      configuration.push(
        `listener ${tlsPort} 127.0.0.1`,
        `cafile ${tls.ca}`,
        `certfile ${tls.server.cert}`,
        `keyfile ${tls.server.key}`,
        'require_certificate true',
        'use_identity_as_username true',
      );
    }
    writeFileSync(file, `${configuration.join('\n')}\n`);
    const started = spawn('mosquitto', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    started.stderr.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-200_000);
    });
    child = started;
    const last = (): void => void started.kill('SIGKILL');
    process.once('exit', last);
    started.once('exit', () => process.off('exit', last));
    gone = new Promise<void>((go) => started.once('exit', () => go()));
    await listening(
      port,
      () => started.exitCode === null,
      () => text,
    );
  };
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await gone;
    child = null;
  };
  await start();
  return {
    port,
    tlsPort,
    log: () => text,
    kill,
    start,
    async save() {
      const saved = join(directory, 'mosquitto.db');
      const before = stamp(saved);
      child?.kill('SIGUSR1');
      await waitFor('the broker to save', () => stamp(saved) !== before);
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function stamp(file: string): string {
  try {
    const bytes = readFileSync(file);
    return `${bytes.length} ${bytes.subarray(0, 64).toString('hex')} ${spawnSync('stat', ['-c', '%y', file]).stdout}`;
  } catch {
    return '';
  }
}

async function listening(port: number, alive: () => boolean, log: () => string): Promise<void> {
  await waitFor('mosquitto to listen', async () => {
    if (!alive()) throw new Error(`mosquitto has ended:\n${log()}`);
    return new Promise((answer) => {
      const socket = dial(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        answer(true);
      });
      socket.once('error', () => answer(false));
    });
  });
}

async function waitFor(what: string, holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

/** An authority with a certificate for 127.0.0.1 and one for a client, as files in a directory. */
export function makeCertificates(directory: string): {
  ca: string;
  server: Certificates;
  client: Certificates;
} {
  const authority = new Authority(directory);
  return {
    ca: authority.file,
    server: authority.sign('server', '/CN=broker', FOR_SERVER),
    client: authority.sign('client', '/CN=jieneng', FOR_CLIENT),
  };
}
