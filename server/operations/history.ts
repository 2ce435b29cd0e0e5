import type { Reason } from '../domain/reading.ts';
import type { Facts } from './facts.ts';
import { add, type Happened } from './tally.ts';

/** How far back the ring reaches. */
export const WINDOW_S = 900;

/** What is kept of each look at the server, with its unit in the name; null: nothing happened, or it is not known. */
export const SERIES = [
  'received_per_s',
  'stored_per_s',
  'duplicate_per_s',
  'quarantined_per_s',
  'pending_readings',
  'lag_s',
  'journal_bytes',
  'commit_p50_s',
  'commit_p99_s',
  'clients',
  'refused_per_s',
  'dropped_per_s',
  'live_clients',
  'operations_per_s',
  'operation_p99_s',
  'operation_errors_per_s',
  'requests_per_s',
  'request_p99_s',
  'failed_requests_per_s',
  'cpu_cores',
  'memory_bytes',
  'heap_bytes',
  'loop_p99_s',
  'disk_free_bytes',
] as const;
export type SeriesName = (typeof SERIES)[number];

/** One look at the running server. Rates are over the time since the look before. */
export type Point = { /** epoch ms */ at: number } & Record<SeriesName, number | null>;

/** What a look needs beside the facts. */
export interface Look {
  facts: Facts;
  happened: Happened;
  /** On a clock that never steps, ms. */
  ticks: number;
  cpuS: number;
  memory: number;
  heap: number;
  loopP99: number;
  diskFree: number | null;
}

/** What was counted by name over the window. */
export interface Counts {
  quarantined: ReadonlyMap<Reason, number>;
  operations: ReadonlyMap<string, number>;
  errors: ReadonlyMap<string, number>;
}

interface Kept {
  point: Point;
  ticks: number;
  counts: Counts;
}

/** How the server was over the last minutes: a ring of as many looks as the window has room for. */
export class History {
  readonly #size: number;
  #kept: Kept[] = [];
  #last: Look | null = null;

  /** @param everyMs time from one look to the next */
  constructor(everyMs: number) {
    this.#size = Math.ceil((WINDOW_S * 1000) / everyMs);
  }

  /** The first look gives no point: rates need a time before it. */
  add(look: Look): void {
    const last = this.#last;
    this.#last = look;
    if (last === null || look.ticks <= last.ticks) return;
    const quarantined = new Map(look.happened.rejected);
    const handed = (of: keyof Facts['handedOver']): number =>
      look.facts.handedOver[of] - last.facts.handedOver[of];
    add(quarantined, 'conflict', handed('conflict'));
    add(quarantined, 'store_refused', handed('refused'));
    const counts = {
      quarantined,
      operations: look.happened.byOperation,
      errors: look.happened.errors,
    };
    this.#kept.push({ point: pointOf(look, last, counts), ticks: look.ticks, counts });
    if (this.#kept.length > this.#size) this.#kept.shift();
  }

  /** Oldest first, none older than the window even where looks were missed. */
  points(): Point[] {
    return this.#recent().map(({ point }) => point);
  }

  counts(): Counts {
    const out = {
      quarantined: new Map<Reason, number>(),
      operations: new Map<string, number>(),
      errors: new Map<string, number>(),
    };
    for (const { counts } of this.#recent()) {
      for (const [reason, n] of counts.quarantined) add(out.quarantined, reason, n);
      for (const [name, n] of counts.operations) add(out.operations, name, n);
      for (const [name, n] of counts.errors) add(out.errors, name, n);
    }
    return out;
  }

  #recent(): Kept[] {
    const newest = this.#kept.at(-1)?.ticks ?? 0;
    return this.#kept.filter(({ ticks }) => newest - ticks < WINDOW_S * 1000);
  }
}

function pointOf(look: Look, last: Look, counts: Counts): Point {
  const { facts, happened } = look;
  const seconds = (look.ticks - last.ticks) / 1000;
  const rate = (n: number): number => n / seconds;
  const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((a, b) => a + b, 0);
  return {
    at: facts.at,
    received_per_s: rate(happened.received),
    stored_per_s: rate(facts.handedOver.stored - last.facts.handedOver.stored),
    duplicate_per_s: rate(facts.handedOver.duplicate - last.facts.handedOver.duplicate),
    quarantined_per_s: rate(sum(counts.quarantined)),
    pending_readings: facts.account.pending,
    lag_s: facts.lagS ?? 0,
    journal_bytes: facts.journal.bytes,
    commit_p50_s: happened.commits.p50,
    commit_p99_s: happened.commits.p99,
    clients: facts.intake.clients,
    refused_per_s: rate(facts.counts.refused - last.facts.counts.refused),
    dropped_per_s: rate(facts.counts.dropped - last.facts.counts.dropped),
    live_clients: facts.live.clients,
    operations_per_s: rate(happened.operations.count),
    operation_p99_s: happened.operations.p99,
    operation_errors_per_s: rate(sum(happened.errors)),
    requests_per_s: rate(happened.requests.count),
    request_p99_s: happened.requests.p99,
    failed_requests_per_s: rate(happened.failed),
    cpu_cores: rate(look.cpuS - last.cpuS),
    memory_bytes: look.memory,
    heap_bytes: look.heap,
    loop_p99_s: look.loopP99,
    disk_free_bytes: look.diskFree,
  };
}
