import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERDICTS } from '../../server/domain/judgement.ts';
import { CARRIERS, NODE_KINDS, REGISTER_KINDS } from '../../server/domain/meter.ts';
import { REASONS } from '../../server/domain/reading.ts';
import { CAUSES } from '../../server/domain/revision.ts';
import { BALANCE_STATES, CLOCK_TROUBLES, PIECES } from '../../server/http/schemas/ledger.ts';
import { zh as buildingZh } from '../../web/src/lib/i18n/building.zh.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { en as intakeEn } from '../../web/src/lib/i18n/intake.en.ts';
import { zh as intakeZh } from '../../web/src/lib/i18n/intake.zh.ts';
import { sentenceParts, strong } from '../../web/src/lib/i18n/strong.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { en as ledgerEn } from '../../web/src/lib/ledger/words.en.ts';
import { zh as ledgerZh } from '../../web/src/lib/ledger/words.zh.ts';

const SOURCE = new URL('../../web/src', import.meta.url).pathname;
/** Every file of words: what the shell fetches, and what the pages add. */
const CATALOGUES = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(^|[/.])(zh|en)\.ts$/.test(path),
);
const PARTS = await Promise.all(
  CATALOGUES.filter((path) => path.endsWith('zh.ts')).map(async (path) => {
    const { zh: chinese } = (await import(join(SOURCE, path))) as { zh: object };
    const { en: english } = (await import(join(SOURCE, path.replace(/zh\.ts$/, 'en.ts')))) as { en: object };
    return { zh: chinese, en: english };
  }),
);
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
    for (const part of PARTS) expect(leaves(part.en)).toEqual(new Map([...leaves(part.zh)]));
  });

  it('have no empty text', () => {
    for (const catalogue of [zh, en, buildingZh, intakeZh, ledgerZh]) {
      const texts = JSON.stringify(catalogue, (_, v: unknown) => (v === '' ? 'EMPTY' : v));
      expect(texts).not.toContain('"EMPTY"');
    }
  });

  it('are in their language: no Chinese in the English one but the name of the other language', () => {
    const spoken = PARTS.map((part) =>
      part.en === en ? { ...en, app: { ...en.app, otherLanguage: '' } } : part.en,
    );
    const text = JSON.stringify(spoken, (_, v: unknown) => (typeof v === 'function' ? String(v) : v));
    expect(CJK.test(text)).toBe(false);
  });

  it('name every carrier, kind of node, kind of register and reason of quarantine', () => {
    for (const m of [zh, en]) {
      expect(Object.keys(m.carriers).sort()).toEqual([...CARRIERS].sort());
      expect(Object.keys(m.uses).sort()).toEqual([...CARRIERS].sort());
      expect(Object.keys(m.kinds).sort()).toEqual([...NODE_KINDS].sort());
    }
    for (const m of [intakeZh, intakeEn]) expect(Object.keys(m.reasons).sort()).toEqual([...REASONS].sort());
  });

  it('name every verdict, cause of a revision, kind of piece and state of a balance', () => {
    for (const m of [ledgerZh, ledgerEn]) {
      expect(Object.keys(m.meter.registerKinds).sort()).toEqual([...REGISTER_KINDS].sort());
      expect(Object.keys(m.verdicts).sort()).toEqual([...VERDICTS].sort());
      expect(Object.keys(m.judged).sort()).toEqual([...VERDICTS].sort());
      expect(Object.keys(m.revision.causes).sort()).toEqual([...CAUSES].sort());
      expect(Object.keys(m.ground.notGauge).sort()).toEqual([...PIECES].sort());
      expect(Object.keys(m.balance.states).sort()).toEqual([...BALANCE_STATES].sort());
      expect(Object.keys(m.findings.clock).sort()).toEqual([...CLOCK_TROUBLES].sort());
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
      /^(carriers|uses|kinds|items|reasons|views|groups|number|app\.themes|date\.weekdays|period\.(kinds|previous|next|current)|compare\.(lastYear|previous)Long|overview\.steps|live\.states|meters\.(states|stateHints|columns)|meter\.registerKinds|health\.(hints|modes|status|received|stored|duplicate|quarantined)|verdicts|judged|findings\.clock|revision\.(causes|sources|nobody)|ground\.(notGauge|apportioned|crosses)|record\.(exchange|remove|ceiling|manual|estimate|withdraw|needed|not[A-Z]\w*|noSuchTime|future|savedTitle)|faults|balance\.states)/;
    const unused = [zh, buildingZh, intakeZh, ledgerZh]
      .flatMap((part) => [...leaves(part).keys()])
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
