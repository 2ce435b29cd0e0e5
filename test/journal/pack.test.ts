import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import { columnsOf, encodeBatch } from '../../server/journal/batch.ts';
import { pack, unpack } from '../../server/journal/pack.ts';

const packed = (readings: readonly Reading[]): Uint8Array | null => pack(columnsOf(encodeBatch(readings)));

const anyReading = fc.record({
  meter: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 100 })),
  time: fc.oneof(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.integer({ min: 0, max: 4e12 })),
  value: fc.oneof(
    fc.double(),
    fc.integer({ min: -1e12, max: 1e12 }).map((n) => n / 1000),
    fc.constantFrom(0, -0, 0.1, 1e-7, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), Number.MAX_VALUE, 5e-324),
  ),
  flags: fc.integer({ min: 0, max: 255 }),
});

test('what was packed comes back bit for bit, whatever was read', () => {
  fc.assert(
    fc.property(fc.array(anyReading, { maxLength: 60 }), (readings) => {
      const bytes = packed(readings);
      expect(bytes).not.toBeNull();
      // `toEqual` tells 0 from -0 and knows NaN.
      expect(unpack(bytes as Uint8Array, readings.length)).toEqual(readings);
    }),
  );
});

test('a quarter-hour of many meters takes a fraction of its columns', () => {
  const quarter = Date.UTC(2026, 10, 22);
  const readings = Array.from({ length: 300 }, (_, i) => ({
    meter: 1 + i * 3,
    time: quarter,
    value: Math.round((1000.01 + i * 0.37) * 100) / 100,
    flags: 0,
  }));
  // What it is, three meters further, and 100,001 to 111,064 hundredths; the first has its time before it.
  expect(packed(readings)?.byteLength).toBe(6 + 300 * (1 + 1 + 3));
});

test('times that are further apart than a number holds are left by columns', () => {
  const at = (time: number): Reading => ({ meter: 1, time, value: 1, flags: 0 });
  expect(packed([at(Number.MIN_SAFE_INTEGER), at(Number.MAX_SAFE_INTEGER)])).toBeNull();
  expect(packed([at(0.5)])).toBeNull();
  expect(packed([at(Number.NaN)])).toBeNull();
});

test('bytes that are cut off, too many, or none of ours are damaged', () => {
  const bytes = packed([
    { meter: 7, time: 1000, value: 0.5, flags: 3 },
    { meter: 9, time: 2000, value: Math.PI, flags: 3 },
  ]) as Uint8Array;
  for (let cut = 0; cut < bytes.length; cut++) {
    expect(() => unpack(bytes.subarray(0, cut), 2), `${cut} of ${bytes.length} bytes`).toThrow('damaged');
  }
  expect(() => unpack(bytes, 1)).toThrow(
    `journal batch of ${bytes.length} bytes is not 1 readings: it is damaged`,
  );
  expect(() => unpack(bytes, 3)).toThrow('damaged');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (garbage, count) => {
      try {
        expect(unpack(garbage, count)).toHaveLength(count);
      } catch (error) {
        expect(String(error)).toContain('damaged');
      }
    }),
  );
});
