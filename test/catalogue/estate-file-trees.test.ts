import { expect, test } from 'vitest';
import { errors } from './refused.ts';
import { EXAMPLE, temporaryCatalogue } from './temporary-catalogue.ts';

/** Files whose parts do not go together, with each other or with what the catalogue has. */
const BAD_TREES: [name: string, text: string, lines: string[]][] = [
  [
    'three mistakes of three sorts at once',
    EXAMPLE.replace('version: 1', 'version: 2')
      .replace('parent: city', 'parent: town')
      .replace('final: 812960.00', 'final: lost'),
    [
      'version: must be 1, not number 2 (line 1:1)',
      'nodes[1].parent: there is no node "town", neither in the file nor in the catalogue (line 10:5)',
      'meters[0].exchanges[0].final: must be a number, not text (line 28:44)',
    ],
  ],
  [
    'a cycle of three nodes, said once, where it begins in the file',
    `version: 1
nodes:
  - { id: top, name: T, kind: region }
  - { id: a, name: A, kind: space, parent: c }
  - { id: b, name: B, kind: space, parent: a }
  - { id: c, name: C, kind: space, parent: b }
  - { id: below, name: D, kind: space, parent: a }`,
    ['nodes[1].parent: makes a cycle: a → c → b → a (line 4:36)'],
  ],
  [
    'a region in a building, a building in a space',
    `version: 1
nodes:
  - { id: r, name: R, kind: region, parent: b }
  - { id: b, name: B, kind: building, parent: s }
  - { id: s, name: S, kind: space }`,
    [
      'nodes[0].parent: a region stands below region or at the top, not below the building "b" (line 3:37)',
      'nodes[1].parent: a building stands below region, institution, building or at the top, not below the space "s" (line 4:39)',
    ],
  ],
  [
    'attributes: a date twice, no date, a negative area, a bad name, not a list',
    `version: 1
nodes:
  - id: b
    name: B
    kind: building
    attributes:
      people: [{ from: 2024-01-01, value: 1 }, { from: 2024-01-01, value: 2 }]
      floor_area_m2: [{ from: 2023-02-29, value: -5 }]
      Floors: [{ from: 2024-01-01, value: 3 }]
      rooms: 12`,
    [
      'nodes[0].attributes.people[1].from: 2024-01-01 is the date of [0] already (line 7:50)',
      'nodes[0].attributes.floor_area_m2[0].from: must be a date like 2026-01-31 (line 8:25)',
      'nodes[0].attributes.floor_area_m2[0].value: must not be negative (line 8:43)',
      'nodes[0].attributes.Floors: the name of an attribute has a–z 0–9 _, begins with a letter and ends within 64 (line 9:7)',
      'nodes[0].attributes.rooms: must be a list of { from: date, value: number }, not number 12 (line 10:7)',
    ],
  ],
  [
    'an empty file',
    '',
    [
      'must be a mapping with the keys version, timezone, nodes, meters, virtual, gateways, profiles, not nothing (line 1:1)',
    ],
  ],
  [
    'YAML that cannot be read, at both places',
    'version: 1\nnodes: [\n  { id: a, id: b }\nmeters: {}\n',
    [
      'syntax: Map keys must be unique (line 3:12)',
      'syntax: Flow sequence in block collection must be sufficiently indented and end with a ] (line 4:1)',
    ],
  ],
  [
    'JSON that breaks off',
    '{"version": 1, "nodes": [',
    [
      'syntax: Flow sequence in block collection must be sufficiently indented and end with a ] (line 1:26)',
      'syntax: Flow map must end with a } (line 1:26)',
    ],
  ],
  ['two documents', 'version: 1\n---\nversion: 1\n', ['syntax: a second document begins (line 2:1)']],
  [
    'an alias without an anchor',
    'version: 1\nnodes: *x\n',
    ['the file cannot be read: Unresolved alias (the anchor must be set before the alias): x'],
  ],
  ['nesting without end', '['.repeat(50_000), ['the file is nested too deeply']],
];

test.each(BAD_TREES)('estate file: %s', (_, text, lines) => {
  expect(errors(text)).toEqual(lines);
});

