import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { hoursOf } from '../../server/domain/consumption.ts';
import { isBreak } from '../../server/domain/judgement.ts';
import type { Meter } from '../../server/domain/meter.ts';
import { type Point, readRegister } from '../../server/domain/register.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import {
  CEILINGS,
  type Ceiling,
  COUNT,
  QUARTER,
  ROWS,
  type Row,
  SCALES,
  START,
  stream,
  told,
} from './table.ts';

const zone = new Zone('Asia/Shanghai');

function total(of: Meter, points: readonly Point[], from = START, to = START + 49 * HOUR_MS): number {
  return hoursOf(of, points, zone, from, to).reduce((n, h) => n + h.measured + h.recovered + h.estimated, 0);
}

function breaks(of: Meter, points: readonly Point[]): number {
  let count = 0;
  readRegister(of, points, { told: ({ verdict }) => void (isBreak(verdict) && count++) });
  return count;
}

describe.each(SCALES)('$name', (scale) => {
  describe.each(CEILINGS)('ceiling: %s', (ceiling) => {
    test('steady', () => {
      const { meter, points, truth } = told(stream(scale, ceiling));
      expect(truth).toBe(192 * scale.quarter);
      expect(total(meter, points)).toBe(truth * MICRO);
    });

    test.each(ROWS)('$name', (row) => {
      const s = stream(scale, ceiling);
      if (!row.apply(s, 90)) return;
      const { meter, points, truth } = told(s);
      expect(total(meter, points)).toBe(truth * MICRO);
      // What is not counted is listed.
      expect(breaks(meter, points)).toBe(s.unknown);
    });

    test('any two of them, and any three, one after the other and over the end of the month', () => {
      let combined = 0;
      for (const rows of combinations()) {
        // Reading 96 is the first of April; they follow each other eight readings apart at least.
        const s = stream(scale, ceiling);
        if (!rows.every((row, i) => row.apply(s, 20 + i * 56))) continue;
        const { meter, points, truth } = told(s);
        const names = rows.map((r) => r.name).join('; ');
        expect(total(meter, points), names).toBe(truth * MICRO);
        const april = Date.parse('2026-04-01T00:00:00+08:00');
        const parts = total(meter, points, START, april) + total(meter, points, april, START + 49 * HOUR_MS);
        expect(parts, names).toBe(truth * MICRO);
        combined++;
      }
      expect(combined).toBeGreaterThan(300);
    });
  });
});

function* combinations(): Generator<Row[]> {
  for (const a of ROWS)
    for (const b of ROWS) {
      yield [a, b];
      for (const c of ROWS) yield [a, b, c];
    }
}

/** What nobody can know: these are counted, because nothing says that they are wrong. */
describe('without a ceiling, and without enough history to learn one', () => {
  const higher = (ceiling: Ceiling): { of: Meter; points: Point[] } => {
    const { meter: of, points } = told(stream(SCALES[0] as (typeof SCALES)[0], ceiling));
    return { of, points: points.map((p, i) => (i < 90 ? p : { ...p, value: p.value + 5040 })) };
  };

  test('a step up that never falls back passes for a load', () => {
    const { of, points } = higher('none');
    expect(total(of, points) / MICRO).toBe(1920 + 5040);
    expect(breaks(of, points)).toBe(0);
    const known = higher('learned');
    expect(total(known.of, known.points) / MICRO).toBe(1920 - 10);
  });

  test('a wrong reading that is the last one so far passes for a load until the next one comes', () => {
    const { meter: of, points } = told(stream(SCALES[0] as (typeof SCALES)[0], 'none'));
    const wrong = points.map((p, i) => (i === 50 ? { ...p, value: p.value + 70_000 } : p));
    expect(total(of, wrong.slice(0, 51)) / MICRO).toBe(50 * 10 + 70_000);
    expect(total(of, wrong.slice(0, 52)) / MICRO).toBe(51 * 10);
  });

  test('a device exchanged in the last tenth of its register for one in the first passes for a return to 0', () => {
    const { meter: of, points } = told(
      stream({ name: '', quarter: 10, multiplier: 1, first: 960_000 }, 'none'),
    );
    const exchanged = points.map((p, i) => (i < 90 ? p : { ...p, value: 5000 + (i - 90) * 10 }));
    // 960,890 at the last reading before it: 39,110 to the end and 5,000 after it.
    expect(total(of, exchanged) / MICRO).toBe(191 * 10 + 39_110 + 5000);
    const ceiling = { ...of, epochs: of.epochs.map((e) => ({ ...e, maxRate: 400 })) };
    expect(total(ceiling, exchanged) / MICRO).toBe(191 * 10);
  });
});

test('a gateway that shows 0 before it has reached its meter for the first time', () => {
  for (const ceiling of CEILINGS) {
    for (const zeros of [1, 2, 40]) {
      const { meter: of, points } = told(stream(SCALES[0] as (typeof SCALES)[0], ceiling));
      const spoilt = points.map((p, i) => (i < zeros ? { ...p, value: 0 } : p));
      expect(total(of, spoilt) / MICRO, `${ceiling}, ${zeros}`).toBe(1920 - zeros * 10);
    }
  }
});

test('a new device that begins at 0 loses nothing', () => {
  for (const ceiling of CEILINGS) {
    for (const idle of [1, 2, 40]) {
      const { meter: of } = told(stream(SCALES[0] as (typeof SCALES)[0], ceiling));
      const points = Array.from({ length: COUNT }, (_, i) => ({
        time: START + i * QUARTER,
        value: Math.max(0, i - idle + 1) * 10,
      }));
      expect(total(of, points) / MICRO, `${ceiling}, ${idle}`).toBe((COUNT - idle) * 10);
    }
  }
});
