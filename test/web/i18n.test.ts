import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CARRIERS, NODE_KINDS, REGISTER_KINDS } from '../../server/domain/meter.ts';
import { REASONS } from '../../server/domain/reading.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { sentenceParts, strong } from '../../web/src/lib/i18n/strong.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';

const SOURCE = new URL('../../web/src', import.meta.url).pathname;
const CATALOGUES = ['lib/i18n/zh.ts', 'lib/i18n/en.ts'];
const CJK = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;

/** Every leaf of a catalogue: path → kind. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, typeof value]]);
  const found = new Map<string, string>();
  for (const [key, inner] of Object.entries(value)) {
    for (const [p, kind] of leaves(inner, path ? `${path}.${key}` : key)) found.set(p, kind);
  }
  return found;
}

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && /\.(svelte|ts|css)$/.test(e.name))
    .map((e) => join(e.parentPath, e.name));

describe('catalogues', () => {
  it('hold the same keys of the same kind in both languages', () => {
    expect(leaves(en)).toEqual(new Map([...leaves(zh)]));
  });

  it('have no empty text', () => {
    for (const catalogue of [zh, en]) {
      const texts = JSON.stringify(catalogue, (_, v: unknown) => (v === '' ? 'EMPTY' : v));
      expect(texts).not.toContain('"EMPTY"');
    }
  });

  it('are in their language: no Chinese in the English one but the name of the other language', () => {
    const spoken = Object.entries(en).map(([part, value]) =>
      part === 'app' ? { ...en.app, otherLanguage: '' } : value,
    );
    const text = JSON.stringify(spoken, (_, v: unknown) => (typeof v === 'function' ? String(v) : v));
    expect(CJK.test(text)).toBe(false);
  });

  it('name every carrier, kind of node, kind of register and reason of quarantine', () => {
    for (const m of [zh, en]) {
      expect(Object.keys(m.carriers).sort()).toEqual([...CARRIERS].sort());
      expect(Object.keys(m.uses).sort()).toEqual([...CARRIERS].sort());
      expect(Object.keys(m.kinds).sort()).toEqual([...NODE_KINDS].sort());
      expect(Object.keys(m.meter.registerKinds).sort()).toEqual([...REGISTER_KINDS].sort());
      expect(Object.keys(m.reasons).sort()).toEqual([...REASONS].sort());
    }
  });

  it('stand alone: no component or module carries Chinese of its own', () => {
    const guilty = files(SOURCE)
      .filter((path) => !CATALOGUES.some((c) => path.endsWith(c)))
      .filter((path) => CJK.test(readFileSync(path, 'utf8')))
      .map((path) => path.slice(SOURCE.length + 1));
    expect(guilty).toEqual([]);
  });

  it('say nothing that is not used', () => {
    const source = files(SOURCE)
      .filter((path) => !CATALOGUES.some((c) => path.endsWith(c)))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    // Parts that are looked up by a value: m.carriers[carrier].
    const byValue =
      /^(carriers|uses|kinds|items|reasons|views|number|app\.themes|date\.weekdays|period\.(kinds|previous|next|current)|compare\.(lastYear|previous)Long|overview\.steps|live\.states|meters\.(states|stateHints|columns)|meter\.registerKinds|health\.(hints|modes|status|received|stored|duplicate|quarantined))/;
    const unused = [...leaves(zh).keys()]
      .filter((path) => !byValue.test(path))
      .filter((path) => !new RegExp(`\\.${path.split('.').at(-1)}\\b`).test(source));
    expect(unused).toEqual([]);
  });
});

describe('sentences', () => {
  it('give their figures apart', () => {
    expect(sentenceParts(`a ${strong('1,234 kWh')}, b`)).toEqual([
      { text: 'a ', strong: false },
      { text: '1,234 kWh', strong: true },
      { text: ', b', strong: false },
    ]);
  });
});
