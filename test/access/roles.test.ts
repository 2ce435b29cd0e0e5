import { createRoute, z } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../server/access/rules.ts';
import {
  ADMINISTRATORS,
  type Grant,
  PERMISSIONS_OF,
  type Permission,
  ROLES,
  type Role,
} from '../../server/domain/access.ts';
import { createApp } from '../../server/http/app.ts';
import { ESTATE } from '../http/estate.ts';
import { REQUESTS, STATUS } from '../http/requests.ts';
import { rig } from '../http/rig.ts';
import { asking, person } from './persons.ts';

/** Beside the document: the document itself, and what Prometheus asks for. */
const UNDOCUMENTED = ['GET /api/v1/openapi.json', 'GET /metrics'];

type Paths = { paths?: Record<string, object> };

function routesOf({ paths }: Paths): string[] {
  return Object.entries(paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe('the one list', () => {
  test('has a rule for every route that there is, and none for a route that there is not', async () => {
    const r = await rig(ESTATE);
    const { body } = await r.get('/api/v1/openapi.json');
    expect([...routesOf(body as Paths), ...UNDOCUMENTED].sort()).toEqual(Object.keys(RULES).sort());
  });

  test('a route that somebody adds without a rule is found, and refused to everybody', async () => {
    const r = await rig(ESTATE);
    const app = createApp(r.deps);
    app.openapi(
      createRoute({
        method: 'get',
        path: '/api/v1/made-up/{id}',
        request: { params: z.object({ id: z.string() }) },
        responses: { 200: { description: 'd', content: { 'application/json': { schema: z.object({}) } } } },
      }),
      (c) => c.json({}, 200),
    );
    const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
    expect(routesOf(document).filter((route) => !RULES[route])).toEqual(['GET /api/v1/made-up/{id}']);
    const answer = await app.request('/api/v1/made-up/1');
    expect([answer.status, await answer.json()]).toMatchObject([
      403,
      { detail: 'nobody may ask for GET /api/v1/made-up/{id}: it has no rule' },
    ]);
  });

  test('what anyone may ask for is told in full', () => {
    const open = Object.entries(RULES).filter(([, rule]) => rule.needs === 'anyone');
    expect(open.map(([route]) => route)).toEqual([
      'GET /api/v1/health/live',
      'GET /api/v1/health/ready',
      'GET /api/v1/session',
      'POST /api/v1/session',
      'DELETE /api/v1/session',
      'POST /api/v1/session/second-factor',
      'POST /api/v1/session/demo',
      'POST /api/v1/setup',
    ]);
  });
});

/** Example requests that name the city; all others that name anything name gov, or what is below it. */
const OF_CITY = new Set([
  'GET /api/v1/consumption',
  'GET /api/v1/summary',
  'GET /api/v1/ranking',
  'GET /api/v1/comparison',
  'GET /api/v1/explanations',
  'GET /api/v1/indicators',
  'GET /api/v1/targets',
  'PUT /api/v1/targets/{id}',
  'GET /api/v1/targets/{id}',
  'POST /api/v1/targets/{id}/split',
  'DELETE /api/v1/targets/{id}',
  'GET /api/v1/filings',
  'GET /api/v1/filings/reminders',
  'GET /api/v1/compliance',
]);
/** Example requests that name nothing of the tree: everybody with the permission is answered for his part. */
const OF_NOTHING = new Set([
  'GET /api/v1/health',
  'GET /api/v1/operations',
  'GET /api/v1/tree',
  'GET /api/v1/meters',
  'POST /api/v1/readings',
  'GET /api/v1/live',
  'GET /api/v1/quarantine',
  'POST /api/v1/quarantine/retry',
  'GET /api/v1/estate',
  'PUT /api/v1/estate',
  'GET /api/v1/policy',
  'PUT /api/v1/policy',
  'GET /api/v1/policy/{kind}',
  'GET /api/v1/policy/{kind}/{id}',
  'GET /api/v1/batches',
  'GET /api/v1/profiles',
  'PUT /api/v1/profiles/{id}',
  'POST /api/v1/profiles/test',
  'POST /api/v1/verify',
  'POST /api/v1/backup',
  'GET /api/v1/devices',
  'POST /api/v1/devices/missing',
]);
/** What a request asks for beyond the rule of its route, and where. */
const BEYOND: Record<string, { needs: Permission; at: 'gov' | 'city' }> = {
  // The example is of a setting, which is the bureau's.
  'PUT /api/v1/policy/{kind}/{id}': { needs: 'supervise', at: 'gov' },
  'DELETE /api/v1/policy/{kind}/{id}': { needs: 'supervise', at: 'gov' },
  // To publish is the bureau's, which is above.
  'POST /api/v1/filings/{id}/steps': { needs: 'supervise', at: 'city' },
};
/** Rooms of their own, whose routes ask for more than a role: their tests are beside them. */
const ELSEWHERE = /^\w+ \/api\/v1\/(session|sessions|setup|people|tokens|devices|audit)\b/;
/** What is done again after it was done finds another state, or takes long. */
const ONCE = new Set(['POST /api/v1/batches', 'DELETE /api/v1/batches/{id}', 'POST /api/v1/verify']);

type Place = 'city' | 'gov' | 'lib' | null;
const PLACES: readonly Place[] = ['gov', 'lib', 'city', null];

const reaches = (grant: Place, at: 'gov' | 'city'): boolean =>
  grant === null || grant === 'city' || grant === at;

/** What the one list says of a role at a place: the status, or 0 where the route answers as it does to all. */
function expected(route: string, role: Role, grant: Place): number {
  const rule = RULES[route];
  if (!rule) throw new Error(`no rule for ${route}`);
  const { needs, whole } = rule;
  if (needs === 'anyone' || needs === 'signed_in') return 0;
  if (!PERMISSIONS_OF[role].includes(needs)) return 403;
  if (whole && grant !== null) return 403;
  if (OF_NOTHING.has(route)) return 0;
  if (!reaches(grant, OF_CITY.has(route) ? 'city' : 'gov')) return 404;
  const beyond = BEYOND[route];
  if (!beyond) return 0;
  return PERMISSIONS_OF[role].includes(beyond.needs) && reaches(grant, beyond.at) ? 0 : 403;
}

const grantsOf = (role: Role): Place[] => (ADMINISTRATORS.includes(role) ? [null] : [...PLACES]);

test('every route answers every role at its node, beside it, above it and nowhere, and nobody, as the list says', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r);
  let asked = 0;
  const differing: unknown[] = [];
  const look = async (
    route: string,
    grants: readonly Grant[] | null,
    [path, init]: [string, RequestInit?],
    isRight: (status: number) => boolean,
  ): Promise<void> => {
    const answer = await ask(grants && person(grants), path, init);
    asked++;
    if (!isRight(answer.status)) {
      const text = (answer.headers.get('content-type') ?? '').includes('json') ? await answer.text() : '';
      differing.push([route, grants, answer.status, text.slice(0, 300)]);
    } else await answer.body?.cancel();
  };

  for (const [route, build] of Object.entries(REQUESTS)) {
    const { needs } = RULES[route] ?? {};
    const all = ROLES.flatMap((role) => grantsOf(role).map((node): Grant => ({ role, node })));
    const refused = all.filter(({ role, node }) => expected(route, role, node as Place) !== 0);
    const allowed = all.filter((grant) => !refused.includes(grant));
    const request = await build(r);
    const isOpen = needs === 'anyone' || needs === 'signed_in';
    await look(route, null, request, (s) => (needs === 'anyone' ? s !== 401 && s < 500 : s === 401));
    if (!isOpen) await look(route, [], request, (s) => s === 403);
    for (const grant of refused) {
      const status = expected(route, grant.role, grant.node as Place);
      await look(route, [grant], request, (s) => s === status);
    }
    if (ELSEWHERE.test(route)) continue;
    const [first, ...others] = allowed;
    if (!first) throw new Error(`nobody may ask for ${route}`);
    await look(route, [first], request, (s) => s === (STATUS[route] ?? 200));
    if (ONCE.has(route)) continue;
    const isGet = route.startsWith('GET');
    for (const grant of others) {
      await look(route, [grant], request, (s) =>
        isGet ? s === (STATUS[route] ?? 200) : s !== 401 && s !== 403,
      );
    }
  }
  expect(differing).toEqual([]);
  // 7 roles, four of them at four places and the administrators at one, somebody without a role, and nobody.
  expect(asked).toBeGreaterThan(Object.keys(REQUESTS).length * 10);
}, 300_000);
