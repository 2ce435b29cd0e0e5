import { expect, test } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';
import type { HandOver, Rollup, RollupLevel, RollupWrite, TimeSeries } from '../../server/timeseries/port.ts';

export const LEVELS: readonly RollupLevel[] = ['hour', 'day', 'month'];
export const EVER = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
const start = Date.parse('2026-01-01T00:00:00+08:00');

export function handOver(parts: Partial<HandOver>): HandOver {
  return { cursor: 0, readings: [], hours: [], days: [], months: [], ...parts };
}

export function byMeter<T extends { meter: number }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => a.meter - b.meter);
}

function reading(meter: number, time: number, value: number, flags = 0): Reading {
  return { meter, time, value, flags };
}

function rollup(meter: number, at: number, measured: number, rest: Partial<RollupWrite> = {}): RollupWrite {
  return { meter, start: at, measured, recovered: 0, estimated: 0, coveredMs: HOUR_MS, isNew: true, ...rest };
}

function asRead({ isNew: _, ...row }: RollupWrite): Rollup {
  return row;
}

/** Everything that an engine holds of some meters. */
export async function contents(store: TimeSeries, meters: readonly number[]): Promise<unknown> {
  return {
    readings: await store.readings(meters, ...EVER),
    hours: await store.rollups('hour', meters, ...EVER),
    days: await store.rollups('day', meters, ...EVER),
    months: await store.rollups('month', meters, ...EVER),
  };
}

export interface Opened {
  store: TimeSeries;
  /** Closes the store and opens it anew on the same data. */
  again(): Promise<TimeSeries>;
}

