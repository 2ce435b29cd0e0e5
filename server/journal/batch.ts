import type { Reading } from '../domain/reading.ts';

/** Bytes of one reading in a journal batch: time, value, meter, flags. */
export const READING_BYTES = 8 + 8 + 4 + 1;

/**
 * Packs readings column by column, so that one group commit is one row: a row per reading would cost
 * SQLite a B-tree insert each, and the fsync is paid per commit anyway.
 */
export function encodeBatch(readings: readonly Reading[]): Uint8Array {
  const n = readings.length;
  const buffer = new ArrayBuffer(n * READING_BYTES);
  const times = new Float64Array(buffer, 0, n);
  const values = new Float64Array(buffer, n * 8, n);
  const meters = new Uint32Array(buffer, n * 16, n);
  const flags = new Uint8Array(buffer, n * 20, n);
  for (let i = 0; i < n; i++) {
    const r = readings[i] as Reading;
    times[i] = r.time;
    values[i] = r.value;
    meters[i] = r.meter;
    flags[i] = r.flags;
  }
  return new Uint8Array(buffer);
}

/** @throws when the blob is not a whole number of readings */
export function decodeBatch(blob: Uint8Array): Reading[] {
  const n = blob.byteLength / READING_BYTES;
  if (!Number.isInteger(n)) throw new Error(`journal batch of ${blob.byteLength} bytes is damaged`);
  // SQLite's blob may start anywhere; typed arrays need their alignment.
  const buffer = blob.byteOffset % 8 === 0 ? blob.buffer : blob.slice().buffer;
  const base = blob.byteOffset % 8 === 0 ? blob.byteOffset : 0;
  const times = new Float64Array(buffer, base, n);
  const values = new Float64Array(buffer, base + n * 8, n);
  const meters = new Uint32Array(buffer, base + n * 16, n);
  const flags = new Uint8Array(buffer, base + n * 20, n);
  const out: Reading[] = new Array(n);
  for (let i = 0; i < n; i++) {
    out[i] = {
      meter: meters[i] as number,
      time: times[i] as number,
      value: values[i] as number,
      flags: flags[i] as number,
    };
  }
  return out;
}
