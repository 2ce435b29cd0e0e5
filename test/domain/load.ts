import { DAY_MS, HOUR_MS } from '../../server/domain/time.ts';

export type Random = () => number;

/** Small, fast and the same everywhere (mulberry32). */
export function random(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Dice {
  readonly #rnd: Random;

  constructor(rnd: Random) {
    this.#rnd = rnd;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#rnd() * from.length)] as T;
  }

  between(low: number, high: number): number {
    return low + this.#rnd() * (high - low);
  }

  /** From low to high, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(p: number): boolean {
    return this.#rnd() < p;
  }
}

/** office: days and nights. spiky: bursts up to eight times the mean. seasonal: nothing, and then steady. */
export const LOADS = ['steady', 'office', 'spiky', 'seasonal'] as const;

export interface Load {
  start: number;
  /** Length of each slot, ms: an interval, or an outage of minutes to weeks. */
  span: readonly number[];
  /** Start of each slot, and the end of the last. */
  edges: readonly number[];
  /** Highest use per ms, and in one slot. */
  peak: number;
  mostUsed: number;
  total: number;
  /** What was used from the start to an instant. */
  truthAt(time: number): number;
}

const MONDAY = Date.parse('2026-03-02T00:00:00+08:00');
/** Whole millionths of more are no longer exact. */
const MOST = 1e9;

/** @param given mean: what is used in an interval */
export function runLoad(
  dice: Dice,
  given: { kind: (typeof LOADS)[number]; idles: boolean; count: number; interval: number; mean: number },
): Load {
  const { kind, idles, count, interval, mean } = given;
  const start = MONDAY + dice.whole(0, 60) * DAY_MS + dice.whole(0, 23) * HOUR_MS;
  const span: number[] = [];
  const used: number[] = [];
  const idle = kind === 'seasonal' && idles ? dice.whole(0, count) : 0;
  let clock = start;
  for (let i = 0; i < count; i++) {
    const minutes = dice.chance(0.01) ? 10 ** dice.between(1, 4.6) : 0;
    const outage = minutes > 0 ? Math.max(2, Math.round((minutes * 60_000) / interval)) : 1;
    span.push(outage * interval);
    const hour = Math.floor((clock / HOUR_MS + 8) % 24);
    const weekday = Math.floor((clock + 8 * HOUR_MS) / DAY_MS + 3) % 7;
    let factor = dice.between(0.9, 1.1);
    if (kind === 'office') factor *= weekday < 5 && hour >= 8 && hour < 18 ? 2 : 0.2;
    if (kind === 'spiky') factor *= dice.chance(0.1) ? dice.between(1, 8) : dice.between(0, 1);
    if (kind === 'seasonal' && i < idle) factor = 0;
    used.push(mean * factor * (outage > 1 ? outage * dice.between(0.3, 0.9) : 1));
    clock += outage * interval;
  }
  const sum = used.reduce((a, b) => a + b, 0);
  if (sum > MOST) for (let i = 0; i < count; i++) used[i] = ((used[i] as number) * MOST) / sum;
  const rates = used.map((u, i) => u / (span[i] as number));
  const edges: number[] = [start];
  const uses: number[] = [0];
  for (let i = 0; i < count; i++) {
    edges.push((edges[i] as number) + (span[i] as number));
    uses.push((uses[i] as number) + (used[i] as number));
  }
  return {
    start,
    span,
    edges,
    peak: Math.max(Math.min(mean, MOST / count) / 100 / interval, ...rates),
    mostUsed: Math.max(...used),
    total: uses[count] as number,
    truthAt(time) {
      let low = 0;
      let high = count;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((edges[middle] as number) <= time) low = middle;
        else high = middle;
      }
      const share = (time - (edges[low] as number)) / (span[low] as number);
      return (uses[low] as number) + (used[low] as number) * share;
    },
  };
}
