import { reachMs, touchedBy } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import type { Point } from '../domain/register.ts';
import type { DirtyMonth } from '../journal/outcome.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { DirtyMonths, monthsOfLate } from './dirty.ts';
import { Turns } from './pace.ts';
import type { MeterState } from './state.ts';

/** What is decided about a hand-over, by the position of its readings. */
export interface Decided {
  /** Same meter, instant and value as one before. */
  duplicates: number[];
  /** Same meter and instant, another value; with the value in force. */
  conflicts: [index: number, inForce: number][];
  /** What the time series does not take, with its words; known only once it was tried. */
  refused?: [index: number, why: string][];
}

export interface Classified {
  decided: Decided;
  accepted: readonly Reading[];
  /** Numbers of the meters that got readings. */
  touched: Set<number>;
  /** Months to be computed again. */
  dirty: DirtyMonth[];
  /** The newest reading of each meter in this hand-over. */
  newest: Newest[];
}

export interface Newest {
  reading: Reading;
  /** The one before it. */
  previous: Point | null;
  /** The newest that is far enough back for a rate: a register moves in steps of its resolution. */
  basis: Point | null;
}

/** Least time over which a rate is reckoned where the readings reach that far. */
const RATE_BASIS_MS = 15 * 60_000;

/**
 * Decides what each reading is and adds the new ones to the states of their meters. The states must be
 * loaded. The first of two values for one instant is in force, by order of arrival.
 */
export async function classify(
  readings: readonly Reading[],
  states: ReadonlyMap<number, MeterState>,
  estate: Estate,
  timeseries: TimeSeries,
): Promise<Classified> {
  const decided: Decided = { duplicates: [], conflicts: [] };
  const out: Classified = { decided, accepted: [], touched: new Set(), dirty: [], newest: [] };
  const dirty = new DirtyMonths(estate);
  const late: number[] = [];

  const turns = new Turns();
  for (const [no, indices] of byMeter(readings)) {
    if (turns.over) await turns.pass();
    const state = states.get(no);
    const meter = estate.meterByNo(no);
    if (!state || !meter) {
      // The catalogue knows no such meter (any more): kept raw, without consumption.
      for (const index of indices) late.push(index);
      continue;
    }
    const known = state.last;
    let oldest: Reading | null = null;
    let newest: Newest | null = null;
    for (const index of indices) {
      const reading = readings[index] as Reading;
      const last = state.last;
      if (!last || reading.time > last.time) {
        state.add(meter, { time: reading.time, value: reading.value }, estate.zone);
        oldest ??= reading;
        newest = { reading, previous: last, basis: null };
        out.touched.add(no);
      } else if (reading.time >= (state.points[0] as Point).time) {
        place(index, reading, meter, state, out, dirty);
      } else {
        late.push(index);
      }
    }
    if (!oldest || !newest) continue;
    const back = state.points[Math.max(0, state.find(newest.reading.time - RATE_BASIS_MS + 1) - 1)];
    if (back && back.time < newest.reading.time) newest.basis = back;
    out.newest.push(newest);
    const open = known?.time ?? Number.NEGATIVE_INFINITY;
    const until = newest.reading;
    const { troubledFrom, reopenedFrom } = state;
    if (troubledFrom !== null) {
      // They are judged together: what was said of the earlier ones may change with the later.
      state.base = null;
      const from = { time: state.judgedFrom(meter, troubledFrom), value: 0 };
      dirty.mark(meter, touchedBy(meter, from, oldest, null)[0], until.time, ['judgement'], open);
    }
    if (reopenedFrom !== null) {
      state.base = null;
      dirty.mark(meter, reopenedFrom, Math.max(until.time, statedUntil(meter)), [], open);
    }
    // A late reading took the base away, so the in-order ones after it come by recomputation too.
    if (!state.base) {
      const [from] = touchedBy(meter, known, oldest, null);
      dirty.mark(meter, from, touchedBy(meter, null, until, null)[1], [], open);
    }
  }
  if (late.length > 0) await placeLate(late, readings, states, estate, timeseries, out, dirty);
  out.dirty = dirty.all();
  out.accepted = accepted(readings, decided);
  return out;
}

/**
 * The readings that are neither repeats nor conflicts, in order of arrival: meters report together, so equal
 * times stand together, which is how a column of times takes least room on disk.
 */
