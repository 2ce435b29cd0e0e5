import type { z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import type { ForecastShape, Waterfall } from '../../server/http/schemas/forecast.ts';
import type { PlanList } from '../../server/http/schemas/plans.ts';
import type { Split, TargetDetail, TargetList } from '../../server/http/schemas/targets.ts';
import type { RollupWrite } from '../../server/timeseries/port.ts';
import { type Rig, rig } from './rig.ts';

const DAY_MS = 86_400_000;
const at = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);
const meter = (id: string, node: string, carrier: string, unit: string, more: object = {}) => ({
  id,
  name: id,
  node,
  carrier,
  unit,
  interval_s: 3600,
  ...more,
});
const valued = (area: number, people: number) => ({
  floor_area_m2: [{ from: '2024-01-01', value: area }],
  people: [{ from: '2024-01-01', value: people }],
});
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '示例市', kind: 'region' },
    { id: 'gov', name: '办公室', kind: 'institution', parent: 'city', attributes: valued(1000, 30) },
    { id: 'lib', name: '图书馆', kind: 'institution', parent: 'city', attributes: valued(3000, 10) },
    { id: 'bare', name: '档案馆', kind: 'institution', parent: 'city' },
  ],
  meters: [
    meter('gov-e', 'gov', 'electricity', 'kWh'),
    meter('lib-e', 'lib', 'electricity', 'kWh'),
    meter('bare-e', 'bare', 'electricity', 'kWh'),
    meter('gov-w', 'gov', 'water', 'm³'),
    meter('air', 'city', 'outdoor_temperature', '°C', { register: 'gauge' }),
  ],
};
const FIRST = '2024-06-01';
const NOW = '2026-11-18T12:00:00+08:00';

/** Writes what a meter used on each day of [from, to), as the ledger would. */
async function fill(r: Rig, id: string, perDay: (start: number) => number, from = FIRST, to = '2026-11-18') {
  const { zone } = r.deps.estate();
  const no = r.deps.estate().meter(id)?.no as number;
  const days: RollupWrite[] = [];
  const months = new Map<number, RollupWrite>();
  const row = { meter: no, recovered: 0, estimated: 0, isNew: true };
  for (let start = at(from); start < at(to); start += DAY_MS) {
    const measured = Math.round(perDay(start) * 1e6);
    days.push({ ...row, start, measured, coveredMs: DAY_MS });
    const month = zone.startOf('month', start);
    const sum = months.get(month) ?? { ...row, start: month, measured: 0, coveredMs: 0 };
    months.set(month, { ...sum, measured: sum.measured + measured, coveredMs: sum.coveredMs + DAY_MS });
  }
  await r.deps.timeseries.write({ cursor: 0, readings: [], hours: [], days, months: [...months.values()] });
}

async function city(): Promise<Rig> {
  const r = await rig(ESTATE, {}, NOW);
  await fill(r, 'gov-e', () => 24);
  await fill(r, 'lib-e', () => 48);
  await fill(r, 'gov-w', () => 3);
  return r;
}

