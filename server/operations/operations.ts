import { statfs } from 'node:fs/promises';
import type { CertificateState } from '../access/certificates.ts';
import { ClockWatch } from './clock.ts';
import { type Facts, type LiveClients, readFacts, type Sources } from './facts.ts';
import { DISK_LOW_BYTES, judge, type Part, PartStates, type Past } from './health.ts';
import { type Counts, History, type Point, WINDOW_S } from './history.ts';
import { Metrics } from './metrics.ts';
import { type LoopDelay, LoopWatch, memoryLimits, processUse } from './process.ts';
import { Tally } from './tally.ts';

/** How often the server is looked at. */
export const SAMPLE_MS = 5000;
/** Windows of which a scrape is told the worst: a minute. */
const WINDOWS = 12;
/** A process that is late in that many windows after each other does not keep up. */
const LATE_WINDOWS = 3;
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
  /** Of what listens over TLS; null or left out: nothing does. */
  certificate?: () => CertificateState | null;
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>;
  /** What was found missing from the time series, in sentences. */
  lost: () => readonly string[];
  /** Most clients of the embedded broker at a time; null where the broker is another's. */
  clientsLimit: number | null;
}

/** What the operations page shows. */
export interface Lately {
  facts: Facts;
  parts: Part[];
  /** What was wrong within the window and is no more, newest first. */
  past: Past[];
  /** Oldest first. */
  points: Point[];
  counts: Counts;
  /** Where something has a bound; bytes and numbers of clients, null where there is none. */
  limits: {
    journalBytes: number;
    clients: number | null;
    liveClients: number;
    memoryBytes: number;
    heapBytes: number;
    diskLowBytes: number;
  };
}

/** Watches over the running server: what it counts, how it is, and how it was lately. */
export class Operations {
  readonly metrics: Metrics;
  readonly #of: OperationsOptions;
  readonly #loop = new LoopWatch();
  readonly #clock = new ClockWatch(Date.now(), performance.now());
  readonly #states = new PartStates((part) => this.#say(part));
  readonly #tally = new Tally();
  readonly #history = new History(SAMPLE_MS);
  /** Answers that nobody foresaw, by window. */
  #unforeseen: number[] = [];
  #memory = processUse().rss;
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
      journal.onGroup((group) => {
        this.metrics.committed(group);
        this.#tally.committed(group);
      }),
      ledger.onRecomputed((months) => this.metrics.recomputed(months.length)),
    ];
    this.look();
    this.#timer = setInterval(() => this.look(), SAMPLE_MS);
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
    this.#tally.operation(operation, seconds, failed);
    this.#storeError = failed
      ? { at: this.#of.now(), message: error instanceof Error ? error.message : String(error) }
      : null;
  }

  /**
   * A request whose answer begins.
   * @param route template of the route, never the path that was asked
   */
  requested(method: string, route: string, status: number, seconds: number): void {
    this.metrics.request(method, route, status, seconds);
    this.#tally.request(status, seconds);
  }

  facts(): Facts {
    return readFacts(this.#of, this.#live());
  }

  /** How each part of the server is, and since when. */
  parts(): Part[] {
    return this.#judged(this.facts());
  }

  /** How it is, and how it was over the last minutes. */
  lately(): Lately {
    const facts = this.facts();
    const parts = this.#judged(facts);
    return {
      facts,
      parts,
      past: this.#states.past(facts.at - WINDOW_S * 1000),
      points: this.#history.points(),
      counts: this.#history.counts(),
      limits: {
        journalBytes: facts.journal.limitBytes,
        clients: this.#of.clientsLimit,
        liveClients: facts.live.limit,
        ...memoryLimits(),
        diskLowBytes: DISK_LOW_BYTES,
      },
    };
  }

  #judged(facts: Facts): Part[] {
    const { intakeWanted, catalogueError, lost, clientsLimit } = this.#of;
    const recent = this.#windows.slice(-LATE_WINDOWS).map((w) => w.p99);
    const judged = judge({
      facts,
      intakeWanted,
      timeseriesError: this.storeError,
      catalogueError: catalogueError(),
      lost: lost(),
      clientsLimit,
      unforeseen: this.#unforeseen.reduce((a, b) => a + b, 0),
      lateS: recent.length < LATE_WINDOWS ? 0 : Math.min(...recent),
      steppedMs: this.steppedMs,
      memory: { used: this.#memory, limit: memoryLimits().memoryBytes },
      diskFree: this.#diskFree,
      certificate: this.certificate,
    });
    return this.#states.seen(judged, facts.at);
  }

  /** For Prometheus. */
  metricsText(): Promise<string> {
    const worst = (of: 'p99' | 'max'): number => Math.max(0, ...this.#windows.map((w) => w[of]));
    const loop = { p50: this.#windows.at(-1)?.p50 ?? 0, p99: worst('p99'), max: worst('max') };
    const facts = this.facts();
    return this.metrics.text(facts, {
      storeUp: this.storeError === null,
      catalogueUp: this.#of.catalogueError() === null,
      parts: this.#judged(facts),
      loop,
      diskFree: this.#diskFree,
      certificate: this.certificate,
    });
  }

  /** By how much the system's clock was put forward of late, ms; negative: back; 0: it was not. */
  get steppedMs(): number {
    return this.#clock.look(Date.now(), performance.now());
  }

  get certificate(): CertificateState | null {
    return this.#of.certificate?.() ?? null;
  }

  /** Why the time series does not answer; null when it does. */
  get storeError(): string | null {
    const last = this.#storeError;
    const recent = last !== null && this.#of.now() - last.at < STORE_ERROR_MS ? last.message : null;
    return this.#of.outage() ?? this.#of.ledger.error ?? recent;
  }

  #say({ part, code, state, detail }: Part): void {
    const { log } = this.#of;
    if (state === 'ok') log.info({ part }, 'operations: a part is well again');
    else if (state === 'degraded') log.warn({ part, code, detail }, 'operations: a part wants attention');
    else log.error({ part, code, detail }, 'operations: a part is failing');
  }

  /** Looks at the server; by itself it does so every `SAMPLE_MS`. */
  look(): void {
    const loop = this.#loop.window();
    this.#windows = [...this.#windows, loop].slice(-WINDOWS);
    const happened = this.#tally.take();
    this.#unforeseen = [...this.#unforeseen, happened.unforeseen].slice(-WINDOWS);
    const { cpuS, rss, heapUsed } = processUse();
    this.#memory = rss;
    try {
      const facts = this.facts();
      // So that it is known since when a part is as it is, though nobody asks.
      this.#judged(facts);
      const ticks = performance.now();
      const more = { cpuS, memory: rss, heap: heapUsed, loopP99: loop.p99, diskFree: this.#diskFree };
      this.#history.add({ facts, happened, ticks, ...more });
    } catch {
      // A journal that cannot be read is told by whoever asks; here it is a gap.
    }
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
