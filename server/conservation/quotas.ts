import { dateOf } from '../domain/attribute.ts';
import { COMPLETENESS_LIMIT } from '../domain/comparison.ts';
import { type ExplanationState, explanationId, stateOf } from '../domain/explanation.ts';
import type { Lack } from '../domain/indicator.ts';
import { type Correction, METRIC_RULES, type Metric, type Quota, type QuotaChoice } from '../domain/quota.ts';
import { type Ground, type Note, type Standing, standingOf } from '../domain/standing.ts';
import type { Zone } from '../domain/time.ts';
import { attributeOf } from './attributes.ts';
import { schemeLack } from './conversion.ts';
import { type Apart, measuredFor, type Sources } from './ground.ts';
import { QuotaRows } from './quota-rows.ts';
import type { Span } from './spans.ts';

/** A year that a quota can be held against: twelve whole months that are over. */
export interface QuotaYear extends Span {
  /** The calendar year; null: the past 12 months. */
  year: number | null;
}

/** Where a node stands in one metric. */
export interface Position extends Standing {
  node: string;
  metric: Metric;
  choice: QuotaChoice;
  /** Null: no row was chosen, `choice` and `lacks` say why. */
  quota: Quota | null;
  completeness: number;
  /** Of a calendar year above the constraint value, or once explained; else null. */
  explanation: { id: string; state: ExplanationState } | null;
}

/** @returns null where the year is not over */
export function quotaYear(zone: Zone, now: number, year: number | null): QuotaYear | null {
  if (year === null) {
    const to = zone.startOf('month', now);
    return { from: zone.startOf('month', zone.shift(to, 'year', -1)), to, year };
  }
  const from = zone.instant(Date.UTC(year, 0, 1));
  const to = zone.instant(Date.UTC(year + 1, 0, 1));
  return to <= now ? { from, to, year } : null;
}

/**
 * Every metric that has rows for institutions like this one, whether one of them holds or not.
 * @param rows those of the year; who asks for many institutions shares them
 */
export async function positionsOf(
  sources: Sources,
  node: string,
  year: QuotaYear,
  rows = rowsOf(sources, year),
): Promise<Position[]> {
  const { estate, policy } = sources;
  const named = policy.setting(estate, node, 'quotas')?.values ?? [];
  const metrics = rows.metrics(estate.classification(node), named);
  return Promise.all(metrics.map((metric) => positionOf(sources, node, metric, year, rows)));
}

/** The rows that hold at the end of a year. */
export function rowsOf({ estate, policy }: Sources, year: Span): QuotaRows {
  return new QuotaRows(policy, dateOf(estate.zone, year.to - 1));
}

export async function positionOf(
  sources: Sources,
  node: string,
  metric: Metric,
  year: QuotaYear,
  rows = rowsOf(sources, year),
): Promise<Position> {
  const { estate, policy } = sources;
  const named = policy.setting(estate, node, 'quotas')?.values ?? [];
  const choice = rows.choose(metric, estate.classification(node), named);
  if (choice.state !== 'chosen') {
    return {
      node,
      metric,
      choice,
      quota: null,
      completeness: 0,
      explanation: null,
      ...NOWHERE,
      lacks: open(choice),
    };
  }
  const { quota } = choice;
  const { ground, completeness, lacks, notes, unset } = await groundOf(sources, node, quota, year);
  const computed = standingOf(quota, ground);
  // A year with an unknown month is no year: the lines are shown, what would come out of them is not.
  const standing: Standing =
    lacks.length === 0
      ? computed
      : { ...NOWHERE, steps: computed.steps, lacks: computed.lacks, notes: computed.notes };
  notes.push(...standing.notes, ...choice.misfits.map((what): Note => ({ note: 'misfit', what })));
  if (standing.value !== null && completeness < COMPLETENESS_LIMIT) {
    notes.push({ note: 'completeness', what: METRIC_RULES[metric].of });
  }
  const id = year.year === null ? null : explanationId(node, year.year, quota.id);
  const written = id === null ? undefined : policy.get('explanation', id);
  const due = written !== undefined || standing.verdict === 'above_constraint';
  return {
    ...standing,
    node,
    metric,
    choice,
    quota,
    completeness,
    lacks: told([...lacks, ...standing.lacks], unset),
    notes,
    explanation: id !== null && due ? { id, state: stateOf(written) } : null,
  };
}

