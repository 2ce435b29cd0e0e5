import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Months } from '../../server/conservation/months.ts';
import { nodeSeries } from '../../server/conservation/series.ts';
import { amountsOfAll } from '../../server/conservation/spans.ts';
import { Estate } from '../../server/domain/estate.ts';
import type { Meter } from '../../server/domain/meter.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import { meter } from '../support/estate.ts';
import { register, store } from './store.ts';

const at = (text: string): number => Date.parse(`${text}+08:00`);
const zone = new Zone('Asia/Shanghai');
const hourly = (differences: Partial<Meter>): Meter => meter({ intervalS: 3600, ...differences });
const node = (id: string, parent: string | null) =>
  ({ id, name: id, kind: 'institution', parent, attributes: {} }) as const;

/** A city with a roof that feeds back, a rest that is a difference, and a plain office. */
const ESTATE = new Estate(
  zone,
  [node('city', null), node('hall', 'city'), node('office', 'city'), node('rest', 'city')],
  [
    hourly({ no: 1, id: 'main', node: 'hall' }),
    hourly({ no: 2, id: 'roof', node: 'hall', direction: 'out' }),
    hourly({ no: 3, id: 'office', node: 'office' }),
    hourly({ no: 4, id: 'tenant', node: 'city', carrier: 'water', unit: 'm³' }),
    hourly({ no: 5, id: 'whole', node: 'city', carrier: 'water', unit: 'm³' }),
  ],
  [],
  [
    {
      id: 'own',
      name: 'own',
      node: 'rest',
      carrier: 'water',
      item: null,
      parent: null,
      plus: ['whole'],
      minus: ['tenant'],
    },
  ],
);
const FROM = at('2026-01-01T00:00:00');
const TO = at('2026-04-11T07:00:00');

function filled(): Promise<TimeSeries> {
  return store(ESTATE, {
    main: register(FROM, TO, () => 5),
    roof: register(FROM + 300 * HOUR_MS, TO, (t) => (t % (24 * HOUR_MS) === 0 ? 2 : 0)),
    office: register(FROM, TO - 500 * HOUR_MS, () => 1.5),
    tenant: register(FROM, TO, () => 0.25),
    whole: register(FROM, TO, () => 1),
  });
}

test('sums out of memory are those of the engine, of any span, differences too', async () => {
  const timeseries = await filled();
  const months = new Months(timeseries, () => ESTATE);
  const list = ['city', 'hall', 'office', 'rest'].flatMap((id) => nodeSeries(ESTATE, id));
  const hours = Math.floor((TO - FROM) / HOUR_MS) + 200;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: hours }), fc.integer({ min: 1, max: hours })), {
        minLength: 1,
        maxLength: 4,
      }),
      async (lengths) => {
        const spans = lengths.map(([start, n]) => ({
          from: FROM + start * HOUR_MS,
          to: FROM + (start + n) * HOUR_MS,
        }));
        expect(await months.sums(list, spans)).toEqual(await amountsOfAll(timeseries, zone, list, spans));
      },
    ),
    { numRuns: 40 },
  );
});

test('months of a series, and nothing where nothing is known', async () => {
  const months = new Months(await filled(), () => ESTATE);
  const [series] = months.series('office', 'electricity');
  if (!series) throw new Error('no series');
  const [row] = await months.perMonth([series], at('2025-12-01T00:00:00'), at('2026-06-01T00:00:00'));
  // 1.5 kWh × 744 h, × 672 h, and up to 500 h before the end: 20 March 7:00 + … = 21 days 11 hours less
  const march = (TO - 500 * HOUR_MS - at('2026-03-01T00:00:00')) / HOUR_MS;
  expect(row?.map((a) => a?.measured)).toEqual([
    undefined,
    1.5e6 * 744,
    1.5e6 * 672,
    1.5e6 * march,
    undefined,
    undefined,
  ]);
  // The series of an estate are found once.
  expect(months.series('office', 'electricity')[0]).toBe(series);
});

