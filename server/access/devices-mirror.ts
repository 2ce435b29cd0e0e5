import type { DeviceStore, StoredDevice } from '../catalogue/devices.ts';

/**
 * The credentials of the catalogue in memory, so that a connection waits for no store. Another process's changes are
 * seen with the next `look`.
 */
export class DevicesMirror {
  readonly #store: DeviceStore;
  readonly #boundTo: (no: number) => string | null;
  readonly #listeners = new Set<() => void>();
  #byName = new Map<string, StoredDevice>();
  #byClientId = new Map<string, string>();
  #revision = -1;
  #mark = Number.NaN;

  /** @param boundTo the client id that a device is bound to here, while that is not written yet */
  constructor(store: DeviceStore, boundTo: (no: number) => string | null) {
    this.#store = store;
    this.#boundTo = boundTo;
    this.#read();
  }

  /** In the order in which they were made, revoked ones too. */
  get all(): readonly StoredDevice[] {
    return [...this.#byName.values()];
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): StoredDevice | undefined {
    return this.#byName.get(name);
  }

  /** Name of the device that a client id is bound to. */
  holderOf(clientId: string): string | undefined {
    return this.#byClientId.get(clientId);
  }

  bind(device: StoredDevice, clientId: string): void {
    device.clientId = clientId;
    this.#byClientId.set(clientId, device.name);
  }

  /** Calls back whenever they were read again. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Reads what another process changed, or this one just has. @throws CatalogueUnavailable */
  refresh(): void {
    if (this.#store.revision() !== this.#revision) this.#read();
  }

  /** The same, without asking the store where nobody has written to it. @throws CatalogueUnavailable */
  look(): void {
    const mark = this.#store.mark();
    if (mark === this.#mark) return;
    this.refresh();
    this.#mark = mark;
  }

  #read(): void {
    const { revision, devices } = this.#store.all();
    this.#revision = revision;
    this.#byName = new Map(devices.map((d) => [d.name, d]));
    // What is bound in memory and not yet written stays bound.
    for (const d of devices) d.clientId ??= this.#boundTo(d.no);
    const bound = devices.filter((d) => d.clientId !== null && d.revokedAt === null);
    this.#byClientId = new Map(bound.map((d) => [d.clientId as string, d.name]));
    this.tell();
  }
}
