import type { z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import type { ForecastShape, Waterfall } from '../../server/http/schemas/forecast.ts';
import { Indicators } from '../../server/http/schemas/indicators.ts';
import type { TargetList } from '../../server/http/schemas/targets.ts';
import { fillDays } from './days.ts';
import { json } from './quota-estate.ts';
import { type Rig, rig } from './rig.ts';

const meter = (id: string) => ({
  id,
  name: id,
  node: 'gov',
  carrier: 'electricity',
  unit: 'kWh',
  interval_s: 3600,
});
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [{ id: 'gov', name: '机关', kind: 'institution' }],
  meters: [meter('old'), meter('new')],
};
const TODAY = '2026-11-18';

/** 24 kWh a day since 2024, and 12 kWh a day that nobody measured before a meter was added. */
async function added(since: string): Promise<Rig> {
  const r = await rig(ESTATE, {}, `${TODAY}T12:00:00+08:00`);
  await fillDays(r, 'old', () => 24, '2024-01-01', TODAY);
  await fillDays(r, 'new', () => 12, since, TODAY);
  const body = {
    node: 'gov',
    indicator: 'electricity',
    base_year: 2024,
    end_year: 2027,
    path: { kind: 'linear', reduction: 0.03 },
    recorded_by: '张三',
  };
  expect((await r.app.request('/api/v1/targets/t', json('PUT', body))).status).toBe(200);
  const own = { ...body, base_year: 2025 };
  expect((await r.app.request('/api/v1/targets/own', json('PUT', own))).status).toBe(200);
  return r;
}

async function get<T>(r: Rig, path: string): Promise<T> {
  const { status, body } = await r.get(`/api/v1${path}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body as T;
}

test('a meter that is added in the midst of the base year: what is not known of it is said, and judges nobody', async () => {
  const r = await added('2025-07-01');
  // 365 days of one meter and 184 of the other, of 2 × 365
  const { nodes } = Indicators.parse(
    (await r.get('/api/v1/indicators?node=gov&indicator=electricity&from=2025-01-01&to=2026-01-01')).body,
  );
  const [electricity] = nodes[0]?.indicators ?? [];
  expect(electricity?.value).toBe(365 * 24 + 184 * 12);
  expect(electricity?.completeness).toBeCloseTo((365 + 184) / 730, 12);
  expect(electricity?.last_year.completeness).toBeCloseTo(0.5, 12);

  const { targets } = await get<z.infer<typeof TargetList>>(r, '/targets?node=gov');
  const [t, own] = ['t', 'own'].map((id) => targets.find((of) => of.id === id));
  // Against the base a third more was used in 2026, against the truth nothing changed.
  expect(own?.base).toMatchObject({
    value: 365 * 24 + 184 * 12,
    lacks: [{ reason: 'weak_base', what: '2025' }],
  });
  expect(own?.base.completeness).toBeCloseTo(549 / 730, 12);
  expect(own?.current).toMatchObject({ actual: 321 * 36, completeness: 1, verdict: 'unknown' });
  expect(own?.forecast?.total).toBeGreaterThan(own?.current?.budget ?? Number.POSITIVE_INFINITY);
  // Of 2025, above its target of 2024, nobody can say that it was missed either.
  expect(t?.years[0]).toMatchObject({ year: 2025, state: 'past', met: null });
  expect(t?.years[0]?.actual).toBeGreaterThan(t?.years[0]?.target ?? 0);
  // The year is spread by 2024, which was measured evenly: the half of 2025 would give July to December too much.
  expect(own?.current?.curve_basis).toEqual({ kind: 'own', node: 'gov', years: [2024] });
  expect(own?.current?.curve[0]?.share).toBeCloseTo(31 / 366, 9);

  // The forecast learns from whole days alone: 36 kWh a day go on.
  const forecast = await get<z.infer<typeof ForecastShape>>(r, '/forecast?node=gov&indicator=electricity');
  expect(forecast).toMatchObject({ kind: 'model', actual: 321 * 36 });
  expect(forecast.model?.from).toBe('2025-07-01');
  expect(forecast.total).toBeCloseTo(365 * 36, 0);

  // What the new meter counted from January to June is no change of use.
  const why = await get<z.infer<typeof Waterfall>>(
    r,
    '/waterfall?node=gov&indicator=electricity&from=2026-01-01&to=2027-01-01',
  );
  expect(why.difference).toBeCloseTo(181 * 12, 6);
  expect(why.parts.find((p) => p.cause === 'completeness')?.amount).toBeCloseTo(181 * 12, 6);
  expect(why.completeness.last_year).toBeCloseTo((321 + 140) / 642, 12);
});

test('a meter that is added in the year that runs: the rest is that of whole days, the year so far is incomplete', async () => {
  const r = await added('2026-05-01');
  const forecast = await get<z.infer<typeof ForecastShape>>(r, '/forecast?node=gov&indicator=electricity');
  // 201 whole days are too few for a model; the mean of the past year, half of it of one meter, would be 31 kWh.
  expect(forecast).toMatchObject({ kind: 'straight_line', actual: 321 * 24 + 201 * 12, low: null });
  expect((forecast.total ?? 0) - (forecast.actual ?? 0)).toBeCloseTo(44 * 36, 6);
  expect(forecast.completeness).toBeCloseTo((321 + 201) / 642, 12);
  const { targets } = await get<z.infer<typeof TargetList>>(r, '/targets?node=gov');
  const own = targets.find((t) => t.id === 'own');
  // 2025 was half measured, and evenly so: not even what is sure can be said of it.
  expect(own?.base).toMatchObject({ value: 365 * 24, lacks: [{ reason: 'weak_base', what: '2025' }] });
  expect(own?.current?.verdict).toBe('unknown');
});
