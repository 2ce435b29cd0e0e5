import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { median, percentile, temporary } from './run.ts';

export interface Row {
  what: string;
  /** One figure per run. */
  values: number[];
  unit: string;
  /** The ceiling of the same runs, in the same unit. */
  ceiling?: number[];
  /** What issue or contract asks for, e.g. "≥ 20,000". */
  wanted?: string;
}

/** What a run was made on and with; two runs compare only where these are the same. */
export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  /** Median time of a full sync of one page where the data directories are, ms. */
  fsyncMs: number;
  versions: Record<string, string>;
}

export const number = (n: number): string =>
  n >= 100
    ? Math.round(n).toLocaleString('en-US')
    : n.toLocaleString('en-US', { maximumSignificantDigits: 3 });

const HEAD = ['what', 'median', 'spread', 'ceiling of the same run', 'wanted'];

/** The rows as a table of Markdown, its columns as wide as their longest cell. */
export function tableOf(rows: readonly Row[]): string {
  return table(
    HEAD,
    rows.map((r) => {
      const m = median(r.values);
      const ceiling = r.ceiling ? median(r.ceiling) : null;
      return [
        r.what,
        `${number(m)} ${r.unit}`,
        r.values.length > 1 ? `${number(percentile(r.values, 0))} – ${number(percentile(r.values, 1))}` : '',
        ceiling === null ? '' : `${number(ceiling)} (${Math.round((m / ceiling) * 100)} %)`,
        r.wanted ?? '',
      ];
    }),
  );
}

export function table(head: readonly string[], cells: readonly string[][]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => (c[i] as string).length)));
  const line = (of: readonly string[]): string =>
    `| ${of.map((c, i) => c.padEnd(widths[i] as number)).join(' | ')} |\n`;
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...cells.map(line)].join('');
}

export function machineText(m: Machine): string {
  const versions = Object.entries(m.versions).map(([name, version]) => `${name} ${version}`);
  return `${m.date} · ${m.cores} × ${m.cpu} · ${m.memoryGiB} GiB · ${m.kernel} · fsync ${number(m.fsyncMs)} ms\n${versions.join(' · ')}\n`;
}

/** @param versions of what was measured beside Node.js and SQLite */
export function readMachine(versions: Record<string, string>): Machine {
  const cpu = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpu[0]?.model ?? '?',
    cores: cpu.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim(),
    fsyncMs: fsyncLatency(),
    versions: { node: process.versions.node, sqlite: process.versions.sqlite ?? '?', ...versions },
  };
}

/** The version that a program states of itself, or null where it is not installed. */
export function versionOf(program: string, args: readonly string[]): string | null {
  for (const path of [program, `/usr/sbin/${program}`]) {
    try {
      const said = execFileSync(path, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? null;
    } catch (error) {
      // mosquitto says its version and ends with an error.
      const said = String((error as { stdout?: unknown }).stdout ?? '');
      const version = /\d+\.\d+(\.\d+)?/.exec(said)?.[0];
      if (version) return version;
    }
  }
  return null;
}

function fsyncLatency(): number {
  const { path, remove } = temporary();
  const file = openSync(join(path, 'sync'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times: number[] = [];
  try {
    for (let i = 0; i < 50; i++) {
      const began = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      times.push(performance.now() - began);
    }
  } finally {
    closeSync(file);
    remove();
  }
  return median(times);
}
