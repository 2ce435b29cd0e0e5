import { timingSafeEqual } from 'node:crypto';
import { CatalogueUnavailable } from '../catalogue/database.ts';
import { type DeviceStore, DeviceTaken, type NewDevice, type StoredDevice } from '../catalogue/devices.ts';
import { type DeviceKind, filterFault, nodeOf } from '../domain/device.ts';
import type { Estate } from '../domain/estate.ts';
import type { Caller, Doorkeeper, Refusal, Rights } from '../intake/broker-access.ts';
import { Refusals, type Refused } from './devices-refusals.ts';
import { DeviceRights } from './devices-rights.ts';
import { hashOf, newSecret } from './devices-secret.ts';
import { Sightings } from './devices-sightings.ts';

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
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const CLIENT_ID_LIMIT = 256;
const TOPICS_LIMIT = 50;
const METERS_LIMIT = 5000;
const NOBODY = Buffer.alloc(32);

/**
 * Credentials of gateways and meters. All of them are in memory, so that a connection waits for no store; what
 * another process changes is seen within half a second.
 */
export class Devices implements Doorkeeper {
  readonly #of: DevicesOptions;
  readonly #refusals: Refusals;
  readonly #sightings: Sightings;
  readonly #listeners = new Set<() => void>();
  readonly #present = new Set<DeviceRights>();
  #byName = new Map<string, StoredDevice>();
  #byClientId = new Map<string, string>();
  #revision = -1;
  #mark = Number.NaN;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DevicesOptions) {
    this.#of = options;
    this.#sightings = new Sightings(options.store);
    this.#refusals = new Refusals((refused) => {
      const { device, from, why, count } = refused;
      options.log.warn({ device, from, why, count }, 'access: a device was refused');
      options.onRefused?.(refused);
    });
    this.#read();
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
    this.#keep(() => this.#lookForChanges());
    if ([...this.#present].some((rights) => !this.holds(rights))) this.#tell();
  }

  admit(caller: Caller): { rights: Rights | null } | Refusal {
    const name = caller.certificate ?? caller.username ?? '';
    const device = this.#byName.get(name);
    const found = this.#judge(caller, name, device);
    if ('why' in found) {
      this.#refusals.add(device ? name : '', caller.from, found.why, this.#of.now());
      return found;
    }
    if (!(found.rights && device)) return { rights: null };
    this.#sightings.add(device, this.#of.now(), caller.from);
    if (device.clientId === null) this.#bind(device, caller.clientId);
    this.#present.add(found.rights);
    return found;
  }

  holds(rights: Rights): boolean {
    if (!(rights instanceof DeviceRights)) return false;
    const device = this.#byName.get(rights.name);
    const { no, clientId } = rights.device;
    if (!device || device.no !== no || this.#ended(device) !== null) return false;
    if (clientId !== null && device.clientId !== null && device.clientId !== clientId) return false;
    if (rights.hash === null || rights.hash === device.hash) return true;
    return rights.hash === device.oldHash && this.#of.now() < (device.oldUntil ?? 0);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
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
    this.#refresh();
    return [...this.#byName.values()].map((device) => this.#withSighting(device));
  }

  get(name: string): StoredDevice | null {
    this.#refresh();
    const device = this.#byName.get(name);
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
    this.#refresh();
    if (this.#byName.size + inputs.length > DEVICE_LIMIT) {
      throw new DeviceError('name', `there are at most ${DEVICE_LIMIT} devices`);
    }
    const secrets = new Map<string, string>();
    const rows = inputs.map((input): NewDevice => {
      const checked = this.#check(input);
      const { secret, ...knownBy } = newSecret();
      secrets.set(checked.name, secret);
      return { ...checked, ...knownBy, createdAt: this.#of.now(), createdBy: by };
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
    this.#refresh();
    return rows.map(({ name }) => ({
      device: this.#byName.get(name) as StoredDevice,
      secret: secrets.get(name) as string,
    }));
  }

  /** Gateways and meters of an estate, possibly cut, that no credential in force is for. */
  without(estate: Estate): DeviceInput[] {
    this.#refresh();
    const inForce = [...this.#byName.values()].filter((d) => d.revokedAt === null);
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
    this.#checkExpiry(change.expiresAt ?? null);
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
    this.#refresh();
    return { device: this.#byName.get(name) as StoredDevice, secret };
  }

  /** From now on nobody comes in with it, and who is there is cut off. @throws DeviceError where none is in force */
  revoke(name: string, by: string): StoredDevice {
    this.#of.store.revoke(this.#inForce(name).no, by, this.#of.now());
    this.#refresh();
    return this.#byName.get(name) as StoredDevice;
  }

  #judge(
    { username, password, clientId, certificate, will }: Caller,
    name: string,
    device: StoredDevice | undefined,
  ): { rights: DeviceRights | null } | Refusal {
    const holder = this.#byClientId.get(clientId);
    if (name === '' && certificate === null) {
      if (!this.#of.anonymous) return { code: 5, why: 'it gave no name' };
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
      if (!this.#secretHolds(device, hash)) {
        return { code: 4, why: device ? 'wrong secret' : `there is no device ${quote(name)}` };
      }
    }
    if (!device) return { code: 4, why: `there is no device ${quote(name)}` };
    const ended = this.#ended(device);
    if (ended !== null) return { code: 5, why: ended };
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

  #secretHolds(device: StoredDevice | undefined, hash: Buffer): boolean {
    const current = timingSafeEqual(device ? Buffer.from(device.hash, 'hex') : NOBODY, hash);
    const inOverlap = device?.oldHash != null && this.#of.now() < (device.oldUntil ?? 0);
    const old = timingSafeEqual(inOverlap ? Buffer.from(device.oldHash as string, 'hex') : NOBODY, hash);
    return device !== undefined && (current || (inOverlap && old));
  }

  /** Why a credential holds no more; null: it does. */
  #ended({ revokedAt, expiresAt }: StoredDevice): string | null {
    if (revokedAt !== null) return 'its credential was revoked';
    return expiresAt !== null && this.#of.now() >= expiresAt ? 'its credential has expired' : null;
  }

  #bind(device: StoredDevice, clientId: string): void {
    device.clientId = clientId;
    this.#byClientId.set(clientId, device.name);
    this.#sightings.bind(device.no, clientId);
  }

  #inForce(name: string): StoredDevice {
    this.#refresh();
    const device = this.#byName.get(name);
    if (!device) throw new DeviceError('name', `there is no device ${quote(name)}`);
    if (device.revokedAt !== null) throw new DeviceError('name', `${name} was revoked: add it again`);
    return device;
  }

  #check(input: DeviceInput): Omit<NewDevice, 'hash' | 'brokerHash' | 'createdAt' | 'createdBy'> {
    const { kind, subject, topics, below, meters, clientId, expiresAt } = input;
    const name = input.name ?? subject ?? '';
    const estate = this.#of.estate();
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
      const holder = this.#byClientId.get(clientId);
      if (holder !== undefined && holder !== name) fault('client_id', `is bound to ${holder}`);
    }
    this.#checkExpiry(expiresAt);
    return { name, kind, subject, topics: [...topics], below, meters: [...meters], clientId, expiresAt };
  }

  #checkExpiry(at: number | null): void {
    if (at !== null && at <= this.#of.now()) throw new DeviceError('expires_at', 'is over already');
  }

  #withSighting(device: StoredDevice): StoredDevice {
    return { ...device, ...this.#sightings.of(device.no) };
  }

  /** Reads what another process changed, or this one just has. @throws CatalogueUnavailable */
  #refresh(): void {
    if (this.#of.store.revision() !== this.#revision) this.#read();
  }

  /** The same, without asking the store where nobody has written to it. */
  #lookForChanges(): void {
    const mark = this.#of.store.mark();
    if (mark === this.#mark) return;
    this.#refresh();
    this.#mark = mark;
  }

  #read(): void {
    const { revision, devices } = this.#of.store.all();
    this.#revision = revision;
    this.#byName = new Map(devices.map((d) => [d.name, d]));
    // What is bound in memory and not yet written stays bound.
    for (const d of devices) d.clientId ??= this.#sightings.boundTo(d.no);
    const bound = devices.filter((d) => d.clientId !== null && d.revokedAt === null);
    this.#byClientId = new Map(bound.map((d) => [d.clientId as string, d.name]));
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
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

/** As in a sentence, cut: names come from whoever knocks. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