const NOWHERE: Standing = {
  value: null,
  verdict: null,
  way: null,
  excess: { constraint: null, base: null, leading: null },
  excessUnit: null,
  steps: [],
  lacks: [],
  notes: [],
};

/** Why no row holds, in the words of `Lack`. */
function open(choice: Exclude<QuotaChoice, { state: 'chosen' }>): Lack[] {
  if (choice.state === 'unclassified') {
    return choice.missing.map((what) => ({ reason: 'no_attribute', what: `classification.${what}` }));
  }
  return [{ reason: 'no_quota', what: choice.state === 'lost' ? choice.id : choice.state }];
}

interface Grounded {
  ground: Ground;
  completeness: number;
  /** What makes the year none. */
  lacks: Lack[];
  notes: Note[];
  /** For an attribute that is not set, where it is to be set. */
  unset: ReadonlyMap<string, Lack[]>;
}

async function groundOf(sources: Sources, node: string, quota: Quota, year: QuotaYear): Promise<Grounded> {
  const { estate } = sources;
  const notes: Note[] = [];
  const unset = new Map<string, Lack[]>();
  const attribute = (of: string, name: string): number | null => {
    const { value, lacks } = attributeOf(estate, of, name, year);
    if (value === null) unset.set(name, lacks);
    else if (lacks.length > 0) notes.push({ note: 'partly_set', what: name });
    return value;
  };
  // What takes area, but nobody said how much, would make the rest look better than it is.
  const areas = new Map<string, number | null>();
  const areaOf = ({ area }: Apart): number | null => {
    if (area === null) return 0;
    const key = `${area.node} ${area.attribute}`;
    if (!areas.has(key)) areas.set(key, attribute(area.node, area.attribute));
    return areas.get(key) ?? null;
  };
  const measured = await measuredFor(sources, node, quota, year, (apart) => areaOf(apart) === null);
  for (const apart of measured.apart) {
    if (areaOf(apart) === null) notes.push({ note: 'apart_without_area', what: apart.what });
  }
  const { per } = METRIC_RULES[quota.metric];
  const corrects = (kind: Correction['kind']): boolean =>
    quota.corrections.some((c) => c.on && c.kind === kind);
  const when = (needed: boolean, name: string): number | null => (needed ? attribute(node, name) : null);
  const ground: Ground = {
    ...measured.amounts,
    apartArea: measured.apart.flatMap((apart) => {
      const m2 = areaOf(apart);
      return m2 ? [{ what: apart.what, m2 }] : [];
    }),
    floorAreaM2: when(per === 'floor_area_m2' || corrects('density'), 'floor_area_m2'),
    heatedAreaM2: when(per === 'heated_area_m2', 'heated_area_m2'),
    people: when(per === 'people' || corrects('density'), 'people'),
    useHours: when(corrects('use_hours'), 'working_hours'),
  };
  const scheme = quota.scheme === null ? null : sources.policy.get('scheme', quota.scheme);
  const unfit: Lack | null =
    scheme === undefined
      ? { reason: 'no_scheme', what: quota.scheme ?? '' }
      : scheme && schemeLack(estate.zone, scheme, year);
  const lacks = measured.unknown.map(
    ({ what, month }): Lack =>
      month === null
        ? { reason: 'no_data', what }
        : { reason: 'too_short', what: `${what} ${dateOf(estate.zone, month).slice(0, 7)}` },
  );
  if (unfit) lacks.push(unfit);
  return { ground, completeness: measured.completeness, lacks, notes: [...measured.notes, ...notes], unset };
}

/** Each once; an attribute that is not set with where it is to be set. */
function told(lacks: readonly Lack[], unset: ReadonlyMap<string, Lack[]>): Lack[] {
  const all = lacks.flatMap((l) => (l.reason === 'no_attribute' ? (unset.get(l.what) ?? [l]) : [l]));
  return [...new Map(all.map((l) => [`${l.reason} ${l.what} ${l.node ?? ''}`, l])).values()];
}
