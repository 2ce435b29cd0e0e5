import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG, PACKET_LIMIT_BYTES } from '../../server/domain/reading.ts';
import { readingFrom } from '../../server/intake/checks.ts';
import { decode } from '../../server/intake/decode.ts';
import { ELEMENT_LIMIT } from '../../server/intake/packet.ts';
import { contextOf, json, NOW } from './support.ts';

const MINUTE = 60_000;
const context = contextOf([
  { id: 'gov-main' },
  { id: 'gov-power', register: 'power', unit: 'kW' },
  { id: 'outdoor', register: 'gauge', unit: '°C', carrier: 'outdoor_temperature' },
  { id: 'young', from: NOW - 60 * MINUTE },
  { id: 'step', register: 'interval' },
]);
const NO = { main: 1, power: 2, outdoor: 3, young: 4, step: 5 };
const send = (topic: string, body: unknown, at = NOW) =>
  decode({ topic, payload: Buffer.isBuffer(body) ? body : json(body) }, at, context);

describe('meters/{meter}/readings', () => {
  it('takes one reading', () => {
    const out = send('meters/gov-main/readings', { time: '2026-11-21T11:45:00+08:00', value: 812960.5 });
    expect(out.rejects).toEqual([]);
    expect(out.readings).toEqual([
      { meter: NO.main, time: Date.UTC(2026, 10, 21, 3, 45), value: 812960.5, flags: 0 },
    ]);
  });

  it.each([
    ['ISO with offset', '2026-11-21T11:45:00+08:00'],
    ['ISO in the estate’s time zone', '2026-11-21T11:45:00'],
    ['ISO in UTC', '2026-11-21T03:45:00Z'],
    ['digits', '20261121114500'],
    ['epoch seconds', Date.UTC(2026, 10, 21, 3, 45) / 1000],
    ['epoch milliseconds', Date.UTC(2026, 10, 21, 3, 45)],
    ['epoch milliseconds as text', String(Date.UTC(2026, 10, 21, 3, 45))],
  ])('takes a time as %s', (_name, time) => {
    expect(send('meters/gov-main/readings', { time, value: 1 }).readings[0]?.time).toBe(
      Date.UTC(2026, 10, 21, 3, 45),
    );
  });

  it('takes an array and keeps the good neighbours of a bad element', () => {
    const out = send('meters/gov-main/readings', [
      { time: NOW / 1000 - 60, value: 1 },
      { time: NOW / 1000 - 30, value: 'x' },
      7,
      { time: NOW / 1000, value: '2.5' },
    ]);
    expect(out.readings.map((r) => r.value)).toEqual([1, 2.5]);
    expect(out.rejects.map((r) => [r.reason, r.kind, r.detail])).toEqual([
      ['value_invalid', 'reading', '[1].value: "x" is not a finite number'],
      ['broken_payload', 'reading', '[2]: expected an object with a time and a value, got 7'],
    ]);
    expect(JSON.parse(String(out.rejects[0]?.payload))).toEqual({
      meter: 'gov-main',
      time: NOW / 1000 - 30,
      value: 'x',
    });
  });

  it('gives a reading without time that of its arrival and says so', () => {
    expect(send('meters/gov-main/readings', { value: 5 }, NOW - 1234).readings).toEqual([
      { meter: NO.main, time: NOW - 1234, value: 5, flags: FLAG.arrivalTime },
    ]);
  });

  it.each([
    [0, 0],
    [-0, 0],
    ['12.5', 12.5],
    ['  007970.903 ', 7970.903],
    ['1e3', 1000],
    ['+4', 4],
  ])('takes the value %j', (value, expected) => {
    expect(send('meters/gov-main/readings', { time: NOW, value }).readings[0]?.value).toBe(expected);
  });

  it.each(['1,234', '', '  ', 'NaN', 'Infinity', '0x10', '12 kWh', null, true, [], [5], {}, undefined])(
    'refuses the value %j',
    (value) => {
      const out = send('meters/gov-main/readings', { time: NOW, value });
      expect(out.readings).toEqual([]);
      expect(out.rejects.map((r) => r.reason)).toEqual(['value_invalid']);
      expect(out.rejects[0]?.detail).toMatch(/^value: /);
    },
  );

  it('refuses NaN as it stands in no JSON, and a number too large for one', () => {
    const nan = send('meters/gov-main/readings', Buffer.from('{"time":1700000000,"value":NaN}'));
    expect(nan.rejects.map((r) => [r.reason, r.kind])).toEqual([['broken_payload', 'packet']]);
    const huge = send('meters/gov-main/readings', Buffer.from('{"time":1700000000,"value":1e999}'));
    expect(huge.rejects.map((r) => r.reason)).toEqual(['value_invalid']);
  });

  it('lets power and temperature be negative, registers and intervals not', () => {
    const of = (id: string) => send(`meters/${id}/readings`, { time: NOW, value: -4.5 });
    expect(of('gov-power').readings[0]?.value).toBe(-4.5);
    expect(of('outdoor').readings[0]?.value).toBe(-4.5);
    expect(of('gov-main').rejects[0]?.reason).toBe('value_negative');
    expect(of('step').rejects[0]?.reason).toBe('value_negative');
  });

  it('refuses a time more than 10 minutes ahead, not one of 10 minutes', () => {
    const at = (time: number) => send('meters/gov-main/readings', { time, value: 1 });
    expect(at(NOW + 10 * MINUTE).readings).toHaveLength(1);
    expect(at(NOW + 10 * MINUTE + 1000).rejects[0]).toMatchObject({
      reason: 'time_ahead',
      meter: 'gov-main',
      time: NOW + 10 * MINUTE + 1000,
      value: 1,
      receivedAt: NOW,
    });
  });

  it('refuses the time of a clock that was never set, but not of what a person imports', () => {
    const times = ['1970-01-01T00:05:00+08:00', 300, '20000101000500', '2000-12-31T23:59:59Z'];
    const { readings, rejects } = send(
      'meters/gov-main/readings',
      times.map((time) => ({ time, value: 1 })),
    );
    expect(readings).toEqual([]);
    expect(rejects.map((r) => r.reason)).toEqual(times.map(() => 'time_invalid'));
    expect(rejects[1]?.detail).toBe('[1].time: 300 was sent by a device whose clock is not set');
    const set = { time: '2001-01-01T00:00:00Z', value: 1 };
    expect(send('meters/gov-main/readings', set).readings).toHaveLength(1);
    expect(readingFrom('gov-main', times[2], 1, NOW, context, FLAG.imported)).toMatchObject({ value: 1 });
  });

  it('refuses a time before the first epoch', () => {
    const at = (time: number) => send('meters/young/readings', { time, value: 1 });
    expect(at(NOW - 60 * MINUTE).readings).toHaveLength(1);
    expect(at(NOW - 61 * MINUTE).rejects[0]?.reason).toBe('before_epoch');
  });

  it.each(['yesterday', '2026-02-30T00:00:00', '', -5, 0, {}, true])('refuses the time %j', (time) => {
    expect(send('meters/gov-main/readings', { time, value: 1 }).rejects[0]?.reason).toBe('time_invalid');
  });

  it('quarantines every reading of a meter that nobody knows', () => {
    const out = send('meters/nobody/readings', [
      { time: NOW, value: 1 },
      { time: NOW, value: 2 },
    ]);
    expect(out.rejects.map((r) => [r.reason, r.meter, r.value])).toEqual([
      ['unknown_meter', 'nobody', 1],
      ['unknown_meter', 'nobody', 2],
    ]);
    expect(send('meters/constructor/readings', { value: 1 }).rejects[0]?.reason).toBe('unknown_meter');
  });

  it('is not misled by keys of the prototype or keys that stand twice', () => {
    const out = send('meters/gov-main/readings', Buffer.from('{"__proto__":{"value":9},"time":1700000000}'));
    expect(out.rejects[0]?.reason).toBe('value_invalid');
    const twice = send(
      'meters/gov-main/readings',
      Buffer.from('{"value":1,"constructor":0,"value":2,"time":1700000000}'),
    );
    expect(twice.readings[0]?.value).toBe(2);
  });

  it('ignores a byte order mark and an empty array', () => {
    expect(
      send('meters/gov-main/readings', Buffer.from('\uFEFF{"time":1700000000,"value":3}')).readings,
    ).toHaveLength(1);
    expect(send('meters/gov-main/readings', [])).toEqual({
      readings: [],
      rejects: [],
      ignored: true,
      reply: null,
    });
  });

  it('does not let a kept message without a time stand for now', () => {
    const kept = (body: unknown) =>
      decode({ topic: 'meters/gov-main/readings', payload: json(body), retained: true }, NOW, context);
    expect(kept({ value: 5 }).ignored).toBe(true);
    expect(kept({ value: 5, time: NOW }).readings).toHaveLength(1);
  });
});

