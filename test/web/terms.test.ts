import { describe, expect, it } from 'vitest';
import { BUILTIN_FACTORS } from '../../server/domain/builtin-factors.ts';
import { LACKS } from '../../server/domain/indicator.ts';
import { en as shellEn } from '../../web/src/lib/i18n/en.ts';
import { zh as m } from '../../web/src/lib/i18n/zh.ts';
import { en as quotasEn } from '../../web/src/lib/quotas/words.en.ts';
import { zh as quotas } from '../../web/src/lib/quotas/words.zh.ts';
import { amount, checkable, placesFor, unitText } from '../../web/src/lib/terms/amounts.ts';
import { merged, sayLack } from '../../web/src/lib/terms/lacks.ts';
import { regionText } from '../../web/src/lib/terms/word.ts';
import { en } from '../../web/src/lib/terms/words.en.ts';
import { zh as w } from '../../web/src/lib/terms/words.zh.ts';

describe('amounts', () => {
  it('tell coal and CO2 by the tonne from 1,000 kg on, and say persons and years in words', () => {
    expect(amount(999, 'kgce', w, m)).toBe('999 kgce');
    expect(amount(21_532.08, 'kgce', w, m)).toBe('21.5 tce');
    expect(amount(2500, 'kgCO₂', w, m)).toBe('2.50 tCO2');
    expect(unitText('kgce/(p·a)', w)).toBe('kgce/(人·年)');
    expect(unitText('m³/p', w)).toBe('m³/人');
    expect(amount(1_204_000, 'kgce', w, m)).toBe('1,204 tce');
    expect(amount(12_345_678_900, 'kgce', w, m)).toBe('1,235 万 tce');
    expect(amount(1790, 'people', w, m)).toBe('1,790 人');
    expect(unitText('h/a', w)).toBe('h/年');
    // Letters inside a unit are none of them.
    expect(unitText('kgce/m²', w)).toBe('kgce/m²');
    expect(amount(1.41, '1', w, m)).toBe('1.41');
    expect(amount(null, 'kWh', w, m)).toBe(m.number.unknown);
  });

  it('of a calculation keep six digits', () => {
    expect(checkable(9.143_76, 'kgce/p', w)).toBe('9.14376 kgce/人');
    expect(checkable(1828.752, 'kgce', w)).toBe('1,828.75 kgce');
    expect(checkable(1_234_567.8, 'kWh', w)).toBe('1,234,568 kWh');
  });

  it('of a list have the places that tell them apart', () => {
    // 0.30 and 0.30 would be the first and the second of a ranking.
    expect(placesFor([0.2981, 0.3142, 0.57])).toBe(2);
    expect(placesFor([0.2981, 0.3012, 0.57])).toBe(3);
    expect(placesFor([0.3, 0.3, 0.57])).toBe(2);
    expect(placesFor([12.34, 12.36])).toBe(1);
    expect(placesFor([12.34, 12.33])).toBe(2);
    expect(placesFor([128.2, 140.9])).toBe(0);
    expect(placesFor([0.300001, 0.300002])).toBe(4);
    expect(placesFor([])).toBe(2);
  });
});

describe('what lacks', () => {
  it('is said in words in both languages, whatever it is', () => {
    for (const [terms, shell] of [
      [w, m],
      [en, shellEn],
    ] as const) {
      for (const reason of LACKS) {
        const { text } = sayLack({ reason, what: 'electricity' }, 'a', terms, shell);
        expect(text.length).toBeGreaterThan(2);
        expect(text).not.toContain('undefined');
      }
    }
  });

  it('leads to where it is mended', () => {
    const mend = (reason: (typeof LACKS)[number], what: string, node?: string) =>
      sayLack({ reason, what, ...(node && { node }) }, 'a', w, m).mend;
    expect(mend('no_attribute', 'people')).toEqual({ kind: 'attributes', node: 'a' });
    expect(mend('no_attribute', 'people', 'b')).toEqual({ kind: 'attributes', node: 'b' });
    expect(mend('no_attribute', 'region')).toEqual({ kind: 'classification', node: 'a' });
    expect(mend('no_base', '2020')).toEqual({ kind: 'base', node: 'a' });
    expect(mend('no_meter', 'gas')).toEqual({ kind: 'meters', node: 'a' });
    expect(mend('no_meter', 'it_meters')).toEqual({ kind: 'choices', node: 'a' });
    expect(mend('no_data', 'electricity')).toEqual({ kind: 'meters', node: 'a' });
    expect(mend('no_scheme', 'local')).toEqual({ kind: 'schemes', node: 'a' });
    expect(mend('other_year', '2023')).toEqual({ kind: 'factors', node: 'a' });
    expect(mend('no_quota', '')).toEqual({ kind: 'quotas', node: 'a' });
    expect(mend('no_model', '')).toBeNull();
    expect(mend('too_short', '203 d')).toBeNull();
    expect(sayLack({ reason: 'too_short', what: '203 d' }, 'a', w, m).text).toContain('203 天');
    expect(sayLack({ reason: 'no_attribute', what: 'people' }, 'a', w, m).text).toBe('没有登记用能人数');
  });

  it('names a month of a carrier', () => {
    expect(sayLack({ reason: 'too_short', what: 'electricity 2025-03' }, 'a', w, m).text).toBe(
      '数据不满十二个月，缺 电 2025-03',
    );
  });

  it('is said once', () => {
    const lack = { reason: 'no_meter' as const, what: 'gas' };
    expect(merged([lack], undefined, [lack, { ...lack, node: 'b' }])).toEqual([lack, { ...lack, node: 'b' }]);
  });
});

describe('regions', () => {
  it('are told by name, and what lies in a province by its province and code', () => {
    expect(regionText('320000', quotas.regions)).toBe('江苏');
    expect(regionText('320100', quotas.regions)).toBe('江苏 320100');
    expect(regionText('990000', quotas.regions)).toBe('990000');
    expect(regionText('苏南', quotas.regions)).toBe('苏南');
  });

  it('and series of the shipped factors all have a word, in both languages', () => {
    for (const { regions, series } of [quotas, quotasEn]) {
      const [where, which] = [Object.keys(regions), Object.keys(series)];
      expect(BUILTIN_FACTORS.filter((f) => f.region !== null && !where.includes(f.region))).toEqual([]);
      expect(BUILTIN_FACTORS.filter((f) => !which.includes(f.series))).toEqual([]);
    }
  });
});
