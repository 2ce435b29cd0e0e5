import { expect, test } from 'vitest';
import { consumptionOf, rowLimit } from '../../server/conservation/consumption.ts';
import { meterSeries, nodeSeries } from '../../server/conservation/series.ts';
import type { Meter } from '../../server/domain/meter.ts';
import { HOUR_MS, LEVELS } from '../../server/domain/time.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import { estate, meter } from '../support/estate.ts';
import { all, register, store } from './store.ts';

const hourly = (differences: Partial<Meter> = {}): Meter => meter({ intervalS: 3600, ...differences });

test('days of 23 and of 25 hours are whole days, in New York', async () => {
  const of = estate([hourly()], 'America/New_York');
  const spring = Date.parse('2026-03-07T00:00:00-05:00');
  const autumn = Date.parse('2026-11-01T00:00:00-04:00');
  const timeseries = await store(of, { m1: register(spring, spring + 300 * 24 * HOUR_MS, () => 2) });
  const rows = async (level: 'day' | 'hour', from: number, to: number) =>
    all(consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), level, from, to));

  const march = await rows('day', spring, spring + 72 * HOUR_MS);
  expect(march.map((r) => [of.zone.iso(r.start), r.quantity, r.completeness])).toEqual([
    ['2026-03-07T00:00:00-05:00', 24 * 2, 1],
    ['2026-03-08T00:00:00-05:00', 23 * 2, 1],
    ['2026-03-09T00:00:00-04:00', 24 * 2, 1],
    // 72 hours reach one hour into the fourth day, which is there whole.
    ['2026-03-10T00:00:00-04:00', 24 * 2, 1],
  ]);
  const november = await rows('day', autumn, autumn + 25 * HOUR_MS);
  expect(november.map((r) => [of.zone.iso(r.start), r.quantity])).toEqual([
    ['2026-11-01T00:00:00-04:00', 25 * 2],
  ]);
  const twice = await rows('hour', autumn, autumn + 3 * HOUR_MS);
  expect(twice.map((r) => of.zone.iso(r.start))).toEqual([
    '2026-11-01T00:00:00-04:00',
    '2026-11-01T01:00:00-04:00',
    '2026-11-01T01:00:00-05:00',
  ]);
});

test('hours, days, months and years sum to the advance of the register, over years', async () => {
  const of = estate([hourly(), hourly({ no: 2 })], 'America/New_York');
  const from = Date.parse('2024-12-31T22:00:00-05:00');
  const to = Date.parse('2026-02-03T00:00:00-05:00');
  const uneven = register(from, to, (at) => ((at / HOUR_MS) % 7) / 3);
  const timeseries = await store(of, { m1: uneven, m2: register(from, to, () => 0.1) });
  const advance = (uneven.at(-1)?.value ?? 0) + Math.round(((to - from) / HOUR_MS) * 0.1 * 1e6) / 1e6;
  for (const level of LEVELS) {
    const rows = await all(consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), level, from, to));
    const micro = rows.reduce((sum, r) => sum + Math.round((r.quantity ?? 0) * 1e6), 0);
    expect([level, micro]).toEqual([level, Math.round(advance * 1e6)]);
  }
  const years = await all(consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), 'year', from, to));
  expect(years.map((r) => of.zone.wall(r.start).year)).toEqual([2024, 2025, 2026]);
});

