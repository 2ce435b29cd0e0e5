import { describe, expect, it } from 'vitest';
import { LACKS } from '../../server/domain/indicator.ts';
import { Zone } from '../../server/domain/time.ts';
import { en as shellEn } from '../../web/src/lib/i18n/en.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { sentenceParts } from '../../web/src/lib/i18n/strong.ts';
import { zh as shellZh } from '../../web/src/lib/i18n/zh.ts';
import { amount, columnOf, toldOf } from '../../web/src/lib/targets/amounts.ts';
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
import { merged, sayLack } from '../../web/src/lib/targets/lacks.ts';
import { measureFaults, planBody, planFields } from '../../web/src/lib/targets/plan.ts';
import { type ProgressView, progressMonths, progressTwin } from '../../web/src/lib/targets/progress.ts';
import { backtestText, findingOf, inOrder, nearest } from '../../web/src/lib/targets/sentences.ts';
import { splitBody, typedOf } from '../../web/src/lib/targets/split.ts';
import type {
  Backtest,
  Current,
  Forecast,
  Split,
  Target,
  TargetView,
} from '../../web/src/lib/targets/types.ts';
import { en } from '../../web/src/lib/targets/words.en.ts';
import { zh } from '../../web/src/lib/targets/words.zh.ts';

const ZONE = new Zone('Asia/Shanghai');
const DATES = new Dates(ZONE, shellZh);
const plain = (text: string): string =>
  sentenceParts(text)
    .map((part) => part.text)
    .join('');

/** A year of 120,000 kgce, 10,000 a month by the curve, measured up to 15 June. */
function current(more: Partial<Current> = {}): Current {
  const curve = Array.from({ length: 12 }, (_, m) => ({
    month: `2026-${String(m + 1).padStart(2, '0')}`,
    share: 1 / 12,
    planned: 10_000,
    planned_total: 10_000 * (m + 1),
    actual: m < 5 ? 9_000 : m === 5 ? 4_500 : null,
    actual_total: m < 5 ? 9_000 * (m + 1) : m === 5 ? 49_500 : null,
    completeness: m < 6 ? 1 : null,
    last_year: 11_000,
  }));
  return {
    year: 2026,
    until: '2026-06-16T00:00:00+08:00',
    target: 120_000,
    budget: 120_000,
    quantity_unit: 'kgce',
    denominator: null,
    actual: 49_500,
    completeness: 1,
    curve,
    curve_basis: { kind: 'own', node: 'a', years: [2025] },
    raw: { actual: 49_500, expected: 55_000, difference: -5_500, share: -0.1 },
    adjusted: null,
    remaining: null,
    passed_on: null,
    verdict: 'on_track',
    lacks: [],
    ...more,
  };
}

function forecast(more: Partial<Forecast> = {}): Forecast {
  return {
    node: 'a',
    indicator: 'energy',
    scheme: 'national-statistics',
    year: 2026,
    unit: 'kgce',
    kind: 'model',
    until: '2026-06-16T00:00:00+08:00',
    completeness: 1,
    actual: 49_500,
    total: 108_000,
    low: 105_000,
    high: 111_000,
    value: 108_000,
    value_low: 105_000,
    value_high: 111_000,
    value_unit: 'kgce',
    denominator: null,
    months: Array.from({ length: 12 }, (_, m) => ({
      month: `2026-${String(m + 1).padStart(2, '0')}`,
      actual: m < 5 ? 9_000 : m === 5 ? 4_500 : null,
      // 49,500 measured; June ends at 9,000, the six months after it come to 9,000 each.
      forecast: 9_000,
      low: 8_000,
      high: 10_000,
    })),
    model: null,
    backtest: null,
    lacks: [],
    ...more,
  };
}

function target(more: Partial<TargetView> = {}): TargetView {
  return {
    id: 'a-energy-2030',
    node: 'a',
    indicator: 'energy',
    unit: 'kgce',
    scheme: 'national-statistics',
    base_year: 2025,
    end_year: 2030,
    path: { kind: 'linear', reduction: 0.05 },
    from: null,
    note: null,
    base: { value: 125_000, kind: 'measured', source: null, completeness: 1, lacks: [] },
    years: [],
    current: current(),
    forecast: forecast(),
    ...more,
  };
}

const finding = (of: TargetView): string => plain(findingOf(of, zh, shellZh, DATES).text);