export function accepted(readings: readonly Reading[], decided: Decided): readonly Reading[] {
  const dropped = new Set([...decided.duplicates, ...putAway(decided)]);
  if (dropped.size === 0) return readings;
  return readings.filter((_, index) => !dropped.has(index));
}

/** Positions of what goes to quarantine. */
export function putAway({ conflicts, refused = [] }: Decided): number[] {
  return [...conflicts, ...refused].map(([index]) => index);
}

/** Positions per meter, in order of time within a meter; equal times stay in order of arrival. */
function byMeter(readings: readonly Reading[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < readings.length; i++) {
    const no = (readings[i] as Reading).meter;
    const group = groups.get(no);
    if (group) group.push(i);
    else groups.set(no, [i]);
  }
  for (const group of groups.values()) {
    let sorted = true;
    for (let i = 1; i < group.length && sorted; i++) {
      sorted =
        (readings[group[i - 1] as number] as Reading).time <= (readings[group[i] as number] as Reading).time;
    }
    if (!sorted) {
      group.sort((a, b) => (readings[a] as Reading).time - (readings[b] as Reading).time || a - b);
    }
  }
  return groups;
}

/** The last instant of which a person stated something about the meter. */
function statedUntil(meter: Meter): number {
  const read = meter.manual.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  return meter.estimates.reduce((until, e) => Math.max(until, e.to), read);
}

/** A reading inside the known recent end: a repeat, a conflict, or a late one. */
function place(
  index: number,
  reading: Reading,
  meter: Meter,
  state: MeterState,
  out: Classified,
  dirty: DirtyMonths,
): void {
  const at = state.find(reading.time);
  const found = state.points[at];
  if (found?.time === reading.time) {
    if (same(found.value, reading.value)) out.decided.duplicates.push(index);
    else out.decided.conflicts.push([index, found.value]);
    return;
  }
  const previous = state.points[at - 1] ?? null;
  const { last } = state;
  state.insert(meter, at, { time: reading.time, value: reading.value });
  out.touched.add(reading.meter);
  if (meter.register !== 'cumulative') {
    const [from, to] = touchedBy(meter, previous, reading, state.points[at + 1] ?? null);
    dirty.mark(meter, from, to, ['late'], last?.time ?? reading.time);
    return;
  }
  // What is typical for the gaps after it changes too, so all that follows is looked at again.
  const from = state.judgedFrom(meter, previous?.time ?? reading.time) - reachMs(meter);
  const known = last?.time ?? reading.time;
  dirty.mark(meter, from, Math.max(known, statedUntil(meter)), ['late'], known);
}

/** Readings older than the recent end: the store is asked. */
async function placeLate(
  late: readonly number[],
  readings: readonly Reading[],
  states: ReadonlyMap<number, MeterState>,
  estate: Estate,
  timeseries: TimeSeries,
  out: Classified,
  dirty: DirtyMonths,
): Promise<void> {
  const candidates = late.map((i) => readings[i] as Reading);
  const stored = new Map(
    (await timeseries.existing(candidates)).map((r) => [`${r.meter} ${r.time}`, r.value]),
  );
  const fresh: Reading[] = [];
  for (const index of [...late].sort((a, b) => a - b)) {
    const reading = readings[index] as Reading;
    const key = `${reading.meter} ${reading.time}`;
    const value = stored.get(key);
    if (value === undefined) {
      stored.set(key, reading.value);
      fresh.push(reading);
    } else if (same(value, reading.value)) {
      out.decided.duplicates.push(index);
    } else {
      out.decided.conflicts.push([index, value]);
    }
  }
  if (fresh.length === 0) return;
  for (const r of fresh) out.touched.add(r.meter);
  for (const { meter, from, to } of await monthsOfLate(timeseries, estate, fresh)) {
    dirty.mark(meter, from, to, ['late'], states.get(meter.no)?.last?.time ?? Number.MAX_SAFE_INTEGER);
  }
}

/** Bit for bit, so that a repeat is a repeat. */
function same(a: number, b: number): boolean {
  return Object.is(a, b) || a === b;
}

export function encodeDecision(decided: Decided): Uint8Array {
  return Buffer.from(JSON.stringify(decided));
}

export function decodeDecision(bytes: Uint8Array): Decided {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Decided;
}
