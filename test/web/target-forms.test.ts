import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  faultsOf,
  fieldOf,
  firstFields,
  newId,
  previewOf,
  type TargetFields,
} from '../../web/src/lib/targets/fields.ts';
import { changesOf } from '../../web/src/lib/targets/history.ts';
import { measureFaults, planBody, planFields } from '../../web/src/lib/targets/plan.ts';
import { splitBody, splitStart, typedOf } from '../../web/src/lib/targets/split.ts';
import type { Split } from '../../web/src/lib/targets/types.ts';
import { zh } from '../../web/src/lib/targets/words.zh.ts';
import { target } from './target-sample.ts';

describe('the form', () => {
  const first = (): TargetFields => ({
    ...firstFields(null, 'national-statistics', 2026, '张三'),
    reduction: '5',
  });

  it('begins with last year, measured, and five years', () => {
    expect(first()).toMatchObject({
      baseYear: '2025',
      endYear: '2030',
      baseKind: 'measured',
      path: 'linear',
    });
    expect(faultsOf(first())).toEqual({});
  });

  it.each<[Partial<TargetFields>, Record<string, string>]>([
    [{ baseYear: '' }, { baseYear: 'needed' }],
    [{ baseYear: '20x5' }, { baseYear: 'notYear' }],
    [{ endYear: '2025' }, { endYear: 'endBefore' }],
    [{ endYear: '2076' }, { endYear: 'tooLong' }],
    [{ reduction: '' }, { reduction: 'needed' }],
    [{ reduction: 'five' }, { reduction: 'notNumber' }],
    [{ reduction: '100' }, { reduction: 'tooMuch' }],
    [{ baseKind: 'entered' }, { baseValue: 'needed', baseSource: 'needed' }],
    [{ baseKind: 'entered', baseValue: '0', baseSource: 'x' }, { baseValue: 'notPositive' }],
    [{ path: 'values' }, { 'values.2026': 'noValues' }],
    [{ path: 'values', values: { 2027: '-1' } }, { 'values.2027': 'notNumber' }],
    [{ who: ' ' }, { who: 'needed' }],
    [{ scheme: '' }, { scheme: 'needed' }],
    [{ scheme: '', indicator: 'water' }, {}],
  ])('%o is told at its field', (change, faults) => {
    expect(faultsOf({ ...first(), ...change })).toEqual(faults);
  });

  it('shows each year before saving: −5 % of 1,000 in five equal steps', () => {
    // 1000 × (1 − 0.05 × k / 5)
    const { base, years } = previewOf(first(), 1_000);
    expect(base).toBe(1_000);
    expect(years.map((y) => [y.year, y.value])).toEqual([
      [2026, 990],
      [2027, 980],
      [2028, 970],
      [2029, 960],
      [2030, 950],
    ]);
    expect(previewOf({ ...first(), reduction: '' }, 1_000).years).toEqual([]);
    expect(previewOf(first(), null).years.every((y) => y.value === null)).toBe(true);
  });

  it('sends shares, not per cent, without the noise of division', () => {
    expect(bodyOf({ ...first(), reduction: '5.3' }, 'a')).toMatchObject({
      node: 'a',
      scheme: 'national-statistics',
      base: null,
      path: { kind: 'linear', reduction: 0.053 },
      recorded_by: '张三',
    });
    expect(bodyOf({ ...first(), indicator: 'water' }, 'a').scheme).toBeNull();
  });

  it('comes back as it was saved', () => {
    const fields = firstFields(target({ path: { kind: 'compound', reduction: 0.135 } }), '', 2026, '');
    expect(fields).toMatchObject({
      path: 'compound',
      reduction: '13.5',
      baseKind: 'measured',
      baseValue: '',
    });
  });

  it('names no two targets alike, and none with a colon, which splitting uses', () => {
    expect(newId('a', first(), [])).toBe('a-energy-2030');
    expect(newId('a', first(), [{ id: 'a-energy-2030' }])).toBe('a-energy-2030-2');
  });

  it('puts what the server says at its field', () => {
    const values = { ...first(), path: 'values' as const, values: { 2027: '3', 2029: '2' } };
    expect(fieldOf('base.value', first())).toBe('baseValue');
    // The second value that is sent is that of 2029.
    expect(fieldOf('path.values.1.year', values)).toBe('values.2029');
    expect(fieldOf('from', first())).toBe('from');
  });
});

