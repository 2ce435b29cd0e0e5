import type { Carrier, RegisterKind } from '../domain/meter.ts';

/** Units of quantity (of temperature, for a temperature) per carrier; the first is the default. */
const UNITS: Record<Carrier, readonly string[]> = {
  electricity: ['kWh', 'MWh', 'Wh'],
  pv: ['kWh', 'MWh', 'Wh'],
  water: ['m³', 't', 'L'],
  gas: ['m³', 'kWh', 'MWh'],
  heat: ['GJ', 'MJ', 'kWh', 'MWh'],
  cooling: ['kWh', 'MWh', 'GJ', 'MJ'],
  coal: ['t', 'kg'],
  gasoline: ['L', 't', 'kg'],
  diesel: ['L', 't', 'kg'],
  lpg: ['kg', 't', 'L', 'm³'],
  other: [],
  outdoor_temperature: ['°C'],
  indoor_temperature: ['°C'],
};

const SPELLINGS: Record<string, string> = {
  m3: 'm³',
  '㎥': 'm³',
  '℃': '°C',
  KWh: 'kWh',
  kwh: 'kWh',
  KW: 'kW',
  kw: 'kW',
};

/** Power × time is a quantity in the carrier's units; its default first. */
const POWER_UNITS: Partial<Record<Carrier, readonly string[]>> = {
  electricity: ['kW', 'MW', 'W'],
  pv: ['kW', 'MW', 'W'],
  heat: ['kW', 'MW', 'W'],
  cooling: ['kW', 'MW', 'W'],
  other: [],
};

/**
 * Accepted units of what a meter shows, the default first; empty: any.
 * @returns null where a carrier is not counted with a register of that kind.
 */
export function unitsOf(carrier: Carrier, register: RegisterKind): readonly string[] | null {
  return register === 'power' ? (POWER_UNITS[carrier] ?? null) : UNITS[carrier];
}

/** One spelling for each unit, so that equal units are equal strings. */
export function spellUnit(unit: string): string {
  return Object.hasOwn(SPELLINGS, unit) ? (SPELLINGS[unit] as string) : unit;
}
