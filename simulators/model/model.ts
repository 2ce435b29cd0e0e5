import type { Carrier, RegisterKind } from '../../server/domain/meter.ts';
import { DAY_MS, type Zone } from '../../server/domain/time.ts';
import type { Day } from './calendar.ts';
import { chance, keyOf, swing } from './noise.ts';
import { momentAt, PROFILE_NAMES, PROFILES, type ProfileName } from './profiles.ts';
import { outdoorTemperature } from './weather.ts';

/** Every register counts from here (2024-01-01 in China), so that history and live agree to the last digit. */
export const ORIGIN = Date.UTC(2023, 11, 31, 16);
/** Within a step the load is constant. */
export const STEP_MS = 900_000;
/** Steps of registers are hundredths, as on a DL/T 645 display (XXXXXX.XX). */
const RESOLUTION = 100;
const YEAR_MS = 365.2425 * DAY_MS;
const STEP_H = STEP_MS / 3_600_000;

/** Peak quantity per hour by kind of use, in the meter's unit. */
export type Uses = Partial<Record<ProfileName, number>>;

/** One metering point as the model sees it. */
export interface Point {
  id: string;
  /** The upstream meter of the same carrier; its load is the sum of its sub-meters and a rest. */
  parent: string | null;
  carrier: Carrier;
  register: RegisterKind;
  multiplier: number;
  rolloverAt: number | null;
  intervalS: number;
  /** Of a meter without sub-meters. */
  uses: Uses;
  /** Load of a year against the year before, e.g. 0.96. */
  trend: number;
  /** Of a meter with sub-meters: what no sub-meter sees, as a share of what they see. */
  rest: number;
  /** Random part of each step, as a share of the load. */
  jitter: number;
  /** Devices that took the place of the one before, in order of time; the load goes on. */
  exchanges?: readonly Exchange[];
}

/** Another device at a metering point, from an instant on, epoch ms, with what it shows then. */
export interface Exchange {
  at: number;
  initial: number;
}

/**
 * The estate's loads: a pure function of seed, meter and instant. It only moves forward, since a register is
 * the sum of every quantity since ORIGIN.
 */
export class LoadModel {
  readonly points: readonly Point[];
  readonly #seed: number;
  readonly #zone: Zone;
  readonly #keys: Uint32Array;
  readonly #start: Float64Array;
  /** Sum of the quantities up to #step. */
  readonly #sum: Float64Array;
  /** Quantity of the step that begins at #step. */
  readonly #quantity: Float64Array;
  readonly #daily: Float64Array;
  /** Quantity that the devices before the present one have seen. */
  readonly #before: Float64Array;
  /** Exchanges that are still to come, in order of time. */
  readonly #exchanges: (Exchange & { point: number })[];
  readonly #leaves: { at: number; uses: [profile: number, peak: number][] }[] = [];
  /** Meters with sub-meters, sub-meters first. */
  readonly #mains: { at: number; subs: number[] }[] = [];
  readonly #levels = new Float64Array(PROFILE_NAMES.length);
  #day: Day | undefined;
  #step = ORIGIN;
  #now = ORIGIN;

