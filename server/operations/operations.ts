import { statfs } from 'node:fs/promises';
import { type Facts, type LiveClients, readFacts, type Sources } from './facts.ts';
import { judge, type Part, PartStates } from './health.ts';
import { Metrics } from './metrics.ts';
import { type LoopDelay, LoopWatch } from './process.ts';

/** How often the server is looked at. */
export const SAMPLE_MS = 5000;
/** Windows of which a scrape is told the worst: a minute. */
const WINDOWS = 12;
/** A failure of the time series counts as its state for so long, unless it has answered since. */
const STORE_ERROR_MS = 60_000;

export interface OperationsOptions extends Sources {
  /** Whose disk is looked at. */
  directory: string;
  /** epoch ms */
  startedAt: number;
  /** Whether meters are to reach the server over MQTT at all. */
  intakeWanted: boolean;
  /** Why the catalogue does not answer; null when it does. */
  catalogueError: () => string | null;
  /** Why a time series on a server of its own is not reached; null when it is. */
  outage: () => string | null;
}

/** Watches over the running server: what it counts, how it is, and how it was lately. */
export class Operations {
  readonly metrics: Metrics;
  readonly #of: OperationsOptions;
  readonly #loop = new LoopWatch();
  readonly #states = new PartStates();
  #live: () => LiveClients = () => ({ clients: 0, limit: 0, dropped: 0 });
  #windows: LoopDelay[] = [];
  #diskFree: number | null = null;
  #storeError: { at: number; message: string } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #leave: (() => void)[] = [];

  constructor(options: OperationsOptions) {
    this.#of = options;
    this.metrics = new Metrics(options, options.startedAt);
  }

  start(): void {
    const { journal, ledger } = this.#of;
    this.#loop.start();
    this.#leave = [
      journal.onGroup((group) => this.metrics.committed(group)),
      ledger.onRecomputed((months) => this.metrics.recomputed(months.length)),
    ];
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    for (const leave of this.#leave.splice(0)) leave();
    this.#loop.stop();
  }

  /** Whom to ask about live clients. */
  watchLive(live: () => LiveClients): void {
    this.#live = live;
  }

  /** An operation of the time series, see `metered`. */
  operated(operation: string, seconds: number, error: unknown): void {
    const failed = error !== null;
    this.metrics.operation(operation, seconds, failed);
    this.#storeError = failed
      ? { at: this.#of.now(), message: error instanceof Error ? error.message : String(error) }
      : null;
  }

  facts(): Facts {
    return readFacts(this.#of, this.#live());
  }

  /** How each part of the server is, and since when. */
  parts(): Part[] {
    const facts = this.facts();
    const { intakeWanted, catalogueError } = this.#of;
    const judged = judge({
      facts,
      intakeWanted,
      timeseriesError: this.storeError,
      catalogueError: catalogueError(),
      diskFree: this.#diskFree,
    });
    return this.#states.seen(judged, facts.at);
  }

  /** For Prometheus. */
  metricsText(): Promise<string> {
    const worst = (of: 'p99' | 'max'): number => Math.max(0, ...this.#windows.map((w) => w[of]));
    const loop = { p50: this.#windows.at(-1)?.p50 ?? 0, p99: worst('p99'), max: worst('max') };
    const { storeError } = this;
    return this.metrics.text(this.facts(), { storeUp: storeError === null, loop, diskFree: this.#diskFree });
  }

  /** Why the time series does not answer; null when it does. */
  get storeError(): string | null {
    const last = this.#storeError;
    const recent = last !== null && this.#of.now() - last.at < STORE_ERROR_MS ? last.message : null;
    return this.#of.outage() ?? this.#of.ledger.error ?? recent;
  }

  #sample(): void {
    try {
      // So that it is known since when a part is as it is, though nobody asks.
      this.parts();
    } catch {
      // A journal that cannot be read is told by whoever asks.
    }
    this.#windows = [...this.#windows, this.#loop.window()].slice(-WINDOWS);
    statfs(this.#of.directory).then(
      ({ bavail, bsize }) => {
        this.#diskFree = bavail * bsize;
      },
      () => {
        this.#diskFree = null;
      },
    );
  }
}
