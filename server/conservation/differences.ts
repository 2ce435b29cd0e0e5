import type { Amount } from '../domain/rollup.ts';
import type { Part } from './series.ts';

/** Periods of differences that are kept: about 100 bytes each. */
const KEPT = 50_000;

interface Kept {
  amount: Amount | undefined;
  /** A meter of it changed since: it is asked for again. */
  stale: boolean;
}

interface Change {
  meter: number;
  from: number;
  to: number;
}

/**
 * What differences of meters amount to, by period of one level: they are looked for down to single hours
 * (see `together.ts`), so what was found is kept until one of their meters changes.
 */
export class Differences {
  readonly #kept = new Map<string, Map<number, Kept>>();
  readonly #byMeter = new Map<number, Set<string>>();
  #size = 0;
  #asking = 0;
  /** What changed while questions are under way, whose answers may be older. */
  #meanwhile: Change[] = [];

  /** Whether a period has to be asked for. */
  lacks(part: Part, start: number): boolean {
    const kept = this.#kept.get(keyOf(part))?.get(start);
    return !kept || kept.stale;
  }

  at(part: Part, start: number): Amount | undefined {
    return this.#kept.get(keyOf(part))?.get(start)?.amount;
  }

  /** Keeps what `ask` finds for each of the parts. */
  async fill(
    parts: readonly Part[],
    starts: readonly number[],
    ask: () => Promise<ReadonlyMap<number, Amount>[]>,
  ): Promise<void> {
    if (this.#size + parts.length * starts.length > KEPT) this.forget();
    for (const part of parts) {
      for (const { meter } of part) {
        const keys = this.#byMeter.get(meter.no) ?? new Set<string>();
        this.#byMeter.set(meter.no, keys.add(keyOf(part)));
      }
    }
    this.#asking++;
    try {
      const found = await ask();
      parts.forEach((part, i) => {
        const key = keyOf(part);
        const own = this.#kept.get(key) ?? new Map<number, Kept>();
        this.#kept.set(key, own);
        for (const start of starts) {
          if (!own.has(start)) this.#size++;
          own.set(start, { amount: found[i]?.get(start), stale: false });
        }
      });
      for (const change of this.#meanwhile) this.#age(change);
    } finally {
      if (--this.#asking === 0) this.#meanwhile = [];
    }
  }

  /** What the meter has in [from, to) is another. */
  changed(meter: number, from: number, to: number): void {
    if (!this.#byMeter.has(meter)) return;
    const change = { meter, from, to };
    if (this.#asking > 0) this.#meanwhile.push(change);
    this.#age(change);
  }

  forget(): void {
    this.#kept.clear();
    this.#size = 0;
  }

  #age({ meter, from, to }: Change): void {
    for (const key of this.#byMeter.get(meter) ?? []) {
      for (const [start, kept] of this.#kept.get(key) ?? []) {
        if (start >= from && start < to) kept.stale = true;
      }
    }
  }
}

function keyOf(part: Part): string {
  return part.map(({ meter, factor }) => `${factor}*${meter.no}`).join(' ');
}
