import { createHistogram } from 'node:perf_hooks';
import type { Reason } from '../domain/reading.ts';
import type { Committed } from '../journal/group-commit.ts';

/** Times are told apart to two digits, up to a minute. */
const LONGEST_US = 60_000_000;
const US = 1e6;

/** How long something took, s; null where nothing happened. */
export interface Taken {
  count: number;
  p50: number | null;
  p99: number | null;
}

/** How often each of a few names came up; the names are those that the program knows. */
export type Counted = ReadonlyMap<string, number>;

/** What happened since it was last asked. Its size does not depend on how much that was. */
export interface Happened {
  /** Readings and rejects that were committed. */
  received: number;
  /** What could not be read, by reason. */
  rejected: ReadonlyMap<Reason, number>;
  commits: Taken;
  requests: Taken;
  /** Answers of the class 5xx. */
  failed: number;
  /** Those of 500: what nobody foresaw. */
  unforeseen: number;
  /** Operations of the time series, and by name. */
  operations: Taken;
  byOperation: Counted;
  errors: Counted;
}

/** Counts what happens until it is asked. */
export class Tally {
  readonly #commits = new Times();
  readonly #requests = new Times();
  readonly #operations = new Times();
  #counts = nothing();

  committed({ ms, readings, rejects }: Committed): void {
    this.#commits.took(ms / 1000);
    this.#counts.received += readings + rejects.length;
    for (const { reason } of rejects) add(this.#counts.rejected, reason, 1);
  }

  /** @param status of the answer */
  request(status: number, seconds: number): void {
    this.#requests.took(seconds);
    if (status >= 500) this.#counts.failed++;
    if (status === 500) this.#counts.unforeseen++;
  }

  operation(name: string, seconds: number, failed: boolean): void {
    this.#operations.took(seconds);
    add(this.#counts.byOperation, name, 1);
    if (failed) add(this.#counts.errors, name, 1);
  }

  take(): Happened {
    const counts = this.#counts;
    this.#counts = nothing();
    return {
      ...counts,
      commits: this.#commits.take(),
      requests: this.#requests.take(),
      operations: this.#operations.take(),
    };
  }
}

export function add<K>(counts: Map<K, number>, name: K, n: number): void {
  if (n !== 0) counts.set(name, (counts.get(name) ?? 0) + n);
}

function nothing() {
  return {
    received: 0,
    rejected: new Map<Reason, number>(),
    failed: 0,
    unforeseen: 0,
    byOperation: new Map<string, number>(),
    errors: new Map<string, number>(),
  };
}

/** Median and 99th percentile of the times since it was last asked. */
class Times {
  readonly #histogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 2 });

  took(seconds: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(seconds * US))));
  }

  take(): Taken {
    const h = this.#histogram;
    if (h.count === 0) return { count: 0, p50: null, p99: null };
    const taken = { count: h.count, p50: h.percentile(50) / US, p99: h.percentile(99) / US };
    h.reset();
    return taken;
  }
}
