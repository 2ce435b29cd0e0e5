import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EstateFile, MeterInFile } from '../../server/catalogue/estate-file.ts';
import { epochAt } from '../../server/domain/meter.ts';
import {
  EXAMPLE,
  seeChange,
  temporaryCatalogue,
  temporaryFile,
  temporaryPlace,
} from './temporary-catalogue.ts';

const NONE = { created: 0, updated: 0, unchanged: 0, changedMeters: [] };

/** A tree of one building and the meters given. */
function estateOf(...meters: Partial<MeterInFile>[]): EstateFile {
  return {
    version: 1,
    nodes: [{ id: 'b', name: 'B', kind: 'building' }],
    meters: meters.map((m, i) => ({ id: `m${i}`, name: 'M', node: 'b', carrier: 'electricity', ...m })),
  };
}

test('an empty catalogue has the time zone of Shanghai and nothing else', () => {
  const catalogue = temporaryCatalogue();
  const estate = catalogue.snapshot();
  expect(estate.zone.name).toBe('Asia/Shanghai');
  expect([estate.nodes, estate.meters, estate.gateways, catalogue.profiles()]).toEqual([[], [], [], []]);
  expect(catalogue.version).toBe(0);
});

test('the example of the public contract becomes nodes, attributes in time and epochs', () => {
  const catalogue = temporaryCatalogue({ now: () => 17 });
  // 2 nodes + 1 meter
  expect(catalogue.applyEstate(EXAMPLE, 'test')).toEqual({ ...NONE, created: 3 });
  const estate = catalogue.snapshot();
  expect(estate.path('gov').map((n) => n.name)).toEqual(['示例市', '示例市行政中心']);
  expect(estate.attribute('gov', 'people', Date.parse('2025-12-31T23:59:59+08:00'))).toBe(1850);
  expect(estate.attribute('gov', 'people', Date.parse('2026-01-01T00:00:00+08:00'))).toBe(1790);
  const exchange = Date.parse('2026-03-14T10:20:00+08:00');
  const [meter] = estate.meters;
  expect(meter).toEqual({
    no: 1,
    id: 'gov-main',
    name: '总进线',
    node: 'gov',
    carrier: 'electricity',
    item: '01000',
    parent: null,
    register: 'cumulative',
    unit: 'kWh',
    intervalS: 900,
    intervalLabel: 'start',
    address: null,
    direction: 'in',
    volatile: false,
    learned: null,
    manual: [],
    estimates: [],
    epochs: [
      {
        ...{ from: null, to: exchange, initial: null, final: 812_960 },
        ...{ multiplier: 40, rolloverAt: 1_000_000, maxRate: 2000, note: null },
        // What a meter begins with came with it.
        ...{ continues: false, recordedBy: null, recordedAt: null },
      },
      {
        ...{ from: exchange, to: null, initial: 5000, final: null },
        ...{ multiplier: 60, rolloverAt: 1_000_000, maxRate: 2000, note: 'CT 200/5 → 300/5' },
        ...{ continues: false, recordedBy: 'test', recordedAt: 17 },
      },
    ],
  });
  expect(meter && epochAt(meter, exchange - 1)?.multiplier).toBe(40);
  expect(meter && epochAt(meter, exchange)?.multiplier).toBe(60);
});

test('applied twice, the file changes nothing and writes nothing', () => {
  const file = temporaryPlace();
  const catalogue = temporaryCatalogue({}, file);
  const other = temporaryCatalogue({}, file);
  catalogue.applyEstate(EXAMPLE, 'test');
  other.refresh();
  const [snapshot, log] = [catalogue.snapshot(), catalogue.changes()];
  const heard: unknown[] = [];
  catalogue.onChange((event) => heard.push(event));
  expect(catalogue.applyEstate(EXAMPLE, 'another')).toEqual({ ...NONE, unchanged: 3 });
  expect(catalogue.version).toBe(1);
  expect(catalogue.snapshot()).toBe(snapshot);
  expect(catalogue.changes()).toEqual(log);
  expect(heard).toEqual([]);
  // Another connection sees every commit that wrote a page.
  expect(other.refresh()).toBe(false);
});

