import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import { twinCsv } from '../../web/src/lib/charts/twin.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import {
  bytes,
  change,
  completeness,
  Dates,
  percent,
  quantity,
  rateUnit,
  register,
} from '../../web/src/lib/i18n/format.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { parsePeriod } from '../../web/src/lib/state/period.ts';

const zone = new Zone('Asia/Shanghai');
const at = (text: string) => Date.parse(`${text}+08:00`);

describe('figures', () => {
  it.each([
    [86_420, '86,420 kWh', '86,420 kWh'],
    [0, '0 kWh', '0 kWh'],
    [3.456, '3.46 kWh', '3.46 kWh'],
    [34.56, '34.6 kWh', '34.6 kWh'],
    [999_999, '999,999 kWh', '999,999 kWh'],
    // 1,234,000 / 10^4
    [1_234_000, '123.4 万 kWh', '1,234,000 kWh'],
    // 234,500,000 / 10^8; / 10^6
    [234_500_000, '2.35 亿 kWh', '234.5 million kWh'],
    [-5, '−5.00 kWh', '−5.00 kWh'],
    [null, '无数据', 'no data'],
  ])('%s', (value, chinese, english) => {
    expect(quantity(value, 'kWh', zh)).toBe(chinese);
    expect(quantity(value, 'kWh', en)).toBe(english);
  });

  it('never round completeness up to whole', () => {
    expect(completeness(1)).toBe('100 %');
    expect(completeness(0.99999)).toBe('99.9 %');
    expect(completeness(0.9)).toBe('90.0 %');
    expect(completeness(0)).toBe('0 %');
  });

  it('say changes in words', () => {
    expect(percent(0.0423)).toBe('4.2 %');
    expect(change(-0.0423, zh)).toBe('少 4.2 %');
    expect(change(0.5, en)).toBe('50.0 % more');
    expect(change(0.0001, zh)).toBe('持平');
    expect(change(null, en)).toBe('no data then');
  });

  it('show registers with at least two places when they have any', () => {
    expect([register(812_960), register(6126.8), register(5.123)]).toEqual(['812,960', '6,126.80', '5.123']);
  });

  it('know the unit of an hourly mean, and bytes', () => {
    expect([rateUnit('kWh', zh), rateUnit('MWh', zh), rateUnit('m³', zh), rateUnit('GJ', en)]).toEqual([
      'kW',
      'MW',
      'm³/h',
      'GJ/h',
    ]);
    expect([bytes(0, en), bytes(412_000_000, en), bytes(1000, en)]).toEqual(['0 B', '412 MB', '1.00 KB']);
  });
});

describe('dates in the estate’s time zone', () => {
  const dates = { zh: new Dates(zone, zh), en: new Dates(zone, en) };

  it('say what a file has as a date or a month; what is neither stays', () => {
    expect(dates.zh.written('2026-02-20')).toBe('2026年2月20日');
    expect(dates.zh.written('2026-08')).toBe('2026年8月');
    for (const text of ['2026', '2026-02-20T10:00', '8', '安机管〔2026〕6号'])
      expect(dates.zh.written(text)).toBe(text);
  });

  it('do not depend on the browser’s', () => {
    // 17:30 UTC is half past one the next day in Shanghai.
    const instant = Date.parse('2026-11-20T17:30:00Z');
    expect(dates.zh.moment(instant)).toBe('2026年11月21日 01:30');
    expect(dates.en.moment(instant)).toBe('21 Nov 2026, 01:30');
  });

  it('name periods', () => {
    const name = (text: string) => [dates.zh, dates.en].map((d) => d.period(parsePeriod(text, zone)!));
    expect(name('2026-11')).toEqual(['2026年11月', 'Nov 2026']);
    expect(name('2026-W47')).toEqual([
      '2026年第 47 周（11月16日至11月22日）',
      'Week 47, 2026 (16 Nov to 22 Nov)',
    ]);
    expect(name('2026-11-01..2026-11-15')).toEqual([
      '2026年11月1日至2026年11月15日',
      '1 Nov 2026 to 15 Nov 2026',
    ]);
  });

  it('name the part of a period that has passed', () => {
    expect(dates.zh.span(at('2026-11-01T00:00:00'), at('2026-11-21T14:00:00'))).toBe(
      '11月1日至11月21日 14 时',
    );
    expect(dates.zh.span(at('2026-11-21T00:00:00'), at('2026-11-21T14:00:00'))).toBe('0 时至 14 时');
    expect(dates.zh.span(at('2026-11-01T00:00:00'), at('2026-11-21T00:00:00'))).toBe('11月1日至11月20日');
  });
});

describe('the CSV of a table', () => {
  it('quotes, keeps gaps empty and defuses formulas', () => {
    const csv = twinCsv({
      columns: [{ label: 'a,b' }, { label: 'n', numeric: true }],
      rows: [
        ['say "x"', 1.5],
        ['=1+1', null],
      ],
    });
    expect(csv).toBe('\uFEFF"a,b",n\r\n"say ""x""",1.5\r\n\'=1+1,\r\n');
  });
});
