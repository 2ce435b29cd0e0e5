import { expect, test } from 'vitest';
import { ESTATE } from './estate.ts';
import { REQUESTS, STATUS } from './requests.ts';
import { rig } from './rig.ts';

test('every route of the document answers, and every route that answers is in the document', async () => {
  const r = await rig(ESTATE);
  const { body } = await r.get('/api/v1/openapi.json');
  const document = body as { openapi: string; paths: Record<string, Record<string, { responses: object }>> };
  expect(document.openapi).toBe('3.1.0');
  const routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual(Object.keys(REQUESTS).sort());
  for (const [route, request] of Object.entries(REQUESTS)) {
    const [path, init] = await request(r);
    const response = await r.app.request(path, init);
    expect([route, response.status]).toEqual([route, STATUS[route] ?? 200]);
    await response.body?.cancel();
  }
});
