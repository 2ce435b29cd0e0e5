import { describe, expect, test } from 'vitest';
import { type BenchRun, compare, comparisonText, lessIsBetter, readRun } from './compare.ts';
import { type Machine, machineText, type Row, tableOf } from './report.ts';

const row = (what: string, unit: string, ...values: number[]): Row => ({ what, unit, values });
const machine: Machine = {
  date: '2026-11-22',
  cpu: 'EPYC',
  cores: 2,
  memoryGiB: 24,
  kernel: 'Linux 6',
  fsyncMs: 0.2,
  versions: { node: '24.21.0', influxd: 'not installed' },
};
const run = (...rows: Row[]): BenchRun => ({ machine, rows });

describe('the table', () => {
  test('shows median, spread, share of the ceiling and what is wanted, in columns of one width', () => {
    const text = tableOf([
      {
        ...row('intake', '/s', 90_000, 70_000, 80_000),
        ceiling: [100_000, 120_000, 110_000],
        wanted: '≥ 30,000',
      },
      row('start', 's', 1.234),
    ]);
    const lines = text.trimEnd().split('\n');
    // 80,000 of 110,000 are 73 %.
    expect(lines[2]).toMatch(
      /^\| intake \| 80,000 \/s +\| 70,000 – 90,000 +\| 110,000 \(73 %\) +\| ≥ 30,000 \|$/,
    );
    expect(lines[3]).toMatch(/^\| start +\| 1\.23 s +\|/);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  test('stands below the machine, its disk and the versions, of what is missing too', () => {
    expect(machineText(machine)).toBe(
      '2026-11-22 · 2 × EPYC · 24 GiB · Linux 6 · fsync 0.2 ms\nnode 24.21.0 · influxd not installed\n',
    );
  });
});

describe('a run against an earlier one', () => {
  const verdict = (before: Row, now: Row): string | undefined => compare([before], [now])[0]?.verdict;

  test.each([
    ['a rate that fell', 100, 80, '/s', 'worse'],
    ['a rate that rose', 100, 120, '/s', 'better'],
    ['a delay that rose', 100, 120, 'ms', 'worse'],
    ['a delay that fell', 100, 80, 'ms', 'better'],
    ['bytes that rose', 100, 120, 'bytes a reading', 'worse'],
    // A single figure has no spread of its own, so a tenth is taken for it.
    ['a delay within a tenth', 100, 109, 'ms', 'as before'],
    ['a rate within a tenth', 100, 91, '/s', 'as before'],
  ])('%s from %d to %d %s is %s', (_what, before, now, unit, expected) => {
    expect(verdict(row('x', unit, before), row('x', unit, now))).toBe(expected);
  });

  test('is as before where it moves less than either run moved by itself', () => {
    // 60 … 140 moved by 80; 100 → 170 is less, 100 → 190 is more.
    const wide = row('x', 'ms', 60, 100, 140);
    expect(verdict(wide, row('x', 'ms', 170))).toBe('as before');
    expect(verdict(row('x', 'ms', 170), wide)).toBe('as before');
    expect(verdict(wide, row('x', 'ms', 190))).toBe('worse');
  });

  test('names what only one of them has, and another unit is another figure', () => {
    const compared = compare([row('a', 'ms', 1), row('b', 'ms', 1)], [row('b', 's', 1), row('c', 'ms', 1)]);
    expect(compared.map((c) => [c.what, c.verdict])).toEqual([
      ['b', 'new'],
      ['c', 'new'],
      ['a', 'gone'],
    ]);
  });

  test('is told in a table with how many are worse, and what of machine and versions differs', () => {
    const later = { ...machine, cores: 8, versions: { ...machine.versions, influxd: '1.6.7' } };
    const text = comparisonText(run(row('x', 'ms', 100), row('y', '/s', 10)), {
      machine: later,
      rows: [row('x', 'ms', 150), row('y', '/s', 10)],
    });
    expect(text).toContain('1 of 2 figures are worse by more than their spread.');
    expect(text).toContain('Not the same: cores 2 → 8; influxd not installed → 1.6.7.');
    expect(text).toMatch(/\| x +\| 100 ms +\| 150 ms +\| \+50 % +\| worse \|/);
    expect(text).toMatch(/\| y +\| 10 \/s +\| 10 \/s +\| \+0 % +\| +\|/);
  });

  test('is read back as it was written, and another file is refused by name', () => {
    const one = run(row('x', 'ms', 1));
    expect(readRun(JSON.stringify(one), 'a.json')).toEqual(one);
    expect(() => readRun('{"rows":[]}', 'b.json')).toThrow('b.json: not a run that --json wrote');
    expect(() => readRun('null', 'b.json')).toThrow('b.json: not a run that --json wrote');
    expect(() => readRun('<html>', 'c.json')).toThrow('c.json: not a run that --json wrote');
  });
});

test('rates are better when they are higher, everything that is spent when it is lower', () => {
  expect(['/s', 'rows/s'].map(lessIsBetter)).toEqual([false, false]);
  expect(['ms', 's', 'MB', 'kB', 'µs', 'bytes a reading', 'times'].every(lessIsBetter)).toBe(true);
});
