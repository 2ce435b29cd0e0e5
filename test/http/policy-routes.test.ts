import { expect, test } from 'vitest';
import { Attributes } from '../../server/http/schemas/attributes.ts';
import { PolicyHistory, PolicyItem, PolicyList } from '../../server/http/schemas/policy.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

async function send(r: Rig, method: string, path: string, body?: unknown) {
  const init: RequestInit =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await r.app.request(path, { method, ...init });
  return { status: response.status, body: (await response.json()) as unknown };
}

const BODY = {
  name: '本市',
  coefficients: [
    {
      carrier: 'electricity',
      unit: 'kWh',
      kgce: 0.3,
      source: { text: 'notice 12', confidence: 'verified' },
    },
  ],
  source: { text: 'notice 12', confidence: 'verified' },
};

test('an own scheme in the place of a shipped one, its history, and the shipped one back', async () => {
  const r = await rig(ESTATE);
  const path = '/api/v1/policy/scheme/db37-2672';
  const shipped = PolicyItem.parse((await r.get(path)).body);
  expect(shipped).toMatchObject({ origin: 'builtin', replaces: false, changes: 0, changed_by: null });

  const put = await send(r, 'PUT', path, { body: BODY, recorded_by: '王', source: '鲁管〔2026〕1号' });
  expect(PolicyItem.parse(put.body)).toMatchObject({
    origin: 'own',
    replaces: true,
    body: BODY,
    changes: 1,
    changed_by: '王',
  });
  const left = PolicyList.parse((await send(r, 'DELETE', `${path}?recorded_by=李`)).body);
  expect(left.items.find((i) => i.id === 'db37-2672')).toMatchObject({
    origin: 'builtin',
    changes: 2,
    body: shipped.body,
  });
  const history = PolicyHistory.parse((await r.get(`${path}/history`)).body);
  expect(history.changes.map((c) => [c.by, c.source, c.before, c.after])).toEqual([
    ['李', 'dropped', BODY, null],
    ['王', '鲁管〔2026〕1号', null, BODY],
  ]);
  expect(history.more).toBe(false);
});

test('mistakes name their place inside the body, and nothing is written', async () => {
  const r = await rig(ESTATE);
  const body = { ...BODY, coefficients: [{ ...BODY.coefficients[0], unit: '' }], colour: 'red' };
  const refused = await send(r, 'PUT', '/api/v1/policy/scheme/own', { body });
  expect(refused.status).toBe(422);
  const { errors } = refused.body as { errors: { path: string }[] };
  expect(errors.map((e) => e.path).sort()).toEqual(['', 'coefficients[0].unit']);
  expect((await r.get('/api/v1/policy/scheme/own')).status).toBe(404);

  const values = [
    { from: '2026-01-01', value: 1 },
    { from: '2026-01-01', value: -2 },
  ];
  const wrong = await send(r, 'PUT', '/api/v1/nodes/gov/attributes/people', { values });
  expect(wrong.status).toBe(422);
  expect((wrong.body as { errors: { path: string }[] }).errors.map((e) => e.path)).toEqual([
    'values[1].value',
    'values[1].from',
  ]);
});

test('attributes with their units, who wrote them down, where they come from, and what was changed', async () => {
  const r = await rig(ESTATE);
  const values = [{ from: '2026-01-01', value: 250, source: '考勤' }];
  const put = await send(r, 'PUT', '/api/v1/nodes/gov/attributes/working_days', {
    values,
    recorded_by: '王',
  });
  const after = Attributes.parse(put.body);
  const of = (name: string) => after.attributes.find((a) => a.name === name);
  expect(of('working_days')).toMatchObject({
    unit: 'd/a',
    from: 'own',
    values: [{ from: '2026-01-01', value: 250, source: '考勤', recorded_by: '王' }],
  });
  expect(of('floor_area_m2')).toMatchObject({ unit: 'm²', from: 'own', values: [{ recorded_by: 'test' }] });
  expect(of('heated_area_m2')).toMatchObject({ values: [], from: 'nowhere' });
  expect(after.history[0]).toMatchObject({ by: '王', name: 'working_days', before: [], after: values });

  await send(r, 'PUT', '/api/v1/nodes/city/classification', { zone: 'mild', recorded_by: '李' });
  const shown = Attributes.parse((await r.get('/api/v1/nodes/gov/attributes')).body);
  expect([shown.classification.zone, shown.effective.zone]).toEqual([null, 'mild']);
});
