import type { Carrier } from '../domain/meter.ts';

/** Units of quantity per carrier; the first is the default. */
const UNITS: Record<Carrier, readonly string[]> = {
  electricity: ['kWh', 'MWh', 'Wh'],
  pv: ['kWh', 'MWh', 'Wh'],
  water: ['m³', 't', 'L'],
  gas: ['m³'],
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

const SPELLINGS: Record<string, string> = { m3: 'm³', '㎥': 'm³', '℃': '°C', KWh: 'kWh', kwh: 'kWh' };

/** Accepted units of a carrier; empty: any. The unit is that of the quantity, also of a power register. */
export function unitsOf(carrier: Carrier): readonly string[] {
  return UNITS[carrier];
}

/** One spelling for each unit, so that equal units are equal strings. */
export function spellUnit(unit: string): string {
  return Object.hasOwn(SPELLINGS, unit) ? (SPELLINGS[unit] as string) : unit;
}
