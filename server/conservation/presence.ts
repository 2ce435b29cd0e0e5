import type { Estate } from '../domain/estate.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Policy } from '../domain/policy.ts';
import { attributeOf } from './attributes.ts';
import { metersBy, metersOfItems } from './chosen-meters.ts';
import type { Span } from './spans.ts';

/** What there is at a node at all: without it a figure is not unknown, it does not apply. */

/** Sub-items of machine rooms and of the IT equipment in them. */
export const MACHINE_ROOM_ITEM = '01D10';
export const IT_ITEM = '01D1A';

/** Whether a meter or an area says that there is a machine room. */
export function hasMachineRoom(estate: Estate, policy: Policy, node: string, span: Span): boolean {
  return (
    metersBy(estate, policy, node, 'machine_room_meters').length > 0 ||
    metersBy(estate, policy, node, 'it_meters').length > 0 ||
    metersOfItems(estate, node, [MACHINE_ROOM_ITEM, IT_ITEM]).length > 0 ||
    (attributeOf(estate, node, 'machine_room_area_m2', span).value ?? 0) > 0
  );
}

/** Something that heats: what it is heated with, and whether a setting named the meters. */
export interface Heat {
  carrier: Carrier;
  named: boolean;
}

/** What heats at a node, by its meters and by what is booked. */
export function heatsOf(estate: Estate, policy: Policy, node: string): Heat[] {
  const own = metersBy(estate, policy, node, 'heating_meters').map((m) => m.carrier);
  const heat = estate.carriers(node).includes('heat') || estate.booked(node).has('heat');
  return [
    ...(heat ? [{ carrier: 'heat' as const, named: false }] : []),
    ...[...new Set(own)].map((carrier) => ({ carrier, named: true })),
  ];
}
