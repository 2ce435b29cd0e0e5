import { describe, expect, test } from 'vitest';
import { EstateFileError } from '../../server/catalogue/estate-document.ts';
import { shown } from '../../server/catalogue/policy.ts';
import { POLICY_KINDS } from '../../server/domain/policy.ts';
import { EXAMPLE, seeChange, temporaryCatalogue, temporaryPlace } from './temporary-catalogue.ts';

const source = { text: 'notice 12', confidence: 'verified' };
const OWN = {
  name: '本市',
  coefficients: [{ carrier: 'electricity', unit: 'kWh', kgce: 0.3, source }],
  source,
};

/** The mistakes, one `path: sentence` each. */
function refused(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof EstateFileError) return error.message.split('\n');
    throw error;
  }
  throw new Error('it was taken');
}

describe('items', () => {
  test('what is shipped is there; an own item takes its place, and it comes back', () => {
    const catalogue = temporaryCatalogue();
    const name = (): string | undefined => catalogue.policy().get('scheme', 'db37-2672')?.name;
    const item = () => catalogue.policy().item('scheme', 'db37-2672');
    expect(item()).toMatchObject({ origin: 'builtin', replaces: false });
    const order = catalogue
      .policy()
      .items('scheme')
      .map((i) => i.id);

    catalogue.putPolicy('scheme', 'db37-2672', OWN, '王', 'entered');
    expect([name(), item()?.origin, item()?.replaces]).toEqual(['本市', 'own', true]);
    expect(
      catalogue
        .policy()
        .items('scheme')
        .map((i) => i.id),
    ).toEqual(order);
    catalogue.dropPolicy('scheme', 'db37-2672', '李', 'dropped');
    expect([name(), item()?.origin]).toEqual(['DB37/T 2672-2019·等价值', 'builtin']);

    const history = catalogue.changes({ of: { kind: 'policy', id: 'scheme/db37-2672' } });
    expect(history.map((c) => [c.author, c.source, c.before, c.after])).toEqual([
      ['李', 'dropped', OWN, null],
      ['王', 'entered', null, OWN],
    ]);
    expect(catalogue.policyChanges('scheme').get('db37-2672')).toMatchObject({ count: 2, lastAuthor: '李' });
  });

  test('a change makes a version and tells the listeners, and asks for no recomputation; the same again does not', () => {
    const catalogue = temporaryCatalogue();
    const events: unknown[] = [];
    catalogue.onChange((event) => events.push(event));
    const first = catalogue.putPolicy('scheme', 'own', OWN, 'a', 's');
    const policy = catalogue.policy();
    expect(catalogue.putPolicy('scheme', 'own', OWN, 'b', 's')).toBe(first);
    expect(catalogue.policy()).toBe(policy);
    expect(events).toEqual([{ version: first, changedMeters: [] }]);
    expect(catalogue.changedSince(0)).toEqual([]);
    // Whatever else changes, the policy stays the same object.
    catalogue.applyEstate(EXAMPLE, 'test');
    expect(catalogue.policy()).toBe(policy);
  });

  test('it survives the process, and another one sees it', async () => {
    const file = temporaryPlace();
    const one = temporaryCatalogue({}, file);
    const other = temporaryCatalogue({}, file);
    one.putPolicy('scheme', 'own', OWN, 'a', 's');
    expect(other.policy().get('scheme', 'own')).toBeUndefined();
    await seeChange(other);
    expect(other.policy().get('scheme', 'own')).toEqual(one.policy().get('scheme', 'own'));
    expect(one.policy().get('scheme', 'own')).toEqual({
      id: 'own',
      name: '本市',
      from: null,
      to: null,
      coefficients: [{ carrier: 'electricity', unit: 'kWh', kgce: 0.3, from: null, density: null, source }],
      source,
    });
  });

  test('everything shipped can be written down as an own item, and then says the same', () => {
    const catalogue = temporaryCatalogue();
    const shipped = catalogue.policy();
    const policy = POLICY_KINDS.flatMap((kind) =>
      shipped.items(kind).map((i) => ({ kind, id: i.id, body: shown(kind, i.body) })),
    );
    expect(policy.length).toBeGreaterThan(70);
    expect(catalogue.applyPolicy({ version: 1, policy }, 'test')).toEqual({
      created: policy.length,
      updated: 0,
      unchanged: 0,
    });
    for (const kind of POLICY_KINDS) expect(catalogue.policy().list(kind)).toEqual(shipped.list(kind));
  });
});

