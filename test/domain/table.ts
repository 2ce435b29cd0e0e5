import { learnCeiling } from '../../server/domain/ceiling.ts';
import type { Epoch, Meter } from '../../server/domain/meter.ts';
import type { Point } from '../../server/domain/register.ts';
import { meter } from '../support/estate.ts';

/**
 * What goes wrong with a register, as rows of a table: one stream of 15-minute readings over 48 h and a
 * month's end, at a steady load, and what each row makes of it.
 */

export const START = Date.parse('2026-03-31T00:00:00+08:00');
export const QUARTER = 900_000;
export const COUNT = 48 * 4 + 1;

/** How far the meter can count: as a person wrote down, as it was learned, or nobody knows. */
export const CEILINGS = ['max_rate', 'learned', 'none'] as const;
export type Ceiling = (typeof CEILINGS)[number];

export interface Scale {
  name: string;
  /** Quantity a quarter of an hour. */
  quarter: number;
  multiplier: number;
  /** What the register shows first. */
  first: number;
}

export const SCALES: Scale[] = [
  { name: '40 kW', quarter: 10, multiplier: 1, first: 812_000 },
  { name: '200 kW', quarter: 50, multiplier: 1, first: 812_000 },
  // 12 kWh are 0.2 of the register's unit, 20 of its steps.
  { name: '48 kW, multiplier 60, steps of 0.01', quarter: 12, multiplier: 60, first: 812_960.37 },
  { name: '48 kW, multiplier 60, past 999,999.99', quarter: 12, multiplier: 60, first: 999_980.01 },
];

const END = 1_000_000;

/** The stream while it is being told: what the device showed is in hundredths, so that sums are exact. */
export interface Stream {
  scale: Scale;
  ceiling: Ceiling;
  epochs: Epoch[];
  /** Per reading; null: none came. */
  shown: (number | null)[];
  /** Advance of the register per reading, in hundredths. */
  step: number;
  /** Quarters of which nobody can know what was used. */
  unknown: number;
}

export interface Row {
  name: string;
  /** Where it happens, from the index that it is given; false where it cannot be told from something else. */
  apply(stream: Stream, at: number): boolean;
}

export function stream(scale: Scale, ceiling: Ceiling): Stream {
  const step = Math.round((scale.quarter / scale.multiplier) * 100);
  const first = Math.round(scale.first * 100);
  const { epochs } = meter({
    epoch: {
      multiplier: scale.multiplier,
      rolloverAt: END,
      maxRate: ceiling === 'max_rate' ? scale.quarter * 40 : null,
    },
  });
  const shown = Array.from({ length: COUNT }, (_, i) => (first + i * step) % (END * 100));
  return { scale, ceiling, epochs, shown, step, unknown: 0 };
}

/** From a reading on another device, which shows `initial` hundredths with that reading. */
function exchanged(s: Stream, at: number, initial: number): void {
  for (let i = at; i < COUNT; i++)
    if (s.shown[i] !== null) s.shown[i] = (initial + (i - at) * s.step) % (END * 100);
}

function unrecorded(name: string, initial: (old: number) => number): Row {
  return {
    name: `exchanged without a record, ${name}`,
    apply(s, at) {
      const old = s.shown[at - 1] as number;
      const next = initial(old);
      // So it may be without a ceiling, or be a return to 0: nobody can tell.
      if (s.ceiling === 'none' && (next > old || (old >= END * 90 && next <= END * 10))) return false;
      // Ten times the load is what the ceilings allow.
      const turn = END * 100 - old + next;
      if (next < old && turn < 30 * s.step) return false;
      if (next >= END * 99 || (next < old && old - next < 100 * s.step)) return false;
      exchanged(s, at, next);
      s.unknown++;
      return true;
    },
  };
}

function recorded(name: string, initial: (old: number) => number): Row {
  return {
    name: `exchanged with its record, ${name}`,
    apply(s, at) {
      const final = ((s.shown[at - 1] as number) + s.step) % (END * 100);
      const next = Math.max(0, initial(final) % (END * 100));
      exchanged(s, at, next);
      const before = s.epochs.at(-1) as Epoch;
      const from = START + at * QUARTER;
      s.epochs.push({ ...before, from, initial: next / 100 });
      Object.assign(before, { to: from, final: final / 100 });
      return true;
    },
  };
}

function spoilt(name: string, count: number, value: (shown: number) => number | null): Row {
  return {
    name,
    apply(s, at) {
      for (let i = at; i < at + count; i++) s.shown[i] = value(s.shown[i] as number);
      return true;
    },
  };
}

export const ROWS: Row[] = [
  unrecorded('new register 0', () => 0),
  unrecorded('new register 5,000', () => 500_000),
  unrecorded('new register higher', (old) => old + 504_000),
  recorded('new register 0', () => 0),
  recorded('new register 5,000', () => 500_000),
  recorded('new register higher', (old) => old + 504_000),
  spoilt('6 h without communication', 23, () => null),
  spoilt('one false zero', 1, () => 0),
  spoilt('a zero that stands for 8 h', 32, () => 0),
  spoilt('one reading × 10', 1, (v) => v * 10),
  spoilt('one reading 700 lower', 1, (v) => Math.max(0, v - 70_000)),
];

/** What came of the stream, and the meter that it is of. */
export function told(s: Stream): { meter: Meter; points: Point[]; truth: number } {
  const points = s.shown.flatMap((shown, i) =>
    shown === null ? [] : [{ time: START + i * QUARTER, value: shown / 100 }],
  );
  const of = meter({ epochs: s.epochs });
  if (s.ceiling === 'learned') {
    const rate = s.scale.quarter / s.scale.multiplier;
    const fortnight = Array.from({ length: 16 * 96 }, (_, i) => ({
      time: START - (16 * 96 - i) * QUARTER,
      value: Math.round((1000 + i * rate) * 100) / 100,
    }));
    of.learned = learnCeiling(of.epochs[0] as Epoch, fortnight, QUARTER, null, START);
  }
  return { meter: of, points, truth: (COUNT - 1 - s.unknown) * s.scale.quarter };
}
