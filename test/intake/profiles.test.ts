import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG } from '../../server/domain/reading.ts';
import { decode } from '../../server/intake/decode.ts';
import { BUILTIN_PROFILES } from '../../server/intake/profiles/builtin.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { follow, parsePath, visitEach } from '../../server/intake/profiles/path.ts';
import { validateProfile } from '../../server/intake/profiles/schema.ts';
import { filterOf, matchTopic, parseTopicPattern } from '../../server/intake/profiles/topics.ts';
import { convert } from '../../server/intake/profiles/units.ts';
import { DEVICE_MESSAGES, SPARKPLUG_DDATA } from './fixtures/devices.ts';
import { contextOf, json, NOW, SHANGHAI } from './support.ts';

const bytes = (payload: string | Uint8Array) =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;

describe('built-in profiles', () => {
  it('are valid and have ids of their own', () => {
    for (const profile of BUILTIN_PROFILES) expect(validateProfile(profile), profile.id).toEqual([]);
    expect(new Set(BUILTIN_PROFILES.map((p) => p.id)).size).toBe(BUILTIN_PROFILES.length);
  });

  it.each(DEVICE_MESSAGES.map((m) => [m.name, m] as const))('%s', (_name, message) => {
    const { meter } = message;
    const context = contextOf(
      meter
        ? [{ id: 'm', address: meter.address, unit: meter.unit, register: meter.register ?? 'cumulative' }]
        : [],
    );
    const out = decode({ topic: message.topic, payload: bytes(message.payload) }, NOW, context);
    const rejects = out.rejects.filter((r) => r.reason !== 'unknown_meter');
    expect(rejects).toEqual([]);
    if (!meter) {
      expect(out).toMatchObject({ readings: [], rejects: [], ignored: true });
      return;
    }
    const { time } = message;
    const at = typeof time === 'string' ? SHANGHAI.instant(Date.parse(`${time}Z`)) : time;
    expect(out.readings).toEqual([
      { meter: 1, time: at ?? NOW, value: message.value, flags: at === undefined ? FLAG.arrivalTime : 0 },
    ]);
  });

  it('find a meter by its id where no address says otherwise', () => {
    const plug = { topic: 'zigbee2mqtt/plug1', payload: json({ energy: 2 }) };
    expect(decode(plug, NOW, contextOf([{ id: 'plug1' }])).readings[0]?.meter).toBe(1);
    const both = contextOf([{ id: 'plug1' }, { id: 'other', address: 'plug1' }]);
    expect(decode(plug, NOW, both).readings[0]?.meter).toBe(2);
  });

  it('skip the power beside the energy where it has no meter, and quarantine energy that has none', () => {
    const plug = { topic: 'zigbee2mqtt/plug1', payload: json({ energy: 2, power: 40 }) };
    expect(decode(plug, NOW, contextOf([{ id: 'plug1' }]))).toMatchObject({
      readings: [{ value: 2 }],
      rejects: [],
    });
    const nobody = decode(plug, NOW, contextOf([]));
    expect(nobody.rejects).toHaveLength(1);
    expect(nobody.rejects[0]).toMatchObject({
      reason: 'unknown_meter',
      meter: 'plug1',
      value: 2,
      kind: 'reading',
    });
  });

  it('quarantine what the device itself cannot say', () => {
    const context = contextOf([
      { id: 'e', address: 'room/total_energy' },
      { id: 'w', address: 'watermeter/main' },
    ]);
    const nan = decode(
      { topic: 'room/sensor/total_energy/state', payload: Buffer.from('nan') },
      NOW,
      context,
    );
    expect(nan.rejects.map((r) => [r.reason, r.detail])).toEqual([
      ['value_invalid', 'value: @ is "nan", not a finite number'],
    ]);
    const broken = decode({ topic: 'tele/x/SENSOR', payload: Buffer.from('{"ENERGY":') }, NOW, context);
    expect(broken.rejects.map((r) => [r.reason, r.kind])).toEqual([['broken_payload', 'packet']]);
    const unit = decode({ topic: 'watermeter/main/value', payload: Buffer.from('5') }, NOW, context);
    expect(unit.rejects.map((r) => [r.reason, r.detail])).toEqual([
      ['unit_mismatch', 'unit: m3 cannot become kWh, the unit of meter w'],
    ]);
  });

  it('say what the server must answer to an Acrel login', () => {
    const login = { topic: '/gw/acrelHW/AWT100/login/12209263660002', payload: json({ type: 'login' }) };
    expect(decode(login, NOW, contextOf([])).reply).toEqual({
      topic: '/server/acrelHW/AWT100/login/12209263660002',
      payload: '{"type":"login","res":1}',
    });
  });

  it('answers on no topic that the broker keeps to itself, whatever a device writes', () => {
    const profile = {
      id: 'echo',
      name: 'echo',
      topic: 'echo',
      format: 'json',
      readings: [{ address: '{id}', value: 'v' }],
      reply: { topic: '{to}', payload: '{say}' },
    };
    const answer = (to: string) =>
      decode({ topic: 'echo', payload: json({ to, say: 'gw-1' }) }, NOW, contextOf([], [profile])).reply;
    expect(answer('echo/answer')).toEqual({ topic: 'echo/answer', payload: 'gw-1' });
    for (const to of ['$SYS/x/new/clients', 'a/#', '+/b', 'a\0b']) expect(answer(to), to).toBeNull();
  });
});

