import { createHash, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEVICE_LIMIT, Devices } from '../../server/access/devices.ts';
import { Refusals, type Refused } from '../../server/access/devices-refusals.ts';
import { DeviceRights } from '../../server/access/devices-rights.ts';
import { newSecret } from '../../server/access/devices-secret.ts';
import { RULE_FORMATS, rulesFor } from '../../server/access/mqtt-rules.ts';
import { type Device, filterFault, fitsFilter, liesWithin, reportsFor } from '../../server/domain/device.ts';
import { Estate } from '../../server/domain/estate.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { intakeTopics } from '../../server/intake/topics.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';
import { meter, SHANGHAI, silent } from '../intake/support.ts';

const node = (id: string, parent: string | null) => ({
  ...{ id, parent, name: id, kind: 'building' as const, attributes: {} },
});
const ESTATE = new Estate(
  SHANGHAI,
  [node('city', null), node('gov', 'city'), node('court', 'city')],
  [
    meter(1, { id: 'a', node: 'gov' }),
    meter(2, { id: 'b', node: 'court' }),
    meter(3, { id: 'c', node: 'city' }),
  ],
  [
    { id: 'gw', name: 'gw', node: 'gov' },
    { id: 'lost', name: 'lost', node: null },
  ],
);
const device = (more: Partial<Device>): Device => ({
  ...{
    no: 1,
    name: 'd',
    kind: 'gateway',
    subject: 'gw',
    topics: [],
    below: null,
    meters: [],
    clientId: null,
  },
  ...{ issuedAt: 0, oldUntil: null, createdAt: 0, createdBy: 't', expiresAt: null, revokedAt: null },
  ...{ revokedBy: null, seenAt: null, seenFrom: null },
  ...more,
});

describe('for which meters a device may report', () => {
  test.each<[string, Partial<Device>, string]>([
    ['a meter: itself', { kind: 'meter', subject: 'a' }, 'a'],
    ['a gateway: those of its node', {}, 'a'],
    ['one whose node is not known: none', { subject: 'lost' }, ''],
    ['one that is gone: none', { subject: 'gone' }, ''],
    ['named meters in the place of its node', { meters: ['b', 'gone'] }, 'b'],
    ['another node, and named ones', { below: 'court', meters: ['c'] }, 'bc'],
    ['everything below a region', { below: 'city' }, 'abc'],
    ['topics: a node', { kind: 'topics', subject: null, topics: ['x'], below: 'gov' }, 'a'],
  ])('%s', (_, more, allowed) => {
    const may = reportsFor(device(more), ESTATE);
    expect(
      ESTATE.meters
        .filter((m) => may(m.no))
        .map((m) => m.id)
        .join(''),
    ).toBe(allowed);
  });

  test('and who may see it', () => {
    const gov = ESTATE.cut(['gov']);
    expect(liesWithin(device({}), gov)).toBe(true);
    expect(liesWithin(device({ meters: ['b'] }), gov)).toBe(false);
    expect(liesWithin(device({ below: 'city' }), gov)).toBe(false);
    expect(liesWithin(device({ subject: 'lost' }), gov)).toBe(false);
    expect(liesWithin(device({ kind: 'meter', subject: 'b' }), gov)).toBe(false);
  });
});

describe('topics', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/+/c', 'a//c', true],
    ['+/b', '/b', true],
    ['a/b', 'a/b/', false],
    ['a/b', 'A/b', false],
  ])('%s and %s', (filter, topic, fits) => {
    expect(fitsFilter(filter, topic)).toBe(fits);
  });

  test.each(['', '#', '+', '+/#', '/', '$SYS/x', 'a/#/b', 'a+/b', 'a b', 'a"b', 'a\nb', 'x'.repeat(257)])(
    'no filter of a device: %j',
    (filter) => expect(filterFault(filter)).not.toBeNull(),
  );

  test('a filter without wildcards fits its own topic and no other', () => {
    const level = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), maxLength: 3 });
    const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
    fc.assert(fc.property(topic, topic, (a, b) => fitsFilter(a, b) === (a === b)));
  });

  test('what is decided is remembered for a bounded number of topics, and decided alike again', () => {
    const rights = new DeviceRights(device({ kind: 'topics', subject: null, topics: ['p/+/up'] }), null);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 10_000; i++) {
        expect(rights.mayPublish(`p/${i}/up`)).toBe(true);
        expect(rights.mayPublish(`p/${i}/down`)).toBe(false);
      }
    }
  });
});

