import { expect, test } from 'vitest';
import { temporaryCatalogue } from './temporary-catalogue.ts';

test('a change of policy alone keeps the estate, any other makes a new one', () => {
  const catalogue = temporaryCatalogue();
  const estate = (name: string) => ({ version: 1, nodes: [{ id: 'a', name, kind: 'building' }] });
  catalogue.applyEstate(estate('one'), 'test');
  const before = catalogue.snapshot();
  const body = { name: 'scheme', node: 'a', values: ['db37-2672'] };
  catalogue.putPolicy('setting', 'scheme:a', body, 'test', 'test');
  expect(catalogue.snapshot()).toBe(before);
  expect(catalogue.policy().setting(before, 'a', 'scheme')?.values).toEqual(['db37-2672']);
  catalogue.applyEstate(estate('two'), 'test');
  expect(catalogue.snapshot()).not.toBe(before);
  expect(catalogue.snapshot().node('a')?.name).toBe('two');
  expect(catalogue.policy().setting(catalogue.snapshot(), 'a', 'scheme')?.values).toEqual(['db37-2672']);
});
