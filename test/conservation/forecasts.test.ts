import { expect, test } from 'vitest';
import { Forecasts } from '../../server/conservation/forecasts.ts';
import { Months } from '../../server/conservation/months.ts';
import { BUILTIN_SCHEMES } from '../../server/domain/builtin-schemes.ts';
import { Estate } from '../../server/domain/estate.ts';
import { Policy, type PolicyBodies, type PolicyKind } from '../../server/domain/policy.ts';
import type { Scheme } from '../../server/domain/scheme.ts';
import { DAY_MS } from '../../server/domain/time.ts';
import { estate, meter } from '../support/estate.ts';
import { register, store } from './store.ts';

const at = (text: string): number => Date.parse(`${text}+08:00`);
const NOW = at('2026-03-10T09:40:00');
const TODAY = at('2026-03-10T00:00:00');

/** A forecast of a building of one meter, beside a meter that is no part of it, and how often the store was asked. */
async function kept() {
  const of = estate([
    meter({ intervalS: 3600 }),
    meter({ no: 2, id: 'm2', carrier: 'water', unit: 'm³', intervalS: 3600 }),
  ]);
  const timeseries = await store(of, {
    m1: register(at('2026-01-01T00:00:00'), at('2026-03-10T09:00:00'), () => 1),
  });
  let asked = 0;
  const { sums } = timeseries;
  timeseries.sums = (...args) => {
    asked++;
    return sums.apply(timeseries, args);
  };
  const months = new Months(timeseries, () => of);
  const forecasts = new Forecasts();
  const ask = async (estateNow = of, policy = new Policy(), now = NOW) => {
    const before = asked;
    const ground = { estate: estateNow, policy, months, timeseries };
    const outlook = await forecasts.of(ground, 'b', 'energy', null, now);
    return { outlook, asked: asked - before };
  };
  return { of, forecasts, ask };
}

const day = (no: number, start: number) => ({
  meter: no,
  start,
  measured: 1,
  recovered: 0,
  estimated: 0,
  coveredMs: DAY_MS,
  isNew: true,
});

test('a forecast is made once a day', async () => {
  const { ask } = await kept();
  const first = await ask();
  expect(first.asked).toBe(1);
  expect(first.outlook).toMatchObject({ year: 2026, until: TODAY, forecast: { kind: 'straight_line' } });
  // 24 kWh × 0.1229 kgce/kWh, on each of 365 − 68 days
  expect(first.outlook.forecast?.rest).toBeCloseTo(297 * 24 * 0.1229, 6);
  const again = await ask();
  expect([again.asked, again.outlook]).toEqual([0, first.outlook]);
  const tomorrow = await ask(undefined, undefined, NOW + DAY_MS);
  expect([tomorrow.asked, tomorrow.outlook.until]).toEqual([1, TODAY + DAY_MS]);
});

test.each<[string, number, (forecasts: Forecasts) => void]>([
  ['a day of its past was written', 1, (f) => f.written({ days: [day(1, TODAY - DAY_MS)] })],
  ['the day that runs was written', 0, (f) => f.written({ days: [day(1, TODAY)] })],
  ['a day of another meter was written', 0, (f) => f.written({ days: [day(2, TODAY - DAY_MS)] })],
  ['a month of it was computed again', 1, (f) => f.changed([{ meter: 1, month: at('2026-02-01T00:00:00') }])],
  [
    'a month of another one was computed again',
    0,
    (f) => f.changed([{ meter: 2, month: at('2026-02-01T00:00:00') }]),
  ],
])('where %s it is made again %d times', async (_, times, happens) => {
  const { ask, forecasts } = await kept();
  await ask();
  happens(forecasts);
  expect((await ask()).asked).toBe(times);
  expect((await ask()).asked).toBe(0);
});

test('another estate makes another forecast', async () => {
  const { of, ask } = await kept();
  await ask();
  const changed = new Estate(of.zone, of.nodes, of.meters);
  expect((await ask(changed)).asked).toBe(1);
  expect((await ask(changed)).asked).toBe(0);
});

test('what converts makes another forecast, a target does not', async () => {
  const { ask } = await kept();
  const before = await ask();
  const with1 = <K extends PolicyKind>(kind: K, body: PolicyBodies[K]): Policy =>
    new Policy([{ kind, body }]);
  const target = with1('target', {
    id: 't',
    node: 'b',
    indicator: 'energy',
    scheme: null,
    baseYear: 2025,
    base: null,
    endYear: 2027,
    path: { kind: 'linear', reduction: 0.1 },
    from: null,
    split: null,
    note: null,
  });
  expect((await ask(undefined, target)).asked).toBe(0);
  const [scheme] = BUILTIN_SCHEMES.filter((s) => s.id === 'national-statistics') as [Scheme];
  const coefficients = scheme.coefficients.map((c) => ({ ...c, kgce: 2 * c.kgce }));
  const doubled = await ask(undefined, with1('scheme', { ...scheme, coefficients }));
  expect(doubled.asked).toBe(1);
  expect(doubled.outlook.forecast?.rest).toBeCloseTo(2 * (before.outlook.forecast?.rest ?? 0), 6);
  const set = with1('setting', { id: 'scheme:b', name: 'scheme', node: 'b', values: ['db37-2672'] });
  expect((await ask(undefined, set)).outlook.forecast?.rest).toBeCloseTo(297 * 24 * 0.31, 6);
});
