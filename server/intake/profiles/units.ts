/**
 * Conversion between the units that devices send and the units of meters. Factors are kept as fractions of
 * whole numbers, so that Wh → kWh is one division and 3003.4 Wh are 3.0034 kWh to the last digit.
 */

type Quantity = 'energy' | 'power' | 'volume' | 'mass' | 'temperature' | 'apparent' | 'reactive' | 'pressure';

interface Unit {
  quantity: Quantity;
  /** value in the base unit = value × times / by + plus */
  times: number;
  by: number;
  plus: number;
}

const unit = (quantity: Quantity, times = 1, by = 1, plus = 0): Unit => ({ quantity, times, by, plus });

/** Base units: kWh, kW, m³, kg, °C, kVA, kvar, kPa. 1 kWh = 3.6 MJ; 1 kcal = 4.1868 kJ (IT calorie). */
const UNITS: ReadonlyMap<string, Unit> = new Map([
  ['wh', unit('energy', 1, 1000)],
  ['kwh', unit('energy')],
  ['mwh', unit('energy', 1000)],
  ['gwh', unit('energy', 1_000_000)],
  ['wmin', unit('energy', 1, 60_000)],
  ['j', unit('energy', 1, 3_600_000)],
  ['ws', unit('energy', 1, 3_600_000)],
  ['kj', unit('energy', 1, 3600)],
  ['mj', unit('energy', 10, 36)],
  ['gj', unit('energy', 10_000, 36)],
  ['kcal', unit('energy', 41_868, 36_000_000)],
  ['mcal', unit('energy', 41_868, 36_000)],
  ['gcal', unit('energy', 41_868, 36)],
  ['w', unit('power', 1, 1000)],
  ['kw', unit('power')],
  ['mw', unit('power', 1000)],
  ['va', unit('apparent', 1, 1000)],
  ['kva', unit('apparent')],
  ['var', unit('reactive', 1, 1000)],
  ['kvar', unit('reactive')],
  ['l', unit('volume', 1, 1000)],
  ['hl', unit('volume', 1, 10)],
  ['m3', unit('volume')],
  ['g', unit('mass', 1, 1000)],
  ['kg', unit('mass')],
  ['t', unit('mass', 1000)],
  ['c', unit('temperature')],
  ['k', unit('temperature', 1, 1, -273.15)],
  ['f', unit('temperature', 5, 9, -160 / 9)],
  ['pa', unit('pressure', 1, 1000)],
  ['hpa', unit('pressure', 1, 10)],
  ['kpa', unit('pressure')],
  ['mpa', unit('pressure', 1000)],
  ['bar', unit('pressure', 100)],
]);

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['度', 'kwh'],
  ['千瓦时', 'kwh'],
  ['千瓦', 'kw'],
  ['瓦', 'w'],
  ['升', 'l'],
  ['liter', 'l'],
  ['litre', 'l'],
  ['m³', 'm3'],
  ['m^3', 'm3'],
  ['nm3', 'm3'],
  ['立方米', 'm3'],
  ['℃', 'c'],
  ['°c', 'c'],
  ['degc', 'c'],
  ['摄氏度', 'c'],
  ['°f', 'f'],
  ['℉', 'f'],
  ['吨', 't'],
  ['千克', 'kg'],
  ['公斤', 'kg'],
]);

/** One spelling for the spellings of a unit: kW·h, KWH and 度 are all kwh. */
function normal(name: string): string {
  const plain = name.trim().toLowerCase().replaceAll('·', '').replaceAll('*', '').replaceAll(' ', '');
  return OTHER_NAMES.get(plain) ?? plain;
}

/**
 * @returns the value in the other unit, or null where one cannot become the other. Two units that are
 * unknown here are the same when they are spelled the same.
 */
export function convert(value: number, from: string, to: string): number | null {
  if (from === to) return value;
  const a = normal(from);
  const b = normal(to);
  if (a === b) return value;
  const source = UNITS.get(a);
  const target = UNITS.get(b);
  if (!source || !target || source.quantity !== target.quantity) return null;
  const times = source.times * target.by;
  const by = source.by * target.times;
  const shift = ((source.plus - target.plus) * target.by) / target.times;
  return tidy((value * times) / by + shift);
}

/** Drops the noise of binary arithmetic behind the 15th digit: 0.1 + 0.2 is 0.3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(15));
}
