/** Addresses that are told apart; beyond that the one goes that was quiet longest, which gives it a new budget. */
const ADDRESSES = 10_000;

interface Left {
  requests: number;
  /** By the clock, ms. */
  at: number;
}

/** What each address may still ask for: it fills up evenly, and never above what a minute brings. */
export class RequestBudget {
  readonly #perMinute: number;
  readonly #now: () => number;
  /** The longest untouched first. */
  readonly #left = new Map<string, Left>();

  /** @param now a clock, ms */
  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** @returns how long to wait until there is enough, ms; 0: it was taken */
  take(address: string, cost: number): number {
    const key = networkOf(address);
    const now = this.#now();
    const known = this.#left.get(key) ?? { requests: this.#perMinute, at: now };
    const perMs = this.#perMinute / 60_000;
    // A clock that was put back brings nothing and takes nothing.
    const brought = Math.max(0, now - known.at) * perMs;
    const requests = Math.min(this.#perMinute, known.requests + brought);
    // More than a minute brings is had when all of it is there.
    const wanted = Math.min(cost, this.#perMinute);
    const enough = requests >= wanted;
    this.#left.delete(key);
    this.#left.set(key, { requests: enough ? requests - wanted : requests, at: now });
    if (this.#left.size > ADDRESSES) {
      const oldest = this.#left.keys().next().value;
      if (oldest !== undefined) this.#left.delete(oldest);
    }
    return enough ? 0 : Math.max(1, (wanted - requests) / perMs);
  }

  get size(): number {
    return this.#left.size;
  }
}

/** Of IPv6 the network, for a household has 2^64 addresses and more. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  if (tail === undefined) return first.slice(0, 4).join(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