test('the export of the example is a file that people can read', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  const text = catalogue.exportEstate();
  expect(text).toBe(`version: 1
timezone: Asia/Shanghai
nodes:
  - id: city
    name: 示例市
    kind: region
  - id: gov
    name: 示例市行政中心
    kind: building
    parent: city
    attributes:
      floor_area_m2:
        - { from: 2024-01-01, value: 47000 }
      people:
        - { from: 2024-01-01, value: 1850 }
        - { from: 2026-01-01, value: 1790 }
meters:
  - id: gov-main
    name: 总进线
    node: gov
    carrier: electricity
    item: "01000"
    register: cumulative
    unit: kWh
    multiplier: 40
    rollover_at: 1000000
    max_rate: 2000
    interval_s: 900
    exchanges:
      - { at: 2026-03-14T10:20:00+08:00, final: 812960, initial: 5000, multiplier: 60, note: CT 200/5 → 300/5 }
`);
});

test('JSON is taken like YAML, tabs and a byte order mark included', () => {
  const catalogue = temporaryCatalogue();
  const text = `\uFEFF${JSON.stringify(estateOf({}), null, '\t')}`;
  expect(catalogue.applyEstate(text, 'test')).toEqual({ ...NONE, created: 2 });
});

test('what a meter does not say has its default, and its unit one spelling', () => {
  const catalogue = temporaryCatalogue();
  const { meters = [], ...rest } = estateOf(
    {},
    { carrier: 'water', unit: 'm3' },
    { carrier: 'outdoor_temperature' },
    { carrier: 'gas', register: 'interval', interval_label: 'end', interval_s: 3600, address: '0017' },
  );
  catalogue.applyEstate({ ...rest, meters }, 'test');
  const shown = catalogue
    .snapshot()
    .meters.map((m) => [
      m.register,
      m.unit,
      m.intervalS,
      m.intervalLabel,
      m.address,
      m.epochs[0]?.multiplier,
    ]);
  expect(shown).toEqual([
    ['cumulative', 'kWh', 900, 'start', null, 1],
    ['cumulative', 'm³', 900, 'start', null, 1],
    ['gauge', '°C', 900, 'start', null, 1],
    ['interval', 'm³', 3600, 'end', '0017', 1],
  ]);
});

test('an exchange inherits what it does not say; null says that it is not known', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(
    estateOf({
      ...{ multiplier: 40, rollover_at: 10_000, max_rate: 500, from: '2026-01-01', initial: 3 },
      exchanges: [
        { at: '2026-02-01' },
        { at: '2026-03-01', rollover_at: null, max_rate: 600, multiplier: 30 },
      ],
    }),
    'test',
  );
  const epochs = catalogue.snapshot().meters[0]?.epochs ?? [];
  expect(epochs.map((e) => [e.multiplier, e.rolloverAt, e.maxRate, e.initial])).toEqual([
    [40, 10_000, 500, 3],
    [40, 10_000, 500, null],
    [30, null, 600, null],
  ]);
  // Without an offset, a time is that of the estate's zone: midnight in Shanghai is 16:00 UTC of the day before.
  expect(epochs.map((e) => e.from)).toEqual(
    ['2025-12-31', '2026-01-31', '2026-02-28'].map((day) => Date.parse(`${day}T16:00:00Z`)),
  );
  expect(catalogue.exportEstate()).toContain(
    '      - { at: 2026-02-01T00:00:00+08:00 }\n' +
      '      - { at: 2026-03-01T00:00:00+08:00, multiplier: 30, rollover_at: null, max_rate: 600 }\n',
  );
});

test('virtual meters are kept, counted and exported like the others', () => {
  const catalogue = temporaryCatalogue();
  const base = { name: 'V', node: 'b', carrier: 'electricity' as const };
  const rest = { id: 'rest', ...base, parent: 'm0', plus: ['m0'], minus: ['m1', 'both'] };
  const both = { id: 'both', ...base, item: '01A00', plus: ['m1', 'm2'] };
  const meters = estateOf({}, { parent: 'both' }, { direction: 'out' }, { volatile: true, max_rate: 9 });
  const file: EstateFile = { ...meters, virtual: [rest, both] };
  // 1 node + 4 meters + 2 virtual ones
  expect(catalogue.applyEstate(file, 'test')).toEqual({ ...NONE, created: 7 });
  expect(catalogue.snapshot().virtuals).toEqual([
    { ...rest, item: null },
    { ...both, parent: null, minus: [] },
  ]);
  expect(catalogue.snapshot().meters.map((m) => [m.parent, m.direction, m.volatile])).toEqual([
    [null, 'in', false],
    ['both', 'in', false],
    [null, 'out', false],
    [null, 'in', true],
  ]);
  expect(catalogue.exportEstate()).toContain(`virtual:
  - id: rest
    name: V
    node: b
    carrier: electricity
    parent: m0
    plus: [ m0 ]
    minus: [ m1, both ]
  - id: both
    name: V
    node: b
    carrier: electricity
    item: 01A00
    plus: [ m1, m2 ]
`);
  const renamed = { ...file, virtual: [rest, { ...both, name: 'W' }] };
  expect(catalogue.applyEstate(renamed, 'test')).toEqual({ ...NONE, updated: 1, unchanged: 6 });
  expect(catalogue.changes({ of: { kind: 'virtual', id: 'both' } }).map((c) => c.recompute)).toEqual([
    false,
    false,
  ]);
  // Below a real one again.
  const { virtual: _, ...real } = estateOf({}, { parent: 'm0' });
  catalogue.applyEstate(real, 'test');
  expect(catalogue.snapshot().meter('m1')?.parent).toBe('m0');
});

