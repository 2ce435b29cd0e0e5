import { expect, test } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import type { Operations } from '../../server/http/schemas/operations.ts';
import { CODES, type Code } from '../../server/operations/health.ts';
import { SERIES } from '../../server/operations/history.ts';
import { Dates } from '../../web/src/lib/i18n/format.ts';
import { sentenceParts } from '../../web/src/lib/i18n/strong.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import {
  boundOf,
  boundText,
  CURVE_NAMES,
  CURVES,
  curveTwin,
  described,
  dotsOf,
  written,
} from '../../web/src/lib/operations/curves.ts';
import { finding } from '../../web/src/lib/operations/finding.ts';
import { zh as w } from '../../web/src/lib/operations/words.zh.ts';

const zone = new Zone('Asia/Shanghai');
const dates = new Dates(zone, zh);
const AT = Date.parse('2026-11-18T12:00:00+08:00');
const alarm = (code: Code, since: string, until: string | null): Operations['alarms'][number] => ({
  part: 'journal',
  state: 'degraded',
  code,
  zh: CODES[code][0],
  en: CODES[code][1],
  detail: null,
  since,
  until,
});

/** Looks every 5 s up to `AT`, with the values of one line; all others are 0. */
function operations(
  line: (typeof SERIES)[number],
  values: (number | null)[],
  more: Partial<Operations> = {},
) {
  const series = Object.fromEntries(
    SERIES.map((name) => [name, name === line ? values : values.map(() => 0)]),
  ) as Operations['series'];
  const of: Operations = {
    now: zone.iso(AT),
    version: '1',
    started_at: zone.iso(AT - 3_600_000),
    state: 'ok',
    parts: [],
    alarms: [],
    window_s: 900,
    every_s: 5,
    at: values.map((_, i) => zone.iso(AT - (values.length - 1 - i) * 5000)),
    series,
    limits: {
      journal_bytes: 4e6,
      clients: null,
      live_clients: 1000,
      memory_bytes: 8e9,
      heap_bytes: 4e9,
      disk_low_bytes: 1e9,
    },
    account: { received: 0, stored: 0, duplicate: 0, quarantined: 0, pending: 0 },
    quarantined: [],
    operations: [],
    intake: { mode: 'embedded', address: null, broker: null, last_reading_at: null },
    catalogue: { engine: 'sqlite', version: 1 },
    timeseries: { engine: 'duckdb', version: '1' },
    ...more,
  };
  return of;
}
const plain = (text: string): string =>
  sentenceParts(text)
    .map((part) => part.text)
    .join('');
const said = (of: Operations, awayAt: number | null = null) => {
  const { text, todo } = finding(of, awayAt, { w, dates, language: 'zh' });
  return [plain(text), todo];
};

test('the first sentence says that all is well, with what arrives and what was wrong before', () => {
  expect(said(operations('received_per_s', [3, 12.5]))).toEqual(['一切正常，每秒收到 12.5 条读数。', null]);
  expect(said(operations('received_per_s', [3, 0]))).toEqual(['一切正常，目前没有读数到达。', null]);
  // The newest of what is over, to the second: it may have been short.
  const alarms = [
    alarm('journal_filling', '2026-11-18T11:50:00+08:00', '2026-11-18T11:50:20+08:00'),
    alarm('disk_low', '2026-11-18T11:46:00+08:00', '2026-11-18T11:47:00+08:00'),
  ];
  expect(said(operations('received_per_s', [], { alarms }))).toEqual([
    '一切正常，目前没有读数到达。11:50:00 至 11:50:20 曾出现：日志已用超过上限的 80%。',
    null,
  ]);
});

test('else it says the worst, since when and what to do', () => {
  const alarms = [alarm('journal_full', '2026-11-18T11:50:00+08:00', null)];
  expect(said(operations('received_per_s', [5], { alarms }))).toEqual([
    '日志已满，从 11:50 起。',
    `处理：${w.todo.journal_full}`,
  ]);
  // Since yesterday: with the day.
  alarms[0] = alarm('journal_full', '2026-11-17T11:50:00+08:00', null);
  alarms.push(alarm('disk_low', '2026-11-18T11:55:00+08:00', null));
  alarms.push(alarm('live_full', '2026-11-18T11:51:00+08:00', '2026-11-18T11:52:00+08:00'));
  expect(said(operations('received_per_s', [5], { alarms }))).toEqual([
    '有 2 处异常，最要紧的是日志已满，从 2026年11月17日 11:50 起。',
    `处理：${w.todo.journal_full}`,
  ]);
  expect(said(operations('received_per_s', [5], { alarms }), AT)).toEqual([
    '服务器没有应答，以下是 12:00:00 的情况；恢复后会自动更新。',
    w.finding.awayTodo,
  ]);
});

test('every series is in a curve, and what has a bound says it', () => {
  const drawn = CURVE_NAMES.flatMap((name) => [...CURVES[name].lines]);
  expect(drawn.sort()).toEqual([...SERIES].sort());
  const of = operations('journal_bytes', [1e6]);
  expect(boundOf({ name: 'journal', of })).toEqual({ at: 4e6, kind: 'limit' });
  expect(boundOf({ name: 'disk', of })).toEqual({ at: 1e9, kind: 'alarm' });
  expect(boundText({ name: 'journal', of, dates, w })).toBe('上限 4 MB');
  expect(boundText({ name: 'lag', of, dates, w })).toBe('告警线 60 秒');
  expect(boundText({ name: 'cpu', of, dates, w })).toBeNull();
  // An external broker does not tell.
  expect(boundOf({ name: 'clients', of })).toBeNull();
});

test('values are written with their unit, times below a second in milliseconds', () => {
  const say = (value: number | null, name: (typeof CURVE_NAMES)[number]) =>
    written(value, name, { dates, w });
  expect(say(0.0042, 'commits')).toBe('4.20 毫秒');
  expect(say(1.5, 'commits')).toBe('1.50 秒');
  expect(say(0, 'commits')).toBe('0 秒');
  expect(say(1_234_567, 'pending')).toBe('1,234,567 条');
  expect(say(4_194_304, 'journal')).toBe('4.19 MB');
  expect(say(null, 'journal')).toBe('—');
});

test('a line has a hole where the server was not looked at, and its table has every look', () => {
  const of = operations('lag_s', [0, 1, null, 4]);
  // Half a minute was missed after the second.
  of.at[0] = zone.iso(AT - 40_000);
  of.at[1] = zone.iso(AT - 35_000);
  expect(dotsOf(of, 'lag_s', (at) => at)).toEqual([
    [AT - 40_000, 0],
    [AT - 35_000, 1],
    [AT - 35_000 + 1, null],
    [AT - 5000, null],
    [AT, 4],
  ]);
  const view = { name: 'lag', of, dates, w } as const;
  expect(curveTwin(view)).toEqual({
    columns: [{ label: '时间' }, { label: '最久 (s)', numeric: true }],
    rows: [
      ['2026年11月18日 11:59:20', 0],
      ['2026年11月18日 11:59:25', 1],
      ['2026年11月18日 11:59:55', null],
      ['2026年11月18日 12:00:00', 4],
    ],
  });
  expect(described(view)).toBe('最久：现在 4.00 秒，15 分钟内 0 秒 至 4.00 秒');
});