test('a secret is 160 random bits, known by SHA-256 and by what mosquitto reckons', () => {
  const { secret, hash, brokerHash } = newSecret();
  expect(secret).toMatch(/^[0-9a-hjkmnp-tv-z]{32}$/);
  expect(hash).toBe(createHash('sha256').update(secret).digest('hex'));
  const [, kind, iterations, salt = '', key] = brokerHash.split('$');
  expect([kind, iterations]).toEqual(['7', '101']);
  expect(pbkdf2Sync(secret, Buffer.from(salt, 'base64'), 101, 64, 'sha512').toString('base64')).toBe(key);
  expect(new Set(Array.from({ length: 100 }, () => newSecret().secret)).size).toBe(100);
});

describe('refusals', () => {
  const collect = (): { told: Refused[]; refusals: Refusals } => {
    const told: Refused[] = [];
    return { told, refusals: new Refusals((refused) => void told.push(refused)) };
  };

  test('are told once a minute for a device and address, with how many there were', () => {
    const { told, refusals } = collect();
    for (let second = 0; second < 150; second++) {
      refusals.add('a', '10.0.0.1', 'wrong secret', second * 1000);
      refusals.look(second * 1000);
    }
    refusals.look(Number.POSITIVE_INFINITY);
    // At 0 s the first, at 60 s those since, at 120 s those since, and at the end the rest: 1 + 60 + 60 + 29.
    expect(told.map((r) => r.count)).toEqual([1, 60, 60, 29]);
    expect(refusals.recent(150_000)).toEqual(['device a at 10.0.0.1 was refused 150 times: wrong secret']);
    expect(refusals.recent(149_000 + 3_600_000)).toEqual([]);
  });

  test('of a thousand addresses a bounded number is kept, and none is left untold', () => {
    const { told, refusals } = collect();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++) refusals.add('', `10.0.${i >> 8}.${i & 255}`, 'no name', round);
    }
    refusals.look(Number.POSITIVE_INFINITY);
    expect(told.reduce((n, r) => n + r.count, 0)).toBe(6000);
    // Of strangers the health page tells nothing.
    expect(refusals.recent(2)).toEqual([]);
    for (let i = 0; i < 100; i++) refusals.add(`d${i}`, '10.0.0.1', 'wrong secret', 2);
    expect(refusals.recent(2)).toHaveLength(20);
  });
});

test('there is a bound to the number of devices', () => {
  const catalogue = temporaryCatalogue();
  const estate = () => ESTATE;
  const devices = new Devices({
    store: catalogue.devices,
    estate,
    now: () => 0,
    anonymous: false,
    log: silent,
  });
  const input = { kind: 'meter' as const, subject: 'a', topics: [], below: null, meters: [], clientId: null };
  const many = Array.from({ length: DEVICE_LIMIT + 1 }, () => ({ ...input, expiresAt: null }));
  expect(() => devices.addAll(many, 'test')).toThrow('there are at most 100000 devices');
});

test('no topic of a profile brings a line of its own into the rules of another broker', () => {
  const profile = {
    id: 'odd',
    name: 'odd',
    topic: 'plant/my meter\nuser anybody\ntopic readwrite all/up',
    format: 'json',
    readings: [{ address: 'x', value: 'v' }],
    reply: { topic: 'down\ntopic write all', payload: 'ok' },
  };
  const { reply: _reply, ...silentOne } = profile;
  const spaced = { ...silentOne, id: 'spaced', topic: 'plant/my meter/+x' };
  const intake = { user: 'jieneng', ...intakeTopics(compileProfiles([profile, spaced])) };
  for (const format of RULE_FORMATS) {
    const [rules] = rulesFor(format, { devices: [], intake, now: 0 });
    expect(rules?.content).not.toContain('anybody');
    expect(rules?.content).not.toContain('write all');
    expect(rules?.content).toContain('plant/my meter/+');
  }
});
