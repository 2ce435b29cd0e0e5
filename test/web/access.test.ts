import { describe, expect, it } from 'vitest';
import { CHANGE_KINDS } from '../../server/catalogue/changes.ts';
import { FILING_ACTIONS } from '../../server/domain/filing.ts';
import { ACTIONS } from '../../server/http/audited-routes.ts';
import { OBJECT_KINDS } from '../../server/http/schemas/audit.ts';
import type { Device } from '../../server/http/schemas/devices.ts';
import { actionNames, actionText, objectText } from '../../web/src/lib/access/actions.ts';
import { agentName } from '../../web/src/lib/access/agent.ts';
import { en } from '../../web/src/lib/access/audit.en.ts';
import { zh } from '../../web/src/lib/access/audit.zh.ts';
import { changesOf } from '../../web/src/lib/access/changes.ts';
import {
  brokerAddress,
  inOrder,
  needsMeter,
  publishLine,
  stateOf,
} from '../../web/src/lib/access/credentials.ts';
import { checkPassword } from '../../web/src/lib/access/password-rules.ts';
import { holds, neededFor } from '../../web/src/lib/state/permissions.ts';

const NOW = Date.parse('2026-11-20T12:00:00+08:00');
const DAY = 86_400_000;

describe('what somebody may', () => {
  const held = [
    { permission: 'read', nodes: null },
    { permission: 'manage', nodes: ['gov'] },
  ] as const;

  it('is held at a node, below it, or on everything', () => {
    expect(holds(held, 'manage', ['city', 'gov', 'gov-f1'])).toBe(true);
    expect(holds(held, 'manage', ['city', 'court'])).toBe(false);
    // Anywhere at all, and on everything.
    expect(holds(held, 'manage')).toBe(true);
    expect(holds(held, 'manage', [])).toBe(false);
    expect(holds(held, 'read', [])).toBe(true);
    expect(holds(held, 'meter')).toBe(false);
  });

  it('is asked for by every page: figures unless another word is said', () => {
    expect(neededFor('overview')).toEqual(['read']);
    expect(neededFor('book')).toEqual(['read']);
    expect(neededFor('target')).toEqual(['supervise']);
    expect(neededFor('audit')).toEqual(['audit']);
  });
});

describe('a new password', () => {
  it('is counted in characters, not in bytes', () => {
    expect(checkPassword('七'.repeat(11), '', []).length).toBe(false);
    expect(checkPassword('七只鹤慢慢飞过旧水塔顶楼', '', []).length).toBe(true);
    expect(checkPassword('x'.repeat(129), '', []).length).toBe(false);
  });

  it('holds neither the account nor the name of the person or the system', () => {
    const names = ['zhang.neng', '张能管'];
    expect(checkPassword('ZHANG.NENG-long-enough', '', names).name).toBe(false);
    expect(checkPassword('我叫张能管我今天很高兴', '', names).name).toBe(false);
    expect(checkPassword('节能节能我们一起努力吧', '', names).name).toBe(false);
    expect(checkPassword('seven cranes over towers', '', names).name).toBe(true);
  });

  it('is no repetition; whether it is common or was used before, the server tells', () => {
    expect(checkPassword('abcabcabcabc', '', []).common).toBe(false);
    expect(checkPassword('seven cranes over towers', '', [])).toMatchObject({ common: null, used: null });
  });

  it('is entered twice alike', () => {
    expect(checkPassword('one two three', 'one two three', []).same).toBe(true);
    expect(checkPassword('one two three', 'one two thre', []).same).toBe(false);
    expect(checkPassword('', '', []).same).toBe(false);
  });
});

describe('an entry of the trail', () => {
  it('shows what differs, by path, in the order of what it became', () => {
    const before = { name: '陈', grants: [{ role: 'viewer', node: 'gov' }], note: null };
    const after = {
      name: '陈',
      grants: [
        { role: 'supervisor', node: 'gov' },
        { role: 'viewer', node: null },
      ],
    };
    expect(changesOf(before, after)).toEqual([
      { path: 'grants[0].role', before: 'viewer', after: 'supervisor' },
      { path: 'grants[1].role', before: null, after: 'viewer' },
    ]);
  });

  it('shows all of what was made or removed, and nothing where nothing was', () => {
    expect(changesOf(null, { a: 1, b: false })).toEqual([
      { path: 'a', before: null, after: '1' },
      { path: 'b', before: null, after: 'false' },
    ]);
    expect(changesOf('x', null)).toEqual([{ path: '', before: 'x', after: null }]);
    expect(changesOf(null, undefined)).toEqual([]);
  });
});

