import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatestReadings } from '../../server/conservation/latest.ts';
import { meterStatus, stateOf } from '../../server/conservation/meters.ts';
import { loadProfileOf } from '../../server/conservation/profile.ts';
import { rankingOf } from '../../server/conservation/ranking.ts';
import { nodeSeries, type Series } from '../../server/conservation/series.ts';
import { sharesOf } from '../../server/conservation/shares.ts';
import { cut, sumsOf, wholeHours } from '../../server/conservation/spans.ts';
import { summaryOf } from '../../server/conservation/summary.ts';
import { isWorkingDay } from '../../server/domain/calendar.ts';
import { Estate } from '../../server/domain/estate.ts';
import type { Meter, Node } from '../../server/domain/meter.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { estate, meter } from '../support/estate.ts';
import { register, store } from './store.ts';

const at = (text: string): number => Date.parse(`${text}+08:00`);
const hourly = (differences: Partial<Meter> = {}): Meter => meter({ intervalS: 3600, ...differences });

test('a span is cut into months, days and hours that cover it once', () => {
  const zone = new Zone('America/New_York');
  const first = Date.UTC(2026, 0, 1) / HOUR_MS;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }), (start, length) => {
      const from = (first + start) * HOUR_MS;
      const to = from + length * HOUR_MS;
      const pieces = cut(zone, { from, to });
      let end = from;
      for (const piece of pieces) {
        expect(piece.from).toBe(end);
        expect(zone.startOf(piece.level, piece.from)).toBe(piece.from);
        expect(zone.startOf(piece.level, piece.to)).toBe(piece.to);
        end = piece.to;
      }
      expect(end).toBe(to);
      expect(pieces.length).toBeLessThanOrEqual(5);
    }),
  );
});

test('whole hours hold the span', () => {
  const zone = new Zone('Asia/Shanghai');
  expect(wholeHours(zone, at('2026-01-01T10:20:00'), at('2026-01-01T12:00:01'))).toEqual({
    from: at('2026-01-01T10:00:00'),
    to: at('2026-01-01T13:00:00'),
  });
});

test('the year so far against the same part of last year, without the running hour', async () => {
  const of = estate([hourly()]);
  const now = at('2026-03-10T09:40:00');
  // 1 kWh an hour in 2025, 3 kWh an hour from 2026 on, until 9:40.
  const points = register(at('2025-01-01T00:00:00'), at('2026-03-10T09:00:00'), (t) =>
    t < at('2026-01-01T00:00:00') ? 1 : 3,
  );
  points.push({ time: now, value: (points.at(-1)?.value ?? 0) + 2 });
  const timeseries = await store(of, { m1: points });
  const [summary] = await summaryOf(sumsOf(timeseries, of.zone), of, 'b', now);
  // January 31 days, February 28, March 9 days and 9 hours: 68 × 24 + 9 = 1641 hours
  expect(summary?.year).toEqual({
    from: at('2026-01-01T00:00:00'),
    to: now,
    quantity: 1641 * 3 + 2,
    completeness: 1,
    basis: {
      from: at('2026-01-01T00:00:00'),
      to: at('2026-03-10T09:00:00'),
      quantity: 1641 * 3,
      completeness: 1,
    },
    previous: {
      from: at('2025-01-01T00:00:00'),
      to: at('2025-03-10T09:00:00'),
      quantity: 1641,
      completeness: 1,
    },
    changePrevious: 2,
    lastYear: {
      from: at('2025-01-01T00:00:00'),
      to: at('2025-03-10T09:00:00'),
      quantity: 1641,
      completeness: 1,
    },
    changeLastYear: 2,
  });
  // 1–10 February 9:00 against 1–10 March 9:00
  expect(summary?.month.previous).toMatchObject({
    from: at('2026-02-01T00:00:00'),
    to: at('2026-02-10T09:00:00'),
    quantity: (9 * 24 + 9) * 3,
  });
  expect(summary?.today.lastYear).toMatchObject({ from: at('2025-03-10T00:00:00'), quantity: 9 });
});

test('the last days of a long month are held against the whole of a short one', async () => {
  const of = estate([hourly()]);
  const timeseries = await store(of, {
    m1: register(at('2026-02-01T00:00:00'), at('2026-03-31T12:00:00'), () => 1),
  });
  const [summary] = await summaryOf(sumsOf(timeseries, of.zone), of, 'b', at('2026-03-31T12:30:00'));
  expect(summary?.month.previous).toMatchObject({ to: at('2026-02-28T12:00:00'), quantity: 27 * 24 + 12 });
});

