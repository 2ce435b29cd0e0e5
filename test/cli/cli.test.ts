import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `version: 1
timezone: Asia/Shanghai
nodes:
  - id: gov
    name: 示例市行政中心
    kind: building
meters:
  - id: gov-main
    name: 总进线
    node: gov
    carrier: electricity
    multiplier: 40
  - id: gov-sub
    name: 照明
    node: gov
    carrier: electricity
    parent: gov-main
`;

/** 15-minute registers of one day: 0.5 a quarter on the main, 4 on the sub-meter. */
function dayCsv(): string {
  const lines = ['meter,time,value'];
  for (let i = 0; i <= 96; i++) {
    const time = new Date(Date.parse('2026-03-01T00:00:00+08:00') + i * 900_000).toISOString();
    lines.push(`gov-main,${time},${1000 + i * 0.5}`, `gov-sub,${time},${i * 4}`);
  }
  return `${lines.join('\n')}\n`;
}

const DAY = ['export', 'consumption', '--from', '2026-03-01', '--to', '2026-03-02', '--by', 'day'];
const HEADER = 'id,start,quantity,unit,measured,recovered,estimated,completeness';
const START = '2026-03-01T00:00:00+08:00';

describe.each(['without a server', 'beside a running server'])('commands %s', (way) => {
  test('estate, import, export, quarantine, backup and restore', async () => {
    const base = directory();
    const data = join(base, 'data');
    mkdirSync(data);
    if (way !== 'without a server') {
      const server = await startServer(data);
      onTestFinished(async () => void (await server.stop()));
    }
    writeFileSync(join(base, 'estate.yaml'), ESTATE);
    writeFileSync(
      join(base, 'day.csv'),
      `${dayCsv()}nobody,${START},1\ngov-sub,${START},NaN\n=1+1,${START},1\n`,
    );

    const applied = await jieneng(data, ['estate', 'apply', join(base, 'estate.yaml')]);
    expect(applied).toEqual({ code: 0, out: '', err: '3 created, 0 updated, 0 unchanged\n' });
    const again = await jieneng(data, ['estate', 'apply', '-'], ESTATE);
    expect(again).toEqual({ code: 0, out: '', err: '0 created, 0 updated, 3 unchanged\n' });
    const exported = await jieneng(data, ['estate', 'export']);
    expect(exported.code).toBe(0);
    expect((await jieneng(data, ['estate', 'apply', '-'], exported.out)).err).toContain(
      '0 created, 0 updated',
    );

    const imported = await jieneng(data, ['import', 'readings', join(base, 'day.csv')]);
    expect(imported.code).toBe(0);
    expect(imported.err).toContain('day.csv:196: meter: "nobody" is not in the estate');
    expect(imported.err).toContain('day.csv:197: value: "NaN" is not a finite number');
    expect(imported.err.endsWith('194 stored, 0 duplicate, 3 quarantined\n')).toBe(true);
    const repeated = await jieneng(data, ['import', 'readings', '-'], dayCsv());
    expect(repeated.err).toBe('0 stored, 194 duplicate, 0 quarantined\n');

    // 96 quarters × 0.5 × 40; the sub-meter 96 × 4; the building is its outermost meter.
    const meters = await jieneng(data, [...DAY, '--meter', 'gov-main', '--meter', 'gov-sub']);
    expect(meters).toEqual({
      code: 0,
      err: '',
      out: `${HEADER}\ngov-main,${START},1920,kWh,1920,0,0,1\ngov-sub,${START},384,kWh,384,0,0,1\n`,
    });
    const node = await jieneng(data, [...DAY, '--node', 'gov', '--carrier', 'electricity']);
    expect(node.out).toBe(`${HEADER}\ngov,${START},1920,kWh,1920,0,0,1\n`);
    const year = await jieneng(data, [
      'export',
      'consumption',
      '--from',
      '2025-01-01',
      '--to',
      '2027-01-01',
      '--by',
      'year',
      '--meter',
      'gov-sub',
    ]);
    expect(year.out.split('\n').slice(1, 3)).toEqual([
      'gov-sub,2025-01-01T00:00:00+08:00,,kWh,,,,0',
      `gov-sub,2026-01-01T00:00:00+08:00,384,kWh,384,0,0,${1 / 365}`,
    ]);

    const raw = ['export', 'readings', '--meter', 'gov-sub', '--from', '2026-03-01', '--to', '2026-03-03'];
    const readings = await jieneng(data, raw);
    expect(readings.out.split('\n').slice(0, 3)).toEqual([
      'meter,time,value',
      `gov-sub,${START},0`,
      'gov-sub,2026-03-01T00:15:00+08:00,4',
    ]);

    const listed = await jieneng(data, ['quarantine', 'list']);
    expect(listed.out.trim().split('\n')).toHaveLength(4);
    expect(listed.err).toContain('unknown_meter: 2\n');
    // No spreadsheet runs what somebody sent.
    expect(listed.out).toContain(",'=1+1,");
    const mended = ESTATE.replace(
      'meters:\n',
      'meters:\n  - {id: nobody, name: x, node: gov, carrier: water}\n',
    );
    expect((await jieneng(data, ['estate', 'apply', '-'], mended)).err).toContain('1 created');
    const retried = await jieneng(data, ['quarantine', 'retry']);
    expect(retried).toEqual({
      code: 0,
      out: '',
      err: '3 tried: 1 stored, 0 duplicate, 2 quarantined again\n',
    });

    const verified = await jieneng(data, ['verify', '--recompute']);
    expect(verified).toEqual({ code: 0, out: '', err: '3 months of meters compared, none differs\n' });

    const copy = join(base, 'copy');
    // Catalogue, journal, time series, and the heads of the audit trail.
    expect((await jieneng(data, ['backup', copy])).err).toMatch(/^4 files, \d+ bytes in .*copy\n$/);
    expect((await jieneng(data, ['backup', copy])).err).toContain(`${copy} is not empty`);
    const whole = await jieneng(data, ['backup', 'verify', copy]);
    expect(whole).toEqual({
      code: 0,
      out: '',
      err: expect.stringMatching(/^4 files of \d{4}-\S+Z, \d+ bytes: whole\n$/),
    });
    const other = join(base, 'other');
    expect((await jieneng(other, ['restore', copy])).code).toBe(0);
    expect((await jieneng(other, raw)).out).toBe(readings.out);
    expect((await jieneng(other, [...DAY, '--meter', 'gov-main', '--meter', 'gov-sub'])).out).toBe(
      meters.out,
    );
    expect((await jieneng(other, ['estate', 'export'])).out).toBe(
      (await jieneng(data, ['estate', 'export'])).out,
    );

    const broken = join(copy, 'journal.sqlite');
    const bytes = readFileSync(broken);
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    writeFileSync(broken, bytes);
    const third = join(base, 'third');
    expect((await jieneng(third, ['restore', copy])).err).toBe(
      `${broken} is damaged: its checksum differs\n`,
    );
    expect(readdirSync(third).filter((f) => !f.startsWith('lock'))).toEqual([]);
  });
});

