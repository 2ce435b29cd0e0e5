import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../server/reporting/filing/canonical.ts';
import {
  type FrozenFiling,
  freeze,
  reportIn,
  TamperedFilingError,
  thaw,
} from '../../../server/reporting/filing/frozen.ts';
import { sampleReport } from '../sample.ts';

const KEY = { node: 'gov', form: 'monthly', period: '2026-12' } as const;
const FILED: FrozenFiling = {
  model: 1,
  ...KEY,
  at: 1_767_200_000_000,
  by: '李四',
  checks: [],
  reports: [sampleReport(), sampleReport({ language: 'en' })],
};

/** The same content with the keys of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, turned(field)]),
  );
}

test('canonical JSON says the same whatever the order of keys, and reads back what was written', () => {
  expect(canonicalJson({ b: [1, { y: null, x: 'ä' }], a: 0.1, c: undefined })).toBe(
    '{"a":0.1,"b":[1,{"x":"ä","y":null}]}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(turned(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, () => 0, 1n]) {
    expect(() => canonicalJson({ wrong })).toThrow(RangeError);
  }
});

test('what was frozen comes back to the last digit, under the SHA-256 of its canonical JSON', () => {
  const frozen = freeze(FILED);
  expect(thaw(KEY, frozen)).toEqual(FILED);
  expect(frozen.hash).toBe(createHash('sha256').update(canonicalJson(FILED)).digest('hex'));
  expect(freeze(turned(FILED) as FrozenFiling).hash).toBe(frozen.hash);
  const [zh, en] = FILED.reports;
  expect(reportIn(FILED, { kind: 'monthly', month: '2026-12', language: 'en' })).toBe(en);
  expect(reportIn(FILED, { kind: 'monthly', month: '2026-12', language: 'zh' })).toBe(zh);
  expect(reportIn(FILED, { kind: 'brief', month: '2026-12', language: 'zh' })).toBeUndefined();
});

test('one changed character is found, and the error names the filing', () => {
  const frozen = freeze(FILED);
  const text = gunzipSync(frozen.bytes).toString();
  const changed = { hash: frozen.hash, bytes: gzipSync(text.replace('86,420', '86,421')) };
  expect(text).toContain('86,420');
  expect(() => thaw(KEY, changed)).toThrow(TamperedFilingError);
  expect(() => thaw(KEY, changed)).toThrow('the filing gov:monthly:2026-12 is not what was filed');
  expect(() => thaw(KEY, { ...frozen, bytes: frozen.bytes.subarray(0, 40) })).toThrow(
    'gov:monthly:2026-12 cannot be unpacked',
  );
  // Another filing put in its place, hash and all.
  expect(() => thaw({ ...KEY, period: '2026-11' }, frozen)).toThrow(
    'the filing gov:monthly:2026-11 holds what was filed as gov:monthly:2026-12',
  );
});
