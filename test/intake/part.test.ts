import { describe, expect, it } from 'vitest';
import { readSettings } from '../../server/config.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { decode } from '../../server/intake/decode.ts';
import { ImportError, importReadings } from '../../server/intake/import.ts';
import { parsePart, partOf } from '../../server/intake/part.ts';
import { retryQuarantine } from '../../server/intake/release.ts';
import { Roll } from '../../server/intake/roll.ts';
import { ofAnotherPart, shareOf } from '../../server/intake/share.ts';
import { METERS, range } from './contract.ts';
import { contextOf, json, NOW } from './support.ts';

const PARTS = 3;
const time = NOW / 1000 - 60;

describe('the part of a meter', () => {
  it('never changes', () => {
    expect(['m0', 'm1', 'm2', 'm3', 'gov-main', '总进线'].map((id) => partOf(id, 3))).toEqual([
      1, 2, 1, 3, 2, 2,
    ]);
  });

  it('is the only part where there is one', () => {
    for (const { id } of METERS) expect(partOf(id, 1)).toBe(1);
  });

  it('divides 30,000 meters whose ids are numbers evenly, within 3 %', () => {
    for (const of of [2, 3, 4, 7]) {
      const counts = new Array<number>(of).fill(0);
      for (const i of range(30_000)) {
        const part = partOf(`meter-${i}`, of) - 1;
        counts[part] = (counts[part] as number) + 1;
      }
      for (const count of counts) {
        expect(Math.abs(count - 30_000 / of), `${of} parts: ${counts}`).toBeLessThan((0.03 * 30_000) / 2);
      }
    }
  });

  it.each([
    ['2/3', { index: 2, of: 3 }],
    ['1/1', { index: 1, of: 1 }],
    ['64/64', { index: 64, of: 64 }],
    ['0/3', null],
    ['4/3', null],
    ['65/65', null],
    ['2', null],
    ['2/3 ', null],
    ['02/3', null],
  ])('is read from %j', (text, part) => {
    expect(parsePart(text)).toEqual(part);
  });

  it('is a setting of an external broker', () => {
    const faults = (INTAKE_PART: string, more = {}): string => {
      try {
        readSettings({ JIENENG_DATA: '/nonexistent', INTAKE_PART, ...more });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(faults('2/3')).toBe('environment: INTAKE_PART: is for an external broker: set MQTT_URL too');
    expect(faults('2/3', { MQTT_URL: 'mqtt://broker' })).toBe('');
    expect(faults('3', { MQTT_URL: 'mqtt://broker' })).toBe(
      'environment: INTAKE_PART: must be N/M, part N of M, at most 64, such as 2/3',
    );
  });
});

describe('what the parts take of a packet', () => {
  const profile = {
    id: 'plant',
    name: 'Plant',
    topic: 'plant/+device',
    format: 'json',
    readings: [{ address: '{topic.device}', value: 'e', unit: 'kWh' }],
  };
  const packets: [string, string, Buffer][] = [
    ...METERS.map(({ id }): [string, string, Buffer] => [
      id,
      `meters/${id}/readings`,
      json({ time, value: 1 }),
    ]),
    ['a broken packet', 'meters/m4/readings', Buffer.from('{"va')],
    [
      'an unknown meter',
      'meters/m99/readings',
      json([
        { time, value: 1 },
        { time, value: 'x' },
      ]),
    ],
    [
      'a gateway',
      'gateways/g/readings',
      json({
        readings: [...METERS, { id: 'm99' }, { id: '' }].map(({ id }) => ({ meter: id, time, value: 1 })),
      }),
    ],
    ['a broken gateway', 'gateways/g/readings', Buffer.from('[')],
    ['a device of a profile', 'plant/m3', json({ e: 5 })],
    ['a device without a meter', 'plant/dev-7', json({ e: 5 })],
    ['a topic of nobody', 'weather/today', json({ sun: true })],
  ];

  it.each(packets)('is together what one intake takes: %s', (_what, topic, payload) => {
    const context = contextOf(METERS, [profile]);
    const whole = decode({ topic, payload }, NOW, context);
    const shares = range(PARTS).map((i) => {
      const part = { index: i + 1, of: PARTS };
      const share = shareOf(decode({ topic, payload }, NOW, context), { ...context, part });
      if (ofAnotherPart(topic, part))
        expect(share).toMatchObject({ readings: [], rejects: [], ignored: true });
      return share;
    });
    const text = (of: readonly object[]): string[] => of.map((o) => JSON.stringify(o)).sort();
    expect(text(shares.flatMap((s) => s.readings))).toEqual(text(whole.readings));
    expect(text(shares.flatMap((s) => s.rejects))).toEqual(text(whole.rejects));
    expect(whole.readings.length + whole.rejects.length).toBeGreaterThan(0);
  });

  it('is each reading for the part of its meter, and what names no meter for part 1', () => {
    const context = contextOf(METERS);
    for (const [, topic, payload] of packets) {
      for (const index of range(PARTS).map((i) => i + 1)) {
        const share = shareOf(decode({ topic, payload }, NOW, context), {
          ...context,
          part: { index, of: PARTS },
        });
        for (const r of share.readings) {
          expect(partOf(context.estate.meterByNo(r.meter)?.id ?? '', PARTS)).toBe(index);
        }
        if (topic === 'weather/today') expect(share.rejects).toHaveLength(index === 1 ? 1 : 0);
      }
    }
  });
});

describe("another part's meter", () => {
  const other = METERS.find(({ id }) => partOf(id, 2) === 2)?.id ?? '';
  const own = METERS.find(({ id }) => partOf(id, 2) === 1)?.id ?? '';
  const context = () => ({ ...contextOf(METERS), part: { index: 1, of: 2 } });
  const target = () => {
    const appended: Reading[] = [];
    return {
      appended,
      newSource: () => 1,
      appendFrom: async (_source: number, readings: readonly Reading[]) => appended.push(...readings),
      outcome: () => ({ stored: appended.length, duplicate: 0, conflict: 0 }),
      forgetOutcome: () => {},
      drained: async () => {},
    };
  };
  const run = async (csv: string): Promise<void> => {
    const input = (async function* () {
      yield csv;
    })();
    for await (const _ of importReadings(input, 'file.csv', target(), context));
  };

  it('is refused by an import, with the part that it is of and the line', async () => {
    const at = new Date(NOW - 60_000).toISOString();
    await run(`meter,time,value\n${own},${at},1\n`);
    const refused = run(`meter,time,value\n${own},${at},1\n${other},${at},1\n`);
    await expect(refused).rejects.toThrow(ImportError);
    await expect(run(`meter,time,value\n${own},${at},1\n${other},${at},1\n`)).rejects.toThrow(
      `line 3: meter ${other} is of part 2/2 of the intake; this is 1/2: import its lines there`,
    );
  });

  it('gets its readings out of quarantine here before they leave it', async () => {
    const steps: string[] = [];
    const [reject] = decode(
      {
        topic: 'gateways/g/readings',
        payload: json({ readings: [own, other].map((meter) => ({ meter, time, value: 7 })) }),
      },
      NOW,
      contextOf([]),
    ).rejects.map((r, id) => ({ ...r, id: id + 1 }));
    if (!reject) throw new Error('nothing to retry');
    const packet = {
      ...reject,
      kind: 'packet' as const,
      payload: json({ readings: [own, other].map((meter) => ({ meter, time, value: 7 })) }),
    };
    const retried = await retryQuarantine(
      {},
      {
        ...target(),
        quarantine: ({ before }) => (before === Number.MAX_SAFE_INTEGER ? [packet] : []),
        forward: async (meter, readings) => {
          steps.push(`forward ${meter} ${readings.map((r) => r.value)}`);
        },
        release: async (_source, id, readings) => {
          steps.push(`release ${id} ${readings.map((r) => context().estate.meterByNo(r.meter)?.id)}`);
          return 1;
        },
      },
      context,
    );
    expect(steps).toEqual([`forward ${other} 7`, `release 1 ${own}`]);
    expect(retried.tried).toBe(1);
  });
});

describe('the roll of the parts', () => {
  const say = (text: string): Buffer => Buffer.from(text);

  it('is nothing to complain about while all agree', () => {
    const roll = new Roll({ index: 1, of: 2 }, 'jieneng');
    roll.connected();
    expect(roll.heard('jieneng/intake/jieneng/2', say('2/2'))).toBe(true);
    expect(roll.heard('jieneng/intake/jieneng/1', say('1/2'))).toBe(true);
    expect(roll.heard('jieneng/intake/others/2', say('2/7'))).toBe(false);
    expect(roll.heard('meters/m1/readings', say('{}'))).toBe(false);
    expect(roll.list()).toEqual([]);
  });

  it('names those who count otherwise, until they take their word back', () => {
    const roll = new Roll({ index: 1, of: 2 }, 'jieneng');
    roll.connected();
    roll.heard('jieneng/intake/jieneng/3', say('3/3'));
    expect(roll.list()).toEqual([
      'an intake is part 3/3 and this one is 1/2: all must have the same number of parts, ' +
        'or readings are taken by nobody',
    ]);
    roll.heard('jieneng/intake/jieneng/3', say(''));
    expect(roll.list()).toEqual([]);
  });
});
