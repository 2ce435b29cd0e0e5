import { expect, test } from 'vitest';
import { balanceOf } from '../../server/conservation/balance.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Meter } from '../../server/domain/meter.ts';
import { HOUR_MS } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';
import { campus, virtual } from '../support/metering.ts';
import { register, store } from './store.ts';

type Point = ReturnType<typeof register>[number];

const START = Date.parse('2026-04-01T00:00:00+08:00');
const hours = (n: number): number => START + n * HOUR_MS;
const DAY = { from: START, to: hours(24) };
const LATER = hours(1000);
const real = (no: number, id: string, parent: string | null = null, more: Partial<Meter> = {}): Meter =>
  meter({ no, id, node: 'a', parent, intervalS: 3600, ...more });
const flat = (kwh: number, from = 0, to = 24): Point[] => register(hours(from), hours(to), () => kwh);

async function balance(
  of: Estate,
  readings: Record<string, Point[]>,
  { now = LATER, span = DAY, node = 'campus' } = {},
) {
  return balanceOf(await store(of, readings), of, node, 'electricity', span, 0.05, now);
}

test('4.9 % is within the limit, 5.1 % is a gap, 5 % is not yet one', async () => {
  const of = campus([
    ...['fine', 'wide', 'edge'].flatMap((id, i) => [
      real(3 * i + 1, id),
      real(3 * i + 2, `${id}-1`, id),
      real(3 * i + 3, `${id}-2`, id),
    ]),
  ]);
  const found = await balance(of, {
    fine: flat(100),
    'fine-1': flat(60),
    'fine-2': flat(35.1),
    wide: flat(100),
    'wide-1': flat(60),
    'wide-2': flat(34.9),
    edge: flat(100),
    'edge-1': flat(60),
    'edge-2': flat(35),
  });
  expect(found).toMatchObject({ ...DAY, unit: 'kWh' });
  expect(found?.mains.map((m) => [m.meter.id, m.state, m.quantity, m.below, m.gap, m.share])).toEqual([
    ['wide', 'gap', 2400, 2277.6, 122.4, 0.051],
    ['edge', 'ok', 2400, 24 * 95, 120, 0.05],
    ['fine', 'ok', 2400, 2282.4, 117.6, 0.049],
  ]);
  expect(found?.mains[0]?.children.map((c) => [c.meter.id, c.quantity, c.completeness])).toEqual([
    ['wide-1', 24 * 60, 1],
    ['wide-2', 837.6, 1],
  ]);
});

test('more below than above is negative from 0.1 % on, and comes first', async () => {
  const of = campus([
    real(1, 'm'),
    real(2, 's', 'm'),
    real(3, 'n'),
    real(4, 't', 'n'),
    real(5, 'o'),
    real(6, 'u', 'o'),
  ]);
  const found = await balance(of, {
    m: flat(10),
    s: flat(5),
    n: flat(1000),
    t: flat(1001),
    o: flat(1000),
    u: flat(1001.1),
  });
  // 1001 − 1000 is 0.1 % of 1000; 1001.1 − 1000 is more.
  expect(found?.mains.map((m) => [m.meter.id, m.state, m.gap])).toEqual([
    ['o', 'negative', -26.4],
    ['m', 'gap', 120],
    ['n', 'ok', -24],
  ]);
});

test('a child of which nothing is known leaves the balance open', async () => {
  const of = campus([real(1, 'm'), real(2, 's', 'm'), real(3, 't', 'm')]);
  const found = await balance(of, { m: flat(10), s: flat(4) });
  expect(found?.mains).toMatchObject([
    {
      state: 'unknown',
      quantity: 240,
      completeness: 0,
      below: null,
      gap: null,
      share: null,
      children: [
        { meter: { id: 's' }, quantity: 96, completeness: 1 },
        { meter: { id: 't' }, quantity: null, completeness: 0 },
      ],
    },
  ]);
  const silent = await balance(of, { s: flat(4), t: flat(4) });
  expect(silent?.mains).toMatchObject([{ state: 'unknown', quantity: null, gap: null }]);
});

test('main and children are compared over the hours that all are known for', async () => {
  const of = campus([real(1, 'm'), real(2, 's', 'm'), real(3, 't', 'm')]);
  // Fell silent at 18:00: the 6 hours of 4 kWh after it are not a loss.
  const found = await balance(of, { m: flat(10), s: flat(6), t: flat(4, 0, 18) });
  expect(found?.mains).toMatchObject([
    { state: 'ok', quantity: 18 * 10, below: 18 * (6 + 4), gap: 0, completeness: 18 / 24 },
  ]);
});