describe('the finding', () => {
  it('is made of the figures: 49,500 of 120,000 kgce, 108,000 at the end', () => {
    // 49,500 / 120,000 = 41.25 %; 108,000 / 120,000 − 1 = −10 %
    expect(finding(target())).toBe(
      '2026 年综合能耗累计 49.5 tce，占年度目标 41.3 %；按目前进度年底约 108 tce，低于目标 10.0 %。',
    );
    expect(plain(findingOf(target(), en, shellEn, new Dates(ZONE, shellEn)).text)).toBe(
      "Energy use in 2026: 49.5 tce so far, 41.3 % of the year's target; at this rate about 108 tce by the end of the year, 10.0 % below the target.",
    );
  });

  it('says a straight line where there is no model', () => {
    const straight = forecast({ kind: 'straight_line', total: 126_000, low: null, high: null });
    expect(finding(target({ forecast: straight }))).toContain('按直线推算年底约 126 tce，高于目标 5.0 %');
  });

  it('says the day on which a target was passed', () => {
    const passed = current({ actual: 121_000, verdict: 'passed', passed_on: '2026-06-11' });
    expect(finding(target({ current: passed }))).toContain('2026年6月11日已超过年度目标');
  });

  it('divides by people what is told per person', () => {
    const water = current({
      quantity_unit: 'm³',
      denominator: 1_000,
      budget: 40_000,
      target: 40,
      actual: 10_000,
    });
    const of = target({ indicator: 'water_per_person', unit: 'm³/p', current: water, forecast: null });
    // 10,000 m³ / 1,000 people
    expect(finding(of)).toBe('2026 年人均用水量累计 10.0 m³/人，占年度目标 25.0 %。');
  });

  it('stays with the amount where the people are not known, and never divides by 0', () => {
    for (const denominator of [null, 0]) {
      const water = current({ quantity_unit: 'm³', denominator, budget: null, target: 40, actual: 10_000 });
      const of = target({ indicator: 'water_per_person', unit: 'm³/p', current: water, forecast: null });
      expect(finding(of)).toBe('2026 年人均用水量累计 10,000 m³。');
    }
  });

  it('says that there are no data, and that data are incomplete', () => {
    expect(finding(target({ current: current({ actual: null }) }))).toBe(
      '2026 年的综合能耗还没有可用的数据。',
    );
    const weak = findingOf(target({ current: current({ completeness: 0.804 }) }), zh, shellZh, DATES);
    expect(weak.caveat).toContain('80.4 %');
    // Of 80 % nobody can say that it stays below; that it is above is certain.
    expect(plain(weak.text)).toBe(
      '2026 年综合能耗累计 49.5 tce，占年度目标 41.3 %；按目前进度年底约 108 tce。',
    );
    const above = target({
      current: current({ completeness: 0.804 }),
      forecast: forecast({ total: 126_000 }),
    });
    expect(finding(above)).toContain('高于目标 5.0 %');
  });

  it('tells of years that are over', () => {
    const years: TargetView['years'] = [
      {
        year: 2025,
        state: 'past',
        target: 100_000,
        reduction: 0.05,
        actual: 98_000,
        completeness: 1,
        met: true,
        lacks: [],
      },
    ];
    const over = target({ base_year: 2020, end_year: 2025, years, current: null, forecast: null });
    expect(finding(over)).toBe(
      '综合能耗目标期 2020–2025 年已经结束：末年实际 98.0 tce，目标 100 tce，已达成。',
    );
  });
});

describe('how wrong forecasts were', () => {
  const test: Backtest = {
    cuts: Array.from({ length: 12 }, (_, i) => `2025-${String(i + 1).padStart(2, '0')}-01`),
    horizon_days: 42,
    mape: 0.023,
    mape_last_year: 0.041,
    mape_straight_line: 0.06,
    cv_rmse_day: 0.1,
    cv_rmse_month: 0.05,
    holds: true,
  };
  it.each([
    [{}, '优于“同去年”的 4.1 % 与“直线”的 6.0 %'],
    [{ mape: 0.05 }, '优于“直线”的 6.0 %，不及“同去年”的 4.1 %'],
    [
      { mape: 0.05, mape_last_year: 0.06, mape_straight_line: 0.04 },
      '优于“同去年”的 6.0 %，不及“直线”的 4.0 %',
    ],
    [{ mape: 0.07 }, '只作参考'],
    [{ cuts: ['2026-10-13'] }, '年总量平均误差 2.3 %；试的次数太少'],
  ])('is said whichever way it is better: %o', (more, said) => {
    expect(plain(backtestText({ ...test, ...more }, zh))).toContain(said);
  });
});

