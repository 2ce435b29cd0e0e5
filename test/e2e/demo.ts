import { type ChildProcess, spawn } from 'node:child_process';
import { cookieFrom } from '../support/person.ts';
import { freePort } from '../support/port.ts';

const root = new URL('../..', import.meta.url).pathname;
/** Building, opening, importing two months. */
const UP_MS = 300_000;
const DOWN_MS = 60_000;

export interface Demo {
  url: string;
  /** Signs somebody of the demonstration in, with one click as it were. @returns the Cookie header */
  signIn(user: string): Promise<string>;
  /** Everything that it has said. */
  said(): string;
  /** SIGTERM, as Ctrl-C sends it to a service; settles with the exit code. */
  stop(): Promise<number | null>;
}

export interface DemoOptions {
  data: string;
  httpPort: number;
  mqttPort: number;
}

export async function freePorts(): Promise<Omit<DemoOptions, 'data'>> {
  return { httpPort: await freePort(), mqttPort: await freePort() };
}

/**
 * What `npm run demo` runs, with two months of history and a report every 2 s; up when its meters report.
 * @param more further options of its line
 */
export async function startDemo(
  { data, httpPort, mqttPort }: DemoOptions,
  more: readonly string[] = [],
): Promise<Demo> {
  const child = spawn(
    process.execPath,
    ['simulators/demo.ts', '--data', data, '--months', '2', '--every', '2', ...more],
    {
      cwd: root,
      env: { ...process.env, HTTP_PORT: String(httpPort), MQTT_PORT: String(mqttPort) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let text = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no demo after ${UP_MS} ms:\n${text}`));
    }, UP_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the demo ended with code ${code}:\n${text}`));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes('live meters are reporting')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  const url = `http://127.0.0.1:${httpPort}`;
  return {
    url,
    async signIn(user) {
      const answer = await fetch(`${url}/api/v1/session/demo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      return cookieFrom(answer);
    },
    said: () => text,
    stop: () => stopped(child, ended),
  };
}

async function stopped(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGKILL'), DOWN_MS);
  child.kill('SIGTERM');
  const code = await ended;
  clearTimeout(timer);
  return code;
}
