import { metersBy, metersOfItems } from '../../conservation/ground.ts';
import { type Series, seriesOf } from '../../conservation/series.ts';
import type { AnyMeter, Estate } from '../../domain/estate.ts';
import type { Policy } from '../../domain/policy.ts';

/** A machine room of an institution; each is a record of the form. */
export interface Room {
  name: string;
  /** The node whose attributes say its area, power and UPS. */
  attributes: string;
  total: Series;
  /** Null: nothing measures it apart. */
  it: Series | null;
  cooling: Series | null;
}

/**
 * The machine rooms by the meters that measure all of one: those that the settings name, or else those of the
 * sub-item 01D10. Meters at one node are one room.
 */
export function roomsOf(estate: Estate, policy: Policy, node: string): Room[] {
  const electric = (meters: readonly AnyMeter[]): AnyMeter[] =>
    meters.filter((m) => m.carrier === 'electricity');
  const chosen = electric(metersBy(estate, policy, node, 'machine_room_meters'));
  const totals = estate.topmost(
    chosen.length > 0 ? chosen : electric(metersOfItems(estate, node, ['01D10'])),
  );
  const named = electric(metersBy(estate, policy, node, 'it_meters'));
  const it = named.length > 0 ? named : electric(metersOfItems(estate, node, ['01D1A']));
  const cooling = electric(metersOfItems(estate, node, ['01D1B']));
  const rooms = Map.groupBy(totals, (m) => m.node);
  return [...rooms].map(([at, meters]) => {
    const inRoom = (of: readonly AnyMeter[]): Series | null => {
      const own = of.filter((m) => !meters.includes(m) && belongs(estate, m, at, meters));
      return own.length === 0 ? null : seriesOf(estate, node, estate.topmost(own));
    };
    const [only] = meters;
    return {
      name: (rooms.size > 1 || estate.node(at)?.kind === 'space' ? estate.node(at)?.name : only?.name) ?? at,
      // Where there is only one room, what is set for the institution is of it.
      attributes: rooms.size > 1 || estate.node(at)?.attributes.machine_room_area_m2 ? at : node,
      total: seriesOf(estate, node, meters),
      it: inRoom(it),
      cooling: inRoom(cooling),
    };
  });
}

/** Whether a meter is downstream of one of the room's, or stands at the same node. */
function belongs(estate: Estate, meter: AnyMeter, at: string, meters: readonly AnyMeter[]): boolean {
  if (meter.node === at) return true;
  for (let up = meter.parent; up !== null; ) {
    if (meters.some((m) => m.id === up)) return true;
    up = (estate.meter(up) ?? estate.virtual(up))?.parent ?? null;
  }
  return false;
}
