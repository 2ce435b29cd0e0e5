import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import { parseColumn } from '../../simulators/columns.ts';
import { replay } from '../../simulators/replay.ts';
import { replayEstate } from '../../simulators/replay-estate.ts';
import { WallClock } from '../../simulators/table.ts';
import { TestBroker } from './broker.ts';

let broker: TestBroker;
let dir: string;
beforeEach(async () => {
  broker = new TestBroker();
  await broker.start();
  dir = await mkdtemp(join(tmpdir(), 'jieneng-replay-'));
});
afterEach(async () => {
  await broker.stop();
  await rm(dir, { recursive: true });
});

async function csv(text: string): Promise<string> {
  const file = join(dir, 'building.csv');
  await writeFile(file, text);
  return file;
}

describe('replay', () => {
  it('sends the values as they stand and gets one acknowledgement each; gaps are not sent', async () => {
    const file = await csv(
      '\uFEFFtimestamp,a,b,t\n2016-01-01 00:00:00,624.62,0,-3.5\n2016-01-01 01:00:00,,7.25,0\n2016-01-01 02:00:00,1e2,8,1\n',
    );
    const columns = ['a=meter-a', 'b=meter-b', 't=temp'].map(parseColumn);
    const result = await replay({ url: broker.url, file, columns, zeroIsGap: ['b'], batch: 4 });
    // 9 cells, one of them empty and one a zero in b.
    expect(result).toEqual({ sent: 7, acked: 7, gaps: 2, skipped: 0 });
    expect(broker.received.map((r) => r.topic)).toEqual([
      'gateways/replay/readings',
      'gateways/replay/readings',
    ]);
    expect(broker.readings()).toEqual([
      { meter: 'meter-a', time: '2016-01-01 00:00:00', value: 624.62 },
      { meter: 'temp', time: '2016-01-01 00:00:00', value: -3.5 },
      { meter: 'meter-b', time: '2016-01-01 01:00:00', value: 7.25 },
      { meter: 'temp', time: '2016-01-01 01:00:00', value: 0 },
      { meter: 'meter-a', time: '2016-01-01 02:00:00', value: 100 },
      { meter: 'meter-b', time: '2016-01-01 02:00:00', value: 8 },
      { meter: 'temp', time: '2016-01-01 02:00:00', value: 1 },
    ]);
  });

  it('places the hours of a wall clock that is put forward and back', async () => {
    // New York: 02:00 is skipped on 13 March 2016, 01:00 comes twice on 6 November.
    const file = await csv(
      [
        'time,a,b',
        '2016-03-13 01:00:00,1,1',
        '2016-03-13 02:00:00,,2',
        '2016-03-13 03:00:00,3,3',
        '2016-11-06 00:00:00,4,4',
        '2016-11-06 01:00:00,5,5',
        '2016-11-06 01:00:00,6,',
        '2016-11-06 02:00:00,7,7',
      ].join('\n'),
    );
    const columns = ['a=a', 'b=b'].map(parseColumn);
    const result = await replay({ url: broker.url, file, columns, timezone: 'America/New_York' });
    expect(result).toEqual({ sent: 11, acked: 11, gaps: 2, skipped: 1 });
    const times = broker.readings().flatMap((r) => (r.meter === 'a' ? [r.time] : []));
    expect(times).toEqual([
      '2016-03-13T01:00:00-05:00',
      '2016-03-13T03:00:00-04:00',
      '2016-11-06T00:00:00-04:00',
      '2016-11-06T01:00:00-04:00',
      '2016-11-06T01:00:00-05:00',
      '2016-11-06T02:00:00-05:00',
    ]);
    // 01:00 before and 03:00 after the change are neighbours.
    expect(Date.parse(String(times[1])) - Date.parse(String(times[0]))).toBe(3_600_000);
  });

  it('reads UTC as UTC, and an offset in the file as it is', async () => {
    const file = await csv(
      'meter,time,value\nx,2018-03-25 01:30:00,1\ny,2018-03-25T01:30:00+08:00,2\nx,2018-03-25 02:30:00,3\n',
    );
    const result = await replay({ url: broker.url, file, columns: [], timezone: 'UTC', zeroIsGap: 'all' });
    expect(result).toEqual({ sent: 3, acked: 3, gaps: 0, skipped: 0 });
    expect(broker.readings()).toEqual([
      { meter: 'x', time: '2018-03-25T01:30:00+00:00', value: 1 },
      { meter: 'y', time: '2018-03-24T17:30:00+00:00', value: 2 },
      { meter: 'x', time: '2018-03-25T02:30:00+00:00', value: 3 },
    ]);
  });

  it('follows quarter hours through the hour that comes twice', () => {
    const clock = new WallClock(new Zone('Europe/London'));
    const rows = ['00:45', '01:00', '01:30', '01:00', '01:30', '02:00'].map((t) =>
      clock.instant(`2018-10-28 ${t}:00`),
    );
    const utc = (t: string) => Date.parse(`2018-10-${t}:00Z`);
    expect(rows).toEqual([
      utc('27T23:45'),
      utc('28T00:00'),
      utc('28T00:30'),
      utc('28T01:00'),
      utc('28T01:30'),
      utc('28T02:00'),
    ]);
    expect(clock.instant('2018-03-25 01:30:00')).toBe('skipped');
    expect(clock.instant('noon')).toBeNull();
  });

  it('delivers a long file whole through a connection that breaks', async () => {
    const rows = Array.from({ length: 6000 }, (_, i) => `m,${1_500_000_000 + i * 60},${i}`);
    const file = await csv(`meter,time,value\n${rows.join('\n')}\n`);
    const cut = setInterval(() => broker.drop(), 60);
    const running = replay({ url: broker.url, file, columns: [], batch: 20 });
    setTimeout(() => clearInterval(cut), 200);
    const result = await running;
    clearInterval(cut);
    expect(result).toMatchObject({ acked: 6000, gaps: 0 });
    expect(new Set(broker.readings().map((r) => r.value)).size).toBe(6000);
  });

  it('paces the file when it has a speed', async () => {
    const file = await csv('meter,time,value\nm,1500000000,1\nm,1500000600,2\nm,1500001200,3\n');
    const began = performance.now();
    await replay({ url: broker.url, file, columns: [], speed: 2400 });
    // 1,200 s of the file at 2,400 times the speed.
    // Timers are exact to a millisecond, and there are two.
    expect(performance.now() - began).toBeGreaterThanOrEqual(500 - 2);
    expect(broker.received).toHaveLength(3);
  });

  it('names the place of what it cannot read', async () => {
    const { url } = broker;
    const columns = [parseColumn('a=a')];
    const bad = (text: string) => csv(text).then((file) => replay({ url, file, columns }));
    await expect(bad('time,a\n2016-01-01,1\n2016-01-02,n/a\n')).rejects.toThrow(
      'building.csv:3: column a: "n/a" is not a number',
    );
    await expect(bad('time,a\nsoon,1\n')).rejects.toThrow('building.csv:2: "soon" is not a time');
    await expect(bad('time,b\n2016-01-01,1\n')).rejects.toThrow(
      'building.csv:1: no column "a"; there are time, b',
    );
    await expect(bad('')).rejects.toThrow('is empty');
    await expect(replay({ url, file: join(dir, 'none.csv'), columns })).rejects.toThrow('ENOENT');
    await expect(replay({ url, file: join(dir, 'x'), columns, batch: 0 })).rejects.toThrow('batch:');
  });
});