describe('gateways/{gateway}/readings', () => {
  it('takes the readings of many meters and names the index of what is wrong', () => {
    const out = send('gateways/gw-1/readings', {
      readings: [
        { meter: 'gov-main', time: NOW, value: 1 },
        { meter: 'nobody', time: NOW, value: 2 },
        { time: NOW, value: 3 },
        { meter: 'outdoor', time: 'noon', value: 4 },
        null,
        { meter: 'step', time: NOW, value: '6' },
      ],
    });
    expect(out.readings.map((r) => [r.meter, r.value])).toEqual([
      [NO.main, 1],
      [NO.step, 6],
    ]);
    expect(out.rejects.map((r) => r.detail)).toEqual([
      'readings[1].meter: "nobody" is not in the estate',
      'readings[2].meter: missing',
      'readings[3].time: "noon" is not a time',
      'readings[4]: expected an object with a time and a value, got null',
    ]);
  });

  it.each([[{}], [{ readings: {} }], [[1, 2]], ['text'], [5]])('refuses %j as a whole', (body) => {
    const out = send('gateways/gw-1/readings', body);
    expect(out.rejects.map((r) => [r.reason, r.kind])).toEqual([['broken_payload', 'packet']]);
    expect(out.rejects[0]?.detail).toMatch(/^readings: expected an array/);
  });
});

