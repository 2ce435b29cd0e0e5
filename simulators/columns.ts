import { CARRIERS, type Carrier } from '../server/domain/meter.ts';

/** Which column of a building's file belongs to which meter. */
export interface Column {
  column: string;
  meter: string;
  carrier: Carrier;
  unit: string;
  /** The building that the meter stands in. */
  node: string;
}

const UNITS: Partial<Record<Carrier, string>> = {
  electricity: 'kWh',
  pv: 'kWh',
  water: 'm³',
  gas: 'm³',
  heat: 'GJ',
  cooling: 'GJ',
  outdoor_temperature: '°C',
  indoor_temperature: '°C',
};
const ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Reads `column=meter[,carrier=C][,unit=U][,node=N]`. A replay needs the first part alone; the rest goes into
 * an estate file. Without them: electricity, the carrier's usual unit, one building named `building`.
 * @throws Error that names the part at fault.
 */
export function parseColumn(text: string): Column {
  const cut = text.indexOf('=');
  if (cut < 1) throw new Error(`"${text}": expected column=meter`);
  const [meter = '', ...rest] = text.slice(cut + 1).split(',');
  const given: Record<string, string> = {};
  for (const part of rest) {
    const [key = '', value = ''] = part.split('=');
    if (!['carrier', 'unit', 'node'].includes(key) || value === '') {
      throw new Error(`"${text}": "${part}" is none of carrier=…, unit=…, node=…`);
    }
    given[key] = value;
  }
  const carrier = CARRIERS.find((c) => c === (given.carrier ?? 'electricity'));
  if (!carrier) throw new Error(`"${text}": carrier "${given.carrier}" is none of ${CARRIERS.join(', ')}`);
  const node = given.node ?? 'building';
  for (const id of [meter, node]) {
    if (!ID.test(id)) throw new Error(`"${text}": id "${id}" must be 1–64 of A–Z a–z 0–9 . _ -`);
  }
  return { column: text.slice(0, cut), meter, carrier, unit: given.unit ?? UNITS[carrier] ?? 'kWh', node };
}
