import type { Lack } from '../domain/indicator.ts';
import { indicatorOf, reductionOf, type Target, targetValue } from '../domain/target.ts';
import { ENOUGH_TO_JUDGE, isMet } from '../domain/verdict.ts';
import type { Forecasts, Outlook } from './forecasts.ts';
import { type IndicatorValue, valuesOf } from './indicators.ts';
import type { Span } from './spans.ts';
import { amountOf } from './target-curve.ts';
import { type RunningYear, runningYear, type YearGround } from './target-year.ts';

/** Targets as their nodes see them. */

export interface TargetGround extends YearGround {
  forecasts: Forecasts;
  /** epoch ms */
  now: number;
}

export interface BaseValue {
  value: number | null;
  kind: 'measured' | 'entered';
  source: string | null;
  completeness: number | null;
  lacks: Lack[];
}

export interface TargetYear {
  year: number;
  state: 'past' | 'running' | 'future';
  target: number | null;
  reduction: number | null;
  actual: number | null;
  completeness: number | null;
  met: boolean | null;
  lacks: Lack[];
}

export interface TargetFigures {
  target: Target;
  unit: string;
  base: BaseValue;
  years: TargetYear[];
  current: RunningYear | null;
  outlook: Outlook | null;
}

/** Targets of a node: those that run or are to come first, by their end. */
export function targetsAt(ground: TargetGround, node: string): Target[] {
  return ground.policy
    .list('target')
    .filter((t) => t.node === node)
    .sort((a, b) => b.endYear - a.endYear || a.indicator.localeCompare(b.indicator));
}

/** Targets of nodes above that are seen, that concern this one and of which it has no part. */
export function targetsAbove(ground: TargetGround, node: string): Target[] {
  const path = ground.estate.path(node).filter((n) => n.id !== node && ground.estate.node(n.id));
  const own = targetsAt(ground, node);
  const above = new Set(path.map((n) => n.id));
  return ground.policy
    .list('target')
    .filter(
      (t) => above.has(t.node) && !own.some((o) => o.indicator === t.indicator && o.endYear === t.endYear),
    );
}

/**
 * @param ahead whether the year that runs is looked at too, with its forecast; without it only those that are over
 * @throws RangeError where a scheme is gone
 */
export async function targetFigures(
  ground: TargetGround,
  target: Target,
  ahead = true,
): Promise<TargetFigures> {
  const { estate, forecasts, now } = ground;
  const { zone } = estate;
  const { numerator } = indicatorOf(target.indicator);
  const thisYear = zone.wall(now).year;
  const years: number[] = [];
  for (let year = target.baseYear; year <= target.endYear; year++) years.push(year);
  const over = years.filter((y) => y < thisYear);
  const [found] = await valuesOf(
    ground,
    [target.node],
    [target.indicator],
    over.map((y) => yearSpan(ground, y)),
    target.scheme ?? undefined,
  );
  const values: IndicatorValue[] = found?.values[0] ?? [];
  const base = baseOf(target, over[0] === target.baseYear ? values[0] : undefined);
  const rows = years.slice(1).map((year): TargetYear => {
    const wanted = targetValue(target, base.value, year);
    const state = year < thisYear ? 'past' : year === thisYear ? 'running' : 'future';
    const of = state === 'past' ? values[over.indexOf(year)] : undefined;
    return {
      year,
      state,
      target: wanted,
      reduction: reductionOf(base.value, wanted),
      actual: of?.value ?? null,
      completeness: of?.completeness ?? null,
      met: of ? isMet(wanted, of.value, of.completeness, isSure(base)) : null,
      lacks: of?.lacks ?? [],
    };
  });
  const unit = values[0]?.unit ?? (await unitOf(ground, target));
  if (!ahead || thisYear <= target.baseYear || thisYear > target.endYear) {
    return { target, unit, base, years: rows, current: null, outlook: null };
  }
  const outlook = await forecasts.of(ground, target.node, numerator, target.scheme, now);
  const value = targetValue(target, base.value, thisYear);
  const current = await runningYear(ground, target, value, outlook, isSure(base));
  return { target, unit, base, years: rows, current, outlook };
}

/** The unit of an indicator at a node. */
export async function unitOf(
  ground: TargetGround,
  target: Pick<Target, 'node' | 'indicator' | 'scheme'>,
): Promise<string> {
  const none = { from: ground.now, to: ground.now };
  const [found] = await valuesOf(
    ground,
    [target.node],
    [target.indicator],
    [none],
    target.scheme ?? undefined,
  );
  return found?.values[0]?.[0]?.unit ?? '';
}

