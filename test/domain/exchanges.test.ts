import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import type { Epoch, Meter } from '../../server/domain/meter.ts';
import { type Point, readRegister, type Step } from '../../server/domain/register.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const zone = new Zone('Asia/Shanghai');
const START = Date.parse('2026-04-30T12:00:00+08:00');
const QUARTER = 900_000;
const NOON = 48;

/** 40 kW for a day: the register advances by 10 / multiplier a quarter of an hour, from `first`. */
function steady(first: number, multiplier = 1, count = 97): Point[] {
  return Array.from({ length: count }, (_, i) => ({
    time: START + i * QUARTER,
    value: Math.round((first + (i * 10) / multiplier) * 100) / 100,
  }));
}

function epochs(...differences: Partial<Epoch>[]): Meter {
  const base = meter().epochs[0] as Epoch;
  return meter({
    epochs: differences.map((d, i) => ({ ...base, to: differences[i + 1]?.from ?? null, ...d })),
  });
}

const when = (quarters: number): number => START + quarters * QUARTER;

function kwh(of: Meter, points: readonly Point[], from = 0, to = 97): number {
  const hours = hoursOf(of, points, zone, zone.startOf('hour', when(from)), zone.next('hour', when(to) - 1));
  return hours.reduce((n, h) => n + h.measured + h.recovered + h.estimated, 0) / MICRO;
}

function steps(of: Meter, points: readonly Point[]): Step[] {
  const out: Step[] = [];
  readRegister(of, points, { step: (s) => out.push(s) });
  return out;
}

describe('an exchange between two readings', () => {
  const at = when(NOON) + 300_000;
  // 480 + 10 / 3 on the old device; the new one begins at 5,000.
  const points = [...steady(812_000).slice(0, NOON + 1), ...steady(5000 - 490 + 20 / 3).slice(NOON + 1)];
  const rounded = points.map((p) => ({ ...p, value: Math.round(p.value * 100) / 100 }));

  test('with both registers', () => {
    const of = epochs({ final: 812_483.33 }, { from: at, initial: 5000 });
    // 96 quarters; the registers were written down to 0.01.
    expect(kwh(of, rounded)).toBeCloseTo(960, 1);
    expect(
      steps(of, rounded).filter((s) => s.first.source === 'note' || s.last.source === 'note'),
    ).toMatchObject([
      { last: { value: 812_483.33 }, micro: 3_330_000, kind: 'measured' },
      { first: { value: 5000 }, micro: 6_670_000, kind: 'measured' },
    ]);
  });

  test('with the old one alone, the new one alone, or none: what nobody wrote down is not counted', () => {
    expect(kwh(epochs({ final: 812_483.33 }, { from: at }), rounded)).toBeCloseTo(960 - 20 / 3, 1);
    expect(kwh(epochs({}, { from: at, initial: 5000 }), rounded)).toBeCloseTo(960 - 10 / 3, 1);
    expect(kwh(epochs({}, { from: at }), rounded)).toBeCloseTo(950, 1);
  });

  test('a final register that is written down wrong counts nothing beyond the ceiling', () => {
    const of = epochs({ final: 912_483.33, maxRate: 100 }, { from: at, initial: 5000, maxRate: 100 });
    expect(kwh(of, rounded)).toBeCloseTo(960 - 10 / 3, 1);
    const below = epochs({ final: 800_000, maxRate: 100 }, { from: at, initial: 5000, maxRate: 100 });
    expect(kwh(below, rounded)).toBeCloseTo(960 - 10 / 3, 1);
  });

  test('a first reading of the new device that is a false zero', () => {
    const of = epochs({ final: 812_483.33 }, { from: at, initial: 5000 });
    const zero = rounded.map((p, i) => (i === NOON + 1 ? { ...p, value: 0 } : p));
    expect(kwh(of, zero)).toBeCloseTo(960, 1);
    const low = rounded.map((p, i) => (i === NOON + 1 ? { ...p, value: 7 } : p));
    expect(kwh(of, low)).toBeCloseTo(960, 1);
  });

  test('two devices between two readings, the one in the middle only written down', () => {
    const of = epochs(
      { final: 812_483.33 },
      { from: at, initial: 70, final: 75 },
      { from: at + 300_000, initial: 5000 },
    );
    // 3.33, 5 and what the third showed since.
    expect(kwh(of, rounded)).toBeCloseTo(950 + 3.33 + 5 + 6.67, 6);
  });
});

describe('an exchange at the instant of a reading', () => {
  test('the reading is of the new device, and better than what was noted', () => {
    const of = epochs({ final: 812_480 }, { from: when(NOON), initial: 4999 });
    const points = [...steady(812_000).slice(0, NOON), ...steady(5000 - 480).slice(NOON)];
    expect(kwh(of, points)).toBe(960);
  });

  test('at the first reading of a month, the month before is closed by the note', () => {
    const of = epochs({ final: 812_480 }, { from: when(NOON), initial: 5000 });
    const points = [...steady(812_000).slice(0, NOON), ...steady(5000 - 480).slice(NOON)];
    // The first of May begins with reading 48.
    expect(zone.startOf('month', when(NOON))).toBe(when(NOON));
    expect(kwh(of, points, 0, NOON)).toBe(480);
    expect(kwh(of, points, NOON, 97)).toBe(480);
  });
});

