import type { Estate } from './estate.ts';

/** Whose readings a credential is for: a meter that sends for itself, a gateway, or topics of a payload profile. */
export const DEVICE_KINDS = ['meter', 'gateway', 'topics'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** What sends readings, as it signs in at the broker. Its secret is not here. */
export interface Device {
  no: number;
  /** User name. */
  name: string;
  kind: DeviceKind;
  /** Id of the meter or gateway; null for topics. */
  subject: string | null;
  /** MQTT topic filters; empty for meters and gateways, whose topics follow from what they are. */
  topics: readonly string[];
  /** It may report for the meters at this node and below; null: for those that are named. */
  below: string | null;
  /** It may also report for these meters, by id. */
  meters: readonly string[];
  /** Bound to it; null until it has signed in for the first time. */
  clientId: string | null;
  /** When the secret in force was issued, epoch ms. */
  issuedAt: number;
  /** Until when the secret before it still holds, epoch ms; null: there is none. */
  oldUntil: number | null;
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  revokedAt: number | null;
  revokedBy: string | null;
  /** When it signed in or left last, epoch ms, and its address. */
  seenAt: number | null;
  seenFrom: string | null;
}

/** The only topic of a meter or a gateway; null for topics of a profile. */
export function ownTopic({ kind, subject }: Pick<Device, 'kind' | 'subject'>): string | null {
  if (subject === null) return null;
  return kind === 'meter' ? `meters/${subject}/readings` : `gateways/${subject}/readings`;
}

/** Everything that it may publish to, as MQTT topic filters. */
export function topicsOf(device: Pick<Device, 'kind' | 'subject' | 'topics'>): readonly string[] {
  const own = ownTopic(device);
  return own === null ? device.topics : [own];
}

/** Whether a topic fits an MQTT topic filter. */
export function fitsFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return true;
    if (i >= levels.length || (wanted[i] !== '+' && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Longest topic filter. */
export const FILTER_LIMIT = 256;

/** Why a text is no topic filter for a device; null: it is one. */
export function filterFault(filter: string): string | null {
  if (filter === '' || filter.length > FILTER_LIMIT) return `has 1 to ${FILTER_LIMIT} characters`;
  if (/[\0\s"]/.test(filter)) return 'has no spaces, quotation marks or U+0000';
  if (filter.startsWith('$')) return 'topics with $ are reserved';
  const levels = filter.split('/');
  const misplaced = levels.some(
    (level, i) => (level.length > 1 && /[+#]/.test(level)) || (level === '#' && i < levels.length - 1),
  );
  if (misplaced) return '+ is a level of its own, # the last one';
  return levels.every((level) => level === '' || level === '+' || level === '#')
    ? 'names at least one level, so that it is the topic of a device'
    : null;
}

/** The node from which down it may report; null: only the named meters. */
export function nodeOf(
  device: Pick<Device, 'kind' | 'subject' | 'below' | 'meters'>,
  estate: Estate,
): string | null {
  if (device.below !== null) return device.below;
  if (device.kind !== 'gateway' || device.meters.length > 0) return null;
  return estate.gateway(device.subject as string)?.node ?? null;
}

/** By node the numbers of the meters below it; devices with the same node share them. */
const below = new WeakMap<Estate, Map<string, ReadonlySet<number>>>();

/** Whether a device may report for a meter, by `Meter.no`. */
export function reportsFor(
  device: Pick<Device, 'kind' | 'subject' | 'below' | 'meters'>,
  estate: Estate,
): (meter: number) => boolean {
  const named = device.kind === 'meter' ? [device.subject as string] : device.meters;
  const numbers = new Set(named.flatMap((id) => estate.meter(id)?.no ?? []));
  const node = device.kind === 'meter' ? null : nodeOf(device, estate);
  if (node === null) return (meter) => numbers.has(meter);
  const known = below.get(estate) ?? new Map<string, ReadonlySet<number>>();
  below.set(estate, known);
  const reach = known.get(node) ?? new Set(estate.metersBelow(node).map((m) => m.no));
  known.set(node, reach);
  return (meter) => reach.has(meter) || numbers.has(meter);
}

/** Whether everything that a device is about lies within an estate, which may be cut to somebody's reach. */
export function liesWithin(
  device: Pick<Device, 'kind' | 'subject' | 'below' | 'meters'>,
  estate: Estate,
): boolean {
  if (device.kind === 'meter') return estate.meter(device.subject as string) !== undefined;
  if (device.kind === 'gateway' && !estate.gateway(device.subject as string)) return false;
  if (device.below !== null && !estate.node(device.below)) return false;
  return device.meters.every((id) => estate.meter(id) !== undefined);
}
