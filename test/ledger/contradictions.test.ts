import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Meter } from '../../server/domain/meter.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';
import { estate, meter } from '../support/estate.ts';
import { QUARTER, type Rig, reference, rig } from './rig.ts';

const FIRST = Date.parse('2026-02-25T00:00:00+08:00');

/** 40 kW from 25 February on. */
function steady(days: number, change: (value: number, i: number) => number | null = (v) => v): Reading[] {
  return Array.from({ length: days * 96 + 1 }, (_, i) => i).flatMap((i) => {
    const value = change(812_000 + i * 10, i);
    return value === null ? [] : [{ meter: 1, time: FIRST + i * QUARTER, value, flags: 0 }];
  });
}

async function rollups({ state }: Rig): Promise<unknown> {
  const { readings: _, ...rest } = (await state()) as Record<string, unknown>;
  return rest;
}

const months = async ({ timeseries }: Rig): Promise<number[]> =>
  (await timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY)).map(
    (m) => (m.measured + m.recovered) / MICRO,
  );

const CEILINGS: [string, Meter][] = [
  ['a ceiling', meter({ epoch: { maxRate: 2000, rolloverAt: 1_000_000 } })],
  ['a learned one', meter({ learned: { rate: 400, learnedAt: 0, from: 0, to: 0, steps: 1344 } })],
  ['none', meter()],
];

describe.each(CEILINGS)('with %s', (_, of) => {
  test('a zero that stands for five days over a month’s end, with restarts in the middle', async () => {
    const it = await rig(estate([of]));
    const readings = steady(10, (v, i) => (i >= 2 * 96 && i < 7 * 96 ? 0 : v));
    for (let i = 0; i < readings.length; i += 32) {
      await it.feed(readings.slice(i, i + 32));
      // While it stands nothing is counted, and nobody is told that nothing was used.
      const [february] = await months(it);
      expect(february ?? 0).toBeLessThanOrEqual(4 * 960);
      if (i % 320 === 0) await it.restart();
    }
    expect(await rollups(it)).toEqual(reference(estate([of]), readings));
    // Four days of February and six of March.
    expect(await months(it)).toEqual([4 * 960, 6 * 960]);
    await it.ledger.stop();
  });

  test('a spike every six hours for ten days, and a false zero every seven', async () => {
    const it = await rig(estate([of]));
    const readings = steady(10, (v, i) => (i % 24 === 23 ? v * 10 : i % 28 === 17 ? 0 : v));
    for (let i = 0; i < readings.length; i += 11) {
      await it.feed(readings.slice(i, i + 11));
      if (i % 330 === 0) await it.restart();
    }
    expect(await rollups(it)).toEqual(reference(estate([of]), readings));
    expect(await months(it)).toEqual([4 * 960, 6 * 960]);
    await it.ledger.stop();
  });

  test('readings every six hours where every quarter was expected: two accidents far apart in time, near in number', async () => {
    const sparse = steady(40, (v, i) =>
      i % 24 ? null : i === 24 * 30 ? v * 10 : i === 24 * 50 || i === 24 * 20 ? 0 : v,
    );
    const it = await rig(estate([of]));
    for (let i = 0; i < sparse.length; i += 4) await it.feed(sparse.slice(i, i + 4));
    expect(await rollups(it)).toEqual(reference(estate([of]), sparse));
    // To 6 April: 4, 31 and 5 days.
    expect(await months(it)).toEqual([4 * 960, 31 * 960, 5 * 960]);
    await it.ledger.stop();
  });
});

test('a register that stands at 0 for more than a month was exchanged', async () => {
  const it = await rig(estate([meter()]));
  const readings = steady(45, (v, i) => (i % 4 ? null : i < 96 ? v : i < 40 * 96 ? 0 : (i - 40 * 96) / 4));
  for (let i = 0; i < readings.length; i += 48) await it.feed(readings.slice(i, i + 48));
  expect(await rollups(it)).toEqual(reference(estate([meter()]), readings));
  // 92 quarters of the old device, and five days at 1 kWh an hour of the new one.
  expect((await months(it)).reduce((a, b) => a + b, 0)).toBe(92 * 10 + 120);
  expect(it.journal.suspects()).toMatchObject([
    { verdict: 'suspected_exchange', previousValue: 812_920, value: 0 },
  ]);
  await it.ledger.stop();
});

