import { Zone } from '../domain/time.ts';

const known = new Map<string, Zone>();
const KEPT = 16;

/**
 * The zone of a name. Looking up its offset changes takes tens of milliseconds, so those used are kept.
 * @throws RangeError when the name is not an IANA time zone.
 */
export function zoneOf(name: string): Zone {
  let zone = known.get(name);
  if (!zone) {
    zone = new Zone(name);
    if (known.size >= KEPT) known.clear();
    known.set(name, zone);
  }
  return zone;
}
