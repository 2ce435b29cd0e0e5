import { learnCeiling } from '../../server/domain/ceiling.ts';
import { STANDING_MS } from '../../server/domain/judgement.ts';
import { type Epoch, epochAt, type Meter } from '../../server/domain/meter.ts';
import { boundOf, type Point } from '../../server/domain/register.ts';
import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';
import { Dice, LOADS, random, runLoad } from './load.ts';

/**
 * Histories of a counting register of which the truth is known: a load runs, devices show it with their
 * resolution, and things go wrong on the way.
 */

/** What is known about how fast the meter can count. */
export type Ceiling = 'max_rate' | 'learned' | 'none';

/** A point of the history that a device showed truly. */
export interface Shown {
  time: number;
  value: number;
  /** What was used up to here since the start, in the meter's unit. */
  truth: number;
  /** Nobody can know what was used since the one before: quantity that has to be missing, in the unit. */
  unknown: number;
  /** How far the register may be from the truth since the start, in the unit: its steps, device by device. */
  tolerance: number;
}

export interface History {
  seed: number;
  ceiling: Ceiling;
  meter: Meter;
  /** What arrived, in order of time. */
  points: Point[];
  /** The true ones of them. */
  shown: Shown[];
  /** In words, for the report of a failure. */
  story: string[];
}

interface Device {
  /** Index of its epoch. */
  epoch: number;
  from: number;
  /** Used before it was put in, and what it showed then, in steps of its resolution. */
  before: number;
  initial: number;
}

interface EpochPlan {
  resolution: number;
  multiplier: number;
  /** In steps of the resolution. */
  end: number | null;
  maxRate: number | null;
}

const INTERVALS_S = [60, 300, 900, 900, 1800, 3600, 21_600, 86_400];
const RESOLUTIONS = [1, 0.1, 0.01];
const MULTIPLIERS = [1, 1, 40, 60, 80, 0.001, 0.5];
/** True readings between two accidents: fewer, and one of them can pass for the other. */
const APART = 8;
/** What is not left to chance. */
export interface Given {
  ceiling?: Ceiling;
  intervalS?: number;
  /** Intervals. */
  count?: number;
}

