import type { Reading } from '../domain/reading.ts';
import { type Columns, damaged, unpack } from './pack.ts';

/** Bytes of one reading by columns: time, value, meter, flags. */
const READING_BYTES = 8 + 8 + 4 + 1;

/**
 * Readings column by column, as one group commit hands them over: one row, since a row per reading would cost
 * SQLite a B-tree insert each, and the fsync is paid per commit anyway. While a group waits for its commit
 * its readings lie here and not in objects, which would outlive the collector's nursery.
 */
export class Batch {
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  #meters = new Uint32Array(64);
  #flags = new Uint8Array(64);
  length = 0;

  push(readings: readonly Reading[]): void {
    const needed = this.length + readings.length;
    if (needed > this.#times.length) this.#grow(Math.max(needed, this.#times.length * 2));
    for (const r of readings) {
      const i = this.length++;
      this.#times[i] = r.time;
      this.#values[i] = r.value;
      this.#meters[i] = r.meter;
      this.#flags[i] = r.flags;
    }
  }

  encode(): Uint8Array {
    const n = this.length;
    const buffer = new ArrayBuffer(n * READING_BYTES);
    new Float64Array(buffer, 0, n).set(this.#times.subarray(0, n));
    new Float64Array(buffer, n * 8, n).set(this.#values.subarray(0, n));
    new Uint32Array(buffer, n * 16, n).set(this.#meters.subarray(0, n));
    new Uint8Array(buffer, n * 20, n).set(this.#flags.subarray(0, n));
    return new Uint8Array(buffer);
  }

  #grow(capacity: number): void {
    const larger = <T extends Float64Array | Uint32Array | Uint8Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.#times = larger(new Float64Array(capacity), this.#times);
    this.#values = larger(new Float64Array(capacity), this.#values);
    this.#meters = larger(new Uint32Array(capacity), this.#meters);
    this.#flags = larger(new Uint8Array(capacity), this.#flags);
  }
}

export function encodeBatch(readings: readonly Reading[]): Uint8Array {
  const batch = new Batch();
  batch.push(readings);
  return batch.encode();
}

/** The columns in what `encode` made. @throws when it is not a whole number of readings */
export function columnsOf(blob: Uint8Array): Columns {
  const n = blob.byteLength / READING_BYTES;
  if (!Number.isInteger(n)) throw new Error(`journal batch of ${blob.byteLength} bytes is damaged`);
  // SQLite's blob may start anywhere; typed arrays need their alignment.
  const buffer = blob.byteOffset % 8 === 0 ? blob.buffer : blob.slice().buffer;
  const base = blob.byteOffset % 8 === 0 ? blob.byteOffset : 0;
  return {
    length: n,
    times: new Float64Array(buffer, base, n),
    values: new Float64Array(buffer, base + n * 8, n),
    meters: new Uint32Array(buffer, base + n * 16, n),
    flags: new Uint8Array(buffer, base + n * 20, n),
  };
}

/** Whether a row's readings are packed or stand by columns, as those of earlier layouts do. */
export const BY_COLUMNS = 0;
export const PACKED = 1;

/** @throws when the blob is not `n` readings in that form */
export function decodeBatch(blob: Uint8Array, n: number, form: number): Reading[] {
  if (form === PACKED) return unpack(blob, n);
  const { length, times, values, meters, flags } = columnsOf(blob);
  if (length !== n) throw new Error(damaged(blob, n));
  const out: Reading[] = new Array(length);
  for (let i = 0; i < length; i++) {
    out[i] = {
      meter: meters[i] as number,
      time: times[i] as number,
      value: values[i] as number,
      flags: flags[i] as number,
    };
  }
  return out;
}
