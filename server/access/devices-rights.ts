import { type Device, fitsFilter, ownTopic, reportsFor } from '../domain/device.ts';
import type { Estate } from '../domain/estate.ts';
import type { Rights } from '../intake/broker-access.ts';

/** Topics of a client of which is remembered whether it may publish to them. */
const REMEMBERED = 256;

/** What a device may do at the broker, decided once for each of its topics. */
export class DeviceRights implements Rights {
  readonly device: Device;
  /** SHA-256 of the secret that it came in with; null: with a certificate. */
  readonly hash: string | null;
  readonly #own: string | null;
  readonly #known = new Map<string, boolean>();
  #estate: Estate | null = null;
  #reports: (meter: number) => boolean = () => false;

  constructor(device: Device, hash: string | null) {
    this.device = device;
    this.hash = hash;
    this.#own = ownTopic(device);
  }

  get name(): string {
    return this.device.name;
  }

  mayPublish(topic: string): boolean {
    if (this.#own !== null) return topic === this.#own;
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const allowed = this.device.topics.some((filter) => fitsFilter(filter, topic));
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(topic, allowed);
    return allowed;
  }

  ownsAll(): boolean {
    return this.device.kind === 'meter';
  }

  mayReport(meter: number, estate: Estate): boolean {
    if (estate !== this.#estate) {
      this.#estate = estate;
      this.#reports = reportsFor(this.device, estate);
    }
    return this.#reports(meter);
  }
}
