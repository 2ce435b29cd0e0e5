import fc from 'fast-check';
import { expect, test } from 'vitest';
import { consumptionOf } from '../../server/conservation/consumption.ts';
import { loadProfileOf } from '../../server/conservation/profile.ts';
import { rankingOf } from '../../server/conservation/ranking.ts';
import { nodeSeries, type Series, virtualSeries } from '../../server/conservation/series.ts';
import { sharesOf } from '../../server/conservation/shares.ts';
import { sumsOf } from '../../server/conservation/spans.ts';
import { summaryOf } from '../../server/conservation/summary.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Meter, VirtualMeter } from '../../server/domain/meter.ts';
import { HOUR_MS, type Level } from '../../server/domain/time.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import { meter } from '../support/estate.ts';
import { campus, virtual } from '../support/metering.ts';
import { all, register, store } from './store.ts';

type Point = ReturnType<typeof register>[number];

const at = (text: string): number => Date.parse(`${text}+08:00`);
const START = at('2026-04-01T00:00:00');
const hours = (n: number): number => START + n * HOUR_MS;
const real = (no: number, id: string, node: string, differences: Partial<Meter> = {}): Meter =>
  meter({ no, id, node, intervalS: 3600, ...differences });
const vb = virtual({ id: 'vb', node: 'b', parent: 'main', plus: ['main'], minus: ['ma'] });
const campusWithRest = (more: Meter[] = []): Estate =>
  campus([real(1, 'main', 'campus'), real(2, 'ma', 'a', { parent: 'main' }), ...more], [vb]);
const virtualOf = (estate: Estate, id: string): Series =>
  virtualSeries(estate, estate.virtual(id) as VirtualMeter);
const nodeOf = (estate: Estate, id: string): Series => nodeSeries(estate, id, 'electricity')[0] as Series;
const rows = (ts: TimeSeries, estate: Estate, series: Series, level: Level, from: number, to: number) =>
  all(consumptionOf(ts, estate.zone, [series], level, from, to));

test('campus main less building A is building B, at every level and in every view', async () => {
  const of = campusWithRest();
  const to = at('2026-06-03T05:00:00');
  const ts = await store(of, { main: register(START, to, () => 10), ma: register(START, to, () => 4) });
  // April 30 days, May 31 days, 2 days and 5 hours of June: 1517 hours of 10 − 4 = 6 kWh
  for (const level of ['hour', 'day', 'month', 'year'] as const) {
    const b = await rows(ts, of, nodeOf(of, 'b'), level, START, to);
    expect([level, b.reduce((sum, r) => sum + (r.quantity ?? 0), 0)]).toEqual([level, 1517 * 6]);
    expect(b[0]).toMatchObject({ recovered: 0, estimated: 0 });
  }
  const [april] = await rows(ts, of, virtualOf(of, 'vb'), 'month', START, START + 1);
  expect(april).toMatchObject({ quantity: 720 * 6, measured: 720 * 6, completeness: 1 });

  const span = { from: START, to };
  const ranking = await rankingOf(ts, of, 'campus', 'electricity', span, to);
  expect(ranking?.rows.map((r) => [r.node, r.quantity, r.share, r.completeness])).toEqual([
    ['b', 1517 * 6, 0.6, 1],
    ['a', 1517 * 4, 0.4, 1],
  ]);
  const [summary] = await summaryOf(sumsOf(ts, of.zone), of, 'b', to);
  expect(summary?.month.basis).toMatchObject({ quantity: 53 * 6, completeness: 1 });
  const profile = await loadProfileOf(ts, of.zone, nodeOf(of, 'b'), span);
  expect(profile.cells).toHaveLength(7 * 24);
  expect(profile.cells.every((c) => c.mean === 6)).toBe(true);
});

test('a virtual meter with a sub-item has its share, and less of the rest', async () => {
  const of = campus(
    [real(1, 'main', 'campus', { item: '01000' }), real(2, 'light', 'a', { item: '01A00', parent: 'main' })],
    [virtual({ id: 'cool', item: '01B00', parent: 'main', plus: ['main'], minus: ['light'] })],
  );
  const ts = await store(of, {
    main: register(START, hours(10), () => 10),
    light: register(START, hours(10), () => 4),
  });
  const shares = await sharesOf(ts, of, 'campus', 'electricity', { from: START, to: hours(10) });
  expect(shares).toMatchObject({
    total: 100,
    items: [
      { item: '01B00', quantity: 60, share: 0.6, meters: ['cool'] },
      { item: '01A00', quantity: 40, share: 0.4, meters: ['light'] },
    ],
  });
});