/** What a target is reckoned from: as entered, or as measured in its base year. */
export function baseOf(target: Target, measured: IndicatorValue | undefined): BaseValue {
  if (target.base) {
    const { value, source } = target.base;
    return { value, kind: 'entered', source, completeness: null, lacks: [] };
  }
  const value = measured?.value ?? null;
  const lacks: Lack[] = [...(measured?.lacks ?? [])];
  const what = String(target.baseYear);
  const completeness = measured?.completeness ?? null;
  if (value === null) lacks.unshift({ reason: 'no_base', what });
  else if ((completeness ?? 0) < ENOUGH_TO_JUDGE) lacks.unshift({ reason: 'weak_base', what });
  return { value, kind: 'measured', source: null, completeness, lacks };
}

/** Whether nobody has to fear that more was used in the base year than is known of it. */
export function isSure({ kind, completeness }: BaseValue): boolean {
  return kind === 'entered' || (completeness ?? 0) >= ENOUGH_TO_JUDGE;
}

export function yearSpan({ estate }: Pick<TargetGround, 'estate'>, year: number): Span {
  const from = estate.zone.instant(Date.UTC(year, 0, 1));
  return { from, to: estate.zone.next('year', from) };
}

/** A node below, as part of a target. */
export interface TargetPart {
  node: string;
  name: string;
  target: string | null;
  budget: number | null;
  actual: number | null;
  lastYear: number | null;
  difference: number | null;
  change: number | null;
  completeness: number;
}

/**
 * What the nodes below have to do with where a target stands: those that got a part of it, or else those
 * directly below. What is expected of one up to now is the share that it had by then last year.
 */
export async function partsOf(
  ground: TargetGround,
  target: Target,
  current: RunningYear,
): Promise<TargetPart[]> {
  const { estate, policy } = ground;
  const { zone } = estate;
  const { numerator, denominator } = indicatorOf(target.indicator);
  const own = new Map(
    policy
      .list('target')
      .flatMap((t) => (t.from === target.id && estate.node(t.node) ? [[t.node, t] as const] : [])),
  );
  const below = estate.children(target.node).filter((n) => estate.carriers(n.id).length > 0);
  const nodes = own.size > 0 ? [...own.keys()] : below.map((n) => n.id);
  const { from } = yearSpan(ground, current.year);
  const until = current.until;
  if (nodes.length === 0 || until <= from) return [];
  const before = zone.shift(from, 'year', -1);
  const spans: Span[] = [
    { from, to: until },
    { from: before, to: zone.shift(until, 'year', -1) },
    { from: before, to: from },
  ];
  const scheme = target.scheme ?? undefined;
  const based = [...own.values()].some((t) => t.base === null && t.path.kind !== 'values');
  const [found, bases] = await Promise.all([
    valuesOf(ground, nodes, [amountOf(numerator)], spans, scheme),
    based ? valuesOf(ground, nodes, [target.indicator], [yearSpan(ground, target.baseYear)], scheme) : [],
  ]);
  const [mean] = denominator
    ? [valuesOf(ground, nodes, [target.indicator], [{ from, to: until }], scheme)]
    : [null];
  const denominators = mean ? await mean : null;
  const parts = nodes.map((node, i): TargetPart => {
    const [now, then, year] = found[i]?.values[0] ?? [];
    const part = own.get(node) ?? null;
    const base = part ? baseOf(part, bases[i]?.values[0]?.[0]).value : null;
    const value = part && targetValue(part, base, current.year);
    const per = denominators ? (denominators[i]?.values[0]?.[0]?.denominator?.value ?? null) : 1;
    const budget = value === null || per === null ? null : value * per;
    const actual = now?.value ?? null;
    const lastYear = then?.value ?? null;
    const usual = lastYear !== null && year?.value ? lastYear / year.value : current.shareSoFar;
    return {
      node,
      name: estate.node(node)?.name ?? node,
      target: part?.id ?? null,
      budget,
      actual,
      lastYear,
      difference: budget === null || actual === null ? null : actual - budget * usual,
      change: actual === null || !lastYear ? null : actual / lastYear - 1,
      completeness: now?.completeness ?? 0,
    };
  });
  const weight = (p: TargetPart): number =>
    p.difference ??
    (p.actual !== null && p.lastYear !== null ? p.actual - p.lastYear : Number.NEGATIVE_INFINITY);
  return parts.sort((a, b) => weight(b) - weight(a));
}
