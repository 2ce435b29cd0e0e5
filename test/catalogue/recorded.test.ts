import { expect, test } from 'vitest';
import type { EstateFile, MeterInFile } from '../../server/catalogue/estate-file.ts';
import { withCeiling, withExchange, withoutExchange } from '../../server/domain/exchange.ts';
import type { LearnedCeiling } from '../../server/domain/meter.ts';
import { temporaryCatalogue, temporaryFile, temporaryPlace } from './temporary-catalogue.ts';

/** What is written down about meters that stand already: exchanges, statements, learned ceilings. */

const AT = Date.parse('2026-03-14T10:20:00+08:00');
const BY = { recordedBy: '王工', recordedAt: 5_000 };
const WHY = { reason: 'display was dark', recordedBy: '李工' };
const LEARNED: LearnedCeiling = { rate: 120, learnedAt: 9_000, from: 1_000, to: 8_000, steps: 700 };

function estateOf(...meters: Partial<MeterInFile>[]): EstateFile {
  return {
    version: 1,
    nodes: [{ id: 'b', name: 'B', kind: 'building' }],
    meters: meters.map((m, i) => ({ id: `m${i}`, name: 'M', node: 'b', carrier: 'electricity', ...m })),
  };
}

test('an exchange is written down with who and when, and the meter is to be computed again', () => {
  const catalogue = temporaryCatalogue({ now: () => 6_000 });
  catalogue.applyEstate(estateOf({ multiplier: 40 }, {}), 'test');
  const heard: unknown[] = [];
  catalogue.onChange((event) => heard.push(event));
  const input = { at: AT, final: 812_960, initial: 5000, multiplier: 60, ...BY };
  expect(catalogue.changeEpochs('m0', (m) => withExchange(m, input), '王工', 'exchange')).toBe(2);
  expect(heard).toEqual([{ version: 2, changedMeters: ['m0'] }]);
  const { epochs } = catalogue.snapshot().meter('m0')!;
  expect(epochs.map((e) => [e.from, e.to, e.multiplier, e.recordedBy, e.recordedAt])).toEqual([
    [null, AT, 40, null, null],
    [AT, null, 60, '王工', 5_000],
  ]);
  expect(catalogue.changedSince(1)).toEqual([{ id: 'm0', cause: 'description', version: 2 }]);
  expect(catalogue.changeOf(2, 'm0')).toMatchObject({
    ...{ author: '王工', source: 'exchange', createdAt: 6_000, kind: 'meter', recompute: true },
    before: { epochs: [{ to: null }] },
    after: { epochs: [{ final: 812_960 }, { initial: 5000 }] },
  });
  expect(catalogue.changeOf(2, 'm1')).toBeNull();
  expect(catalogue.changeOf(3, 'm0')).toBeNull();
  // And back again: the device before goes on.
  expect(catalogue.changeEpochs('m0', (m) => withoutExchange(m, AT), '王工', 'exchange')).toBe(3);
  expect(catalogue.snapshot().meter('m0')?.epochs).toHaveLength(1);
});

test('what changes nothing makes no version, what cannot be leaves everything as it was', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(estateOf({ max_rate: 7 }), 'test');
  expect(catalogue.changeEpochs('m0', (m) => withCeiling(m, null, 7), '王工', 'ceiling')).toBe(1);
  const twice = (): number =>
    catalogue.changeEpochs('m0', (m) => withExchange(m, { at: AT, ...BY }), '王工', 'exchange');
  expect(twice()).toBe(2);
  expect(twice).toThrow('has an exchange already');
  expect(() => catalogue.changeEpochs('ghost', (m) => m, '王工', 'exchange')).toThrow('no meter "ghost"');
  // A change of anything but the epochs is not taken.
  expect(catalogue.changeEpochs('m0', (m) => ({ ...m, name: 'other' }), '王工', 'exchange')).toBe(2);
  expect([catalogue.version, catalogue.snapshot().meter('m0')?.name]).toEqual([2, 'M']);
});

test('an exchange is made of the meter as another process left it', () => {
  const file = temporaryPlace();
  const one = temporaryCatalogue({}, file);
  one.applyEstate(estateOf({}), 'test');
  const other = temporaryCatalogue({}, file);
  one.changeEpochs('m0', (m) => withExchange(m, { at: AT, ...BY }), '王工', 'exchange');
  expect(other.changeEpochs('m0', (m) => withExchange(m, { at: AT + 1, ...BY }), '李工', 'exchange')).toBe(3);
  expect(
    other
      .snapshot()
      .meter('m0')
      ?.epochs.map((e) => e.from),
  ).toEqual([null, AT, AT + 1]);
});