describe('a late reading', () => {
  const hourly = meter({ intervalS: 3600 });
  /** 10 kWh an hour, 50 from 8 to 18, for 80 days; nothing from 10 to 12 April. */
  const gap = [Date.parse('2026-04-10T10:00:00+08:00'), Date.parse('2026-04-12T10:00:00+08:00')] as const;
  let value = 1000;
  const all = Array.from({ length: 80 * 24 }, (_, i): Reading => {
    const reading = { meter: 1, time: FIRST + i * HOUR_MS, value, flags: 0 };
    value += i % 24 >= 8 && i % 24 < 18 ? 50 : 10;
    return reading;
  }).filter((r) => r.time <= gap[0] || r.time >= gap[1]);

  test('twenty days before a gap changes how the gap is spread, its own hours, and nothing else', async () => {
    // Hours before it that nobody saw: the morning of 21 March.
    const [from, to] = [Date.parse('2026-03-21T08:00:00+08:00'), Date.parse('2026-03-21T13:00:00+08:00')];
    const late = all.filter((r) => r.time > from && r.time < to);
    const it = await rig(estate([hourly]));
    await it.feed(all.filter((r) => !late.includes(r)));
    const before = await it.timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
    await it.feed(late);
    const after = await it.timeseries.rollups('hour', [1], 0, Number.POSITIVE_INFINITY);
    expect(await rollups(it)).toEqual(reference(estate([hourly]), all));
    const changed = after
      .filter((h, i) => JSON.stringify(h) !== JSON.stringify(before[i]))
      .map((h) => h.start);
    expect(changed.length).toBeGreaterThan(0);
    for (const at of changed) expect((at >= from && at < to) || (at >= gap[0] && at < gap[1])).toBe(true);
    const sum = (hours: typeof after): number => hours.reduce((n, h) => n + h.measured + h.recovered, 0);
    expect(sum(after)).toBe(sum(before));
    const revised = it.journal.revisions({ limit: 10 }).map((r) => r.month);
    const starts = ['2026-03-01', '2026-04-01'].map((d) => Date.parse(`${d}T00:00:00+08:00`));
    expect(revised.every((m) => starts.includes(m))).toBe(true);
    await it.ledger.stop();
  });

  test('more than four weeks before it leaves the gap alone', async () => {
    const late = all.filter((r) => r.time > FIRST + 5 * DAY_MS && r.time < FIRST + 5 * DAY_MS + 20 * HOUR_MS);
    const it = await rig(estate([hourly]));
    await it.feed(all.filter((r) => !late.includes(r)));
    const before = await it.timeseries.rollups('hour', [1], gap[0], gap[1]);
    await it.feed(late);
    expect(await it.timeseries.rollups('hour', [1], gap[0], gap[1])).toEqual(before);
    expect(await rollups(it)).toEqual(reference(estate([hourly]), all));
    await it.ledger.stop();
  });

  test('before all others and after a register read by eye in an earlier month', async () => {
    const by = { no: 1, reason: 'first visit', recordedBy: 'Wang', recordedAt: 0 };
    const seen = meter({
      manual: [{ ...by, time: Date.parse('2026-01-20T12:00:00+08:00'), value: 811_000 }],
    });
    const it = await rig(estate([seen]));
    const readings = steady(10);
    await it.feed(readings.slice(500));
    await it.feed([readings[0] as Reading]);
    await it.feed(readings.slice(1, 500), 4);
    // 1,000 kWh from 20 January to 25 February, in both months; then 40 kW.
    const sums = await it.timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY);
    expect(sums.reduce((n, m) => n + m.estimated, 0)).toBe(1000 * MICRO);
    // 11.5 of 35.5 days in January
    expect(Math.round((sums[0]?.estimated ?? 0) / MICRO)).toBe(Math.round((1000 * 11.5) / 35.5));
    expect(sums.map((m) => (m.measured + m.recovered) / MICRO)).toEqual([0, 4 * 960, 6 * 960]);
    await it.ledger.stop();
  });
});
