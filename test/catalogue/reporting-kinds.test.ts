import { expect, test } from 'vitest';
import { EstateFileError } from '../../server/catalogue/estate-document.ts';
import type { PolicyKind } from '../../server/domain/policy.ts';
import { EXAMPLE, temporaryCatalogue } from './temporary-catalogue.ts';

const source = { text: 'test', confidence: 'unconfirmed' };
const PRICE = { carrier: 'gas', unit: 'm³', low: 3, high: 4, source };
const EVIDENCE = {
  node: 'gov',
  year: 2026,
  failure: 'audit',
  text: 'audited',
  date: '2026-05-06',
  author: 'a',
};

test.each<[PolicyKind, string, object]>([
  ['limit', 'completeness:gov', { name: 'completeness', node: 'gov', value: 0.95, source }],
  ['price', 'gas', PRICE],
  ['evidence', 'gov:2026:audit', EVIDENCE],
  ['institution', 'gov', { credit_code: '11320100MB1A2B3C4D', head: 'b' }],
])('%s is taken and comes out as it went in', (kind, id, body) => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  catalogue.putPolicy(kind, id, body, 'a', 's');
  expect(catalogue.exportPolicy()).toContain(id);
  const other = temporaryCatalogue();
  other.applyEstate(EXAMPLE, 'test');
  other.applyPolicy(catalogue.exportPolicy(), 'b');
  expect(other.policy().item(kind, id)).toEqual(catalogue.policy().item(kind, id));
});

test.each<[PolicyKind, string, object, string]>([
  [
    'limit',
    'completeness',
    { name: 'completeness', value: 1.2, source },
    'value: a completeness is at most 1',
  ],
  [
    'limit',
    'area',
    { name: 'area_change', value: 0.1, source },
    'name: the id of this limit is "area_change"',
  ],
  ['limit', 'area_change', { name: 'area_change', value: -1, source }, 'value: must not be below 0'],
  ['limit', 'area_change:no', { name: 'area_change', node: 'no', value: 1, source }, 'node: no node "no"'],
  ['price', 'gas', { ...PRICE, high: 2 }, 'high: must be at least 3'],
  ['price', 'gas', { ...PRICE, region: '37' }, 'region: must be a code of 6 digits (GB/T 2260)'],
  ['price', 'gas', { ...PRICE, from: '2026-01-01', to: '2026-01-01' }, 'to: must be after 2026-01-01'],
  ['evidence', 'x', EVIDENCE, 'failure: the id of this evidence is "gov:2026:audit"'],
  ['evidence', 'gov:2026:audit', { ...EVIDENCE, date: '2026-02-30' }, 'date: must be a date like 2026-01-31'],
  [
    'institution',
    'gov',
    { credit_code: '12' },
    'credit_code: must be 18 digits and capital letters (GB 32100)',
  ],
  ['institution', 'no', {}, 'no node "no"'],
])('%s %s is refused (%#)', (kind, id, body, message) => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  const before = catalogue.version;
  let said = '';
  try {
    catalogue.putPolicy(kind, id, body, 'a', 's');
  } catch (error) {
    if (!(error instanceof EstateFileError)) throw error;
    said = error.message;
  }
  expect(said).toContain(message);
  expect(catalogue.version).toBe(before);
});