test('a difference is of the time that all its meters are known for; hours add up to days and months', async () => {
  const of = campusWithRest();
  const end = hours(72);
  const ts = await store(of, {
    main: register(START, end, () => 10),
    // Known from the second day on: 24 + 24 hours
    ma: register(hours(24), end, () => 4),
  });
  const days = await rows(ts, of, virtualOf(of, 'vb'), 'day', START, end);
  expect(days.map((d) => [d.quantity, d.completeness])).toEqual([
    [null, 0],
    [24 * 6, 1],
    [24 * 6, 1],
  ]);
  // Not 720 − 192 = 528, which would take the first day of building A for building B.
  const [month] = await rows(ts, of, virtualOf(of, 'vb'), 'month', START, end);
  expect(month).toMatchObject({ quantity: 48 * 6, completeness: 48 / 720 });
  const [found] = await sumsOf(ts, of.zone)([virtualOf(of, 'vb')], [{ from: START, to: end }]);
  const [amount] = found ?? [];
  expect(amount).toEqual({ measured: 48 * 6e6, recovered: 0, estimated: 0, coveredMs: 48 * HOUR_MS });
});

test('what is left of measured and recovered is recovered; the least complete part decides', async () => {
  const of = campusWithRest();
  const to = hours(24);
  // 4 kWh an hour; nothing arrives between 3:00 and 6:00.
  const gap = register(START, to, () => 4).filter((p) => p.time <= hours(3) || p.time >= hours(6));
  const ts = await store(of, { main: register(START, to, () => 10), ma: gap });
  const found = await rows(ts, of, virtualOf(of, 'vb'), 'hour', hours(2), hours(7));
  expect(found.map((r) => [r.measured, r.recovered, r.quantity, r.completeness])).toEqual([
    [6, 0, 6, 1],
    [0, 6, 6, 0],
    [0, 6, 6, 0],
    [0, 6, 6, 0],
    [6, 0, 6, 1],
  ]);
  const [day] = await rows(ts, of, virtualOf(of, 'vb'), 'day', START, to);
  expect(day).toMatchObject({ measured: 21 * 6, recovered: 3 * 6, quantity: 24 * 6, completeness: 21 / 24 });
});

test('an hour that one of them knows in part is not compared until it is whole', async () => {
  const of = campusWithRest();
  const points = (kwh: number): Point[] => register(START, hours(2), () => kwh);
  const part = (kwh: number, minutes: number): Point => ({
    time: hours(2) + minutes * 60_000,
    value: 2 * kwh + (kwh * minutes) / 60,
  });
  // At 2:45 the main has reported until 2:40, building A until 2:15.
  const running = await store(of, { main: [...points(12), part(12, 40)], ma: [...points(4), part(4, 15)] });
  const before = await rows(running, of, virtualOf(of, 'vb'), 'hour', START, hours(3));
  expect(before.map((r) => r.quantity)).toEqual([8, 8, null]);
  // Both have reported after 3:00.
  const after = await store(of, { main: [...points(12), part(12, 65)], ma: [...points(4), part(4, 65)] });
  const then = await rows(after, of, virtualOf(of, 'vb'), 'hour', START, hours(3));
  expect(then.map((r) => [r.quantity, r.completeness])).toEqual([
    [8, 1],
    [8, 1],
    [8, 1],
  ]);
});

test('a sum is what is known of its meters, as complete as the least of them', async () => {
  const of = campus(
    [real(1, 'x', 'a'), real(2, 'y', 'a')],
    [virtual({ id: 'sum', node: 'b', plus: ['x', 'y'] }), virtual({ id: 'twice', plus: ['sum', 'x'] })],
  );
  const ts = await store(of, {
    x: register(START, hours(24), () => 3),
    y: register(START, hours(6), () => 5),
  });
  const [sum] = await rows(ts, of, virtualOf(of, 'sum'), 'day', START, START + 1);
  expect(sum).toMatchObject({ quantity: 24 * 3 + 6 * 5, completeness: 6 / 24 });
  const [twice] = await rows(ts, of, virtualOf(of, 'twice'), 'day', START, START + 1);
  expect(twice).toMatchObject({ quantity: 24 * (3 + 3) + 6 * 5, completeness: 6 / 24 });
  // At the node it counts like one meter.
  const [b] = await rows(ts, of, nodeOf(of, 'b'), 'day', START, START + 1);
  expect(b).toMatchObject({ quantity: 102, completeness: 6 / 24 });
});

test('nested: main − (x + y) − z, and the sum of its parts again', async () => {
  const of = campus(
    [real(1, 'main', 'campus'), real(2, 'x', 'a'), real(3, 'y', 'a'), real(4, 'z', 'b')],
    [
      virtual({ id: 'xy', plus: ['x', 'y'] }),
      virtual({ id: 'rest', plus: ['main'], minus: ['xy', 'z'] }),
      virtual({ id: 'again', plus: ['rest', 'xy', 'z'] }),
    ],
  );
  const points = (kwh: number): Point[] => register(START, hours(24), () => kwh);
  const ts = await store(of, { main: points(20), x: points(3), y: points(4.5), z: points(0.25) });
  const day = async (id: string) => (await rows(ts, of, virtualOf(of, id), 'day', START, hours(24)))[0];
  expect((await day('rest'))?.quantity).toBe(24 * (20 - (3 + 4.5) - 0.25));
  expect((await day('again'))?.quantity).toBe(24 * 20);
});