  /** @throws RangeError when a register kind cannot be simulated. */
  constructor(points: readonly Point[], seed: number, zone: Zone) {
    this.points = points;
    this.#seed = seed;
    this.#zone = zone;
    this.#keys = Uint32Array.from(points, (p) => keyOf(p.id));
    this.#start = Float64Array.from(points, (p, i) =>
      Math.floor(chance(seed, this.#keys[i]!, 5) * 0.6 * (p.rolloverAt ?? 100_000)),
    );
    this.#sum = new Float64Array(points.length);
    this.#quantity = new Float64Array(points.length);
    this.#daily = new Float64Array(points.length);
    this.#before = new Float64Array(points.length);
    this.#exchanges = points
      .flatMap((p, point) => (p.exchanges ?? []).map((e) => ({ ...e, point })))
      .sort((a, b) => a.at - b.at);
    this.#arrange();
    this.#compute();
  }

  #arrange(): void {
    const index = new Map(this.points.map((p, i) => [p.id, i]));
    const subs = new Map<number, number[]>();
    this.points.forEach((p, i) => {
      if (p.register === 'interval')
        throw new RangeError(`meter ${p.id}: an interval register is replayed, not simulated`);
      const up = p.parent === null ? undefined : index.get(p.parent);
      if (up !== undefined) subs.set(up, [...(subs.get(up) ?? []), i]);
    });
    const visit = (i: number): void => {
      const below = subs.get(i);
      if (below) {
        for (const sub of below) visit(sub);
        this.#mains.push({ at: i, subs: below });
      } else {
        const uses = Object.entries(this.points[i]!.uses);
        this.#leaves.push({
          at: i,
          uses: uses.map(([name, peak]) => [PROFILE_NAMES.indexOf(name as ProfileName), peak]),
        });
      }
    };
    this.points.forEach((p, i) => {
      if (p.parent === null || !index.has(p.parent)) visit(i);
    });
  }

  /**
   * Moves to an instant, epoch ms.
   * @throws RangeError when it lies before ORIGIN or before the instant reached.
   */
  advance(to: number): void {
    if (to < this.#now) {
      throw new RangeError(
        `the model stands at ${this.#zone.iso(this.#now)} and cannot go back to ${this.#zone.iso(to)}`,
      );
    }
    for (let e = this.#exchanges[0]; e && e.at <= to; e = this.#exchanges[0]) {
      this.#exchanges.shift();
      this.#move(Math.max(e.at, this.#now));
      this.#before[e.point] = this.total(e.point);
      this.#start[e.point] = e.initial;
    }
    this.#move(to);
  }

  #move(to: number): void {
    while (this.#step + STEP_MS <= to) {
      for (let i = 0; i < this.#sum.length; i++) this.#sum[i]! += this.#quantity[i]!;
      this.#step += STEP_MS;
      this.#compute();
    }
    this.#now = to;
  }

  /** What a meter shows at the instant reached: register, kW, or °C. */
  value(i: number): number {
    const p = this.points[i]!;
    if (p.register === 'gauge') return this.#gauge(p);
    if (p.register === 'power') return Math.round(this.rate(i) * 100) / 100;
    const seen = this.total(i) - this.#before[i]!;
    const hundredths = Math.floor((this.#start[i]! + seen / p.multiplier) * RESOLUTION);
    return (p.rolloverAt === null ? hundredths : hundredths % (p.rolloverAt * RESOLUTION)) / RESOLUTION;
  }

  /** Quantity since ORIGIN in the meter's unit, unrounded. */
  total(i: number): number {
    return this.#sum[i]! + (this.#quantity[i]! * (this.#now - this.#step)) / STEP_MS;
  }

  /** Quantity per hour at the instant reached, in the meter's unit (kW for kWh). */
  rate(i: number): number {
    return this.#quantity[i]! / STEP_H;
  }

  #gauge(p: Point): number {
    const local = this.#now + this.#zone.offset(this.#now);
    const outdoor = outdoorTemperature(this.#seed, local);
    const value =
      p.carrier === 'indoor_temperature' ? Math.min(28, Math.max(18, 22 + (outdoor - 18) * 0.2)) : outdoor;
    return Math.round(value * 10) / 10;
  }

  #compute(): void {
    // The middle of the step stands for it.
    const middle = this.#step + STEP_MS / 2;
    const moment = momentAt(this.#seed, middle + this.#zone.offset(middle), this.#day);
    if (moment.day !== this.#day) {
      this.#day = moment.day;
      this.#newDay(moment.day.index);
    }
    for (let k = 0; k < PROFILE_NAMES.length; k++) this.#levels[k] = PROFILES[PROFILE_NAMES[k]!](moment);
    const number = (this.#step - ORIGIN) / STEP_MS;
    for (const leaf of this.#leaves) {
      let load = 0;
      for (const [profile, peak] of leaf.uses) load += peak * this.#levels[profile]!;
      const p = this.points[leaf.at]!;
      const noise = 1 + p.jitter * swing(this.#seed, this.#keys[leaf.at]!, number);
      this.#quantity[leaf.at] = load * this.#daily[leaf.at]! * noise * STEP_H;
    }
    for (const main of this.#mains) {
      let sum = 0;
      for (const sub of main.subs) sum += this.#quantity[sub]!;
      this.#quantity[main.at] = sum * (1 + this.points[main.at]!.rest);
    }
  }

  #newDay(index: number): void {
    const years = (this.#step - ORIGIN) / YEAR_MS;
    for (const { at } of this.#leaves) {
      const p = this.points[at]!;
      this.#daily[at] =
        p.trend ** years * (1 + 0.4 * p.jitter * swing(this.#seed, this.#keys[at]! ^ 0x5bd1, index));
    }
  }
}