test('in the first hour of a day there is nothing to compare yet', async () => {
  const of = estate([hourly()]);
  const timeseries = await store(of, {
    m1: register(at('2026-02-01T00:00:00'), at('2026-02-03T00:00:00'), () => 1),
  });
  const [summary] = await summaryOf(sumsOf(timeseries, of.zone), of, 'b', at('2026-02-03T00:10:00'));
  expect(summary?.today).toMatchObject({ quantity: null, changePrevious: null, basis: { quantity: null } });
});

test('shares are of the topmost sub-items; more than the whole leaves no rest', async () => {
  const of = estate([
    hourly({ id: 'main', item: '01000' }),
    hourly({ no: 2, id: 'panel', parent: 'main', item: null }),
    hourly({ no: 3, id: 'light', parent: 'panel', item: '01A00' }),
    hourly({ no: 4, id: 'hall', parent: 'light', item: '01A20' }),
    hourly({ no: 5, id: 'cool', parent: 'main', item: '01B00' }),
  ]);
  const start = at('2026-04-01T00:00:00');
  const span = { from: start, to: start + 10 * HOUR_MS };
  const points = (kwh: number) => register(start, span.to, () => kwh);
  const within = await store(of, { main: points(10), light: points(4), hall: points(3), cool: points(2.5) });
  expect((await sharesOf(within, of, 'b', 'electricity', span))?.items).toEqual([
    { item: '01A00', quantity: 40, share: 0.4, meters: ['light'] },
    { item: '01B00', quantity: 25, share: 0.25, meters: ['cool'] },
    { item: null, quantity: 35, share: 0.35, meters: [] },
  ]);
  const beyond = await store(of, { main: points(5), light: points(4), cool: points(2) });
  expect((await sharesOf(beyond, of, 'b', 'electricity', span))?.items.map((i) => [i.item, i.share])).toEqual(
    [
      ['01A00', 0.8],
      ['01B00', 0.4],
    ],
  );
  expect(await sharesOf(within, of, 'b', 'water', span)).toBeNull();
});

test('the ranking compares like with like while the month runs', async () => {
  const node = (id: string, parent: string | null): Node => ({
    id,
    name: id,
    kind: 'institution',
    parent,
    attributes: {},
  });
  const of = new Estate(
    new Zone('Asia/Shanghai'),
    [node('top', null), node('a', 'top'), node('b', 'top'), node('c', 'top')],
    [hourly({ node: 'a', id: 'ma' }), hourly({ no: 2, node: 'b', id: 'mb' })],
  );
  const now = at('2026-05-02T00:30:00');
  const timeseries = await store(of, {
    ma: register(at('2025-05-01T00:00:00'), at('2026-05-02T00:00:00'), () => 1),
    mb: register(at('2026-05-01T00:00:00'), at('2026-05-02T00:00:00'), () => 2),
  });
  const span = { from: at('2026-05-01T00:00:00'), to: at('2026-06-01T00:00:00') };
  const ranking = await rankingOf(timeseries, of, 'top', 'electricity', span, now);
  expect(ranking?.rows.map((r) => [r.node, r.quantity, r.lastYear, r.changeLastYear, r.share])).toEqual([
    ['b', 48, null, null, 48 / 72],
    // 24 of 1–2 May 2025, not the whole of May 2025
    ['a', 24, 24, 0, 24 / 72],
  ]);
  // 24 of 24.5 hours that have passed
  expect(ranking?.rows[0]?.completeness).toBeCloseTo(24 / 24.5, 12);
});

test.each([
  ['2026-01-01', false, 'New Year'],
  ['2026-02-14', true, 'a Saturday worked for the Spring Festival (调休)'],
  ['2026-02-17', false, 'Spring Festival, a Tuesday'],
  ['2026-03-07', false, 'a Saturday'],
  ['2026-03-09', true, 'a Monday'],
  ['2026-10-10', true, 'a Saturday worked for National Day (调休)'],
  ['2031-10-02', false, 'National Day of a year whose list is not published'],
])('%s: offices open is %s — %s', (date, open) => {
  expect(isWorkingDay(new Zone('Asia/Shanghai'), at(`${date}T00:00:00`))).toBe(open);
});

test('elsewhere a week has five working days', () => {
  const zone = new Zone('America/New_York');
  const day = (text: string): boolean => isWorkingDay(zone, Date.parse(text));
  expect([day('2026-10-01T12:00:00-04:00'), day('2026-10-10T12:00:00-04:00')]).toEqual([true, false]);
});

