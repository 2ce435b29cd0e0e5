import type { Classification } from './classification.ts';

/** Metering points and the tree they stand in, as plain data. */

export const CARRIERS = [
  'electricity',
  'water',
  'gas',
  'heat',
  'cooling',
  'coal',
  'gasoline',
  'diesel',
  'lpg',
  'pv',
  'other',
  'outdoor_temperature',
  'indoor_temperature',
] as const;
export type Carrier = (typeof CARRIERS)[number];

/** cumulative: a display that counts up. interval: the quantity of one interval. power: integrated over
 * time. gauge: averaged over time, never summed. */
export const REGISTER_KINDS = ['cumulative', 'interval', 'power', 'gauge'] as const;
export type RegisterKind = (typeof REGISTER_KINDS)[number];

export const NODE_KINDS = ['region', 'institution', 'building', 'space'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Whether the time of an interval reading names the interval's start or its end. */
export type IntervalLabel = 'start' | 'end';

/** The life of one physical device at one metering point. */
export interface Epoch {
  /** First instant, epoch ms; null: since ever. */
  from: number | null;
  /** First instant after it; null: still in force. */
  to: number | null;
  /** Register at `from`; null when nobody wrote it down. */
  initial: number | null;
  /** Register at `to`; null when nobody wrote it down, or the epoch is still in force. */
  final: number | null;
  /** CT × PT, or litres per pulse: quantity in the meter's unit = register × multiplier. */
  multiplier: number;
  /** The register returns to 0 there; null: not known. */
  rolloverAt: number | null;
  /** Highest plausible consumption per hour in the meter's unit, after the multiplier; null: not known. */
  maxRate: number | null;
  /** The device of the epoch before, and its register goes on: other transformers, another ceiling. */
  continues: boolean;
  note: string | null;
  /** Who wrote the epoch down, and when, epoch ms; null: it came with the meter. */
  recordedBy: string | null;
  recordedAt: number | null;
}

/** Whether a meter counts what is used, or what is fed back to the supplier, which is subtracted. */
export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A ceiling learned from the meter's own history. A recorded input like one that a person wrote down. */
export interface LearnedCeiling {
  /** Quantity per hour in the meter's unit. */
  rate: number;
  /** epoch ms */
  learnedAt: number;
  /** The readings it was learned from: their first and last instant and how many advances between them. */
  from: number;
  to: number;
  steps: number;
}

/** Something that a person stated about a meter; never edited, only withdrawn. */
interface Statement {
  no: number;
  reason: string;
  recordedBy: string;
  /** epoch ms */
  recordedAt: number;
}

/** A register read by eye. */
export interface ManualReading extends Statement {
  time: number;
  value: number;
}

/** What a person says was used between two instants of which no meter tells. */
export interface Estimate extends Statement {
  from: number;
  to: number;
  /** In the meter's unit, after the multiplier. */
  quantity: number;
}

export interface Meter {
  /** Small stable number that journal and time series use for the meter; given by the catalogue. */
  no: number;
  id: string;
  name: string;
  node: string;
  carrier: Carrier;
  /** Sub-item code (分项), e.g. 01A10; null: none. */
  item: string | null;
  /** The meter upstream of this one. */
  parent: string | null;
  register: RegisterKind;
  unit: string;
  /** Expected time between readings, s. */
  intervalS: number;
  intervalLabel: IntervalLabel;
  /** Device address by which a payload profile names the meter; null: by its id. */
  address: string | null;
  direction: Direction;
  /** A counter that starts again at 0 when its power returns, as pulse counters in gateways do. */
  volatile: boolean;
  learned: LearnedCeiling | null;
  /** In order of time; what was withdrawn is not here. */
  manual: ManualReading[];
  /** In order of their start; what was withdrawn is not here. */
  estimates: Estimate[];
  /** At least one, in order of time, without overlap. */
  epochs: Epoch[];
}

/**
 * A meter that exists only as a sum and difference of others, e.g. what no sub-meter accounts for:
 * main − Σ sub-meters. It stands at a node and may have an upstream meter like any other.
 */
export interface VirtualMeter {
  id: string;
  name: string;
  node: string;
  carrier: Carrier;
  item: string | null;
  parent: string | null;
  /** Ids of meters, virtual ones among them. */
  plus: string[];
  minus: string[];
}

/** A value that holds from a date on, until the next one of the same attribute. */
export interface DatedValue {
  from: string;
  value: number;
  /** Where it comes from, e.g. a document. */
  source?: string;
}

export interface Node {
  id: string;
  name: string;
  kind: NodeKind;
  parent: string | null;
  /** Attribute name (floor_area_m2, people, …) → values in order of their date. */
  attributes: Record<string, DatedValue[]>;
  /** Absent: nobody said anything. */
  classification?: Classification;
}

export interface Gateway {
  id: string;
  name: string;
  node: string | null;
}

/** The epoch in force at an instant, or null. */
export function epochAt(meter: Meter, at: number): Epoch | null {
  for (let i = meter.epochs.length - 1; i >= 0; i--) {
    const e = meter.epochs[i] as Epoch;
    if ((e.from === null || at >= e.from) && (e.to === null || at < e.to)) return e;
  }
  return null;
}