describe('Sparkplug B', () => {
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
  const field = (no: number, wire: number, content: number[]): number[] => [
    ...varint(no * 8 + wire),
    ...content,
  ];
  const bytesField = (no: number, content: number[]) => field(no, 2, [...varint(content.length), ...content]);
  const metric = (name: string, alias: number, type: number) =>
    bytesField(2, [
      ...bytesField(1, [...Buffer.from(name)]),
      ...field(2, 0, varint(alias)),
      ...field(4, 0, varint(type)),
    ]);
  const birth = Buffer.from([
    ...field(1, 0, varint(NOW)),
    ...metric('Energy/Import Total', 1, 10),
    ...metric('Power/Total', 3, 10),
  ]);
  const context = contextOf([
    { id: 'total', address: 'main-elec/Energy/Import Total' },
    { id: 'power', address: 'main-elec/Power/Total', register: 'power', unit: 'kW' },
  ]);
  const topic = (type: string) => `spBv1.0/City Hall/${type}/gw-01/main-elec`;
  const data = () => decode({ topic: topic('DDATA'), payload: SPARKPLUG_DDATA }, NOW, context);

  it('quarantines data before the birth, asks for it, and reads the data once it has come', () => {
    const early = data();
    expect(early.readings).toEqual([]);
    expect(early.rejects).toHaveLength(1);
    expect(early.rejects[0]).toMatchObject({ reason: 'broken_payload', kind: 'packet' });
    expect(early.rejects[0]?.detail).toContain('birth certificate (DBIRTH) of "City Hall/gw-01" is missing');
    expect(early.reply?.topic).toBe('spBv1.0/City Hall/NCMD/gw-01');
    expect(String(early.reply?.payload)).toContain('Node Control/Rebirth');
    expect(data().reply).toBeNull(); // asked a moment ago

    expect(decode({ topic: topic('DBIRTH'), payload: birth }, NOW, context)).toMatchObject({ ignored: true });
    const at = Date.UTC(2023, 10, 14, 22, 28, 20);
    expect(data().readings).toEqual([
      { meter: 1, time: at, value: 18353.1, flags: 0 },
      { meter: 2, time: at, value: 41.6, flags: 0 },
    ]);
  });

  it('forgets the aliases when the node is born again', () => {
    decode({ topic: topic('DBIRTH'), payload: birth }, NOW, context);
    decode(
      { topic: 'spBv1.0/City Hall/NBIRTH/gw-01', payload: Buffer.from(field(1, 0, varint(NOW))) },
      NOW,
      context,
    );
    expect(data().rejects[0]?.reason).toBe('broken_payload');
  });

  it('reads signed integers by the data type of the birth', () => {
    const integers = contextOf([{ id: 't', address: 'main-elec/Temp', register: 'gauge', unit: '°C' }]);
    const born = Buffer.from(metric('Temp', 7, 3));
    decode({ topic: topic('DBIRTH'), payload: born }, NOW, integers);
    // -5 as 32 bits: 2^32 - 5
    const value = Buffer.from(bytesField(2, [...field(2, 0, [7]), ...field(10, 0, varint(2 ** 32 - 5))]));
    const out = decode({ topic: topic('DDATA'), payload: value }, NOW, integers);
    expect(out.readings.map((r) => r.value)).toEqual([-5]);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('DDATA', 'DBIRTH', 'NDATA'),
        (payload, type) => {
          const out = decode({ topic: topic(type), payload }, NOW, context);
          for (const r of out.rejects) expect(r.detail).not.toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a profile for a device that nobody has seen', () => {
  const profile = {
    id: 'acme',
    name: 'ACME 三相表',
    topic: '/acme/+site/up/#rest',
    format: 'json',
    when: [{ path: 'kind', in: ['data', 'replay'] }],
    ignore: [{ path: 'test', equals: true }],
    each: 'devices.*.points.*',
    readings: [
      {
        where: [{ path: 'no', exists: true }],
        address: '{topic.site}/{@1.sn}/{key.2}',
        value: ['v.a', 'v.b', 'v["c "]'],
        time: ['t', '$.t'],
        timeFormat: 'YYYY/MM/DD HH:mm:ss',
        unit: { path: 'u' },
        scale: 0.1,
      },
    ],
  };
  const context = contextOf([{ id: 'x', address: 'yard/77/0', unit: 'kWh' }], [profile]);
  const send = (body: object, topic = '/acme/yard/up/1/2') =>
    decode({ topic, payload: json(body) }, NOW, context);
  const point = { no: 1, v: { a: '1', b: 2, 'c ': '0.3' }, u: 'MWh', t: '2026/11/20 08:30:00' };
  const body = { kind: 'data', devices: [{ sn: 77, points: [point] }] };

  it('adds up phases, scales, converts and reads the time', () => {
    expect(send(body).readings).toEqual([
      // (1 + 2 + 0.3) × 0.1 MWh = 0.33 MWh = 330 kWh
      { meter: 1, time: Date.UTC(2026, 10, 20, 0, 30), value: 330, flags: 0 },
    ]);
  });

  it('names the place of what is wrong', () => {
    const missing = { ...point, v: { a: 1, b: 2 } };
    const list = {
      kind: 'data',
      devices: [{ sn: 77, points: [missing, { ...point, v: { a: 1, b: 'x', 'c ': 1 } }] }],
    };
    expect(send(list).rejects.map((r) => [r.reason, r.detail])).toEqual([
      ['value_invalid', '0.0.value: v["c "] is missing'],
      ['unknown_meter', '0.1.address: no meter of the estate has the address "yard/77/1"'],
    ]);
    const bad = { ...point, t: '2026-11-20' };
    expect(send({ kind: 'data', devices: [{ sn: 77, points: [bad] }] }).rejects[0]).toMatchObject({
      reason: 'time_invalid',
      detail: '0.0.time: "2026-11-20" is not a time',
    });
    const kvarh = { ...point, u: 'L' };
    expect(send({ kind: 'data', devices: [{ sn: 77, points: [kvarh] }] }).rejects[0]?.reason).toBe(
      'unit_mismatch',
    );
  });

  it('is not used where its conditions do not hold, and ignores what it says', () => {
    expect(send({ ...body, kind: 'hello' }).rejects[0]?.reason).toBe('no_profile');
    expect(send({ ...body, test: true }).ignored).toBe(true);
    expect(send(body, '/other/yard/up/1').rejects[0]?.reason).toBe('no_profile');
  });

  it('selects among pairs of key and value, blanks at the ends not counted', () => {
    const pairs = {
      id: 'pairs',
      name: 'pairs',
      topic: 'pairs/+device',
      format: 'json',
      readings: [{ address: '{topic.device}', value: 'data[key=正向有功总电能].value', unit: 'kWh' }],
    };
    const c = contextOf([{ id: 'd1' }], [pairs]);
    const out = decode(
      {
        topic: 'pairs/d1',
        payload: json({
          data: [
            { key: 'x', value: 1 },
            { key: '正向有功总电能 ', value: '99.5' },
          ],
        }),
      },
      NOW,
      c,
    );
    expect(out.readings.map((r) => r.value)).toEqual([99.5]);
  });

  it('takes the place of a built-in one with its id', () => {
    const own = { id: 'zigbee2mqtt', name: 'mine', topic: 'zigbee2mqtt/+d', format: 'json', readings: [] };
    const out = decode(
      { topic: 'zigbee2mqtt/plug1', payload: json({ energy: 1 }) },
      NOW,
      contextOf([{ id: 'plug1' }], [own]),
    );
    expect(out.ignored).toBe(true);
  });
});

describe('the schema of profiles', () => {
  it('lists every error with its path', () => {
    const errors = validateProfile({
      id: 'a b',
      topic: ['x/+', '#/#'],
      format: 'xml',
      colour: 'red',
      readings: [{ address: '{id}', value: 'a..b', unit: { path: '' } }, { value: ['x', '*'] }],
    });
    const places = errors.map((e) => e.slice(0, e.indexOf(':')));
    expect(new Set(places)).toEqual(
      new Set([
        'id',
        'name',
        'topic[1]',
        'format',
        'readings[0].value',
        'readings[0].unit.path',
        'readings[1].address',
        'readings[1].value[1]',
        'profile',
      ]),
    );
    expect(errors.find((e) => e.startsWith('readings[0].value'))).toContain(
      'a key is missing at character 3',
    );
  });

  it('knows the names of topic levels', () => {
    const errors = validateProfile({
      id: 'a',
      name: 'a',
      topic: 'x/+device',
      format: 'json',
      when: [{ level: 'site', equals: 'a' }],
      readings: [{ address: '{topic.dev}', value: 'v' }],
    });
    expect(errors).toEqual([
      'when[0].level: no topic level is named site',
      'readings[0].address: no topic level is named dev',
    ]);
  });

  it.each([null, 5, 'x', [], undefined])('refuses %j', (value) => {
    expect(validateProfile(value).length).toBeGreaterThan(0);
  });

  it('is asked before anything is compiled', () => {
    expect(() => compileProfiles([{ id: 'x' }])).toThrow(/profiles\[0\]\.name: /);
  });
});

describe('paths', () => {
  const scope = (root: unknown) => ({ root, elements: [], keys: [] });
  it.each([
    ['a.b', { a: { b: 1 } }, 1],
    ['params["em:0"].total', { params: { 'em:0': { total: 2 } } }, 2],
    ['["ts "]', { 'ts ': 3 }, 3],
    ['$.list[1]', { list: [0, 4] }, 4],
    ['[0].i', [{ i: 5 }], 5],
    ['list[k="a]b"].v', { list: [{ k: 'a]b', v: 6 }] }, 6],
    ['电能.A相', { 电能: { A相: 7 } }, 7],
    ['__proto__.x', {}, undefined],
    ['constructor', {}, undefined],
    ['a.b.c', { a: null }, undefined],
    ['a.length', { a: 'text' }, undefined],
  ])('%s', (text, root, expected) => {
    expect(follow(parsePath(text), scope(root))).toBe(expected);
  });
  it('look through an array once for all elements of one `each`', () => {
    let looks = 0;
    const props = ['a', 'b', 'c'].map((name, v) => ({
      v,
      get key() {
        looks++;
        return name;
      },
    }));
    const from = (path: string, each: string, root: unknown): unknown[] => {
      const [wanted, found] = [parsePath(path), [] as unknown[]];
      looks = 0;
      visitEach(parsePath(each), root, 100, (at) => found.push(follow(wanted, at)));
      return found;
    };
    expect(from('$.props[key=c].v', 'list.*', { list: [1, 2, 3, 4], props })).toEqual([2, 2, 2, 2]);
    expect(looks).toBe(3);
    const rooms = [
      { props, list: [1, 2, 3] },
      { props: props.slice(2), list: [4] },
    ];
    expect(from('@1.props[key=c].v', '*.list.*', rooms)).toEqual([2, 2, 2, 2]);
    // Three in the first room and one in the second.
    expect(looks).toBe(4);
    expect(from('[key=b].v', 'list.*', { list: [props, props.slice(2), props] })).toEqual([1, undefined, 1]);
  });
  it.each(['', 'a.', '.a', 'a[', 'a[]', 'a["x', 'a[=x]', ' a', 'a ', '@0', 'a]'])('refuses %j', (text) => {
    expect(() => parsePath(text)).toThrow(/is no path/);
  });
});

describe('topics', () => {
  const match = (pattern: string, topic: string) => {
    const found = matchTopic(parseTopicPattern(pattern), topic.split('/'));
    return found && Object.fromEntries(found);
  };
  it('match level by level', () => {
    expect(match('a/+x/c', 'a/b/c')).toEqual({ x: 'b' });
    expect(match('a/+x/c', 'a/b/c/d')).toBeNull();
    expect(match('/a/+x', '/a/b')).toEqual({ x: 'b' });
    expect(match('/a/+x', 'a/b')).toBeNull();
    expect(match('#pre/SENSOR', 'a/b/SENSOR')).toEqual({ pre: 'a/b' });
    expect(match('a/#rest', 'a')).toEqual({ rest: '' });
    expect(match('a/#rest/z', 'a/z')).toEqual({ rest: '' });
    expect(match('a/#rest/z', 'a')).toBeNull();
  });
  it('become filters that cover them, and no filter asks for everything', () => {
    expect(filterOf(parseTopicPattern('a/+x/#y/z'))).toBe('a/+/#');
    const filters = compileProfiles().filters();
    expect(filters).toContain('/gw/acrelHW/+/login/+');
    expect(filters).toContain('zigbee2mqtt/#');
    expect(filters.filter((f) => !/[^+#/]/.test(f))).toEqual([]);
  });
});

describe('units', () => {
  it.each([
    [3003.4, 'Wh', 'kWh', 3.0034],
    [1.2, 'MWh', 'kWh', 1200],
    [3.6, 'MJ', 'kWh', 1],
    [1, 'GJ', 'MJ', 1000],
    [36, 'GJ', 'kWh', 10_000],
    [5, '度', 'kW·h', 5],
    [340.31, 'W', 'kW', 0.34031],
    [1234, 'L', 'm³', 1.234],
    [7, '吨', 'kg', 7000],
    [300.15, 'K', '°C', 27],
    [50, '°F', '℃', 10],
    [1, 'gal', 'gal', 1],
  ])('%d %s in %s is %d', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBe(expected);
  });
  it.each([
    ['kW', 'kWh'],
    ['m3', 'kWh'],
    ['gal', 'm3'],
    ['°C', 'K/h'],
  ])('%s does not become %s', (from, to) => {
    expect(convert(1, from, to)).toBeNull();
  });
});
