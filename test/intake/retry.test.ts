import { describe, expect, it } from 'vitest';
import { FLAG, type Reject } from '../../server/domain/reading.ts';
import { type CheckContext, Fault, readingFrom, rejectReading } from '../../server/intake/checks.ts';
import { decode } from '../../server/intake/decode.ts';
import { retry } from '../../server/intake/retry.ts';
import { contextOf, json, NOW } from './support.ts';

const empty = contextOf([]);
const only = (list: readonly Reject[]): Reject => {
  expect(list).toHaveLength(1);
  return list[0] as Reject;
};

describe('retry', () => {
  it('takes a reading whose meter has come into the estate, at the time of its first arrival', () => {
    const reject = only(
      decode({ topic: 'meters/gov/readings', payload: json({ value: '5' }) }, NOW - 500, empty).rejects,
    );
    const later = { ...contextOf([{ id: 'gov' }]), now: NOW + 3_600_000 };
    expect(retry(reject, later).readings).toEqual([
      { meter: 1, time: NOW - 500, value: 5, flags: FLAG.arrivalTime },
    ]);
  });

  it('converts the unit of a profile when the meter is known at last', () => {
    const packet = { topic: 'shellies/em/emeter/0/total', payload: Buffer.from('3003.4') };
    const reject = only(decode(packet, NOW, empty).rejects);
    expect(reject).toMatchObject({ kind: 'reading', reason: 'unknown_meter', meter: 'em/0' });
    const mended = contextOf([{ id: 'lights', address: 'em/0' }]);
    expect(retry(reject, mended).readings.map((r) => r.value)).toEqual([3.0034]);
  });

  it('does not take an address for an id', () => {
    const reject = only(
      decode({ topic: 'meters/em/readings', payload: json({ value: 1, time: NOW }) }, NOW, empty).rejects,
    );
    const out = retry(reject, contextOf([{ id: 'other', address: 'em' }]));
    expect(only(out.rejects).reason).toBe('unknown_meter');
  });

  it('takes a packet for which there is a profile now', () => {
    const reject = only(decode({ topic: 'acme/7', payload: json({ e: 12 }) }, NOW, empty).rejects);
    expect(reject).toMatchObject({ kind: 'packet', reason: 'no_profile' });
    const profile = {
      id: 'acme',
      name: 'ACME',
      topic: 'acme/+no',
      format: 'json',
      readings: [{ address: 'acme-{topic.no}', value: 'e', unit: 'kWh' }],
    };
    expect(retry(reject, contextOf([{ id: 'acme-7' }], [profile])).readings.map((r) => r.value)).toEqual([
      12,
    ]);
  });

  it('takes a time that was ahead once the clock has passed it', () => {
    const body = json({ time: NOW + 3_600_000, value: 1 });
    const reject = only(
      decode({ topic: 'meters/gov/readings', payload: body }, NOW, contextOf([{ id: 'gov' }])).rejects,
    );
    const context = contextOf([{ id: 'gov' }]);
    expect(only(retry(reject, context).rejects).reason).toBe('time_ahead');
    expect(retry(reject, { ...context, now: NOW + 3_000_001 }).readings).toHaveLength(1);
  });

  it('leaves a packet of which only the beginning was kept', () => {
    const packet = {
      topic: 'meters/gov/readings',
      payload: json({ time: NOW, value: 1 }),
      oversizeBytes: 300_000,
    };
    const reject = only(decode(packet, NOW, empty).rejects);
    expect(retry(reject, contextOf([{ id: 'gov' }]))).toMatchObject({ readings: [], rejects: [reject] });
  });

  it('keeps that a reading came from a file', () => {
    const context: CheckContext = empty;
    const held = { meter: 'gov', time: '2026-11-01T00:00:00', value: '5', flags: FLAG.imported };
    const fault = readingFrom(held.meter, held.time, held.value, NOW, context, held.flags);
    expect(fault).toBeInstanceOf(Fault);
    const reject = rejectReading(fault as Fault, held, 'line 7', 'book.csv:7', NOW, context);
    expect(reject.detail).toBe('line 7.meter: "gov" is not in the estate');
    expect(retry(reject, contextOf([{ id: 'gov' }])).readings).toEqual([
      { meter: 1, time: Date.UTC(2026, 9, 31, 16), value: 5, flags: FLAG.imported },
    ]);
  });

  it('survives a payload that is none of ours', () => {
    const reject = only(
      decode({ topic: 'meters/gov/readings', payload: json({ value: 1 }) }, NOW, empty).rejects,
    );
    for (const payload of ['', '[]', '{"meter":5}', '{"meter":"gov","unit":5,"byAddress":true,"value":1}']) {
      const out = retry({ ...reject, payload: Buffer.from(payload) }, contextOf([{ id: 'x' }]));
      expect(out.rejects).toHaveLength(1);
    }
  });
});
