import { expect, test } from 'vitest';
import { Explanation, Explanations } from '../../server/http/schemas/explanations.ts';
import { asking, person } from '../access/persons.ts';
import { json, put, quotaRig } from './quota-estate.ts';

const ID = 'gov:2025:db37-4452.organ';
const REVIEW = `/api/v1/explanations/${ID}/review`;

test('an institution above its quota explains it, the bureau returns it and accepts it; all of it stays', async () => {
  // 12 × 650 m³ / 300 = 26 m³ a head, 25 are allowed; the tax office has 12 × 150 / 100 = 18.
  const r = await quotaRig(2025, ['gov-water', 'tax-water']);
  const listed = async (query = ''): Promise<Explanations['explanations']> =>
    Explanations.parse((await r.get(`/api/v1/explanations?node=city&year=2025${query}`)).body).explanations;
  const post = async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
    const response = await r.app.request(path, json('POST', body));
    return { status: response.status, body: await response.json() };
  };
  const submit = (text: string, more: object = {}): ReturnType<typeof post> =>
    post('/api/v1/explanations', {
      node: 'gov',
      year: 2025,
      quota: 'db37-4452.organ',
      text,
      by: '李四',
      ...more,
    });

  expect(await listed()).toEqual([
    expect.objectContaining({
      id: ID,
      node: 'gov',
      name: '市行政中心',
      quota: 'db37-4452.organ',
      metric: 'water_per_person',
      state: 'open',
      value: 26,
      constraint: 25,
      over: true,
      history: [],
    }),
  ]);
  const { body: all } = await r.get('/api/v1/explanations?node=city&year=2025');
  // Nobody knows of the hospital's energy, so it is not passed over in silence.
  expect(Explanations.parse(all).unknown.map((u) => u.node)).toContain('hospital');

  // Who kept the quota has nothing to explain, and what was not sent cannot be reviewed.
  const kept = await submit('无', { node: 'tax' });
  expect([kept.status, JSON.stringify(kept.body)]).toEqual([400, expect.stringContaining('no figure above')]);
  expect((await post(REVIEW, { action: 'accept', by: '王五' })).status).toBe(404);
  expect((await submit('', {})).status).toBe(400);

  r.clock('2026-11-18T13:00:00+08:00');
  const sent = await submit('食堂改造期间用水增加');
  expect(sent.status).toBe(200);
  expect(Explanation.parse(sent.body)).toMatchObject({
    state: 'submitted',
    history: [
      {
        action: 'submit',
        at: '2026-11-18T13:00:00+08:00',
        by: '李四',
        text: '食堂改造期间用水增加',
        figure: { value: 26, constraint: 25, unit: 'm³/(p·a)', completeness: 1 },
      },
    ],
  });
  expect((await submit('又一次')).status).toBe(400);
  expect(JSON.stringify((await post(REVIEW, { action: 'return', by: '王五' })).body)).toContain('text');
  const returned = await post(REVIEW, { action: 'return', text: '请附改造前后水表读数', by: '王五' });
  expect(Explanation.parse(returned.body).state).toBe('returned');
  expect((await listed('&state=returned')).map((e) => e.id)).toEqual([ID]);
  expect(await listed('&state=open')).toEqual([]);

  // Sent again after the quota was raised: it is within it by now, and is still answered for.
  put(r, 'quota', 'db37-4452.organ', {
    standard: '修订',
    metric: 'water_per_person',
    types: ['organ'],
    unit: 'm³/(p·a)',
    values: { constraint: 30 },
    source: { text: '修订', confidence: 'verified' },
  });
  expect(Explanation.parse((await submit('已附读数')).body).over).toBe(false);
  // Nobody accepts what he wrote himself.
  const author = person([{ role: 'supervisor', node: null }], '李四');
  const own = await asking(r)(author, REVIEW, json('POST', { action: 'accept' }));
  expect([own.status, await own.text()]).toEqual([403, expect.stringContaining('somebody else')]);
  expect((await post(REVIEW, { action: 'accept', by: '王五' })).status).toBe(200);
  const [done] = await listed();
  expect(done?.state).toBe('accepted');
  expect(done?.history.map((e) => [e.action, e.by, e.text, e.figure?.constraint ?? null])).toEqual([
    ['submit', '李四', '食堂改造期间用水增加', 25],
    ['return', '王五', '请附改造前后水表读数', null],
    ['submit', '李四', '已附读数', 30],
    ['accept', '王五', '', null],
  ]);
  expect((await submit('再说一次')).status).toBe(400);

  // No other door changes what was said.
  const put1 = await r.app.request(`/api/v1/policy/explanation/${ID}`, json('PUT', { body: {} }));
  expect(put1.status).toBe(422);
  const file = `version: 1\npolicy:\n  - { kind: explanation, id: "${ID}", body: { node: gov } }\n`;
  expect(() => r.catalogue.applyPolicy(file, 'test')).toThrow(/step by step/);
  const dropped = await r.app.request(`/api/v1/policy/explanation/${ID}`, { method: 'DELETE' });
  expect(dropped.status).toBe(422);
  expect((await listed())[0]?.history).toHaveLength(4);
});
