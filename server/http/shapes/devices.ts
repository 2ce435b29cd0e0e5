import { DeviceError } from '../../access/devices-input.ts';
import type { StoredDevice } from '../../catalogue/devices.ts';
import { nodeOf, topicsOf } from '../../domain/device.ts';
import type { Estate } from '../../domain/estate.ts';
import { badField } from '../problem.ts';
import type { Device } from '../schemas/devices.ts';

/** @param now epoch ms */
export function stateOf({ revokedAt, expiresAt }: StoredDevice, now: number): Device['state'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'in_force';
}

/** A device as it is shown: without what its secrets are known by. */
export function shownDevice(
  device: StoredDevice,
  estate: Estate,
  at: { now: number; connected: boolean },
): Device {
  const iso = (ms: number | null): string | null => (ms === null ? null : estate.zone.iso(ms));
  const { kind, subject, expiresAt, revokedAt, oldUntil } = device;
  return {
    name: device.name,
    kind,
    subject,
    topics: [...topicsOf(device)],
    node: kind === 'meter' ? null : nodeOf(device, estate),
    meters: kind === 'meter' ? [subject as string] : [...device.meters],
    client_id: device.clientId,
    state: stateOf(device, at.now),
    created_at: estate.zone.iso(device.createdAt),
    created_by: device.createdBy,
    issued_at: estate.zone.iso(device.issuedAt),
    old_until: oldUntil !== null && oldUntil > at.now ? iso(oldUntil) : null,
    expires_at: iso(expiresAt),
    revoked_at: iso(revokedAt),
    revoked_by: device.revokedBy,
    connected: at.connected,
    seen_at: iso(device.seenAt),
    seen_from: device.seenFrom,
  };
}

/** Does what credentials may refuse, and names the field in the words of HTTP. */
export function naming<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DeviceError ? badField(error.field, error.message) : error;
  }
}
