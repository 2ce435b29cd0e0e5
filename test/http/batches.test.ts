import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { Batch, Batches } from '../../server/http/schemas/batches.ts';
import { monthlyRig } from '../reporting/monthly-rig.ts';
import { json } from './quota-estate.ts';

test('a city in one go: asked for, watched, taken as one archive, removed; faults of the question are named', async () => {
  const r = await monthlyRig();
  const asked = { node: 'city', month: '2026-10', forms: ['docx', 'xlsx'] };
  const answer = await r.app.request('/api/v1/batches', json('POST', asked));
  expect(answer.status).toBe(202);
  const { id, total } = Batch.parse(await answer.json());
  expect(total).toBe(2);
  const state = async () => Batch.parse((await r.get(`/api/v1/batches/${id}`)).body);
  const done = { state: 'done', done: 2, failures: [], error: null };
  await expect.poll(state, { timeout: 100_000 }).toMatchObject(done);

  const { response } = await r.get(`/api/v1/batches/${id}/archive`);
  expect(response.headers.get('content-disposition')).toContain(encodeURIComponent('示例市 2026-10.zip'));
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  expect(Object.keys(files)).toEqual([
    '市行政中心（gov）.docx',
    '市行政中心（gov）.xlsx',
    '市税务局（tax）.docx',
    '市税务局（tax）.xlsx',
  ]);
  // A document is a zip file itself.
  for (const bytes of Object.values(files)) expect([...bytes.slice(0, 2)]).toEqual([0x50, 0x4b]);

  expect((await r.app.request(`/api/v1/batches/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect(Batches.parse((await r.get('/api/v1/batches')).body).batches).toEqual([]);
  expect((await r.get(`/api/v1/batches/${id}/archive`)).status).toBe(404);

  // Faults of the question are named.
  const refused = async (body: object) => {
    const answer = await r.app.request('/api/v1/batches', json('POST', body));
    const { errors } = (await answer.json()) as { errors: { path: string }[] };
    return [answer.status, errors.map((e) => e.path)];
  };
  const good = { node: 'city', month: '2026-10', forms: ['docx'] };
  expect(await refused({ ...good, node: 'nowhere' })).toEqual([404, ['node']]);
  expect(await refused({ ...good, month: '2031-01' })).toEqual([400, ['month']]);
  expect(await refused({ ...good, month: '2026-1' })).toEqual([400, ['month']]);
  expect(await refused({ ...good, forms: [] })).toEqual([400, ['forms']]);
  expect((await r.get('/api/v1/batches/..%2Fetc')).status).toBe(404);
});
