import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parse, stringify } from 'yaml';
import { parseTime, Zone } from '../server/domain/time.ts';
import { type Column, parseColumn } from './columns.ts';
import { demoEstate, type EstateFile } from './estate.ts';
import { historyCsv, historyStart } from './history.ts';
import type { Credential } from './link.ts';
import { startLive } from './live.ts';
import { replay } from './replay.ts';
import { replayEstate } from './replay-estate.ts';

/** `npm run simulate -- COMMAND`: exit 0 done, 1 failed, 2 misused; messages on stderr, data on stdout. */

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
// Started by a program that is gone, even if it was killed: nobody would stop the gateways any more.
if (process.connected) process.once('disconnect', () => stopped.abort());

function positive(text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0))
    throw new InvalidArgumentError('must be a number greater than 0');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('must be a whole number from 0');
  return value;
}

function atLeastOne(text: string): number {
  const value = whole(text);
  if (value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}

function column(text: string, before: Column[]): Column[] {
  try {
    return [...before, parseColumn(text)];
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

function timezone(text: string): string {
  try {
    return new Zone(text).name;
  } catch {
    throw new InvalidArgumentError('must be a time zone such as Asia/Shanghai or UTC');
  }
}

const url = () => new Option('--url <url>', 'the broker').default('mqtt://127.0.0.1:1883');
const seed = () =>
  new Option('--seed <n>', 'the same seed gives the same estate').default(1).argParser(whole);
const estateOption = () =>
  new Option('--estate <file>', 'an estate file in YAML or JSON instead of the demo estate');
const username = () => new Option('--username <name>', 'how it signs in');
const password = () => new Option('--password <secret>', 'with it');
/** @throws CommanderError where only one of them is given */
function credentialOf(o: { username?: string; password?: string }): Credential | undefined {
  const { username, password } = o;
  if (username !== undefined && password !== undefined) return { username, password };
  if (username === undefined && password === undefined) return undefined;
  throw new CommanderError(2, 'pair', 'error: --username and --password go together');
}

/** The file that `jieneng device add --all` writes: name,secret. */
async function credentialsIn(file: string): Promise<Map<string, string>> {
  const [head, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  if (head !== 'name,secret') throw new Error(`${file}:1: the columns are name,secret`);
  return new Map(lines.map((line) => line.split(',', 2) as [string, string]));
}

const map = () =>
  new Option(
    '--map <column=meter>',
    'which column is which meter; repeat it for each; may end in ,carrier=C ,unit=U ,node=N',
  )
    .default([] as Column[], 'a file of meter,time,value')
    .argParser(column);

const program = new Command('simulate')
  .description('Buildings, weather, meters and their gateways, for demonstrations and tests.')
  .exitOverride()
  .showHelpAfterError('(--help shows what there is)');

program
  .command('live')
  .description('gateways that report over MQTT until they are stopped')
  .addOption(url())
  .addOption(seed())
  .option(
    '--every <s>',
    "time between the reports of a meter; without it each meter's own interval_s",
    atLeastOne,
  )
  .option('--speed <n>', 'run that many times faster than real until the present is reached', positive, 1)
  .option('--from <time>', 'start of the simulated time, e.g. 2026-11-01; now unless told otherwise')
  .option('--faults', 'add outages with catch-up, repeats, late packets, bad JSON, a clock that runs ahead')
  .addOption(estateOption())
  .option('--credentials <file>', 'CSV of name,secret, as jieneng device add --all writes it')
  .action(
    async (o: {
      credentials?: string;
      url: string;
      seed: number;
      every?: number;
      speed: number;
      from?: string;
      faults?: true;
      estate?: string;
    }) => {
      const estate = await estateOf(o.estate);
      const live = await startLive({
        url: o.url,
        seed: o.seed,
        speed: o.speed,
        faults: o.faults ?? false,
        estate,
        signal: stopped.signal,
        ...(o.credentials !== undefined && { credentials: await credentialsIn(o.credentials) }),
        ...(o.every === undefined ? {} : { every_s: o.every }),
        ...(o.from === undefined ? {} : { from: timeOf(o.from, 'from', estate) }),
      });
      say(`${estate.meters.length} meters report to ${o.url}; Ctrl+C stops them`);
      await aborted(stopped.signal);
      await live.stop();
      const s = live.stats;
      say(
        `${s.sent} readings sent, ${s.acked} acknowledged, ${s.pending} not delivered, ${s.dropped} dropped`,
      );
      if (o.faults) {
        say(
          `${s.outages} outages, ${s.repeated} repeated, ${s.late} late, ${s.broken} broken packets, ${s.ahead} ahead of time`,
        );
      }
    },
  );

program
  .command('history')
  .description('the readings of past months as CSV (meter,time,value) on stdout')
  .addOption(seed())
  .option('--from <time>', 'first time; the start of the month 13 months before --to unless told otherwise')
  .option('--to <time>', 'last time; now unless told otherwise')
  .addOption(estateOption())
  .action(async (o: { seed: number; from?: string; to?: string; estate?: string }) => {
    const estate = await estateOf(o.estate);
    const to = o.to === undefined ? Date.now() : timeOf(o.to, 'to', estate);
    const from =
      o.from === undefined ? historyStart(to, new Zone(estate.timezone)) : timeOf(o.from, 'from', estate);
    await pipeline(Readable.from(historyCsv({ seed: o.seed, from, to, estate })), process.stdout, {
      signal: stopped.signal,
    });
  });

program
  .command('estate')
  .description('the demo estate as an estate file on stdout')
  .addOption(new Option('--format <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
  .action((o: { format: string }) => print(demoEstate(), o.format));

program
  .command('replay')
  .description('send the file of a real building as a gateway would')
  .requiredOption('--file <csv>', 'one column a meter (with --map), or meter,time,value')
  .addOption(map())
  .option('--time-column <name>', 'the column of the time; the first unless told otherwise')
  .option(
    '--timezone <zone>',
    "zone of times without offset; without it they are sent as written and mean the estate's zone",
    timezone,
  )
  .option('--zero-is-gap <column...>', 'columns or meters in which 0 stands for a missing value, or all')
  .option('--batch <n>', 'readings a packet', atLeastOne, 100)
  .option('--speed <n>', 'seconds of the file per second; as fast as it goes unless told otherwise', positive)
  .option('--gateway <id>', 'name of the gateway', 'replay')
  .addOption(url())
  .addOption(username())
  .addOption(password())
  .action(
    async (o: {
      username?: string;
      password?: string;
      file: string;
      map: Column[];
      timeColumn?: string;
      timezone?: string;
      zeroIsGap?: string[];
      batch: number;
      speed?: number;
      gateway: string;
      url: string;
    }) => {
      const { map: columns, zeroIsGap = [], username, password, ...rest } = o;
      const credential = credentialOf({
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      });
      const result = await replay({
        ...rest,
        credential,
        columns,
        zeroIsGap: zeroIsGap.includes('all') ? 'all' : zeroIsGap,
        signal: stopped.signal,
      });
      const skipped = result.skipped > 0 ? `, ${result.skipped} at a wall clock that never was` : '';
      say(`${result.sent} readings sent, ${result.acked} acknowledged, ${result.gaps} gaps${skipped}`);
      if (result.acked < result.sent || stopped.signal.aborted) process.exitCode = 1;
    },
  );

program
  .command('replay-estate')
  .description('an estate file for the file of a real building on stdout')
  .requiredOption('--file <csv>', 'one column a meter')
  .addOption(map().makeOptionMandatory())
  .option('--time-column <name>', 'the column of the time; the first unless told otherwise')
  .option('--timezone <zone>', 'zone of the estate, and of times without offset', timezone, 'Asia/Shanghai')
  .addOption(new Option('--format <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
  .action(
    async (o: { file: string; map: Column[]; timeColumn?: string; timezone: string; format: string }) => {
      const { map: columns, format, ...rest } = o;
      if (columns.length === 0)
        program.error("error: required option '--map <column=meter>' not specified", { exitCode: 2 });
      print(await replayEstate({ ...rest, columns }), format);
    },
  );

async function estateOf(file: string | undefined): Promise<EstateFile> {
  if (file === undefined) return demoEstate();
  const read: unknown = parse(await readFile(file, 'utf8'));
  // `estate apply` checks such a file in full; here only what the simulators stand on.
  if (!isEstate(read)) throw new Error(`${file}: is no estate file: nodes or meters are missing`);
  const meters = read.meters.map((m) => {
    const gauge = m.carrier === 'outdoor_temperature' || m.carrier === 'indoor_temperature';
    const register = m.register ?? (gauge ? 'gauge' : 'cumulative');
    return { ...m, register, interval_s: m.interval_s ?? 900 };
  });
  return { ...read, timezone: read.timezone ?? 'Asia/Shanghai', meters };
}

function isEstate(value: unknown): value is EstateFile {
  if (typeof value !== 'object' || value === null) return false;
  return 'nodes' in value && Array.isArray(value.nodes) && 'meters' in value && Array.isArray(value.meters);
}

function timeOf(text: string, name: string, estate: EstateFile): number {
  const at = parseTime(text, new Zone(estate.timezone));
  if (at === null)
    throw new CommanderError(2, 'time', `error: --${name}: "${text}" is not a time such as 2026-11-01T08:00`);
  return at;
}

function print(estate: EstateFile, format: string): void {
  process.stdout.write(format === 'json' ? `${JSON.stringify(estate, null, 2)}\n` : stringify(estate));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.code === 'time' || error.code === 'pair') say(error.message);
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) {
    // A reader that has seen enough of stdout is no failure.
    say(stopped.signal.aborted ? 'stopped' : `error: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
