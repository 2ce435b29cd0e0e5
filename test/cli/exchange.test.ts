import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `version: 1
nodes:
  - { id: gov, name: 行政中心, kind: building }
meters:
  - { id: gov-main, name: 总进线, node: gov, carrier: electricity, multiplier: 40 }
`;

/** 15-minute registers of one day, 0.5 a quarter; the device is another one between 12:00 and 12:15. */
function dayCsv(): string {
  const lines = ['meter,time,value'];
  for (let i = 0; i <= 96; i++) {
    const time = new Date(Date.parse('2026-03-01T00:00:00+08:00') + i * 900_000).toISOString();
    lines.push(`gov-main,${time},${i <= 48 ? 1000 + i * 0.5 : 5 + (i - 48.5) * 0.5}`);
  }
  return `${lines.join('\n')}\n`;
}

test.each(['without a server', 'beside a running server'])(
  'a forgotten exchange, an estimate and a reading by eye, %s',
  async (way) => {
    const data = join(directory(), 'data');
    mkdirSync(data);
    if (way !== 'without a server') {
      const server = await startServer(data);
      onTestFinished(async () => void (await server.stop()));
    }
    await jieneng(data, ['estate', 'apply', '-'], ESTATE);
    expect((await jieneng(data, ['import', 'readings', '-'], dayCsv())).err).toContain('97 stored');
    const day = async (start: string, end: string): Promise<string | undefined> => {
      const period = ['--from', start, '--to', end, '--by', 'day', '--meter', 'gov-main'];
      return (await jieneng(data, ['export', 'consumption', ...period])).out.split('\n')[1];
    };
    const first = (rest: string): string => `gov-main,2026-03-01T00:00:00+08:00,${rest}`;
    const second = (rest: string): string => `gov-main,2026-03-02T00:00:00+08:00,${rest}`;

    // 95 quarters × 0.5 × 40: nothing is counted across the step.
    expect(await day('2026-03-01', '2026-03-02')).toBe(first(`1900,kWh,1900,0,0,${95 / 96}`));
    const findings = await jieneng(data, ['findings']);
    expect(findings.out.split('\n')[1]).toBe(
      'step,gov-main,总进线,gov,suspected_exchange,2026-03-01T12:00:00+08:00,1024,2026-03-01T12:15:00+08:00,5.25,,,,kWh,,',
    );
    expect(findings.err).toBe('1 steps, 0 clocks\n');

    const at = '2026-03-01T12:10:00+08:00';
    const record = ['exchange', 'record', 'gov-main', '--at', at, '--final', '1024.25', '--initial', '5'];
    // (1,024.25 − 1,024 + 5.25 − 5) × 40 = 20
    const month = '2026-03  1900 → 1920 kWh (+20)\n';
    const summary = 'gov-main: 1900 → 1920 kWh (+20) in 1 month';
    expect(await jieneng(data, [...record, '--preview'])).toEqual({
      ...{ code: 0, out: month, err: `${summary}; a preview, nothing was saved\n` },
    });
    expect(await day('2026-03-01', '2026-03-02')).toBe(first(`1900,kWh,1900,0,0,${95 / 96}`));
    expect(await jieneng(data, [...record, '--by', '王工', '--note', 'seal 17'])).toEqual({
      ...{ code: 0, out: month, err: `${summary}; saved\n` },
    });
    expect(await day('2026-03-01', '2026-03-02')).toBe(first('1920,kWh,1920,0,0,1'));
    expect((await jieneng(data, ['findings'])).err).toBe('0 steps, 0 clocks\n');
    expect((await jieneng(data, ['estate', 'export'])).out).toContain(
      '      - { at: 2026-03-01T12:10:00+08:00, final: 1024.25, initial: 5, note: seal 17 }\n',
    );
    const again = await jieneng(data, record);
    expect([again.code, again.err]).toEqual([1, 'at: has an exchange already\n']);

    const stated = ['--reason', 'display was dark', '--by', '李工'];
    const estimate = ['estimate', 'add', 'gov-main', '--from', '2026-03-02', '--to', '2026-03-03'];
    expect((await jieneng(data, [...estimate, '--quantity', '24', ...stated])).out).toBe(
      '2026-03  1920 → 1944 kWh (+24)\n',
    );
    expect(await day('2026-03-02', '2026-03-03')).toBe(second('24,kWh,0,0,24,0'));
    // Two days later the register shows 30 more: (58.75 − 28.75) × 40 are known now, and the estimate steps back.
    const reading = ['reading', 'add', 'gov-main', '--time', '2026-03-04', '--value', '58.75', ...stated];
    expect((await jieneng(data, reading)).out).toBe('2026-03  1944 → 3120 kWh (+1176)\n');

    const listed = await jieneng(data, ['statement', 'list', 'gov-main']);
    expect(listed.out.split('\n').map((line) => line.split(',').slice(0, 8).join(','))).toEqual([
      'no,kind,from,to,value,quantity,unit,reason',
      '1,estimate,2026-03-02T00:00:00+08:00,2026-03-03T00:00:00+08:00,,24,kWh,display was dark',
      '2,manual_reading,2026-03-04T00:00:00+08:00,,58.75,,kWh,display was dark',
      '',
    ]);
    for (const no of ['2', '1']) {
      const withdrawn = await jieneng(data, ['statement', 'withdraw', 'gov-main', no, ...stated]);
      expect(withdrawn.err).toMatch(/; saved\n$/);
    }
    expect(await day('2026-03-02', '2026-03-03')).toBe(second(',kWh,,,,0'));
    const removed = await jieneng(data, ['exchange', 'remove', 'gov-main', '--at', at, '--by', '王工']);
    expect(removed.out).toBe('2026-03  1920 → 1900 kWh (-20)\n');

    const revisions = await jieneng(data, ['export', 'revisions', '--meter', 'gov-main']);
    expect(revisions.err).toBe('');
    const rows = revisions.out.trimEnd().split('\n').slice(1);
    // Hours that change, from the newest to the oldest: before, after, unit, causes, author, source. The hour of
    // the exchange has 3 or 4 quarters of 0.5 × 40, the gap of two days 30 × 40 or the estimate.
    expect(rows.map((row) => row.split(',').slice(6, 13).join(','))).toEqual([
      '1,80,60,kWh,description,王工,exchange taken back',
      '24,24,,kWh,statement,李工,withdrawal',
      '48,1200,24,kWh,statement,李工,withdrawal',
      '48,24,1200,kWh,statement,李工,manual reading',
      '24,,24,kWh,statement,李工,estimate',
      '1,60,80,kWh,description,王工,exchange',
    ]);
    expect((await jieneng(data, ['verify', '--recompute'])).err).toContain('none differs');
  },
  120_000,
);
