import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { build } from 'vite';
import { demoUsers } from '../server/access/demo-users.ts';
import { readSettings, SettingsError } from '../server/config.ts';
import { isLoopback } from '../server/http/address.ts';
import { asOperator } from '../server/http/authorise.ts';
import type { ImportProgress } from '../server/http/schemas/readings.ts';
import { createLog } from '../server/operations/log.ts';
import { serve } from '../server/serve.ts';
import { setDemoBook } from './demo-estate/book.ts';
import { setDemoFilings } from './demo-estate/filings.ts';
import { setDemoRecords } from './demo-estate/records.ts';
import { setDemoStandards } from './demo-estate/standards.ts';
import { setDemoTargets } from './demo-estate/targets.ts';
import { demoEstate } from './estate.ts';
import { historyCsv, historyStart } from './history.ts';

/**
 * `npm run demo`: a furnished estate on a data directory of its own. History comes in through the same
 * import as a user's CSV, live values over MQTT from simulated gateways in a process of their own.
 */
const here = (path: string): string => new URL(path, import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string };
const SEED = 1;
/** The dashboard is furnished with these; what is older follows while it is already in use. */
const FURNISHED_MONTHS = 13;
/**
 * Time that the gateways have to say goodbye, ms. They begin by reckoning a second of what their meters have
 * counted so far, which on a busy machine takes many, and hear nothing meanwhile.
 */
const GATEWAYS_MS = 5000;

const seconds = (text: string): number => {
  const n = Number(text);
  if (!(n > 0)) throw new InvalidArgumentError('must be a number greater than 0');
  return n;
};
const program = new Command('demo')
  .description('A furnished estate with history and live simulated meters.')
  .option('--data <dir>', 'data directory', './data/demo')
  .option('--months <n>', 'months of history; the newest 13 first', seconds, 25)
  .option('--every <s>', 'time between the live reports of a meter, s', seconds, 5)
  .option('--faults', 'gateways that fail as real ones do', false)
  .option('--no-live', 'history only')
  .option('--no-build', 'do not build the dashboard first')
  .parse();
const options = program.opts<{
  data: string;
  months: number;
  every: number;
  faults: boolean;
  live: boolean;
  build: boolean;
}>();

const say = (text: string): void => void process.stderr.write(text);
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());

try {
  await demo();
} catch (error) {
  if (!stopped.signal.aborted) {
    say(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof SettingsError ? 2 : 1;
  }
}
// A store that does not close in time does not keep a demo alive that was stopped.
process.exit();

async function demo(): Promise<void> {
  const directory = resolve(process.env.JIENENG_DATA ?? options.data);
  // The simulated gateways have no secrets; everything listens on this machine alone.
  const MQTT_ANONYMOUS = process.env.MQTT_ANONYMOUS ?? 'true';
  const settings = readSettings(process.env, { JIENENG_DATA: directory, LOG_LEVEL: 'warn', MQTT_ANONYMOUS });
  const webRoot = here('../web/dist');
  if (options.build || !existsSync(`${webRoot}/index.html`)) {
    say('building the dashboard …\n');
    await build({ configFile: here('../web/vite.config.ts'), logLevel: 'warn' });
  }
  const log = createLog('warn', pino.destination(2));
  const demo = demoUsers({ institution: 'centre', city: 'anlan' });
  const server = await serve(settings, { version, log, webRoot, demo });
  try {
    const operator = asOperator(server.app);
    const ask = async (path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> => {
      const response = await operator.fetch(new Request(`http://localhost${path}`, init));
      if (!response.ok) throw new Error(await response.text());
      return response;
    };
    const body = JSON.stringify(demoEstate());
    await ask('/api/v1/estate', { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
    say(`dashboard on ${server.url}\n`);
    if (!isLoopback(settings.HTTP_HOST)) {
      say('everybody who reaches it can sign in with one click, as whomever: it is a demonstration\n');
    }

    const { zone } = server.catalogue.snapshot();
    const importing = async (from: number, to: number, name: string): Promise<void> => {
      const csv = Readable.toWeb(Readable.from(historyCsv({ seed: SEED, from, to }), { objectMode: false }));
      const response = await ask(`/api/v1/readings?name=${name}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: csv as ReadableStream<Uint8Array>,
        duplex: 'half',
      });
      await report(response, name);
      stopped.signal.throwIfAborted();
    };
    const to = Date.now();
    const newest = (await server.timeseries.latest()).reduce((last, r) => Math.max(last, r.time), 0);
    const recent = historyStart(to, zone, Math.min(options.months, FURNISHED_MONTHS));
    await importing(newest > 0 ? newest - 86_400_000 : recent, to, 'history');
    await setDemoStandards(ask);
    await setDemoRecords(ask, to);
    await setDemoBook(ask, to, Math.min(options.months, FURNISHED_MONTHS) - 1);
    await setDemoTargets(ask, to);
    const older = historyStart(to, zone, options.months);
    // Written when the older part is in, so that a demo that was stopped before begins it again.
    const marker = join(directory, 'demo-history');
    const background = async (): Promise<void> => {
      if (older >= recent || existsSync(marker)) return;
      say('older history is being imported meanwhile: until it is in, figures of last year still grow\n');
      await importing(older, recent, 'older history').then(
        async () => {
          await setDemoBook(ask, to, options.months - 1);
          writeFileSync(marker, `${zone.iso(older)}\n`);
        },
        (error: unknown) => {
          if (!stopped.signal.aborted) throw error;
        },
      );
    };
    /** A quarter and its year before it: with less there is nothing to tell. */
    const furnished = async (): Promise<void> => {
      await background();
      if (options.months < FURNISHED_MONTHS) return;
      await setDemoFilings(ask, server, to, stopped.signal);
      if (!stopped.signal.aborted) say('past reports are filed: the demo is complete\n');
    };
    const untilStopped = async (): Promise<void> => {
      if (stopped.signal.aborted) return;
      await new Promise((done) => stopped.signal.addEventListener('abort', done, { once: true }));
    };
    const meters = options.live && server.mqtt ? live(server.mqtt) : untilStopped();
    await Promise.all([meters, furnished()]);
  } finally {
    await server.stop();
  }
}

async function report(response: Response, name: string): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    // Leaving the answer ends the import where it is.
    if (stopped.signal.aborted) return;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    const newest = lines[lines.length - 1];
    if (!newest) continue;
    const progress = JSON.parse(newest) as ImportProgress & { problem?: { title: string; detail?: string } };
    if (progress.problem) throw new Error(progress.problem.detail ?? progress.problem.title);
    const line = `${name}: ${progress.stored.toLocaleString('en-US')} readings`;
    say(process.stderr.isTTY ? `\r${line} ${progress.done ? '\n' : '…'}` : progress.done ? `${line}\n` : '');
  }
}

/** Runs the gateways until they or we are stopped. */
async function live(mqtt: string): Promise<void> {
  const args = ['live', '--url', mqtt, '--seed', String(SEED), '--every', String(options.every)];
  if (options.faults) args.push('--faults');
  const child = spawn(process.execPath, [here('./main.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  say('live meters are reporting; Ctrl-C stops\n');
  let late: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    late = setTimeout(() => child.kill('SIGKILL'), GATEWAYS_MS);
  };
  stopped.signal.addEventListener('abort', stop, { once: true });
  if (stopped.signal.aborted) stop();
  const code = await new Promise<number | null>((done) => child.once('exit', done));
  clearTimeout(late);
  if (!stopped.signal.aborted) throw new Error(`the simulated gateways ended with code ${code}`);
}