test('what the file does not name stays; what it names becomes what it says', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  const result = catalogue.applyEstate(
    {
      version: 1,
      nodes: [{ id: 'gov', name: '行政中心', kind: 'building', parent: 'city', attributes: { people: [] } }],
      gateways: [{ id: 'g1', name: '网关', node: 'gov' }],
      profiles: [{ id: 'p1', topic: 'a/+' }],
    },
    'test',
  );
  expect(result).toEqual({ ...NONE, created: 2, updated: 1 });
  const estate = catalogue.snapshot();
  expect(estate.nodes.map((n) => [n.id, n.name, n.attributes])).toEqual([
    ['city', '示例市', {}],
    ['gov', '行政中心', {}],
  ]);
  expect(estate.meters.map((m) => m.id)).toEqual(['gov-main']);
  expect(estate.gateways).toEqual([{ id: 'g1', name: '网关', node: 'gov' }]);
  expect(catalogue.profiles()).toEqual([{ id: 'p1', topic: 'a/+' }]);
});

const CHANGES: [what: string, change: Partial<MeterInFile>, recompute: boolean][] = [
  ['its name', { name: '新名' }, false],
  ['its address', { address: '0017' }, false],
  ['its sub-item', { item: '01A00' }, false],
  ['the note of an exchange', { exchanges: [{ at: '2026-02-01', note: 'seal 17' }] }, false],
  ['its multiplier', { multiplier: 80 }, true],
  ['its expected interval', { interval_s: 60 }, true],
  ['where its intervals are labelled', { interval_label: 'end' }, true],
  ['its kind of register', { register: 'interval' }, true],
  ['an exchange moved', { exchanges: [{ at: '2026-02-02' }] }, true],
  ['an exchange taken back', { exchanges: [] }, true],
  ['the register at an exchange', { exchanges: [{ at: '2026-02-01', final: 7 }] }, true],
  ['its rollover', { rollover_at: 1000 }, true],
  ['its direction', { direction: 'out' }, false],
  ['whether it forgets', { volatile: true, max_rate: 500 }, true],
  ['whether its device stayed', { exchanges: [{ at: '2026-02-01', continues: true }] }, true],
];

test.each(CHANGES)(
  'of a meter changed in %s, the ledger is told only when consumption changes',
  (_, change, yes) => {
    const catalogue = temporaryCatalogue();
    const base: Partial<MeterInFile> = { multiplier: 40, exchanges: [{ at: '2026-02-01' }] };
    expect(catalogue.applyEstate(estateOf(base, base), 'test').changedMeters).toEqual([]);
    const version = catalogue.version;
    const heard: unknown[] = [];
    catalogue.onChange((event) => heard.push(event));
    const changedMeters = yes ? ['m1'] : [];
    const result = catalogue.applyEstate(estateOf(base, { ...base, ...change }), 'test');
    // 1 node and 1 meter stay as they are.
    expect(result).toEqual({ created: 0, updated: 1, unchanged: 2, changedMeters });
    expect(heard).toEqual([{ version: version + 1, changedMeters }]);
    expect(catalogue.changedMetersSince(version)).toEqual(changedMeters);
    expect(catalogue.changedMetersSince(version + 1)).toEqual([]);
  },
);