describe('splitting', () => {
  const nodes = {
    below: [{ id: 'a' }, { id: 'b' }],
    institutions: [{ id: 'a1' }, { id: 'a2' }, { id: 'b1' }],
  };

  it('begins by the base, and with those directly below', () => {
    const none = { below: [], institutions: nodes.institutions };
    const start = { method: 'base', level: 'below', excluded: new Set(), typed: {} };
    expect(splitStart({ indicator: 'energy', split: null }, nodes, 1)).toEqual(start);
    expect(splitStart({ indicator: 'energy', split: null }, none, 1)).toEqual({
      ...start,
      level: 'institutions',
    });
    expect(splitStart({ indicator: 'energy_per_m2', split: null }, nodes, 1).method).toBe('reduction');
  });

  it('begins as it was saved last', () => {
    const saved = { method: 'hand' as const, nodes: ['a1', 'b1'], by_hand: { a1: 1_500_000, b1: 20_000 } };
    // 1,500,000 kgce are 1,500 tce
    expect(splitStart({ indicator: 'energy', split: saved }, nodes, 1000)).toEqual({
      method: 'hand',
      level: 'institutions',
      excluded: new Set(['a2']),
      typed: { a1: '1500', b1: '20' },
    });
    const lowered = { method: 'hand' as const, nodes: ['a'], by_hand: { a: 0.053 } };
    expect(splitStart({ indicator: 'energy_per_m2', split: lowered }, nodes, 1)).toMatchObject({
      level: 'below',
      excluded: new Set(['b']),
      typed: { a: '5.3' },
    });
  });

  it('sends amounts in the unit of the indicator, reductions as shares', () => {
    const choice = { method: 'hand' as const, nodes: ['a', 'b', 'c'] };
    expect(splitBody(choice, { a: '1.5', b: '', c: 'x' }, 'energy', 1000)).toEqual({
      ...choice,
      by_hand: { a: 1500 },
    });
    expect(splitBody(choice, { a: '5' }, 'energy_per_m2', 1)).toEqual({ ...choice, by_hand: { a: 0.05 } });
    expect(splitBody({ ...choice, method: 'area' }, { a: '5' }, 'energy', 1)).toEqual({
      method: 'area',
      nodes: ['a', 'b', 'c'],
    });
  });

  it('begins by hand with what was computed', () => {
    const part = {
      node: 'a',
      name: 'A',
      weight: 1,
      base: 1,
      value: 1500,
      reduction: 0.05,
      years: [],
      lacks: [],
    };
    const split = { extensive: true, parts: [part, { ...part, node: 'b', value: null }] } as unknown as Split;
    expect(typedOf(split, 1000)).toEqual({ a: '1.5', b: '' });
    expect(typedOf({ ...split, extensive: false }, 1)).toEqual({ a: '5', b: '5' });
  });
});

it('a change is told field by field', () => {
  const before = { node: 'a', indicator: 'energy', path: { kind: 'linear', reduction: 0.05 } };
  const after = { ...before, path: { kind: 'linear', reduction: 0.053 }, note: 'x' };
  expect(changesOf(before, after, zh, (node) => node)).toEqual([
    { name: 'path', label: '路径', before: '逐年等量 5 %', after: '逐年等量 5.3 %' },
    { name: 'note', label: '说明', before: '未设', after: 'x' },
  ]);
});

describe('a plan', () => {
  it('has days of the calendar', () => {
    const [blank] = planFields(null, '').measures;
    expect(measureFaults({ ...blank!, name: 'LED', due: '2026-06-31' })).toEqual({ due: 'notDate' });
    expect(measureFaults({ ...blank!, name: 'LED', due: '2026-06-30', quantity: '86,000' })).toEqual({});
  });

  it('asks for a name, and for a unit with a saving', () => {
    const [blank] = planFields(null, '').measures;
    expect(measureFaults(blank!)).toEqual({ name: 'needed' });
    expect(measureFaults({ ...blank!, name: 'LED', quantity: '-1', unit: '' })).toEqual({
      quantity: 'notPositive',
      unit: 'together',
    });
  });

  it('comes out as it went in', () => {
    const plan = {
      node: 'a',
      year: 2026,
      measures: [
        { name: 'LED', saving: { quantity: 86_000, unit: 'kWh' }, due: '2026-06-30', state: 'done' as const },
        { name: 'B', saving: null, due: null, state: 'planned' as const },
      ],
      filed: { date: '2026-02-26', number: '12' },
      note: null,
    };
    const { node: _n, year: _y, ...rest } = plan;
    expect(planBody(planFields(plan, '张三'))).toEqual({ ...rest, recorded_by: '张三' });
  });
});