describe('other transformers for the same device', () => {
  /** The register goes on from `first`, at 10 / 40 a quarter before and 10 / 60 after. */
  function changed(first: number, at: number, end: number | null = null): Point[] {
    return Array.from({ length: 97 }, (_, i) => {
      const before = Math.min(i, at);
      const shown = first + (before * 10) / 40 + ((i - before) * 10) / 60;
      return { time: when(i), value: Math.round((end === null ? shown : shown % end) * 100) / 100 };
    });
  }

  test('noted, the two sides are measured', () => {
    const of = epochs(
      { multiplier: 40, final: 1012 },
      { from: when(NOON), multiplier: 60, continues: true, initial: 1012 },
    );
    expect(kwh(of, changed(1000, NOON))).toBeCloseTo(960, 6);
    expect(steps(of, changed(1000, NOON)).every((s) => s.kind === 'measured')).toBe(true);
  });

  test('at the instant of a reading nothing has to be noted', () => {
    const of = epochs({ multiplier: 40 }, { from: when(NOON), multiplier: 60, continues: true });
    expect(kwh(of, changed(1000, NOON), 0, NOON)).toBeCloseTo(480, 6);
    expect(kwh(of, changed(1000, NOON), NOON, 97)).toBeCloseTo(480, 6);
  });

  test('between two readings the register there is reckoned, and both parts are recovered', () => {
    const of = epochs(
      { multiplier: 40 },
      { from: when(NOON) + QUARTER / 3, multiplier: 60, continues: true },
    );
    const points = changed(1000, NOON + 1 / 3);
    expect(kwh(of, points)).toBeCloseTo(960, 0);
    const recovered = steps(of, points).filter((s) => s.kind === 'recovered');
    // A third of 10 kWh and two thirds, to the register's steps of 0.01.
    expect(recovered.map((s) => Math.round(s.micro / MICRO))).toEqual([3, 7]);
  });

  test.each([
    ['a false zero before it', NOON, 0],
    ['a false zero after it', NOON + 1, 0],
    ['ten times too much before it', NOON, 10_000],
    ['ten times too much after it', NOON + 1, 10_000],
    ['a low reading before it', NOON, 3],
    ['a low reading after it', NOON + 1, 3],
  ])('%s is set aside', (_, place, value) => {
    const of = epochs(
      { multiplier: 40 },
      { from: when(NOON) + QUARTER / 3, multiplier: 60, continues: true },
    );
    const points = changed(1000, NOON + 1 / 3).map((p, i) => (i === place ? { ...p, value } : p));
    // The steady load is reckoned through: a quarter of 0.01 × 60 at most.
    expect(Math.abs(kwh(of, points) - 960)).toBeLessThan(1);
  });

  test('while the register returns to 0', () => {
    const at = NOON + 1 / 3;
    // 987.92 + 48 × 0.25 = 999.92; a third of a quarter later 1,000.003
    const of = epochs(
      { multiplier: 40, rolloverAt: 1000 },
      { from: when(NOON) + QUARTER / 3, multiplier: 60, continues: true, rolloverAt: 1000 },
    );
    expect(Math.abs(kwh(of, changed(987.92, at, 1000)) - 960)).toBeLessThan(1);
  });
});

describe('a volatile counter starts again at 0 when its power returns', () => {
  const of = meter({ volatile: true, epoch: { maxRate: 80 } });
  const pulses = (shown: (i: number) => number | null): Point[] =>
    Array.from({ length: 97 }, (_, i) => ({ time: when(i), value: shown(i) })).filter(
      (p): p is Point => p.value !== null,
    );

  test('counts what it shows after a restart', () => {
    // Restarted just after reading 48: it shows 10 at reading 49, as if nothing had happened.
    expect(
      kwh(
        of,
        pulses((i) => (i <= 48 ? i * 10 : (i - 48) * 10)),
      ),
    ).toBe(960);
    // Restarted in the middle: 5 are lost with the counter's memory, and nothing is invented.
    expect(
      kwh(
        of,
        pulses((i) => (i <= 48 ? i * 10 : (i - 48) * 10 - 5)),
      ),
    ).toBe(955);
  });

  test('restarts that follow each other, and one in an outage', () => {
    expect(
      kwh(
        of,
        pulses((i) => (i % 8) * 10),
      ),
    ).toBe(84 * 10);
    expect(
      kwh(
        of,
        pulses((i) => (i <= 40 ? i * 10 : i < 60 ? null : (i - 60) * 10)),
      ),
    ).toBe(400 + 360);
  });

  test('a reading beyond the ceiling is none, up or down', () => {
    const spike = pulses((i) => (i === 30 ? 90_000 : i * 10));
    expect(kwh(of, spike)).toBe(960);
    const wrong = pulses((i) => (i === 70 ? 400 : i * 10));
    // 400 in a quarter of an hour is more than 80 kWh/h allow, so it is no restart.
    expect(kwh(of, wrong)).toBe(960);
  });
});

test('readings before the first epoch and after the last count nothing', () => {
  const of = epochs({ from: when(10), to: when(50) });
  expect(kwh(of, steady(100))).toBe(39 * 10);
  expect(hoursOf(of, steady(100).slice(60), zone, when(60), when(60) + 10 * HOUR_MS)).toEqual([]);
});