test('the load profile tells working days from days off and leaves recovered hours out', async () => {
  const of = estate([hourly()]);
  const { zone } = of;
  // 9 March 2026 is a Monday; a week of it. 10 kW in office hours of working days, 2 kW otherwise.
  const from = at('2026-03-09T00:00:00');
  const to = at('2026-03-16T00:00:00');
  const points = register(from, to, (t) => {
    const { hour, weekday } = zone.wall(t);
    return weekday <= 5 && hour >= 9 && hour <= 17 ? 10 : 2;
  });
  // Nothing arrives on Monday between 3:00 and 6:00: its 6 kWh are recovered.
  const gap = points.filter((p) => p.time <= from + 3 * HOUR_MS || p.time >= from + 6 * HOUR_MS);
  const timeseries = await store(of, { m1: gap });
  const profile = await loadProfileOf(timeseries, zone, nodeSeries(of, 'b')[0] as Series, { from, to });
  expect(profile.cells).toHaveLength(7 * 24 - 3);
  expect(profile.cells.find((c) => c.weekday === 1 && c.hour === 4)).toBeUndefined();
  expect(profile.cells.find((c) => c.weekday === 3 && c.hour === 17)).toEqual({
    weekday: 3,
    hour: 17,
    mean: 10,
    hours: 1,
  });
  expect([profile.nightBase, profile.weekendBase, profile.workingMean]).toEqual([2, 2, 10]);
  // 5 × 9 h × 10 kW + (168 − 45 − 3) h × 2 kW = 690 kWh in the hours that count
  expect(profile.nightShare).toBeCloseTo(((7 * 6 - 3) * 2) / 690, 12);
  expect(profile.holidayShare).toBeCloseTo((48 * 2) / 690, 12);
});

test('a meter is silent after four intervals, an hour at the least', () => {
  const last = { meter: 1, time: 0, value: 0, flags: 0 };
  const minute = 60_000;
  const fast = hourly({ intervalS: 60 });
  expect([stateOf(fast, last, 60 * minute), stateOf(fast, last, 60 * minute + 1)]).toEqual([
    'reporting',
    'silent',
  ]);
  expect([stateOf(hourly(), last, 240 * minute), stateOf(hourly(), last, 240 * minute + 1)]).toEqual([
    'reporting',
    'silent',
  ]);
  expect(stateOf(hourly(), undefined, 0)).toBe('never');
});

test('the latest readings are read once and then kept up; an import has them read again', async () => {
  const of = estate([hourly(), hourly({ no: 2 })]);
  const start = at('2026-04-01T00:00:00');
  const timeseries = await store(of, { m1: register(start, start + 3 * HOUR_MS, () => 1) });
  let asked = 0;
  const { latest } = timeseries;
  timeseries.latest = () => {
    asked++;
    return latest.call(timeseries);
  };
  let now = start;
  const known = new LatestReadings(timeseries, () => now);
  const [first, second] = await Promise.all([known.all(), known.all()]);
  expect([first.get(1)?.time, second.get(2), asked]).toEqual([start + 3 * HOUR_MS, undefined, 1]);
  known.seen({ meter: 2, time: start + 5, value: 1, flags: 0 });
  known.seen({ meter: 2, time: start + 4, value: 9, flags: 0 });
  expect([(await known.all()).get(2)?.time, asked]).toEqual([start + 5, 1]);
  known.invalidate();
  await known.all();
  expect(asked).toBe(2);
  now += 60 * 60_000;
  await known.all();
  expect(asked).toBe(3);
});

test('the days of all meters take one query', async () => {
  const of = estate([hourly(), hourly({ no: 2 })], 'America/New_York');
  const from = Date.parse('2026-03-05T00:00:00-05:00');
  const now = Date.parse('2026-03-11T12:00:00-04:00');
  const timeseries = await store(of, { m1: register(from, now, () => 1) });
  let queries = 0;
  const { rollups } = timeseries;
  timeseries.rollups = (...of) => {
    queries++;
    return rollups.apply(timeseries, of);
  };
  const [one, two] = await meterStatus(timeseries, of, of.meters, new Map(), now);
  expect(queries).toBe(1);
  // Clocks go forward on 8 March: a whole day of 23 hours; of today, half a day.
  expect(one?.days.map((d) => [d.quantity, d.completeness])).toEqual([
    [24, 1],
    [24, 1],
    [24, 1],
    [23, 1],
    [24, 1],
    [24, 1],
    [12, 1],
  ]);
  expect(two?.days.every((d) => d.quantity === null && d.completeness === 0)).toBe(true);
});
