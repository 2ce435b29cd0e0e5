import { CatalogueUnavailable } from '../catalogue/database.ts';
import { type DeviceStore, DeviceTaken, type NewDevice, type StoredDevice } from '../catalogue/devices.ts';
import type { Estate } from '../domain/estate.ts';
import type { Caller, Doorkeeper, Refusal, Rights } from '../intake/broker-access.ts';
import { judge, stillHolds } from './devices-admission.ts';
import { checkExpiry, checkInput, DeviceError, type DeviceInput } from './devices-input.ts';
import { DevicesMirror } from './devices-mirror.ts';
import { quote, Refusals, type Refused } from './devices-refusals.ts';
import { DeviceRights } from './devices-rights.ts';
import { newSecret } from './devices-secret.ts';
import { Sightings } from './devices-sightings.ts';

export interface DevicesOptions {
  store: DeviceStore;
  /** All of the estate. */
  estate(): Estate;
  /** epoch ms */
  now(): number;
  /** Whether a client may come in without a name, and then do everything. */
  anonymous: boolean;
  log: { warn(fields: object, message: string): void };
  /** A device that was refused, for the audit trail; once in a while, with a count. */
  onRefused?(refused: Refused): void;
}

/** How often other processes' changes are looked for, and what has ended. */
const LOOK_MS = 250;
/** Longest that an old secret may hold beside the new one. */
export const OVERLAP_LIMIT_MS = 7 * 86_400_000;
/** Devices of one store; 50,000 meters with a credential each, twice. */
export const DEVICE_LIMIT = 100_000;

/**
 * Credentials of gateways and meters. All of them are in memory, so that a connection waits for no store; what
 * another process changes is seen within half a second.
 */
