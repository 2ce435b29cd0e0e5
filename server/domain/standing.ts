import type { Lack } from './indicator.ts';
import type { Carrier } from './meter.ts';
import { type Correction, METRIC_RULES, type Quota } from './quota.ts';

/** Where an institution stands against a quota, with every line of the calculation. */

/** An amount of one carrier, in the unit in which it is metered. */
export interface Used {
  /** Meter, node or exclusion; null: the institution itself. */
  what: string | null;
  carrier: Carrier;
  amount: number;
  unit: string;
  /** kgce of one `unit` by the quota's scheme; null: the scheme has none. */
  kgce: number | null;
}

/** Everything measured that a standing is computed from, over one year. */
export interface Ground {
  /** All that the institution used. A carrier whose coefficient changed within the year has a line for each. */
  used: readonly Used[];
  /** The part of it that heats. */
  heating: readonly Used[];
  /** The part of it that moves vehicles. */
  transport: readonly Used[];
  /** The part of it that is measured apart, neither heating nor transport. */
  apart: readonly Used[];
  /** Floor area of what is measured apart, m². */
  apartArea: readonly { what: string; m2: number }[];
  /** Time-weighted over the year; null: not set. */
  floorAreaM2: number | null;
  heatedAreaM2: number | null;
  people: number | null;
  /** Hours of use in the year; null: not set. */
  useHours: number | null;
  /** What is to come in a year that runs, in the unit of the numerator; null: it is over. */
  projected: number | null;
  /** Electricity of the machine rooms and of the IT equipment in them, kWh; null: not measured. */
  machineRoom: { total: number; it: number } | null;
}

export const STEPS = [
  'used',
  'heating',
  'transport',
  'apart',
  'projected',
  'numerator',
  'area',
  'area_apart',
  'people',
  'it',
  'denominator',
  'quotient',
  'use_hours',
  'density',
] as const;

/**
 * A line of the calculation: result = amount × times, with its sign. used, heating, transport, apart and what is
 * projected to the end of a year that runs add up to the numerator; area, area_apart, people and it to the denominator; quotient is one by the other; what
 * follows multiplies the line before.
 */
export interface Step {
  step: (typeof STEPS)[number];
  what: string | null;
  carrier: Carrier | null;
  amount: number;
  unit: string;
  /** Null: nothing to multiply with. */
  times: number | null;
  result: number;
  resultUnit: string;
}

