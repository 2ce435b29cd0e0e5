import type { NewDevice } from '../catalogue/devices.ts';
import { type DeviceKind, filterFault, nodeOf } from '../domain/device.ts';
import type { Estate } from '../domain/estate.ts';
import { quote } from './devices-refusals.ts';

/** What a credential is to be for. */
export interface DeviceInput {
  /** User name; the id of the meter or gateway without one. */
  name?: string | undefined;
  kind: DeviceKind;
  subject: string | null;
  topics: readonly string[];
  below: string | null;
  meters: readonly string[];
  clientId: string | null;
  /** epoch ms */
  expiresAt: number | null;
}

/** What is wrong with what was asked, and with which part of it. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

export const CLIENT_ID_LIMIT = 256;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const TOPICS_LIMIT = 50;
const METERS_LIMIT = 5000;

/**
 * What is stored of a credential that somebody asks for.
 * @param holderOf name of the device that a client id is bound to
 * @param now epoch ms
 * @throws DeviceError
 */
export function checkInput(
  input: DeviceInput,
  estate: Estate,
  holderOf: (clientId: string) => string | undefined,
  now: number,
): Omit<NewDevice, 'hash' | 'brokerHash' | 'createdAt' | 'createdBy'> {
  const { kind, subject, topics, below, meters, clientId, expiresAt } = input;
  const name = input.name ?? subject ?? '';
  const fault = (field: string, message: string): never => {
    throw new DeviceError(field, message);
  };
  if (!NAME.test(name)) fault('name', 'has 1 to 64 letters, digits, ., - or _');
  if (kind === 'meter' && !estate.meter(subject ?? '')) fault('meter', `no meter ${quote(subject ?? '')}`);
  if (kind === 'gateway' && !estate.gateway(subject ?? '')) {
    fault('gateway', `no gateway ${quote(subject ?? '')}: the estate file names them under \`gateways\``);
  }
  if ((kind === 'topics') !== topics.length > 0 || topics.length > TOPICS_LIMIT) {
    fault('topics', `1 to ${TOPICS_LIMIT} topic filters, for a device of a payload profile only`);
  }
  for (const topic of topics) {
    const wrong = filterFault(topic);
    if (wrong !== null) fault('topics', `${quote(topic)}: ${wrong}`);
  }
  if (kind === 'meter' && (below !== null || meters.length > 0)) {
    fault(below === null ? 'meters' : 'node', 'a meter reports for itself only');
  }
  if (below !== null && !estate.node(below)) fault('node', `no node ${quote(below)}`);
  if (meters.length > METERS_LIMIT) fault('meters', `at most ${METERS_LIMIT}; name a node`);
  for (const id of meters) if (!estate.meter(id)) fault('meters', `no meter ${quote(id)}`);
  if (kind !== 'meter' && meters.length === 0 && nodeOf(input, estate) === null) {
    fault('node', 'for which meters? Name a node (everything below it), or meters');
  }
  if (clientId !== null) {
    if (clientId === '' || clientId.length > CLIENT_ID_LIMIT) {
      fault('client_id', `has 1 to ${CLIENT_ID_LIMIT} characters`);
    }
    const holder = holderOf(clientId);
    if (holder !== undefined && holder !== name) fault('client_id', `is bound to ${holder}`);
  }
  checkExpiry(expiresAt, now);
  return { name, kind, subject, topics: [...topics], below, meters: [...meters], clientId, expiresAt };
}

/** @throws DeviceError where it is over before it began */
export function checkExpiry(at: number | null, now: number): void {
  if (at !== null && at <= now) throw new DeviceError('expires_at', 'is over already');
}