test('applying a file keeps who recorded the epochs that it leaves as they are', () => {
  let clock = 1_000;
  const catalogue = temporaryCatalogue({ now: () => clock });
  const exchange = { at: '2026-02-01', final: 7, initial: 0 };
  catalogue.applyEstate(estateOf({ exchanges: [exchange] }), '王工');
  const signatures = (): unknown =>
    catalogue
      .snapshot()
      .meter('m0')
      ?.epochs.map((e) => [e.recordedBy, e.recordedAt]);
  expect(signatures()).toEqual([
    [null, null],
    ['王工', 1_000],
  ]);
  clock = 2_000;
  const same = catalogue.applyEstate(estateOf({ exchanges: [exchange] }), '李工');
  expect(same).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
  // A later exchange ends the second epoch, and is not part of it.
  const later = { at: '2026-05-01', final: 99, initial: 1 };
  catalogue.applyEstate(estateOf({ exchanges: [exchange, later] }), '李工');
  expect(signatures()).toEqual([
    [null, null],
    ['王工', 1_000],
    ['李工', 2_000],
  ]);
  clock = 3_000;
  // The last register of the old device belongs to the exchange that it was written down with.
  catalogue.applyEstate(estateOf({ exchanges: [{ ...exchange, final: 8 }, later] }), '赵工');
  expect(signatures()).toEqual([
    [null, null],
    ['赵工', 3_000],
    ['李工', 2_000],
  ]);
  clock = 4_000;
  catalogue.applyEstate(estateOf({ multiplier: 2, exchanges: [] }), '赵工');
  expect(signatures()).toEqual([['赵工', 4_000]]);
});

test('statements stand beside the meter, and applying a file drops none of them', () => {
  const catalogue = temporaryCatalogue({ now: () => 6_000 });
  catalogue.applyEstate(estateOf({}, {}), 'test');
  const heard: unknown[] = [];
  catalogue.onChange((event) => heard.push(event));
  expect(catalogue.addManual('m0', { time: 4_000, value: 42, ...WHY })).toEqual({ version: 2, no: 1 });
  expect(catalogue.addEstimate('m1', { from: 1_000, to: 2_000, quantity: 5, ...WHY })).toEqual({
    ...{ version: 3, no: 2 },
  });
  expect(catalogue.addManual('m0', { time: 3_000, value: 40, ...WHY })).toEqual({ version: 4, no: 3 });
  expect(heard).toEqual([
    { version: 2, changedMeters: ['m0'] },
    { version: 3, changedMeters: ['m1'] },
    { version: 4, changedMeters: ['m0'] },
  ]);
  catalogue.recordCeilings([{ meter: 'm0', ceiling: LEARNED }]);
  const stood = [
    { no: 3, time: 3_000, value: 40, ...WHY, recordedAt: 6_000 },
    { no: 1, time: 4_000, value: 42, ...WHY, recordedAt: 6_000 },
  ];
  for (const multiplier of [1, 40]) {
    catalogue.applyEstate(estateOf({ multiplier }), 'test');
    expect(catalogue.snapshot().meter('m0')).toMatchObject({
      ...{ manual: stood, estimates: [], learned: LEARNED },
    });
  }
  expect(catalogue.snapshot().meter('m1')?.estimates).toEqual([
    { no: 2, from: 1_000, to: 2_000, quantity: 5, ...WHY, recordedAt: 6_000 },
  ]);
  expect(catalogue.changedSince(1)).toEqual([
    { id: 'm0', cause: 'ceiling', version: 5 },
    { id: 'm0', cause: 'description', version: 6 },
    { id: 'm0', cause: 'statement', version: 4 },
    { id: 'm1', cause: 'statement', version: 3 },
  ]);
  expect(catalogue.changedMetersSince(1)).toEqual(['m0', 'm1']);
  expect(catalogue.changeOf(3, 'm1')).toMatchObject({ author: '李工', source: 'estimate', before: null });
});

test('what is withdrawn stands no more, and is still to be read', () => {
  let clock = 6_000;
  const catalogue = temporaryCatalogue({ now: () => clock });
  catalogue.applyEstate(estateOf({}, {}), 'test');
  catalogue.addManual('m0', { time: 4_000, value: 42, ...WHY });
  catalogue.addEstimate('m0', { from: 1_000, to: 2_000, quantity: 5, ...WHY });
  clock = 7_000;
  const withdraw = (meter: string, no: number): number =>
    catalogue.withdraw(meter, no, { reason: ' misread ', recordedBy: '王工' });
  expect(() => withdraw('m1', 1)).toThrow('nothing that is in force was stated of this meter under 1');
  expect(withdraw('m0', 1)).toBe(4);
  expect(() => withdraw('m0', 1)).toThrow('nothing that is in force was stated of this meter under 1');
  expect(catalogue.version).toBe(4);
  const { manual, estimates } = catalogue.snapshot().meter('m0')!;
  expect([manual, estimates.map((e) => e.no)]).toEqual([[], [2]]);
  const stated = { ...WHY, recordedAt: 6_000 };
  const first = {
    no: 1,
    kind: 'manual_reading',
    from: 4_000,
    to: null,
    value: 42,
    quantity: null,
    ...stated,
  };
  const second = { no: 2, kind: 'estimate', from: 1_000, to: 2_000, value: null, quantity: 5, ...stated };
  const withdrawn = { by: '王工', at: 7_000, reason: 'misread' };
  expect(catalogue.statements('m0')).toEqual([
    { ...first, withdrawn },
    { ...second, withdrawn: null },
  ]);
  expect(catalogue.statements('m1')).toEqual([]);
  expect(catalogue.changedSince(3)).toEqual([{ id: 'm0', cause: 'statement', version: 4 }]);
  expect(catalogue.changeOf(4, 'm0')).toMatchObject({
    ...{ author: '王工', source: 'withdrawal', before: { withdrawn: null }, after: { withdrawn } },
  });
  // Its instant is free again.
  expect(catalogue.addManual('m0', { time: 4_000, value: 43, ...WHY }).no).toBe(3);
});