describe('the actions of the trail', () => {
  it('have a word each, in both languages', () => {
    const known = [
      ...Object.values(ACTIONS),
      ...FILING_ACTIONS.map((action) => `filing.${action}`),
      'check.explain',
      ...CHANGE_KINDS.flatMap((k) => [`${k}.create`, `${k}.delete`]),
    ];
    for (const words of [zh, en]) {
      const names = actionNames(words);
      expect(known.filter((action) => !names.has(action))).toEqual([]);
    }
    expect(actionNames(zh).get('meter.change')).toBe('变更表计');
    // What was refused may be of any route.
    expect(actionText('put.meters', actionNames(zh), zh)).toBe('变更 meters');
    expect(actionText('unknown', actionNames(zh), zh)).toBe('unknown');
  });

  it('says what a row is about, with what is known of it', () => {
    const terms = { energy_per_m2: '单位建筑面积能耗' };
    const quota = { kind: 'quota', name: 'GB/T 51161-2016', of: 'energy_per_m2' } as const;
    expect(objectText(quota, terms, zh)).toEqual({ kind: '定额', name: 'GB/T 51161-2016，单位建筑面积能耗' });
    expect(objectText({ ...quota, name: null }, terms, zh)).toEqual({
      kind: '定额',
      name: '单位建筑面积能耗',
    });
    expect(objectText({ kind: 'device', name: null, of: null }, terms, en)).toEqual({
      kind: 'Credential',
      name: '',
    });
    expect(objectText(null, terms, zh)).toEqual({ kind: '', name: '' });
    for (const words of [zh, en]) expect(Object.keys(words.objects).sort()).toEqual([...OBJECT_KINDS].sort());
  });
});

describe('credentials', () => {
  const device = (name: string, expires: number | null, state: Device['state'] = 'in_force'): Device => ({
    name,
    kind: 'meter',
    subject: name,
    topics: [`meters/${name}/readings`],
    node: null,
    meters: [],
    client_id: null,
    state,
    created_at: '2026-01-01T00:00:00+08:00',
    created_by: '李计量',
    issued_at: '2026-01-01T00:00:00+08:00',
    old_until: null,
    expires_at: expires === null ? null : new Date(expires).toISOString(),
    revoked_at: null,
    revoked_by: null,
    connected: false,
    seen_at: null,
    seen_from: null,
  });

  it('come in the order in which they have to be seen to', () => {
    const all = [
      device('b', null),
      device('a', null),
      device('gone', null, 'revoked'),
      device('later', NOW + 90 * DAY),
      device('soon-2', NOW + 20 * DAY),
      device('soon-1', NOW + 2 * DAY),
      device('over', NOW - DAY, 'expired'),
    ];
    expect(inOrder(all, NOW).map((d) => d.name)).toEqual([
      'over',
      'soon-1',
      'soon-2',
      'later',
      'a',
      'b',
      'gone',
    ]);
    expect(stateOf(device('x', NOW + 30 * DAY), NOW)).toBe('in_force');
    expect(stateOf(device('x', NOW + 30 * DAY - 1), NOW)).toBe('soon');
  });

  it('come with a line for a shell, at the address under which the server was reached', () => {
    expect(brokerAddress('mqtt://127.0.0.1:1883', '10.1.2.3')).toBe('mqtt://10.1.2.3:1883');
    expect(brokerAddress('mqtts://broker.example:8883', '10.1.2.3')).toBe('mqtts://broker.example:8883');
    const meter = device('gov-main', null);
    expect(publishLine('mqtt://10.1.2.3:1883', meter, 'k7', null)).toBe(
      `mosquitto_pub -h 10.1.2.3 -p 1883 -i 'gov-main' -u 'gov-main' -P 'k7' -q 1 -t 'meters/gov-main/readings' -m '{"value": 1234.5}'`,
    );
    // A gateway says of which meter; what is bound to a client id comes with it.
    const gateway: Device = {
      ...device('gw-1', null),
      kind: 'gateway',
      topics: ['gateways/gw-1/readings'],
      meters: ['gov-main'],
      client_id: 'gw-1-box',
    };
    const line = publishLine('mqtt://10.1.2.3:1883', gateway, 'k7', 'other');
    expect(line).toContain(`-i 'gw-1-box' -u 'gw-1'`);
    expect(line).toContain(
      `-t 'gateways/gw-1/readings' -m '{"readings": [{"meter": "gov-main", "value": 1234.5}]}'`,
    );
    // A gateway that has all meters of a node: one of them is named, nothing stands in for it.
    const all = { ...gateway, meters: [] };
    expect([gateway, all, meter].map(needsMeter)).toEqual([false, true, false]);
    expect(publishLine('mqtt://10.1.2.3:1883', all, 'k7', 'gov-f1')).toContain(`{"meter": "gov-f1", "value"`);
    for (const none of [null, '', 'a b', `x"}'; rm`]) {
      expect(publishLine('mqtt://10.1.2.3:1883', all, 'k7', none)).toBe('');
    }
    // Nobody publishes to a pattern.
    expect(publishLine('mqtt://10.1.2.3:1883', { ...meter, topics: ['plant/+/up'] }, 'k7', null)).toBe('');
  });
});

describe('a browser', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'Edge 140 · Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari 18 · iOS',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 · Linux'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['', ''],
  ])('is told from what it calls itself: %s', (agent, name) => {
    expect(agentName(agent)).toBe(name);
  });
});
