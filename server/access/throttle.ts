/** How a key is slowed: what is free, the first delay after it, and the longest. */
interface Pace {
  free: number;
  firstMs: number;
  longestMs: number;
}

/**
 * An address has many people behind it, so much is free. An account is slowed for strangers only. A pair is one
 * account from one address that it was never used from; `known` is a browser, or an address, that the account was
 * used from before.
 */
const PACES = {
  address: { free: 10, firstMs: 2000, longestMs: 15 * 60_000 },
  account: { free: 10, firstMs: 1000, longestMs: 5 * 60_000 },
  pair: { free: 3, firstMs: 1000, longestMs: 15 * 60_000 },
  known: { free: 5, firstMs: 1000, longestMs: 5 * 60_000 },
} satisfies Record<string, Pace>;
type Kind = keyof typeof PACES;

/** So long after its last wrong attempt a key is as new. */
const FORGET_MS = 60 * 60_000;
/** Keys of each kind; beyond that those go that were quiet longest. */
const KEYS = 10_000;

interface Slowed {
  failures: number;
  last: number;
}

/**
 * At most so many keys, in two generations: when the younger is full, the older is dropped as a whole. Taking out the
 * oldest key one by one costs a walk over what was taken out before.
 */
class Kept {
  #young = new Map<string, Slowed>();
  #old = new Map<string, Slowed>();

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Slowed | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, slowed: Slowed): void {
    this.#old.delete(key);
    this.#young.set(key, slowed);
    if (this.#young.size < KEYS / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

export interface Attempt {
  account: string;
  address: string;
  /** What is known of the client: id of a browser or an address that the account was used from; null: a stranger. */
  known: string | null;
  /** All strangers together are slowed from the first attempt on, wherever they come from. */
  together?: boolean;
}

/** An attempt that was let through; until it succeeded it counts as wrong, so that many at once are none too many. */
export interface Admitted {
  succeeded(): void;
}

/**
 * Slows wrong attempts before anything is hashed. Whoever guesses slows himself: an account that is guessed at from
 * elsewhere stays open to the browsers and addresses that it was used from, and to the first attempts of anyone.
 */
export class Throttle {
  readonly #now: () => number;
  readonly #keys: Record<Kind, Kept> = {
    address: new Kept(),
    account: new Kept(),
    pair: new Kept(),
    known: new Kept(),
  };

  /** @param now the clock, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns how it went on, or for how long it must wait, ms */
  admit({ account, address, known, together = false }: Attempt): Admitted | { waitMs: number } {
    const keys: [Kind, string][] =
      known !== null
        ? [['known', `${account}\0${known}`]]
        : [
            ['address', address],
            ['pair', `${account}\0${address}`],
          ];
    const tried = this.#failures('pair', `${account}\0${address}`) >= PACES.pair.free;
    if (known === null && (together || tried)) {
      keys.push(['account', account]);
    }
    const waitMs = Math.max(...keys.map(([kind, key]) => this.#wait(kind, key)));
    if (waitMs > 0) return { waitMs };
    // Strangers' attempts count for the account even where it does not slow them yet.
    if (known === null && keys.length === 2) keys.push(['account', account]);
    for (const [kind, key] of keys) this.#count(kind, key);
    return {
      succeeded: () => {
        for (const [kind, key] of keys) {
          if (kind === 'known' || kind === 'pair') this.#keys[kind].delete(key);
          else this.#undo(kind, key);
        }
      },
    };
  }

  /** Keys that are remembered. */
  get size(): number {
    return Object.values(this.#keys).reduce((n, keys) => n + keys.size, 0);
  }

  #get(kind: Kind, key: string): Slowed | undefined {
    const slowed = this.#keys[kind].get(key);
    if (slowed && this.#now() - slowed.last >= FORGET_MS) {
      this.#keys[kind].delete(key);
      return undefined;
    }
    return slowed;
  }

  #failures(kind: Kind, key: string): number {
    return this.#get(kind, key)?.failures ?? 0;
  }

  #wait(kind: Kind, key: string): number {
    const slowed = this.#get(kind, key);
    if (!slowed) return 0;
    const { free, firstMs, longestMs } = PACES[kind];
    if (slowed.failures < free) return 0;
    const delay = Math.min(longestMs, firstMs * 2 ** (slowed.failures - free));
    return Math.max(0, slowed.last + delay - this.#now());
  }

  #count(kind: Kind, key: string): void {
    const failures = (this.#get(kind, key)?.failures ?? 0) + 1;
    this.#keys[kind].set(key, { failures, last: this.#now() });
  }

  #undo(kind: Kind, key: string): void {
    const slowed = this.#get(kind, key);
    if (slowed) slowed.failures--;
  }
}
