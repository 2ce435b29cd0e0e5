import type { Reading } from '../../domain/reading.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { Measurement } from './lines.ts';

/** Meters named in one statement: bounds its length and what the server opens at once. */
export const METERS_AT_ONCE = 100;

// InfluxDB counts nanoseconds in 64 bits; these are the first and last whole milliseconds.
const FIRST_MS = -9_223_372_036_854;
const LAST_MS = 9_223_372_036_854;

export interface Span {
  /** epoch ms; −Infinity: since ever */
  from: number;
  /** First instant after it; Infinity: for ever */
  to: number;
}

export interface Select extends Span {
  measurement: Measurement;
  fields: readonly string[];
  meters: readonly number[];
  /** At most so many rows of each meter. */
  limit?: number;
  newestFirst?: boolean;
}

/** InfluxQL that gives one series for each meter. Both ends of time are named: servers differ in defaults. */
export function select(s: Select): string {
  const limit = s.limit === undefined ? '' : ` LIMIT ${whole(s.limit)}`;
  return `SELECT ${s.fields.map((f) => `"${f}"`).join(', ')} FROM "${s.measurement}" WHERE ${inSpan(s)} AND (${s.meters
    .map((m) => `"meter" = '${whole(m)}'`)
    .join(' OR ')}) GROUP BY "meter"${s.newestFirst ? ' ORDER BY time DESC' : ''}${limit}`;
}

/** Every meter that a measurement has. */
export function metersOf(measurement: Measurement): string {
  return `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "meter" WHERE time >= ${FIRST_MS}ms`;
}

function inSpan({ from, to }: Span): string {
  return `time >= ${whole(Math.max(from, FIRST_MS))}ms AND time < ${whole(Math.min(to, LAST_MS))}ms`;
}

function whole(n: number): string {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number`);
  return String(n);
}

/** The meters once each, in order, in groups for one statement each. */
export function groups(meters: readonly number[], size = METERS_AT_ONCE): number[][] {
  const each = [...new Set(meters)].sort((a, b) => a - b);
  const out: number[][] = [];
  for (let i = 0; i < each.length; i += size) out.push(each.slice(i, i + size));
  return out;
}

/** Spans to look through in turn, the near ones first: most meters have a reading within days. */
export function spansBefore(time: number, now: number): Span[] {
  const near = Math.min(time, now);
  return chain([time, near - 2 * DAY_MS, near - 40 * DAY_MS, Number.NEGATIVE_INFINITY]).map(([to, from]) => ({
    from,
    to,
  }));
}

export function spansAfter(time: number): Span[] {
  return chain([time, time + 2 * DAY_MS, time + 40 * DAY_MS, Number.POSITIVE_INFINITY]).map(([from, to]) => ({
    from,
    to,
  }));
}

function chain(ends: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 1; i < ends.length; i++) {
    if (ends[i] !== ends[i - 1]) out.push([ends[i - 1] as number, ends[i] as number]);
  }
  return out;
}

export interface Stretch extends Span {
  meters: number[];
}

/** Statements that one look-up of single readings may take. */
const MAX_STRETCHES = 200;

/**
 * The stretches of time in which single readings lie, as few as cover them without reading much between:
 * late readings of one gateway come close together, and its meters share their times.
 */
export function stretches(readings: readonly Reading[]): Stretch[] {
  const times = new Map<number, number[]>();
  for (const r of readings) {
    const own = times.get(r.meter);
    if (own) own.push(r.time);
    else times.set(r.meter, [r.time]);
  }
  for (const own of times.values()) own.sort((a, b) => a - b);
  for (const apart of [HOUR_MS, DAY_MS, 31 * DAY_MS]) {
    const found = stretchesOf(times, apart);
    if (found.length <= MAX_STRETCHES) return found;
  }
  // Too scattered for a statement each: all of the meters, from the first instant to the last.
  const all = [...times.values()];
  return groups([...times.keys()]).map((meters) => ({
    from: all.reduce((low, own) => Math.min(low, own[0] as number), Number.POSITIVE_INFINITY),
    to:
      all.reduce((high, own) => Math.max(high, own[own.length - 1] as number), Number.NEGATIVE_INFINITY) + 1,
    meters,
  }));
}

function stretchesOf(times: ReadonlyMap<number, readonly number[]>, apart: number): Stretch[] {
  const found = new Map<string, Stretch[]>();
  let last: Stretch[] = [];
  const out: Stretch[] = [];
  for (const [meter, own] of times) {
    let from = own[0] as number;
    for (let i = 1; i <= own.length; i++) {
      const to = own[i - 1] as number;
      const next = own[i];
      if (next !== undefined && next - to <= apart) continue;
      const key = `${from} ${to}`;
      last = found.get(key) ?? [];
      found.set(key, last);
      const open = last[last.length - 1];
      if (open && open.meters.length < METERS_AT_ONCE) {
        open.meters.push(meter);
      } else {
        const stretch = { from, to: to + 1, meters: [meter] };
        last.push(stretch);
        out.push(stretch);
      }
      if (next !== undefined) from = next;
    }
  }
  return out;
}
