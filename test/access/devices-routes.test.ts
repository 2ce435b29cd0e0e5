import { expect, test } from 'vitest';
import type { DeviceMade, DeviceRules, Devices, DevicesMade } from '../../server/http/schemas/devices.ts';
import { type Rig, rig } from '../http/rig.ts';

const ESTATE = {
  version: 1,
  nodes: [
    { id: 'city', name: '市', kind: 'region' },
    { id: 'gov', name: '政', kind: 'building', parent: 'city' },
    { id: 'court', name: '法', kind: 'building', parent: 'city' },
  ],
  gateways: [
    { id: 'gw', name: '网关', node: 'gov' },
    { id: 'lost', name: '无处' },
  ],
  meters: [
    { id: 'a', name: 'A', node: 'gov', carrier: 'electricity', unit: 'kWh' },
    { id: 'b', name: 'B', node: 'court', carrier: 'electricity', unit: 'kWh' },
  ],
};

const ask = async <T>(
  r: Rig,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> => {
  const response = await r.app.request(`/api/v1${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as T };
};

test('a credential is made, shown without its secret, rotated and revoked', async () => {
  const r = await rig(ESTATE);
  const made = await ask<DeviceMade>(r, 'POST', '/devices', {
    ...{ meter: 'a', client_id: 'meter-a', expires_at: '2027-01-01', by: '王工' },
  });
  expect(made.status).toBe(201);
  // 32 letters of 5 bits each.
  expect(made.body.secret).toMatch(/^[0-9a-z]{32}$/);
  expect(made.body.device).toEqual({
    ...{ name: 'a', kind: 'meter', subject: 'a', topics: ['meters/a/readings'], node: null, meters: ['a'] },
    ...{ client_id: 'meter-a', state: 'in_force', created_by: '王工', connected: false },
    ...{ created_at: '2026-11-18T12:00:00+08:00', issued_at: '2026-11-18T12:00:00+08:00' },
    ...{ expires_at: '2027-01-01T00:00:00+08:00', old_until: null, revoked_at: null, revoked_by: null },
    ...{ seen_at: null, seen_from: null },
  });
  const rotated = await ask<DeviceMade>(r, 'POST', '/devices/a/rotation', {
    ...{ overlap_hours: 24, expires_at: null, unbind: true },
  });
  expect(rotated.body.secret).not.toBe(made.body.secret);
  expect(rotated.body.device).toMatchObject({
    ...{ old_until: '2026-11-19T12:00:00+08:00', expires_at: null, client_id: null },
  });
  expect(await ask(r, 'DELETE', '/devices/a?by=me')).toMatchObject({
    ...{ status: 200, body: { state: 'revoked', revoked_by: 'me', revoked_at: '2026-11-18T12:00:00+08:00' } },
  });
  expect((await ask(r, 'POST', '/devices/a/rotation', {})).status).toBe(400);
  const listed = await r.app.request('/api/v1/devices');
  const text = await listed.text();
  expect(JSON.parse(text)).toMatchObject({ total: 1, devices: [{ name: 'a', state: 'revoked' }] });
  const [stored] = r.catalogue.devices.all().devices;
  for (const kept of [stored?.hash, stored?.brokerHash, made.body.secret]) expect(text).not.toContain(kept);
  expect(stored?.hash).toMatch(/^[0-9a-f]{64}$/);
  // The name is free again, for another credential.
  expect((await ask(r, 'POST', '/devices', { meter: 'a' })).status).toBe(201);
  expect((await ask<Devices>(r, 'GET', '/devices')).body.total).toBe(1);
});

const REFUSED: [what: string, body: object, status: number, field: string][] = [
  ['nothing', {}, 400, 'meter'],
  ['two things', { meter: 'a', gateway: 'gw' }, 400, 'meter'],
  ['a meter that is not there', { meter: 'x' }, 404, 'meter'],
  ['a gateway that is not there', { gateway: 'x' }, 404, 'gateway'],
  ['a gateway of which nobody told where it is', { gateway: 'lost' }, 400, 'node'],
  ['a node that is not there', { gateway: 'gw', node: 'x' }, 404, 'node'],
  ['meters for a meter', { meter: 'a', meters: ['b'] }, 400, 'meters'],
  ['everybody’s topics', { topics: ['#'], name: 'x', node: 'gov' }, 400, 'topics'],
  ['a filter that is none', { topics: ['a/#/b'], name: 'x', node: 'gov' }, 400, 'topics'],
  ['topics that break a line of the rules', { topics: ['a\nuser b'], name: 'x', node: 'gov' }, 400, 'topics'],
  ['topics without meters', { topics: ['a/b'], name: 'x' }, 400, 'node'],
  ['topics without a name', { topics: ['a/b'], node: 'gov' }, 400, 'name'],
  ['a name with a colon', { meter: 'a', name: 'a:b' }, 400, 'name'],
  ['an end that is over', { meter: 'a', expires_at: '2020-01-01' }, 400, 'expires_at'],
];

test('what is asked wrongly is refused, and the field is named', async () => {
  const r = await rig(ESTATE);
  for (const [what, body, status, field] of REFUSED) {
    const answer = await ask<{ errors: { path: string }[] }>(r, 'POST', '/devices', body);
    expect([what, answer.status, answer.body.errors[0]?.path]).toEqual([what, status, field]);
  }
});

test('a name that is taken, and a client id that is another’s', async () => {
  const r = await rig(ESTATE);
  await ask(r, 'POST', '/devices', { meter: 'a', client_id: 'x' });
  expect((await ask(r, 'POST', '/devices', { meter: 'a' })).status).toBe(400);
  const other = await ask<{ errors: { path: string }[] }>(r, 'POST', '/devices', {
    meter: 'b',
    client_id: 'x',
  });
  expect([other.status, other.body.errors[0]?.path]).toEqual([400, 'client_id']);
});

test('one for each gateway and meter that has none', async () => {
  const r = await rig(ESTATE);
  await ask(r, 'POST', '/devices', { meter: 'a' });
  const { body } = await ask<DevicesMade>(r, 'POST', '/devices/missing');
  // Not for `lost`: nobody has told for which meters it could report.
  expect(body.devices.map((d) => d.name)).toEqual(['gw', 'b']);
  expect(body.remaining).toBe(0);
  expect((await ask<DevicesMade>(r, 'POST', '/devices/missing')).body.devices).toEqual([]);
});

test('files for other brokers name those in force, each with its topics', async () => {
  const r = await rig(ESTATE);
  for (const body of [
    { meter: 'a' },
    { meter: 'b', expires_at: '2026-11-19' },
    { gateway: 'gw' },
    { topics: ['plant/+/up'], name: 'plant', node: 'gov' },
  ])
    expect((await ask(r, 'POST', '/devices', body)).status).toBe(201);
  await ask(r, 'DELETE', '/devices/gw');
  r.clock('2026-11-20T00:00:00+08:00');
  const files = async (format: string): Promise<Record<string, string>> => {
    const { body } = await ask<DeviceRules>(r, 'GET', `/device-rules?for=${format}&user=intake`);
    return Object.fromEntries(body.files.map((f) => [f.name, f.content]));
  };
  const { acl, passwords } = await files('mosquitto');
  expect(acl).toMatch(/^user intake\ntopic read meters\/\+\/readings\n/);
  expect(acl).toContain('\n\nuser a\ntopic write meters/a/readings\n\nuser plant\ntopic write plant/+/up\n');
  expect(acl).not.toMatch(/user (b|gw)/);
  expect(passwords?.split('\n').map((line) => line.split(':')[0])).toEqual(['a', 'plant', '']);
  expect(passwords).toMatch(/^a:\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/m);
  const emqx = await files('emqx');
  expect(emqx['acl.conf']).toContain('{allow, {username, "a"}, publish, ["meters/a/readings"]}.\n');
  expect(emqx['acl.conf']).toMatch(/\n\{deny, all\}\.\n$/);
  expect(emqx['users.csv']).toMatch(
    /^user_id,password_hash,salt,is_superuser\na,[0-9a-f]{64},,false\nplant,/,
  );
});