export const VERDICTS = ['within_leading', 'within_base', 'within_constraint', 'above_constraint'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const NOTES = [
  /** Less than 90 % of the time is measured. */
  'completeness',
  /** Changed by more than 10 % since the period compared with. */
  'area_changed',
  'people_changed',
  /** An attribute is set for a part of the period only. */
  'partly_set',
  /** There is nothing of the kind that it limits, such as a machine room. */
  'not_applicable',
  /** Computed in another coefficient scheme than what it is compared with. */
  'other_scheme',
  /** Measured apart, but its area is not set, so neither was subtracted. */
  'apart_without_area',
  /** Could be subtracted, but nothing measures it apart. */
  'apart_unmeasured',
  /** Measured in a part of the year only, and subtracted for that part. */
  'partly_measured',
  /** Nothing says what heats, so nothing was subtracted. */
  'heating_unmeasured',
  /** A correction of the standard that was not applied: hours of use are not set, or nobody confirmed it. */
  'uncorrected',
  /** A carrier that was used and does not count in electricity. */
  'not_converted',
  /** The row of the quota is not confirmed. */
  'unconfirmed',
  /** A person chose a row that is for others than the classification says. */
  'misfit',
] as const;
export interface Note {
  note: (typeof NOTES)[number];
  what: string;
}

export interface Standing {
  /** In the quota's unit; null: `lacks` says why. */
  value: number | null;
  verdict: Verdict | null;
  /** 0 at the leading value, 1 at the constraint value; null where the quota has no way between them. */
  way: number | null;
  /** What has to be saved in the year to come down to each value, in `excessUnit`; below 0: what is left. */
  excess: { constraint: number | null; base: number | null; leading: number | null };
  excessUnit: string | null;
  steps: Step[];
  lacks: Lack[];
  notes: Note[];
}

/** Computes a standing; the same ground and row give the same one, to be checked by hand. */
export function standingOf(quota: Quota, ground: Ground): Standing {
  const notes: Note[] =
    quota.source.confidence === 'unconfirmed' ? [{ note: 'unconfirmed', what: quota.id }] : [];
  const above = numeratorOf(quota, ground, notes);
  const below = denominatorOf(quota, ground);
  const lacks = [...above.lacks, ...below.lacks];
  const numerator = total(above.steps);
  const denominator = total(below.steps);
  if (lacks.length === 0 && numerator < 0) lacks.push({ reason: 'contradiction', what: 'consumption' });
  if (lacks.length === 0 && denominator <= 0) lacks.push({ reason: 'contradiction', what: below.what });
  const steps = [...above.steps, ...below.steps];
  if (lacks.length > 0) {
    const excess = { constraint: null, base: null, leading: null };
    return { value: null, verdict: null, way: null, excess, excessUnit: null, steps, lacks, notes };
  }
  const sum = (step: 'numerator' | 'denominator', result: number, unit: string): Step =>
    line(step, null, null, result, unit, null, result, unit);
  steps.splice(above.steps.length, 0, sum('numerator', numerator, above.unit));
  steps.push(sum('denominator', denominator, below.unit));
  const raw = numerator / denominator;
  steps.push(line('quotient', null, null, numerator, above.unit, 1 / denominator, raw, quota.unit));

  const gamma = corrected(quota, ground, raw, steps, notes);
  const value = raw * gamma;
  const { constraint, base, leading } = quota.values;
  const over = (limit: number | null): number | null =>
    limit === null ? null : ((value - limit) / gamma) * denominator;
  return {
    value,
    verdict: verdictOf(quota, value),
    way: leading === null || leading === constraint ? null : (value - leading) / (constraint - leading),
    excess: { constraint: over(constraint), base: over(base), leading: over(leading) },
    excessUnit: above.unit,
    steps,
    lacks,
    notes,
  };
}

/** A value that a limit is reached with is still within it. */
export function verdictOf({ values }: Pick<Quota, 'values'>, value: number): Verdict {
  if (values.leading !== null && value <= values.leading) return 'within_leading';
  if (values.base !== null && value <= values.base) return 'within_base';
  return value <= values.constraint ? 'within_constraint' : 'above_constraint';
}

interface Part {
  steps: Step[];
  unit: string;
  lacks: Lack[];
}

function numeratorOf(quota: Quota, ground: Ground, notes: Note[]): Part {
  const { of, part } = METRIC_RULES[quota.metric];
  if (of === 'machine_room') {
    const room = ground.machineRoom;
    if (!room) return { steps: [], unit: 'kWh', lacks: [{ reason: 'no_meter', what: 'machine_room' }] };
    const { total: all } = room;
    return {
      steps: [line('used', null, 'electricity', all, 'kWh', null, all, 'kWh')],
      unit: 'kWh',
      lacks: [],
    };
  }
  const unit = of === 'energy' ? 'kgce' : of === 'water' ? 'm³' : 'kWh';
  const lacks: Lack[] = [];
  const lines = (
    step: 'used' | 'heating' | 'transport' | 'apart',
    sign: 1 | -1,
    list: readonly Used[],
  ): Step[] =>
    list.flatMap((used) => {
      if (!counts(of, used)) return [];
      const times = of === 'energy' ? used.kgce : null;
      if (of === 'energy' && times === null) {
        // What was not used needs no coefficient.
        if (used.amount !== 0) lacks.push({ reason: 'no_coefficient', what: used.carrier });
        return [];
      }
      const result = sign * used.amount * (times ?? 1);
      return [line(step, used.what, used.carrier, used.amount, used.unit, times, result, unit)];
    });
  const steps = part === 'heating' ? lines('heating', 1, ground.heating) : lines('used', 1, ground.used);
  if (steps.length === 0 && lacks.length === 0) {
    lacks.push({ reason: 'no_data', what: part === 'heating' ? 'heating' : of });
  }
  if (part === 'non_heating') {
    const heats = ground.heating.filter((u) => counts(of, u));
    if (heats.length === 0) notes.push({ note: 'heating_unmeasured', what: of });
    steps.push(...lines('heating', -1, heats), ...lines('transport', -1, ground.transport));
  }
  if (part !== 'heating' && quota.exclusions.length > 0) steps.push(...lines('apart', -1, ground.apart));
  if (ground.projected !== null) {
    const { projected } = ground;
    steps.push(line('projected', null, null, projected, unit, null, projected, unit));
  }
  if (quota.metric === 'non_heating_electricity_per_m2') {
    // GB/T 51161 counts gas and cooling in electricity too; by which figures is not known here.
    for (const { carrier, amount } of ground.used) {
      if (
        amount !== 0 &&
        (carrier === 'gas' || carrier === 'cooling' || carrier === 'coal' || carrier === 'lpg')
      ) {
        notes.push({ note: 'not_converted', what: carrier });
      }
    }
  }
  return { steps, unit, lacks: distinct(lacks) };
}

/** Electricity from the own roof is used like any other; water is energy only where the scheme says so. */
function counts(of: 'energy' | 'electricity' | 'water', { carrier, kgce }: Used): boolean {
  if (of === 'water') return carrier === 'water';
  if (of === 'electricity') return carrier === 'electricity' || carrier === 'pv';
  if (carrier === 'water') return kgce !== null;
  return carrier !== 'outdoor_temperature' && carrier !== 'indoor_temperature';
}

function denominatorOf(quota: Quota, ground: Ground): Part & { what: string } {
  const { per } = METRIC_RULES[quota.metric];
  const none = (what: string, unit: string): Part & { what: string } => ({
    steps: [],
    unit,
    lacks: [{ reason: 'no_attribute', what }],
    what,
  });
  if (per === null) {
    const it = ground.machineRoom?.it ?? 0;
    const steps = [line('it', null, 'electricity', it, 'kWh', null, it, 'kWh')];
    return { steps, unit: 'kWh', lacks: [], what: 'it_equipment' };
  }
  if (per === 'people') {
    if (ground.people === null) return none(per, 'p');
    return {
      steps: [line('people', per, null, ground.people, 'p', null, ground.people, 'p')],
      unit: 'p',
      lacks: [],
      what: per,
    };
  }
  const m2 = per === 'floor_area_m2' ? ground.floorAreaM2 : ground.heatedAreaM2;
  if (m2 === null) return none(per, 'm²');
  const steps = [line('area', per, null, m2, 'm²', null, m2, 'm²')];
  if (per === 'floor_area_m2' && quota.exclusions.length > 0) {
    for (const apart of ground.apartArea) {
      steps.push(line('area_apart', apart.what, null, apart.m2, 'm²', null, -apart.m2, 'm²'));
    }
  }
  return { steps, unit: 'm²', lacks: [], what: per };
}

/** Adds a line for each correction that is applied. @returns what all of them multiply the value with */
function corrected(quota: Quota, ground: Ground, raw: number, steps: Step[], notes: Note[]): number {
  let gamma = 1;
  for (const correction of quota.corrections) {
    const by = correction.on ? factorOf(correction, ground) : null;
    if (!by) {
      notes.push({ note: 'uncorrected', what: correction.kind });
      continue;
    }
    gamma *= by.times;
    steps.push(line(correction.kind, null, null, by.amount, by.unit, by.times, raw * gamma, quota.unit));
  }
  return gamma;
}

/** @returns null where what it needs is not set */
function factorOf(
  { kind, base }: Correction,
  { useHours, floorAreaM2, people }: Ground,
): { amount: number; unit: string; times: number } | null {
  if (kind === 'use_hours') {
    if (useHours === null || useHours <= 0) return null;
    return { amount: useHours, unit: 'h', times: 0.3 + 0.7 * (base / useHours) };
  }
  if (floorAreaM2 === null || people === null || people <= 0) return null;
  const each = floorAreaM2 / people;
  return { amount: each, unit: 'm²/p', times: 0.7 + 0.3 * (each / base) };
}

function line(
  step: Step['step'],
  what: string | null,
  carrier: Carrier | null,
  amount: number,
  unit: string,
  times: number | null,
  result: number,
  resultUnit: string,
): Step {
  return { step, what, carrier, amount, unit, times, result, resultUnit };
}

function total(steps: readonly Step[]): number {
  return steps.reduce((sum, s) => sum + s.result, 0);
}

function distinct(lacks: readonly Lack[]): Lack[] {
  return [...new Map(lacks.map((l) => [`${l.reason} ${l.what}`, l])).values()];
}
