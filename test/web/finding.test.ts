import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import type { Comparison, ConsumptionRow } from '../../server/http/schemas/consumption.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { compared, usageFinding } from '../../web/src/lib/state/finding.ts';
import { parsePeriod } from '../../web/src/lib/state/period.ts';

const zone = new Zone('Asia/Shanghai');
const dates = new Dates(zone, zh);
const NOW = Date.parse('2026-11-21T14:20:00+08:00');
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, '');

function days(first: string, quantities: (number | null)[], completeness = 1): ConsumptionRow[] {
  const start = Date.parse(`${first}T00:00:00+08:00`);
  return quantities.map((quantity, i) => ({
    id: 'gov',
    carrier: 'electricity',
    start: zone.iso(zone.shift(start, 'day', i)),
    quantity,
    unit: 'kWh',
    measured: quantity,
    recovered: quantity === null ? null : 0,
    estimated: quantity === null ? null : 0,
    completeness: quantity === null ? 0 : completeness,
  }));
}

function find(
  text: string,
  rows: ConsumptionRow[],
  before: ConsumptionRow[],
  running: Comparison | null = null,
) {
  const period = parsePeriod(text, zone)!;
  const c = compared(period, NOW, rows, before, running, zone);
  const found = usageFinding(c, period, 'electricity', 'kWh', NOW, dates);
  return { ...c, text: plain(found.text), caveat: found.caveat };
}

describe('the finding', () => {
  it('compares a past period as a whole', () => {
    const found = find(
      '2026-W46',
      days('2026-11-09', Array(7).fill(90)),
      days('2025-11-10', Array(7).fill(100)),
    );
    // 7 × 90 = 630 against 7 × 100 = 700: 630/700 − 1 = −10 %
    expect(found.text).toBe('2026年第 46 周（11月9日至11月15日）用电 630 kWh，比去年同周少 10.0 %。');
    expect(found.caveat).toBeNull();
  });

  it('compares a running week by its whole days only, and says which', () => {
    const found = find(
      '2026-W47',
      days('2026-11-16', [100, 100, 100, 100, 100, 40, null]),
      days('2025-11-17', [80, 80, 80, 80, 80, 80, 80]),
    );
    // 5 × 100 against 5 × 80 = +25 %; the total includes the 40 of today.
    expect(found).toMatchObject({ quantity: 540, basis: 500, other: 400 });
    expect(found.text).toBe('本周用电 540 kWh，比去年同周多 25.0 %（同为 11月16日至11月20日）。');
  });

  it('takes the server’s comparison for a running month', () => {
    const part = (from: string, to: string, quantity: number | null, completeness: number) => ({
      from,
      to,
      quantity,
      completeness,
    });
    const running: Comparison = {
      from: '2026-11-01T00:00:00+08:00',
      to: '2026-11-21T14:20:00+08:00',
      quantity: 86_420,
      completeness: 1,
      basis: part('2026-11-01T00:00:00+08:00', '2026-11-21T14:00:00+08:00', 86_220, 1),
      previous: part('2026-10-01T00:00:00+08:00', '2026-10-21T14:00:00+08:00', 80_000, 1),
      change_previous: 0.07775,
      last_year: part('2025-11-01T00:00:00+08:00', '2025-11-21T14:00:00+08:00', 90_000, 0.9),
      change_last_year: -0.042,
    };
    const found = find('2026-11', days('2026-11-01', [1]), [], running);
    // 86,220 / 90,000 − 1 = −4.2 %
    expect(found.text).toBe('本月用电 86,420 kWh，比去年同期少 4.2 %（同为 11月1日至11月21日 14 时）。');
    expect(found.caveat).toBe('去年同期数据完整率只有 90.0 %，比较仅供参考。');
  });

  it('does not compare with a year that is mostly missing', () => {
    const before = [...days('2025-11-10', [100]), ...days('2025-11-11', Array(6).fill(null))];
    const found = find('2026-W46', days('2026-11-09', Array(7).fill(90)), before);
    // 1 of 7 days: 14.2 %
    expect(found.text).toBe('2026年第 46 周（11月9日至11月15日）用电 630 kWh。');
    expect(found.caveat).toBe('去年同周数据完整率只有 14.2 %，暂不比较。');
  });

  it('says when nothing is known, and never 0', () => {
    expect(find('2026-W46', days('2026-11-09', Array(7).fill(null)), []).text).toContain('没有用电数据');
    expect(find('2026-12', [], []).text).toBe('2026年12月尚未开始。');
  });

  it('names the gaps of the period itself', () => {
    const found = find(
      '2026-W46',
      days('2026-11-09', [90, null, 90, 90, 90, 90, 90]),
      days('2025-11-10', Array(7).fill(90)),
    );
    // 6 of 7 days: 85.7 %
    expect(found.caveat).toBe('数据完整率 85.7 %，缺失时段未计入。');
  });
});
