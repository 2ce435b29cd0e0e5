import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import type { Publicity } from '../../server/http/schemas/comparison.ts';
import type { QuotaPosition } from '../../server/http/schemas/quotas.ts';
import { typedList, typedNumber } from '../../web/src/lib/forms/numbers.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { zh as m } from '../../web/src/lib/i18n/zh.ts';
import { zh as w } from '../../web/src/lib/quotas/words.zh.ts';
import { differences } from '../../web/src/lib/settings/differences.ts';
import { faultText } from '../../web/src/lib/settings/faults.ts';
import { zh as settings } from '../../web/src/lib/settings/words.zh.ts';

type Sentences = typeof import('../../web/src/lib/quotas/notice.ts');
type Standing = typeof import('../../web/src/lib/quotas/standing.ts');
let notice: Sentences;
let standing: Standing;
const plain = (text: string): string => text.replaceAll(/[\u2068\u2069]/g, '');

beforeAll(async () => {
  vi.stubGlobal('location', new URL('http://localhost/'));
  notice = await import('../../web/src/lib/quotas/notice.ts');
  standing = await import('../../web/src/lib/quotas/standing.ts');
});

const POSITION: QuotaPosition = {
  metric: 'energy_per_person',
  applies: true,
  heats: [],
  choice: { state: 'chosen', by_hand: false, misfits: [], missing: [], candidates: [] },
  quota: {
    id: 'q',
    standard: 's',
    metric: 'energy_per_person',
    regions: null,
    types: ['organ'],
    levels: ['county'],
    zones: null,
    variant: null,
    unit: 'kgce/(p·a)',
    scheme: 'national-statistics',
    values: { constraint: 100, base: 80, leading: 60 },
    from: null,
    to: null,
    source: { text: 's', confidence: 'verified' },
  },
  value: 110,
  unit: 'kgce/(p·a)',
  verdict: 'above_constraint',
  way: 1.25,
  // 200 people: (110 − 100) × 200, (110 − 80) × 200, (110 − 60) × 200
  excess: { constraint: 2000, base: 6000, leading: 10_000 },
  excess_unit: 'kgce',
  completeness: 1,
  projection: null,
  steps: [],
  lacks: [],
  notes: [],
  explanation: null,
};

describe('a position in words', () => {
  it('says what would have to be saved, or what is left', () => {
    // 110 ÷ 100 − 1 = 10 %
    expect(standing.distances(POSITION, w, m).map(plain)).toEqual([
      '超过约束值 10.0 %；要降下来，一年须少用 2.00 tce',
    ]);
    const below: QuotaPosition = {
      ...POSITION,
      value: 90,
      verdict: 'within_constraint',
      excess: { constraint: -2000, base: 2000, leading: 6000 },
    };
    expect(standing.distances(below, w, m).map(plain)).toEqual([
      '比约束值低 10.0 %，一年还有 2.00 tce 的余量',
      '再少用 6.00 tce 就达到引导值',
    ]);
  });

  it('of a year that runs is what was used and what is to come, with how sure that is', () => {
    const dates = new Dates(new Zone('Asia/Shanghai'), m);
    // 18,000 kgce used and 4,000 to come, of 200 people: 110 each, 10 % above 100
    const running: QuotaPosition = {
      ...POSITION,
      projection: {
        kind: 'model',
        until: '2026-11-20T00:00:00+08:00',
        actual: 18_000,
        rest: 4000,
        unit: 'kgce',
        low: 98,
        high: 122,
        verdict_low: 'within_constraint',
        verdict_high: 'above_constraint',
        mape: 0.031,
        lacks: [],
      },
    };
    expect(standing.distances(running, w, m).map(plain)).toEqual([
      '预计超过约束值 10.0 %；年内余下时间须比预测少用 2.00 tce',
    ]);
    expect(standing.projectionOf(running, w, m, dates).map(plain)).toEqual([
      '截至2026年11月19日已用 18.0 tce，预计年内还要用 4.00 tce',
      '八成把握全年在 98.0 与 122 kgce/(人·年) 之间',
      '在误差以内也可能在约束值以内',
      '这种预测过去的平均误差为 3.1 %',
    ]);
    const line = {
      ...running.projection!,
      kind: 'straight_line' as const,
      low: null,
      high: null,
      mape: null,
    };
    expect(standing.projectionOf({ ...running, projection: line }, w, m, dates)[1]).toBe(w.quota.straight);
    expect(standing.projectionOf(POSITION, w, m, dates)).toEqual([]);
  });

  it('counts what is exceeded, and what nobody can judge', () => {
    const unknown: QuotaPosition = { ...POSITION, metric: 'eue', value: null, verdict: null };
    expect(plain(standing.findingOf([POSITION, unknown], w))).toBe(
      '1 项定额中，1 项超过约束值；另有 1 项还不能判断。',
    );
    expect(standing.findingOf([], w)).toBe(w.quota.none);
    expect(standing.rowFor(POSITION.quota!, w)).toBe('国家机关 · 县级');
  });
});

