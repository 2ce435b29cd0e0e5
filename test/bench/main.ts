/**
 * `npm run bench`: what the program does on this machine, each figure with its spread and, where there is one,
 * the ceiling measured in the same run. Nothing is asserted.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HOUR_MS } from '../../server/domain/time.ts';
import { externalBroker } from './broker.ts';
import { city } from './city.ts';
import { type BenchRun, comparisonText, readRun } from './compare.ts';
import { engines } from './engines.ts';
import { fanOut } from './fan-out.ts';
import { imported } from './imported.ts';
import { embeddedIntake } from './intake.ts';
import { largeCity } from './large-city.ts';
import { lateReading, recomputation } from './recompute.ts';
import { machineText, type Row, readMachine, tableOf, versionOf } from './report.ts';
import { reports } from './reports.ts';

interface Extent {
  quick: boolean;
  /** Repeats of what is short. */
  runs: number;
  /** For which a load lasts. */
  seconds: number;
}

/** What can be run by itself with `--only`, in the order of the table. */
const PARTS: Record<string, (extent: Extent) => Promise<Row[]>> = {
  intake: ({ runs, seconds }) => embeddedIntake(runs, seconds),
  broker: ({ runs, seconds }) => externalBroker(runs, seconds),
  engines: ({ quick, runs }) => engines(runs, 200_000, { sizes: !quick }),
  history: async () => [...(await imported(100, HOUR_MS / 4)), ...(await imported(1000, HOUR_MS))],
  recompute: async ({ quick, runs }) => [
    ...(await recomputation(runs, 200)),
    ...(await recomputation(1, 10_000)),
    ...(await lateReading(quick ? 5 : 20)),
  ],
  'large-city': () => largeCity(),
  live: () => fanOut(1000),
  city: async ({ quick }) => [...(await city(50)), ...(quick ? [] : await city(500))],
  reports: async ({ quick }) => [...(await reports(50)), ...(quick ? [] : await reports(500))],
};

const HELP = `Usage: npm run bench -- [--quick] [--only PART]... [--json FILE] [--compare FILE]

  --quick          one run of each, and the large ones left out
  --only PART      of ${Object.keys(PARTS).join(', ')}
  --json FILE      writes the run to a file
  --compare FILE   says what is worse or better than such a run by more than its spread
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    compare: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const names = values.only ?? Object.keys(PARTS);
const unknown = names.filter((name) => !(name in PARTS));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`--only: there is no part ${unknown.join(', ')}\n\n`);
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}
// Read first: a file that is none is not to be found out after half an hour.
const before = values.compare === undefined ? null : earlier(values.compare);

function earlier(file: string): BenchRun {
  try {
    return readRun(readFileSync(file, 'utf8'), file);
  } catch (error) {
    process.stderr.write(`--compare: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

const packageVersion = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
      version: string;
    }
  ).version;
const versions: Record<string, string> = {};
for (const name of ['@duckdb/node-api', 'aedes', 'hono', 'mqtt']) versions[name] = packageVersion(name);
for (const [name, program, args] of [
  ['mosquitto', 'mosquitto', ['-h']],
  ['influxd', 'influxd', ['version']],
  ['postgres', 'postgres', ['--version']],
] as const) {
  versions[name] = versionOf(program, args) ?? 'not installed';
}
const machine = readMachine(versions);
process.stdout.write(`${machineText(machine)}\n`);

const extent: Extent = { quick: values.quick, runs: values.quick ? 1 : 3, seconds: values.quick ? 2 : 4 };
const rows: Row[] = [];
const began = performance.now();
for (const name of names) {
  process.stderr.write(`${name} …\n`);
  try {
    rows.push(...((await PARTS[name]?.(extent)) ?? []));
  } catch (error) {
    // What was measured before is not thrown away with it.
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(tableOf(rows));
process.stdout.write(`\n${((performance.now() - began) / 60_000).toFixed(1)} minutes\n`);
const run = { machine, rows };
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
if (before) process.stdout.write(`\n${comparisonText(before, run)}`);
