import { changeOf } from '../domain/comparison.ts';
import type { IndicatorId, Lack } from '../domain/indicator.ts';
import type { Carrier } from '../domain/meter.ts';
import { type Target, targetValue } from '../domain/target.ts';
import type { Zone } from '../domain/time.ts';
import { type AttributeOf, attributeOf } from './attributes.ts';
import { likeSpans } from './compared-indicators.ts';
import { institutionsBelow } from './comparison.ts';
import { conversionOf } from './conversion.ts';
import type { Sources } from './ground.ts';
import { valuesOf } from './indicators.ts';
import { type Position, positionsOf, type QuotaYear, quotaYear } from './quotas.ts';
import { figureOf } from './series.ts';
import type { Span } from './spans.ts';

/** What is told of a year, in the order in which it is read. */
const SHOWN = [
  'energy',
  'energy_per_m2',
  'energy_per_person',
  'electricity',
  'electricity_per_m2',
  'water',
  'water_per_person',
  'co2',
  'co2_per_m2',
] as const satisfies readonly IndicatorId[];

export interface ShownFigure {
  indicator: IndicatorId;
  value: number | null;
  unit: string;
  /** Null: nothing is converted by one. */
  scheme: string | null;
  completeness: number;
  lastYear: number | null;
  /** Of the year before: a change against a tenth of a year says nothing. */
  lastYearCompleteness: number;
  change: number | null;
  lacks: Lack[];
}

export interface ShownCarrier {
  carrier: Carrier;
  value: number | null;
  unit: string;
  completeness: number;
  lastYear: number | null;
  /** Of the year before: a change against a tenth of a year says nothing. */
  lastYearCompleteness: number;
  change: number | null;
}

export interface ShownTarget {
  target: Target;
  unit: string;
  base: number | null;
  goal: number | null;
  /** Of the whole year; null in a running one, which cannot be held against it. */
  value: number | null;
  /** value ÷ goal − 1 */
  gap: number | null;
}

export interface Publicity extends Span {
  running: boolean;
  floorArea: AttributeOf;
  people: AttributeOf;
  institutions: number;
  figures: ShownFigure[];
  carriers: ShownCarrier[];
  targets: ShownTarget[];
  /** Those that have a value. */
  quotas: Position[];
  quotasOf: QuotaYear;
}

/**
 * What an institution or a region shows of a year to anybody (公示). A running year is told up to the last full
 * hour, against the same part of the year before; quotas, which are of whole years, then by the past 12 months.
 * @returns null where the year has not begun
 */
export async function publicityOf(sources: Sources, node: string, year: number): Promise<Publicity | null> {
  const { estate, now } = sources;
  const { zone } = estate;
  const whole = yearSpan(zone, year);
  const { current, lastYear } = likeSpans(zone, whole, now);
  if (current.to <= current.from) return null;
  const running = current.to < whole.to;
  const quotasOf = quotaYear(zone, now, running ? null : year) as QuotaYear;
  const positions = await positionsOf(sources, node, quotasOf);
  return {
    ...current,
    running,
    floorArea: attributeOf(estate, node, 'floor_area_m2', current),
    people: attributeOf(estate, node, 'people', current),
    institutions: institutionsBelow(estate, node).filter((n) => n.id !== node).length,
    figures: await figuresOf(sources, node, current, lastYear),
    carriers: await carriersOf(sources, node, current, lastYear),
    targets: await targetsOf(sources, node, year, running),
    quotas: positions.filter((p) => p.value !== null),
    quotasOf,
  };
}

function yearSpan(zone: Zone, year: number): Span {
  return { from: zone.instant(Date.UTC(year, 0, 1)), to: zone.instant(Date.UTC(year + 1, 0, 1)) };
}

async function figuresOf(sources: Sources, node: string, span: Span, before: Span): Promise<ShownFigure[]> {
  const [found] = await valuesOf(sources, [node], SHOWN, [span, before]);
  return SHOWN.flatMap((indicator, i): ShownFigure[] => {
    const [now, then] = found?.values[i] ?? [];
    if (!found || !now || !then) return [];
    return [
      {
        indicator,
        value: now.value,
        unit: now.unit,
        scheme: indicator.startsWith('energy') ? found.conversion.scheme.id : null,
        completeness: now.completeness,
        lastYear: then.value,
        lastYearCompleteness: then.completeness,
        change: changeOf(now.value, then.value),
        lacks: now.lacks,
      },
    ];
  });
}

async function carriersOf(sources: Sources, node: string, span: Span, before: Span): Promise<ShownCarrier[]> {
  const list = sources.months.series(node).filter((s) => !s.gauge);
  const found = await sources.months.sums(list, [span, before]);
  return list.map((series, i) => {
    const now = figureOf(series, found[i]?.[0], span.to - span.from);
    const then = figureOf(series, found[i]?.[1], before.to - before.from);
    return {
      carrier: series.carrier,
      value: now.quantity,
      unit: series.unit,
      completeness: now.completeness,
      lastYear: then.quantity,
      lastYearCompleteness: then.completeness,
      change: changeOf(now.quantity, then.quantity),
    };
  });
}

/** The node's own targets for the year, each in its own scheme. */
async function targetsOf(
  sources: Sources,
  node: string,
  year: number,
  running: boolean,
): Promise<ShownTarget[]> {
  const { estate, policy } = sources;
  const own = policy.list('target').filter((t) => t.node === node && t.baseYear < year && year <= t.endYear);
  return Promise.all(
    own.map(async (target): Promise<ShownTarget> => {
      const spans = [yearSpan(estate.zone, target.baseYear), yearSpan(estate.zone, year)];
      const scheme = target.scheme ?? conversionOf(estate, policy, node).scheme.id;
      const asked = running ? spans.slice(0, 1) : spans;
      const [found] = await valuesOf(sources, [node], [target.indicator], asked, scheme);
      const [measured, value] = found?.values[0] ?? [];
      const base = target.base?.value ?? measured?.value ?? null;
      const goal = targetValue(target, base, year);
      return {
        target,
        unit: measured?.unit ?? '',
        base,
        goal,
        value: value?.value ?? null,
        gap: changeOf(value?.value ?? null, goal),
      };
    }),
  );
}
