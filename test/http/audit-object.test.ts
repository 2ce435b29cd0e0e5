import { expect, test } from 'vitest';
import { objectNamer } from '../../server/http/shapes/audit-object.ts';
import { ESTATE } from './estate.ts';
import { rig } from './rig.ts';

test('what a row is about has its name, by the word before the id or by the action; what is gone keeps it', async () => {
  const r = await rig(ESTATE);
  const person = r.deps.accounts.people.list()[0];
  const policy = r.catalogue.policy();
  const quota = policy.list('quota')[0];
  if (!quota) throw new Error('no quota is shipped');
  const of = objectNamer({
    estate: r.deps.estate(),
    policy,
    people: person ? [person] : [],
    device: (name) => (name === 'gw' ? { kind: 'topics', subject: null } : null),
  });
  const named = (action: string, target: string, after: string | null = null) =>
    of({ action, target, before: null, after });
  for (const [action, target, kind, name] of [
    ['node.change', 'node/gov', 'institution', '行政中心'],
    ['put.nodes.attributes', 'gov/people', 'institution', '行政中心'],
    ['export.consumption', 'city', 'region', '示例市'],
    ['book.create', 'book/gov', 'institution', '行政中心'],
    ['check.explain', 'check/tower/2026-10/gap', 'building', '主楼'],
    ['meter.change', 'meter/gov-main', 'meter', '表 gov-main'],
    ['statement.withdraw', 'statement/gov-hall', 'meter', '表 gov-hall'],
    ['export.readings', 'gov-main', 'meter', '表 gov-main'],
    ['post.meters.exchanges', 'gov-cool', 'meter', '表 gov-cool'],
    ['filing.submit', 'filing/lib:monthly:2026-10', 'filing', '图书馆'],
    ['export.report', 'lib:monthly:2026-10/pdf', 'filing', '图书馆'],
    ['policy.change', 'policy/institution/lib', 'institution', '图书馆'],
  ] as const) {
    expect(named(action, target), `${action} ${target}`).toEqual({ kind, name, of: null });
  }
  expect(named('policy.change', `policy/quota/${quota.id}`)).toEqual({
    kind: 'quota',
    name: quota.standard,
    of: quota.metric,
  });
  expect(named('put.policy', `quota/${quota.id}`)).toMatchObject({ name: quota.standard });
  expect(named('device.rotate', 'gw')).toEqual({ kind: 'device', name: null, of: null });
  expect(named('meter.delete', 'meter/old', JSON.stringify({ value: { name: '旧表' } }))).toEqual({
    kind: 'meter',
    name: '旧表',
    of: null,
  });
  for (const [action, target] of [
    ['backup', ''],
    ['batch.delete', 'gov'],
    ['token.revoke', 'gov'],
    ['export.report', 'monthly'],
    ['sign_in', 'nobody-known'],
    ['meter.delete', 'meter/unknown'],
  ] as const) {
    expect(named(action, target), `${action} ${target}`).toBeNull();
  }
});

test('no name from outside of the part of the tree that is seen', async () => {
  const r = await rig(ESTATE);
  const vehicle = (id: string, node: string) => ({
    kind: 'vehicle',
    id,
    body: { node, plate: `苏A ${id}`, fuel: 'gasoline' },
  });
  r.catalogue.applyPolicy({ version: 1, policy: [vehicle('v-gov', 'gov'), vehicle('v-lib', 'lib')] }, 'test');
  const of = objectNamer({
    estate: r.deps.estate().cut(['gov']),
    policy: r.catalogue.policy(),
    people: [],
    device: (name) => ({ kind: 'meter', subject: name }),
  });
  const named = (action: string, target: string) => of({ action, target, before: null, after: null });
  expect(named('node.change', 'node/gov')).toMatchObject({ name: '行政中心' });
  expect(named('policy.change', 'policy/vehicle/v-gov')).toMatchObject({ name: '苏A v-gov' });
  expect(named('device.create', 'device/gov-main')).toMatchObject({ name: '表 gov-main' });
  const outside = [
    named('node.change', 'node/lib'),
    named('node.change', 'node/city'),
    named('meter.change', 'meter/lib-main'),
    named('export.readings', 'lib-main'),
    named('filing.submit', 'filing/lib:monthly:2026-10'),
    named('policy.change', 'policy/institution/lib'),
    named('policy.change', 'policy/vehicle/v-lib'),
    named('device.create', 'device/lib-main'),
  ];
  expect(outside.map((object) => object?.name ?? null)).toEqual(outside.map(() => null));
});
