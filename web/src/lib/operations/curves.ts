/** The curves of the last minutes: what each holds, how its values are written, and how it is drawn. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Operations } from '../../../../server/http/schemas/operations.ts';
import { wallMs } from '../charts/lines.ts';
import type { Palette } from '../charts/palette.ts';
import { GRID, tip, tipIndex, tooltip, valueAxis } from '../charts/parts.ts';
import type { Twin } from '../charts/twin.ts';
import { bytes, count, type Dates, exact, figure } from '../i18n/format.ts';
import type { OperationsWords } from './words.zh.ts';

export type LineName = keyof Operations['series'];
type Kind = 'per_s' | 'times_per_s' | 'count' | 'clients' | 'bytes' | 'seconds' | 'cores';

interface CurveOf {
  lines: readonly LineName[];
  kind: Kind;
  /** What the first line must not go above; null where there is no bound. */
  limit?: (of: Operations) => number | null;
  /** From where on something is said to be wrong. */
  alarm?: (of: Operations) => number;
}

/** Longer than this readings are not to wait; `ledger_behind`, s. */
const BEHIND_S = 60;

/** In the order of the page: the way of a reading, then who asks, then the machine. */
export const CURVES = {
  arrivals: {
    lines: ['received_per_s', 'stored_per_s', 'duplicate_per_s', 'quarantined_per_s'],
    kind: 'per_s',
  },
  pending: { lines: ['pending_readings'], kind: 'count' },
  lag: { lines: ['lag_s'], kind: 'seconds', alarm: () => BEHIND_S },
  journal: { lines: ['journal_bytes'], kind: 'bytes', limit: (of) => of.limits.journal_bytes },
  commits: { lines: ['commit_p99_s', 'commit_p50_s'], kind: 'seconds' },
  clients: { lines: ['clients'], kind: 'clients', limit: (of) => of.limits.clients },
  turned: { lines: ['refused_per_s', 'dropped_per_s'], kind: 'times_per_s' },
  store: { lines: ['operations_per_s', 'operation_errors_per_s'], kind: 'times_per_s' },
  store_time: { lines: ['operation_p99_s'], kind: 'seconds' },
  requests: { lines: ['requests_per_s', 'failed_requests_per_s'], kind: 'times_per_s' },
  request_time: { lines: ['request_p99_s'], kind: 'seconds' },
  live: { lines: ['live_clients'], kind: 'clients', limit: (of) => of.limits.live_clients },
  memory: {
    lines: ['memory_bytes', 'heap_bytes'],
    kind: 'bytes',
    limit: (of) => of.limits.memory_bytes,
  },
  cpu: { lines: ['cpu_cores'], kind: 'cores' },
  loop: { lines: ['loop_p99_s'], kind: 'seconds' },
  disk: { lines: ['disk_free_bytes'], kind: 'bytes', alarm: (of) => of.limits.disk_low_bytes },
} as const satisfies Record<string, CurveOf>;
export type CurveName = keyof typeof CURVES;
export const CURVE_NAMES = Object.keys(CURVES) as CurveName[];

/** As the lines are drawn, first to last; the variables of the same names hold the colours. */
export const LINE_COLOURS = ['--accent', '--ink-2', '--ink-3', '--bad'] as const;
const DASHES = ['solid', [6, 4], [2, 3], 'solid'] as const;

export interface CurveView {
  name: CurveName;
  of: Operations;
  dates: Dates;
  w: OperationsWords;
}

/** A bound is drawn once a curve has come so near to it, as a share; before, its words say it. */
const NEAR = 0.2;
/** A pause of more than so many looks breaks the line. */
const PAUSE = 3;
const TICK_MS = 300_000;
const HEIGHT_TICKS = 2;

/** A value with its unit, as people say it. */
export function written(
  value: number | null,
  name: CurveName,
  { dates, w }: Omit<CurveView, 'name' | 'of'>,
): string {
  if (value === null) return '—';
  const { kind } = CURVES[name];
  if (kind === 'bytes') return bytes(value, dates.m);
  if (kind === 'seconds') {
    return value !== 0 && value < 1 ? w.ms(figure(value * 1000)) : w.s(figure(value));
  }
  const whole = kind === 'count' || kind === 'clients';
  return `${whole ? count(value) : figure(value)} ${w.units[kind]}`.trim();
}

/** Bounds and marks of an axis are round: 60 s and 1.5 GB, not 60.0 s and 1.50 GB. */
function rounded(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, (_, kept: string) => (kept === '.' ? '' : kept));
}

export interface Bound {
  at: number;
  /** One that cannot be passed, or one from where on something is said to be wrong. */
  kind: 'limit' | 'alarm';
}

export function boundOf({ name, of }: Pick<CurveView, 'name' | 'of'>): Bound | null {
  const curve: CurveOf = CURVES[name];
  if (curve.alarm) return { at: curve.alarm(of), kind: 'alarm' };
  const at = curve.limit?.(of) ?? null;
  return at === null ? null : { at, kind: 'limit' };
}

