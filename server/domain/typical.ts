import { isWorkingDay } from './calendar.ts';
import type { Step } from './register.ts';
import { DAY_MS, HOUR_MS, type Zone } from './time.ts';

/**
 * How a meter is usually used over the hours of a day, on working days and on others, from what was measured
 * in the days before. By it the quantity that a register advanced during a gap is spread over the gap's
 * hours: its total is certain, when it was used is not.
 */

/** Days before the one on which a gap begins that say what is typical. */
export const TYPICAL_DAYS = 28;
/** Least time that must have been measured of an hour of the day, on days of the kind: two such hours. */
const LEAST_MS = 2 * HOUR_MS;
/** Weights are whole numbers, so that their sums over years are exact. */
const FINENESS = 10_000;

/** The weight of an hour that starts at an instant; at least one of the weights that it gives is not 0. */
export type Weights = (hourStart: number) => number;

interface DayUse {
  working: boolean;
  micro: Float64Array;
  ms: Float64Array;
}

/** Earliest instant of which readings have a part in the typical use for a gap that begins at an instant. */
export function typicalFrom(zone: Zone, gapStart: number): number {
  return zone.startOf('day', zone.shift(zone.startOf('day', gapStart), 'day', -TYPICAL_DAYS));
}

/** Collects measured steps and answers with the weights for a gap. */
export class Typical {
  readonly #zone: Zone;
  readonly #days = new Map<number, DayUse>();
  readonly #known = new Map<number, readonly Float64Array[]>();

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  add(step: Step): void {
    const zone = this.#zone;
    const { first, last, micro } = step;
    const span = last.time - first.time;
    for (let at = first.time; at < last.time; ) {
      const end = Math.min(zone.next('hour', zone.startOf('hour', at)), last.time);
      const day = this.#day(zone.startOf('day', at));
      const { hour } = zone.wall(at);
      day.micro[hour] = (day.micro[hour] as number) + (micro * (end - at)) / span;
      day.ms[hour] = (day.ms[hour] as number) + (end - at);
      at = end;
    }
  }

  /**
   * @returns null when an hour of the gap has no typical use, or all of them are 0: then it is spread evenly
   */
  weights(gapStart: number, gapEnd: number): Weights | null {
    const zone = this.#zone;
    const use = this.#use(zone.startOf('day', gapStart));
    const kinds = new Map<number, Float64Array | undefined>();
    let some = false;
    const weight = (hourStart: number): number | null => {
      const day = zone.startOf('day', hourStart);
      const rates = kinds.get(day) ?? use[isWorkingDay(zone, day) ? 1 : 0];
      kinds.set(day, rates);
      const rate = rates?.[zone.wall(hourStart).hour];
      return rate === undefined || Number.isNaN(rate) ? null : rate;
    };
    for (let at = zone.startOf('hour', gapStart); at < gapEnd; at = zone.next('hour', at)) {
      const w = weight(at);
      if (w === null) return null;
      if (w > 0) some = true;
    }
    return some ? (at) => weight(at) ?? 0 : null;
  }

  #day(start: number): DayUse {
    let day = this.#days.get(start);
    if (!day) {
      const working = isWorkingDay(this.#zone, start);
      day = { working, micro: new Float64Array(24), ms: new Float64Array(24) };
      this.#days.set(start, day);
    }
    return day;
  }

  /** Weights by hour of the day, for days off and working days; NaN where too little was measured. */
  #use(day: number): readonly Float64Array[] {
    const known = this.#known.get(day);
    if (known) return known;
    const zone = this.#zone;
    const sums = [0, 1].map(() => ({ micro: new Float64Array(24), ms: new Float64Array(24) }));
    for (let at = typicalFrom(zone, day); at < day; at = zone.next('day', at)) {
      const own = this.#days.get(at);
      if (!own) continue;
      const sum = sums[own.working ? 1 : 0] as { micro: Float64Array; ms: Float64Array };
      for (let h = 0; h < 24; h++) {
        sum.micro[h] = (sum.micro[h] as number) + (own.micro[h] as number);
        sum.ms[h] = (sum.ms[h] as number) + (own.ms[h] as number);
      }
    }
    const rates = sums.map(({ micro, ms }) =>
      micro.map((sum, h) => ((ms[h] as number) < LEAST_MS ? Number.NaN : sum / (ms[h] as number))),
    );
    const highest = Math.max(0, ...rates.flatMap((r) => [...r].filter((v) => !Number.isNaN(v))));
    const out = highest > 0 ? rates.map((r) => r.map((v) => Math.round((v / highest) * FINENESS))) : rates;
    this.#known.set(day, out);
    return out;
  }
}

/** What is typical of four weeks says little about a gap as long as a season. */
const LONGEST_MS = 92 * DAY_MS;

/** Whether a gap is long enough that its hours are told apart, and short enough that they can be. */
export function isShaped(zone: Zone, start: number, end: number): boolean {
  const span = end - start;
  return span > HOUR_MS && span <= LONGEST_MS && end > zone.next('hour', zone.startOf('hour', start));
}

/** The end of the time within which a reading has a part in what is typical. */
export function typicalUntil(zone: Zone, at: number): number {
  return zone.shift(zone.startOf('day', at), 'day', TYPICAL_DAYS + 1);
}
