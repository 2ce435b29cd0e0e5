import type { Reading } from '../../domain/reading.ts';
import type { Rollup, RollupLevel } from '../port.ts';

/**
 * Line protocol of what we store. The only tag is the meter's number: an id may be changed, and a point
 * with another tag would be another point. Every field is a float, because InfluxDB fixes a field's type
 * at its first write; whole numbers up to 2⁵³ are exact as floats.
 */
export const READINGS = 'readings';
export const ROLLUPS = { hour: 'hours', day: 'days', month: 'months' } as const satisfies Record<
  RollupLevel,
  string
>;
export type Measurement = typeof READINGS | (typeof ROLLUPS)[RollupLevel];

/** Our layout, noted in the database; also what every sound server takes. */
export const LAYOUT = 1;
export const NOTE = `jieneng layout=${LAYOUT} 0`;

/** `covered` of a rollup that is no more: 3.x cannot delete, so it is overwritten and readers pass over it. */
export const GONE = -1;

export function readingLine(r: Reading): string {
  return `${READINGS},meter=${r.meter} value=${exact(r.value)},flags=${exact(r.flags)} ${r.time}`;
}

export function rollupLine(level: RollupLevel, r: Rollup): string {
  const fields = `measured=${whole(r.measured)},recovered=${whole(r.recovered)},estimated=${whole(r.estimated)}`;
  return `${ROLLUPS[level]},meter=${r.meter} ${fields},covered=${whole(r.coveredMs)} ${r.start}`;
}

export function goneLine(level: RollupLevel, meter: number, start: number): string {
  return rollupLine(level, { meter, start, measured: 0, recovered: 0, estimated: 0, coveredMs: GONE });
}

/**
 * The shortest decimal that reads back as the same double. Below 1e-6 and from 1e21 on it has an exponent,
 * which the line protocol of every generation allows.
 */
function exact(n: number): string {
  if (!Number.isFinite(n)) throw new RangeError(`${n} cannot be stored`);
  return Object.is(n, -0) ? '-0' : String(n);
}

/** A number of micro or ms; −0 is 0 there. */
function whole(n: number): string {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number`);
  return String(n);
}
