import { type Machine, number, type Row, table } from './report.ts';
import { median, percentile } from './run.ts';

/** What one run leaves behind with `--json FILE`. */
export interface BenchRun {
  machine: Machine;
  rows: Row[];
}

export type Verdict = 'better' | 'worse' | 'as before' | 'new' | 'gone';

export interface Compared {
  what: string;
  unit: string;
  before: number | null;
  now: number | null;
  verdict: Verdict;
}

/** Of these less is better; of everything else, rates, more is. */
const COSTS = new Set(['ms', 's', 'MB', 'kB', 'bytes', 'bytes a reading', 'µs', 'times']);

export function lessIsBetter(unit: string): boolean {
  return COSTS.has(unit);
}

/**
 * Holds each figure against that of an earlier run. It is worse, or better, when the median lies outside what
 * either run had as its spread; a single figure has none, so a tenth of it is taken.
 */
export function compare(before: readonly Row[], now: readonly Row[]): Compared[] {
  const earlier = new Map(before.map((r) => [r.what, r]));
  const out = now.map((row): Compared => {
    const then = earlier.get(row.what);
    earlier.delete(row.what);
    const { what, unit } = row;
    if (!then || then.unit !== unit) {
      return { what, unit, before: null, now: median(row.values), verdict: 'new' };
    }
    const [a, b] = [median(then.values), median(row.values)];
    const margin = Math.max(spread(then), spread(row));
    let verdict: Verdict = 'as before';
    if (Math.abs(b - a) > margin) verdict = b < a === lessIsBetter(unit) ? 'better' : 'worse';
    return { what, unit, before: a, now: b, verdict };
  });
  for (const { what, unit, values } of earlier.values()) {
    out.push({ what, unit, before: median(values), now: null, verdict: 'gone' });
  }
  return out;
}

/** How far a figure moves by itself. */
function spread({ values }: Row): number {
  const [low, high] = [percentile(values, 0), percentile(values, 1)];
  return Math.max(high - low, 0.1 * Math.abs(median(values)));
}

export function comparisonText(before: BenchRun, now: BenchRun): string {
  const compared = compare(before.rows, now.rows);
  const cell = (n: number | null): string => (n === null ? '' : number(n));
  const change = ({ before: a, now: b }: Compared): string =>
    a === null || b === null || a === 0 ? '' : `${b >= a ? '+' : '−'}${number(Math.abs(b / a - 1) * 100)} %`;
  const worse = compared.filter((c) => c.verdict === 'worse').length;
  const differs = differences(before.machine, now.machine);
  return [
    `Against ${before.machine.date}: ${worse} of ${compared.length} figures are worse by more than their spread.\n`,
    differs.length > 0 ? `Not the same: ${differs.join('; ')}.\n` : '',
    '\n',
    table(
      ['what', 'before', 'now', 'change', ''],
      compared.map((c) => [
        c.what,
        `${cell(c.before)} ${c.unit}`,
        `${cell(c.now)} ${c.unit}`,
        change(c),
        c.verdict === 'as before' ? '' : c.verdict,
      ]),
    ),
  ].join('');
}

/** What of machine and versions changed, so that nobody takes it for the program. */
function differences(before: Machine, now: Machine): string[] {
  const out: string[] = [];
  for (const name of ['cpu', 'cores', 'memoryGiB', 'kernel'] as const) {
    if (before[name] !== now[name]) out.push(`${name} ${before[name]} → ${now[name]}`);
  }
  for (const name of new Set([...Object.keys(before.versions), ...Object.keys(now.versions)])) {
    const [a, b] = [before.versions[name] ?? 'none', now.versions[name] ?? 'none'];
    if (a !== b) out.push(`${name} ${a} → ${b}`);
  }
  return out;
}

/** @throws Error when the text is no run that `--json` wrote */
export function readRun(text: string, name: string): BenchRun {
  let run: Partial<BenchRun> | null;
  try {
    run = JSON.parse(text) as Partial<BenchRun> | null;
  } catch (error) {
    throw new Error(
      `${name}: not a run that --json wrote: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (!run?.machine?.versions || !Array.isArray(run.rows)) {
    throw new Error(`${name}: not a run that --json wrote`);
  }
  return run as BenchRun;
}