const figure = (
  indicator: Publicity['figures'][number]['indicator'],
  value: number,
  unit: string,
  before = 1,
) => ({
  indicator,
  value,
  unit,
  scheme: indicator.startsWith('energy') ? 'national-statistics' : null,
  completeness: 0.95,
  last_year: value / 0.95,
  last_year_completeness: before,
  change: -0.05,
  lacks: [],
});

const PAGE: Publicity = {
  node: 'n',
  name: '市统计局',
  kind: 'institution',
  year: 2026,
  from: '2026-01-01T00:00:00+08:00',
  to: '2026-11-20T15:00:00+08:00',
  running: true,
  floor_area_m2: 5000,
  people: 200,
  institutions: 0,
  figures: [
    figure('energy', 21_532, 'kgce'),
    figure('energy_per_m2', 4.3064, 'kgce/m²'),
    figure('energy_per_person', 107.66, 'kgce/p'),
    figure('electricity', 4_036_000, 'kWh', 0.3),
  ],
  carriers: [],
  targets: [
    {
      indicator: 'energy',
      unit: 'kgce',
      scheme: 'national-statistics',
      base_year: 2025,
      base: 30_000,
      target: 27_000,
      value: null,
      gap: null,
    },
  ],
  quotas: [],
  quotas_from: '2025-11-01T00:00:00+08:00',
  quotas_to: '2026-11-01T00:00:00+08:00',
};

describe('the public notice', () => {
  it('says units in words and compares only with a year that was measured', () => {
    const [energy, electricity] = notice.noticeLines(PAGE, w, m);
    expect(plain(energy?.head ?? '')).toBe('共消费能源 21.5 吨标准煤');
    expect(plain(energy?.rest ?? '')).toBe(
      '比去年同期少 5.0 %，平均每平方米 4.31 千克标准煤，平均每人 108 千克标准煤。',
    );
    expect(plain(electricity?.head ?? '')).toBe('用电 403.6 万千瓦时');
    // 30 % of last year were measured.
    expect(plain(electricity?.rest ?? '')).toBe('去年同期没有可比数据。');
  });

  it('tells a running year by its target and what is used of it', () => {
    const [line] = notice.targetLines(PAGE, w, m);
    // 27,000 ÷ 30,000 = −10 %; 21,532 ÷ 27,000 = 79.7 %
    expect(plain(line?.text ?? '')).toBe(
      '今年的目标：综合能耗不超过 27.0 吨标准煤，比 2025年下降 10.0 %。目前已用 79.7 %。',
    );
    const over = { ...PAGE, running: false, targets: [{ ...PAGE.targets[0]!, value: 28_000 }] };
    expect(notice.targetLines(over, w, m)[0]?.met).toBe(false);
  });
});

describe('what was changed', () => {
  it('is told by leaf; dated values by their dates', () => {
    const before = [{ from: '2024-01-01', value: 10, source: 'a' }];
    const after = [
      { from: '2023-01-01', value: 9 },
      { from: '2024-01-01', value: 12, source: 'a' },
    ];
    expect(differences(before, after)).toEqual([
      { path: ['2024-01-01', 'value'], before: '10', after: '12' },
      { path: ['2023-01-01', 'value'], before: null, after: '9' },
    ]);
    expect(differences(null, { values: { base: null, constraint: 5 } })).toEqual([
      { path: ['values', 'constraint'], before: null, after: '5' },
    ]);
  });

  it('takes numbers, days and lists as people type them', () => {
    expect(typedNumber('１,234.5')).toBe(1234.5);
    expect(typedNumber('−3')).toBe(-3);
    expect(typedNumber('12 m²')).toBeNull();
    expect(typedList('370000、320100，110000')).toEqual(['370000', '320100', '110000']);
  });

  it('says in the language of the page what the server refuses', () => {
    expect(faultText('must be greater than 0', settings)).toBe('必须大于 0');
    expect(faultText('must be at most 25.5, the constraint', settings)).toBe('不能大于 25.5');
    expect(faultText('something new', settings)).toBe('something new');
  });
});
