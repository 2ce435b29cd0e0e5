import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { median, percentile } from './run.ts';

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

const number = (n: number): string =>
  n >= 100
    ? Math.round(n).toLocaleString('en-US')
    : n.toLocaleString('en-US', { maximumSignificantDigits: 3 });

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((r) => {
    const m = median(r.values);
    const low = percentile(r.values, 0);
    const high = percentile(r.values, 1);
    const ceiling = r.ceiling ? median(r.ceiling) : null;
    return [
      r.what,
      `${number(m)} ${r.unit}`,
      r.values.length > 1 ? `${number(low)} – ${number(high)}` : '',
      ceiling === null ? '' : `${number(ceiling)} (${Math.round((m / ceiling) * 100)} %)`,
      r.wanted ?? '',
    ];
  });
  const head = ['what', 'median', 'spread', 'ceiling of the same run', 'wanted'];
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => (c[i] as string).length)));
  const line = (of: string[]): string => `| ${of.map((c, i) => c.padEnd(widths[i] as number)).join(' | ')} |`;
  process.stdout.write(`${line(head)}\n${line(widths.map((w) => '-'.repeat(w)))}\n`);
  for (const c of cells) process.stdout.write(`${line(c)}\n`);
}

export function printMachine(versions: Record<string, string>): void {
  const kernel = execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim();
  const cpu = cpus();
  process.stdout.write(
    `${new Date().toISOString().slice(0, 10)} · ${cpu.length} × ${cpu[0]?.model ?? '?'} · ${Math.round(totalmem() / 2 ** 30)} GiB · ${kernel}\n`,
  );
  const all = { node: process.versions.node, sqlite: process.versions.sqlite ?? '?', ...versions };
  process.stdout.write(
    `${Object.entries(all)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · ')}\n\n`,
  );
}
