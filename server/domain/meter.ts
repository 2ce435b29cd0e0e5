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
  note: string | null;
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
  /** At least one, in order of time, without overlap. */
  epochs: Epoch[];
}

/** A value that holds from a date on, until the next one of the same attribute. */
export interface DatedValue {
  from: string;
  value: number;
}

export interface Node {
  id: string;
  name: string;
  kind: NodeKind;
  parent: string | null;
  /** Attribute name (floor_area_m2, people, …) → values in order of their date. */
  attributes: Record<string, DatedValue[]>;
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
