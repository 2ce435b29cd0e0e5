import { dateOf } from '../domain/attribute.ts';
import { COMPLETENESS_LIMIT } from '../domain/comparison.ts';
import { type ExplanationState, explanationId, stateOf } from '../domain/explanation.ts';
import type { Lack } from '../domain/indicator.ts';
import { type Correction, METRIC_RULES, type Metric, type Quota, type QuotaChoice } from '../domain/quota.ts';
import {
  type Ground,
  type Note,
  type Standing,
  standingOf,
  type Verdict,
  verdictOf,
} from '../domain/standing.ts';
import type { Zone } from '../domain/time.ts';
import { attributeOf } from './attributes.ts';
import { schemeLack } from './conversion.ts';
import { type Measured, measuredFor, type Sources } from './ground.ts';
import { type Heat, hasMachineRoom, heatsOf } from './presence.ts';
import type { Apart } from './quota-lines.ts';
import type { Project, Projection } from './quota-projection.ts';
import { QuotaRows } from './quota-rows.ts';
import type { Span } from './spans.ts';

/** A year that a quota can be held against: twelve whole months. */
export interface QuotaYear extends Span {
  /** The calendar year; null: the past 12 months. */
  year: number | null;
  /** End of the last full day of a year that still runs, and how its figures go on; absent: it is over. */
  running?: { until: number; project: Project };
}

/** The end of a year that runs as it is projected: what was used is certain, what is to come is a forecast. */
export interface ProjectedEnd extends Omit<Projection, 'margin'> {
  /** So far, in `unit`. */
  actual: number;
  /** Of the numerator. */
  unit: string;
  /** Bounds that 80 of 100 years end within, in the quota's unit; null: no error is known. */
  low: number | null;
  high: number | null;
  verdictLow: Verdict | null;
  verdictHigh: Verdict | null;
}

/** Where a node stands in one metric. */
export interface Position extends Standing {
  node: string;
  metric: Metric;
  choice: QuotaChoice;
  /** Null: no row was chosen, `choice` and `lacks` say why. */
  quota: Quota | null;
  /** False: the institution has nothing of what the metric limits, so that it cannot be above it. */
  applies: boolean;
  /** Of a metric of heating: what heats there, by its meters, for whoever has to choose the row. */
  heats: Heat[];
  completeness: number;
  /** Of a year that runs, and where there is a value; else null. */
  projection: ProjectedEnd | null;
  /** Of a calendar year above the constraint value, or once explained; else null. */
  explanation: { id: string; state: ExplanationState } | null;
}

/** The year that runs, up to the last full day. */
export function runningQuotaYear(zone: Zone, now: number, project: Project): QuotaYear {
  const from = zone.startOf('year', now);
  const until = zone.startOf('day', now);
  return { from, to: zone.next('year', from), year: zone.wall(now).year, running: { until, project } };
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
  const heats = METRIC_RULES[metric].part === 'heating' ? heatsOf(estate, policy, node) : [];
  const applies = METRIC_RULES[metric].of !== 'machine_room' || hasMachineRoom(estate, policy, node, year);
  const base = { node, metric, choice, applies, heats, completeness: 0, projection: null, explanation: null };
  if (!applies) {
    const quota = choice.state === 'chosen' ? choice.quota : null;
    const notes: Note[] = [{ note: 'not_applicable', what: METRIC_RULES[metric].of }];
    return { ...NOWHERE, ...base, quota, notes };
  }
  if (choice.state !== 'chosen') return { ...NOWHERE, ...base, quota: null, lacks: open(choice) };
  const { quota } = choice;
  const { ground, completeness, lacks, notes, unset, projected } = await groundOf(sources, node, quota, year);
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
  const id = year.year === null || year.running ? null : explanationId(node, year.year, quota.id);
  const written = id === null ? undefined : policy.get('explanation', id);
  const due = written !== undefined || standing.verdict === 'above_constraint';
  return {
    ...base,
    ...standing,
    quota,
    completeness,
    lacks: told([...lacks, ...standing.lacks], unset),
    notes,
    projection: projected && endOf(quota, standing, projected),
    explanation: id !== null && due ? { id, state: stateOf(written) } : null,
  };
}

/** The interval of the value is that of its numerator; what was used so far is certain. */
function endOf(
  quota: Quota,
  { value, steps, excessUnit }: Standing,
  { margin, ...projection }: Projection,
): ProjectedEnd | null {
  const total = steps.find((s) => s.step === 'numerator')?.result;
  if (value === null || total === undefined || projection.rest === null) return null;
  const before = steps.slice(
    0,
    steps.findIndex((s) => s.step === 'projected'),
  );
  const actual = before.reduce((sum, s) => sum + s.result, 0);
  const at = (numerator: number): number => (total === 0 ? value : (value * numerator) / total);
  const low = margin === null ? null : at(Math.max(actual, total - margin));
  const high = margin === null ? null : at(total + margin);
  return {
    ...projection,
    actual,
    unit: excessUnit ?? '',
    low,
    high,
    verdictLow: low === null ? null : verdictOf(quota, low),
    verdictHigh: high === null ? null : verdictOf(quota, high),
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
  if (choice.state === 'several') return [{ reason: 'no_quota', what: namesOf(choice.candidates) }];
  return [{ reason: 'no_quota', what: choice.state === 'lost' ? choice.id : choice.state }];
}

/** What tells rows apart that all fit: how it is heated, or else their standards. */
function namesOf(rows: readonly Quota[]): string {
  return [...new Set(rows.map((q) => q.variant ?? q.standard))].join(', ');
}

interface Grounded {
  ground: Ground;
  completeness: number;
  /** What makes the year none. */
  lacks: Lack[];
  notes: Note[];
  /** Of a year that runs; null: it is over, or a ratio that stands as it is. */
  projected: Projection | null;
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
  const { running } = year;
  const stays = (apart: Apart): boolean => areaOf(apart) === null;
  const until = (to: number): Promise<Measured> =>
    measuredFor(sources, node, quota, { from: year.from, to }, stays);
  let measured = await until(running?.until ?? year.to);
  // Months that nobody has read yet are to come like those after them.
  const { knownUntil } = measured;
  if (running && year.from < knownUntil && knownUntil < running.until) measured = await until(knownUntil);
  const projected =
    running && measured.lines ? await running.project(node, quota, measured.lines, knownUntil) : null;
  for (const apart of measured.apart) {
    if (areaOf(apart) === null) notes.push({ note: 'apart_without_area', what: apart.what });
  }
  const { per } = METRIC_RULES[quota.metric];
  const corrects = (kind: Correction['kind']): boolean =>
    quota.corrections.some((c) => c.on && c.kind === kind);
  const when = (needed: boolean, name: string): number | null => (needed ? attribute(node, name) : null);
  const ground: Ground = {
    ...measured.amounts,
    projected: projected?.rest ?? null,
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
  if (projected?.rest === null) lacks.push(...projected.lacks);
  const { completeness } = measured;
  return { ground, completeness, lacks, notes: [...measured.notes, ...notes], projected, unset };
}

/** Each once; an attribute that is not set with where it is to be set. */
function told(lacks: readonly Lack[], unset: ReadonlyMap<string, Lack[]>): Lack[] {
  const all = lacks.flatMap((l) => (l.reason === 'no_attribute' ? (unset.get(l.what) ?? [l]) : [l]));
  return [...new Map(all.map((l) => [`${l.reason} ${l.what} ${l.node ?? ''}`, l])).values()];
}