describe('packets', () => {
  it('quarantines broken JSON whole', () => {
    const out = send('meters/gov-main/readings', Buffer.from('{"time":1700000000,"val'));
    expect(out.rejects).toHaveLength(1);
    expect(out.rejects[0]).toMatchObject({ reason: 'broken_payload', kind: 'packet', meter: null });
    expect(String(out.rejects[0]?.payload)).toBe('{"time":1700000000,"val');
  });

  it('takes 256 KiB and refuses one byte more, keeping its beginning', () => {
    const body = json({ time: NOW, value: 1 });
    const at = (size: number) =>
      send('meters/gov-main/readings', Buffer.concat([body, Buffer.alloc(size - body.length, ' ')]));
    expect(at(PACKET_LIMIT_BYTES).readings).toHaveLength(1);
    const over = at(PACKET_LIMIT_BYTES + 1);
    expect(over.rejects[0]).toMatchObject({ reason: 'packet_too_large', kind: 'packet' });
    expect(over.rejects[0]?.detail).toContain('262145 bytes');
    expect(over.rejects[0]?.payload).toHaveLength(1024);
  });

  it('says so when no profile fits the topic', () => {
    for (const topic of [
      'nobody/knows/this',
      'meters/readings',
      'meters//readings',
      'meters/a/b/readings',
      '',
    ]) {
      expect(send(topic, { value: 1 }).rejects[0]?.reason, topic).toBe('no_profile');
    }
  });

  it('does not take an array apart into more than 20,000 entries', () => {
    const out = send(
      'meters/gov-main/readings',
      Array.from({ length: ELEMENT_LIMIT + 1 }, () => 0),
    );
    expect(out.rejects.map((r) => r.kind)).toEqual(['packet']);
  });

  it('survives nesting too deep for JSON.stringify', () => {
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const out = send('meters/gov-main/readings', Buffer.from(`{"time":1700000000,"value":${deep}}`));
    expect(out.rejects.map((r) => r.reason)).toEqual(['value_invalid']);
    const gateway = send('gateways/g/readings', Buffer.from(`{"readings":[{"meter":${deep},"value":1}]}`));
    expect(gateway.rejects.map((r) => r.reason)).toEqual(['unknown_meter']);
  });
});

describe('for any packet', () => {
  const scalar = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
  const element = fc.oneof(
    scalar,
    fc.record(
      {
        meter: fc.oneof(fc.constantFrom('gov-main', 'outdoor', 'nobody', '__proto__'), scalar),
        time: fc.oneof(fc.constantFrom(NOW, NOW / 1000, '20261121114500'), scalar),
        value: fc.oneof(fc.constantFrom(1, '2', '-3'), scalar),
      },
      { requiredKeys: [] },
    ),
  );

  it('as many readings and rejects come out as elements went in', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 30 }), (list) => {
        // JSON knows no NaN: what arrives is what JSON makes of the list.
        const meters = send('meters/gov-main/readings', list);
        expect(meters.readings.length + meters.rejects.length).toBe(list.length);
        const gateway = send('gateways/g/readings', { readings: list });
        expect(gateway.readings.length + gateway.rejects.length).toBe(list.length);
        for (const r of [...meters.readings, ...gateway.readings]) {
          expect(Number.isFinite(r.value) && Number.isSafeInteger(r.time) && r.meter > 0).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, and one packet that cannot be read is one reject', () => {
    const topic = fc.oneof(
      fc.constantFrom(
        'meters/gov-main/readings',
        'gateways/g/readings',
        'zigbee2mqtt/plug1',
        'tele/x/SENSOR',
        'x/events/rpc',
        'device/a/up/b',
        'CET/N/upload',
        'spBv1.0/g/DDATA/n/d',
        'spBv1.0/g/DBIRTH/n/d',
        'any',
      ),
      fc.string(),
    );
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.string().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(topic, payload, (t, p) => {
        const out = decode({ topic: t, payload: p }, NOW, context);
        expect(out.ignored).toBe(out.readings.length + out.rejects.length === 0);
        for (const r of out.rejects) expect(r.detail.length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });
});
