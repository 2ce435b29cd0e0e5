import type { Device } from '../../../../server/http/schemas/devices.ts';

/** What expires within this is told of. */
export const SOON_MS = 30 * 86_400_000;
export type DeviceState = 'in_force' | 'soon' | 'expired' | 'revoked';

/** @param now epoch ms */
export function stateOf(device: Device, now: number): DeviceState {
  if (device.state !== 'in_force' || device.expires_at === null) return device.state;
  return Date.parse(device.expires_at) - now < SOON_MS ? 'soon' : 'in_force';
}

const ORDER: readonly DeviceState[] = ['expired', 'soon', 'in_force', 'revoked'];

/** What has to be seen to first: expired, then the soonest to expire, then by name; revoked ones last. */
export function inOrder(devices: readonly Device[], now: number): Device[] {
  const rank = (d: Device): number => ORDER.indexOf(stateOf(d, now));
  const ends = (d: Device): number =>
    d.expires_at === null || d.state === 'revoked' ? Number.POSITIVE_INFINITY : Date.parse(d.expires_at);
  return [...devices].sort((a, b) => {
    const by = rank(a) - rank(b);
    if (by !== 0) return by;
    return ends(a) === ends(b) ? a.name.localeCompare(b.name, 'zh-CN') : ends(a) - ends(b);
  });
}

/**
 * A first reading by hand, for a shell; '' where the device's topics are patterns, which nobody publishes to, and
 * where a gateway has no meter to speak of.
 * @param broker mqtt://host:port
 * @param meter id of one that the device may report for, where the device itself names none
 */
export function publishLine(broker: string, device: Device, secret: string, meter: string | null): string {
  const { name, kind, topics, meters } = device;
  const [topic = ''] = topics;
  const of = meters[0] ?? (meter !== null && /^[\w.-]{1,64}$/.test(meter) ? meter : null);
  if (topic === '' || /[+#]/.test(topic) || (kind === 'gateway' && of === null)) return '';
  const { hostname, port, protocol } = new URL(broker);
  const tls = protocol === 'mqtts:' ? ' --tls-use-os-certs' : '';
  const payload =
    kind === 'gateway' ? `{"readings": [{"meter": "${of}", "value": 1234.5}]}` : '{"value": 1234.5}';
  const id = device.client_id ?? name;
  return `mosquitto_pub -h ${hostname} -p ${port}${tls} -i '${id}' -u '${name}' -P '${secret}' -q 1 -t '${topic}' -m '${payload}'`;
}

/** Whether a meter has to be named for the line: a gateway says of which one it reports, and this one's are not told. */
export function needsMeter({ kind, topics, meters }: Device): boolean {
  return kind === 'gateway' && meters.length === 0 && topics.length > 0;
}

/** Where a device is to send to: the broker, by the name under which this page was reached when it listens everywhere. */
export function brokerAddress(told: string | null | undefined, host: string): string {
  const url = new URL(told ?? 'mqtt://127.0.0.1:1883');
  if (['0.0.0.0', '[::]', '127.0.0.1', 'localhost'].includes(url.hostname)) url.hostname = host;
  return `${url.protocol}//${url.host}`;
}