describe('settings', () => {
  test('one of a node holds below it, one of the estate where none does', () => {
    const catalogue = temporaryCatalogue();
    catalogue.applyEstate(EXAMPLE, 'test');
    const at = (node: string) => catalogue.policy().setting(catalogue.snapshot(), node, 'scheme');
    expect(at('gov')).toEqual({ values: ['national-statistics'], node: null });
    const body = { name: 'scheme', node: 'city', values: ['db37-2672'] };
    catalogue.putPolicy('setting', 'scheme:city', body, 'a', 's');
    expect(at('gov')).toEqual({ values: ['db37-2672'], node: 'city' });
    catalogue.dropPolicy('setting', 'scheme:city', 'a', 's');
    expect(at('gov')).toEqual({ values: ['national-statistics'], node: null });
  });

  test('a scheme that a setting names is not dropped', () => {
    const catalogue = temporaryCatalogue();
    catalogue.putPolicy('scheme', 'own', OWN, 'a', 's');
    catalogue.putPolicy('setting', 'scheme', { name: 'scheme', values: ['own'] }, 'a', 's');
    expect(refused(() => catalogue.dropPolicy('scheme', 'own', 'a', 's'))).toEqual([
      'the setting "scheme" needs it: no scheme "own"',
    ]);
    catalogue.dropPolicy('setting', 'scheme', 'a', 's');
    catalogue.dropPolicy('scheme', 'own', 'a', 's');
    expect(() => catalogue.dropPolicy('scheme', 'own', 'a', 's')).toThrow('no own scheme "own"');
  });
});

describe('mistakes', () => {
  test.each([
    ['scheme', 'own', { ...OWN, coefficients: [] }, ['coefficients: must have at least one']],
    ['scheme', 'own', { ...OWN, from: '2026-02-30' }, ['from: must be a date like 2026-01-31']],
    ['scheme', 'own', { ...OWN, from: '2026-02-01', to: '2026-01-01' }, ['to: must be after 2026-02-01']],
    ['scheme', 'a b', OWN, ['id: must be 1 to 160 of A–Z a–z 0–9 . _ : -']],
    [
      'scheme',
      'own',
      { ...OWN, coefficients: [...OWN.coefficients, { ...OWN.coefficients[0], kgce: -1 }] },
      [expect.stringContaining('coefficients[1].kgce')],
    ],
    [
      'scheme',
      'own',
      { ...OWN, coefficients: [...OWN.coefficients, ...OWN.coefficients] },
      ['coefficients[1].from: electricity has a coefficient from that month on already, [0]'],
    ],
    [
      'scheme',
      'own',
      { ...OWN, coefficients: [{ ...OWN.coefficients[0], from: '2026-01-15' }] },
      ['coefficients[0].from: must be the first day of a month'],
    ],
    [
      'factor',
      'twin',
      {
        carrier: 'electricity',
        unit: 'kWh',
        kg_co2: 1,
        region: 'national',
        year: 2023,
        series: 'mee-average',
        source,
      },
      ['year: the factor "mee-average-2023-national" says the same thing already'],
    ],
    ['setting', 'scheme', { name: 'scheme', values: ['nobody'] }, ['values[0]: no scheme "nobody"']],
    [
      'setting',
      'scheme:here',
      { name: 'scheme', node: 'nowhere', values: ['db37-2672'] },
      ['name: the id of this setting is "scheme:nowhere"', 'node: no node "nowhere"'],
    ],
    ['setting', 'it_meters', { name: 'it_meters', values: ['nobody'] }, ['values[0]: no meter "nobody"']],
    [
      'setting',
      'factor_area',
      { name: 'factor_area', values: ['moon'] },
      ['values[0]: must be one of national, grid, province'],
    ],
  ] as const)('%s %s is refused (%#)', (kind, id, body, messages) => {
    const catalogue = temporaryCatalogue();
    expect(refused(() => catalogue.putPolicy(kind, id, body, 'a', 's')).sort()).toEqual([...messages].sort());
    expect(catalogue.version).toBe(0);
  });
});

