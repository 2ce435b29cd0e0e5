import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Fetch, operatorOf } from './operator.ts';
import { freePort } from './port.ts';

export interface RunningServer {
  url: string;
  /** Port of the embedded broker, 0 when there is none. */
  mqttPort: number;
  pid: number;
  child: ChildProcess;
  /** Everything the server has logged so far. */
  log(): string;
  kill(): Promise<void>;
  /** SIGTERM; settles with the exit code and how long it took, ms. */
  stop(): Promise<{ code: number | null; ms: number }>;
  /** As the owner of the data directory, who needs no sign-in. */
  fetch: Fetch;
}

const START_MS = 120_000;
const root = new URL('../..', import.meta.url).pathname;

/** Starts the real program on a data directory, on free ports. */
export async function startServer(
  data: string,
  environment: Record<string, string> = {},
): Promise<RunningServer> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      './server/compile-cache.ts',
      '--max-semi-space-size=16',
      '--heap-growing-percent=100',
      'server/main.ts',
    ],
    {
      cwd: root,
      env: {
        ...process.env,
        JIENENG_DATA: data,
        HTTP_PORT: '0',
        MQTT_PORT: String(await freePort()),
        MQTT_ANONYMOUS: 'true',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const up = await new Promise<{ http: string; mqtt: string | null }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no server after ${START_MS} ms:\n${text}`)), START_MS);
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}:\n${text}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      text += `${line}\n`;
      if (!line.includes(' is up"')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as { http: string; mqtt: string | null });
    });
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    url: up.http,
    mqttPort: up.mqtt ? Number(new URL(up.mqtt).port) : 0,
    pid: child.pid as number,
    child,
    log: () => text,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      const started = performance.now();
      child.kill('SIGTERM');
      return { code: await ended, ms: performance.now() - started };
    },
    fetch: operatorOf(data),
  };
}

/** Asks until the answer holds; fails with the last answer when the deadline passes. */
export async function until<T>(
  what: () => Promise<T>,
  holds: (answer: T) => boolean,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await what();
    if (holds(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