/** The bound in words; nothing where there is none. */
export function boundText(view: CurveView): string | null {
  const bound = boundOf(view);
  return bound && view.w[bound.kind](rounded(written(bound.at, view.name, view)));
}

/** What a curve shows, in one sentence for each line. */
export function described(view: CurveView): string {
  const { name, of, w } = view;
  return CURVES[name].lines
    .map((line) => {
      const known = of.series[line].filter((v) => v !== null);
      const say = (value: number | null | undefined): string => written(value ?? null, name, view);
      return w.drawn(
        w.lines[line],
        say(of.series[line].at(-1)),
        say(known.length > 0 ? Math.min(...known) : null),
        say(known.length > 0 ? Math.max(...known) : null),
      );
    })
    .join(w.joint);
}

export function curveTwin({ name, of, dates, w }: CurveView): Twin {
  const { lines, kind } = CURVES[name];
  const unit = kind === 'bytes' ? 'B' : kind === 'seconds' ? 's' : w.units[kind];
  return {
    columns: [
      { label: w.time },
      ...lines.map((l) => ({ label: unit ? `${w.lines[l]} (${unit})` : w.lines[l], numeric: true })),
    ],
    rows: of.at.map((at, i) => [
      `${dates.day(Date.parse(at))} ${dates.timeS(Date.parse(at))}`,
      ...lines.map((line) => of.series[line][i] ?? null),
    ]),
  };
}

type Dot = [x: number, value: number | null];

/** The points of a line; where looks were missed it has a hole. */
export function dotsOf(of: Operations, line: LineName, x: (at: number) => number): Dot[] {
  const out: Dot[] = [];
  let last: number | null = null;
  of.at.forEach((text, i) => {
    const at = Date.parse(text);
    if (last !== null && at - last > PAUSE * of.every_s * 1000) out.push([x(last) + 1, null]);
    out.push([x(at), of.series[line][i] ?? null]);
    last = at;
  });
  return out;
}

export function curveOption(view: CurveView, p: Palette): EChartsCoreOption {
  const { name, of, dates, w } = view;
  const { lines, kind } = CURVES[name];
  const colours = [p.accent, p.ink2, p.ink3, p.bad];
  const x = (at: number): number => wallMs(at, dates);
  const to = x(Date.parse(of.now));
  const from = to - of.window_s * 1000;
  const say = (value: number | null): string => written(value, name, view);
  const data = lines.map((line) => dotsOf(of, line, x));
  const known = data.flat().flatMap(([, value]) => (value === null ? [] : [value]));
  const bound = boundOf(view);
  const isNear =
    bound !== null &&
    known.length > 0 &&
    (name === 'disk' ? Math.min(...known) < bound.at / NEAR : Math.max(...known) > bound.at * NEAR);
  return {
    useUTC: true,
    textStyle: { fontFamily: p.font },
    grid: { ...GRID, top: 10, left: 16, right: 20 },
    tooltip: tooltip(p, (params) => {
      const i = tipIndex(params);
      const at = i === null ? undefined : data[0]?.[i]?.[0];
      if (i === null || at === undefined) return '';
      return tip(
        dates.timeS(dates.zone.instant(at)),
        lines.map((line, k) => ({
          label: w.lines[line],
          value: say(data[k]?.[i]?.[1] ?? null),
          ...(colours[k] && { colour: colours[k] }),
        })),
      );
    }),
    xAxis: {
      type: 'time',
      min: from,
      max: to,
      axisLine: { lineStyle: { color: p.lineStrong } },
      axisTick: { show: false },
      axisLabel: {
        color: p.ink3,
        fontFamily: p.font,
        fontSize: p.text,
        customValues: [1, 2, 3].map((n) => (Math.floor(from / TICK_MS) + n) * TICK_MS),
        formatter: (value: number) => dates.time(dates.zone.instant(value)),
      },
    },
    yAxis: valueAxis(p, kind === 'bytes' || kind === 'seconds' ? (v: number) => rounded(say(v)) : exact, {
      min: 0,
      splitNumber: HEIGHT_TICKS,
      ...((kind === 'count' || kind === 'clients') && { minInterval: 1 }),
    }),
    series: [
      ...data.map((dots, k) => ({
        type: 'line',
        // A value between two gaps would not be seen as a line.
        symbol: 'circle',
        symbolSize: (_: unknown, { dataIndex: i }: { dataIndex: number }) =>
          (dots[i - 1]?.[1] ?? null) === null && (dots[i + 1]?.[1] ?? null) === null ? 4 : 0,
        connectNulls: false,
        z: 10 - k,
        lineStyle: { color: colours[k], width: k === 0 ? 2 : 1.5, type: DASHES[k] },
        itemStyle: { color: colours[k] },
        ...(k === 0 && { areaStyle: { color: p.accent, opacity: 0.1 } }),
        data: dots,
      })),
      ...(bound !== null && isNear
        ? [
            {
              type: 'line',
              symbol: 'none',
              silent: true,
              tooltip: { show: false },
              lineStyle: { color: p.bad, width: 1, type: [4, 3] },
              data: [
                [from, bound.at],
                [to, bound.at],
              ],
            },
          ]
        : []),
    ],
  };
}
