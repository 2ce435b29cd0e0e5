import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ExchangeError,
  type ExchangeInput,
  withCeiling,
  withExchange,
  withoutExchange,
} from '../../server/domain/exchange.ts';
import { epochAt, type Meter } from '../../server/domain/meter.ts';
import { meter } from '../support/estate.ts';

const BY = { recordedBy: '王工', recordedAt: 99 };
/** In force from 1,000 on, exchanged at 5,000. */
const METER = withExchange(
  meter({ epoch: { from: 1000, initial: 3, multiplier: 40, rolloverAt: 10_000, maxRate: 500 } }),
  { at: 5000, final: 812, initial: 20, multiplier: 60, note: 'CT 300/5', ...BY },
);

/** The field at fault and the sentence. */
function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ExchangeError) return `${error.path}: ${error.message}`;
    throw error;
  }
  throw new Error('it was accepted');
}

test('an exchange ends one epoch and begins the next, which inherits what it does not say', () => {
  const found = withExchange(METER, { at: 3000, final: 100, initial: 7, ...BY });
  expect(found.epochs).toEqual([
    {
      ...{ from: 1000, to: 3000, initial: 3, final: 100, multiplier: 40, rolloverAt: 10_000, maxRate: 500 },
      ...{ continues: false, note: null, recordedBy: null, recordedAt: null },
    },
    {
      ...{ from: 3000, to: 5000, initial: 7, final: 812, multiplier: 40, rolloverAt: 10_000, maxRate: 500 },
      ...{ continues: false, note: null, recordedBy: '王工', recordedAt: 99 },
    },
    {
      ...{ from: 5000, to: null, initial: 20, final: null, multiplier: 60, rolloverAt: 10_000, maxRate: 500 },
      ...{ continues: false, note: 'CT 300/5', recordedBy: '王工', recordedAt: 99 },
    },
  ]);
  // What was given is left as it was.
  expect(METER.epochs).toHaveLength(2);
});

test('null says that it is not known of the new device', () => {
  const found = withExchange(METER, { at: 3000, rolloverAt: null, maxRate: null, ...BY });
  expect(found.epochs.map((e) => [e.rolloverAt, e.maxRate])).toEqual([
    [10_000, 500],
    [null, null],
    [10_000, 500],
  ]);
});

test('a register that goes on shows one value at the exchange, whichever side wrote it down', () => {
  for (const registers of [{ final: 40 }, { initial: 40 }, { final: 40, initial: 40 }]) {
    const { epochs } = withExchange(METER, {
      at: 3000,
      continues: true,
      multiplier: 80,
      ...registers,
      ...BY,
    });
    expect([epochs[0]?.final, epochs[1]?.initial, epochs[1]?.continues]).toEqual([40, 40, true]);
  }
  const { epochs } = withExchange(METER, { at: 3000, continues: true, ...BY });
  expect([epochs[0]?.final, epochs[1]?.initial]).toEqual([null, null]);
});

const REFUSED: [what: string, input: Partial<ExchangeInput>, said: string][] = [
  ['where one is already', { at: 5000 }, 'at: has an exchange already'],
  ['where the meter begins', { at: 1000 }, 'at: is where the meter begins'],
  ['before the meter', { at: 999 }, 'at: is before the meter was there'],
  ['at no instant', { at: Number.NaN }, 'at: is not a time'],
  ['in a fraction of a millisecond', { at: 3000.5 }, 'at: is not a time'],
  [
    'with a last register that the old device cannot show',
    { final: 10_000 },
    'final: 10000 is never shown by a register that returns to 0 at 10000',
  ],
  [
    'with a first register that the new device cannot show',
    { initial: 100, rolloverAt: 100 },
    'initial: 100 is never shown by a register that returns to 0 at 100',
  ],
  [
    'with a width that the next exchange exceeds',
    { rolloverAt: 800 },
    'rollover_at: the next exchange has 812 as the final register',
  ],
  ['with a negative register', { final: -1 }, 'final: must not be negative'],
  ['with a register that is no number', { initial: Number.NaN }, 'initial: must not be negative'],
  ['with no multiplier', { multiplier: 0 }, 'multiplier: must be greater than 0'],
  ['with a ceiling of 0', { maxRate: 0 }, 'max_rate: must be greater than 0'],
  ['with two lines of note', { note: 'a\nb' }, 'note: must not contain control characters'],
  [
    'that goes on elsewhere',
    { continues: true, final: 5, initial: 6 },
    'initial: must be the same as final, or left out: the register goes on',
  ],
];