test('a day that runs is compared up to the last full hour that all have reported', async () => {
  const of = campus([real(1, 'm'), real(2, 's', 'm')]);
  const minutes = (kwh: number, n: number): Point => ({
    time: hours(9) + n * 60_000,
    value: 9 * kwh + (kwh * n) / 60,
  });
  // 10:20; the main has come to 10:15, its child to 9:45, so 9:00–10:00 is not whole for both.
  const now = hours(10) + 20 * 60_000;
  const readings = { m: [...flat(12, 0, 9), minutes(12, 75)], s: [...flat(12, 0, 9), minutes(12, 45)] };
  const found = await balance(of, readings, { now });
  expect(found?.to).toBe(hours(10));
  expect(found?.mains).toMatchObject([
    { state: 'ok', quantity: 9 * 12, below: 9 * 12, gap: 0, completeness: 9 / 10 },
  ]);
  // Nothing of tomorrow can be known.
  const tomorrow = await balance(of, readings, { now, span: { from: hours(24), to: hours(48) } });
  expect(tomorrow).toMatchObject({ from: hours(24), to: hours(24), mains: [{ state: 'unknown' }] });
});

test('what a child feeds back is taken off what the others draw', async () => {
  const of = campus([
    real(1, 'm'),
    real(2, 's', 'm'),
    real(3, 'sun', 'm', { direction: 'out' }),
    real(4, 'fed', null, { direction: 'out' }),
    real(5, 'roof', 'fed', { direction: 'out' }),
  ]);
  const found = await balance(of, {
    m: flat(7),
    s: flat(10),
    sun: flat(3),
    fed: flat(5),
    roof: flat(5),
  });
  const of_ = (id: string) => found?.mains.find((m) => m.meter.id === id);
  expect(of_('m')).toMatchObject({ below: 24 * (10 - 3), gap: 0, state: 'ok' });
  expect(of_('m')?.children.map((c) => c.quantity)).toEqual([240, -72]);
  expect(of_('fed')).toMatchObject({ below: 24 * 5, gap: 0, state: 'ok' });
});

test('a virtual child counts, but not one that is the rest of the main itself', async () => {
  const of = campus(
    [real(1, 'm'), real(2, 's', 'm'), real(3, 'x'), real(4, 'y')],
    [
      virtual({ id: 'xy', parent: 'm', plus: ['x'], minus: ['y'] }),
      virtual({ id: 'rest', parent: 'm', plus: ['m'], minus: ['s', 'xy'] }),
    ],
  );
  const found = await balance(of, { m: flat(10), s: flat(4), x: flat(6), y: flat(1) });
  // 10 − 4 − (6 − 1) = 1 kWh an hour, 10 %
  expect(found?.mains).toMatchObject([
    { meter: { id: 'm' }, below: 24 * 9, gap: 24, share: 0.1, state: 'gap' },
  ]);
  expect(found?.mains[0]?.children.map((c) => [c.meter.id, c.quantity])).toEqual([
    ['s', 96],
    ['xy', 120],
  ]);
});

test('a main of a month with gaps: whole days and hours are taken, months and days with gaps are cut', async () => {
  const of = campus([real(1, 'm'), real(2, 's', 'm')]);
  const month = { from: START, to: hours(30 * 24) };
  // Two days without a reading of the child: 48 × 4 kWh recovered, certain in total.
  const child = flat(4, 0, 720).filter((p) => p.time <= hours(100) || p.time >= hours(148));
  const found = await balance(of, { m: flat(4, 0, 720), s: child }, { span: month });
  expect(found?.mains).toMatchObject([
    { quantity: 720 * 4, below: 720 * 4, gap: 0, state: 'ok', completeness: 672 / 720 },
  ]);
  expect(found?.mains[0]?.children[0]).toMatchObject({ measured: 672 * 4, recovered: 48 * 4 });
});

test('only mains at the node or below it; none without children; null without meters', async () => {
  const of = campus([
    real(1, 'm', null, { node: 'campus' }),
    real(2, 's', 'm'),
    real(3, 'n'),
    real(4, 'q', 'n'),
  ]);
  const readings = { m: flat(1), s: flat(1), n: flat(1), q: flat(1) };
  expect((await balance(of, readings, { node: 'a' }))?.mains.map((m) => m.meter.id)).toEqual(['n']);
  expect(await balance(of, readings, { node: 'b' })).toBeNull();
});
