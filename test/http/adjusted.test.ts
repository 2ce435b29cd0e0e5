import { expect, test } from 'vitest';
import type { z } from 'zod';
import { isWorkingDay } from '../../server/domain/calendar.ts';
import type { TargetList } from '../../server/http/schemas/targets.ts';
import { fillDays } from './days.ts';
import { json } from './quota-estate.ts';
import { rig } from './rig.ts';

const DAY_MS = 86_400_000;
const at = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);
const meter = (id: string, carrier: string, unit: string, more: object = {}) => ({
  id,
  name: id,
  node: 'gov',
  carrier,
  unit,
  interval_s: 3600,
  ...more,
});
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [{ id: 'gov', name: '机关', kind: 'institution' }],
  meters: [
    meter('el', 'electricity', 'kWh'),
    meter('air', 'outdoor_temperature', '°C', { register: 'gauge' }),
  ],
};
// The Spring Festival of 2026 is in February, that of 2025 was in January.
const TODAY = '2026-02-11';

test('a year as it would be with the weather and the working days of the base year, by hand', async () => {
  const r = await rig(ESTATE, {}, `${TODAY}T12:00:00+08:00`);
  const { zone } = r.deps.estate();
  const swing = (t: number) => 9 - 11 * Math.cos((2 * Math.PI * (t - at('2024-01-20'))) / (365.25 * DAY_MS));
  // From 10 January of 2026 on it is 3 degrees colder than the same days before.
  const cold = (t: number) => (t >= at('2026-01-10') ? 3 : 0);
  const air = (t: number) => swing(t) + 2 * Math.sin(t / (1.7 * DAY_MS)) - cold(t);
  const off = (t: number) => !isWorkingDay(zone, t);
  const need = (t: number) => Math.max(0, 16 - air(t));
  // 300 kWh on a working day, 120 less on a day off, 8 for each degree below 16 °C.
  const used = (t: number) => 300 - (off(t) ? 120 : 0) + 8 * need(t);
  await fillDays(r, 'air', (t) => air(t) * 24, '2024-06-01', TODAY);
  await fillDays(r, 'el', used, '2024-06-01', TODAY);
  const body = {
    node: 'gov',
    indicator: 'electricity',
    base_year: 2025,
    end_year: 2027,
    path: { kind: 'linear', reduction: 0.1 },
    recorded_by: '张三',
  };
  expect((await r.app.request('/api/v1/targets/t', json('PUT', body))).status).toBe(200);
  const list = (await r.get('/api/v1/targets?node=gov')).body as z.infer<typeof TargetList>;
  const current = list.targets[0]?.current;
  if (!current?.raw || !current.adjusted) throw new Error('no adjusted view');

  const over = (from: string, to: string, what: (t: number) => number): number => {
    let sum = 0;
    for (let t = at(from); t < at(to); t += DAY_MS) sum += what(t);
    return sum;
  };
  const thisYear = ['2026-01-01', TODAY] as const;
  const lastYear = ['2025-01-01', '2025-02-11'] as const;
  const degrees = over(...thisYear, need) - over(...lastYear, need);
  const daysOff = over(...thisYear, (t) => (off(t) ? 1 : 0)) - over(...lastYear, (t) => (off(t) ? 1 : 0));
  // The calendars do differ, and so does the weather.
  expect(Math.abs(degrees)).toBeGreaterThan(50);
  expect(daysOff).not.toBe(0);

  const actual = over(...thisYear, used);
  expect(current.raw.actual).toBeCloseTo(actual, 3);
  // The model was fitted to days that are made of nothing else.
  expect((current.adjusted.weather ?? 0) / (8 * degrees)).toBeCloseTo(1, 2);
  expect(current.adjusted.working_days / (-120 * daysOff)).toBeCloseTo(1, 2);
  const { weather, working_days, expected } = current.adjusted;
  expect(current.adjusted.actual).toBeCloseTo(actual - (weather ?? 0) - working_days, 6);
  // Like days of a like year: without what was unlike it is what the same days of 2025 used.
  expect(current.adjusted.actual / over(...lastYear, used)).toBeCloseTo(1, 3);
  expect(expected).toBe(current.raw.expected);
  expect(current.adjusted.difference).toBeCloseTo(current.adjusted.actual - expected, 9);
  expect(current.adjusted.share).toBeCloseTo(current.adjusted.difference / expected, 12);
  // Raw it is above the curve by more: the cold is in it.
  expect(current.raw.difference - current.adjusted.difference).toBeCloseTo((weather ?? 0) + working_days, 6);
});