test('an object has paths but no lines, and a cycle may run through the catalogue', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(
    {
      version: 1,
      nodes: [
        { id: 'a', name: 'A', kind: 'region' },
        { id: 'b', name: 'B', kind: 'region', parent: 'a' },
        { id: 'c', name: 'C', kind: 'building', parent: 'b' },
      ],
      meters: [
        { id: 'up', name: 'U', node: 'c', carrier: 'water' },
        { id: 'down', name: 'D', node: 'c', carrier: 'water', parent: 'up' },
      ],
    },
    'test',
  );
  const before = catalogue.exportEstate();
  expect(
    errors({ version: 1, nodes: [{ id: 'a', name: 'A', kind: 'region', parent: 'b' }] }, catalogue),
  ).toEqual(['nodes[0].parent: makes a cycle: a → b → a']);
  // What the file leaves alone must still be right beside what it changes.
  expect(errors({ version: 1, nodes: [{ id: 'b', name: 'B', kind: 'space' }] }, catalogue)).toEqual([
    'nodes[0].kind: a building stands below region, institution, building or at the top, not below the space that "c" is in',
  ]);
  expect(
    errors({ version: 1, meters: [{ id: 'up', name: 'U', node: 'c', carrier: 'gas' }] }, catalogue),
  ).toEqual(['meters[0].carrier: "down" below it is a meter of water']);
  expect(catalogue.exportEstate()).toBe(before);
});

test('virtual meters and the meters of the catalogue must go together, whichever the file changes', () => {
  const catalogue = temporaryCatalogue();
  const at = { name: 'M', node: 'b' };
  catalogue.applyEstate(
    {
      version: 1,
      nodes: [{ id: 'b', name: 'B', kind: 'building' }],
      meters: [
        { id: 'main', ...at, carrier: 'water' },
        { id: 'sub', ...at, carrier: 'other', unit: 'kg' },
        { id: 'spare', ...at, carrier: 'other', unit: 'kg' },
      ],
      virtual: [
        { id: 'rest', ...at, carrier: 'water', plus: ['main'] },
        { id: 'some', ...at, carrier: 'other', plus: ['sub'] },
      ],
    },
    'test',
  );
  expect(errors({ version: 1, meters: [{ id: 'rest', ...at, carrier: 'water' }] }, catalogue)).toContain(
    'meters[0].id: "rest" is the id of a virtual meter in the catalogue',
  );
  expect(
    errors({ version: 1, virtual: [{ id: 'spare', ...at, carrier: 'other', plus: ['sub'] }] }, catalogue),
  ).toEqual(['virtual[0].id: "spare" is the id of a meter in the catalogue']);
  expect(errors({ version: 1, meters: [{ id: 'main', ...at, carrier: 'gas' }] }, catalogue)).toEqual([
    'meters[0].carrier: it is a part of "rest", a virtual meter of water',
  ]);
  const gauge = { id: 'sub', ...at, carrier: 'other', unit: 'kg', register: 'gauge' };
  expect(errors({ version: 1, meters: [gauge] }, catalogue)).toEqual([
    'meters[0].register: gauge is averaged, never summed, and it is a part of "some"',
  ]);
  const round = [
    { id: 'rest', ...at, carrier: 'water', plus: ['other'] },
    { id: 'other', ...at, carrier: 'water', plus: ['rest'] },
  ];
  expect(errors({ version: 1, virtual: round }, catalogue)).toEqual([
    'virtual[0].plus: makes a cycle: rest → other → rest',
  ]);
});

test('a payload profile is judged by the one who knows, and must be JSON', () => {
  const catalogue = temporaryCatalogue({
    validateProfile: (value) =>
      typeof value === 'object' && value !== null && 'topic' in value
        ? []
        : ['topic: is missing', 'does nothing'],
  });
  const text =
    'version: 1\nprofiles:\n  - { id: p, topic: t/+ }\n  - { id: q, scale: .nan }\n  - { topic: x }\n';
  expect(errors(text, catalogue)).toEqual([
    'profiles[1].topic: is missing (line 4:5)',
    'profiles[1]: does nothing (line 4:5)',
    'profiles[1].scale: must be a finite number, text, true, false or null, not number NaN (line 4:14)',
    'profiles[2].id: is missing (line 5:5)',
  ]);
  expect(errors('version: 1\nprofiles:\n  - &p { id: p, topic: x, more: [*p] }\n', catalogue)).toEqual([
    'profiles[0].more[0]: contains itself (line 3:34)',
  ]);
  expect(catalogue.profiles()).toEqual([]);
});