test('a gap is null where nothing is known, and recovered where the register went on', async () => {
  const of = estate([hourly(), hourly({ no: 2 })]);
  const at = Date.parse('2026-05-01T00:00:00+08:00');
  const timeseries = await store(of, {
    // 10 at 0:00, 12 at 1:00, then 20 at 5:00: 8 in four hours of gap.
    m1: [
      { time: at, value: 10 },
      { time: at + HOUR_MS, value: 12 },
      { time: at + 5 * HOUR_MS, value: 20 },
    ],
    m2: register(at, at + 2 * HOUR_MS, () => 3),
  });
  const [m1] = of.meters.map(meterSeries);
  const one = await all(consumptionOf(timeseries, of.zone, [m1 as never], 'hour', at, at + 6 * HOUR_MS));
  expect(one.map((r) => [r.measured, r.recovered, r.quantity, r.completeness])).toEqual([
    [2, 0, 2, 1],
    [0, 2, 2, 0],
    [0, 2, 2, 0],
    [0, 2, 2, 0],
    [0, 2, 2, 0],
    [null, null, null, 0],
  ]);
  const both = await all(
    consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), 'hour', at, at + 3 * HOUR_MS),
  );
  // The second hour: 2 recovered of the one meter, 3 measured of the other, half of it covered.
  expect(both.map((r) => [r.quantity, r.completeness])).toEqual([
    [5, 1],
    [5, 0.5],
    [2, 0],
  ]);
});

test('gauges of a node are averaged by the time that they cover', async () => {
  const gauge = { register: 'gauge', unit: '°C', carrier: 'indoor_temperature' } as const;
  const of = estate([hourly({ ...gauge }), hourly({ no: 2, ...gauge })]);
  const at = Date.parse('2026-05-01T00:00:00+08:00');
  const constant = (value: number, hours: number) =>
    Array.from({ length: hours + 1 }, (_, i) => ({ time: at + i * HOUR_MS, value }));
  const timeseries = await store(of, { m1: constant(20, 24), m2: constant(26, 12) });
  const [day] = await all(consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), 'day', at, at + HOUR_MS));
  // (20 °C × 24 h + 26 °C × 12 h) / 36 h
  expect(day).toMatchObject({ quantity: 22, completeness: 36 / 48 });
  const [hour] = await all(consumptionOf(timeseries, of.zone, nodeSeries(of, 'b'), 'hour', at, at + HOUR_MS));
  expect(hour?.quantity).toBe(23);
});

test('a long range comes in chunks, single meters share their queries', async () => {
  const meters = Array.from({ length: 50 }, (_, i) => hourly({ no: i + 1 }));
  const of = estate(meters);
  const at = Date.parse('2026-01-01T00:00:00+08:00');
  const real = await store(of, { m1: register(at, at + 48 * HOUR_MS, () => 1) });
  let queries = 0;
  const counting: TimeSeries = new Proxy(real, {
    get(target, name) {
      if (name === 'sums' || name === 'rollups') queries++;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const year = at + 365 * 24 * HOUR_MS;
  const days = await all(consumptionOf(counting, of.zone, meters.map(meterSeries), 'day', at, year));
  expect([days.length, queries]).toEqual([50 * 365, 1]);
  expect(days.filter((r) => r.quantity !== null).map((r) => [r.series.id, r.quantity])).toEqual([
    ['m1', 24],
    ['m1', 24],
  ]);
  queries = 0;
  let longest = 0;
  let rows = 0;
  for await (const chunk of consumptionOf(counting, of.zone, meters.map(meterSeries), 'hour', at, year)) {
    longest = Math.max(longest, chunk.length);
    rows += chunk.length;
  }
  expect(rows).toBe(50 * 365 * 24);
  expect(longest).toBeLessThanOrEqual(20_000);
  queries = 0;
  await all(consumptionOf(counting, of.zone, nodeSeries(of, 'b'), 'day', at, year));
  expect(queries).toBe(1);
});

test('the row limit is never below the rows that come', async () => {
  for (const name of ['America/New_York', 'Australia/Lord_Howe']) {
    const { zone } = estate([hourly()], name);
    const from = Date.parse('2026-03-01T00:20:00-05:00');
    for (const level of LEVELS) {
      for (const days of [0.01, 1, 8, 31, 300, 366, 3000]) {
        const to = from + days * 24 * HOUR_MS;
        expect(rowLimit(1, level, from, to)).toBeGreaterThanOrEqual(zone.periods(level, from, to).length);
      }
    }
  }
});