async function send<T>(r: Rig, method: string, path: string, body?: object): Promise<T> {
  const response = await r.app.request(`/api/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as T;
}

type Detail = z.infer<typeof TargetDetail>;
const put = (r: Rig, id: string, more: object) =>
  send<Detail>(r, 'PUT', `/targets/${id}`, {
    base_year: 2025,
    end_year: 2027,
    path: { kind: 'linear', reduction: 0.1 },
    recorded_by: '张三',
    ...more,
  });

test('a target at one glance: path, curve, forecast, what is left and when it is passed', async () => {
  const r = await city();
  await put(r, 'gov-2027', { node: 'gov', indicator: 'electricity' });
  const { targets } = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=gov');
  const [t] = targets;
  if (!t?.current?.remaining || !t.forecast) throw new Error('no target');
  // 24 kWh × 365 d
  expect(t.base).toMatchObject({ value: 8760, kind: 'measured', lacks: [] });
  // 8760 × (1 − 0.1 × 1/2), 8760 × 0.9
  expect(t.years.map((y) => [y.year, y.state, y.target, y.actual])).toEqual([
    [2026, 'running', 8760 * 0.95, null],
    [2027, 'future', 8760 * 0.9, null],
  ]);
  const { current } = t;
  const { remaining } = t.current;
  // 1 January to 17 November: 365 − 13 − 31 = 321 days
  expect(current).toMatchObject({ budget: 8322, actual: 321 * 24, completeness: 1, quantity_unit: 'kWh' });
  expect(current.curve_basis).toEqual({ kind: 'own', node: 'gov', years: [2025] });
  expect(current.curve[0]?.share).toBeCloseTo(31 / 365, 12);
  expect(current.raw?.expected).toBeCloseTo((8322 * 321) / 365, 6);
  expect(current.raw?.difference).toBeCloseTo(321 * 24 - (8322 * 321) / 365, 6);
  expect(remaining).toMatchObject({ quantity: 8322 - 7704, months: 13 / 30 + 1 });
  expect(remaining.by_month.map((m) => m.month)).toEqual(['2026-11', '2026-12']);
  expect(remaining.by_month.reduce((s, m) => s + m.quantity, 0)).toBeCloseTo(618, 9);
  // 18–30 November: 9 of 13 days; December: 23 of 31
  expect(remaining.working_days).toBe(32);
  expect(remaining.per_working_day).toBeCloseTo(618 / 32, 9);
  expect(t.forecast.kind).toBe('model');
  expect(t.forecast.total).toBeCloseTo(8760, 3);
  // 8322 / 24 = 346.75: the 347th day of the year is 13 December
  expect(current.passed_on).toBe('2026-12-13');
  expect(current.verdict).toBe('off_track');
  expect(t.forecast.months.map((m) => m.month)).toHaveLength(12);
  expect(t.forecast.months[10]?.actual).toBe(17 * 24);
  expect(t.forecast.months[10]?.forecast).toBeCloseTo(30 * 24, 3);
});

test('a year is spread as in the region above where five institutions stand behind it', async () => {
  const r = await city();
  await fill(r, 'bare-e', () => 10, '2026-10-01');
  await put(r, 'a', { node: 'bare', indicator: 'electricity' });
  const basis = async (): Promise<unknown> => {
    const { targets } = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=bare');
    return targets[0]?.current?.curve_basis;
  };
  const { length } = r.catalogue.snapshot().nodes.filter((n) => n.kind === 'institution');
  const others = Array.from({ length: 5 - length }, (_, i) => ({
    ...{ id: `other${i}`, name: `另一单位${i}`, kind: 'institution', parent: 'city' },
  }));
  r.catalogue.applyEstate({ version: 1, nodes: others.slice(1) }, 'test');
  expect(await basis()).toEqual({ kind: 'days', node: null, years: [] });
  r.catalogue.applyEstate({ version: 1, nodes: others.slice(0, 1) }, 'test');
  expect(await basis()).toEqual({ kind: 'above', node: 'city', years: [2025] });
});

test('per person: the budget is the target times the heads of the year', async () => {
  const r = await city();
  await put(r, 'w', { node: 'gov', indicator: 'water_per_person', base: { value: 40, source: '统计年报' } });
  const { targets } = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=gov');
  const [t] = targets;
  expect(t?.base).toMatchObject({ value: 40, kind: 'entered', source: '统计年报' });
  // 40 × 0.95 m³ × 30 people; 3 m³ × 365 = 1095 m³ is less
  expect(t?.current).toMatchObject({ target: 38, denominator: 30, budget: 1140, verdict: 'on_track' });
  expect(t?.forecast?.value).toBeCloseTo(1095 / 30, 6);
});

test('what is lacking is said: base year, heads, history', async () => {
  const r = await city();
  await fill(r, 'bare-e', () => 10, '2026-10-01');
  await put(r, 'a', { node: 'bare', indicator: 'electricity' });
  await put(r, 'b', { node: 'bare', indicator: 'electricity_per_person', base: { value: 9, source: 's' } });
  const { targets } = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=bare');
  const [a, b] = ['a', 'b'].map((id) => targets.find((t) => t.id === id));
  expect(a?.base.value).toBeNull();
  expect(a?.base.lacks[0]).toEqual({ reason: 'no_base', what: '2025' });
  expect(a?.years[0]?.target).toBeNull();
  expect(a?.current).toMatchObject({ budget: null, verdict: 'unknown', raw: null });
  // October 31 + November 17 days, and 44 to come at the same pace
  expect(a?.forecast).toMatchObject({ kind: 'straight_line', total: 10 * (48 + 44), low: null, high: null });
  expect(a?.forecast?.lacks).toContainEqual({ reason: 'too_short', what: '48 d' });
  // Fewer than five institutions stand behind the city: its year would tell what the others did.
  expect(a?.current?.curve_basis?.kind).toBe('days');
  expect(b?.current).toMatchObject({ denominator: null, budget: null, verdict: 'unknown' });
  expect(b?.current?.lacks).toContainEqual({ reason: 'no_attribute', what: 'people' });
});

test('a city’s amount is split and adds up; each part sees where it comes from', async () => {
  const r = await city();
  await put(r, 'city-2027', {
    node: 'city',
    indicator: 'electricity',
    base: { value: 20_000, source: '账单' },
  });
  const split = (body: object) => send<z.infer<typeof Split>>(r, 'POST', '/targets/city-2027/split', body);

  // 20,000 × 0.9 = 18,000 in 2027; by 8760 : 17520 = 1 : 2, and the third has no base
  const byBase = await split({ method: 'base' });
  expect(byBase.parts.map((p) => [p.node, p.value])).toEqual([
    ['gov', 6000],
    ['lib', 12_000],
    ['bare', null],
  ]);
  expect(byBase.parts[2]?.lacks[0]?.reason).toBe('no_base');
  expect(byBase.totals).toEqual([
    { year: 2026, whole: 19_000, parts: 19_000, remainder: 0 },
    { year: 2027, whole: 18_000, parts: 18_000, remainder: 0 },
  ]);
  // 19,000 by 1000 : 3000 m², and by 30 : 10 people
  const years = async (body: object) => (await split(body)).parts.map((p) => p.years[0]?.value);
  expect(await years({ method: 'area' })).toEqual([4750, 14_250, null]);
  expect(await years({ method: 'people' })).toEqual([14_250, 4750, null]);
  // 6333.33 each: two get 6333, the first 6334
  expect(await years({ method: 'equal' })).toEqual([6334, 6333, 6333]);
  const hand = await split({ method: 'hand', by_hand: { gov: 7000, lib: 10_500 } });
  expect(hand.totals[1]).toEqual({ year: 2027, whole: 18_000, parts: 17_500, remainder: 500 });
  expect((await r.get('/api/v1/policy/target')).body).toMatchObject({ items: [{ id: 'city-2027' }] });

  await split({ method: 'base', save: true, recorded_by: '市局' });
  const { targets } = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=lib');
  expect(targets[0]).toMatchObject({
    id: 'city-2027:lib',
    from: { id: 'city-2027', node: 'city', split: 'base' },
    current: { budget: 12_667 },
  });
  const last = async () => (await send<Detail>(r, 'GET', '/targets/city-2027')).split;
  expect(await last()).toEqual({ method: 'base', nodes: ['gov', 'lib'], by_hand: {} });
  const byHand = { method: 'hand', nodes: ['lib', 'gov'], by_hand: { gov: 7000, lib: 10_500 } };
  await split({ ...byHand, save: true, recorded_by: '市局' });
  expect(await last()).toEqual({ ...byHand, nodes: ['gov', 'lib'] });
  // Fewer parts take the place of more.
  await split({ method: 'base', nodes: ['gov'], save: true, recorded_by: '市局' });
  expect(await last()).toEqual({ method: 'base', nodes: ['gov'], by_hand: {} });
  const left = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=lib');
  expect(left.targets).toEqual([]);
  expect(left.above.map((t) => t.id)).toEqual(['city-2027']);

  const detail = await send<Detail>(r, 'GET', '/targets/city-2027');
  expect(detail.parts).toMatchObject([
    { node: 'gov', target: 'city-2027:gov', budget: 19_000, actual: 7704, last_year: 7704, change: 0 },
  ]);
  // Of last year 321 of 365 days had gone.
  expect(detail.parts[0]?.difference).toBeCloseTo(7704 - (19_000 * 321) / 365, 6);
});

test('what is per m² is not divided: each lowers its own, or by a share of its own', async () => {
  const r = await city();
  await put(r, 'm2', { node: 'city', indicator: 'electricity_per_m2', base: { value: 8, source: 's' } });
  const split = (body: object) => send<z.infer<typeof Split>>(r, 'POST', '/targets/m2/split', body);
  const of = await split({ method: 'reduction', by_hand: { lib: 0.2 } });
  expect(of.extensive).toBe(false);
  // 8.76 × 0.9 and 17520 / 3000 × 0.8
  expect(of.parts[0]).toMatchObject({ node: 'gov', base: 8.76, reduction: 0.1 });
  expect(of.parts[0]?.value).toBeCloseTo(7.884, 9);
  expect(of.parts[1]?.value).toBeCloseTo(5.84 * 0.8, 9);
  expect(of.parts[2]).toMatchObject({ node: 'bare', value: null });
  const hand = { method: 'hand', nodes: ['gov', 'lib'], by_hand: { gov: 0.05, lib: 0.2 } };
  await split({ ...hand, save: true, recorded_by: '市局' });
  expect((await send<Detail>(r, 'GET', '/targets/m2')).split).toEqual(hand);
  await expect(split({ method: 'area' })).rejects.toThrow('400');
  await expect(split({ method: 'reduction', nodes: ['city'] })).rejects.toThrow('is not below');
  await expect(split({ method: 'reduction', save: true })).rejects.toThrow('recorded_by');
});

test('a late reading of a past day makes another forecast', async () => {
  const r = await city();
  const ask = () => send<z.infer<typeof ForecastShape>>(r, 'GET', '/forecast?node=gov&indicator=electricity');
  expect(await ask()).toMatchObject({ actual: 7704, kind: 'model' });
  const no = r.deps.estate().meter('gov-e')?.no as number;
  const month = { meter: no, start: at('2026-10-01'), recovered: 0, estimated: 0, coveredMs: 31 * DAY_MS };
  const days = Array.from({ length: 31 }, (_, i) => ({
    ...month,
    start: month.start + i * DAY_MS,
    measured: 34e6,
    coveredMs: DAY_MS,
  }));
  const rows = { hours: [], days, months: [{ ...month, measured: 31 * 34e6 }] };
  await r.deps.timeseries.replace([no], month.start, at('2026-11-01'), rows);
  await r.ledger.recompute([{ id: 'gov-e', cause: 'late', version: 1 }], r.catalogue.version);
  await r.ledger.drained();
  // Nothing but these rows was ever read of the meter: computed again it is not known.
  expect(await ask()).toMatchObject({ actual: null, kind: null, total: null });
});

test('why a period differs adds up, and says what it cannot tell', async () => {
  const r = await rig(ESTATE, {}, NOW);
  // Cold days cost: 2 kWh for each degree below 18; this autumn is 5 degrees colder than the last.
  const swing = (t: number) => 18 - 14 * Math.cos((2 * Math.PI * (t - at('2024-01-20'))) / (365.25 * DAY_MS));
  const air = (t: number) => swing(t) + 2 * Math.sin(t / (1.7 * DAY_MS)) - (t >= at('2026-10-01') ? 5 : 0);
  const used = (t: number) => 100 + 2 * Math.max(0, 18 - air(t));
  await fill(r, 'air', (t) => air(t) * 24);
  await fill(r, 'gov-e', used);
  await fill(r, 'lib-e', () => 7, '2026-10-01');
  const of = (node: string, indicator: string) =>
    send<z.infer<typeof Waterfall>>(
      r,
      'GET',
      `/waterfall?node=${node}&indicator=${indicator}&from=2026-10-01&to=2026-11-01`,
    );
  const sum = (w: z.infer<typeof Waterfall>) =>
    w.parts.reduce((s, p) => s + Math.round((p.amount ?? 0) * 1e6), 0);
  const part = (w: z.infer<typeof Waterfall>, cause: string) =>
    w.parts.find((p) => p.cause === cause)?.amount ?? null;

  const gov = await of('gov', 'electricity');
  let colder = 0;
  for (let t = at('2026-10-01'); t < at('2026-11-01'); t += DAY_MS) {
    colder += used(t) - used(t - 365 * DAY_MS);
  }
  expect(gov.difference).toBeCloseTo(colder, 3);
  expect(sum(gov)).toBe(Math.round((gov.difference ?? 0) * 1e6));
  // Nothing but the weather is another.
  expect((part(gov, 'weather') ?? 0) / colder).toBeGreaterThan(0.9);
  expect((part(gov, 'weather') ?? 0) / colder).toBeLessThan(1.1);

  // The library's meter is new: 31 d × 7 kWh say nothing about use.
  const city = await of('city', 'electricity');
  expect(part(city, 'completeness')).toBeCloseTo(31 * 7, 6);
  expect(sum(city)).toBe(Math.round((city.difference ?? 0) * 1e6));

  const none = await of('lib', 'electricity');
  expect([none.difference, none.parts]).toEqual([null, []]);
  expect(none.lacks.map((l) => l.reason)).toContain('no_data');
});

test('plans are written down with their filing, newest first', async () => {
  const r = await city();
  const plan = (year: number, more: object) =>
    send(r, 'PUT', `/plans/gov/${year}`, { recorded_by: '李四', ...more });
  await plan(2025, {});
  await plan(2026, {
    measures: [
      { name: '更换 LED', saving: { quantity: 1200, unit: 'kWh' }, due: '2026-06-30', state: 'done' },
      { name: '空调调适', saving: null, due: null, state: 'planned' },
    ],
    filed: { date: '2026-03-05', number: '安节〔2026〕3号' },
  });
  const { plans } = await send<z.infer<typeof PlanList>>(r, 'GET', '/plans?node=gov');
  expect(plans.map((p) => [p.year, p.measures.length, p.filed?.number ?? null])).toEqual([
    [2026, 2, '安节〔2026〕3号'],
    [2025, 0, null],
  ]);
  await expect(plan(2026, { filed: { date: '5 March', number: '3' } })).rejects.toThrow('filed.date');
  const glance = await send<z.infer<typeof TargetList>>(r, 'GET', '/targets?node=gov');
  expect(glance.plan?.filed?.date).toBe('2026-03-05');
});