export class Devices implements Doorkeeper {
  readonly #of: DevicesOptions;
  readonly #refusals: Refusals;
  readonly #sightings: Sightings;
  readonly #known: DevicesMirror;
  readonly #present = new Set<DeviceRights>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DevicesOptions) {
    this.#of = options;
    this.#sightings = new Sightings(options.store);
    this.#refusals = new Refusals((refused) => {
      const { device, from, why, count } = refused;
      options.log.warn({ device, from, why, count }, 'access: a device was refused');
      options.onRefused?.(refused);
    });
    this.#known = new DevicesMirror(options.store, (no) => this.#sightings.boundTo(no));
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#refusals.look(Number.POSITIVE_INFINITY);
    this.#keep(() => this.#sightings.write(this.#of.now(), true));
  }

  /** What `start` does again and again. */
  look(): void {
    const now = this.#of.now();
    this.#refusals.look(now);
    this.#keep(() => this.#sightings.write(now, false));
    this.#keep(() => this.#known.look());
    if ([...this.#present].some((rights) => !this.holds(rights))) this.#known.tell();
  }

  admit(caller: Caller): { rights: Rights | null } | Refusal {
    const name = caller.certificate ?? caller.username ?? '';
    const device = this.#known.get(name);
    const found = judge(caller, {
      device,
      holder: this.#known.holderOf(caller.clientId),
      anonymous: this.#of.anonymous,
      now: this.#of.now(),
    });
    if ('why' in found) {
      this.#refusals.add(device ? name : '', caller.from, found.why, this.#of.now());
      return found;
    }
    if (!(found.rights && device)) return { rights: null };
    this.#sightings.add(device, this.#of.now(), caller.from);
    if (device.clientId === null) {
      this.#known.bind(device, caller.clientId);
      this.#sightings.bind(device.no, caller.clientId);
    }
    this.#present.add(found.rights);
    return found;
  }

  holds(rights: Rights): boolean {
    if (!(rights instanceof DeviceRights)) return false;
    return stillHolds(rights, this.#known.get(rights.name), this.#of.now());
  }

  onChange(listener: () => void): () => void {
    return this.#known.onChange(listener);
  }

  trespassed(rights: Rights, from: string, what: string): void {
    this.#refusals.add(rights.name, from, what, this.#of.now());
  }

  turnedAway(from: string, why: string): void {
    this.#refusals.add('', from, why, this.#of.now());
  }

  left(rights: Rights, from: string): void {
    if (!(rights instanceof DeviceRights) || !this.#present.delete(rights)) return;
    this.#sightings.add(rights.device, this.#of.now(), from);
  }

  /** Refusals of devices in the last hour, in sentences; of strangers only the log and the audit trail tell. */
  recentRefusals(): string[] {
    return this.#refusals.recent(this.#of.now());
  }

  /** All of them in the order in which they were made, revoked ones too. */
  list(): StoredDevice[] {
    this.#known.refresh();
    return this.#known.all.map((device) => this.#withSighting(device));
  }

  get(name: string): StoredDevice | null {
    this.#known.refresh();
    const device = this.#known.get(name);
    return device ? this.#withSighting(device) : null;
  }

  /** Numbers of those that are connected to this process. */
  connected(): Set<number> {
    return new Set([...this.#present].map((rights) => rights.device.no));
  }

  /**
   * Makes a credential. The secret is returned once and kept nowhere.
   * @throws DeviceError that names what is wrong
   */
  add(input: DeviceInput, by: string): { device: StoredDevice; secret: string } {
    const [made] = this.addAll([input], by);
    if (!made) throw new Error('a device that was added is not there');
    return made;
  }

  /** The same for several, all or none. @throws DeviceError */
  addAll(inputs: readonly DeviceInput[], by: string): { device: StoredDevice; secret: string }[] {
    this.#known.refresh();
    if (this.#known.size + inputs.length > DEVICE_LIMIT) {
      throw new DeviceError('name', `there are at most ${DEVICE_LIMIT} devices`);
    }
    const estate = this.#of.estate();
    const now = this.#of.now();
    const secrets = new Map<string, string>();
    const rows = inputs.map((input): NewDevice => {
      const checked = checkInput(input, estate, (clientId) => this.#known.holderOf(clientId), now);
      const { secret, ...knownBy } = newSecret();
      secrets.set(checked.name, secret);
      return { ...checked, ...knownBy, createdAt: now, createdBy: by };
    });
    try {
      this.#of.store.add(rows);
    } catch (error) {
      if (!(error instanceof DeviceTaken)) throw error;
      throw new DeviceError(
        'name',
        `${error.message} has a credential already: rotate it, or revoke it first`,
      );
    }
    this.#known.refresh();
    return rows.map(({ name }) => ({
      device: this.#known.get(name) as StoredDevice,
      secret: secrets.get(name) as string,
    }));
  }

  /** Gateways and meters of an estate, possibly cut, that no credential in force is for. */
  without(estate: Estate): DeviceInput[] {
    this.#known.refresh();
    const inForce = this.#known.all.filter((d) => d.revokedAt === null);
    const has = new Set(inForce.map((d) => `${d.kind} ${d.subject}`));
    const names = new Set(inForce.map((d) => d.name));
    const of = (kind: 'meter' | 'gateway', id: string): DeviceInput[] => {
      if (has.has(`${kind} ${id}`)) return [];
      const name = names.has(id) ? `${kind}.${id}` : id;
      names.add(name);
      const rest = { topics: [], below: null, meters: [], clientId: null, expiresAt: null };
      return [{ name, kind, subject: id, ...rest }];
    };
    // A gateway whose place nobody has told could report for nothing.
    const gateways = estate.gateways.filter((g) => g.node !== null).flatMap((g) => of('gateway', g.id));
    return [...gateways, ...estate.meters.flatMap((m) => of('meter', m.id))];
  }

  /**
   * Gives it a new secret, returned once. The one so far holds for a while longer.
   * @param overlapMs 0: not at all; what came in with it is cut off
   * @param change what is to be another from now on, beside the secret
   * @throws DeviceError
   */
  rotate(
    name: string,
    overlapMs: number,
    change: { expiresAt?: number | null; unbind?: boolean } = {},
  ): { device: StoredDevice; secret: string } {
    const device = this.#inForce(name);
    if (!(overlapMs >= 0 && overlapMs <= OVERLAP_LIMIT_MS)) {
      throw new DeviceError('overlap_hours', `is 0 to ${OVERLAP_LIMIT_MS / 3_600_000} hours`);
    }
    checkExpiry(change.expiresAt ?? null, this.#of.now());
    const { secret, ...knownBy } = newSecret();
    const now = this.#of.now();
    const { expiresAt } = change;
    this.#of.store.rotate(device.no, {
      ...knownBy,
      issuedAt: now,
      oldUntil: overlapMs === 0 ? null : now + overlapMs,
      ...(expiresAt !== undefined && { expiresAt }),
    });
    if (change.unbind) {
      this.#sightings.forget(device.no);
      this.#of.store.unbind(device.no);
    }
    this.#known.refresh();
    return { device: this.#known.get(name) as StoredDevice, secret };
  }

  /** From now on nobody comes in with it, and who is there is cut off. @throws DeviceError where none is in force */
  revoke(name: string, by: string): StoredDevice {
    this.#of.store.revoke(this.#inForce(name).no, by, this.#of.now());
    this.#known.refresh();
    return this.#known.get(name) as StoredDevice;
  }

  #inForce(name: string): StoredDevice {
    this.#known.refresh();
    const device = this.#known.get(name);
    if (!device) throw new DeviceError('name', `there is no device ${quote(name)}`);
    if (device.revokedAt !== null) throw new DeviceError('name', `${name} was revoked: add it again`);
    return device;
  }

  #withSighting(device: StoredDevice): StoredDevice {
    return { ...device, ...this.#sightings.of(device.no) };
  }

  /** While the store does not answer, what is known stays and what is to be written waits. */
  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof CatalogueUnavailable)) throw error;
    }
  }
}
