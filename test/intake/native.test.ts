import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../server/intake/decode.ts';
import { nativeReading } from '../../server/intake/native.ts';
import { contextOf, NOW } from './support.ts';

/** What JSON says of the bytes; undefined when it refuses them. */
function said(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

const plain = fc.stringMatching(/^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?$/);
const digits = fc.stringMatching(/^-?[0-9]{1,17}(\.[0-9]{0,17})?([eE][+-]?[0-9]{1,3})?$/);
const spaces = fc.constantFrom('', '', '', '', '', '', ' ', ' ', '  ', '\t');
const scalar = fc.oneof(
  { arbitrary: plain, weight: 12 },
  digits,
  fc.double().map(String),
  fc.integer({ min: NOW - 10 ** 10, max: NOW + 10 ** 7 }).map(String),
  fc.date({ noInvalidDate: true }).map((d) => JSON.stringify(d)),
  fc.string().map((s) => JSON.stringify(s)),
  fc.constantFrom('null', 'true', '[]', '{}', '"2026-11-21T11:45:00"', '-0', '01', '1.', '.5', '+1', ''),
);
const near = fc
  .tuple(
    spaces,
    fc.constantFrom('time', 'time', 'time', 'Time'),
    spaces,
    scalar,
    spaces,
    scalar,
    spaces,
    spaces,
  )
  .map(([a, key, b, time, c, value, d, e]) => `{${a}"${key}":${b}${time}${c},${d}"value":${value}${e}}`);

/** Payloads of the form, nearly of the form, and any bytes at all. */
const payloads = fc.oneof(
  near.map((text) => Buffer.from(text)),
  fc.tuple(near, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([text, at, byte]) => {
    const bytes = Buffer.from(text);
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc.tuple(near, fc.nat(80)).map(([text, to]) => Buffer.from(text).subarray(0, to)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

describe('the plain form read from its bytes', () => {
  it.each([
    ['{"time":1763696700000,"value":812960.5}', { time: 1763696700000, value: 812960.5 }],
    ['{"time": 1763696700, "value": -0.25}', { time: 1763696700, value: -0.25 }],
    ['{"time":"2026-11-21T11:45:00+08:00","value":7}', { time: '2026-11-21T11:45:00+08:00', value: 7 }],
    ['{"time":0,"value":123456789012.345}', { time: 0, value: 123456789012.345 }],
  ])('takes %s', (text, reading) => {
    expect(nativeReading(Buffer.from(text))).toEqual(reading);
    expect(JSON.parse(text)).toEqual(reading);
  });

  it.each([
    '{"value":1,"time":1}',
    '{"time":1,"value":1,"unit":"kWh"}',
    '{"time":1,"value":1e3}',
    '{"time":1,"value":1234567890123.4567}',
    '{"time":1,"value":01}',
    '{"time":1,"value":"1"}',
    '{"time":"2026\\u002d11","value":1}',
    '{"time":1,"value":1} ',
    '{"time":1,"value":1',
    '[{"time":1,"value":1}]',
  ])('leaves %s to JSON', (text) => {
    expect(nativeReading(Buffer.from(text))).toBeNull();
  });

  it('says of any bytes what JSON says, or nothing', () => {
    let taken = 0;
    fc.assert(
      fc.property(payloads, (payload) => {
        const reading = nativeReading(payload);
        if (reading === null) return;
        taken++;
        expect(said(payload)).toEqual(reading);
        expect(Object.is((said(payload) as { value: number }).value, reading.value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    // Or the property would hold of nothing.
    expect(taken).toBeGreaterThan(500);
  });

  it('makes the same of a packet on a topic that is known as on one that is seen for the first time', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const context = contextOf([{ id: 'gov-main' }, { id: 'young', from: NOW - 3_600_000 }]);
        for (const id of ['gov-main', 'young']) {
          const packet = { topic: `meters/${id}/readings`, payload };
          const seen = decode(packet, NOW, context);
          // A reading on the topic is taken in between, so the next packet finds it known.
          decode({ ...packet, payload: Buffer.from(`{"time":${NOW},"value":1}`) }, NOW, context);
          expect(decode(packet, NOW, context)).toEqual(seen);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