describe('the estate of a file', () => {
  it('has a node and a meter for each column, with the interval of the file', async () => {
    const file = await csv(
      'at,e,g,t\n2018-01-01 00:00,1,2,3\n2018-01-01 00:30,1,2,3\n2018-01-01 01:30,1,2,3\n',
    );
    const columns = [
      'e=b4-e,node=b4',
      'g=b4-g,carrier=gas,unit=kWh,node=b4',
      't=t,carrier=outdoor_temperature',
    ];
    const estate = await replayEstate({ file, columns: columns.map(parseColumn), timezone: 'Europe/London' });
    expect(estate.timezone).toBe('Europe/London');
    expect(estate.nodes.map((n) => [n.id, n.kind, n.parent])).toEqual([
      ['replay', 'region', undefined],
      ['b4', 'building', 'replay'],
      ['building', 'building', 'replay'],
    ]);
    expect(estate.meters.map((m) => [m.id, m.node, m.carrier, m.register, m.unit, m.interval_s])).toEqual([
      ['b4-e', 'b4', 'electricity', 'interval', 'kWh', 1800],
      ['b4-g', 'b4', 'gas', 'interval', 'kWh', 1800],
      ['t', 'building', 'outdoor_temperature', 'gauge', '°C', 1800],
    ]);
  });

  it('says what is wrong with a mapping', () => {
    expect(() => parseColumn('a')).toThrow('"a": expected column=meter');
    expect(() => parseColumn('a=b c')).toThrow('id "b c" must be');
    expect(() => parseColumn('a=b,carrier=steam')).toThrow('carrier "steam" is none of electricity');
    expect(() => parseColumn('a=b,colour=red')).toThrow('"colour=red" is none of');
  });
});
