import type { DeviceStore, Sighting } from '../catalogue/devices.ts';
import type { Device } from '../domain/device.ts';

/** How often it is written down where devices were seen. */
const WRITE_MS = 5000;

/**
 * Where devices were seen and which client ids they are bound to, until it is written: a connection waits for no
 * store, and a thousand of them after a power cut are one write. At most one entry for each device.
 */
export class Sightings {
  readonly #store: DeviceStore;
  readonly #waiting = new Map<number, Sighting>();
  #writtenAt = 0;

  constructor(store: DeviceStore) {
    this.#store = store;
  }

  add({ no }: Pick<Device, 'no'>, at: number, from: string): void {
    this.#waiting.set(no, { no, at, from, bind: this.boundTo(no) });
  }

  /** Of one that has just been seen. */
  bind(no: number, clientId: string): void {
    const known = this.#waiting.get(no);
    if (known) this.#waiting.set(no, { ...known, bind: clientId });
    // Another process is to know it soon.
    this.#writtenAt = 0;
  }

  /** The client id that it is to be bound to and not yet is. */
  boundTo(no: number): string | null {
    return this.#waiting.get(no)?.bind ?? null;
  }

  of(no: number): { seenAt: number; seenFrom: string } | null {
    const known = this.#waiting.get(no);
    return known ? { seenAt: known.at, seenFrom: known.from } : null;
  }

  forget(no: number): void {
    this.#waiting.delete(no);
  }

  /** @param always now, whenever it was written last. @throws CatalogueUnavailable, and keeps what it has */
  write(now: number, always: boolean): void {
    if (this.#waiting.size === 0 || (!always && now >= this.#writtenAt && now - this.#writtenAt < WRITE_MS)) {
      return;
    }
    // Also where it fails: a store that hangs is not waited for four times a second.
    this.#writtenAt = now;
    this.#store.seen([...this.#waiting.values()]);
    this.#waiting.clear();
  }
}