/** What every engine of the time series does; the same words for each of them. */
export function contract(open: () => Promise<Opened>): void {
  test('an empty store has nothing', async () => {
    const { store } = await open();
    expect(await contents(store, [1, 2])).toEqual({ readings: [], hours: [], days: [], months: [] });
    expect(await store.latest()).toEqual([]);
    expect(await store.before([1], start)).toEqual([]);
    expect(await store.after([1], start)).toEqual([]);
    expect(await store.existing([reading(1, start, 1)])).toEqual([]);
    expect(await store.sums('hour', [1], ...EVER)).toEqual([]);
  });

  test('readings come back in order of meter, then time, whatever order they came in', async () => {
    const { store } = await open();
    // As text 10 comes before 9: meters are numbers.
    const all = [9, 10, 2].flatMap((m) =>
      [3, 1, 2].map((i) => reading(m, start + i * 900_000, m * i, i % 4)),
    );
    await store.write(handOver({ cursor: 1, readings: all }));
    const sorted = [...all].sort((a, b) => a.meter - b.meter || a.time - b.time);
    expect(await store.readings([10, 9, 2], ...EVER)).toEqual(sorted);
    expect(await store.readings([10], ...EVER)).toEqual(sorted.filter((r) => r.meter === 10));
    expect(await store.readings([77], ...EVER)).toEqual([]);
  });

  test('a span holds its first instant and not its last', async () => {
    const { store } = await open();
    const all = [0, 1, 2, 3].map((i) => reading(1, start + i, i));
    const hours = [0, 1, 2, 3].map((i) => rollup(1, start + i * HOUR_MS, i));
    await store.write(handOver({ cursor: 1, readings: all, hours }));
    expect(await store.readings([1], start + 1, start + 3)).toEqual(all.slice(1, 3));
    expect(await store.readings([1], start + 1, start + 1)).toEqual([]);
    expect(await store.rollups('hour', [1], start + HOUR_MS, start + 3 * HOUR_MS)).toEqual(
      hours.slice(1, 3).map(asRead),
    );
    expect(
      (await store.sums('hour', [1], start + HOUR_MS, start + 3 * HOUR_MS)).map((s) => s.measured),
    ).toEqual([1, 2]);
  });

  test('a limit cuts after the first rows in order of meter, then time', async () => {
    const { store } = await open();
    const all = [1, 2, 10].flatMap((m) => [0, 1, 2, 3].map((i) => reading(m, start + i * 1000, i)));
    await store.write(handOver({ cursor: 1, readings: all }));
    for (const limit of [1, 4, 6, 11, 12, 13]) {
      expect(await store.readings([1, 2, 10], ...EVER, limit)).toEqual(all.slice(0, limit));
    }
  });

  test('numbers come back bit for bit', async () => {
    const { store } = await open();
    const big = Number.MAX_SAFE_INTEGER;
    const values = [
      big,
      -big,
      0.1 + 0.2,
      1 / 3,
      0,
      -0,
      5e-324,
      1e-7,
      123456.789,
      1e21,
      Number.MAX_VALUE,
      -2.5e-300,
    ];
    const all = values.map((value, i) => reading(1, start + i, value, 255));
    const odd = rollup(4_294_967_295, start, big, { recovered: -big, estimated: -1, coveredMs: 0 });
    await store.write(handOver({ cursor: 1, readings: all, hours: [odd], days: [odd], months: [odd] }));
    const found = await store.readings([1], ...EVER);
    expect(found).toHaveLength(12);
    for (const [i, r] of found.entries()) expect(Object.is(r.value, values[i]), `${values[i]}`).toBe(true);
    expect(found.map((r) => r.flags)).toEqual(values.map(() => 255));
    for (const level of LEVELS)
      expect(await store.rollups(level, [odd.meter], ...EVER)).toEqual([asRead(odd)]);
  });

  test('a rollup that is no whole number is refused, and nothing of it is kept', async () => {
    const { store } = await open();
    for (const measured of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(store.write(handOver({ cursor: 1, hours: [rollup(1, start, measured)] }))).rejects.toThrow(
        RangeError,
      );
    }
    expect(await store.rollups('hour', [1], ...EVER)).toEqual([]);
    await store.write(handOver({ cursor: 1, hours: [rollup(1, start, -0)] }));
    expect(await store.rollups('hour', [1], ...EVER)).toEqual([asRead(rollup(1, start, 0))]);
  });

  test('each level keeps its own rollups, and a rollup that is not new takes the place of the old one', async () => {
    const { store } = await open();
    const hours = [1, 10, 2].flatMap((m) => [0, 1].map((i) => rollup(m, start + i * HOUR_MS, 100 * m + i)));
    const days = [rollup(1, start, 7, { coveredMs: DAY_MS })];
    const months = [rollup(1, start, 8, { recovered: 5, estimated: 3 })];
    await store.write(handOver({ cursor: 1, hours, days, months }));
    await store.write(
      handOver({
        cursor: 2,
        hours: [rollup(10, start, 5, { isNew: false }), rollup(10, start + 2 * HOUR_MS, 6)],
        months: [rollup(1, start, 9, { isNew: false, recovered: 1 })],
      }),
    );
    expect(await store.rollups('hour', [2, 10], ...EVER)).toEqual(
      [
        rollup(2, start, 200),
        rollup(2, start + HOUR_MS, 201),
        rollup(10, start, 5),
        rollup(10, start + HOUR_MS, 1001),
        rollup(10, start + 2 * HOUR_MS, 6),
      ].map(asRead),
    );
    expect(await store.rollups('day', [1], ...EVER)).toEqual(days.map(asRead));
    expect(await store.rollups('month', [1], ...EVER)).toEqual([
      asRead(rollup(1, start, 9, { recovered: 1 })),
    ]);
  });

  test('a rollup that has ended and is written again takes the place of the old one whole', async () => {
    const { store } = await open();
    const hours = [0, 1, 2].map((i) => rollup(1, start + i * HOUR_MS, i, { recovered: 5, estimated: 7 }));
    await store.write(handOver({ cursor: 1, hours }));
    // Nothing of the first is recovered or estimated any more.
    await store.write(handOver({ cursor: 2, hours: [rollup(1, start, 12, { isNew: false })] }));
    expect(await store.rollups('hour', [1], ...EVER)).toEqual(
      [rollup(1, start, 12), hours[1] as RollupWrite, hours[2] as RollupWrite].map(asRead),
    );
  });

  test('a hand-over of unknown fate, asked for and written again as the ledger does, is there once', async () => {
    const { store } = await open();
    const readings = [1, 2].flatMap((m) => [0, 1, 2].map((i) => reading(m, start + i * 900_000, i)));
    const hours = [1, 2].map((m) => rollup(m, start, 2_000_000));
    const batch = handOver({ cursor: 7, readings, hours, days: hours, months: hours });
    expect(await store.applied(7)).toBe(false);
    await store.write(batch);
    const once = await contents(store, [1, 2]);
    for (let i = 0; i < 3; i++) if (!(await store.applied(7))) await store.write(batch);
    expect(await contents(store, [1, 2])).toEqual(once);
    expect(await store.applied(8)).toBe(false);
  });

  test('hand-overs that are given side by side are all there, and the newest reading is the newest of them', async () => {
    const { store } = await open();
    const readings = [5, 90, 30, 70].map((i) => reading(1, start + i, i));
    await Promise.all(
      readings.map((r, i) => store.write(handOver({ cursor: i + 1, readings: [r, { ...r, meter: 2 + i }] }))),
    );
    expect(byMeter(await store.latest())).toEqual([
      readings[1],
      ...readings.map((r, i) => ({ ...r, meter: 2 + i })),
    ]);
    expect(await store.readings([1], ...EVER)).toHaveLength(4);
  });

  test('replace puts new rollups in place of all that was in the span, and leaves the rest alone', async () => {
    const { store } = await open();
    const at = [-1, 0, 1, 2, 3].map((i) => start + i * HOUR_MS);
    const old = [1, 2, 3].flatMap((m) => at.map((t, i) => rollup(m, t, 10 * m + i)));
    await store.write(handOver({ cursor: 1, hours: old, days: old, months: old }));
    const hours = [rollup(1, at[1] as number, 77), rollup(2, (at[2] as number) + 1, 88)].map(asRead);
    // Meters 1 and 2, from the second to before the last: of six rollups a level, two new ones are left in hours.
    await store.replace([1, 2], at[1] as number, at[4] as number, {
      hours,
      days: [],
      months: hours.slice(0, 1),
    });
    const outside = old.filter((r) => r.meter === 3 || r.start === at[0] || r.start === at[4]).map(asRead);
    const sorted = (rows: Rollup[]): Rollup[] => rows.sort((a, b) => a.meter - b.meter || a.start - b.start);
    expect(await store.rollups('hour', [1, 2, 3], ...EVER)).toEqual(sorted([...outside, ...hours]));
    expect(await store.rollups('day', [1, 2, 3], ...EVER)).toEqual(sorted([...outside]));
    expect(await store.rollups('month', [1, 2, 3], ...EVER)).toEqual(
      sorted([...outside, ...hours.slice(0, 1)]),
    );
    // 31 and the 77 or nothing: what is gone counts neither in a sum nor as a meter.
    const sums = await store.sums('hour', [1, 3], at[1] as number, at[3] as number);
    expect(sums).toEqual([
      { start: at[1], measured: 77 + 31, recovered: 0, estimated: 0, coveredMs: 2 * HOUR_MS, meters: 2 },
      { start: at[2], measured: 32, recovered: 0, estimated: 0, coveredMs: HOUR_MS, meters: 1 },
    ]);
    expect(await store.sums('day', [1, 2], at[1] as number, at[4] as number)).toEqual([]);
  });

  test('replace takes a span without ends as well', async () => {
    const { store } = await open();
    const rows = [1, 2].flatMap((m) => [-900, 0, 900].map((d) => rollup(m, start + d * DAY_MS, m)));
    await store.write(handOver({ cursor: 1, hours: rows, days: rows, months: rows }));
    const kept = asRead(rollup(1, start, 7));
    await store.replace([1], ...EVER, { hours: [kept], days: [], months: [] });
    const others = rows.filter((r) => r.meter === 2).map(asRead);
    expect(await store.rollups('hour', [1, 2], ...EVER)).toEqual([kept, ...others]);
    expect(await store.rollups('day', [1, 2], ...EVER)).toEqual(others);
    await store.replace([2], start, Number.POSITIVE_INFINITY, { hours: [], days: [], months: [] });
    expect(await store.rollups('month', [1, 2], ...EVER)).toEqual(others.slice(0, 1));
  });

  test('what replace took away can come back', async () => {
    const { store } = await open();
    const row = rollup(1, start, 5);
    await store.write(handOver({ cursor: 1, hours: [row] }));
    await store.replace([1], start, start + DAY_MS, { hours: [], days: [], months: [] });
    expect(await store.rollups('hour', [1], ...EVER)).toEqual([]);
    await store.write(handOver({ cursor: 2, hours: [{ ...row, measured: 6 }] }));
    expect(await store.rollups('hour', [1], ...EVER)).toEqual([asRead({ ...row, measured: 6 })]);
    await store.replace([1], start, start + DAY_MS, { hours: [asRead(row)], days: [], months: [] });
    await store.replace([1], start, start + DAY_MS, { hours: [asRead(row)], days: [], months: [] });
    expect(await store.rollups('hour', [1], ...EVER)).toEqual([asRead(row)]);
  });

  test('existing names those readings that are there, with the stored value', async () => {
    const { store } = await open();
    const stored = [1, 2].flatMap((m) =>
      [0, 1, 2, 500, 20_000].map((i) => reading(m, start + i * 900_000, m + i, 2)),
    );
    await store.write(handOver({ cursor: 1, readings: stored }));
    const asked = [
      reading(1, start, 99),
      reading(1, start + 1, 1),
      reading(2, start + 900_000, 3),
      reading(2, start + 20_000 * 900_000, -1),
      reading(3, start, 0),
      reading(1, start, 99),
    ];
    expect(byMeter(await store.existing(asked)).sort((a, b) => a.time - b.time)).toEqual([
      reading(1, start, 1, 2),
      reading(2, start + 900_000, 3, 2),
      reading(2, start + 20_000 * 900_000, 20_002, 2),
    ]);
    expect(await store.existing([])).toEqual([]);
    expect(await store.existing([reading(1, start + 5, 1)])).toEqual([]);
  });

  test('existing finds every one of thousands of scattered readings', async () => {
    const { store } = await open();
    const scattered = Array.from({ length: 6000 }, (_, i) =>
      reading(1 + (i % 150), start - ((i * 7919) % 6007) * 7_200_011, i),
    );
    const known = scattered.filter((_, i) => i % 3 !== 0);
    await store.write(handOver({ cursor: 1, readings: known }));
    const order = (rows: readonly Reading[]): Reading[] => [...rows].sort((a, b) => a.value - b.value);
    expect(order(await store.existing(scattered))).toEqual(order(known));
  });

  test('before is strictly before, after includes the instant, near or years away', async () => {
    const { store } = await open();
    const far = start - 900 * DAY_MS;
    const all = [
      ...[0, 1, 2].map((i) => reading(1, start + i * HOUR_MS, i)),
      reading(2, far, 20),
      reading(2, far + 1, 21),
      reading(3, start - 30 * DAY_MS, 30),
      reading(10, start + 2000 * DAY_MS, 100),
    ];
    await store.write(handOver({ cursor: 1, readings: all }));
    const meters = [1, 2, 3, 10, 11];
    expect(byMeter(await store.before(meters, start + HOUR_MS))).toEqual([all[0], all[4], all[5]]);
    expect(byMeter(await store.before(meters, start + HOUR_MS + 1))).toEqual([all[1], all[4], all[5]]);
    expect(byMeter(await store.before(meters, far + 1))).toEqual([all[3]]);
    expect(byMeter(await store.before(meters, Number.MAX_SAFE_INTEGER))).toEqual([
      all[2],
      all[4],
      all[5],
      all[6],
    ]);
    expect(byMeter(await store.after(meters, start + HOUR_MS))).toEqual([all[1], all[6]]);
    expect(byMeter(await store.after(meters, start + HOUR_MS + 1))).toEqual([all[2], all[6]]);
    expect(byMeter(await store.after(meters, 0))).toEqual([all[0], all[3], all[5], all[6]]);
    expect(byMeter(await store.after([3], far))).toEqual([all[5]]);
    expect(byMeter(await store.latest())).toEqual([all[2], all[4], all[5], all[6]]);
    expect(await store.before([], start)).toEqual([]);
    expect(await store.after([], start)).toEqual([]);
  });

  test('no meters, no rows; a meter named twice counts once', async () => {
    const { store } = await open();
    const hours = [rollup(1, start, 5)];
    await store.write(
      handOver({ cursor: 1, readings: [reading(1, start, 1)], hours, days: hours, months: hours }),
    );
    expect(await store.readings([], ...EVER)).toEqual([]);
    for (const level of LEVELS) {
      expect(await store.rollups(level, [], ...EVER)).toEqual([]);
      expect(await store.sums(level, [], ...EVER)).toEqual([]);
      expect((await store.sums(level, [1, 1], ...EVER)).map((s) => [s.measured, s.meters])).toEqual([[5, 1]]);
    }
    await store.replace([], ...EVER, { hours: [], days: [], months: [] });
    expect(await store.rollups('hour', [1, 1], ...EVER)).toEqual(hours.map(asRead));
    expect(await store.readings([1, 1], ...EVER)).toEqual([reading(1, start, 1)]);
  });

  test('1,200 meters in one question: sums are the sums of the rollups', async () => {
    const { store } = await open();
    const meters = Array.from({ length: 1200 }, (_, i) => i + 1);
    const rows = meters.flatMap((m) =>
      [0, 1, 2, 3]
        .filter((d) => (m + d) % 5 !== 0)
        .map((d) =>
          rollup(m, start + d * DAY_MS, m * 1_000_003 + d, {
            recovered: m % 7,
            estimated: d,
            coveredMs: m * 1000,
          }),
        ),
    );
    const readings = meters.map((m) => reading(m, start + m, m));
    await store.write(handOver({ cursor: 1, readings, days: rows }));
    expect(await store.rollups('day', meters, ...EVER)).toEqual(rows.map(asRead));
    expect(await store.readings(meters, ...EVER)).toEqual(readings);
    expect(byMeter(await store.latest())).toEqual(readings);
    const asked = meters.filter((m) => m % 2 === 0);
    const expected = [0, 1, 2, 3].map((d) => {
      const own = rows.filter((r) => r.meter % 2 === 0 && r.start === start + d * DAY_MS);
      const sum = (f: (r: Rollup) => number): number => own.reduce((n, r) => n + f(r), 0);
      return {
        start: start + d * DAY_MS,
        measured: sum((r) => r.measured),
        recovered: sum((r) => r.recovered),
        estimated: sum((r) => r.estimated),
        coveredMs: sum((r) => r.coveredMs),
        meters: own.length,
      };
    });
    expect(await store.sums('day', asked, ...EVER)).toEqual(expected);
  });

  test('25,000 readings in one hand-over arrive all', async () => {
    const { store } = await open();
    const readings = Array.from({ length: 25_000 }, (_, i) => reading(1 + (i % 3), start + i * 1000, i));
    await store.write(handOver({ cursor: 1, readings }));
    const found = await store.readings([1, 2, 3], ...EVER);
    expect(found.sort((a, b) => a.time - b.time)).toEqual(readings);
  });

  test('what was written is there after a restart', async () => {
    const { store, again } = await open();
    const hours = [1, 2].map((m) => rollup(m, start, m));
    await store.write(
      handOver({ cursor: 3, readings: [reading(1, start, 1.5)], hours, days: hours, months: hours }),
    );
    await store.replace([2], start, start + 1, {
      hours: [],
      days: [],
      months: [asRead(rollup(2, start, 9))],
    });
    const before = await contents(store, [1, 2]);
    const reopened = await again();
    expect(await contents(reopened, [1, 2])).toEqual(before);
    await reopened.write(handOver({ cursor: 4, readings: [reading(1, start + 1, 2.5)] }));
    expect(await reopened.readings([1], ...EVER)).toEqual([
      reading(1, start, 1.5),
      reading(1, start + 1, 2.5),
    ]);
  });
}
