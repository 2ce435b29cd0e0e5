import type { Reading } from '../domain/reading.ts';
import { ByteReader, ByteWriter } from '../domain/varint.ts';

/**
 * How a group's readings lie on disk. A commit writes whole pages, so what a reading costs there is how many of
 * them a group fills: by columns it takes 21 bytes, packed 5 to 8. Each reading begins with a byte that says how
 * the rest of it is written; meter and time stand as the distance from the reading before, a value as a whole
 * number of its decimal places where that is the same double, bit for bit.
 */
const DECIMALS = 0x07;
/** In place of the decimal places: the eight bytes of the double follow. */
const WHOLE_DOUBLE = 7;
const SAME_TIME = 0x08;
const EARLIER = 0x10;
const LOWER_METER = 0x20;
const NEGATIVE = 0x40;
const OTHER_FLAGS = 0x80;

const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;
/** Bytes that most readings stay below: first byte, meter, time, value. */
const TYPICAL = 1 + 2 + 3 + 4;

/** The columns of a group, as the journal's thread gets them. */
export interface Columns {
  length: number;
  times: Float64Array;
  values: Float64Array;
  meters: Uint32Array;
  flags: Uint8Array;
}

/** @returns the packed readings, or null where a time is no whole number of milliseconds that they can hold */
export function pack({ length, times, values, meters, flags }: Columns): Uint8Array | null {
  const out = new ByteWriter(64 + length * TYPICAL);
  let time = 0;
  let meter = 0;
  let flag = 0;
  let decimals = 0;
  for (let i = 0; i < length; i++) {
    const later = (times[i] as number) - time;
    const higher = (meters[i] as number) - meter;
    const value = values[i] as number;
    if (!Number.isSafeInteger(times[i]) || !Number.isSafeInteger(later)) return null;
    const places = decimalsOf(value, decimals);
    if (places !== null) decimals = places;
    out.byte(
      (places ?? WHOLE_DOUBLE) |
        (later === 0 ? SAME_TIME : later < 0 ? EARLIER : 0) |
        (higher < 0 ? LOWER_METER : 0) |
        (places !== null && value < 0 ? NEGATIVE : 0) |
        (flags[i] === flag ? 0 : OTHER_FLAGS),
    );
    out.whole(Math.abs(higher));
    if (later !== 0) out.whole(Math.abs(later));
    if (places === null) out.double(value);
    else out.whole(Math.round(Math.abs(value) * (POWERS[places] as number)));
    if (flags[i] !== flag) out.byte(flags[i] as number);
    time = times[i] as number;
    meter = meters[i] as number;
    flag = flags[i] as number;
  }
  return out.bytes();
}

/** How many decimal places tell the value exactly, `likely` tried first; null when up to six do not. */
function decimalsOf(value: number, likely: number): number | null {
  if (isExact(value, likely)) return likely;
  for (let places = 0; places < POWERS.length; places++) if (isExact(value, places)) return places;
  return null;
}

function isExact(value: number, places: number): boolean {
  const power = POWERS[places] as number;
  const whole = Math.round(Math.abs(value) * power);
  // A zero with a sign stays what it is; the quotient of two exact numbers is rounded once, here and when it is read.
  return Number.isSafeInteger(whole) && whole / power === Math.abs(value) && !Object.is(value, -0);
}

/** @throws when the bytes are not `count` packed readings */
export function unpack(bytes: Uint8Array, count: number): Reading[] {
  const from = new ByteReader(bytes);
  const out: Reading[] = new Array(count);
  try {
    let time = 0;
    let meter = 0;
    let flags = 0;
    for (let i = 0; i < count; i++) {
      const head = from.byte();
      const higher = from.whole();
      meter += head & LOWER_METER ? -higher : higher;
      if (!(head & SAME_TIME)) {
        const later = from.whole();
        time += head & EARLIER ? -later : later;
      }
      const places = head & DECIMALS;
      let value = places === WHOLE_DOUBLE ? from.double() : from.whole() / (POWERS[places] as number);
      if (head & NEGATIVE) value = -value;
      if (head & OTHER_FLAGS) flags = from.byte();
      out[i] = { meter, time, value, flags };
    }
  } catch {
    throw new Error(damaged(bytes, count));
  }
  if (!from.done) throw new Error(damaged(bytes, count));
  return out;
}

/** What is said of bytes that are not so many readings. */
export function damaged(bytes: Uint8Array, count: number): string {
  return `journal batch of ${bytes.byteLength} bytes is not ${count} readings: it is damaged`;
}