test.each(REFUSED)('an exchange is refused %s', (_, input, said) => {
  expect(refused(() => withExchange(METER, { at: 3000, ...BY, ...input }))).toBe(said);
});

describe.each(['interval', 'power', 'gauge'] as const)('a %s meter', (register) => {
  const other = meter({ register });

  test('has no registers to write down', () => {
    for (const key of ['final', 'initial'] as const) {
      expect(refused(() => withExchange(other, { at: 3000, [key]: 1, ...BY }))).toBe(
        `${key}: only a cumulative register has one, this one is ${register}`,
      );
    }
  });

  test('is exchanged all the same', () => {
    expect(withExchange(other, { at: 3000, multiplier: 2, ...BY }).epochs.map((e) => e.multiplier)).toEqual([
      1, 2,
    ]);
  });
});

test('without its exchange the device before goes on to where the next one begins', () => {
  const three = withExchange(METER, { at: 3000, final: 100, initial: 7, multiplier: 80, ...BY });
  const back = withoutExchange(three, 3000);
  expect(back).toEqual(METER);
  const alone = withoutExchange(back, 5000);
  expect(alone.epochs).toEqual([{ ...METER.epochs[0], to: null, final: null }]);
  for (const at of [1000, 3000, 6000]) {
    expect(refused(() => withoutExchange(METER, at))).toBe('at: has no exchange');
  }
});

test('an exchange stays where the register before it could not have shown what comes after', () => {
  const wider = withExchange(meter({ epoch: { rolloverAt: 100 } }), { at: 1, rolloverAt: 1000, ...BY });
  const again = withExchange(wider, { at: 2, final: 500, ...BY });
  expect(refused(() => withoutExchange(again, 1))).toBe(
    'at: 500 is never shown by a register that returns to 0 at 100',
  );
});

test('a ceiling holds in the epoch that it is given for', () => {
  expect(withCeiling(METER, 5000, 70).epochs.map((e) => e.maxRate)).toEqual([500, 70]);
  expect(withCeiling(METER, 1000, null).epochs.map((e) => e.maxRate)).toEqual([null, 500]);
  expect(withCeiling(meter(), null, 9).epochs.map((e) => e.maxRate)).toEqual([9]);
  expect(refused(() => withCeiling(METER, null, 9))).toBe('from: is not where an epoch begins');
  expect(refused(() => withCeiling(METER, 5000, -1))).toBe('max_rate: must be greater than 0');
});

test('a volatile counter keeps a ceiling', () => {
  const pulses = meter({ volatile: true, epoch: { maxRate: 10 } });
  const said = 'max_rate: a volatile counter needs one: it alone tells a restart from an error';
  expect(refused(() => withCeiling(pulses, null, null))).toBe(said);
  expect(refused(() => withExchange(pulses, { at: 1, maxRate: null, ...BY }))).toBe(said);
  expect(withExchange(pulses, { at: 1, maxRate: 20, ...BY }).epochs.map((e) => e.maxRate)).toEqual([10, 20]);
});

test('exchanges written down in any order part time without gap or overlap, and can all be taken back', () => {
  const bare = meter({ epoch: { multiplier: 40 } });
  const times = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { maxLength: 8 });
  fc.assert(
    fc.property(times, fc.integer({ min: -60, max: 60 }), (ats, instant) => {
      const put = (m: Meter, at: number) => withExchange(m, { at, final: 1, initial: 2, ...BY });
      const full = ats.reduce(put, bare);
      expect(full.epochs.map((e) => e.from)).toEqual([null, ...ats.toSorted((a, b) => a - b)]);
      expect(full.epochs.filter((e) => (e.from ?? instant) <= instant && instant < (e.to ?? 99))).toEqual([
        epochAt(full, instant),
      ]);
      expect(ats.toReversed().reduce(withoutExchange, full)).toEqual(bare);
    }),
  );
});
