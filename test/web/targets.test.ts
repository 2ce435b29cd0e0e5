import { describe, expect, it } from 'vitest';
import { en as shellEn } from '../../web/src/lib/i18n/en.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { zh as shellZh } from '../../web/src/lib/i18n/zh.ts';
import { columnOf, toldOf } from '../../web/src/lib/targets/amounts.ts';
import { type ProgressView, progressMonths, progressTwin } from '../../web/src/lib/targets/progress.ts';
import { backtestText, findingOf, inOrder, nearest } from '../../web/src/lib/targets/sentences.ts';
import type { Backtest, Target, TargetView } from '../../web/src/lib/targets/types.ts';
import { en } from '../../web/src/lib/targets/words.en.ts';
import { zh } from '../../web/src/lib/targets/words.zh.ts';
import { current, DATES, forecast, plain, target, ZONE } from './target-sample.ts';

const finding = (of: TargetView): string => plain(findingOf(of, zh, shellZh, DATES).text);

describe('the finding', () => {
  it('is made of the figures: 49,500 of 120,000 kgce, 108,000 at the end', () => {
    // 49,500 / 120,000 = 41.25 %; 108,000 / 120,000 − 1 = −10 %
    expect(finding(target())).toBe(
      '2026年综合能耗累计 49.5 tce，占年度目标 41.3 %；按目前进度年底约 108 tce，低于目标 10.0 %。',
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
    expect(finding(of)).toBe('2026年人均用水量累计 10.0 m³/人，占年度目标 25.0 %。');
  });

  it('stays with the amount where the people are not known, and never divides by 0', () => {
    for (const denominator of [null, 0]) {
      const water = current({ quantity_unit: 'm³', denominator, budget: null, target: 40, actual: 10_000 });
      const of = target({ indicator: 'water_per_person', unit: 'm³/p', current: water, forecast: null });
      expect(finding(of)).toBe('2026年人均用水量累计 10,000 m³。');
    }
  });

  it('says that there are no data, and that data are incomplete', () => {
    expect(finding(target({ current: current({ actual: null }) }))).toBe(
      '2026年的综合能耗还没有可用的数据。',
    );
    const weak = findingOf(target({ current: current({ completeness: 0.804 }) }), zh, shellZh, DATES);
    expect(weak.caveat).toContain('80.4 %');
    // Of 80 % nobody can say that it stays below; that it is above is certain.
    expect(plain(weak.text)).toBe(
      '2026年综合能耗累计 49.5 tce，占年度目标 41.3 %；按目前进度年底约 108 tce。',
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
      '综合能耗目标期 2020–2025年已经结束：末年实际 98.0 tce，目标 100 tce，已达成。',
    );
  });
});

describe('how wrong forecasts were', () => {
  const test: Backtest = {
    cuts: Array.from({ length: 12 }, (_, i) => `2025-${String(i + 1).padStart(2, '0')}-01`),
    horizon_days: 42,
    mape: 0.023,
    model_share: 1,
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
  it('of a column share unit and places', () => {
    const column = columnOf([1_967_400, 39_000], 'kgce', zh, shellZh);
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