describe('policy files', () => {
  const FILE = `version: 1
policy:
  - kind: scheme
    id: own
    body:
      name: 本市
      coefficients:
        - { carrier: electricity, unit: kWh, kgce: 0.3, source: { text: notice 12, confidence: verified } }
        - carrier: diesel
          unit: kg
          kgce: 1.4571
          density: { kg_per_l: 0.84, source: { text: delivery note, confidence: unconfirmed } }
          source: { text: notice 12, confidence: verified }
      source: { text: notice 12, confidence: verified }
  - kind: setting
    id: scheme
    body: { name: scheme, values: [own] }
`;

  test('items of a file may need each other; the same file again changes nothing; it comes out again', () => {
    const catalogue = temporaryCatalogue();
    expect(catalogue.applyPolicy(FILE, 'a')).toEqual({ created: 2, updated: 0, unchanged: 0 });
    expect(catalogue.applyPolicy(FILE, 'a')).toEqual({ created: 0, updated: 0, unchanged: 2 });
    expect(catalogue.applyPolicy(FILE.replace('0.3,', '0.31,'), 'a')).toMatchObject({ updated: 1 });
    const other = temporaryCatalogue();
    other.applyPolicy(catalogue.exportPolicy(), 'b');
    for (const kind of POLICY_KINDS) {
      expect(other.policy().items(kind)).toEqual(catalogue.policy().items(kind));
    }
    expect(other.exportPolicy()).toBe(catalogue.exportPolicy());
  });

  test('every mistake at once, with its line, and nothing is applied', () => {
    const catalogue = temporaryCatalogue();
    const wrong = FILE.replace('kgce: 0.3,', 'kgce: much,')
      .replace('kg_per_l: 0.84', 'kg_per_l: 0')
      .replace('kind: setting', 'kind: wish');
    const messages = refused(() => catalogue.applyPolicy(wrong, 'a'));
    expect(messages.map((m) => [m.slice(0, m.indexOf(': ')), /line (\d+)/.exec(m)?.[1]])).toEqual([
      ['policy[0].body.coefficients[0].kgce', '8'],
      ['policy[0].body.coefficients[1].density.kg_per_l', '12'],
      ['policy[1].kind', '15'],
    ]);
    expect(catalogue.version).toBe(0);
    expect(catalogue.policy().get('scheme', 'own')).toBeUndefined();
  });

  test.each([
    ['[]', 'must be a mapping with the keys version, policy, not a list'],
    ['version: 2\npolicy: []', 'version'],
    ['version: 1\nrules: []', 'rules: unknown key'],
    ['version: 1\npolicy: {}', 'policy: must be a list'],
    ['version: 1\npolicy: [7]', 'policy[0]: must be a mapping'],
    ['version: 1\npolicy: [{ kind: scheme, id: x, body: {}, colour: red }]', 'policy[0].colour: unknown key'],
    ['version: 1\npolicy: [{ kind: explanation, id: x, body: {} }]', 'through its own routes'],
  ])('%j is refused', (text, message) => {
    const catalogue = temporaryCatalogue();
    expect(refused(() => catalogue.applyPolicy(text, 'a')).join('\n')).toContain(message);
  });

  test('an item stands in a file once', () => {
    const twice = `${FILE}${FILE.split('\n').slice(2).join('\n')}`;
    const messages = refused(() => temporaryCatalogue().applyPolicy(twice, 'a'));
    expect(messages).toHaveLength(2);
    expect(messages[0]).toContain('policy[2].id: the scheme "own" stands in the file already');
  });
});

test('an item is changed by a function of what it is, with what it throws thrown again', () => {
  const catalogue = temporaryCatalogue();
  catalogue.changePolicy(
    'scheme',
    'db37-2672',
    (before) => {
      if (!before) throw new Error('nothing there');
      return { ...before, name: 'changed' };
    },
    'a',
    's',
  );
  expect(catalogue.policy().item('scheme', 'db37-2672')).toMatchObject({
    origin: 'own',
    body: { name: 'changed' },
  });
  const version = catalogue.version;
  const refuse = (): never => {
    throw new Error('not like this');
  };
  expect(() => catalogue.changePolicy('scheme', 'new', refuse, 'a', 's')).toThrow('not like this');
  expect(catalogue.version).toBe(version);
});