test('what is written and what is computed again shows at once', async () => {
  const timeseries = await filled();
  const months = new Months(timeseries, () => ESTATE);
  const [office] = months.series('office', 'electricity');
  const [rest] = months.series('rest', 'water');
  if (!office || !rest) throw new Error('no series');
  const span = [{ from: FROM, to: at('2026-02-01T00:00:00') }];
  const known = async () => (await months.sums([office, rest], span)).map(([a]) => a?.measured);
  expect(await known()).toEqual([1.5e6 * 744, 0.75e6 * 744]);

  const row = {
    start: FROM,
    measured: 7e6,
    recovered: 0,
    estimated: 0,
    coveredMs: 744 * HOUR_MS,
    isNew: false,
  };
  const batch = { cursor: 1, readings: [], hours: [], days: [], months: [{ ...row, meter: 3 }] };
  await timeseries.write(batch);
  months.written(batch);
  expect(await known()).toEqual([7e6, 0.75e6 * 744]);

  const replaced = { hours: [], days: [], months: [{ ...row, meter: 4, measured: 44e6 }] };
  await timeseries.replace([4], FROM, at('2026-02-01T00:00:00'), replaced);
  expect(await known()).toEqual([7e6, 0.75e6 * 744]);
  months.changed([{ meter: 4, month: FROM }]);
  // 1 m³ × 744 h − 44 m³
  expect(await known()).toEqual([7e6, 1e6 * 744 - 44e6]);
});

test('a meter added to the estate later is there', async () => {
  const timeseries = await filled();
  let estate = new Estate(zone, ESTATE.nodes, ESTATE.meters.slice(0, 2));
  const months = new Months(timeseries, () => estate);
  const span = [{ from: FROM, to: at('2026-02-01T00:00:00') }];
  expect(months.series('office')).toEqual([]);
  await months.sums(months.series('city'), span);
  estate = ESTATE;
  const [[amount] = []] = await months.sums(months.series('office'), span);
  expect(amount?.measured).toBe(1.5e6 * 744);
});

test('a month is asked for once, and a change while it is read is not lost', async () => {
  const inner = new DuckDBTimeSeries({ directory: ':memory:' });
  await inner.start();
  onTestFinished(() => inner.stop());
  const row = { meter: 3, start: FROM, measured: 1e6, recovered: 0, estimated: 0, coveredMs: HOUR_MS };
  const write = (measured: number) => ({
    cursor: 1,
    readings: [],
    hours: [],
    days: [],
    months: [{ ...row, measured, isNew: measured === 1e6 }],
  });
  await inner.write(write(1e6));
  let asked = 0;
  let meanwhile: (() => Promise<void>) | null = null;
  const timeseries: TimeSeries = Object.create(inner, {
    rollups: {
      value: async (...of: Parameters<TimeSeries['rollups']>) => {
        asked++;
        const rows = await inner.rollups(...of);
        await meanwhile?.();
        return rows;
      },
    },
  }) as TimeSeries;
  const months = new Months(timeseries, () => ESTATE);
  const [office] = months.series('office', 'electricity');
  if (!office) throw new Error('no series');
  const january = async () =>
    (await months.perMonth([office], FROM, at('2026-02-01T00:00:00')))[0]?.[0]?.measured;
  meanwhile = async () => {
    meanwhile = null;
    await inner.write(write(2e6));
    months.written(write(2e6));
  };
  expect(await january()).toBe(2e6);
  expect(asked).toBe(1);
  expect(await january()).toBe(2e6);
  expect(asked).toBe(1);

  months.changed([{ meter: 3, month: FROM }]);
  meanwhile = async () => {
    meanwhile = null;
    await inner.write(write(3e6));
    months.changed([{ meter: 3, month: FROM }]);
  };
  // The answer was on its way; the next question finds what changed.
  await january();
  expect(await january()).toBe(3e6);
});