test('what is fed back to the grid is taken off what is drawn; by itself it is what it counts', async () => {
  const of = campus([
    real(1, 'in', 'a'),
    real(2, 'out', 'a', { direction: 'out' }),
    real(3, 'mb', 'b'),
    real(4, 'sun', 'a', { carrier: 'pv' }),
  ]);
  const ts = await store(of, {
    in: register(START, hours(24), () => 7),
    out: register(START, hours(12), () => 2),
    mb: register(START, hours(18), () => 1),
    sun: register(START, hours(24), () => 3),
  });
  const own = of.meters.filter((m) => m.id === 'out');
  const [out] = await rows(ts, of, { ...nodeOf(of, 'b'), id: 'out', meters: own }, 'day', START, hours(24));
  expect(out?.quantity).toBe(24);
  const a = await rows(ts, of, nodeOf(of, 'a'), 'hour', hours(10), hours(14));
  expect(a.map((r) => [r.quantity, r.completeness])).toEqual([
    [7 - 2, 1],
    [7 - 2, 1],
    // Nobody knows what was fed back.
    [null, 0],
    [null, 0],
  ]);
  // Building A 12 h × 5 kWh; building B 18 h × 1 kWh: as much as is known of each, and B's hours stay.
  const [day] = await rows(ts, of, nodeOf(of, 'campus'), 'day', START, hours(24));
  expect(day).toMatchObject({ quantity: 12 * 5 + 18, completeness: (12 / 24 + 18 / 24) / 2 });
  const [pv] = nodeSeries(of, 'a', 'pv');
  expect((await rows(ts, of, pv as Series, 'day', START, hours(24)))[0]?.quantity).toBe(72);
});

test('virtual meters share their queries; a sum of real ones stays with the engine', async () => {
  const of = campus(
    [real(1, 'main', 'campus'), ...Array.from({ length: 20 }, (_, i) => real(i + 2, `s${i}`, 'a'))],
    Array.from({ length: 20 }, (_, i) =>
      virtual({ id: `v${i}`, plus: ['main'], minus: [`s${i}`], parent: 'main' }),
    ),
  );
  const ts = await store(of, { main: register(START, hours(24), () => 1) });
  const asked: string[] = [];
  for (const name of ['sums', 'rollups'] as const) {
    const real = ts[name].bind(ts) as (...of: unknown[]) => Promise<never>;
    ts[name] = (...of: unknown[]) => {
      asked.push(`${name} ${String(of[0])}`);
      return real(...of);
    };
  }
  const list = of.virtuals.map((v) => virtualSeries(of, v));
  await all(consumptionOf(ts, of.zone, list, 'year', START, hours(24)));
  expect(asked).toEqual(['rollups month']);
  asked.length = 0;
  await all(consumptionOf(ts, of.zone, [nodeOf(of, 'a')], 'year', START, hours(24)));
  expect(asked).toEqual(['sums month']);
});

test('the direct children of a main and the virtual rest are the main, to the last millionth', async () => {
  const history = fc.record({
    children: fc.array(fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: 30, maxLength: 30 }), {
      minLength: 1,
      maxLength: 4,
    }),
    main: fc.array(fc.integer({ min: 0, max: 20_000_000 }), { minLength: 30, maxLength: 30 }),
    /** Of the main: readings that never came; the register went on. */
    lost: fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 12 }),
    before: fc.integer({ min: 0, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ children, main, lost, before }) => {
      const ids = children.map((_, i) => `s${i}`);
      const of = campus(
        [
          real(1, 'main', 'campus'),
          ...ids.map((id, i) => real(i + 2, id, i % 2 ? 'a' : 'b', { parent: 'main' })),
        ],
        [virtual({ id: 'rest', parent: 'main', plus: ['main'], minus: ids })],
      );
      // Over the end of a month.
      const from = at('2026-05-01T00:00:00') - before * HOUR_MS;
      const points = (micro: readonly number[]): Point[] =>
        register(from, from + 30 * HOUR_MS, (t) => (micro[(t - from) / HOUR_MS] ?? 0) / 1e6).map((p) => ({
          ...p,
          // Not from 0: a steep rise from there may be a gateway that did not reach its meter yet.
          value: p.value + 100,
        }));
      const ts = await store(of, {
        main: points(main).filter((_, i) => !lost.includes(i)),
        ...Object.fromEntries(children.map((c, i) => [ids[i], points(c)])),
      });
      const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
      for (const level of ['hour', 'day', 'month', 'year'] as const) {
        const micro = async (series: Series): Promise<number> =>
          total(
            (await rows(ts, of, series, level, from, from + 30 * HOUR_MS)).map((r) =>
              Math.round((r.quantity ?? 0) * 1e6),
            ),
          );
        const below = await Promise.all(
          of.meters
            .filter((m) => m.parent === 'main')
            .map((m) => micro({ ...nodeOf(of, 'campus'), meters: [m] })),
        );
        const rest = await micro(virtualOf(of, 'rest'));
        expect([level, total(below) + rest]).toEqual([level, total(main)]);
        expect(rest).toBe(total(main) - total(children.map(total)));
      }
      await ts.stop();
    }),
    { numRuns: 40 },
  );
});