test('a statement that cannot be is refused and takes no number', () => {
  const catalogue = temporaryCatalogue({ now: () => 6_000 });
  catalogue.applyEstate(estateOf({}, { register: 'power' }), 'test');
  expect(() => catalogue.addManual('m0', { time: 6_001, value: 1, ...WHY })).toThrow('is in the future');
  expect(() => catalogue.addManual('m1', { time: 1, value: 1, ...WHY })).toThrow(
    'only a cumulative register',
  );
  expect([catalogue.version, catalogue.statements('m0')]).toEqual([1, []]);
  expect(catalogue.addManual('m0', { time: 6_000, value: 1, ...WHY }).no).toBe(1);
  const overlap = { from: 0, to: 10, quantity: 1, ...WHY };
  catalogue.addEstimate('m0', overlap);
  expect(() => catalogue.addEstimate('m0', overlap)).toThrow('overlaps an estimate of 1 kWh');
  // Another meter has its own time.
  expect(catalogue.addEstimate('m1', overlap).no).toBe(3);
});

test('learned ceilings are one version together, and only another rate is a reason to compute again', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(estateOf({}, {}, {}), 'test');
  const of = (meter: string, ceiling: LearnedCeiling) => ({ meter, ceiling });
  expect(catalogue.recordCeilings([of('m0', LEARNED), of('m2', { ...LEARNED, rate: 8 })])).toBe(2);
  expect(catalogue.snapshot().meters.map((m) => m.learned?.rate)).toEqual([120, undefined, 8]);
  expect(catalogue.changedMetersSince(1)).toEqual(['m0', 'm2']);
  expect(catalogue.changeOf(2, 'm2')).toMatchObject({ author: 'jieneng', kind: 'ceiling', before: null });
  // The same once more.
  expect(catalogue.recordCeilings([of('m0', LEARNED)])).toBe(2);
  const heard: unknown[] = [];
  catalogue.onChange((event) => heard.push(event));
  const longer = { ...LEARNED, to: 9_000, steps: 800 };
  expect(catalogue.recordCeilings([of('m0', longer), of('m2', { ...longer, rate: 9 })])).toBe(3);
  expect(catalogue.snapshot().meter('m0')?.learned).toEqual(longer);
  expect(catalogue.changedSince(2)).toEqual([{ id: 'm2', cause: 'ceiling', version: 3 }]);
  expect(heard).toEqual([{ version: 3, changedMeters: ['m2'] }]);
  expect(() => catalogue.recordCeilings([of('m1', LEARNED), of('ghost', LEARNED)])).toThrow(
    'no meter "ghost"',
  );
  expect([catalogue.version, catalogue.snapshot().meter('m1')?.learned]).toEqual([3, null]);
});

test('another time zone is a reason to compute every meter again, once', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(estateOf({}, {}), 'test');
  catalogue.changeEpochs('m0', (m) => withExchange(m, { at: AT, ...BY }), '王工', 'exchange');
  catalogue.applyEstate({ version: 1, timezone: 'Europe/Berlin' }, '赵工');
  expect(catalogue.changedSince(1)).toEqual([
    { id: 'm0', cause: 'description', version: 3 },
    { id: 'm1', cause: 'description', version: 3 },
  ]);
  expect(catalogue.changeOf(3, 'm1')).toMatchObject({ author: '赵工', kind: 'setting', id: 'timezone' });
});

test('everything that was written down is there after it is opened again, and in a backup', () => {
  const file = temporaryPlace();
  const catalogue = temporaryCatalogue({ now: () => 6_000 }, file);
  catalogue.applyEstate(estateOf({ exchanges: [{ at: '2026-02-01' }] }), 'test');
  catalogue.changeEpochs(
    'm0',
    (m) => withExchange(m, { at: AT, continues: true, final: 3, ...BY }),
    '王工',
    'x',
  );
  catalogue.addManual('m0', { time: 4_000, value: 42, ...WHY });
  catalogue.addEstimate('m0', { from: 1_000, to: 2_000, quantity: 5, ...WHY });
  catalogue.recordCeilings([{ meter: 'm0', ceiling: LEARNED }]);
  const copy = temporaryFile('copy.sqlite');
  catalogue.backupTo(copy);
  for (const other of [file, copy]) {
    expect(temporaryCatalogue({}, other).snapshot().meters).toEqual(catalogue.snapshot().meters);
  }
  expect(catalogue.snapshot().meter('m0')?.epochs[2]).toMatchObject({ initial: 3, continues: true });
});
