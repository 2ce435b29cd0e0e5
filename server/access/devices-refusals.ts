/** What was refused, once in a while. */
export interface Refused {
  /** Name of the device; '' where it is not known or gave none. */
  device: string;
  from: string;
  why: string;
  /** How often since it was told last, this time included. */
  count: number;
  /** epoch ms */
  at: number;
}

/** How often the same is told. */
const TELL_MS = 60_000;
/** Devices and addresses that are told apart; whoever invents names has one place for each of his addresses. */
const KEPT = 1000;
/** How long a refusal is shown on the health page. */
const SHOWN_MS = 3_600_000;
/** Most that are shown there. */
const SHOWN = 20;

/**
 * Refusals, told once a minute for each device and address with a count: whoever knocks ten thousand times a second
 * fills neither the log nor the audit trail.
 */
export class Refusals {
  readonly #tell: (refused: Refused) => void;
  /** The longest untouched first. */
  readonly #known = new Map<string, Refused & { toldAt: number; total: number }>();

  constructor(tell: (refused: Refused) => void) {
    this.#tell = tell;
  }

  /** @param at epoch ms */
  add(device: string, from: string, why: string, at: number): void {
    const key = `${device} ${from}`;
    const known = this.#known.get(key) ?? { device, from, why, count: 0, at, total: 0, toldAt: -TELL_MS };
    this.#known.delete(key);
    this.#known.set(key, known);
    known.count++;
    known.total++;
    known.at = at;
    known.why = why;
    if (this.#known.size > KEPT) this.#forgetOldest();
    if (at - known.toldAt >= TELL_MS || at < known.toldAt) this.#report(known);
  }

  /** Tells what has been counted and not told for a minute. @param now epoch ms */
  look(now: number): void {
    for (const known of this.#known.values()) {
      if (known.count > 0 && now - known.toldAt >= TELL_MS) this.#report(known);
    }
  }

  /** Those of devices in the last hour, the newest first, in sentences. @param now epoch ms */
  recent(now: number): string[] {
    const shown = [...this.#known.values()].filter((r) => r.device !== '' && now - r.at < SHOWN_MS).reverse();
    return shown.slice(0, SHOWN).map(({ device, from, why, total }) => {
      const times = total === 1 ? 'once' : `${total} times`;
      return `device ${device} at ${from} was refused ${times}: ${why}`;
    });
  }

  #report(known: Refused & { toldAt: number }): void {
    const { device, from, why, count, at } = known;
    known.toldAt = at;
    known.count = 0;
    this.#tell({ device, from, why, count, at });
  }

  #forgetOldest(): void {
    const [key, oldest] = this.#known.entries().next().value ?? [];
    if (key === undefined || !oldest) return;
    if (oldest.count > 0) this.#report(oldest);
    this.#known.delete(key);
  }
}

/** As in a sentence, cut: names come from whoever knocks. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
