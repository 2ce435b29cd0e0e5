import { DOUBLE, UINTEGER, UTINYINT } from '@duckdb/node-api';
import type { Reading } from '../../domain/reading.ts';
import { type Column, exact } from './append.ts';
import type { NumberAt } from './fetch.ts';

/** Columns of `readings` and of `newest`. */
export const READING: readonly Column<Reading>[] = [
  [UINTEGER, (r) => r.meter],
  [DOUBLE, (r) => exact(r.time)],
  [DOUBLE, (r) => r.value],
  [UTINYINT, (r) => r.flags],
];

/** A row of meter, time, value and flags. */
export function toReading(at: NumberAt): Reading {
  return { meter: at(0), time: at(1), value: at(2), flags: at(3) };
}