describe('misuse and bad input', () => {
  test.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['export', 'consumption', '--from', '2026-01-01'], "required option '--to <time>'"],
    [
      ['export', 'consumption', '--from', 'a', '--to', 'b', '--by', 'week'],
      'Allowed choices are hour, day, month, year',
    ],
    [['import', 'readings'], "missing required argument 'file'"],
    [['exchange', 'record', 'm', '--at', 'x', '--final', 'much'], 'It must be a number.'],
    [
      ['reading', 'add', 'm', '--time', 'x', '--value', '1', '--by', 'me'],
      "required option '--reason <text>'",
    ],
  ])('%j exits with 2', async (args, message) => {
    const ended = await jieneng(directory(), args);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(message);
    expect(ended.out).toBe('');
  });

  test('--help at every level exits with 0', async () => {
    for (const args of [
      ['--help'],
      ['estate', '--help'],
      ['import', 'readings', '--help'],
      ['quarantine', '--help'],
      ['exchange', 'record', '--help'],
    ]) {
      const ended = await jieneng(directory(), args);
      expect([ended.code, ended.err]).toEqual([0, '']);
      expect(ended.out).toContain('Usage: jieneng');
    }
  });

  test('what fails exits with 1 and names the place', async () => {
    const data = directory();
    const cyclic = `version: 1
nodes:
  - {id: a, name: a, kind: building, parent: b}
  - {id: b, name: b, kind: building, parent: a}
meters:
  - {id: m, name: m, node: nowhere, carrier: steam}
`;
    const applied = await jieneng(data, ['estate', 'apply', '-'], cyclic);
    expect(applied.code).toBe(1);
    for (const place of ['nodes[0].parent', 'meters[0].node', 'meters[0].carrier'])
      expect(applied.err).toContain(place);
    expect(applied.err).toContain('cycle');
    expect((await jieneng(data, ['import', 'readings', '/nowhere.csv'])).err).toBe(
      '/nowhere.csv: there is no such file\n',
    );
    const header = await jieneng(data, ['import', 'readings', '-'], 'a,b\n1,2\n');
    expect(header.code).toBe(1);
    expect(header.err).toBe(
      'stdin: line 1: the header has no column meter, time, value; it must be meter,time,value\n',
    );
    const meter = await jieneng(data, [...DAY, '--meter', 'ghost']);
    expect(meter.code).toBe(1);
    expect(meter.err).toContain('ghost');
  });

  test('a directory without data is a mistake, and stays as it is', async () => {
    const data = join(directory(), 'typo');
    const ended = await jieneng(data, ['verify', '--recompute']);
    expect(ended).toEqual({ code: 1, out: '', err: `${data} holds no data of jieneng\n` });
    expect(existsSync(data)).toBe(false);
  });

  test('a settings file with three mistakes names all three', async () => {
    const data = directory();
    writeFileSync(join(data, 'settings.yaml'), 'HTTP_PORT: 70000\nMQTT_URL: broker\nCOLOUR: red\n');
    const ended = await jieneng(data, ['estate', 'export']);
    expect(ended.code).toBe(2);
    const file = join(data, 'settings.yaml');
    expect(ended.err.trim().split('\n')).toEqual([
      `${file}: HTTP_PORT: HTTP_PORT must be 0 to 65535`,
      `${file}: MQTT_URL: must be the address of an MQTT broker, one of mqtt://…, mqtts://…, ws://…, wss://…`,
      `${file}: COLOUR: there is no such setting`,
    ]);
  });
});