test('another time zone changes the days of every meter', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(estateOf({}, {}), 'test');
  const result = catalogue.applyEstate({ version: 1, timezone: 'Europe/Berlin' }, 'test');
  expect(result).toEqual({ ...NONE, updated: 1, changedMeters: ['m0', 'm1'] });
  expect(catalogue.snapshot().zone.name).toBe('Europe/Berlin');
  expect(catalogue.changedMetersSince(1)).toEqual(['m0', 'm1']);
});

test('a file with one mistake in it changes nothing at all', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(estateOf({}), 'test');
  const before = catalogue.exportEstate();
  const wrong = estateOf({ name: 'changed' }, { node: 'nowhere' });
  expect(() => catalogue.applyEstate(wrong, 'test')).toThrow('meters[1].node: there is no node "nowhere"');
  expect([catalogue.exportEstate(), catalogue.version]).toEqual([before, 1]);
});

test('each change is written down with when, who, from where, before and after', () => {
  let clock = 1_000;
  const catalogue = temporaryCatalogue({ now: () => clock });
  catalogue.applyEstate(estateOf({ multiplier: 40 }), '王工');
  clock = 2_000;
  catalogue.applyEstate(estateOf({ multiplier: 60 }), '李工', 'dashboard');
  const [last, first, ...rest] = catalogue.changes({ of: { kind: 'meter', id: 'm0' } });
  expect(rest).toEqual([]);
  expect(first).toMatchObject({
    revision: 1,
    createdAt: 1_000,
    author: '王工',
    source: 'estate file',
    before: null,
  });
  expect(last).toMatchObject({
    ...{ revision: 2, createdAt: 2_000, author: '李工', source: 'dashboard', recompute: true },
    before: { epochs: [{ multiplier: 40 }] },
    after: { epochs: [{ multiplier: 60 }] },
  });
  expect(catalogue.changes({ limit: 2 }).map((c) => c.id)).toEqual(['m0', 'm0']);
});

test('the number of a meter stays through changes and is given in order, without gaps', () => {
  const file = temporaryPlace();
  const catalogue = temporaryCatalogue({}, file);
  catalogue.applyEstate(estateOf({}, {}), 'test');
  for (const name of ['x', 'y', 'z']) catalogue.applyEstate(estateOf({ name }), 'test');
  catalogue.applyEstate(estateOf({}, {}, {}), 'test');
  expect(catalogue.snapshot().meters.map((m) => [m.no, m.id])).toEqual([
    [1, 'm0'],
    [2, 'm1'],
    [3, 'm2'],
  ]);
});

test('two processes see each other’s changes, and write over what is really there', async () => {
  const file = temporaryPlace();
  const server = temporaryCatalogue({}, file);
  const command = temporaryCatalogue({}, file);
  const heard: unknown[] = [];
  const stop = server.onChange((event) => heard.push(event));
  expect(server.refresh()).toBe(false);
  command.applyEstate(estateOf({ multiplier: 40 }), 'command');
  command.applyEstate(estateOf({ multiplier: 60 }, {}), 'command');
  expect(server.snapshot().meters).toEqual([]);
  await seeChange(server);
  expect(server.refresh()).toBe(false);
  // Both of them are new to the server: there is nothing of theirs to compute again.
  expect(heard).toEqual([{ version: 2, changedMeters: [] }]);
  command.applyEstate(estateOf({ multiplier: 80 }), 'command');
  // Without a refresh the server compares with the file, not with what it remembers.
  expect(server.applyEstate(estateOf({ multiplier: 80 }, { multiplier: 2 }), 'server')).toMatchObject({
    updated: 1,
    unchanged: 2,
    changedMeters: ['m1'],
  });
  expect(heard.at(-1)).toEqual({ version: 4, changedMeters: ['m0', 'm1'] });
  stop();
  await seeChange(command);
  expect(command.exportEstate()).toBe(server.exportEstate());
  server.applyEstate(estateOf({ name: 'unheard' }), 'server');
  expect(heard).toHaveLength(2);
});

test('a backup is a whole catalogue, and never written over a file', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  const copy = temporaryFile('copy.sqlite');
  catalogue.backupTo(copy);
  expect(existsSync(`${copy}-wal`)).toBe(false);
  const restored = temporaryCatalogue({}, copy);
  expect([restored.exportEstate(), restored.version]).toEqual([catalogue.exportEstate(), 1]);
  expect(restored.changes()).toEqual(catalogue.changes());
  expect(() => catalogue.backupTo(copy)).toThrow('already exists');
});