export function history(seed: number, given: Given = {}): History {
  const dice = new Dice(random(seed));
  const pick = <T>(from: readonly T[]): T => dice.pick(from);
  const between = (low: number, high: number): number => dice.between(low, high);
  const whole = (low: number, high: number): number => dice.whole(low, high);
  const chance = (p: number): boolean => dice.chance(p);
  const story: string[] = [];

  const drawnS = pick(INTERVALS_S);
  const intervalS = given.intervalS ?? drawnS;
  const interval = intervalS * 1000;
  const drawn = pick<Ceiling>(['max_rate', 'learned', 'none']);
  const ceiling = given.ceiling ?? drawn;
  const long = ceiling === 'learned' && intervalS >= 900 && intervalS < 86_400;
  const drawnCount = whole(20, 320);
  const count = given.count ?? (long ? Math.max(260, Math.ceil((15 * DAY_MS) / interval)) : drawnCount);
  const resolution = pick(RESOLUTIONS);
  const multiplier = pick(MULTIPLIERS);
  const tick = resolution * multiplier;
  /** Mean advance an interval, in the unit: from one step in twenty intervals to thousands in one. */
  const mean = tick * 10 ** between(-1.3, 3.5);

  const kind = dice.pick(LOADS);
  const load = runLoad(dice, { kind, idles: ceiling !== 'learned', count, interval, mean });
  const { start, span, edges, peak, mostUsed, truthAt } = load;
  story.push(`${kind} load, ${count} × ${intervalS} s, step ${tick} ${ceiling}`);

  // Devices and epochs.
  const planned = (r: number, m: number): EpochPlan => {
    // Wide enough that no outage is a tenth of it.
    const least = (mostUsed / (r * m)) * 25;
    const end = chance(0.6) ? Math.max(10 ** whole(4, 8), 10 ** Math.ceil(Math.log10(least + 1))) : null;
    const maxRate = ceiling === 'max_rate' ? peak * HOUR_MS * between(1.01, 4) : null;
    return { resolution: r, multiplier: m, end, maxRate };
  };
  const firstRegister = (plan: EpochPlan): number => {
    const total = load.total / (plan.resolution * plan.multiplier);
    if (plan.end !== null && chance(0.5)) return Math.max(0, plan.end - between(0, total) - 2);
    return between(0, plan.end === null ? 1e7 : plan.end * 0.8);
  };
  const plans: EpochPlan[] = [planned(resolution, multiplier)];
  const devices: Device[] = [
    { epoch: 0, from: Number.NEGATIVE_INFINITY, before: 0, initial: firstRegister(plans[0] as EpochPlan) },
  ];
  const epochs: Epoch[] = [epochOf(plans[0] as EpochPlan)];

  /** What a device shows at an instant, before the readings are spoilt. */
  const shows = (device: Device, time: number): number => {
    const plan = plans[device.epoch] as EpochPlan;
    const q = plan.resolution * plan.multiplier;
    const steps = Math.floor(device.initial + (truthAt(time) - device.before) / q + 1e-7);
    return display(plan.end === null ? steps : steps % plan.end, plan.resolution);
  };

  // What goes wrong, and where: exchanges lie between two readings, bad readings are readings.
  type Accident =
    | 'zero'
    | 'zeros'
    | 'tenfold'
    | 'spike'
    | 'back'
    | 'low'
    | 'exchange'
    | 'recorded'
    | 'continues';
  const times: number[] = [];
  for (let i = 0; i <= count; i++) {
    const jitter = i === 0 || i === count ? 0 : Math.floor(between(-0.1, 0.1) * interval);
    times.push((edges[i] as number) + (chance(0.7) ? 0 : jitter));
  }
  const bad = new Map<number, { kind: Accident; size: number }>();
  const unknownAt = new Map<number, number>();
  const doubt = new Map<number, number>();
  let deviceAt = devices[0] as Device;
  const deviceOf: Device[] = [];
  let quiet = chance(0.3) ? 1 : whole(1, 2 * APART);
  const rate = between(0, 0.08);
  for (let i = 0; i <= count; i++) {
    deviceOf.push(deviceAt);
    if (quiet > 0 || !chance(rate)) {
      quiet--;
      continue;
    }
    const kind = pick<Accident>([
      'zero',
      'zeros',
      'tenfold',
      'spike',
      'back',
      'low',
      'exchange',
      'recorded',
      'continues',
    ]);
    if (kind === 'exchange' || kind === 'recorded' || kind === 'continues') {
      if (i < APART || i + APART > count || times[i] === times[i - 1]) continue;
      // Near an outage a reading from before it may have been shown again: nobody knows.
      if (kind === 'exchange' && span.slice(i - APART, i + APART).some((ms) => ms > interval)) continue;
      const a = times[i - 1] as number;
      const b = times[i] as number;
      const at = Math.floor(between(a + 1, b));
      const old = deviceAt;
      const oldPlan = plans[old.epoch] as EpochPlan;
      deviceOf.pop();
      if (kind === 'exchange') {
        const ahead = truthAt(times[i + APART] as number) - truthAt(a);
        const initial = unrecorded(
          oldPlan,
          shows(old, times[i - APART] as number),
          shows(old, a),
          ahead,
          b - a,
        );
        if (initial === null) {
          deviceOf.push(deviceAt);
          continue;
        }
        deviceAt = { epoch: old.epoch, from: at, before: truthAt(at), initial };
        unknownAt.set(i, truthAt(b) - truthAt(a));
      } else {
        const going = kind === 'continues';
        const plan = going
          ? { ...oldPlan, multiplier: pick(MULTIPLIERS.slice(0, 5)) }
          : planned(pick(RESOLUTIONS), pick(MULTIPLIERS.slice(0, 5)));
        const most = plan.end === null ? 0 : (mostUsed / (plan.resolution * plan.multiplier)) * 25;
        if (most > (plan.end ?? 0)) {
          deviceOf.push(deviceAt);
          continue;
        }
        plans.push(plan);
        const before = truthAt(at);
        const qOld = oldPlan.resolution * oldPlan.multiplier;
        const reached = old.initial + (before - old.before) / qOld;
        deviceAt = {
          epoch: plans.length - 1,
          from: at,
          before,
          initial: going ? (plan.end === null ? reached : reached % plan.end) : firstRegister(plan),
        };
        const written = chance(0.6);
        const final = written || (!going && chance(0.3)) ? shows(old, at) : null;
        const initial = going ? final : written || chance(0.3) ? shows(deviceAt, at) : null;
        const last = epochs[epochs.length - 1] as Epoch;
        last.to = at;
        last.final = going && chance(0.5) ? null : final;
        epochs.push({ ...epochOf(plan), from: at, initial, continues: going });
        if (!going) {
          if (final === null) unknownAt.set(i, truthAt(at) - truthAt(a));
          if (initial === null) unknownAt.set(i, (unknownAt.get(i) ?? 0) + truthAt(b) - truthAt(at));
        } else {
          // The step of the register that was under way counts by the new multiplier.
          doubt.set(i, plan.resolution * plan.multiplier);
        }
        if (going && final === null) {
          // On a straight line: what the other multiplier makes of what the register advanced in the step.
          const steps =
            (truthAt(b) - before) / (plan.resolution * plan.multiplier) + (before - truthAt(a)) / qOld + 1;
          doubt.set(
            i,
            (doubt.get(i) ?? 0) + steps * Math.abs(plan.multiplier - oldPlan.multiplier) * plan.resolution,
          );
        }
      }
      deviceOf.push(deviceAt);
      story.push(`${kind} before reading ${i}`);
      quiet = APART;
      continue;
    }
    // Bad readings; without a ceiling nobody can tell of the first or last one.
    const length =
      kind === 'zeros'
        ? whole(2, Math.min(150, (30 * DAY_MS) / interval))
        : kind === 'zero'
          ? 1
          : whole(1, 3);
    if (i < (kind === 'zeros' ? 3 : length) || i + length + (ceiling === 'none' ? APART : 3) > count)
      continue;
    // Where a register returns to 0 nobody can tell it from a false one.
    let returns = false;
    for (let k = i; k <= Math.min(count, i + length + APART); k++) {
      returns ||= shows(deviceAt, times[k] as number) < shows(deviceAt, times[k - 1] as number);
    }
    if (returns) continue;
    // A zero that stands for longer is what the register shows.
    if ((times[i + length] as number) - (times[i] as number) > STANDING_MS) continue;
    const size = between(0, 1);
    for (let k = 0; k < length; k++) {
      bad.set(i + k, { kind, size });
      if (k > 0) deviceOf.push(deviceAt);
    }
    story.push(`${kind} × ${length} from reading ${i}`);
    i += length - 1;
    quiet = APART;
  }

  /**
   * What the next device shows first: so much higher that a ceiling stops it, or so much lower that neither the
   * last readings of the old device nor the first of the new one pass for bad ones.
   */
  function unrecorded(
    plan: EpochPlan,
    earlier: number,
    value: number,
    ahead: number,
    ms: number,
  ): number | null {
    const q = plan.resolution * plan.multiplier;
    const at = Math.round(value / plan.resolution);
    const top = plan.end ?? 1e9;
    // From a register at 0 it may as well have been the zeros that were false.
    if (value === 0) return null;
    if (ceiling !== 'none' && chance(0.4)) {
      const higher = at + ((1000 * (mostUsed + peak * ms)) / q + 1000) * between(1, 3);
      return higher + load.total / q < top ? higher : null;
    }
    if (earlier > value) return null;
    const highest = Math.round(earlier / plan.resolution) - ahead / q - 2;
    // A new device that stands at 0 for long passes for a false zero.
    const lowest = 1;
    if (highest < lowest) return null;
    const lower = between(lowest, chance(0.5) ? Math.min(lowest + 1, highest) : highest);
    // From the end to the beginning: that is how a return to 0 looks.
    return at >= top * 0.8 && lower <= top * 0.2 ? null : lower;
  }

  const points: Point[] = [];
  const shown: Shown[] = [];
  let tolerance = tick;
  let lost = 0;
  let counted: Device | null = null;
  for (let i = 0; i <= count; i++) {
    const time = times[i] as number;
    const device = deviceOf[i] as Device;
    const plan = plans[device.epoch] as EpochPlan;
    lost += unknownAt.get(i) ?? 0;
    tolerance += doubt.get(i) ?? 0;
    const value = shows(device, time);
    const accident = bad.get(i);
    if (accident) {
      const big = display(
        Math.ceil((50 * (mostUsed + peak * interval)) / (plan.resolution * plan.multiplier)) + 50,
        plan.resolution,
      );
      const spoilt = spoil(accident.kind, value, big, accident.size, plan.resolution);
      if (spoilt !== null) {
        points.push({ time, value: spoilt });
        continue;
      }
    }
    if (counted && device !== counted) tolerance += plan.resolution * plan.multiplier;
    counted = device;
    points.push({ time, value });
    shown.push({ time, value, truth: truthAt(time) - truthAt(start), unknown: lost, tolerance });
    lost = 0;
  }

  const of = meter({ intervalS, epochs });
  // Without one a register that truly stands at 0 is as good as a gateway that does not reach it.
  if (ceiling === 'none' && shown.some((s) => s.value === 0)) return history(seed + 1_000_003, given);
  // What nothing could be learned of goes without a ceiling.
  if (ceiling === 'learned' && !learn(of, points, shown)) return history(seed, { ...given, ceiling: 'none' });
  return { seed, ceiling, meter: of, points, shown, story };
}

