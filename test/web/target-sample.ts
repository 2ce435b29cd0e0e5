/** Targets to try the pages of targets with. */
import { Zone } from '../../server/domain/time.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { sentenceParts } from '../../web/src/lib/i18n/strong.ts';
import { zh as shellZh } from '../../web/src/lib/i18n/zh.ts';
import type { Current, Forecast, TargetView } from '../../web/src/lib/targets/types.ts';

export const ZONE = new Zone('Asia/Shanghai');
export const DATES = new Dates(ZONE, shellZh);
export const plain = (text: string): string =>
  sentenceParts(text)
    .map((part) => part.text)
    .join('');

/** A year of 120,000 kgce, 10,000 a month by the curve, measured up to 15 June. */
export function current(more: Partial<Current> = {}): Current {
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

export function forecast(more: Partial<Forecast> = {}): Forecast {
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

export function target(more: Partial<TargetView> = {}): TargetView {
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
