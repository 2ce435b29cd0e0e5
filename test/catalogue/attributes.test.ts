import { expect, test } from 'vitest';
import { EstateFileError } from '../../server/catalogue/estate-document.ts';
import { EXAMPLE, temporaryCatalogue } from './temporary-catalogue.ts';

const CLASSIFIED = EXAMPLE.replace(
  '    attributes:\n',
  '    classification: { type: organ, level: city, zone: hot_summer_cold_winter, region: "320100" }\n    attributes:\n',
).replace('value: 47000 }', 'value: 47000, source: 不动产权证 }');

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof EstateFileError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test('source and classification of a file are kept, and come out again', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(CLASSIFIED, 'a');
  const gov = catalogue.snapshot().node('gov');
  expect(gov?.attributes.floor_area_m2).toEqual([
    { from: '2024-01-01', value: 47_000, source: '不动产权证' },
  ]);
  expect(gov?.classification).toEqual({
    type: 'organ',
    level: 'city',
    zone: 'hot_summer_cold_winter',
    region: '320100',
  });
  const other = temporaryCatalogue();
  other.applyEstate(catalogue.exportEstate(), 'b');
  expect(other.snapshot().nodes).toEqual(catalogue.snapshot().nodes);
  expect(catalogue.applyEstate(CLASSIFIED, 'a')).toMatchObject({ updated: 0, unchanged: 3 });
});

test('a classification holds below the node, and each part of it by itself', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'a');
  const none = { type: null, level: null, zone: null, region: null };
  expect(catalogue.snapshot().classification('gov')).toEqual(none);
  catalogue.changeNode('city', { classification: { region: '320000', zone: 'mild' } }, 'a', 's');
  catalogue.changeNode('gov', { classification: { region: '320100', type: 'organ' } }, 'a', 's');
  expect(catalogue.snapshot().classification('gov')).toEqual({
    ...none,
    type: 'organ',
    zone: 'mild',
    region: '320100',
  });
  catalogue.changeNode('gov', { classification: { region: null, type: null } }, 'a', 's');
  expect(catalogue.snapshot().node('gov')).not.toHaveProperty('classification');
  expect(catalogue.snapshot().classification('gov').region).toBe('320000');
});

test('a value keeps who wrote it down until it is another one', () => {
  let now = 1000;
  const catalogue = temporaryCatalogue({ now: () => now });
  catalogue.applyEstate(EXAMPLE, 'first');
  now = 2000;
  const values = [
    { from: '2024-01-01', value: 1850 },
    { from: '2026-01-01', value: 1800, source: '编制' },
  ];
  const version = catalogue.changeNode('gov', { attribute: 'people', values }, 'second', 'attribute');
  const written = () =>
    catalogue.valueRecords('gov').map((v) => [v.name, v.from, v.value, v.author, v.recordedAt]);
  const expected = [
    ['floor_area_m2', '2024-01-01', 47_000, 'first', 1000],
    ['people', '2024-01-01', 1850, 'first', 1000],
    ['people', '2026-01-01', 1800, 'second', 2000],
  ];
  expect(written()).toEqual(expected);
  now = 3000;
  // The same again is no change.
  expect(catalogue.changeNode('gov', { attribute: 'people', values }, 'third', 'attribute')).toBe(version);
  expect(written()).toEqual(expected);
  expect(catalogue.changedSince(0)).toEqual([]);
  const [change] = catalogue.changes({ of: { kind: 'node', id: 'gov' } });
  expect(change).toMatchObject({ author: 'second', source: 'attribute' });

  catalogue.changeNode('gov', { attribute: 'people', values: [] }, 'third', 'attribute');
  expect(catalogue.snapshot().node('gov')?.attributes.people).toBeUndefined();
  expect(() => catalogue.changeNode('nowhere', { attribute: 'people', values }, 'a', 's')).toThrow('no node');
});

test.each([
  ['people', [{ from: '2026-01-01', value: -1 }], 'values[0].value: must not be negative'],
  ['working_hours', [{ from: '2026-01-01', value: -1 }], 'values[0].value: must not be negative'],
  ['people', [{ from: '2026-13-01', value: 1 }], 'values[0].from: must be a date'],
  [
    'people',
    [
      { from: '2026-01-01', value: 1 },
      { from: '2026-01-01', value: 2 },
    ],
    'values[1].from: 2026-01-01 is the date of [0] already',
  ],
  ['people', [{ from: '2026-01-01', value: 1, note: 'x' }], 'values[0].note: unknown key'],
  ['People', [], 'name: the name of an attribute'],
])('values of %s are refused (%#)', (attribute, values, message) => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'a');
  const { version } = catalogue;
  expect(refused(() => catalogue.changeNode('gov', { attribute, values }, 'a', 's'))).toContain(message);
  expect(catalogue.version).toBe(version);
});

test.each([
  ['type: organ', 'type: castle', 'nodes[1].classification.type'],
  ['region: "320100"', 'region: "32"', 'nodes[1].classification.region: must be the 6 digits of GB/T 2260'],
  ['level: city', 'rank: city', 'nodes[1].classification.rank: unknown key'],
])('a classification with %s as %s is refused', (right, wrong, message) => {
  const file = CLASSIFIED.replace(right, wrong);
  expect(refused(() => temporaryCatalogue().applyEstate(file, 'a'))).toContain(message);
});
