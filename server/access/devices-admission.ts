import { timingSafeEqual } from 'node:crypto';
import type { StoredDevice } from '../catalogue/devices.ts';
import type { Caller, Refusal } from '../intake/broker-access.ts';
import { CLIENT_ID_LIMIT } from './devices-input.ts';
import { quote } from './devices-refusals.ts';
import { DeviceRights } from './devices-rights.ts';
import { hashOf } from './devices-secret.ts';

const NOBODY = Buffer.alloc(32);

/** What a caller is judged by. */
export interface Known {
  /** By the name that the caller gave, or his certificate. */
  device: StoredDevice | undefined;
  /** Name of the device that his client id is bound to. */
  holder: string | undefined;
  /** Whether a client may come in without a name, and then do everything. */
  anonymous: boolean;
  /** epoch ms */
  now: number;
}

/** Whether a caller comes in, and what he may; rights of null: everything. */
export function judge(
  { username, password, clientId, certificate, will }: Caller,
  { device, holder, anonymous, now }: Known,
): { rights: DeviceRights | null } | Refusal {
  const name = certificate ?? username ?? '';
  if (name === '' && certificate === null) {
    if (!anonymous) return { code: 5, why: 'it gave no name' };
    return holder === undefined
      ? { rights: null }
      : { code: 2, why: `client id ${quote(clientId)} is bound to ${holder}` };
  }
  if (certificate !== null && username !== undefined && username !== '' && username !== certificate) {
    return { code: 4, why: `its certificate is for ${quote(certificate)}, its name another one` };
  }
  let hash: Buffer | null = null;
  if (certificate === null) {
    hash = hashOf(password ?? NOBODY);
    // Compared also where there is no such device, so that both take the same time.
    if (!secretHolds(device, hash, now)) {
      return { code: 4, why: device ? 'wrong secret' : `there is no device ${quote(name)}` };
    }
  }
  if (!device) return { code: 4, why: `there is no device ${quote(name)}` };
  const why = ended(device, now);
  if (why !== null) return { code: 5, why };
  if (clientId === '' || clientId.length > CLIENT_ID_LIMIT) {
    return { code: 2, why: `it needs a client id of 1 to ${CLIENT_ID_LIMIT} characters, always the same` };
  }
  if (device.clientId !== null && device.clientId !== clientId) {
    return { code: 2, why: `it is bound to client id ${quote(device.clientId)}, not ${quote(clientId)}` };
  }
  if (holder !== undefined && holder !== device.name) {
    return { code: 2, why: `client id ${quote(clientId)} is bound to ${holder}` };
  }
  const rights = new DeviceRights({ ...device, clientId }, hash?.toString('hex') ?? null);
  if (will !== null && !rights.mayPublish(will)) {
    return { code: 5, why: `its will is for ${quote(will)}, which is not its topic` };
  }
  return { rights };
}

/** Whether what somebody came in with still holds. @param device as it is now under his name */
export function stillHolds(rights: DeviceRights, device: StoredDevice | undefined, now: number): boolean {
  const { no, clientId } = rights.device;
  if (!device || device.no !== no || ended(device, now) !== null) return false;
  if (clientId !== null && device.clientId !== null && device.clientId !== clientId) return false;
  if (rights.hash === null || rights.hash === device.hash) return true;
  return rights.hash === device.oldHash && now < (device.oldUntil ?? 0);
}

function secretHolds(device: StoredDevice | undefined, hash: Buffer, now: number): boolean {
  const current = timingSafeEqual(device ? Buffer.from(device.hash, 'hex') : NOBODY, hash);
  const inOverlap = device?.oldHash != null && now < (device.oldUntil ?? 0);
  const old = timingSafeEqual(inOverlap ? Buffer.from(device.oldHash as string, 'hex') : NOBODY, hash);
  return device !== undefined && (current || (inOverlap && old));
}

/** Why a credential holds no more; null: it does. */
function ended({ revokedAt, expiresAt }: StoredDevice, now: number): string | null {
  if (revokedAt !== null) return 'its credential was revoked';
  return expiresAt !== null && now >= expiresAt ? 'its credential has expired' : null;
}