describe('the months of the year', () => {
  const view = (mode: ProgressView['mode']): ProgressView => ({
    current: current(),
    forecast: forecast(),
    mode,
    budgetLabel: '',
    colour: () => '',
    w: zh,
    dates: DATES,
  });

  it('add up to the forecast of the year’s end, its interval growing from nothing', () => {
    const rows = progressMonths(view('cumulative'));
    expect(rows.map((r) => r.state)).toEqual([
      ...Array(5).fill('past'),
      'running',
      ...Array(6).fill('ahead'),
    ]);
    // 15 of the 30 days of June
    expect(rows[5]?.part).toBe(0.5);
    expect(rows[4]?.forecastTotal).toBeNull();
    // 5 × 9,000 + 9,000
    expect(rows[5]?.forecastTotal).toBe(54_000);
    expect(rows[11]?.forecastTotal).toBe(108_000);
    expect([rows[11]?.lowTotal, rows[11]?.highTotal]).toEqual([105_000, 111_000]);
    // 4,500 of the 58,500 to come: 4,500 / 58,500 × 3,000 = 230.77
    expect(rows[5]?.highTotal).toBeCloseTo(54_000 + 230.77, 1);
    expect(rows[11]?.lastYearTotal).toBe(12 * 11_000);
  });

  it('stand in a table in one unit, empty where nothing can stand', () => {
    const twin = progressTwin(view('monthly'));
    expect(twin.columns[1]?.label).toBe('目标曲线 (tce)');
    // planned, actual, forecast, low, high, last year, completeness
    expect(twin.rows[0]).toEqual(['2026年1月', 10, 9, '', '', '', 11, '100 %']);
    expect(twin.rows[11]).toEqual(['2026年12月', 10, '', 9, 8, 10, 11, '']);
  });
});

describe('amounts', () => {
  it('are in tonnes of coal from a thousand on, in words where units are none', () => {
    expect(amount(999, 'kgce', shellZh, zh.units)).toBe('999 kgce');
    expect(amount(1_204_000, 'kgce', shellZh, zh.units)).toBe('1,204 tce');
    expect(amount(12_345_678_900, 'kgce', shellZh, zh.units)).toBe('1,235 万 tce');
    expect(amount(38.62, 'm³/p', shellZh, zh.units)).toBe('38.6 m³/人');
    expect(amount(null, 'kgce', shellZh, zh.units)).toBe(shellZh.number.unknown);
  });

  it('of a column share unit and places', () => {
    const column = columnOf([1_967_400, 39_000], 'kgce', shellZh, zh.units);
    expect([column.unit, column.text(1_967_400), column.text(39_000), column.text(null)]).toEqual([
      'tce',
      '1,967',
      '39',
      '—',
    ]);
  });

  it('of a ratio are quantities over the denominator', () => {
    const told = toldOf({ unit: 'kgce/m²' }, current({ denominator: 500 }));
    // 120,000 kgce / 500 m²
    expect([told.unit, told.of(120_000), told.of(null)]).toEqual(['kgce/m²', 240, null]);
  });
});

describe('what lacks', () => {
  it('is said in words in both languages, whatever it is', () => {
    for (const [w, m] of [
      [zh, shellZh],
      [en, shellEn],
    ] as const) {
      for (const reason of LACKS) {
        const { text } = sayLack({ reason, what: 'electricity' }, 'a', w, m);
        expect(text.length).toBeGreaterThan(2);
        expect(text).not.toContain('undefined');
      }
    }
  });

  it('leads to where it is mended', () => {
    const mend = (reason: (typeof LACKS)[number], what: string, node?: string) =>
      sayLack({ reason, what, ...(node && { node }) }, 'a', zh, shellZh).mend;
    expect(mend('no_attribute', 'people')).toEqual({ kind: 'attributes', node: 'a' });
    expect(mend('no_attribute', 'people', 'b')).toEqual({ kind: 'attributes', node: 'b' });
    expect(mend('no_attribute', 'region')).toEqual({ kind: 'classification', node: 'a' });
    expect(mend('no_base', '2020')).toEqual({ kind: 'base', node: 'a' });
    expect(mend('no_meter', 'gas')).toEqual({ kind: 'meters', node: 'a' });
    expect(mend('too_short', '203 d')).toBeNull();
    expect(sayLack({ reason: 'too_short', what: '203 d' }, 'a', zh, shellZh).text).toContain('203 天');
    expect(sayLack({ reason: 'no_attribute', what: 'people' }, 'a', zh, shellZh).text).toBe(
      '没有登记用能人数',
    );
  });

  it('is said once', () => {
    const lack = { reason: 'no_meter' as const, what: 'gas' };
    expect(merged([lack], undefined, [lack, { ...lack, node: 'b' }])).toEqual([lack, { ...lack, node: 'b' }]);
  });
});

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

it('of targets above the nearest of each kind is shown', () => {
  const at = (id: string, node: string): Target => ({ ...target(), id, node });
  const depth = { city: 1, district: 2 } as Record<string, number>;
  const found = nearest([at('1', 'city'), at('2', 'district')], (node) => depth[node] ?? 0);
  expect(found.map((t) => t.id)).toEqual(['2']);
});

it('targets of the running year stand first, in the order of the indicators', () => {
  const list = [
    target({ id: 'old', current: null, forecast: null }),
    target({ id: 'water', indicator: 'water' }),
    target({ id: 'energy' }),
  ];
  expect(inOrder(list).map((t) => t.id)).toEqual(['energy', 'water', 'old']);
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