/** @returns whether a ceiling was learned that the load keeps below */
function learn(of: Meter, points: readonly Point[], shown: readonly Shown[]): boolean {
  for (const epoch of of.epochs) {
    const own = points.filter((p) => epochAt(of, p.time) === epoch);
    of.learned = learnCeiling(epoch, own, of.intervalS * 1000, of.learned, 0) ?? of.learned;
  }
  const bound = boundOf(of);
  if (!bound) return false;
  const rate = bound.rate / HOUR_MS;
  return shown.every((b, i) => {
    const a = shown[i - 1];
    return !a || b.truth - a.truth <= rate * Math.max(b.time - a.time, bound.floorMs);
  });
}

function epochOf(plan: EpochPlan): Epoch {
  return {
    from: null,
    to: null,
    initial: null,
    final: null,
    multiplier: plan.multiplier,
    rolloverAt: plan.end === null ? null : display(plan.end, plan.resolution),
    maxRate: plan.maxRate,
    continues: false,
    note: null,
    recordedBy: null,
    recordedAt: null,
  };
}

function display(steps: number, resolution: number): number {
  return Number((steps * resolution).toFixed(2));
}

/** What a device or its gateway shows instead; null where it cannot be told from the truth. */
function spoil(kind: string, value: number, big: number, size: number, resolution: number): number | null {
  switch (kind) {
    case 'zero':
    case 'zeros':
      return value > big ? 0 : null;
    case 'tenfold':
      return value * 9 > big ? display(Math.round((value * 10) / resolution), resolution) : null;
    case 'spike':
      return display(Math.round((value + big * (1 + size * 1000)) / resolution), resolution);
    case 'back':
      return value > 2 * big
        ? display(Math.round((value - big * (1 + size * 0.9)) / resolution), resolution)
        : null;
    default:
      return value > 2 * big ? display(Math.floor(size * 10), resolution) : null;
  }
}
